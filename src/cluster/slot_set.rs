//! A set of hash slots as the bus carries it: a bitmap of 2048 bytes, slot 0 in the lowest bit of
//! the first byte.

use std::fmt;

/// How many hash slots the key space is cut into.
pub const SLOTS: u16 = 16384;

const BYTES: usize = SLOTS as usize / 8;

/// A set of slots. `len` is the number of bits set in `bits`.
#[derive(Clone, PartialEq, Eq)]
pub struct SlotSet {
    bits: Box<[u8; BYTES]>,
    len: u16,
}

impl SlotSet {
    pub const BYTES: usize = BYTES;

    pub fn new() -> SlotSet {
        SlotSet { bits: Box::new([0; BYTES]), len: 0 }
    }

    pub fn from_bytes(bits: &[u8; BYTES]) -> SlotSet {
        let len = bits.iter().map(|byte| byte.count_ones() as u16).sum();
        SlotSet { bits: Box::new(*bits), len }
    }

    pub fn as_bytes(&self) -> &[u8; BYTES] {
        &self.bits
    }

    pub fn len(&self) -> u16 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A slot outside of the key space is in no set.
    pub fn contains(&self, slot: u16) -> bool {
        self.bits.get(slot as usize / 8).is_some_and(|byte| byte & (1 << (slot % 8)) != 0)
    }

    /// Adds `slot`; true if it was not there.
    pub fn insert(&mut self, slot: u16) -> bool {
        assert!(slot < SLOTS, "slot {slot} is outside of the key space");
        let new = !self.contains(slot);
        self.bits[slot as usize / 8] |= 1 << (slot % 8);
        self.len += u16::from(new);
        new
    }

    /// Removes `slot`; true if it was there.
    pub fn remove(&mut self, slot: u16) -> bool {
        let old = self.contains(slot);
        if old {
            self.bits[slot as usize / 8] &= !(1 << (slot % 8));
            self.len -= 1;
        }
        old
    }

    /// The slots in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.bits.iter().enumerate().flat_map(|(index, &byte)| {
            (0..8)
                .filter(move |bit| byte & (1 << bit) != 0)
                .map(move |bit| (index * 8 + bit) as u16)
        })
    }

    /// The maximal runs of consecutive slots, first and last slot of each, in ascending order.
    pub fn ranges(&self) -> Vec<(u16, u16)> {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for slot in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == slot => *last = slot,
                _ => ranges.push((slot, slot)),
            }
        }
        ranges
    }
}

impl Default for SlotSet {
    fn default() -> Self {
        SlotSet::new()
    }
}

impl FromIterator<u16> for SlotSet {
    fn from_iter<T: IntoIterator<Item = u16>>(slots: T) -> Self {
        let mut set = SlotSet::new();
        for slot in slots {
            set.insert(slot);
        }
        set
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ranges()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bitmap_has_slot_zero_in_the_lowest_bit() {
        let set: SlotSet = [0, 9, 16383].into_iter().collect();
        assert_eq!((set.as_bytes()[0], set.as_bytes()[1], set.as_bytes()[2047]), (1, 2, 0x80));
        assert_eq!(SlotSet::from_bytes(set.as_bytes()), set);
        assert!(!set.contains(16384));
    }

    proptest! {
        #[test]
        fn agrees_with_an_ordered_set(
            ops in proptest::collection::vec((any::<bool>(), 0..SLOTS), 0..100)
        ) {
            let (mut set, mut model) = (SlotSet::new(), BTreeSet::new());
            for (insert, slot) in ops {
                if insert {
                    prop_assert_eq!(set.insert(slot), model.insert(slot));
                } else {
                    prop_assert_eq!(set.remove(slot), model.remove(&slot));
                }
            }
            prop_assert_eq!(set.len() as usize, model.len());
            prop_assert!(set.iter().eq(model.iter().copied()));
            let mut spread = Vec::new();
            for (first, last) in set.ranges() {
                spread.extend(first..=last);
            }
            prop_assert!(spread.iter().eq(model.iter()));
        }
    }
}
