//! Visiting entries: cursors, iteration and fair sampling.

use std::sync::atomic::Ordering;

use rand::{Rng, RngCore};

use super::bucket::{SLOTS, SlotMask};
use super::directory::Directory;
use super::guard::{Ref, RefMut};
use super::segment::{BUCKETS_MAX, Segment, Slot};
use super::{Pointer, Table};

/// Bits of the hash below those that order a cursor.
const CURSOR_SHIFT: u32 = 16;

impl<P: Pointer> Table<P> {
    /// Visits the entries of one bucket and returns the cursor of the next; starts with 0 and ends
    /// by returning 0.
    ///
    /// A cursor says that all entries whose hash has smaller top 48 bits were visited; entries that
    /// agree in these bits are visited together, and a cursor is below 2^48, so that a caller may
    /// pack something of its own above. An entry that is in the table throughout a scan is visited
    /// at least once, whatever the table does between the calls; seldom more than once.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(&P)) -> u64 {
        let hash = cursor << CURSOR_SHIFT;
        let Some(segment) = self.segment(hash) else { return 0 };
        let home = segment.home_of(hash);
        self.each_of_home(segment, home, |entry| visit(&entry));
        segment.end_of_home(hash, home).map_or(0, |end| end >> CURSOR_SHIFT)
    }

    /// All entries, in no order. Asks for the entries of a bucket while the one before is visited.
    pub fn iter(&self) -> Iter<'_, P> {
        Iter {
            table: self,
            next_hash: Some(0),
            segment: None,
            bucket: 0,
            slots: SlotMask::EMPTY,
            left: self.len(),
        }
    }

    /// Calls `f` with each entry, which it may change as [`Table::find_mut`] allows.
    pub fn for_each_mut(&mut self, mut f: impl FnMut(&mut P)) {
        let mut next = (!self.is_empty()).then_some(0);
        while let Some(hash) = next {
            let Some(segment) = self.segment(hash) else { return };
            next = segment.end(hash);
            for bucket in 0..segment.shape().buckets() {
                // SAFETY: in bounds of a live segment; `f` cannot reach the table.
                let occupied = unsafe { segment.bucket(bucket) }.occupied();
                for slot in occupied {
                    f(&mut RefMut::new(self, hash, segment, Slot { bucket, slot }));
                }
            }
        }
    }

    /// An entry, each with the same probability.
    pub fn random<R: RngCore + ?Sized>(&self, rng: &mut R) -> Option<Ref<'_, P>> {
        if self.is_empty() {
            return None;
        }
        // Tables are at least a quarter full but for corner cases, so a few throws suffice.
        for _ in 0..64 {
            let (segment, bucket) = self.random_bucket(rng)?;
            // SAFETY: in bounds of a live segment, shared under `&self`.
            let bucket = unsafe { segment.bucket(bucket) };
            let slot = rng.random_range(0..SLOTS);
            if bucket.occupied().has(slot) {
                // SAFETY: the pointer of an occupied slot of the borrowed table.
                return Some(unsafe { Ref::new(bucket.pointer(slot)) });
            }
        }
        self.random_in_sparse(rng)
    }

    /// Calls `f` with `count` entries or more, from randomly chosen buckets, each as a whole. An
    /// entry may come up repeatedly. Cheaper than as many calls of [`Self::random`], and as good
    /// where only the average matters, as in eviction.
    pub fn sample<R: RngCore + ?Sized>(
        &self,
        rng: &mut R,
        count: usize,
        mut f: impl FnMut(Ref<'_, P>),
    ) {
        let mut seen = 0;
        for _ in 0..count * 8 {
            let Some((segment, bucket)) = self.random_bucket(rng) else { return };
            // SAFETY: in bounds of a live segment, shared under `&self`.
            let bucket = unsafe { segment.bucket(bucket) };
            for slot in bucket.occupied() {
                // SAFETY: the pointer of an occupied slot of the borrowed table.
                f(unsafe { Ref::new(bucket.pointer(slot)) });
                seen += 1;
            }
            if seen >= count {
                return;
            }
        }
        while seen < count
            && let Some(entry) = self.random(rng)
        {
            f(entry);
            seen += 1;
        }
    }

    /// A bucket, each with the same probability.
    fn random_bucket<R: RngCore + ?Sized>(&self, rng: &mut R) -> Option<(Segment, usize)> {
        loop {
            // A random hash finds a segment in proportion to its share of the hashes; accepting it
            // in proportion to buckets per share makes up for that.
            let hash = rng.next_u64();
            let segment = self.segment(hash)?;
            let buckets = segment.shape().buckets();
            if let Some((_, depth)) = Directory::from_root_word(self.root.load(Ordering::Relaxed)) {
                let share = depth - segment.local_depth();
                let densest = (BUCKETS_MAX as u64) << share;
                if rng.random_range(0..densest) >= buckets as u64 {
                    continue;
                }
            }
            return Some((segment, rng.random_range(0..buckets)));
        }
    }

    /// As `random`, by counting. For tables with nearly all slots vacant.
    #[cold]
    fn random_in_sparse<R: RngCore + ?Sized>(&self, rng: &mut R) -> Option<Ref<'_, P>> {
        let mut skip = rng.random_range(0..self.len());
        for (_, segment) in self.segments() {
            for index in 0..segment.shape().buckets() {
                // SAFETY: in bounds of a live segment, shared under `&self`.
                let bucket = unsafe { segment.bucket(index) };
                match bucket.occupied().nth(skip) {
                    // SAFETY: the pointer of an occupied slot of the borrowed table.
                    Some(slot) => return Some(unsafe { Ref::new(bucket.pointer(slot)) }),
                    None => skip -= bucket.occupied().count(),
                }
            }
        }
        None
    }

    /// Calls `f` with the entries of a home, wherever they are.
    fn each_of_home<'t>(&'t self, segment: Segment, home: usize, mut f: impl FnMut(Ref<'t, P>)) {
        // SAFETY: a home of a live segment, shared under `&self`.
        let bucket = unsafe { segment.bucket(home) };
        for slot in bucket.occupied() {
            // SAFETY: the pointer of an occupied slot of the borrowed table.
            f(unsafe { Ref::new(bucket.pointer(slot)) });
        }
        for index in segment.overflow_buckets(bucket.overflow) {
            // SAFETY: a spare of a live segment, shared under `&self`.
            let spare = unsafe { segment.bucket(index) };
            for slot in spare.occupied() {
                // SAFETY: the pointer of an occupied slot of the borrowed table.
                let entry: Ref<'t, P> = unsafe { Ref::new(spare.pointer(slot)) };
                if segment.home_of(entry.hash()) == home {
                    f(entry);
                }
            }
        }
    }
}

/// Iterator over a table's entries. See [`Table::iter`].
pub struct Iter<'t, P: Pointer> {
    table: &'t Table<P>,
    /// The first hash of the next segment, `None` after the last.
    next_hash: Option<u64>,
    segment: Option<Segment>,
    /// The bucket after the one that `slots` is about.
    bucket: usize,
    slots: SlotMask,
    left: usize,
}

impl<'t, P: Pointer> Iterator for Iter<'t, P> {
    type Item = Ref<'t, P>;

    fn next(&mut self) -> Option<Ref<'t, P>> {
        loop {
            if let Some(segment) = self.segment {
                if let Some(slot) = self.slots.next() {
                    self.left -= 1;
                    // SAFETY: `slots` is about this bucket of a live segment.
                    let raw = unsafe { segment.bucket(self.bucket - 1) }.pointer(slot);
                    // SAFETY: the pointer of an occupied slot of the borrowed table.
                    return Some(unsafe { Ref::new(raw) });
                }
                let buckets = segment.shape().buckets();
                if self.bucket < buckets {
                    // SAFETY: in bounds of a live segment.
                    self.slots = unsafe { segment.bucket(self.bucket) }.occupied();
                    self.bucket += 1;
                    if self.bucket < buckets {
                        // SAFETY: in bounds of a live segment.
                        let ahead = unsafe { segment.bucket(self.bucket) };
                        ahead.occupied().for_each(|slot| P::prefetch(ahead.pointer(slot)));
                    }
                    continue;
                }
            }
            let hash = self.next_hash?;
            let segment = self.table.segment(hash)?;
            self.next_hash = segment.end(hash);
            self.segment = Some(segment);
            self.bucket = 0;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<P: Pointer> ExactSizeIterator for Iter<'_, P> {}

impl<'t, P: Pointer> IntoIterator for &'t Table<P> {
    type Item = Ref<'t, P>;
    type IntoIter = Iter<'t, P>;

    fn into_iter(self) -> Iter<'t, P> {
        self.iter()
    }
}
