//! How a table grows and shrinks: a segment at a time.
//!
//! Every step builds new segments beside the old ones, puts them into the directory, and frees the
//! old: about 550 entries are re-placed at most, which takes tens of microseconds.

#![expect(
    unsafe_code,
    reason = "frees segments whose entries were copied; see the table's invariants"
)]

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::bucket::{SLOTS, tag_of};
use super::directory::{Directory, Mark};
use super::segment::{DEPTH_MAX, Segment, Shape};
use super::{Place, Pointer, Table};

/// Merged segments hold at most this many entries: a comfortable 32 buckets.
const MERGED_ENTRIES_MAX: usize = 216;

#[derive(Clone, Copy)]
struct Hashed {
    hash: u64,
    raw: NonNull<u8>,
}

impl<P: Pointer> Table<P> {
    /// Makes room where `hash` belongs: more buckets, two segments for one, or more spares.
    #[cold]
    pub(super) fn grow(&mut self, hash: u64, place: Place) -> Place {
        let segment = place.segment;
        let (shape, depth) = (segment.shape(), segment.local_depth());
        // SAFETY: live; nobody writes under `&mut self` but us.
        let even = unsafe { segment.is_evenly_used() };
        let entries = Self::hashed_entries(&[segment]);
        if even && shape.grown().is_none() && depth < DEPTH_MAX {
            self.split(hash, place, entries);
        } else {
            let shape = shape.grown().filter(|_| even).unwrap_or(shape.with_more_spares());
            let mark = Mark::new(entries.len(), self.mark(place).deadline());
            self.set_segment(place, Self::build(&entries, depth, shape), mark);
        }
        // SAFETY: its entries were copied, and the directory names it no more.
        unsafe { segment.free() };
        self.place(hash).expect("the table has segments")
    }

    /// Parts the entries of `place` by the next bit of their hash.
    fn split(&mut self, hash: u64, place: Place, mut entries: Vec<Hashed>) {
        let deadline = self.mark(place).deadline();
        let depth = place.segment.local_depth() + 1;
        let directory = self.directory_of_depth(depth);
        let bit = 1 << (64 - depth);
        entries.sort_unstable_by_key(|entry| entry.hash & bit);
        let (low, high) = entries.split_at(entries.partition_point(|e| e.hash & bit == 0));
        for (half, hash) in [(low, hash & !bit), (high, hash | bit)] {
            let child = Self::build(half, depth, Shape::for_entries(half.len()));
            let first = Directory::first_index(directory.depth(), child, hash);
            directory.set_segment(first, child);
            directory.set_mark(first, Mark::new(half.len(), deadline));
        }
        self.deepest += if depth == directory.depth() { 2 } else { 0 };
    }

    /// The table's directory, after making one, or doubling it, if it is not `depth` deep.
    fn directory_of_depth(&mut self, depth: u32) -> Directory {
        let root = self.root.load(Ordering::Relaxed);
        let old = Directory::from_root_word(root);
        if let Some((directory, old_depth)) = old
            && old_depth >= depth
        {
            return directory;
        }
        let directory = self.new_directory(depth);
        match old {
            None => {
                directory.set_segment(0, Segment::from_word(root));
                directory.set_mark(0, Mark::new(self.len, self.min_deadline));
            }
            Some((old, old_depth)) => {
                debug_assert!(old_depth + 1 == depth);
                for (index, segment) in old.segments() {
                    directory.set_segment(2 * index, segment);
                    directory.set_mark(2 * index, old.mark(index));
                }
                self.retired = old.retire(self.retired);
            }
        }
        self.deepest = 0;
        self.root.store(directory.root_word(), Ordering::Release);
        directory
    }

    fn new_directory(&mut self, depth: u32) -> Directory {
        Directory::reuse(&mut self.retired, depth).unwrap_or_else(|| Directory::allocate(depth))
    }

    /// Gives memory back where `hash` belongs, if few entries are left there.
    #[inline]
    pub(super) fn shrink(&mut self, hash: u64) {
        let Some(place) = self.place(hash) else { return };
        if self.mark(place).count() * 4 < place.segment.shape().buckets() * SLOTS {
            self.shrink_sparse(hash, place);
        }
    }

    #[cold]
    fn shrink_sparse(&mut self, hash: u64, mut place: Place) {
        if self.len == 0 {
            return self.free_segments();
        }
        while let Some(merged) = self.merge_with_buddy(hash, place) {
            place = merged;
        }
        let (segment, mark) = (place.segment, self.mark(place));
        let shape = Shape::for_entries(mark.count());
        if shape.buckets() < segment.shape().buckets() {
            let entries = Self::hashed_entries(&[segment]);
            let shrunk = Self::build(&entries, segment.local_depth(), shape);
            self.set_segment(place, shrunk, Mark::new(entries.len(), mark.deadline()));
            // SAFETY: its entries were copied, and the directory names it no more.
            unsafe { segment.free() };
        }
    }

    /// Undoes a split if the two halves have few entries together.
    fn merge_with_buddy(&mut self, hash: u64, place: Place) -> Option<Place> {
        let (directory, index) = self.directory_of(place)?;
        let depth = place.segment.local_depth();
        let buddy_index = index ^ 1 << (directory.depth() - depth);
        let buddy = directory.segment(buddy_index);
        let (mark, buddy_mark) = (directory.mark(index), directory.mark(buddy_index));
        let count = mark.count() + buddy_mark.count();
        if buddy.local_depth() != depth || count > MERGED_ENTRIES_MAX {
            return None;
        }
        let pair = [place.segment, buddy];
        let merged =
            Self::build(&Self::hashed_entries(&pair), depth - 1, Shape::for_entries(count));
        let first = index.min(buddy_index);
        directory.set_segment(first, merged);
        directory.set_mark(first, Mark::new(count, mark.deadline().min(buddy_mark.deadline())));
        for segment in pair {
            // SAFETY: its entries were copied, and the directory names it no more.
            unsafe { segment.free() };
        }
        if depth == directory.depth() {
            self.deepest -= 2;
            self.halve_directory();
        }
        self.place(hash)
    }

    fn halve_directory(&mut self) {
        while self.deepest == 0
            && let Some((old, depth)) = Directory::from_root_word(self.root.load(Ordering::Relaxed))
        {
            let word = if depth == 1 {
                old.segment(0).word()
            } else {
                let directory = self.new_directory(depth - 1);
                for (index, segment) in old.segments() {
                    directory.set_segment(index / 2, segment);
                    directory.set_mark(index / 2, old.mark(index));
                    self.deepest += u32::from(segment.local_depth() == depth - 1);
                }
                directory.root_word()
            };
            self.root.store(word, Ordering::Release);
            self.retired = old.retire(self.retired);
        }
    }

    fn set_segment(&mut self, place: Place, segment: Segment, mark: Mark) {
        match self.directory_of(place) {
            Some((directory, index)) => {
                directory.set_segment(index, segment);
                directory.set_mark(index, mark);
            }
            None => self.root.store(segment.word(), Ordering::Release),
        }
    }

    /// Frees all segments, whose entries are gone, and empties the table.
    pub(super) fn free_segments(&mut self) {
        let root = self.root.swap(0, Ordering::AcqRel);
        match Directory::from_root_word(root) {
            Some((directory, _)) => {
                for (_, segment) in directory.segments() {
                    // SAFETY: live, and reachable only through this directory, now out of use.
                    unsafe { segment.free() };
                }
                self.retired = directory.retire(self.retired);
            }
            // SAFETY: live, and the root named it alone.
            None if root != 0 => unsafe { Segment::from_word(root).free() },
            None => {}
        }
        self.len = 0;
        self.deepest = 0;
        self.min_deadline = Mark::NO_DEADLINE;
    }

    /// A new segment with these entries, of `shape` or with as many more spares as it takes. The
    /// entries are copied: the segments that had them are to be freed by the caller.
    fn build(entries: &[Hashed], depth: u32, mut shape: Shape) -> Segment {
        loop {
            let segment = Segment::allocate(shape, depth);
            let fits = entries.iter().all(|&Hashed { hash, raw }| {
                // SAFETY: just allocated, ours alone.
                unsafe { segment.place(hash, tag_of(hash), raw) }
            });
            if fits {
                return segment;
            }
            // SAFETY: live and named nowhere; its entries still belong to the old segments.
            unsafe { segment.free() };
            shape = shape.with_more_spares();
        }
    }

    /// The entries of `segments` with their hashes. Misses overlap, as the entries whose keys are
    /// to be hashed are asked for two buckets ahead.
    fn hashed_entries(segments: &[Segment]) -> Vec<Hashed> {
        const AHEAD: usize = 2;
        let mut entries = Vec::new();
        for &segment in segments {
            let buckets = segment.shape().buckets();
            entries.reserve(buckets * SLOTS);
            for index in 0..buckets + AHEAD {
                if index < buckets {
                    // SAFETY: in bounds of a live segment; callers hold the table.
                    let bucket = unsafe { segment.bucket(index) };
                    bucket.occupied().for_each(|slot| P::prefetch(bucket.pointer(slot)));
                }
                if let Some(index) = index.checked_sub(AHEAD) {
                    // SAFETY: as above.
                    let bucket = unsafe { segment.bucket(index) };
                    entries.extend(bucket.occupied().map(|slot| {
                        let raw = bucket.pointer(slot);
                        // SAFETY: the pointer of an occupied slot.
                        Hashed { hash: unsafe { Self::hash_of(raw) }, raw }
                    }));
                }
            }
        }
        entries
    }
}
