//! Removing many entries at once: by predicate, and those whose deadline has passed.

use std::sync::atomic::Ordering;

use super::directory::{Directory, Mark};
use super::guard::Ref;
use super::segment::Segment;
use super::{Place, Pointer, Table};

/// How far a sweep of expired entries came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sweep {
    /// Where to go on; 0 when the end of the table was reached.
    pub cursor: u64,
    /// Entries whose deadline was read.
    pub examined: usize,
    pub removed: usize,
}

impl<P: Pointer> Table<P> {
    /// A time before which no entry expires (it may be early), or `None` when none ever does.
    #[inline]
    pub fn min_deadline(&self) -> Option<u64> {
        (self.min_deadline < Mark::NO_DEADLINE).then_some(self.min_deadline)
    }

    /// Notes that the entry with this hash expires at `at`, in unix ms. To be called when an entry
    /// in the table gets an earlier deadline; insertion does it by itself.
    pub fn note_deadline(&mut self, hash: u64, at: u64) {
        self.min_deadline = self.min_deadline.min(at);
        if let Some(place) = self.place(hash)
            && let Some((directory, index)) = self.directory_of(place)
        {
            let mut mark = directory.mark(index);
            mark.lower_deadline(at);
            directory.set_mark(index, mark);
        }
    }

    /// Takes out entries whose deadline is `now_ms` or earlier, going on at `cursor` (0 starts),
    /// until the end of the table or until about `budget` entries were examined. Segments without
    /// due entries cost next to nothing.
    pub fn sweep_expired(
        &mut self,
        now_ms: u64,
        budget: usize,
        cursor: u64,
        mut expired: impl FnMut(P),
    ) -> Sweep {
        let mut sweep = Sweep::default();
        if self.min_deadline > now_ms {
            return sweep;
        }
        let mut next = Some(cursor << 16);
        while let Some(hash) = next {
            if sweep.examined >= budget {
                sweep.cursor = hash >> 16;
                return sweep;
            }
            let Some(place) = self.place(hash) else { return sweep };
            next = place.segment.end(hash);
            if self.mark(place).deadline() > now_ms {
                continue;
            }
            let mut earliest = Mark::NO_DEADLINE;
            let (examined, removed) = self.remove_in(
                hash,
                place,
                |entry| {
                    let deadline = entry.deadline().unwrap_or(Mark::NO_DEADLINE);
                    let due = deadline <= now_ms;
                    if !due {
                        earliest = earliest.min(deadline);
                    }
                    due
                },
                &mut expired,
            );
            sweep.examined += examined;
            sweep.removed += removed;
            self.set_segment_deadline(place, earliest);
            self.shrink(hash);
        }
        self.refresh_min_deadline();
        sweep
    }

    /// Calls `f` with entries that have a deadline until it answers `false`. Segments without such
    /// entries cost next to nothing.
    pub fn expiring(&self, mut f: impl FnMut(&P) -> bool) {
        let mut next = self.min_deadline().map(|_| 0);
        while let Some(hash) = next {
            let Some(place) = self.place(hash) else { return };
            next = place.segment.end(hash);
            if self.mark(place).deadline() == Mark::NO_DEADLINE {
                continue;
            }
            for index in 0..place.segment.shape().buckets() {
                // SAFETY: in bounds of a live segment, shared under `&self`.
                let bucket = unsafe { place.segment.bucket(index) };
                for slot in bucket.occupied() {
                    // SAFETY: the pointer of an occupied slot of the borrowed table.
                    let entry: Ref<'_, P> = unsafe { Ref::new(bucket.pointer(slot)) };
                    if entry.deadline().is_some() && !f(&entry) {
                        return;
                    }
                }
            }
        }
    }

    /// Takes out the entries for which `matches` is true and hands them to `removed`.
    pub fn remove_matching(
        &mut self,
        mut matches: impl FnMut(&P) -> bool,
        mut removed: impl FnMut(P),
    ) {
        let mut next = Some(0);
        while let Some(hash) = next {
            let Some(place) = self.place(hash) else { return };
            next = place.segment.end(hash);
            if self.remove_in(hash, place, &mut matches, &mut removed).1 > 0 {
                self.shrink(hash);
            }
        }
    }

    /// Keeps the entries for which `keep` is true and drops the others.
    pub fn retain(&mut self, mut keep: impl FnMut(&P) -> bool) {
        self.remove_matching(|entry| !keep(entry), drop);
    }

    /// Takes matching entries out of one segment; returns how many were seen and how many taken.
    /// The caller shrinks the segment.
    fn remove_in(
        &mut self,
        hash: u64,
        place: Place,
        mut matches: impl FnMut(&P) -> bool,
        mut removed: impl FnMut(P),
    ) -> (usize, usize) {
        let segment = place.segment;
        let buckets = segment.shape().buckets();
        let (mut seen, mut taken) = (0, 0);
        Self::prefetch_entries(segment, 0);
        for index in 0..buckets {
            if index + 1 < buckets {
                Self::prefetch_entries(segment, index + 1);
            }
            // SAFETY: in bounds of a live segment; ours alone under `&mut self`.
            let bucket = unsafe { segment.bucket_mut(index) };
            for slot in bucket.occupied() {
                seen += 1;
                // SAFETY: the pointer of an occupied slot, seen before anything is removed.
                let entry: Ref<'_, P> = unsafe { Ref::new(bucket.pointer(slot)) };
                if !matches(&entry) {
                    continue;
                }
                let raw = bucket.take(slot);
                taken += 1;
                self.len -= 1;
                if let Some((directory, first)) = self.directory_of(place) {
                    let mut mark = directory.mark(first);
                    mark.subtract();
                    directory.set_mark(first, mark);
                }
                // SAFETY: the slot owned it and was vacated. A stale overflow mark is harmless.
                removed(unsafe { P::from_raw(raw) });
            }
        }
        debug_assert!(self.segment(hash) == Some(segment));
        (seen, taken)
    }

    fn prefetch_entries(segment: Segment, index: usize) {
        // SAFETY: callers pass a bucket of a live segment.
        let bucket = unsafe { segment.bucket(index) };
        bucket.occupied().for_each(|slot| P::prefetch(bucket.pointer(slot)));
    }

    fn set_segment_deadline(&mut self, place: Place, deadline: u64) {
        match self.directory_of(place) {
            Some((directory, index)) => {
                directory.set_mark(index, Mark::new(directory.mark(index).count(), deadline));
            }
            None => self.min_deadline = deadline,
        }
    }

    fn refresh_min_deadline(&mut self) {
        if let Some((directory, _)) = Directory::from_root_word(self.root.load(Ordering::Relaxed)) {
            let deadlines = directory.segments().map(|(index, _)| directory.mark(index).deadline());
            self.min_deadline = deadlines.min().unwrap_or(Mark::NO_DEADLINE);
        }
    }
}
