//! `Thin`: an owned byte buffer behind one 8-byte word.
//!
//! A packed value (listpack, intset) begins with a header that says how long it is, so a stored length
//! would say it twice, and the capacity follows from the length by [`size_class`]. What remains is the
//! pointer: that is why an object header can embed these types at the price of a word.
//!
//! A buffer may have a *gap* before its first byte, whose length lies in the pointer's upper 16 bits.
//! With it a queue grows and shrinks at its head without moving what lies behind:
//!
//! ```text
//! allocation: │ gap │ header … total bytes │ slack up to the size class │
//! ```
//!
//! Knows nothing of what the bytes mean, beyond [`Format::total`].
//!
//! # Invariants
//! - The first `Format::HEADER` bytes are always present and `Format::total` of them is the number of
//!   initialised bytes. They change only through [`Thin::resize`], `grow_front` and `shrink_front`.
//! - The allocation is `size_class(gap + total)` bytes, aligned to 8, and the gap is initialised too.
#![expect(unsafe_code, reason = "owns a raw allocation whose length lies inside of it")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error, realloc};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
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
    /// The address of the first byte; the gap in bits 48 to 63.
    word: NonNull<u8>,
    format: PhantomData<F>,
}

// SAFETY: `Thin` owns its bytes exclusively, like a `Vec<u8>`; the pointer is never shared.
unsafe impl<F: Format> Send for Thin<F> {}
// SAFETY: a shared `Thin` gives out only `&[u8]`.
unsafe impl<F: Format> Sync for Thin<F> {}

const GAP_SHIFT: u32 = 48;
const ADDRESS_MASK: usize = (1 << GAP_SHIFT) - 1;
const GAP_MAX: usize = u16::MAX as usize;

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(size_class(bytes), 8).expect("a packed value is far below isize::MAX")
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
        Self::at(start, 0)
    }

    /// A buffer whose allocation begins at `base` and whose bytes begin `gap` later.
    fn at(base: NonNull<u8>, gap: usize) -> Self {
        assert!(base.addr().get() & !ADDRESS_MASK == 0, "heap addresses have 48 bits");
        debug_assert!(gap <= GAP_MAX);
        let word = base.as_ptr().map_addr(|base| (base + gap) | gap << GAP_SHIFT);
        Self { word: NonNull::new(word).expect("the address is not zero"), format: PhantomData }
    }

    #[inline]
    fn start(&self) -> *mut u8 {
        self.word.as_ptr().map_addr(|word| word & ADDRESS_MASK)
    }

    #[inline]
    fn gap(&self) -> usize {
        self.word.addr().get() >> GAP_SHIFT
    }

    fn base(&self) -> *mut u8 {
        let gap = self.gap();
        self.start().map_addr(|start| start - gap)
    }

    #[inline]
    fn total(&self) -> usize {
        // SAFETY: the header is always initialised (first invariant).
        F::total(unsafe { slice::from_raw_parts(self.start(), F::HEADER) })
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `total` bytes are initialised (first invariant), and borrowed with `self`.
        unsafe { slice::from_raw_parts(self.start(), self.total()) }
    }

    /// The address of the first byte, to be fetched into the cache.
    #[inline]
    pub(crate) fn address(&self) -> *const u8 {
        self.start()
    }

    /// The bytes after the header; the header itself changes by [`Thin::resize`] alone.
    pub(crate) fn body_mut(&mut self) -> &mut [u8] {
        let len = self.total() - F::HEADER;
        // SAFETY: inside the initialised `total` bytes, borrowed mutably with `self`.
        unsafe { slice::from_raw_parts_mut(self.start().add(F::HEADER), len) }
    }

    /// Takes the length that the new `header` announces: cuts the end, or adds zeroes to it.
    pub(crate) fn resize(&mut self, header: &[u8]) {
        assert_eq!(header.len(), F::HEADER, "a header of this format");
        let (old, new) = (self.total(), F::total(header));
        assert!(new >= F::HEADER, "the header is part of the length");
        let gap = self.gap();
        let taken_anew = size_class(gap + new) > size_class(gap + old) && gap > new / 2;
        if taken_anew || gap > new {
            self.close_gap();
        }
        self.reallocate(old, new);
        if new > old {
            // SAFETY: `old..new` lies in the allocation of `size_class(gap + new)` bytes.
            unsafe { ptr::write_bytes(self.start().add(old), 0, new - old) };
        }
        // SAFETY: the header lies in the allocation; from here on `total` is `new`, all initialised.
        unsafe { ptr::copy_nonoverlapping(header.as_ptr(), self.start(), F::HEADER) };
    }

    /// Makes the allocation that of `new` bytes after the gap; it was that of `old`.
    fn reallocate(&mut self, old: usize, new: usize) {
        let gap = self.gap();
        let (old_layout, new_layout) = (layout(gap + old), layout(gap + new));
        if old_layout.size() != new_layout.size() {
            // SAFETY: allocated with `old_layout` (second invariant); the new size is not zero.
            let raw = unsafe { realloc(self.base(), old_layout, new_layout.size()) };
            let Some(base) = NonNull::new(raw) else { handle_alloc_error(new_layout) };
            self.word = Self::word_of(base, gap);
        }
    }

    fn word_of(base: NonNull<u8>, gap: usize) -> NonNull<u8> {
        ManuallyDrop::new(Self::at(base, gap)).word
    }

    /// Inserts bytes of undefined content behind the first `prefix`, by moving these and not what
    /// lies behind them. `header` announces the new length.
    pub(crate) fn grow_front(&mut self, prefix: usize, header: &[u8]) {
        let (old, new) = (self.total(), F::total(header));
        assert!(F::HEADER <= prefix && prefix <= old && old <= new, "grows behind its prefix");
        let added = new - old;
        if self.gap() < added {
            self.open_gap(added);
        }
        let (start, gap) = (self.start(), self.gap() - added);
        // SAFETY: the gap is `added` or longer, so the destination lies in the allocation.
        unsafe { ptr::copy(start, start.sub(added), prefix) };
        // SAFETY: as above; the header is the first part of what was moved.
        unsafe { ptr::copy_nonoverlapping(header.as_ptr(), start.sub(added), F::HEADER) };
        let base = NonNull::new(self.base()).expect("an allocation is not at zero");
        self.word = Self::word_of(base, gap);
    }

    /// Removes the bytes behind the first `prefix` that the shorter length of `header` lets go, by
    /// moving the prefix and not what lies behind.
    pub(crate) fn shrink_front(&mut self, prefix: usize, header: &[u8]) {
        let (old, new) = (self.total(), F::total(header));
        assert!(F::HEADER <= prefix && prefix <= new && new <= old, "shrinks behind its prefix");
        let gone = old - new;
        if self.gap() + gone > GAP_MAX {
            self.close_gap();
        }
        let (start, gap) = (self.start(), self.gap() + gone);
        assert!(gap <= GAP_MAX, "the caller takes the other way for large cuts");
        // SAFETY: `prefix <= new`, so the destination ends inside of the `old` bytes.
        unsafe { ptr::copy(start, start.add(gone), prefix) };
        // SAFETY: as above; the header is the first part of what was moved.
        unsafe { ptr::copy_nonoverlapping(header.as_ptr(), start.add(gone), F::HEADER) };
        let base = NonNull::new(self.base()).expect("an allocation is not at zero");
        self.word = Self::word_of(base, gap);
        if gap > new {
            self.close_gap();
        }
    }

    /// Whether `shrink_front` can let go of so many bytes.
    pub(crate) fn can_shrink_front(&self, gone: usize) -> bool {
        gone <= GAP_MAX
    }

    /// Makes a gap for `added` bytes and some more to come, all that the size class gives.
    fn open_gap(&mut self, added: usize) {
        let (old_gap, total) = (self.gap(), self.total());
        let room = size_class(added + total + (total / 8).min(GAP_MAX / 2));
        let gap = (room - total).min(GAP_MAX);
        assert!(gap >= added, "the caller takes the other way for large insertions");
        let new_layout = layout(gap + total);
        // SAFETY: a size class is never zero.
        let raw = unsafe { alloc_zeroed(new_layout) };
        let Some(base) = NonNull::new(raw) else { handle_alloc_error(new_layout) };
        // SAFETY: the fresh allocation has room for the gap and the bytes behind it.
        unsafe { ptr::copy_nonoverlapping(self.start(), base.as_ptr().add(gap), total) };
        // SAFETY: allocated with this layout (second invariant), and replaced below.
        unsafe { dealloc(self.base(), layout(old_gap + total)) };
        self.word = Self::word_of(base, gap);
    }

    /// Whether `grow_front` can add so many bytes.
    pub(crate) fn can_grow_front(&self, added: usize) -> bool {
        added <= GAP_MAX / 2
    }

    /// Moves the bytes to the start of the allocation and gives back what is left over.
    pub(crate) fn close_gap(&mut self) {
        let (gap, total) = (self.gap(), self.total());
        if gap == 0 {
            return;
        }
        // SAFETY: both ranges lie in the allocation of `size_class(gap + total)` bytes.
        unsafe { ptr::copy(self.start(), self.base(), total) };
        let old_layout = layout(gap + total);
        let mut base = self.base();
        if old_layout.size() != layout(total).size() {
            // SAFETY: allocated with `old_layout` (second invariant); the new size is not zero.
            base = unsafe { realloc(base, old_layout, layout(total).size()) };
        }
        let Some(base) = NonNull::new(base) else { handle_alloc_error(layout(total)) };
        self.word = Self::word_of(base, 0);
    }

    /// Bytes taken from the allocator.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_class(self.gap() + self.total())
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
        unsafe { dealloc(self.base(), layout(self.gap() + self.total())) };
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

    /// Two bytes of length, then the rest.
    struct Long;

    impl Format for Long {
        const HEADER: usize = 2;
        fn total(header: &[u8]) -> usize {
            usize::from(u16::from_le_bytes([header[0], header[1]]))
        }
    }

    #[test]
    fn a_buffer_that_changes_at_its_head_holds_what_a_deque_would_hold() {
        use rand::{Rng, SeedableRng};
        let seed = rand::rng().random();
        eprintln!("seed {seed}");
        let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
        let mut thin = Thin::<Long>::new(&[2, 0]);
        let mut model = std::collections::VecDeque::<u8>::new();
        for step in 0..if cfg!(miri) { 200u32 } else { 20_000 } {
            let grows = rng.random_bool(if step / 2000 % 2 == 0 { 0.7 } else { 0.3 });
            let n = if grows {
                rng.random_range(0..40)
            } else {
                model.len().min(rng.random_range(0..40))
            };
            let new = 2 + if grows { model.len() + n } else { model.len() - n };
            let header = (new as u16).to_le_bytes();
            let fill = step as u8;
            match (grows, rng.random_bool(0.5)) {
                (true, true) => {
                    thin.grow_front(2, &header);
                    thin.body_mut()[..n].fill(fill);
                    (0..n).for_each(|_| model.push_front(fill));
                }
                (true, false) => {
                    thin.resize(&header);
                    assert!(thin.as_slice()[new - n..].iter().all(|&byte| byte == 0));
                    thin.body_mut()[new - 2 - n..].fill(fill);
                    (0..n).for_each(|_| model.push_back(fill));
                }
                (false, true) => {
                    thin.shrink_front(2, &header);
                    model.drain(..n);
                }
                (false, false) => {
                    thin.resize(&header);
                    model.truncate(model.len() - n);
                }
            }
            assert!(thin.as_slice()[2..].iter().eq(model.iter()), "step {step}");
            assert!(thin.heap_bytes() <= 2 * size_class(new) + 256, "step {step}");
        }
        thin.close_gap();
        assert_eq!(thin.heap_bytes(), size_class(model.len() + 2));
        assert!(thin.as_slice()[2..].iter().eq(model.iter()));
    }

    #[test]
    fn a_gap_does_not_outlive_the_bytes_behind_it() {
        let mut thin = Thin::<Long>::new(&[2, 0]);
        thin.grow_front(2, &8000u16.to_le_bytes());
        thin.shrink_front(2, &4100u16.to_le_bytes());
        assert!(thin.gap() > 3000, "the head left a gap");
        for total in (2..4100u16).rev() {
            thin.resize(&total.to_le_bytes());
            assert!(thin.heap_bytes() <= size_class(2 * usize::from(total)), "{total} bytes");
        }
    }

    #[test]
    fn pushing_at_the_head_seldom_moves_the_rest() {
        let mut thin = Thin::<Long>::new(&[2, 0]);
        let mut moves = 0;
        for len in 1..=8000u16 {
            moves += usize::from(thin.gap() == 0);
            thin.grow_front(2, &(2 + len).to_le_bytes());
        }
        assert!(moves < 120, "{moves} of 8000 pushes copied the buffer");
    }

    #[test]
    #[should_panic(expected = "header and length")]
    fn a_header_that_lies_is_refused() {
        Thin::<Short>::new(&[4, 0]);
    }
}
