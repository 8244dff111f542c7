//! Blobs: the elements of big sets and hashes, each a single allocation behind a thin pointer.
//!
//! ```text
//! Member   | length: varint | bytes |
//! Field    | 2 × name length + flag: varint | value length: varint | deadline: 8 B | name | value |
//! ```
//!
//! The deadline (unix ms, little-endian) is there only if the flag is set. Varints have seven bits
//! a byte, lowest first. Nothing else is stored: the allocation's size follows from the head.

#![expect(unsafe_code, reason = "owns allocations whose length is inside of them")]

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::slice;

use super::table::{Pointer, Ref};

/// Six would do for nine thousand years, but HPEXPIREAT takes any time and answers it again.
const DEADLINE_BYTES: usize = 8;

fn push_varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint_len(value: usize) -> usize {
    ((usize::BITS - (value | 1).leading_zeros()) as usize).div_ceil(7)
}

/// The varint at `at` and the offset behind it.
///
/// # Safety
/// A whole varint is at `start + at`.
#[inline]
unsafe fn varint(start: NonNull<u8>, mut at: usize) -> (usize, usize) {
    let (mut value, mut shift) = (0, 0);
    loop {
        // SAFETY: the varint does not end before a byte without its top bit.
        let byte = unsafe { *start.as_ptr().add(at) };
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return (value, at);
        }
        shift += 7;
    }
}

fn leak(bytes: Vec<u8>) -> NonNull<u8> {
    debug_assert_eq!(bytes.len(), bytes.capacity(), "sized exactly, so that nothing is copied");
    let start = NonNull::from(Box::leak(bytes.into_boxed_slice())).cast::<u8>();
    start.as_ptr().expose_provenance();
    start
}

/// # Safety
/// `start` comes from `leak` of `len` bytes and is not used any more.
unsafe fn free(start: NonNull<u8>, len: usize) {
    // SAFETY: by the caller, this is the box that was leaked.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start.as_ptr(), len)) });
}

/// A member of a set.
pub struct Member(NonNull<u8>);

// SAFETY: owns its bytes like a `Box<[u8]>`.
unsafe impl Send for Member {}
// SAFETY: a shared member gives out only `&[u8]`.
unsafe impl Sync for Member {}

impl Member {
    pub fn new(bytes: &[u8]) -> Self {
        let mut blob = Vec::with_capacity(varint_len(bytes.len()) + bytes.len());
        push_varint(&mut blob, bytes.len());
        blob.extend_from_slice(bytes);
        Self(leak(blob))
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a member begins with a varint.
        let (len, at) = unsafe { varint(self.0, 0) };
        // SAFETY: `len` bytes follow it, borrowed with `self`.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(at), len) }
    }

    /// Bytes of the allocation.
    pub fn heap_bytes(&self) -> usize {
        let len = self.bytes().len();
        varint_len(len) + len
    }
}

impl Clone for Member {
    fn clone(&self) -> Self {
        Self::new(self.bytes())
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({})", self.bytes().escape_ascii())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // SAFETY: `new` leaked exactly this many bytes.
        unsafe { free(self.0, self.heap_bytes()) };
    }
}

// SAFETY: the pointer moves in and out as it is; the bytes are in the allocation and never change.
unsafe impl Pointer for Member {
    fn into_raw(self) -> NonNull<u8> {
        ManuallyDrop::new(self).0
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        Self(raw)
    }

    #[inline]
    fn key(&self) -> &[u8] {
        self.bytes()
    }
}

/// A field of a hash with its value, and its deadline if it has one.
pub struct Field(NonNull<u8>);

// SAFETY: owns its bytes like a `Box<[u8]>`.
unsafe impl Send for Field {}
// SAFETY: a shared field gives out only `&[u8]`.
unsafe impl Sync for Field {}

/// What a field's first bytes say.
struct FieldHead {
    has_deadline: bool,
    /// Where the deadline begins if there is one, else the name.
    at: usize,
    name_len: usize,
    value_len: usize,
}

impl FieldHead {
    #[inline]
    fn name_at(&self) -> usize {
        self.at + if self.has_deadline { DEADLINE_BYTES } else { 0 }
    }

    #[inline]
    fn total(&self) -> usize {
        self.name_at() + self.name_len + self.value_len
    }
}

impl Field {
    pub fn new(name: &[u8], value: &[u8], deadline: Option<u64>) -> Self {
        let first = name.len() << 1 | usize::from(deadline.is_some());
        let head = varint_len(first) + varint_len(value.len());
        let stamp = if deadline.is_some() { DEADLINE_BYTES } else { 0 };
        let mut blob = Vec::with_capacity(head + stamp + name.len() + value.len());
        push_varint(&mut blob, first);
        push_varint(&mut blob, value.len());
        if let Some(at) = deadline {
            blob.extend_from_slice(&at.to_le_bytes());
        }
        blob.extend_from_slice(name);
        blob.extend_from_slice(value);
        Self(leak(blob))
    }

    #[inline]
    fn head(&self) -> FieldHead {
        // SAFETY: a field begins with two varints.
        let (first, at) = unsafe { varint(self.0, 0) };
        // SAFETY: as above.
        let (value_len, at) = unsafe { varint(self.0, at) };
        FieldHead { has_deadline: first & 1 != 0, at, name_len: first >> 1, value_len }
    }

    #[inline]
    fn range(&self, at: usize, len: usize) -> &[u8] {
        // SAFETY: callers take both from the head, so they lie in the blob; borrowed with `self`.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(at), len) }
    }

    #[inline]
    pub fn name(&self) -> &[u8] {
        let head = self.head();
        self.range(head.name_at(), head.name_len)
    }

    #[inline]
    pub fn value(&self) -> &[u8] {
        let head = self.head();
        self.range(head.name_at() + head.name_len, head.value_len)
    }

    #[inline]
    pub fn deadline(&self) -> Option<u64> {
        let head = self.head();
        head.has_deadline.then(|| {
            let bytes = self.range(head.at, DEADLINE_BYTES);
            u64::from_le_bytes(bytes.try_into().expect("eight bytes were asked for"))
        })
    }

    /// Changes value and deadline, in place if the layout stays the same.
    pub fn set(&mut self, value: &[u8], deadline: Option<u64>) {
        let head = self.head();
        if head.value_len != value.len() || head.has_deadline != deadline.is_some() {
            *self = Self::new(self.name(), value, deadline);
            return;
        }
        // SAFETY: the blob owns these bytes and is borrowed mutably. The head stays as it is.
        let blob = unsafe { slice::from_raw_parts_mut(self.0.as_ptr(), head.total()) };
        if let Some(at) = deadline {
            blob[head.at..head.at + DEADLINE_BYTES].copy_from_slice(&at.to_le_bytes());
        }
        blob[head.name_at() + head.name_len..].copy_from_slice(value);
    }

    pub fn set_deadline(&mut self, deadline: Option<u64>) {
        let value = self.value().to_vec();
        self.set(&value, deadline);
    }

    /// Bytes of the allocation.
    pub fn heap_bytes(&self) -> usize {
        self.head().total()
    }
}

impl<'t> Ref<'t, Field> {
    /// Name and value, for as long as the table is borrowed (unlike what `Deref` gives).
    #[inline]
    pub fn pair(&self) -> (&'t [u8], &'t [u8]) {
        let value: *const [u8] = self.value();
        // SAFETY: in the allocation, which a table that is borrowed for `'t` does not change.
        (self.key(), unsafe { &*value })
    }
}

impl Clone for Field {
    fn clone(&self) -> Self {
        Self::new(self.name(), self.value(), self.deadline())
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = (self.name().escape_ascii(), self.value().escape_ascii());
        write!(f, "Field({name}: {value}, {:?})", self.deadline())
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        // SAFETY: `new` leaked exactly this many bytes.
        unsafe { free(self.0, self.heap_bytes()) };
    }
}

// SAFETY: the pointer moves in and out as it is; the name is in the allocation and never changes.
unsafe impl Pointer for Field {
    fn into_raw(self) -> NonNull<u8> {
        ManuallyDrop::new(self).0
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        Self(raw)
    }

    #[inline]
    fn key(&self) -> &[u8] {
        self.name()
    }

    fn deadline(&self) -> Option<u64> {
        self.deadline()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_blobs_cost_their_bytes_and_little_more() {
        assert_eq!(size_of::<Option<Field>>(), 8);
        assert_eq!(Member::new(&[b'x'; 16]).heap_bytes(), 17);
        assert_eq!(Field::new(&[b'x'; 15], &[b'y'; 8], None).heap_bytes(), 25);
        assert_eq!(Field::new(&[b'x'; 15], &[b'y'; 8], Some(1)).heap_bytes(), 33);
    }

    proptest! {
        #[test]
        fn a_field_holds_what_it_was_given(
            name in vec(any::<u8>(), 0..300),
            values in vec((vec(any::<u8>(), 0..300), proptest::option::of(any::<u64>())), 1..5),
        ) {
            let mut field = Field::new(&name, b"first", None);
            for (value, deadline) in &values {
                field.set(value, *deadline);
                prop_assert_eq!(field.name(), &name[..]);
                prop_assert_eq!(field.value(), &value[..]);
                prop_assert_eq!(field.deadline(), *deadline);
                let copy = field.clone();
                field.set_deadline(Some(u64::MAX));
                prop_assert_eq!(field.deadline(), Some(u64::MAX));
                prop_assert_eq!(copy.deadline(), *deadline);
                prop_assert_eq!(field.value(), &value[..]);
            }
            let member = Member::new(&name);
            let copy = member.clone();
            prop_assert_eq!(copy.bytes(), &name[..]);
        }
    }
}
