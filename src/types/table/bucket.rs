//! A bucket: nine 48-bit pointers, a one-byte tag for each, and one byte of overflow marks, in
//! exactly one cache line.
//!
//! ```text
//! byte  0        9      10                                                   64
//!       | tags×9 | over | pointer 0 (6 B) | pointer 1 | …       | pointer 8  |
//! ```
//!
//! Tag 0 means "vacant", so a zeroed line is an empty bucket. `over` of a home bucket has bit *i*
//! set while an entry at home here may live in spare *i* (bit 7: in spare 7 or any later one).

#![expect(
    unsafe_code,
    reason = "one 16-byte load compares all tags; pointers are packed to 48 bits"
)]

use std::ptr::NonNull;

pub(super) const SLOTS: usize = 9;
const ALL_SLOTS: u16 = (1 << SLOTS) - 1;

#[repr(C, align(64))]
pub(super) struct Bucket {
    tags: [u8; SLOTS],
    pub(super) overflow: u8,
    pointers: [[u8; 6]; SLOTS],
}

const _: () = assert!(size_of::<Bucket>() == 64);

/// A set of slots; iterating yields their indexes, lowest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SlotMask(u16);

impl SlotMask {
    pub(super) const EMPTY: Self = Self(0);

    #[inline]
    pub(super) fn first(self) -> Option<usize> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as usize)
    }

    #[inline]
    pub(super) fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    #[inline]
    pub(super) fn has(self, slot: usize) -> bool {
        self.0 >> slot & 1 != 0
    }
}

impl Iterator for SlotMask {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let slot = self.first()?;
        self.0 &= self.0 - 1;
        Some(slot)
    }
}

/// The tag of a hash: its low byte, never 0.
#[inline]
pub(super) fn tag_of(hash: u64) -> u8 {
    (hash as u8).max(1)
}

impl Bucket {
    /// The slots whose tag is `tag`.
    #[inline]
    pub(super) fn matches(&self, tag: u8) -> SlotMask {
        SlotMask(self.equal_bytes(tag) & ALL_SLOTS)
    }

    #[inline]
    pub(super) fn vacant(&self) -> SlotMask {
        self.matches(0)
    }

    #[inline]
    pub(super) fn occupied(&self) -> SlotMask {
        SlotMask(!self.equal_bytes(0) & ALL_SLOTS)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn equal_bytes(&self, byte: u8) -> u16 {
        use std::arch::x86_64::{
            __m128i, _mm_cmpeq_epi8, _mm_load_si128, _mm_movemask_epi8, _mm_set1_epi8,
        };
        // SAFETY: SSE2 is part of x86_64, and the load reads the first 16 of the 64 aligned bytes.
        unsafe {
            let line = _mm_load_si128(std::ptr::from_ref(self).cast::<__m128i>());
            _mm_movemask_epi8(_mm_cmpeq_epi8(line, _mm_set1_epi8(byte as i8))) as u16
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    fn equal_bytes(&self, byte: u8) -> u16 {
        let mut mask = 0;
        for (slot, tag) in self.tags.iter().enumerate() {
            mask |= u16::from(*tag == byte) << slot;
        }
        mask
    }

    /// The pointer in an occupied slot.
    #[inline]
    pub(super) fn pointer(&self, slot: usize) -> NonNull<u8> {
        debug_assert!(slot < SLOTS && self.tags[slot] != 0);
        // Read the 8 bytes that end with the pointer: they lie inside the bucket for every slot.
        // SAFETY: byte 8 + 6·slot to 16 + 6·slot is within 64 bytes for slot < 9.
        let word = unsafe {
            std::ptr::from_ref(self).cast::<u8>().add(8 + 6 * slot).cast::<u64>().read_unaligned()
        };
        let address = (u64::from_le(word) >> 16) as usize;
        let pointer = std::ptr::with_exposed_provenance_mut::<u8>(address);
        debug_assert!(!pointer.is_null());
        // SAFETY: an occupied slot was filled by `put` or `set_pointer` from a `NonNull`.
        unsafe { NonNull::new_unchecked(pointer) }
    }

    /// Overwrites the pointer of a slot, keeping its tag.
    #[inline]
    pub(super) fn set_pointer(&mut self, slot: usize, pointer: NonNull<u8>) {
        let address = pointer.as_ptr().expose_provenance() as u64;
        assert!(address >> 48 == 0, "a table holds pointers of 48 bits");
        let [a, b, c, d, e, f, ..] = address.to_le_bytes();
        self.pointers[slot] = [a, b, c, d, e, f];
    }

    #[inline]
    pub(super) fn put(&mut self, slot: usize, tag: u8, pointer: NonNull<u8>) {
        debug_assert!(tag != 0 && self.tags[slot] == 0);
        self.set_pointer(slot, pointer);
        self.tags[slot] = tag;
    }

    #[inline]
    pub(super) fn take(&mut self, slot: usize) -> NonNull<u8> {
        let pointer = self.pointer(slot);
        self.tags[slot] = 0;
        pointer
    }
}

/// Asks for the cache line at `address`; never faults, whatever the address.
#[inline]
pub fn prefetch_line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch is a hint and does not access memory architecturally.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast::<i8>()) };
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: a prefetch is a hint and does not access memory architecturally.
        unsafe {
            std::arch::asm!(
                "prfm pldl1keep, [{0}]",
                in(reg) address,
                options(nostack, preserves_flags, readonly)
            );
        }
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}
