//! The directory: segments by the top bits of the hash, and a word of book-keeping for each.
//!
//! ```text
//! | older: ptr | depth | segment words × 2^depth | marks × 2^depth |
//! ```
//!
//! A segment of local depth *d* fills 2^(depth − d) consecutive words; its mark is the first of
//! the run. The words are atomics so that another thread may compute where a bucket is while the
//! owner changes them; that is also why a directory out of use is kept (`older`) for a while.

#![expect(unsafe_code, reason = "one allocation of a header and two arrays, held as a packed word")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::segment::Segment;

const DIRECTORY_BIT: u64 = 1 << 63;

#[repr(C)]
struct Header {
    older: *mut Header,
    depth: u32,
}

/// Entries of a segment (saturating at 2^16 − 1) and a time that no deadline in it is before.
#[derive(Clone, Copy)]
pub(super) struct Mark(u64);

impl Mark {
    pub(super) const NO_DEADLINE: u64 = (1 << 48) - 1;

    pub(super) fn new(count: usize, deadline: u64) -> Self {
        Self(deadline.min(Self::NO_DEADLINE) << 16 | count.min(0xffff) as u64)
    }

    pub(super) fn count(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    pub(super) fn deadline(self) -> u64 {
        self.0 >> 16
    }

    pub(super) fn lower_deadline(&mut self, at: u64) {
        *self = Self::new(self.count(), self.deadline().min(at));
    }

    pub(super) fn add(&mut self) {
        if self.count() < 0xffff {
            self.0 += 1;
        }
    }

    /// A saturated count stays: it is only known again when the segment is rebuilt.
    pub(super) fn subtract(&mut self) {
        if self.count() < 0xffff {
            debug_assert!(self.count() > 0);
            self.0 -= 1;
        }
    }
}

/// A reference to a directory; the table owns what it refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory(*mut Header);

impl Directory {
    fn layout(depth: u32) -> Layout {
        Layout::from_size_align(size_of::<Header>() + (16 << depth), align_of::<Header>())
            .expect("a directory is far smaller than the address space")
    }

    pub(super) fn allocate(depth: u32) -> Self {
        let layout = Self::layout(depth);
        // SAFETY: the layout has room for the header at least.
        let header = unsafe { alloc_zeroed(layout) }.cast::<Header>();
        if header.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: just allocated, large enough and aligned for a header.
        unsafe { header.write(Header { older: ptr::null_mut(), depth }) };
        Self(header)
    }

    /// # Safety
    /// The directory is live, and neither it nor a copy is used afterwards, on any thread.
    pub(super) unsafe fn free(self) {
        let layout = Self::layout(self.depth());
        // SAFETY: `allocate` made it with this layout; live by the caller.
        unsafe { dealloc(self.0.cast(), layout) };
    }

    /// The word a table's root holds for this directory.
    pub(super) fn root_word(self) -> u64 {
        let address = self.0.expose_provenance() as u64;
        assert!(address >> 48 == 0, "directories lie in the low 48 bits");
        DIRECTORY_BIT | u64::from(self.depth()) << 48 | address
    }

    /// The directory and its depth, if `word` is a directory's.
    #[inline]
    pub(super) fn from_root_word(word: u64) -> Option<(Self, u32)> {
        (word & DIRECTORY_BIT != 0).then(|| {
            let address = word & ((1 << 48) - 1);
            let header = ptr::with_exposed_provenance_mut(address as usize);
            (Self(header), (word >> 48) as u32 & 63)
        })
    }

    pub(super) fn depth(self) -> u32 {
        // SAFETY: directories are used only while live, and `depth` never changes.
        unsafe { (*self.0).depth }
    }

    #[inline]
    fn word(&self, index: usize) -> &AtomicU64 {
        // SAFETY: callers index by `depth` bits of a hash; the words follow the header.
        unsafe { &*self.0.add(1).cast::<AtomicU64>().add(index) }
    }

    #[inline]
    pub(super) fn segment(self, index: usize) -> Segment {
        Segment::from_word(self.word(index).load(Ordering::Relaxed))
    }

    /// Writes the words of a segment's whole run, which starts at `first`.
    pub(super) fn set_segment(self, first: usize, segment: Segment) {
        for index in first..first + (1 << (self.depth() - segment.local_depth())) {
            self.word(index).store(segment.word(), Ordering::Relaxed);
        }
    }

    /// The segments, each with the first index of its run.
    pub(super) fn segments(self) -> impl Iterator<Item = (usize, Segment)> {
        let (depth, mut next) = (self.depth(), 0);
        std::iter::from_fn(move || {
            let index = next;
            (index < 1 << depth).then(|| {
                let segment = self.segment(index);
                next += 1 << (depth - segment.local_depth());
                (index, segment)
            })
        })
    }

    fn mark_ptr(self, index: usize) -> *mut Mark {
        // SAFETY: the marks follow the 2^depth words; `index` is below that number.
        unsafe { self.0.add(1).cast::<Mark>().add((1 << self.depth()) + index) }
    }

    pub(super) fn mark(self, first: usize) -> Mark {
        // SAFETY: in bounds; only the table's owner uses marks, through `&self` or `&mut self`.
        unsafe { *self.mark_ptr(first) }
    }

    pub(super) fn set_mark(self, first: usize, mark: Mark) {
        // SAFETY: as in `mark`, and setters are called under `&mut Table` only.
        unsafe { *self.mark_ptr(first) = mark };
    }

    /// Where the run of `segment` starts, for a hash that belongs to it.
    #[inline]
    pub(super) fn first_index(depth: u32, segment: Segment, hash: u64) -> usize {
        let run = depth - segment.local_depth();
        (hash >> (64 - depth)) as usize >> run << run
    }

    /// Puts `self` at the head of a list of directories out of use.
    pub(super) fn retire(self, retired: *mut ()) -> *mut () {
        // SAFETY: live, and `older` is used by the owner alone.
        unsafe { (*self.0).older = retired.cast() };
        self.0.cast()
    }

    /// Takes a directory of that depth out of the list, to be used again.
    pub(super) fn reuse(retired: &mut *mut (), depth: u32) -> Option<Self> {
        let mut at: *mut *mut Header = ptr::from_mut(retired).cast();
        loop {
            // SAFETY: `at` is the list's head or the `older` of a live member.
            let header = unsafe { *at };
            if header.is_null() {
                return None;
            }
            // SAFETY: members of the list are live.
            let member = unsafe { &mut *header };
            if member.depth == depth {
                // SAFETY: as above; unlinks `member`.
                unsafe { *at = member.older };
                return Some(Self(header));
            }
            at = &raw mut member.older;
        }
    }

    /// # Safety
    /// The directories of the list are used nowhere, on no thread.
    pub(super) unsafe fn free_list(retired: &mut *mut ()) {
        let mut header = std::mem::replace(retired, ptr::null_mut()).cast::<Header>();
        while !header.is_null() {
            // SAFETY: members of the list are live until freed here.
            let older = unsafe { (*header).older };
            // SAFETY: unused by the caller's word.
            unsafe { Self(header).free() };
            header = older;
        }
    }

    pub(super) fn list_bytes(retired: *mut ()) -> usize {
        let mut header = retired.cast::<Header>();
        let mut bytes = 0;
        while !header.is_null() {
            bytes += Self(header).allocated_bytes();
            // SAFETY: members of the list are live.
            header = unsafe { (*header).older };
        }
        bytes
    }

    pub(super) fn allocated_bytes(self) -> usize {
        Self::layout(self.depth()).size()
    }
}
