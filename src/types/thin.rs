//! `Thin`: an owned byte buffer behind one 8-byte pointer.
//!
//! A packed value (listpack, intset) begins with a header that says how long it is, so a stored length
//! would say it twice, and the capacity follows from the length by [`size_class`]. What remains is the
//! pointer: that is why an object header can embed these types at the price of a word.
//!
//! Knows nothing of what the bytes mean, beyond [`Format::total`].
//!
//! # Invariants
//! - The first `Format::HEADER` bytes are always present and `Format::total` of them is the number of
//!   initialised bytes. They change only through [`Thin::resize`].
//! - The allocation is `size_class(total)` bytes, aligned to 8.
#![expect(unsafe_code, reason = "owns a raw allocation whose length lies inside of it")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;

/// Where a packed format keeps its length.
pub(crate) trait Format {
    /// Leading bytes from which [`Format::total`] reads.
    const HEADER: usize;

    /// The whole length in bytes, header included, that `header` (`HEADER` bytes) announces.
    /// A pure function: the buffer is freed with what it returns.
    fn total(header: &[u8]) -> usize;
}

/// The size the allocator really uses for `len` bytes: steps of 16 to 128, then four per doubling, as
/// jemalloc's classes are. Rounding here costs nothing that the allocator would not take anyway.
pub const fn size_class(len: usize) -> usize {
    match len {
        0..=8 => 8,
        9..=128 => (len + 15) & !15,
        _ => {
            let step = 1 << ((usize::BITS - 1 - (len - 1).leading_zeros()) - 2);
            (len + step - 1) & !(step - 1)
        }
    }
}

pub(crate) struct Thin<F: Format> {
    start: NonNull<u8>,
    format: PhantomData<F>,
}

// SAFETY: `Thin` owns its bytes exclusively, like a `Vec<u8>`; the pointer is never shared.
unsafe impl<F: Format> Send for Thin<F> {}
// SAFETY: a shared `Thin` gives out only `&[u8]`.
unsafe impl<F: Format> Sync for Thin<F> {}

fn layout(total: usize) -> Layout {
    Layout::from_size_align(size_class(total), 8).expect("a packed value is far below isize::MAX")
}

impl<F: Format> Thin<F> {
    /// Copies `bytes`, whose header must announce exactly their length.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        assert!(bytes.len() >= F::HEADER && F::total(bytes) == bytes.len(), "header and length");
        let layout = layout(bytes.len());
        // SAFETY: a size class is never zero.
        let raw = unsafe { alloc(layout) };
        let Some(start) = NonNull::new(raw) else { handle_alloc_error(layout) };
        // SAFETY: `start` is fresh, and `size_class` is at least the length copied.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start.as_ptr(), bytes.len()) };
        Self { start, format: PhantomData }
    }

    fn total(&self) -> usize {
        // SAFETY: the header is always initialised (first invariant).
        F::total(unsafe { slice::from_raw_parts(self.start.as_ptr(), F::HEADER) })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `total` bytes are initialised (first invariant), and borrowed with `self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.total()) }
    }

    /// The bytes after the header; the header itself changes by [`Thin::resize`] alone.
    pub(crate) fn body_mut(&mut self) -> &mut [u8] {
        let len = self.total() - F::HEADER;
        // SAFETY: inside the initialised `total` bytes, borrowed mutably with `self`.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr().add(F::HEADER), len) }
    }

    /// Takes the length that the new `header` announces: cuts the end, or adds zeroes to it.
    pub(crate) fn resize(&mut self, header: &[u8]) {
        assert_eq!(header.len(), F::HEADER, "a header of this format");
        let (old, new) = (self.total(), F::total(header));
        assert!(new >= F::HEADER, "the header is part of the length");
        let (old_layout, new_layout) = (layout(old), layout(new));
        if old_layout.size() != new_layout.size() {
            // SAFETY: allocated with `old_layout` (second invariant); the new size is not zero.
            let raw = unsafe { realloc(self.start.as_ptr(), old_layout, new_layout.size()) };
            let Some(start) = NonNull::new(raw) else { handle_alloc_error(new_layout) };
            self.start = start;
        }
        if new > old {
            // SAFETY: `old..new` lies in the allocation of `size_class(new)` bytes.
            unsafe { ptr::write_bytes(self.start.as_ptr().add(old), 0, new - old) };
        }
        // SAFETY: the header lies in the allocation; from here on `total` is `new`, all initialised.
        unsafe { ptr::copy_nonoverlapping(header.as_ptr(), self.start.as_ptr(), F::HEADER) };
    }

    /// Bytes taken from the allocator.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_class(self.total())
    }
}

impl<F: Format> Clone for Thin<F> {
    fn clone(&self) -> Self {
        Self::new(self.as_slice())
    }
}

impl<F: Format> Drop for Thin<F> {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout (second invariant), and never used again.
        unsafe { dealloc(self.start.as_ptr(), layout(self.total())) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A one-byte length, then the rest.
    struct Short;

    impl Format for Short {
        const HEADER: usize = 1;
        fn total(header: &[u8]) -> usize {
            usize::from(header[0])
        }
    }

    #[test]
    fn size_classes_are_those_of_the_allocator() {
        for (len, class) in [
            (1, 8),
            (8, 8),
            (9, 16),
            (16, 16),
            (17, 32),
            (128, 128),
            (129, 160),
            (160, 160),
            (161, 192),
            (256, 256),
            (257, 320),
            (8192, 8192),
            (8193, 10240),
            (65537, 81920),
        ] {
            assert_eq!(size_class(len), class, "{len}");
        }
    }

    #[test]
    fn a_buffer_is_one_word_and_so_is_an_optional_one() {
        assert_eq!(size_of::<Thin<Short>>(), 8);
        assert_eq!(size_of::<Option<Thin<Short>>>(), 8);
    }

    #[test]
    fn growing_and_shrinking_across_size_classes_keeps_the_bytes() {
        let mut thin = Thin::<Short>::new(&[3, 7, 9]);
        for len in [5u8, 40, 200, 255, 90, 17, 3, 1, 8] {
            let before = thin.as_slice().to_vec();
            thin.resize(&[len]);
            assert_eq!(thin.as_slice().len(), usize::from(len));
            let kept = before.len().min(usize::from(len));
            assert_eq!(thin.as_slice()[1..kept], before[1..kept]);
            assert!(thin.as_slice()[kept..].iter().all(|&byte| byte == 0));
            thin.body_mut().fill(len);
        }
        assert_eq!(thin.clone().as_slice(), thin.as_slice());
    }

    #[test]
    #[should_panic(expected = "header and length")]
    fn a_header_that_lies_is_refused() {
        Thin::<Short>::new(&[4, 0]);
    }
}
