//! Intset: a small set of integers as a sorted array in one buffer.
//!
//! The representation of a SET whose members are all integers and few. Byte for byte the format of
//! Redis and Valkey, because RDB files and DUMP payloads carry it as it is. A member is found by binary
//! search; an insertion or removal moves what is behind it.
//!
//! ```text
//! ┌────────────────────────┬───────────────┬─────────┬───┐
//! │ width: u32 (2, 4 or 8) │ count: u32    │ value 0 │ … │   all little-endian, values ascending
//! └────────────────────────┴───────────────┴─────────┴───┘
//! ```
//!
//! # Invariants
//! - Values ascend strictly, each of `width` bytes.
//! - `width` never shrinks: as with the peers, a removal does not undo the widening.

use super::table::prefetch_line;
use super::thin::{Format, Thin};

const HEADER: usize = 8;

struct Header;

impl Format for Header {
    const HEADER: usize = HEADER;

    fn total(header: &[u8]) -> usize {
        HEADER + u32_at(header, 0) as usize * u32_at(header, 4) as usize
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn width_of(value: i64) -> usize {
    if i16::try_from(value).is_ok() {
        2
    } else if i32::try_from(value).is_ok() {
        4
    } else {
        8
    }
}

/// Why bytes from outside are not an intset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed intset")]
pub struct IntsetError;

/// See the module documentation. One word wide; an `Option` of it too.
#[derive(Clone)]
pub struct Intset {
    bytes: Thin<Header>,
}

impl Default for Intset {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Intset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<i64> for Intset {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        let mut set = Self::new();
        for value in values {
            set.insert(value);
        }
        set
    }
}

impl Intset {
    pub fn new() -> Self {
        Self { bytes: Thin::new(&[2, 0, 0, 0, 0, 0, 0, 0]) }
    }

    /// Takes over bytes from outside after checking all of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IntsetError> {
        if bytes.len() < HEADER || !matches!(u32_at(bytes, 0), 2 | 4 | 8) {
            return Err(IntsetError);
        }
        if Header::total(bytes) != bytes.len() {
            return Err(IntsetError);
        }
        let set = Self { bytes: Thin::new(bytes) };
        if set.iter().is_sorted_by(|a, b| a < b) { Ok(set) } else { Err(IntsetError) }
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// Fetches the header into the cache.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch_line(self.bytes.address());
    }

    /// Bytes taken from the allocator.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.heap_bytes()
    }

    fn width(&self) -> usize {
        u32_at(self.as_bytes(), 0) as usize
    }

    pub fn len(&self) -> usize {
        u32_at(self.as_bytes(), 4) as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index` in ascending order.
    pub fn get(&self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| self.at(index))
    }

    fn at(&self, index: usize) -> i64 {
        let width = self.width();
        let value = &self.as_bytes()[HEADER + index * width..][..width];
        match *value {
            [a, b] => i64::from(i16::from_le_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            _ => i64::from_le_bytes(value.try_into().expect("the third width is 8")),
        }
    }

    pub fn min(&self) -> Option<i64> {
        self.get(0)
    }

    pub fn max(&self) -> Option<i64> {
        self.get(self.len().wrapping_sub(1))
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + Clone + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// Where `value` is, or where it would be inserted.
    fn search(&self, value: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.at(middle).cmp(&value) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    pub fn contains(&self, value: i64) -> bool {
        width_of(value) <= self.width() && self.search(value).is_ok()
    }

    /// Adds `value`; false if it was there.
    pub fn insert(&mut self, value: i64) -> bool {
        let width = width_of(value);
        if width > self.width() {
            self.widen(width);
        }
        let Err(index) = self.search(value) else { return false };
        let (width, len) = (self.width(), self.len());
        self.resize(width, len + 1);
        let at = index * width;
        let body = self.bytes.body_mut();
        body.copy_within(at..len * width, at + width);
        body[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        true
    }

    /// Removes `value`; false if it was not there.
    pub fn remove(&mut self, value: i64) -> bool {
        match self.search(value) {
            Ok(index) => {
                let (width, len) = (self.width(), self.len());
                self.bytes.body_mut().copy_within((index + 1) * width..len * width, index * width);
                self.resize(width, len - 1);
                true
            }
            Err(_) => false,
        }
    }

    fn resize(&mut self, width: usize, len: usize) {
        let len = u32::try_from(len).expect("an intset is small");
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&(width as u32).to_le_bytes());
        header[4..].copy_from_slice(&len.to_le_bytes());
        self.bytes.resize(&header);
    }

    fn widen(&mut self, width: usize) {
        let values: Vec<i64> = self.iter().collect();
        self.resize(width, values.len());
        for (slot, value) in self.bytes.body_mut().chunks_exact_mut(width).zip(values) {
            slot.copy_from_slice(&value.to_le_bytes()[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_width_has_the_bytes_of_valkey() {
        let mut set: Intset = [1, 2, 300, -5].into_iter().collect();
        assert_eq!(
            set.as_bytes(),
            b"\x02\x00\x00\x00\x04\x00\x00\x00\xfb\xff\x01\x00\x02\x00\x2c\x01"
        );
        set.insert(70_000);
        assert_eq!(
            set.as_bytes(),
            b"\x04\x00\x00\x00\x05\x00\x00\x00\xfb\xff\xff\xff\x01\x00\x00\x00\x02\x00\x00\x00\
              \x2c\x01\x00\x00\x70\x11\x01\x00"
        );
        set.insert(i64::MIN);
        assert_eq!(set.as_bytes()[..8], *b"\x08\x00\x00\x00\x06\x00\x00\x00");
        assert_eq!(set.iter().collect::<Vec<_>>(), [i64::MIN, -5, 1, 2, 300, 70_000]);
    }

    #[test]
    fn a_removal_keeps_the_width() {
        let mut set: Intset = [1, i64::MAX].into_iter().collect();
        assert!(set.remove(i64::MAX));
        assert_eq!(set.as_bytes(), b"\x08\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0");
        assert_eq!((set.min(), set.max()), (Some(1), Some(1)));
        assert!(set.remove(1));
        assert_eq!((set.min(), set.max()), (None, None));
    }

    #[test]
    fn damaged_bytes_are_refused() {
        for bytes in [
            &b""[..],
            b"\x02\0\0\0\0\0\0",
            b"\x03\0\0\0\0\0\0\0",
            b"\x02\0\0\0\x01\0\0\0",
            b"\x02\0\0\0\x02\0\0\0\x01\0\x01\0",
            b"\x02\0\0\0\x02\0\0\0\x02\0\x01\0",
            b"\x02\0\0\0\x01\0\0\0\x02\0\x01\0",
        ] {
            assert_eq!(Intset::from_bytes(bytes).map(|_| ()), Err(IntsetError), "{bytes:?}");
        }
    }

    fn value() -> impl Strategy<Value = i64> {
        prop_oneof![
            -20i64..20,
            any::<i16>().prop_map(i64::from),
            any::<i32>().prop_map(i64::from),
            any::<i64>()
        ]
    }

    proptest! {
        /// Whatever the widths, an intset holds what an ordered set would hold.
        #[test]
        fn agrees_with_an_ordered_set(
            ops in proptest::collection::vec((any::<bool>(), value()), 0..200),
        ) {
            let (mut set, mut model) = (Intset::new(), BTreeSet::new());
            for (insert, value) in ops {
                if insert {
                    prop_assert_eq!(set.insert(value), model.insert(value));
                } else {
                    prop_assert_eq!(set.remove(value), model.remove(&value));
                }
                prop_assert_eq!(set.contains(value), insert);
                prop_assert!(set.iter().eq(model.iter().copied()));
                prop_assert_eq!(set.max(), model.last().copied());
            }
            let copy = Intset::from_bytes(set.as_bytes()).expect("it is its own bytes");
            prop_assert!(copy.iter().eq(model.iter().copied()));
        }
    }
}
