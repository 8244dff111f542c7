//! Listpack: a sequence of strings and integers packed in one buffer.
//!
//! The representation of small lists, hashes, sets and sorted sets, and of the nodes of big lists and
//! streams. Byte for byte the format of Redis and Valkey, because RDB files and DUMP payloads carry it
//! as it is. Ends are found in O(1), everything else is a walk; a change moves the bytes behind it.
//! Knows nothing of what the entries mean.
//!
//! ```text
//! ┌────────────┬──────────┬─────────┬───┬─────────┬──────┐
//! │ total: u32 │ count:   │ entry 0 │ … │ entry n │ 0xFF │   integers are little-endian
//! │            │ u16      │         │   │         │      │
//! └────────────┴──────────┴─────────┴───┴─────────┴──────┘
//! entry = encoding and payload, then their length once more ("backlen") to walk backwards
//!   0vvvvvvv                     integer 0..=127
//!   10llllll bytes               string up to 63 bytes
//!   110vvvvv vvvvvvvv            integer of 13 bits, two's complement, high bits first
//!   1110llll llllllll bytes      string up to 4095 bytes, high bits first
//!   F0 llllllll×4 bytes          longer string, u32 little-endian
//!   F1 | F2 | F3 | F4, payload   integer of 16, 24, 32, 64 bits, little-endian
//! backlen = 1 to 5 bytes of 7 bits, highest first; every byte but the first has its top bit set
//! ```
//!
//! `count` 65535 means "count them": a listpack that long has forgotten its length.
//!
//! # Invariants
//! - The buffer is a well-formed listpack. [`Listpack::from_bytes`] checks what comes from outside.
//! - A string that is the canonical decimal form of an `i64` is stored as the integer, so equal
//!   strings have equal encodings (only bytes from outside may break this; readers do not rely on it).

use std::ops::Range;

use super::thin::{Format, Thin};

const HEADER: usize = 6;
const END: u8 = 0xFF;
/// The count that stands for "more than fits".
const COUNT_UNKNOWN: u16 = u16::MAX;
/// Where Redis stops adding to one listpack; a caller converts to another representation before.
pub const BYTES_MAX: usize = 1 << 30;

struct Header;

impl Format for Header {
    const HEADER: usize = 4;

    fn total(header: &[u8]) -> usize {
        u32_at(header, 0) as usize
    }
}

/// One entry as read: integers come out as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Str(&'a [u8]),
    Int(i64),
}

impl<'a> Value<'a> {
    /// The value as its bytes, written into `digits` if it is an integer.
    pub fn bytes<'b>(self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Value::Str(bytes) => bytes,
            Value::Int(int) => digits.format(int).as_bytes(),
        }
    }

    pub fn to_vec(self) -> Vec<u8> {
        self.bytes(&mut itoa::Buffer::new()).to_vec()
    }

    /// Appends the bytes to `out`.
    pub fn append_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bytes(&mut itoa::Buffer::new()));
    }

    /// Length in bytes of the string form.
    pub fn len(self) -> usize {
        self.bytes(&mut itoa::Buffer::new()).len()
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl PartialEq<[u8]> for Value<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.bytes(&mut itoa::Buffer::new()) == other
    }
}

/// The integer whose canonical decimal form `bytes` is: no sign but `-`, no leading zeros, in range.
pub fn canonical_int(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // 19 digits cannot overflow a u64.
        magnitude = magnitude * 10 + u64::from(digit);
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Why bytes from outside are not a listpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed listpack at byte {at}")]
pub struct ListpackError {
    /// Offset of the entry that is wrong; 0 for the header.
    pub at: usize,
}

/// See the module documentation. One word wide; an `Option` of it too.
#[derive(Clone)]
pub struct Listpack {
    bytes: Thin<Header>,
}

impl Default for Listpack {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Listpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Listpack {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Listpack {}

impl<V: AsRef<[u8]>> FromIterator<V> for Listpack {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let mut builder = Builder::new();
        values.into_iter().for_each(|value| builder.push(value.as_ref()));
        builder.finish()
    }
}

/// Positions are byte offsets of entries. They are valid until the listpack changes, and a position that
/// is no entry's start gives nonsense or a panic, never undefined behaviour.
impl Listpack {
    pub fn new() -> Self {
        Self { bytes: Thin::new(&[7, 0, 0, 0, 0, 0, END]) }
    }

    /// Takes over bytes from outside after checking all of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ListpackError> {
        Ok(validate(bytes)?.unwrap_or_else(|| Self { bytes: Thin::new(bytes) }))
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// Length of the whole buffer, which the size limits of the directives are compared with.
    pub fn bytes(&self) -> usize {
        self.as_bytes().len()
    }

    /// Bytes taken from the allocator.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.heap_bytes()
    }

    /// Number of entries: O(1) up to 65534, a walk beyond.
    pub fn len(&self) -> usize {
        match self.stored_count() {
            COUNT_UNKNOWN => count_entries(self.as_bytes()),
            count => usize::from(count),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes() == HEADER + 1
    }

    fn stored_count(&self) -> u16 {
        let bytes = self.as_bytes();
        u16::from_le_bytes([bytes[4], bytes[5]])
    }

    /// Offset of the end mark, where appending inserts.
    fn end(&self) -> usize {
        self.bytes() - 1
    }

    // --- positions ------------------------------------------------------------------------------

    pub fn first(&self) -> Option<usize> {
        (!self.is_empty()).then_some(HEADER)
    }

    pub fn last(&self) -> Option<usize> {
        self.prev(self.end())
    }

    /// The entry after the one at `pos`.
    pub fn next(&self, pos: usize) -> Option<usize> {
        let bytes = self.as_bytes();
        let next = pos + entry_size(bytes, pos);
        (bytes[next] != END).then_some(next)
    }

    /// The entry before `pos`, which may also be the position behind the last entry.
    pub fn prev(&self, pos: usize) -> Option<usize> {
        (pos > HEADER).then(|| entry_before(self.as_bytes(), pos))
    }

    /// Position of entry `index`; negative counts from the tail, -1 being the last.
    pub fn seek(&self, index: isize) -> Option<usize> {
        let count = self.stored_count();
        if count == COUNT_UNKNOWN {
            return if index >= 0 {
                self.walk_forward(self.first()?, index as usize)
            } else {
                self.walk_back(self.last()?, index.unsigned_abs() - 1)
            };
        }
        let count = usize::from(count);
        let from_head =
            if index >= 0 { index as usize } else { count.checked_sub(index.unsigned_abs())? };
        if from_head >= count {
            return None;
        }
        if from_head <= count / 2 {
            self.walk_forward(HEADER, from_head)
        } else {
            self.walk_back(self.last()?, count - 1 - from_head)
        }
    }

    fn walk_forward(&self, pos: usize, steps: usize) -> Option<usize> {
        (0..steps).try_fold(pos, |pos, _| self.next(pos))
    }

    fn walk_back(&self, pos: usize, steps: usize) -> Option<usize> {
        (0..steps).try_fold(pos, |pos, _| self.prev(pos))
    }

    // --- reading --------------------------------------------------------------------------------

    /// The entry at a position.
    pub fn at(&self, pos: usize) -> Value<'_> {
        decode(self.as_bytes(), pos).0
    }

    /// The entry by index; negative counts from the tail.
    pub fn get(&self, index: isize) -> Option<Value<'_>> {
        self.seek(index).map(|pos| self.at(pos))
    }

    pub fn iter(&self) -> Iter<'_> {
        Iter { bytes: self.as_bytes(), front: HEADER, back: self.end() }
    }

    /// From the entry at `pos` to the end.
    pub fn iter_from(&self, pos: usize) -> Iter<'_> {
        Iter { bytes: self.as_bytes(), front: pos, back: self.end() }
    }

    /// All the entries before `pos`; reversed, the way back from it.
    pub fn iter_until(&self, pos: usize) -> Iter<'_> {
        Iter { bytes: self.as_bytes(), front: HEADER, back: pos }
    }

    /// Entries two by two: field and value, member and score. An odd last entry is not shown.
    pub fn pairs(&self) -> Pairs<'_> {
        Pairs { iter: self.iter() }
    }

    /// Position of the first entry equal to `value`, looking at one entry in `skip + 1`:
    /// 0 looks at all, 1 at the fields of pairs.
    pub fn find(&self, value: &[u8], skip: usize) -> Option<usize> {
        self.find_from(HEADER, value, skip)
    }

    /// As [`Listpack::find`], beginning with the entry at `pos`.
    pub fn find_from(&self, pos: usize, value: &[u8], skip: usize) -> Option<usize> {
        let needle = Needle::new(value);
        let bytes = self.as_bytes();
        let mut pos = pos;
        while bytes[pos] != END {
            let (entry, next) = decode(bytes, pos);
            if needle.matches(entry) {
                return Some(pos);
            }
            pos = next;
            for _ in 0..skip {
                if bytes[pos] == END {
                    return None;
                }
                pos += entry_size(bytes, pos);
            }
        }
        None
    }

    // --- changing -------------------------------------------------------------------------------

    pub fn push_back(&mut self, value: &[u8]) {
        let end = self.end();
        self.splice(end..end, 0, &Encoded::new(value));
    }

    pub fn push_front(&mut self, value: &[u8]) {
        self.splice(HEADER..HEADER, 0, &Encoded::new(value));
    }

    /// Appends a number without going through its digits.
    pub fn push_back_int(&mut self, value: i64) {
        let end = self.end();
        self.splice(end..end, 0, &Encoded::int(value));
    }

    /// Inserts before the entry at `pos` (or behind the last one) and returns the new entry's position.
    pub fn insert_before(&mut self, pos: usize, value: &[u8]) -> usize {
        self.splice(pos..pos, 0, &Encoded::new(value));
        pos
    }

    /// Inserts an integer before the entry at `pos`, which becomes its position.
    pub fn insert_int_before(&mut self, pos: usize, value: i64) {
        self.splice(pos..pos, 0, &Encoded::int(value));
    }

    /// Inserts behind the entry at `pos` and returns the new entry's position.
    pub fn insert_after(&mut self, pos: usize, value: &[u8]) -> usize {
        let next = pos + entry_size(self.as_bytes(), pos);
        self.insert_before(next, value)
    }

    /// Replaces the entry at `pos`, which keeps its position.
    pub fn replace(&mut self, pos: usize, value: &[u8]) {
        let old = pos..pos + entry_size(self.as_bytes(), pos);
        self.splice(old, 1, &Encoded::new(value));
    }

    /// Replaces the entry at `pos` by an integer.
    pub fn replace_int(&mut self, pos: usize, value: i64) {
        let old = pos..pos + entry_size(self.as_bytes(), pos);
        self.splice(old, 1, &Encoded::int(value));
    }

    /// Removes the entry at `pos`; the position then is the following entry's, if there is one.
    pub fn remove(&mut self, pos: usize) -> Option<usize> {
        self.remove_at(pos, 1);
        (self.as_bytes()[pos] != END).then_some(pos)
    }

    /// Removes up to `count` entries from position `pos` on; returns how many.
    pub fn remove_at(&mut self, pos: usize, count: usize) -> usize {
        let bytes = self.as_bytes();
        let (mut end, mut removed) = (pos, 0);
        while removed < count && bytes[end] != END {
            end += entry_size(bytes, end);
            removed += 1;
        }
        self.cut(pos..end, removed);
        removed
    }

    /// Removes up to `count` entries from entry `index` on (negative from the tail); returns how many.
    pub fn remove_range(&mut self, index: isize, count: usize) -> usize {
        match self.seek(index) {
            Some(pos) if count > 0 => self.remove_at(pos, count),
            _ => 0,
        }
    }

    /// Removes at most `max` entries that match, looking from the head or from the tail; returns how many.
    pub fn remove_matching(&mut self, needle: &Needle<'_>, max: usize, from_tail: bool) -> usize {
        let mut removed = 0;
        let mut at = if from_tail { self.last() } else { self.first() };
        while let Some(pos) = at
            && removed < max
        {
            let matches = needle.matches(self.at(pos));
            removed += usize::from(matches);
            at = match (from_tail, matches) {
                (false, true) => self.remove(pos),
                (false, false) => self.next(pos),
                (true, _) => {
                    if matches {
                        self.remove(pos);
                    }
                    self.prev(pos)
                }
            };
        }
        removed
    }

    /// Appends all the entries of `other`.
    pub fn concat(&mut self, other: &Listpack) {
        let count = self.len() + other.len();
        let tail = &other.as_bytes()[HEADER..other.end()];
        let at = self.end();
        self.make_room(at..at, tail.len());
        self.fill(at, tail);
        self.set_count(count);
    }

    /// Keeps the first `index` entries and returns the others.
    pub fn split(&mut self, index: usize) -> Listpack {
        let Some(pos) = isize::try_from(index).ok().and_then(|index| self.seek(index)) else {
            return Listpack::new();
        };
        let count = self.len();
        let mut rest = Builder::new();
        rest.bytes.extend_from_slice(&self.as_bytes()[pos..self.end()]);
        rest.count = count - index;
        self.cut(pos..self.end(), count - index);
        rest.finish()
    }

    /// Replaces the bytes `old`, which hold `old_count` entries, by one entry.
    fn splice(&mut self, old: Range<usize>, old_count: usize, entry: &Encoded<'_>) {
        let at = old.start;
        self.make_room(old, entry.size());
        let head = &entry.head[..entry.head_len];
        self.fill(at, head);
        self.fill(at + head.len(), entry.payload);
        self.fill(at + head.len() + entry.payload.len(), &entry.tail[..entry.tail_len]);
        self.change_count(1 - old_count as isize);
    }

    fn cut(&mut self, range: Range<usize>, count: usize) {
        self.make_room(range, 0);
        self.change_count(-(count as isize));
    }

    /// Makes the bytes `old` be `len` bytes long by moving what follows; their content is undefined.
    fn make_room(&mut self, old: Range<usize>, len: usize) {
        let total = self.bytes();
        let new_total = total - old.len() + len;
        assert!(new_total <= u32::MAX as usize, "a listpack ends at 4 GiB");
        let header = (new_total as u32).to_le_bytes();
        let base = Header::HEADER;
        if len > old.len() {
            self.bytes.resize(&header);
        }
        self.bytes.body_mut().copy_within(old.end - base..total - base, old.start + len - base);
        if len < old.len() {
            self.bytes.resize(&header);
        }
    }

    fn fill(&mut self, at: usize, bytes: &[u8]) {
        let at = at - Header::HEADER;
        self.bytes.body_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn change_count(&mut self, change: isize) {
        match self.stored_count() {
            // Only a walk could tell; it is done when the count may fit again.
            COUNT_UNKNOWN if change >= 0 => {}
            COUNT_UNKNOWN => self.set_count(count_entries(self.as_bytes())),
            count => self.set_count(usize::from(count).saturating_add_signed(change)),
        }
    }

    fn set_count(&mut self, count: usize) {
        let count = u16::try_from(count).unwrap_or(COUNT_UNKNOWN);
        self.fill(4, &count.to_le_bytes());
    }
}

impl<'a> IntoIterator for &'a Listpack {
    type Item = Value<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Entries of a listpack, from both ends.
#[derive(Clone)]
pub struct Iter<'a> {
    bytes: &'a [u8],
    front: usize,
    back: usize,
}

impl<'a> Iter<'a> {
    /// Offset in the listpack of what `next` will return.
    pub fn offset(&self) -> usize {
        self.front
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.front >= self.back {
            return None;
        }
        let (value, next) = decode(self.bytes, self.front);
        self.front = next;
        Some(value)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        self.back = entry_before(self.bytes, self.back);
        Some(decode(self.bytes, self.back).0)
    }
}

impl std::iter::FusedIterator for Iter<'_> {}

/// Entries two by two.
#[derive(Clone)]
pub struct Pairs<'a> {
    iter: Iter<'a>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Value<'a>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.iter.next()?, self.iter.next()?))
    }
}

impl DoubleEndedIterator for Pairs<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let second = self.iter.next_back()?;
        Some((self.iter.next_back()?, second))
    }
}

/// Builds a listpack of many entries with one final allocation.
pub struct Builder {
    bytes: Vec<u8>,
    count: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    pub fn new() -> Self {
        Self { bytes: vec![0; HEADER], count: 0 }
    }

    pub fn push(&mut self, value: &[u8]) {
        self.push_encoded(&Encoded::new(value));
    }

    pub fn push_int(&mut self, value: i64) {
        self.push_encoded(&Encoded::int(value));
    }

    pub fn push_value(&mut self, value: Value<'_>) {
        match value {
            Value::Str(bytes) => self.push(bytes),
            Value::Int(int) => self.push_int(int),
        }
    }

    /// Length of the listpack that [`Builder::finish`] would give.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + 1
    }

    pub fn finish(mut self) -> Listpack {
        self.bytes.push(END);
        let total = u32::try_from(self.bytes.len()).expect("a listpack ends at 4 GiB");
        let count = u16::try_from(self.count).unwrap_or(COUNT_UNKNOWN);
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
        self.bytes[4..6].copy_from_slice(&count.to_le_bytes());
        Listpack { bytes: Thin::new(&self.bytes) }
    }

    fn push_encoded(&mut self, entry: &Encoded<'_>) {
        self.bytes.extend_from_slice(&entry.head[..entry.head_len]);
        self.bytes.extend_from_slice(entry.payload);
        self.bytes.extend_from_slice(&entry.tail[..entry.tail_len]);
        self.count += 1;
    }
}

/// Bytes that `value` will take as an entry.
pub fn encoded_size(value: &[u8]) -> usize {
    Encoded::new(value).size()
}

/// A value prepared for comparison: parsed once, not once per entry.
pub struct Needle<'a> {
    bytes: &'a [u8],
    int: Option<i64>,
}

impl<'a> Needle<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, int: canonical_int(bytes) }
    }

    pub fn matches(&self, value: Value<'_>) -> bool {
        match value {
            Value::Str(bytes) => bytes == self.bytes,
            Value::Int(int) => Some(int) == self.int,
        }
    }
}

/// An entry about to be written: encoding byte(s) or whole integer, string payload, backlen.
struct Encoded<'a> {
    head: [u8; 9],
    head_len: usize,
    payload: &'a [u8],
    tail: [u8; 5],
    tail_len: usize,
}

impl<'a> Encoded<'a> {
    fn new(value: &'a [u8]) -> Self {
        if let Some(int) = canonical_int(value) {
            return Self::int(int);
        }
        let len = value.len();
        match len {
            0..64 => Self::with(&[0x80 | len as u8], value),
            64..4096 => Self::with(&[0xE0 | (len >> 8) as u8, len as u8], value),
            _ => {
                let len = u32::try_from(len).expect("a listpack ends at 4 GiB").to_le_bytes();
                Self::with(&[0xF0, len[0], len[1], len[2], len[3]], value)
            }
        }
    }

    fn int(value: i64) -> Self {
        let b = value.to_le_bytes();
        match value {
            0..=127 => Self::with(&[b[0]], &[]),
            -4096..=4095 => Self::with(&[0xC0 | (b[1] & 0x1F), b[0]], &[]),
            -0x8000..=0x7FFF => Self::with(&[0xF1, b[0], b[1]], &[]),
            -0x80_0000..=0x7F_FFFF => Self::with(&[0xF2, b[0], b[1], b[2]], &[]),
            -0x8000_0000..=0x7FFF_FFFF => Self::with(&[0xF3, b[0], b[1], b[2], b[3]], &[]),
            _ => Self::with(&[0xF4, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]], &[]),
        }
    }

    fn with(encoding: &[u8], payload: &'a [u8]) -> Self {
        let mut head = [0; 9];
        head[..encoding.len()].copy_from_slice(encoding);
        let (tail, tail_len) = encode_backlen(encoding.len() + payload.len());
        Self { head, head_len: encoding.len(), payload, tail, tail_len }
    }

    fn size(&self) -> usize {
        self.head_len + self.payload.len() + self.tail_len
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Bytes that the backlen of an entry of `len` bytes takes: as few as hold it.
fn backlen_size(len: usize) -> usize {
    match len {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

fn encode_backlen(len: usize) -> ([u8; 5], usize) {
    let size = backlen_size(len);
    (backlen_of_size(len, size), size)
}

fn backlen_of_size(len: usize, size: usize) -> [u8; 5] {
    let mut out = [0; 5];
    for (i, byte) in out[..size].iter_mut().enumerate() {
        let bits = (len >> (7 * (size - 1 - i))) as u8 & 0x7F;
        *byte = if i == 0 { bits } else { bits | 0x80 };
    }
    out
}

/// Encoding byte(s) and payload length of the entry at `pos`, without its backlen.
fn entry_len(bytes: &[u8], pos: usize) -> usize {
    match bytes[pos] {
        0..=0x7F => 1,
        head @ 0x80..=0xBF => 1 + usize::from(head & 0x3F),
        0xC0..=0xDF => 2,
        head @ 0xE0..=0xEF => 2 + (usize::from(head & 0x0F) << 8 | usize::from(bytes[pos + 1])),
        0xF0 => 5 + u32_at(bytes, pos + 1) as usize,
        0xF1 => 3,
        0xF2 => 4,
        0xF3 => 5,
        0xF4 => 9,
        _ => panic!("no listpack entry at byte {pos}"),
    }
}

fn entry_size(bytes: &[u8], pos: usize) -> usize {
    let len = entry_len(bytes, pos);
    len + backlen_size(len)
}

/// Position of the entry that ends at `pos`.
fn entry_before(bytes: &[u8], pos: usize) -> usize {
    let (mut len, mut shift, mut at) = (0, 0, pos - 1);
    loop {
        len |= usize::from(bytes[at] & 0x7F) << shift;
        if bytes[at] & 0x80 == 0 {
            return at - len;
        }
        shift += 7;
        at -= 1;
    }
}

/// The entry at `pos` and the position behind it.
fn decode(bytes: &[u8], pos: usize) -> (Value<'_>, usize) {
    let len = entry_len(bytes, pos);
    let entry = &bytes[pos..pos + len];
    let head = entry[0];
    let value = match head {
        0..=0x7F => Value::Int(i64::from(head)),
        0x80..=0xBF => Value::Str(&entry[1..]),
        0xC0..=0xDF => {
            let bits = i16::from_be_bytes([head & 0x1F, entry[1]]);
            Value::Int(i64::from(bits << 3 >> 3))
        }
        0xE0..=0xEF => Value::Str(&entry[2..]),
        0xF0 => Value::Str(&entry[5..]),
        _ => {
            let payload = &entry[1..];
            let sign = if payload[payload.len() - 1] & 0x80 == 0 { 0 } else { 0xFF };
            let mut wide = [sign; 8];
            wide[..payload.len()].copy_from_slice(payload);
            Value::Int(i64::from_le_bytes(wide))
        }
    };
    (value, pos + len + backlen_size(len))
}

fn count_entries(bytes: &[u8]) -> usize {
    let (mut pos, mut count) = (HEADER, 0);
    while bytes[pos] != END {
        pos += entry_size(bytes, pos);
        count += 1;
    }
    count
}

/// Checks the header, the end mark, and of every entry its encoding, bounds and backlen.
///
/// Redis gives an entry whose length just fits into its backlen a byte more (16383, 2097151 and so on;
/// Valkey did until 9.0). That is accepted: the answer then is the same list in our form.
fn validate(bytes: &[u8]) -> Result<Option<Listpack>, ListpackError> {
    let fail = |at| Err(ListpackError { at });
    if bytes.len() < HEADER + 1 || u32_at(bytes, 0) as usize != bytes.len() {
        return fail(0);
    }
    let end = bytes.len() - 1;
    if bytes[end] != END {
        return fail(end);
    }
    let (mut pos, mut count) = (HEADER, 0usize);
    let mut rewritten: Option<Builder> = None;
    while pos < end {
        let head_len = match bytes[pos] {
            0..=0xDF => 1,
            0xE0..=0xEF => 2,
            0xF0 => 5,
            0xF1..=0xF4 => 1,
            _ => return fail(pos),
        };
        if pos + head_len > end {
            return fail(pos);
        }
        let len = entry_len(bytes, pos);
        let has_backlen = |size| {
            len + size <= end - pos
                && bytes[pos + len..pos + len + size] == backlen_of_size(len, size)[..size]
        };
        let size = backlen_size(len);
        if has_backlen(size) {
            if let Some(builder) = &mut rewritten {
                builder.push_value(decode(bytes, pos).0);
            }
            pos += len + size;
        } else if backlen_size(len + 1) > size && has_backlen(size + 1) {
            rewritten
                .get_or_insert_with(|| Builder { bytes: bytes[..pos].to_vec(), count })
                .push_value(decode(bytes, pos).0);
            pos += len + size + 1;
        } else {
            return fail(pos);
        }
        count += 1;
    }
    let stored = u16::from_le_bytes([bytes[4], bytes[5]]);
    if stored != COUNT_UNKNOWN && usize::from(stored) != count {
        return fail(0);
    }
    Ok(rewritten.map(Builder::finish))
}

#[cfg(test)]
mod tests;
