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

mod builder;
mod encoding;
mod iter;
mod validate;
mod value;

use std::ops::Range;

pub use self::builder::Builder;
pub use self::encoding::encoded_size;
use self::encoding::{Encoded, count_entries, decode, entry_before, entry_size, u32_at};
pub use self::iter::{Iter, Pairs};
pub use self::validate::ListpackError;
use self::validate::validate;
pub use self::value::{Needle, Value, canonical_int};
use super::table::prefetch_line;
use super::thin::{Format, Thin};

const HEADER: usize = 6;
const END: u8 = 0xFF;
/// The count that stands for "more than fits".
const COUNT_UNKNOWN: u16 = u16::MAX;
/// Where Redis stops adding to one listpack; a caller converts to another representation before.
pub const BYTES_MAX: usize = 1 << 30;

/// From this size on, in bytes, a change at the head moves the header and leaves the rest alone.
const FRONT_MOVES_FROM: usize = 256;

struct Header;

impl Format for Header {
    const HEADER: usize = 4;

    fn total(header: &[u8]) -> usize {
        u32_at(header, 0) as usize
    }
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

    /// Gives back the room that changes at the head left before it.
    pub fn release_front(&mut self) {
        self.bytes.close_gap();
    }

    /// Fetches the first entries into the cache.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch_line(self.bytes.address());
        prefetch_line(self.bytes.address().wrapping_add(64));
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
        let mut at = at;
        for part in entry.parts() {
            self.fill(at, part);
            at += part.len();
        }
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
        // At the head of a long listpack it is the header that moves.
        if old.start == HEADER && total >= FRONT_MOVES_FROM {
            if len > old.len() && self.bytes.can_grow_front(len - old.len()) {
                return self.bytes.grow_front(HEADER, &header);
            }
            if len < old.len() && self.bytes.can_shrink_front(old.len() - len) {
                return self.bytes.shrink_front(HEADER, &header);
            }
        }
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

#[cfg(test)]
mod tests;
