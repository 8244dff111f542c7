//! An entry of the keyspace: one allocation with header, expiry, key and small value.
//!
//! Two layouts. *Embedded* is for strings and integers whose key and value are short; nothing in
//! it is aligned:
//!
//! ```text
//!   0     1        4      5      6            6|14   6|14+klen
//!   +-----+--------+------+------+------------+------+-------+
//!   |flags| access | klen | vlen | deadline?  | key  | value |
//!   +-----+--------+------+------+------------+------+-------+
//! ```
//!
//! *Object* holds an [`Obj`], at an aligned offset:
//!
//! ```text
//!   0     1        4         8            32           32|40
//!   +-----+--------+---------+------------+------------+------+
//!   |flags| access | klen u32|    Obj     | deadline?  | key  |
//!   +-----+--------+---------+------------+------------+------+
//! ```
//!
//! `access` is the 24-bit LRU clock or LFU counter, `deadline` 8 bytes of Unix milliseconds (PEXPIREAT takes all 63 bits), an
//! embedded integer 1, 2, 4 or 8 little-endian bytes. 6 bytes of header and 16 of key leave a
//! 32-byte value in a 56-byte size class, and in a 64-byte one with a deadline.
//!
//! # Invariants
//! - The allocation's size follows from the header, so nothing else records it.
//! - `Obj` is initialised exactly if the `OBJECT` flag is set.
#![expect(unsafe_code, reason = "a hand-laid-out allocation")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ptr::{self, NonNull};

use super::obj::{Obj, ObjType};
use crate::protocol::parse_i64;
use crate::types::size_class;
use crate::types::table::{Pointer, Ref, RefMut, prefetch_line};

const OBJECT: u8 = 1;
const INTEGER: u8 = 2;
const DEADLINE: u8 = 4;
/// The string was changed in place; OBJECT ENCODING says `raw` then, as the peers do.
const TOUCHED: u8 = 8;

const EMBEDDED_HEADER: usize = 6;
const OBJECT_HEADER: usize = 8 + size_of::<Obj>();
const DEADLINE_BYTES: usize = 8;

/// The longest embedded allocation; longer strings become an [`Obj::Raw`].
pub const EMBEDDED_BYTES_MAX: usize = 192;

const _: () = assert!(size_of::<Obj>() <= 24 && align_of::<Obj>() == 8);

/// One key with its value.
#[repr(transparent)]
pub struct Entry(NonNull<u8>);

// SAFETY: an entry owns its allocation, and what it holds is Send.
unsafe impl Send for Entry {}

/// A value as it lies in its entry.
#[derive(Debug, Clone, Copy)]
pub enum ValueRef<'a> {
    Bytes(&'a [u8]),
    Int(i64),
    Obj(&'a Obj),
}

impl Entry {
    /// A string entry: an integer if `value` is one, embedded if short.
    pub fn string(key: &[u8], value: &[u8], deadline: Option<u64>) -> Self {
        if let Some(int) = as_integer(value) {
            return Self::int(key, int, deadline);
        }
        Self::text(key, value, deadline)
    }

    /// As [`Entry::string`], but never as an integer.
    pub fn text(key: &[u8], value: &[u8], deadline: Option<u64>) -> Self {
        if !fits_embedded(key.len(), value.len()) {
            return Self::object(key, Obj::Raw(value.to_vec()), deadline);
        }
        let mut entry = Self::embedded(key, value.len(), 0, deadline);
        entry.embedded_value_mut().copy_from_slice(value);
        entry
    }

    pub fn int(key: &[u8], value: i64, deadline: Option<u64>) -> Self {
        let width = int_width(value);
        if !fits_embedded(key.len(), width) {
            return Self::object(key, Obj::Int(value), deadline);
        }
        let mut entry = Self::embedded(key, width, INTEGER, deadline);
        entry.embedded_value_mut().copy_from_slice(&value.to_le_bytes()[..width]);
        entry
    }

    pub fn object(key: &[u8], obj: Obj, deadline: Option<u64>) -> Self {
        let flags = OBJECT | if deadline.is_some() { DEADLINE } else { 0 };
        let raw = allocate(object_size(key.len(), flags));
        // SAFETY: the allocation is at least OBJECT_HEADER + deadline + key bytes long and
        // 8-aligned, and all its bytes are written here before they are read.
        unsafe {
            raw.as_ptr().write(flags);
            ptr::write_bytes(raw.as_ptr().add(1), 0, 3);
            raw.as_ptr().add(4).cast::<u32>().write(key.len() as u32);
            raw.as_ptr().add(8).cast::<Obj>().write(obj);
            let key_at = OBJECT_HEADER + deadline_bytes(flags);
            ptr::copy_nonoverlapping(key.as_ptr(), raw.as_ptr().add(key_at), key.len());
        }
        let mut entry = Self(raw);
        if let Some(at) = deadline {
            entry.write_deadline(at);
        }
        entry
    }

    fn embedded(key: &[u8], value_len: usize, kind: u8, deadline: Option<u64>) -> Self {
        let flags = kind | if deadline.is_some() { DEADLINE } else { 0 };
        let raw = allocate(embedded_size(key.len(), value_len, flags));
        // SAFETY: the allocation has room for header, deadline, key and value. The value's bytes
        // are zeroed, so that no uninitialised byte is ever behind a reference.
        unsafe {
            raw.as_ptr().write(flags);
            ptr::write_bytes(raw.as_ptr().add(1), 0, 3);
            raw.as_ptr().add(4).write(key.len() as u8);
            raw.as_ptr().add(5).write(value_len as u8);
            let key_at = EMBEDDED_HEADER + deadline_bytes(flags);
            ptr::copy_nonoverlapping(key.as_ptr(), raw.as_ptr().add(key_at), key.len());
            ptr::write_bytes(raw.as_ptr().add(key_at + key.len()), 0, value_len);
        }
        let mut entry = Self(raw);
        if let Some(at) = deadline {
            entry.write_deadline(at);
        }
        entry
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        debug_assert!(at < 8);
        // SAFETY: every layout is longer than 6 bytes, an object's than 8.
        unsafe { *self.0.as_ptr().add(at) }
    }

    #[inline]
    fn flags(&self) -> u8 {
        self.byte(0)
    }

    fn set_flags(&mut self, flags: u8) {
        // SAFETY: the first byte of the allocation is the flags.
        unsafe { self.0.as_ptr().write(flags) }
    }

    #[inline]
    fn is_object(&self) -> bool {
        self.flags() & OBJECT != 0
    }

    #[inline]
    fn key_span(&self) -> (usize, usize) {
        if self.is_object() {
            // SAFETY: an object entry has its key's length at offset 4, aligned.
            let len = unsafe { self.0.as_ptr().add(4).cast::<u32>().read() };
            (OBJECT_HEADER + deadline_bytes(self.flags()), len as usize)
        } else {
            (EMBEDDED_HEADER + deadline_bytes(self.flags()), usize::from(self.byte(4)))
        }
    }

    #[inline]
    pub fn key_bytes(&self) -> &[u8] {
        let (at, len) = self.key_span();
        // SAFETY: the layout puts `len` initialised key bytes at `at`.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().add(at), len) }
    }

    #[inline]
    fn embedded_value(&self) -> &[u8] {
        debug_assert!(!self.is_object());
        let (at, len) = self.key_span();
        // SAFETY: an embedded entry has its value, `vlen` bytes, behind its key.
        unsafe {
            std::slice::from_raw_parts(self.0.as_ptr().add(at + len), usize::from(self.byte(5)))
        }
    }

    fn embedded_value_mut(&mut self) -> &mut [u8] {
        debug_assert!(!self.is_object());
        let (at, len) = self.key_span();
        let value_len = usize::from(self.byte(5));
        // SAFETY: as in `embedded_value`, and the entry is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr().add(at + len), value_len) }
    }

    #[inline]
    pub fn value(&self) -> ValueRef<'_> {
        if let Some(obj) = self.obj() {
            return match obj {
                Obj::Int(value) => ValueRef::Int(*value),
                Obj::Raw(bytes) => ValueRef::Bytes(bytes),
                other => ValueRef::Obj(other),
            };
        }
        let bytes = self.embedded_value();
        if self.flags() & INTEGER == 0 {
            return ValueRef::Bytes(bytes);
        }
        ValueRef::Int(match *bytes {
            [a] => i64::from(a as i8),
            [a, b] => i64::from(i16::from_le_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => unreachable!("integers are 1, 2, 4 or 8 bytes wide"),
        })
    }

    #[inline]
    pub fn obj(&self) -> Option<&Obj> {
        // SAFETY: the OBJECT flag says that an initialised `Obj` lies at offset 8, aligned.
        self.is_object().then(|| unsafe { &*self.0.as_ptr().add(8).cast::<Obj>() })
    }

    #[inline]
    pub fn obj_mut(&mut self) -> Option<&mut Obj> {
        // SAFETY: as in `obj`, and the entry is borrowed mutably.
        self.is_object().then(|| unsafe { &mut *self.0.as_ptr().add(8).cast::<Obj>() })
    }

    pub fn kind(&self) -> ObjType {
        self.obj().map_or(ObjType::String, Obj::kind)
    }

    /// Whether a string was changed in place since it was set.
    pub fn is_touched(&self) -> bool {
        self.flags() & TOUCHED != 0
    }

    pub fn set_touched(&mut self) {
        self.set_flags(self.flags() | TOUCHED);
    }

    /// When it expires, in Unix milliseconds.
    #[inline]
    pub fn deadline(&self) -> Option<u64> {
        if self.flags() & DEADLINE == 0 {
            return None;
        }
        let at = if self.is_object() { OBJECT_HEADER } else { EMBEDDED_HEADER };
        let mut bytes = [0u8; 8];
        // SAFETY: the DEADLINE flag says that 8 bytes of deadline lie at `at`.
        unsafe {
            ptr::copy_nonoverlapping(self.0.as_ptr().add(at), bytes.as_mut_ptr(), DEADLINE_BYTES);
        }
        Some(u64::from_le_bytes(bytes))
    }

    fn write_deadline(&mut self, deadline: u64) {
        debug_assert!(self.flags() & DEADLINE != 0);
        let at = if self.is_object() { OBJECT_HEADER } else { EMBEDDED_HEADER };
        let bytes = deadline.to_le_bytes();
        // SAFETY: the DEADLINE flag says that there is room for 8 bytes at `at`.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.0.as_ptr().add(at), DEADLINE_BYTES);
        }
    }

    /// Sets or clears the expiry.
    pub fn set_deadline(&mut self, deadline: Option<u64>) {
        let has = self.flags() & DEADLINE != 0;
        match deadline {
            Some(at) if has => self.write_deadline(at),
            None if !has => {}
            _ => {
                let header = if self.is_object() { OBJECT_HEADER } else { EMBEDDED_HEADER };
                let old = self.size();
                if let Some(at) = deadline {
                    self.resize(old, old + DEADLINE_BYTES);
                    // SAFETY: the allocation has just grown by the bytes that the rest moves.
                    unsafe {
                        let from = self.0.as_ptr().add(header);
                        ptr::copy(from, from.add(DEADLINE_BYTES), old - header);
                    }
                    self.set_flags(self.flags() | DEADLINE);
                    self.write_deadline(at);
                } else {
                    // SAFETY: the bytes behind the deadline move to its place, then the end of
                    // the allocation is unused.
                    unsafe {
                        let to = self.0.as_ptr().add(header);
                        ptr::copy(to.add(DEADLINE_BYTES), to, old - header - DEADLINE_BYTES);
                    }
                    self.set_flags(self.flags() & !DEADLINE);
                    self.resize(old, old - DEADLINE_BYTES);
                }
            }
        }
    }

    /// 24 bits of LRU clock or LFU state.
    #[inline]
    pub fn access(&self) -> u32 {
        u32::from_le_bytes([self.byte(1), self.byte(2), self.byte(3), 0])
    }

    pub fn set_access(&mut self, access: u32) {
        let bytes = access.to_le_bytes();
        // SAFETY: bytes 1 to 3 of every layout are the access bits.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.0.as_ptr().add(1), 3) }
    }

    /// Replaces the value by a string; the key, the expiry and the access bits stay.
    pub fn set_string(&mut self, value: &[u8]) {
        if let Some(int) = as_integer(value) {
            return self.set_int(int);
        }
        self.set_text(value);
    }

    /// As [`Entry::set_string`], but never as an integer: what APPEND and SETRANGE leave.
    pub fn set_text(&mut self, value: &[u8]) {
        if fits_embedded(self.key_span().1, value.len()) {
            return self.set_embedded(value, 0);
        }
        match self.obj_mut() {
            Some(Obj::Raw(old)) if size_class(old.capacity()) == size_class(value.len()) => {
                // What the allocator would give is what is there.
                old.clear();
                old.reserve_exact(value.len());
                old.extend_from_slice(value);
                self.set_flags(self.flags() & !TOUCHED);
            }
            _ => self.set_obj(Obj::Raw(value.to_vec())),
        }
    }

    pub fn set_int(&mut self, value: i64) {
        let width = int_width(value);
        if !fits_embedded(self.key_span().1, width) {
            return self.set_obj(Obj::Int(value));
        }
        self.set_embedded(&value.to_le_bytes()[..width], INTEGER);
    }

    fn set_embedded(&mut self, value: &[u8], kind: u8) {
        if self.is_object() {
            let mut fresh = Self::embedded(self.key_bytes(), value.len(), kind, self.deadline());
            fresh.embedded_value_mut().copy_from_slice(value);
            fresh.set_access(self.access());
            *self = fresh;
            return;
        }
        let old = self.size();
        let size = old - usize::from(self.byte(5)) + value.len();
        if size != old {
            self.resize(old, size);
            // SAFETY: byte 5 of an embedded entry is the value's length; the bytes up to it are
            // written below before anybody reads them.
            unsafe { self.0.as_ptr().add(5).write(value.len() as u8) }
        }
        let (at, len) = self.key_span();
        // SAFETY: the allocation holds `value.len()` bytes behind the key; `value` is borrowed
        // from elsewhere, since the entry is borrowed mutably.
        unsafe {
            ptr::copy_nonoverlapping(value.as_ptr(), self.0.as_ptr().add(at + len), value.len());
        }
        self.set_flags(self.flags() & !(INTEGER | TOUCHED) | kind);
    }

    /// Replaces the value by an object; the key, the expiry and the access bits stay.
    pub fn set_obj(&mut self, obj: Obj) {
        if let Some(old) = self.obj_mut() {
            *old = obj;
            self.set_flags(self.flags() & !TOUCHED);
            return;
        }
        let mut fresh = Self::object(self.key_bytes(), obj, self.deadline());
        fresh.set_access(self.access());
        *self = fresh;
    }

    /// The string's bytes in a buffer of their own, to be changed in place.
    pub fn raw_mut(&mut self) -> &mut Vec<u8> {
        if !matches!(self.obj(), Some(Obj::Raw(_))) {
            let bytes = match self.value() {
                ValueRef::Bytes(bytes) => bytes.to_vec(),
                ValueRef::Int(int) => itoa::Buffer::new().format(int).as_bytes().to_vec(),
                ValueRef::Obj(_) => unreachable!("raw_mut is called on strings"),
            };
            self.set_obj(Obj::Raw(bytes));
        }
        self.set_touched();
        match self.obj_mut() {
            Some(Obj::Raw(bytes)) => bytes,
            _ => unreachable!("it was made one above"),
        }
    }

    /// The same value and expiry under another key.
    pub fn renamed(mut self, key: &[u8]) -> Self {
        let deadline = self.deadline();
        let access = self.access();
        let touched = self.is_touched();
        let mut fresh = if let Some(obj) = self.obj_mut() {
            let obj = std::mem::replace(obj, Obj::Int(0));
            Self::object(key, obj, deadline)
        } else {
            match self.value() {
                ValueRef::Int(value) => Self::int(key, value, deadline),
                ValueRef::Bytes(bytes) if fits_embedded(key.len(), bytes.len()) => {
                    let mut fresh = Self::embedded(key, bytes.len(), 0, deadline);
                    fresh.embedded_value_mut().copy_from_slice(bytes);
                    fresh
                }
                ValueRef::Bytes(bytes) => Self::object(key, Obj::Raw(bytes.to_vec()), deadline),
                ValueRef::Obj(_) => unreachable!("embedded entries hold no object"),
            }
        };
        fresh.set_access(access);
        if touched {
            fresh.set_touched();
        }
        fresh
    }

    /// A copy under another key, with the given expiry.
    pub fn duplicate(&self, key: &[u8], deadline: Option<u64>) -> Self {
        match self.value() {
            ValueRef::Int(value) => Self::int(key, value, deadline),
            ValueRef::Bytes(bytes) if fits_embedded(key.len(), bytes.len()) => {
                let mut fresh = Self::embedded(key, bytes.len(), 0, deadline);
                fresh.embedded_value_mut().copy_from_slice(bytes);
                if self.is_touched() {
                    fresh.set_touched();
                }
                fresh
            }
            ValueRef::Bytes(bytes) => Self::object(key, Obj::Raw(bytes.to_vec()), deadline),
            ValueRef::Obj(obj) => Self::object(key, obj.clone(), deadline),
        }
    }

    /// Bytes of the allocation.
    pub fn size(&self) -> usize {
        let (_, key_len) = self.key_span();
        if self.is_object() {
            object_size(key_len, self.flags())
        } else {
            embedded_size(key_len, usize::from(self.byte(5)), self.flags())
        }
    }

    fn resize(&mut self, old: usize, new: usize) {
        // SAFETY: `old` is the size it was allocated with, `new` is not zero.
        let raw = unsafe { realloc(self.0.as_ptr(), layout(old), new) };
        self.0 = NonNull::new(raw).unwrap_or_else(|| handle_alloc_error(layout(new)));
    }
}

/// A borrowed entry whose parts live as long as the borrow of its table.
#[derive(Clone, Copy)]
pub struct KeyRef<'a>(NonNull<u8>, PhantomData<&'a Entry>);

impl<'a> KeyRef<'a> {
    fn entry(self) -> ManuallyDrop<Entry> {
        ManuallyDrop::new(Entry(self.0))
    }

    #[inline]
    pub fn value(self) -> ValueRef<'a> {
        // SAFETY: what the value borrows lies in the entry's allocation, which lives for 'a.
        unsafe { mem::transmute::<ValueRef<'_>, ValueRef<'a>>(self.entry().value()) }
    }

    pub fn key_bytes(self) -> &'a [u8] {
        // SAFETY: the key lies in the entry's allocation, which lives for 'a.
        unsafe { mem::transmute::<&[u8], &'a [u8]>(self.entry().key_bytes()) }
    }

    pub fn obj(self) -> Option<&'a Obj> {
        // SAFETY: the object lies in the entry's allocation, which lives for 'a.
        unsafe { mem::transmute::<Option<&Obj>, Option<&'a Obj>>(self.entry().obj()) }
    }

    pub fn kind(self) -> ObjType {
        self.entry().kind()
    }

    pub fn deadline(self) -> Option<u64> {
        self.entry().deadline()
    }

    pub fn access(self) -> u32 {
        self.entry().access()
    }

    pub fn is_touched(self) -> bool {
        self.entry().is_touched()
    }

    /// Marks an access through a shared reference.
    ///
    /// # Safety
    /// The caller holds the table's keyspace exclusively: nobody reads the access bits meanwhile.
    #[inline]
    pub(super) unsafe fn set_access(self, access: u32) {
        self.entry().set_access(access);
    }

    /// Bytes of the entry's allocation.
    pub fn size(self) -> usize {
        self.entry().size()
    }

    pub fn duplicate(self, key: &[u8], deadline: Option<u64>) -> Entry {
        self.entry().duplicate(key, deadline)
    }

    /// The same reference with a lifetime of the caller's choice.
    ///
    /// # Safety
    /// The caller binds it to a borrow of the table that holds the entry.
    pub(super) unsafe fn unbound<'b>(self) -> KeyRef<'b> {
        KeyRef(self.0, PhantomData)
    }
}

impl<'a> From<Ref<'a, Entry>> for KeyRef<'a> {
    fn from(guard: Ref<'a, Entry>) -> Self {
        Self(guard.0, PhantomData)
    }
}

/// The object of a mutably borrowed entry, for as long as the table is borrowed.
pub(super) fn obj_of<'a>(mut guard: RefMut<'a, Entry>) -> Option<&'a mut Obj> {
    let obj: Option<&mut Obj> = guard.obj_mut();
    // SAFETY: the object lies in the entry's allocation, which the guard's borrow of the table
    // keeps alive and exclusive for 'a; giving up the guard does not move it.
    unsafe { mem::transmute::<Option<&mut Obj>, Option<&'a mut Obj>>(obj) }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let size = self.size();
        if self.is_object() {
            // SAFETY: the OBJECT flag says that an initialised `Obj` lies there; it is not used
            // again.
            unsafe { ptr::drop_in_place(self.0.as_ptr().add(8).cast::<Obj>()) }
        }
        // SAFETY: allocated with this size and alignment, and owned.
        unsafe { dealloc(self.0.as_ptr(), layout(size)) }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({:?}, {:?})", self.key_bytes().escape_ascii(), self.kind())
    }
}

// SAFETY: `into_raw` gives up the allocation whole, `from_raw` takes it back; heap addresses have
// 48 bits on every platform that the table supports.
unsafe impl Pointer for Entry {
    fn into_raw(self) -> NonNull<u8> {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        Self(raw)
    }

    #[inline]
    fn key(&self) -> &[u8] {
        self.key_bytes()
    }

    #[inline]
    fn deadline(&self) -> Option<u64> {
        self.deadline()
    }

    /// An entry with its key and a short value is about a cache line long, and rarely starts one.
    #[inline]
    fn prefetch(raw: NonNull<u8>) {
        prefetch_line(raw.as_ptr());
        prefetch_line(raw.as_ptr().wrapping_add(48));
    }
}

fn as_integer(value: &[u8]) -> Option<i64> {
    if value.len() > 20 { None } else { parse_i64(value) }
}

fn int_width(value: i64) -> usize {
    if i8::try_from(value).is_ok() {
        1
    } else if i16::try_from(value).is_ok() {
        2
    } else if i32::try_from(value).is_ok() {
        4
    } else {
        8
    }
}

fn fits_embedded(key_len: usize, value_len: usize) -> bool {
    key_len <= usize::from(u8::MAX)
        && key_len + value_len + EMBEDDED_HEADER + DEADLINE_BYTES <= EMBEDDED_BYTES_MAX
}

fn deadline_bytes(flags: u8) -> usize {
    if flags & DEADLINE == 0 { 0 } else { DEADLINE_BYTES }
}

fn embedded_size(key_len: usize, value_len: usize, flags: u8) -> usize {
    EMBEDDED_HEADER + deadline_bytes(flags) + key_len + value_len
}

fn object_size(key_len: usize, flags: u8) -> usize {
    OBJECT_HEADER + deadline_bytes(flags) + key_len
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, align_of::<Obj>()).expect("entries are far below isize::MAX")
}

fn allocate(size: usize) -> NonNull<u8> {
    // SAFETY: `size` is at least a header, so not zero.
    let raw = unsafe { alloc(layout(size)) };
    NonNull::new(raw).unwrap_or_else(|| handle_alloc_error(layout(size)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(entry: &Entry) -> Vec<u8> {
        match entry.value() {
            ValueRef::Bytes(bytes) => bytes.to_vec(),
            ValueRef::Int(int) => int.to_string().into_bytes(),
            ValueRef::Obj(_) => panic!("a string was expected"),
        }
    }

    #[test]
    fn the_usual_entry_takes_56_bytes() {
        assert!(Entry::string(&[b'k'; 16], &[b'v'; 32], None).size() <= 56);
        assert!(Entry::string(&[b'k'; 16], &[b'v'; 32], Some(1)).size() <= 64);
        assert!(Entry::string(&[b'k'; 16], b"123456789", None).size() <= 32);
    }

    #[derive(Debug, Clone)]
    enum Op {
        Set(Vec<u8>),
        Text(Vec<u8>),
        Int(i64),
        Deadline(Option<u64>),
        Append(Vec<u8>),
        Rename(Vec<u8>),
        Access(u32),
    }

    fn op() -> impl Strategy<Value = Op> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..300);
        prop_oneof![
            bytes().prop_map(Op::Set),
            bytes().prop_map(Op::Text),
            any::<i64>().prop_map(Op::Int),
            (-200i64..200).prop_map(Op::Int),
            proptest::option::of(any::<u64>()).prop_map(Op::Deadline),
            bytes().prop_map(Op::Append),
            bytes().prop_map(Op::Rename),
            (0u32..1 << 24).prop_map(Op::Access),
        ]
    }

    proptest! {
        /// Whatever happens to an entry, it holds what a plain struct would hold.
        #[test]
        fn agrees_with_a_struct(ops in proptest::collection::vec(op(), 0..30)) {
            let (mut key, mut value) = (b"key".to_vec(), b"value".to_vec());
            let (mut deadline, mut access) = (None, 0);
            let mut entry = Entry::string(&key, &value, None);
            for op in ops {
                match op {
                    Op::Set(bytes) => { entry.set_string(&bytes); value = bytes; }
                    Op::Text(bytes) => { entry.set_text(&bytes); value = bytes; }
                    Op::Int(int) => { entry.set_int(int); value = int.to_string().into_bytes(); }
                    Op::Deadline(at) => { entry.set_deadline(at); deadline = at; }
                    Op::Append(bytes) => {
                        entry.raw_mut().extend_from_slice(&bytes);
                        value.extend_from_slice(&bytes);
                    }
                    Op::Rename(bytes) => { entry = entry.renamed(&bytes); key = bytes; }
                    Op::Access(bits) => { entry.set_access(bits); access = bits; }
                }
                prop_assert_eq!(entry.key_bytes(), &key[..]);
                prop_assert_eq!(text(&entry), value.clone());
                prop_assert_eq!(entry.deadline(), deadline);
                prop_assert_eq!(entry.access(), access);
            }
            let copy = entry.duplicate(b"other", None);
            prop_assert_eq!(text(&copy), value);
            prop_assert_eq!(copy.deadline(), None);
        }
    }
}
