//! Walking over entries.

use super::encoding::{decode, entry_before};
use super::value::Value;

/// Entries of a listpack, from both ends.
#[derive(Clone)]
pub struct Iter<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) front: usize,
    pub(super) back: usize,
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
    pub(super) iter: Iter<'a>,
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
