//! A segment: up to 64 buckets in one allocation, the part of a table that grows and splits.
//!
//! Of its buckets the first are *homes*, the others *spares*. The hash bits below the segment's
//! share of the directory choose the home by multiply-shift, so every home covers a contiguous
//! interval of hashes, and homes are in hash order. An entry whose home is full goes to a spare,
//! and the home's overflow byte says which.
//!
//! [`Segment`] is the packed word that a directory holds: the address of the buckets (64-byte
//! aligned) and, in the bits that leaves free, all that is needed to compute a bucket's address.
//!
//! ```text
//! bit 0..6 homes − 1 | 6..48 address | 48..53 local depth | 53..58 spares (coded) | 63 is 0
//! ```

#![expect(unsafe_code, reason = "owns the bucket arrays that directories hold as packed words")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use super::bucket::{Bucket, SLOTS};

/// A segment of this many buckets is split when it cannot place an entry.
pub(super) const BUCKETS_MAX: usize = 64;
/// Directory bits. With it the home of an entry depends on the top 47 bits of its hash at most.
pub(super) const DEPTH_MAX: u32 = 31;

const ADDRESS_MASK: u64 = ((1 << 48) - 1) & !63;
/// Bucket counts that a segment grows through. Each is a size class of the allocator.
const STEPS: [usize; 18] =
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, BUCKETS_MAX];

/// How many homes and spares a segment has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    homes: usize,
    spare_code: u32,
}

impl Shape {
    fn of_buckets(buckets: usize) -> Self {
        let spares = if buckets == 1 { 0 } else { (buckets / 8).max(1) };
        Self { homes: buckets - spares, spare_code: spares as u32 }
    }

    /// A comfortable shape for `entries`: at most three quarters full.
    pub(super) fn for_entries(entries: usize) -> Self {
        let fits = |buckets: &usize| entries * 4 <= buckets * SLOTS * 3;
        Self::of_buckets(STEPS.into_iter().find(fits).unwrap_or(BUCKETS_MAX))
    }

    /// The next larger shape, or `None` when the segment is to be split.
    pub(super) fn grown(self) -> Option<Self> {
        // Compare homes, not buckets: a flood may have given this shape more spares than usual.
        STEPS.into_iter().map(Self::of_buckets).find(|next| {
            next.homes > self.homes || next.homes == self.homes && next.spares() > self.spares()
        })
    }

    /// Twice the spares. Helps when most entries share few homes, which more homes cannot part.
    pub(super) fn with_more_spares(self) -> Self {
        let spare_code = match self.spare_code {
            0 => 1,
            code @ 1..8 => (code * 2).min(8),
            code => code + 1,
        };
        assert!(spare_code < 32, "spares of one segment are limited by memory");
        Self { spare_code, ..self }
    }

    pub(super) fn spares(self) -> usize {
        match self.spare_code {
            code @ 0..=8 => code as usize,
            code => 8 << (code - 8),
        }
    }

    pub(super) fn buckets(self) -> usize {
        self.homes + self.spares()
    }

    fn layout(self) -> Layout {
        Layout::array::<Bucket>(self.buckets()).expect("far below the limit of an allocation")
    }
}

/// Where in a segment an entry is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) bucket: usize,
    pub(super) slot: usize,
}

/// The packed word. Copying it copies the reference, not the buckets; the table owns those.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Segment(u64);

impl Segment {
    pub(super) fn allocate(shape: Shape, local_depth: u32) -> Self {
        debug_assert!(local_depth <= DEPTH_MAX);
        let layout = shape.layout();
        // SAFETY: no shape has zero buckets.
        let buckets = unsafe { alloc_zeroed(layout) };
        if buckets.is_null() {
            handle_alloc_error(layout);
        }
        let address = buckets.expose_provenance() as u64;
        assert!(address & !ADDRESS_MASK == 0, "buckets lie in the low 48 bits, on cache lines");
        Self(
            (shape.homes as u64 - 1)
                | address
                | u64::from(local_depth) << 48
                | u64::from(shape.spare_code) << 53,
        )
    }

    /// Gives the buckets back. Their entries must have been moved out.
    ///
    /// # Safety
    /// The segment is live, and no copy of this word is used afterwards.
    pub(super) unsafe fn free(self) {
        // SAFETY: `allocate` made it with the same layout; the caller says it is still live.
        unsafe { dealloc(self.base().cast::<u8>(), self.shape().layout()) };
    }

    pub(super) fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) fn word(self) -> u64 {
        self.0
    }

    #[inline]
    fn base(self) -> *mut Bucket {
        std::ptr::with_exposed_provenance_mut((self.0 & ADDRESS_MASK) as usize)
    }

    #[inline]
    pub(super) fn homes(self) -> usize {
        (self.0 & 63) as usize + 1
    }

    #[inline]
    pub(super) fn local_depth(self) -> u32 {
        (self.0 >> 48) as u32 & 31
    }

    #[inline]
    pub(super) fn shape(self) -> Shape {
        Shape { homes: self.homes(), spare_code: (self.0 >> 53) as u32 & 31 }
    }

    pub(super) fn allocated_bytes(self) -> usize {
        self.shape().layout().size()
    }

    /// The home of a hash: 16 bits below the directory's, scaled to the number of homes.
    #[inline]
    pub(super) fn home_of(self, hash: u64) -> usize {
        let fraction = (hash << self.local_depth()) >> 48;
        ((fraction * self.homes() as u64) >> 16) as usize
    }

    /// The first hash beyond home `home` of the segment that `hash` belongs to; `None` at the end
    /// of the hash space. A multiple of 2^17.
    pub(super) fn end_of_home(self, hash: u64, home: usize) -> Option<u64> {
        // The smallest 16-bit fraction that maps to the next home; 2^16 for the last one.
        let fraction = (((home as u64 + 1) << 16).div_ceil(self.homes() as u64)) as u128;
        let depth = self.local_depth();
        let start = if depth == 0 { 0 } else { hash >> (64 - depth) << (64 - depth) };
        u64::try_from(u128::from(start) + (fraction << (48 - depth))).ok()
    }

    /// The first hash beyond the segment that `hash` belongs to; `None` at the end.
    pub(super) fn end(self, hash: u64) -> Option<u64> {
        self.end_of_home(hash, self.homes() - 1)
    }

    /// Where a bucket is in memory. Does not access it.
    #[inline]
    pub(super) fn bucket_address(self, index: usize) -> *const u8 {
        self.base().wrapping_add(index).cast_const().cast()
    }

    /// # Safety
    /// The segment is live, `index` is below its number of buckets, and nobody writes to the
    /// bucket during `'a`.
    #[inline]
    pub(super) unsafe fn bucket<'a>(self, index: usize) -> &'a Bucket {
        debug_assert!(index < self.shape().buckets());
        // SAFETY: in bounds and shared for reading, by the caller.
        unsafe { &*self.base().add(index) }
    }

    /// # Safety
    /// The segment is live, `index` is below its number of buckets, and nobody else uses the
    /// bucket during `'a`.
    #[inline]
    pub(super) unsafe fn bucket_mut<'a>(self, index: usize) -> &'a mut Bucket {
        debug_assert!(index < self.shape().buckets());
        // SAFETY: in bounds and exclusive, by the caller.
        unsafe { &mut *self.base().add(index) }
    }

    /// The spares that `overflow` of a home bucket names, as bucket indexes.
    pub(super) fn overflow_buckets(self, overflow: u8) -> impl Iterator<Item = usize> {
        let homes = self.homes();
        let spares = if overflow == 0 { 0 } else { self.shape().spares() };
        (0..spares).filter(move |&spare| overflow >> spare.min(7) & 1 != 0).map(move |s| homes + s)
    }

    /// Puts an entry in its home or a spare; false when neither has room.
    ///
    /// # Safety
    /// The segment is live and nobody else uses it.
    pub(super) unsafe fn place(self, hash: u64, tag: u8, pointer: NonNull<u8>) -> bool {
        let home_index = self.home_of(hash);
        // SAFETY: a home is below the number of homes; the segment is the caller's alone.
        let home = unsafe { self.bucket_mut(home_index) };
        if let Some(slot) = home.vacant().first() {
            home.put(slot, tag, pointer);
            return true;
        }
        let (homes, spares) = (self.homes(), self.shape().spares());
        // Neighbours share a spare, so that a home seldom needs more than one.
        let favourite = home_index * spares / homes;
        for spare in (favourite..spares).chain(0..favourite) {
            // SAFETY: a spare is below the number of buckets, and it is not `home`.
            let bucket = unsafe { self.bucket_mut(homes + spare) };
            if let Some(slot) = bucket.vacant().first() {
                bucket.put(slot, tag, pointer);
                home.overflow |= 1 << spare.min(7);
                return true;
            }
        }
        false
    }

    /// Whether more homes would help the segment to hold its entries: not when the homes are
    /// mostly vacant, since then many entries crowd into few intervals.
    ///
    /// # Safety
    /// The segment is live and nobody writes to it.
    pub(super) unsafe fn is_evenly_used(self) -> bool {
        let homes = self.homes();
        // SAFETY: indexes of homes.
        let used: usize = (0..homes).map(|h| unsafe { self.bucket(h) }.occupied().count()).sum();
        used * 3 >= homes * SLOTS
    }
}
