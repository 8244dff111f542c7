//! Leaves of the tree: 512 bytes for up to 62 members in order.
//!
//! Of the score a leaf holds a *digest*: 16 bits that say where between the leaf's first and last score
//! it lies, `(key - base) >> shift`. Searching compares digests, which are two cache lines, and goes to the
//! members only where digests are equal. Compared with whole scores in the leaf that saves 6 bytes
//! a member, and reads less.
//!
//! # Invariants
//! - Members ascend by score, then bytes; `digests[i]` is that of `members[i]`, so digests ascend too.
//! - `base` is a multiple of 2^`shift`, which makes widening a shift of the digests: the members are not read.
#![expect(unsafe_code, reason = "unpacks the members that it packed")]

use std::cmp::Ordering;

use super::member::MemberRef;

pub(super) const CAPACITY: usize = 62;
const DIGEST_MAX: u64 = u16::MAX as u64;
/// The span of a new encoding, a quarter of what would fit, so that neighbours can be added.
const FRESH_SPAN: u64 = DIGEST_MAX / 4;

/// Where something would be in the order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound<'a> {
    /// Before all entries with this order key.
    Key(u64),
    /// At this entry.
    Entry(u64, &'a [u8]),
}

impl Bound<'_> {
    /// How an entry lies to the bound: `Less` is before it. Reads the member only if it must.
    pub(super) fn order_of(self, key: impl FnOnce() -> u64, member: MemberRef) -> Ordering {
        match self {
            Bound::Key(bound) => key().cmp(&bound).then(Ordering::Greater),
            Bound::Entry(bound, bytes) => key().cmp(&bound).then_with(|| member.bytes().cmp(bytes)),
        }
    }

    fn key(self) -> u64 {
        match self {
            Bound::Key(key) | Bound::Entry(key, _) => key,
        }
    }
}

#[repr(C)]
pub(super) struct Leaf {
    base: u64,
    shift: u8,
    len: u8,
    digests: [u16; CAPACITY],
    members: [[u8; 6]; CAPACITY],
}

impl Leaf {
    pub(super) fn new() -> Self {
        Self { base: 0, shift: 0, len: 0, digests: [0; CAPACITY], members: [[0; 6]; CAPACITY] }
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub(super) fn member(&self, index: usize) -> MemberRef {
        assert!(index < self.len());
        // SAFETY: the first `len` slots were packed by this module.
        unsafe { MemberRef::unpack(self.members[index]) }
    }

    fn digest(&self, key: u64) -> Option<u16> {
        u16::try_from(key.checked_sub(self.base)? >> self.shift).ok()
    }

    /// Number of entries before the bound.
    pub(super) fn rank(&self, bound: Bound<'_>) -> usize {
        let digests = &self.digests[..self.len()];
        let Some(digest) = self.digest(bound.key()) else {
            return if bound.key() < self.base { 0 } else { self.len() };
        };
        // No branches: 62 comparisons of 16 bits are eight of SSE2.
        let below: u16 = digests.iter().map(|&other| u16::from(other < digest)).sum();
        let not_above: u16 = digests.iter().map(|&other| u16::from(other <= digest)).sum();
        let (low, high) = (usize::from(below), usize::from(not_above));
        low + partition(high - low, |index| {
            let member = self.member(low + index);
            bound.order_of(|| member.key(), member) == Ordering::Less
        })
    }

    /// Number of entries for which `before` holds; it must hold for a prefix.
    pub(super) fn rank_by(&self, mut before: impl FnMut(MemberRef) -> bool) -> usize {
        partition(self.len(), |index| before(self.member(index)))
    }

    /// Inserts at `index`, which [`Leaf::rank`] gave; the leaf has room.
    pub(super) fn insert_at(&mut self, index: usize, key: u64, member: MemberRef) {
        let len = self.len();
        if self.digest(key).is_none() || len == 0 {
            self.widen(key);
        }
        self.digests.copy_within(index..len, index + 1);
        self.members.copy_within(index..len, index + 1);
        self.digests[index] = self.digest(key).expect("the leaf was widened for it");
        self.members[index] = member.pack();
        self.len += 1;
    }

    /// Removes `count` entries from `index` on.
    pub(super) fn remove_at(&mut self, index: usize, count: usize) {
        let len = self.len();
        self.digests.copy_within(index + count..len, index);
        self.members.copy_within(index + count..len, index);
        self.len -= count as u8;
    }

    /// Moves the entries from `index` on to a new leaf.
    pub(super) fn split_off(&mut self, index: usize) -> Box<Leaf> {
        let mut right = Box::new(Leaf::new());
        let moved = self.len() - index;
        right.members[..moved].copy_from_slice(&self.members[index..self.len()]);
        right.len = moved as u8;
        self.len = index as u8;
        if index == 0 {
            (right.base, right.shift, right.digests) = (self.base, self.shift, self.digests);
        } else if moved > 0 {
            self.encode();
            right.encode();
        }
        right
    }

    /// Takes the entries of the next leaf; there is room for them.
    pub(super) fn take_all(&mut self, next: &Leaf) {
        let (len, more) = (self.len(), next.len());
        self.members[len..len + more].copy_from_slice(&next.members[..more]);
        self.len += next.len;
        self.encode();
    }

    /// Chooses base and shift for the scores as they are and computes all digests.
    fn encode(&mut self) {
        let len = self.len();
        if len == 0 {
            return;
        }
        (0..len).for_each(|index| self.member(index).prefetch());
        let (low, high) = (self.member(0).key(), self.member(len - 1).key());
        let shift = shift_for(high - low, FRESH_SPAN);
        self.shift = shift;
        // A third of the room below, the rest above: scores grow more often than they fall.
        self.base = align(low.saturating_sub(FRESH_SPAN << shift), shift);
        for index in 0..len {
            let key = self.member(index).key();
            self.digests[index] = self.digest(key).expect("the span was chosen for it");
        }
    }

    /// Changes base and shift so that `key` has a digest, with room for more on its side.
    fn widen(&mut self, key: u64) {
        let len = self.len();
        if len == 0 {
            self.shift = 0;
            self.base = key.saturating_sub(DIGEST_MAX / 2);
            return;
        }
        let (old_base, old_shift) = (self.base, self.shift);
        let first = old_base + (u64::from(self.digests[0]) << old_shift);
        let last = old_base + (u64::from(self.digests[len - 1]) << old_shift);
        // The last may be anything up to the next digest.
        let (low, high) = (first.min(key), key.max(last | ((1 << old_shift) - 1)));
        let shift = shift_for(high - low, DIGEST_MAX / 2).max(old_shift);
        self.base = if key > low {
            align(low, shift)
        } else {
            let room = (DIGEST_MAX - 1).saturating_mul(1 << shift);
            align(high.saturating_sub(room), shift)
        };
        self.shift = shift;
        let base = self.base;
        for digest in &mut self.digests[..len] {
            let key = old_base + (u64::from(*digest) << old_shift);
            *digest = ((key - base) >> shift) as u16;
        }
    }

    #[cfg(test)]
    pub(super) fn check_invariants(&self) {
        for index in 0..self.len() {
            let member = self.member(index);
            assert_eq!(self.digest(member.key()), Some(self.digests[index]));
            if index > 0 {
                let previous = self.member(index - 1);
                let order = (previous.key(), previous.bytes()).cmp(&(member.key(), member.bytes()));
                assert_eq!(order, Ordering::Less);
            }
        }
        assert_eq!(self.base, align(self.base, self.shift));
    }
}

/// The least shift that brings `span` to `max` or less.
fn shift_for(span: u64, max: u64) -> u8 {
    let bits = u64::BITS - (span / (max + 1)).leading_zeros();
    // The estimate may be one short or long.
    let start = bits.saturating_sub(1);
    (start..=64 - 14).find(|&shift| span >> shift <= max).unwrap_or(50) as u8
}

fn align(key: u64, shift: u8) -> u64 {
    key >> shift << shift
}

/// Number of indices for which `before` holds, which are the first ones.
pub(super) fn partition(len: usize, mut before: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
