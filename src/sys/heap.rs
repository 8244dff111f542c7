//! The global allocator: jemalloc, set to size classes 8 bytes apart.
//!
//! With such classes a block of 24, 40 or 56 bytes is aligned to 8 only, whereas the binding takes
//! every block of 16 bytes or more for aligned to 16, as it is with jemalloc's usual classes. So a
//! request for that alignment is rounded up to a multiple of 16 here; such classes are aligned.
#![expect(unsafe_code, reason = "implements the allocator's interface")]

use std::alloc::{GlobalAlloc, Layout};

use tikv_jemallocator::Jemalloc;

/// The alignment that the binding asks jemalloc nothing for.
const ASSUMED: usize = 16;

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocator;

/// The size to ask for. Blocks are freed with the size they were asked with, so all calls agree.
#[inline]
const fn rounded(size: usize, align: usize) -> usize {
    if align == ASSUMED { size.next_multiple_of(ASSUMED) } else { size }
}

#[inline]
fn widened(layout: Layout) -> Layout {
    let (size, align) = (rounded(layout.size(), layout.align()), layout.align());
    // SAFETY: the alignment is that of a layout, and rounding a size up to its own alignment is
    // what every layout allows.
    unsafe { Layout::from_size_align_unchecked(size, align) }
}

// SAFETY: every call is passed on to jemalloc with a layout at least as large, and always the same
// one for the same block.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller; the size has not become 0.
        unsafe { Jemalloc.alloc(widened(layout)) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { Jemalloc.alloc_zeroed(widened(layout)) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `alloc` or `realloc` with the same layout, widened alike.
        unsafe { Jemalloc.dealloc(block, widened(layout)) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let new_size = rounded(new_size, layout.align());
        // SAFETY: as above; the new size was checked by the caller to be a layout's.
        unsafe { Jemalloc.realloc(block, widened(layout), new_size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash table of 8-byte pairs took 52 bytes, was given 56, and crashed in an aligned load.
    #[test]
    fn blocks_are_aligned_as_asked_whatever_their_size() {
        let mut blocks = Vec::new();
        for size in 1..=200 {
            for align in [1, 2, 4, 8, 16, 32, 64] {
                let layout = Layout::from_size_align(size, align).expect("small");
                // SAFETY: the size is not 0.
                let block = unsafe { Allocator.alloc(layout) };
                assert!(block.addr().is_multiple_of(align), "{size} bytes aligned to {align}");
                // SAFETY: just allocated with this layout; the new size is not 0.
                let block = unsafe { Allocator.realloc(block, layout, size + 8) };
                assert!(block.addr().is_multiple_of(align), "{size} + 8 bytes aligned to {align}");
                let layout = Layout::from_size_align(size + 8, align).expect("small");
                blocks.push((block, layout));
            }
        }
        for (block, layout) in blocks {
            // SAFETY: allocated above with this layout.
            unsafe { Allocator.dealloc(block, layout) };
        }
    }
}
