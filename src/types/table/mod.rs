//! The bucket table: extendible hashing over 64-byte buckets, ordered by hash.
//!
//! One structure serves the keyspace, big hashes, big sets and the member maps of sorted sets. It
//! holds owned heap allocations ([`Pointer`]) in 48 bits each and knows nothing about them but the
//! bytes they are found by. The callers pass hashes ([`hash_bytes`]), so that one computation can
//! serve a prefetch and the operation after it.
//!
//! A *directory*, indexed by the top bits of the hash, names *segments*: 1 to 56 home buckets and
//! some spares in one allocation. A lookup reads a directory word, a bucket and an entry. A segment
//! that cannot place an entry grows by up to 16 buckets; at 64 buckets it splits in two. So growth
//! re-places at most about 550 entries at a time, and there is never a second table. Segments
//! shrink and merge as entries go. Removal leaves no tombstone.
//!
//! Every bucket covers a contiguous interval of hashes, and growth, splits and merges keep hashes
//! as they are. Therefore a scan's cursor is simply "all smaller hashes were visited".
//!
//! Compared with doubling a table of pointers: 9 to 10.5 bytes an entry at any size (doubling needs
//! 8 to 16 and both tables meanwhile), and the longest operation does not depend on the size.
//! Open addressing was not taken because its tombstones and its growth rule out both.
//!
//! # Invariants
//! - An entry is in the home bucket of its hash, or in a spare that the home's overflow byte names.
//! - An empty table owns no segment. A segment's local depth is at most the directory's depth.
//! - No entry of a segment has a deadline before the segment's mark; none in the table has one
//!   before `min_deadline`.
//!
//! # Reading without the lock
//! [`Table::prefetch_racy`] may run while another thread changes the table. It reads `root` and
//! directory words, atomics all, and dereferences directories, which are kept after use until
//! [`Table::reclaim`], a drop, or reuse at the same depth (their sum is less than twice the largest).

#![expect(unsafe_code, reason = "owns allocations through packed words; see the invariants above")]

mod bucket;
mod directory;
mod guard;
mod hash;
mod resize;
mod scan;
mod segment;
mod sweep;
#[cfg(test)]
mod tests;

use std::fmt;
use std::marker::{PhantomData, PhantomPinned};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::bucket::prefetch_line;
use self::bucket::tag_of;
use self::directory::{Directory, Mark};
pub use self::guard::{Ref, RefMut};
pub use self::hash::{hash_bytes, set_hash_seed};
pub use self::scan::Iter;
use self::segment::{Segment, Shape, Slot};
pub use self::sweep::Sweep;

/// An owned heap allocation that a table can hold in 48 bits.
///
/// # Safety
/// `into_raw` and `from_raw` must be inverse and move ownership. The bytes that `key` returns must
/// lie in the allocation (not in the handle), and the allocation must not be changed through
/// `&self`, so that they stay valid while the table holds the entry and nobody borrows it mutably.
pub unsafe trait Pointer: Sized {
    /// Gives up the handle. The upper 16 bits of the address are zero.
    fn into_raw(self) -> NonNull<u8>;

    /// # Safety
    /// `raw` comes from `into_raw`, and no other handle of that allocation is used meanwhile.
    unsafe fn from_raw(raw: NonNull<u8>) -> Self;

    /// The bytes that identify the entry. They must not change while it is in a table.
    fn key(&self) -> &[u8];

    /// The hash by which the entry was inserted.
    #[inline]
    fn hash(&self) -> u64 {
        hash_bytes(self.key())
    }

    /// When the entry expires, in unix ms.
    #[inline]
    fn deadline(&self) -> Option<u64> {
        None
    }

    /// Asks for the memory that `key` will read.
    #[inline]
    fn prefetch(raw: NonNull<u8>) {
        prefetch_line(raw.as_ptr());
    }
}

/// A set of entries by key. See the module's documentation.
pub struct Table<P: Pointer> {
    /// 0, or the only segment's word, or the directory's.
    root: AtomicU64,
    len: usize,
    /// No deadline in the table is before this.
    min_deadline: u64,
    /// Directories that were in use and that a racy prefetch may still read.
    retired: *mut (),
    /// How many segments have the directory's depth; when none has, the directory is halved.
    deepest: u32,
    /// Owns entries, and is read by others while the owner holds `&mut Table`: `PhantomPinned`
    /// keeps that reference from being `noalias`.
    entries: PhantomData<(P, PhantomPinned)>,
}

// SAFETY: a table owns its entries, buckets and directories; nothing is tied to a thread.
unsafe impl<P: Pointer + Send> Send for Table<P> {}
// SAFETY: `&Table` only reads, and gives out `&P` at most.
unsafe impl<P: Pointer + Sync> Sync for Table<P> {}

/// A segment and where the directory has it.
#[derive(Clone, Copy)]
struct Place {
    segment: Segment,
    /// The first of its directory words, or `None` if the segment is the root.
    index: Option<usize>,
}

impl<P: Pointer> Default for Table<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Pointer + Clone> Clone for Table<P> {
    fn clone(&self) -> Self {
        let mut copy = Self::new();
        self.iter().for_each(|entry| copy.insert_unique(entry.hash(), entry.clone()));
        copy
    }
}

impl<P: Pointer + fmt::Debug> fmt::Debug for Table<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|entry| format!("{:?}", *entry))).finish()
    }
}

impl<P: Pointer> Drop for Table<P> {
    fn drop(&mut self) {
        self.clear();
        // SAFETY: a table is dropped when no thread prefetches in it any more.
        unsafe { Directory::free_list(&mut self.retired) };
    }
}

impl<P: Pointer> Table<P> {
    /// An empty table; allocates nothing.
    pub const fn new() -> Self {
        Self {
            root: AtomicU64::new(0),
            len: 0,
            min_deadline: Mark::NO_DEADLINE,
            retired: ptr::null_mut(),
            deepest: 0,
            entries: PhantomData,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry with this key.
    #[inline]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<Ref<'_, P>> {
        let (segment, slot) = self.find_slot(hash, key)?;
        // SAFETY: `find_slot` returns a live segment and an occupied slot in it.
        let raw = unsafe { segment.bucket(slot.bucket) }.pointer(slot.slot);
        // SAFETY: the table owns the entry and is borrowed for as long as the guard lives.
        Some(unsafe { Ref::new(raw) })
    }

    #[inline]
    pub fn contains(&self, hash: u64, key: &[u8]) -> bool {
        self.find_slot(hash, key).is_some()
    }

    /// The entry with this key, to be changed. Its key must stay the same; if it may have moved in
    /// memory, the guard notes the new address. A new deadline is told to [`Self::note_deadline`].
    #[inline]
    pub fn find_mut(&mut self, hash: u64, key: &[u8]) -> Option<RefMut<'_, P>> {
        let (segment, slot) = self.find_slot(hash, key)?;
        Some(RefMut::new(self, hash, segment, slot))
    }

    /// Adds an entry whose key is not in the table; `hash` must equal `entry.hash()`.
    pub fn insert_unique(&mut self, hash: u64, entry: P) {
        debug_assert!(hash == entry.hash(), "an entry is found by its own hash");
        debug_assert!(!self.contains(hash, entry.key()), "the key is not in the table");
        let deadline = entry.deadline();
        let raw = entry.into_raw();
        let mut place = match self.place(hash) {
            Some(place) => place,
            None => {
                let segment = Segment::allocate(Shape::for_entries(1), 0);
                self.root.store(segment.word(), Ordering::Release);
                Place { segment, index: None }
            }
        };
        // SAFETY: the segment is live, and ours alone under `&mut self`.
        while !unsafe { place.segment.place(hash, tag_of(hash), raw) } {
            place = self.grow(hash, place);
        }
        self.len += 1;
        if let Some((directory, index)) = self.directory_of(place) {
            let mut mark = directory.mark(index);
            mark.add();
            directory.set_mark(index, mark);
        }
        if let Some(at) = deadline {
            self.note_deadline(hash, at);
        }
    }

    /// Adds an entry and returns the one it takes the place of.
    pub fn replace(&mut self, hash: u64, entry: P) -> Option<P> {
        let Some((segment, slot)) = self.find_slot(hash, entry.key()) else {
            self.insert_unique(hash, entry);
            return None;
        };
        if let Some(at) = entry.deadline() {
            self.note_deadline(hash, at);
        }
        // SAFETY: live and occupied by `find_slot`, ours alone under `&mut self`.
        let bucket = unsafe { segment.bucket_mut(slot.bucket) };
        let old = bucket.pointer(slot.slot);
        bucket.set_pointer(slot.slot, entry.into_raw());
        // SAFETY: the slot held it and does no more.
        Some(unsafe { P::from_raw(old) })
    }

    /// Takes the entry with this key out.
    pub fn remove(&mut self, hash: u64, key: &[u8]) -> Option<P> {
        let (segment, slot) = self.find_slot(hash, key)?;
        Some(self.remove_at(hash, segment, slot))
    }

    /// Drops all entries and gives the memory back (but for directories, see [`Self::reclaim`]).
    pub fn clear(&mut self) {
        let mut next = (self.len > 0).then_some(0);
        while let Some(hash) = next {
            let place = self.place(hash).expect("a table with entries has segments");
            next = place.segment.end(hash);
            for index in 0..place.segment.shape().buckets() {
                // SAFETY: live until freed below; in bounds; ours alone under `&mut self`.
                let bucket = unsafe { place.segment.bucket_mut(index) };
                for slot in bucket.occupied() {
                    // SAFETY: the slot owned it, and is vacated before the entry is dropped.
                    drop(unsafe { P::from_raw(bucket.take(slot)) });
                }
            }
        }
        self.free_segments();
    }

    /// Frees directories out of use. No other thread may be in [`Self::prefetch_racy`].
    pub fn reclaim(&mut self) {
        // SAFETY: out of use by the owner, and by others as documented.
        unsafe { Directory::free_list(&mut self.retired) };
    }

    /// Bytes of directories and buckets, without the entries'.
    pub fn allocated_bytes(&self) -> usize {
        let mut bytes = Directory::list_bytes(self.retired);
        if let Some((directory, _)) = Directory::from_root_word(self.root.load(Ordering::Relaxed)) {
            bytes += directory.allocated_bytes();
        }
        bytes + self.segments().map(|(_, segment)| segment.allocated_bytes()).sum::<usize>()
    }

    /// First stage of a lookup in a batch: asks for the home bucket of `hash`.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        self.prefetch_racy(hash);
    }

    /// Second stage: reads the bucket and asks for the entries that may be the one.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        let Some(segment) = self.segment(hash) else { return };
        // SAFETY: a live segment and one of its homes, shared for reading by `&self`.
        let bucket = unsafe { segment.bucket(segment.home_of(hash)) };
        let likely = bucket.matches(tag_of(hash));
        for slot in likely {
            P::prefetch(bucket.pointer(slot));
        }
        if bucket.overflow != 0 && likely.first().is_none() {
            for spare in segment.overflow_buckets(bucket.overflow) {
                prefetch_line(segment.bucket_address(spare));
            }
        }
    }

    /// The first entry in its home whose tag is that of `hash`: mostly the one that is looked for.
    /// To fetch what it refers to, without the cost of comparing keys.
    #[inline]
    pub fn find_likely(&self, hash: u64) -> Option<Ref<'_, P>> {
        let segment = self.segment(hash)?;
        // SAFETY: a live segment and one of its homes, shared for reading by `&self`.
        let bucket = unsafe { segment.bucket(segment.home_of(hash)) };
        let slot = bucket.matches(tag_of(hash)).first()?;
        // SAFETY: the table owns the entry and is borrowed for as long as the guard lives.
        Some(unsafe { Ref::new(bucket.pointer(slot)) })
    }

    /// Like [`Self::prefetch_bucket`], and may be called while another thread changes the table
    /// (through a pointer to it that the two share; the table must stay where it is). Computes the
    /// address from atomics and touches no segment; an outdated address only wastes the hint.
    #[inline]
    pub fn prefetch_racy(&self, hash: u64) {
        let root = self.root.load(Ordering::Acquire);
        let segment = match Directory::from_root_word(root) {
            None if root == 0 => return,
            None => Segment::from_word(root),
            Some((directory, depth)) => directory.segment((hash >> (64 - depth)) as usize),
        };
        prefetch_line(segment.bucket_address(segment.home_of(hash)));
    }

    #[inline]
    fn segment(&self, hash: u64) -> Option<Segment> {
        let root = self.root.load(Ordering::Relaxed);
        match Directory::from_root_word(root) {
            None if root == 0 => None,
            None => Some(Segment::from_word(root)),
            Some((directory, depth)) => Some(directory.segment((hash >> (64 - depth)) as usize)),
        }
    }

    fn place(&self, hash: u64) -> Option<Place> {
        let segment = self.segment(hash)?;
        let index = Directory::from_root_word(self.root.load(Ordering::Relaxed))
            .map(|(_, depth)| Directory::first_index(depth, segment, hash));
        Some(Place { segment, index })
    }

    fn directory_of(&self, place: Place) -> Option<(Directory, usize)> {
        let index = place.index?;
        let (directory, _) = Directory::from_root_word(self.root.load(Ordering::Relaxed))?;
        Some((directory, index))
    }

    fn mark(&self, place: Place) -> Mark {
        match self.directory_of(place) {
            Some((directory, index)) => directory.mark(index),
            None => Mark::new(self.len, self.min_deadline),
        }
    }

    #[inline]
    fn find_slot(&self, hash: u64, key: &[u8]) -> Option<(Segment, Slot)> {
        let segment = self.segment(hash)?;
        let tag = tag_of(hash);
        let home_index = segment.home_of(hash);
        // SAFETY: a live segment and one of its homes; nobody writes under `&self`.
        let home = unsafe { segment.bucket(home_index) };
        for slot in home.matches(tag) {
            // SAFETY: the pointer of an occupied slot.
            if unsafe { Self::has_key(home.pointer(slot), key) } {
                return Some((segment, Slot { bucket: home_index, slot }));
            }
        }
        if home.overflow == 0 {
            return None;
        }
        Self::find_in_spares(segment, home.overflow, tag, key).map(|slot| (segment, slot))
    }

    #[cold]
    fn find_in_spares(segment: Segment, overflow: u8, tag: u8, key: &[u8]) -> Option<Slot> {
        for index in segment.overflow_buckets(overflow) {
            // SAFETY: a spare of a live segment; callers hold the table at least shared.
            let bucket = unsafe { segment.bucket(index) };
            for slot in bucket.matches(tag) {
                // SAFETY: the pointer of an occupied slot.
                if unsafe { Self::has_key(bucket.pointer(slot), key) } {
                    return Some(Slot { bucket: index, slot });
                }
            }
        }
        None
    }

    /// # Safety
    /// `raw` is in a slot of the table.
    #[inline]
    unsafe fn has_key(raw: NonNull<u8>, key: &[u8]) -> bool {
        // SAFETY: by the caller; the guard is gone before the entry can be.
        unsafe { Ref::<P>::new(raw) }.key() == key
    }

    /// The hash of an entry in the table.
    ///
    /// # Safety
    /// `raw` is in a slot of the table.
    unsafe fn hash_of(raw: NonNull<u8>) -> u64 {
        // SAFETY: by the caller. Not dropped: the slot keeps the ownership.
        ManuallyDrop::new(unsafe { P::from_raw(raw) }).hash()
    }

    fn remove_at(&mut self, hash: u64, segment: Segment, slot: Slot) -> P {
        // SAFETY: callers found the slot in this live segment; ours alone under `&mut self`.
        let bucket = unsafe { segment.bucket_mut(slot.bucket) };
        let raw = bucket.take(slot.slot);
        if slot.bucket >= segment.homes() {
            self.tidy_overflow(hash, segment, slot.bucket);
        }
        self.len -= 1;
        if let Some(place) = self.place(hash)
            && let Some((directory, index)) = self.directory_of(place)
        {
            let mut mark = directory.mark(index);
            mark.subtract();
            directory.set_mark(index, mark);
        }
        self.shrink(hash);
        // SAFETY: the slot owned it and was vacated.
        unsafe { P::from_raw(raw) }
    }

    /// Clears the home's overflow bit if no other entry of that home is in the spare.
    fn tidy_overflow(&mut self, hash: u64, segment: Segment, spare_bucket: usize) {
        let spare = spare_bucket - segment.homes();
        if spare >= 7 && segment.shape().spares() > 8 {
            return; // Bit 7 stands for many spares here. A bit too many costs a read, no more.
        }
        let home = segment.home_of(hash);
        // SAFETY: a spare of a live segment, under `&mut self`.
        let bucket = unsafe { segment.bucket(spare_bucket) };
        bucket.occupied().for_each(|slot| P::prefetch(bucket.pointer(slot)));
        let needed = bucket.occupied().any(|slot| {
            // SAFETY: the pointer of an occupied slot.
            segment.home_of(unsafe { Self::hash_of(bucket.pointer(slot)) }) == home
        });
        if !needed {
            // SAFETY: a home of a live segment, ours alone under `&mut self`.
            unsafe { segment.bucket_mut(home) }.overflow &= !(1 << spare);
        }
    }

    /// The segments in order of hash, each with the first hash it covers.
    fn segments(&self) -> impl Iterator<Item = (u64, Segment)> + '_ {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let hash = next?;
            let segment = self.segment(hash)?;
            next = segment.end(hash);
            Some((hash, segment))
        })
    }
}
