//! What lookups return: an entry seen, or borrowed to be changed, in place.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::segment::{Segment, Slot};
use super::{Pointer, Table};

/// An entry of a table, shared.
pub struct Ref<'t, P: Pointer> {
    entry: ManuallyDrop<P>,
    raw: NonNull<u8>,
    table: PhantomData<&'t P>,
}

impl<'t, P: Pointer> Ref<'t, P> {
    /// # Safety
    /// `raw` is in a slot of a table that is not written to during `'t`.
    #[inline]
    pub(super) unsafe fn new(raw: NonNull<u8>) -> Self {
        // SAFETY: by the caller. Never dropped: the slot keeps the ownership.
        let entry = ManuallyDrop::new(unsafe { P::from_raw(raw) });
        Self { entry, raw, table: PhantomData }
    }

    /// The entry's key, for as long as the table is borrowed (unlike what `Deref` gives).
    #[inline]
    pub fn key(&self) -> &'t [u8] {
        let key: *const [u8] = self.entry.key();
        // SAFETY: `Pointer` promises that the bytes are in the allocation, which outlives `'t`.
        unsafe { &*key }
    }

    /// The address of the allocation, which stays as it is for `'t`.
    #[inline]
    pub fn raw(&self) -> NonNull<u8> {
        self.raw
    }
}

impl<P: Pointer> Deref for Ref<'_, P> {
    type Target = P;

    #[inline]
    fn deref(&self) -> &P {
        &self.entry
    }
}

/// An entry of a table, to be changed. When the guard goes, the table has the entry's new address.
pub struct RefMut<'t, P: Pointer> {
    entry: ManuallyDrop<P>,
    table: &'t mut Table<P>,
    hash: u64,
    segment: Segment,
    slot: Slot,
}

impl<'t, P: Pointer> RefMut<'t, P> {
    #[inline]
    pub(super) fn new(table: &'t mut Table<P>, hash: u64, segment: Segment, slot: Slot) -> Self {
        // SAFETY: callers found the slot occupied in a live segment of this table.
        let raw = unsafe { segment.bucket(slot.bucket) }.pointer(slot.slot);
        // SAFETY: the pointer of an occupied slot; the slot is written again on drop.
        let entry = ManuallyDrop::new(unsafe { P::from_raw(raw) });
        Self { entry, table, hash, segment, slot }
    }

    /// The same guard with a lifetime of the caller's choice.
    ///
    /// # Safety
    /// The caller binds it to a borrow of the table that holds the entry.
    #[inline]
    pub unsafe fn unbound<'b>(self) -> RefMut<'b, P> {
        // SAFETY: only the lifetime changes, which the caller vouches for.
        unsafe { std::mem::transmute::<RefMut<'t, P>, RefMut<'b, P>>(self) }
    }

    /// Notes a new deadline of this entry, as [`Table::note_deadline`] does.
    pub fn note_deadline(&mut self, at: u64) {
        self.table.note_deadline(self.hash, at);
    }

    /// Takes the entry out of the table.
    pub fn remove(mut self) -> P {
        self.write_back();
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used or dropped again, so the reference is moved out once.
        let table = unsafe { std::ptr::read(&raw const this.table) };
        table.remove_at(this.hash, this.segment, this.slot)
    }

    /// Puts `entry`, of the same key, in this one's place and returns this one.
    pub fn replace(&mut self, entry: P) -> P {
        std::mem::replace(&mut *self.entry, entry)
    }

    #[inline]
    fn write_back(&mut self) {
        // SAFETY: called once, when the guard ends; `entry` is not used after.
        let raw = unsafe { ManuallyDrop::take(&mut self.entry) }.into_raw();
        // SAFETY: nothing moved in the table since the slot was found, as the guard borrows it.
        let bucket = unsafe { self.segment.bucket_mut(self.slot.bucket) };
        if bucket.pointer(self.slot.slot) != raw {
            bucket.set_pointer(self.slot.slot, raw);
        }
    }
}

impl<P: Pointer> Drop for RefMut<'_, P> {
    #[inline]
    fn drop(&mut self) {
        self.write_back();
    }
}

impl<P: Pointer> Deref for RefMut<'_, P> {
    type Target = P;

    #[inline]
    fn deref(&self) -> &P {
        &self.entry
    }
}

impl<P: Pointer> DerefMut for RefMut<'_, P> {
    #[inline]
    fn deref_mut(&mut self) -> &mut P {
        &mut self.entry
    }
}
