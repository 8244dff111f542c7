//! Members of a large sorted set: one allocation each, owned by the member table and named by the tree.
//!
//! ```text
//! | score: f64 | length: varint | bytes |
//! ```
//!
//! The score lies here and not in the tree, so ZSCORE reads what the table found, and the tree holds
//! 8 bytes a member. The varint has seven bits a byte, lowest first.
#![expect(unsafe_code, reason = "owns allocations whose length is inside of them, and shares them")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::slice;

use super::super::size_class;
use super::super::table::{Pointer, prefetch_line};
use super::score::order_key;

const SCORE_BYTES: usize = 8;

/// A member and its score, owned.
pub(super) struct Member(NonNull<u8>);

// SAFETY: owns its bytes like a `Box<[u8]>`.
unsafe impl Send for Member {}
// SAFETY: a shared member gives out only reads.
unsafe impl Sync for Member {}

fn layout(total: usize) -> Layout {
    Layout::from_size_align(size_class(total), 8).expect("a member is far below isize::MAX")
}

impl Member {
    pub(super) fn new(score: f64, bytes: &[u8]) -> Self {
        let mut varint = [0; 10];
        let mut varint_len = 0;
        let mut rest = bytes.len();
        loop {
            let more = rest >= 0x80;
            varint[varint_len] = rest as u8 & 0x7F | u8::from(more) << 7;
            varint_len += 1;
            rest >>= 7;
            if !more {
                break;
            }
        }
        let layout = layout(SCORE_BYTES + varint_len + bytes.len());
        // SAFETY: a size class is never zero.
        let raw = unsafe { alloc(layout) };
        let Some(start) = NonNull::new(raw) else { handle_alloc_error(layout) };
        // The leaves of the tree keep 48 bits of the address and make a pointer of them again.
        start.as_ptr().expose_provenance();
        // SAFETY: fresh and aligned to 8, and at least 8 bytes long.
        unsafe { start.cast::<f64>().write(score) };
        // SAFETY: inside the allocation, whose size is the sum of the three parts or more.
        let at = unsafe { start.as_ptr().add(SCORE_BYTES) };
        // SAFETY: as above.
        unsafe { ptr::copy_nonoverlapping(varint.as_ptr(), at, varint_len) };
        // SAFETY: as above.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at.add(varint_len), bytes.len()) };
        Self(start)
    }

    pub(super) fn score(&self) -> f64 {
        // SAFETY: a member begins with its score, aligned to 8.
        unsafe { self.0.cast::<f64>().read() }
    }

    /// Changes the score. While the member is in a tree this would misplace it: take it out first.
    pub(super) fn set_score(&mut self, score: f64) {
        // SAFETY: a member begins with its score, and `self` is exclusive.
        unsafe { self.0.cast::<f64>().write(score) };
    }

    pub(super) fn bytes(&self) -> &[u8] {
        let (mut len, mut shift, mut at) = (0, 0, SCORE_BYTES);
        loop {
            // SAFETY: the varint lies behind the score and ends with a byte without its top bit.
            let byte = unsafe { *self.0.as_ptr().add(at) };
            at += 1;
            len |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        // SAFETY: that many bytes follow the varint, borrowed with `self`.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(at), len) }
    }

    fn total(&self) -> usize {
        let bytes = self.bytes();
        bytes.as_ptr() as usize - self.0.as_ptr() as usize + bytes.len()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_class(self.total())
    }

    /// A handle for the tree.
    ///
    /// # Safety
    /// The handle and its copies are not used after the member is dropped, nor while it is borrowed mutably,
    /// except to be compared with other handles.
    pub(super) unsafe fn share(&self) -> MemberRef {
        MemberRef(self.0)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with the layout of this length.
        unsafe { dealloc(self.0.as_ptr(), layout(self.total())) };
    }
}

// SAFETY: the pointer moves in and out as it is; the bytes are in the allocation and never change. The
// allocator gives addresses of user space, whose upper 16 bits are zero.
unsafe impl Pointer for Member {
    fn into_raw(self) -> NonNull<u8> {
        ManuallyDrop::new(self).0
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        Self(raw)
    }

    fn key(&self) -> &[u8] {
        self.bytes()
    }
}

/// A member that somebody else owns. Whoever made the handle with [`Member::share`] promised that it
/// is alive; that is why reading through it is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemberRef(NonNull<u8>);

// SAFETY: reads only, of a member that may be shared between threads.
unsafe impl Send for MemberRef {}
// SAFETY: as above.
unsafe impl Sync for MemberRef {}

impl MemberRef {
    fn with<T>(self, read: impl FnOnce(&Member) -> T) -> T {
        // SAFETY: alive by the promise to `share`. Never dropped: the owner is somebody else.
        read(&ManuallyDrop::new(Member(self.0)))
    }

    pub(super) fn score(self) -> f64 {
        self.with(Member::score)
    }

    /// The score as an integer of the same order.
    pub(super) fn key(self) -> u64 {
        order_key(self.score())
    }

    /// The bytes. The lifetime is the caller's to choose within that of the member.
    pub(super) fn bytes<'a>(self) -> &'a [u8] {
        let bytes: *const [u8] = self.with(|member| ptr::from_ref(member.bytes()));
        // SAFETY: alive by the promise to `share`, which covers what was read through the handle.
        unsafe { &*bytes }
    }

    /// Asks for the memory that the other methods read.
    pub(super) fn prefetch(self) {
        prefetch_line(self.0.as_ptr());
    }

    /// The address in 48 bits.
    pub(super) fn pack(self) -> [u8; 6] {
        let address = (self.0.as_ptr() as u64).to_le_bytes();
        debug_assert_eq!(address[6..], [0, 0]);
        [address[0], address[1], address[2], address[3], address[4], address[5]]
    }

    /// The handle that [`MemberRef::pack`] packed.
    ///
    /// # Safety
    /// `packed` comes from `pack`.
    pub(super) unsafe fn unpack(packed: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = packed;
        let address = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) as usize;
        // SAFETY: not null by the caller; the provenance was exposed when the member was made.
        Self(unsafe { NonNull::new_unchecked(ptr::with_exposed_provenance_mut(address)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_holds_score_and_bytes_of_any_length() {
        for len in [0, 1, 16, 127, 128, 300, 20_000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let mut member = Member::new(-1.5, &bytes);
            assert_eq!((member.score(), member.bytes()), (-1.5, &bytes[..]));
            member.set_score(7.0);
            assert_eq!((member.score(), member.bytes()), (7.0, &bytes[..]));
            // SAFETY: the member outlives the handle.
            let shared = unsafe { member.share() };
            // SAFETY: packed on the spot.
            let unpacked = unsafe { MemberRef::unpack(shared.pack()) };
            assert_eq!(unpacked, shared);
            assert_eq!((unpacked.score(), unpacked.bytes()), (7.0, &bytes[..]));
        }
    }

    #[test]
    fn a_member_of_16_bytes_takes_32() {
        assert_eq!(Member::new(0.0, &[b'x'; 16]).heap_bytes(), 32);
    }
}
