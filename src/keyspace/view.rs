//! The keyspace as a running command sees it: the shards its thread holds, one database, one time.
#![expect(unsafe_code, reason = "borrows that the borrow checker cannot follow, in two lookups")]

use std::cell::Cell;
use std::time::Instant;

use super::access::Access;
use super::db::Db;
use super::entry::{Entry, KeyRef, obj_of};
use super::events::{Event, NotifyClass};
use super::key::{Key, KeyHint};
use super::obj::{Obj, ObjType, Typed, WrongType};
use super::shard_data::ShardData;
use super::store::Store;
use crate::shard::Held;
use crate::stats::CoreStats;
use crate::sys::unix_us;
use crate::types::table::RefMut;

/// A key that may now serve somebody who waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyKey {
    pub db: u16,
    pub key: Box<[u8]>,
}

/// Tables with all their entries, which the lazy-free thread frees.
#[derive(Debug)]
pub struct Flushed {
    pub tables: Box<[crate::types::table::Table<Entry>]>,
    /// Whether the statistics of lazy freeing tell of them.
    pub is_told: bool,
}

/// What a command leaves to be done after it, still under its locks or once they are released.
///
/// One per core; the vectors keep their room from command to command.
#[derive(Debug, Default)]
pub struct Effects {
    /// Keys to serve waiters from, in the order in which they became ready.
    pub ready: Vec<ReadyKey>,
    pub events: Vec<Event>,
    /// Entries that were taken out; they are freed outside of the locks.
    pub garbage: Vec<Entry>,
    pub flushed: Vec<Flushed>,
    /// What took a millisecond or more, for LATENCY to tell of: the event, and milliseconds.
    pub delays: Vec<(&'static str, u64)>,
}

impl Effects {
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
            && self.events.is_empty()
            && self.garbage.is_empty()
            && self.flushed.is_empty()
            && self.delays.is_empty()
    }
}

/// The view. Keys that are asked for must lie in shards that are held.
pub struct Keyspace<'a> {
    pub store: &'a Store,
    pub effects: &'a mut Effects,
    pub stats: &'a CoreStats,
    held: &'a mut Held,
    /// The client's database.
    pub db: u16,
    /// The time at which the command, transaction or script happens, in Unix milliseconds.
    pub now_ms: u64,
    /// Changes made by the command, as INFO's `rdb_changes_since_last_save` counts them.
    pub dirty: u64,
    /// CLIENT PAUSE or `import-mode`: an expired key is merely not there, and stays until that is over.
    pub keep_expired: bool,
    /// What has a deadline up to this is not there: the time now, or never, in Unix milliseconds.
    pub horizon_ms: u64,
    /// `import-mode`: what gets a deadline in the past keeps it, and stays.
    pub is_importing: bool,
    /// In a transaction or script: the time that all its commands are told, once one has asked.
    pub unit_us: Option<&'a mut u64>,
    /// A script calls: strings that it sets stay text, also if they are numbers, as in Valkey.
    pub is_script: bool,
    /// CLIENT NO-TOUCH: reads leave the LRU and LFU bits alone.
    pub no_touch: bool,
    /// The keys of the command, whose bytes stay where they are while the view lives, and which of
    /// them is probably asked for next.
    hints: &'a [KeyHint],
    next_hint: Cell<usize>,
}

impl<'a> Keyspace<'a> {
    pub fn new(
        store: &'a Store,
        held: &'a mut Held,
        effects: &'a mut Effects,
        stats: &'a CoreStats,
        db: u16,
        now_ms: u64,
    ) -> Self {
        Self {
            store,
            effects,
            stats,
            held,
            db,
            now_ms,
            dirty: 0,
            unit_us: None,
            is_script: false,
            keep_expired: false,
            horizon_ms: now_ms,
            is_importing: false,
            no_touch: false,
            hints: &[],
            next_hint: Cell::new(0),
        }
    }

    /// A second view of the same shards, for a nested call. Add its `dirty` to this one's after.
    pub fn nested(&mut self, db: u16) -> Keyspace<'_> {
        Keyspace {
            store: self.store,
            effects: self.effects,
            stats: self.stats,
            held: self.held,
            db,
            now_ms: self.now_ms,
            dirty: 0,
            unit_us: self.unit_us.as_deref_mut(),
            is_script: self.is_script,
            keep_expired: self.keep_expired,
            horizon_ms: self.horizon_ms,
            is_importing: self.is_importing,
            no_touch: self.no_touch,
            hints: &[],
            next_hint: Cell::new(0),
        }
    }

    /// Tells what is known of the command's keys.
    #[inline]
    pub fn expect_keys(&mut self, hints: &'a [KeyHint]) {
        self.hints = hints;
    }

    /// A key, with its hash and slot.
    #[inline]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        for at in [self.next_hint.get(), 0] {
            if let Some(key) = self.hints.get(at).and_then(|hint| hint.fits(bytes)) {
                self.next_hint.set(at + 1);
                return key;
            }
        }
        Key::new(bytes)
    }

    /// The time in Unix microseconds, which stands still in a transaction or script.
    pub fn now_us(&mut self) -> u64 {
        match &mut self.unit_us {
            None => unix_us(),
            Some(time) => {
                if **time == 0 {
                    **time = unix_us();
                }
                **time
            }
        }
    }

    /// Whether the shard of the key is held.
    pub fn holds(&self, key: &Key<'_>) -> bool {
        self.held.contains(self.store.shards.of_slot(key.slot))
    }

    pub fn shard(&self, index: usize) -> &ShardData {
        self.store.shards.data(self.held, index)
    }

    pub fn shard_mut(&mut self, index: usize) -> &mut ShardData {
        self.store.shards.data_mut(self.held, index)
    }

    pub fn shard_of_mut(&mut self, key: &Key<'_>) -> &mut ShardData {
        let index = self.store.shards.of_slot(key.slot);
        self.shard_mut(index)
    }

    /// The part of a database that lies in the key's shard.
    pub fn db_of_mut(&mut self, db: u16, key: &Key<'_>) -> &mut Db {
        self.shard_of_mut(key).db_mut(db)
    }

    fn db_of(&self, db: u16, key: &Key<'_>) -> &Db {
        self.shard(self.store.shards.of_slot(key.slot)).db(db)
    }

    /// Finds a key that has not expired; one that has is removed on the way.
    #[inline]
    fn live(&mut self, key: &Key<'_>) -> Option<KeyRef<'_>> {
        let (db, horizon_ms) = (self.db, self.horizon_ms);
        let found = KeyRef::from(self.db_of_mut(db, key).find(key)?);
        if found.deadline().is_none_or(|at| at > horizon_ms) {
            // SAFETY: rebound to the borrow of `self`, which the found entry's table is reached
            // through; the early return is what the borrow checker cannot see.
            return Some(unsafe { found.unbound() });
        }
        if !self.keep_expired {
            self.expire(db, key);
        }
        None
    }

    /// As [`Keyspace::live`], to be changed.
    #[inline]
    fn live_mut(&mut self, key: &Key<'_>) -> Option<RefMut<'_, Entry>> {
        let (db, horizon_ms) = (self.db, self.horizon_ms);
        let found = self.db_of_mut(db, key).find_mut(key)?;
        if found.deadline().is_none_or(|at| at > horizon_ms) {
            // SAFETY: rebound to the borrow of `self`, as in `live`.
            return Some(unsafe { found.unbound() });
        }
        drop(found);
        self.expire(db, key);
        None
    }

    /// Removes a key whose time has come.
    fn expire(&mut self, db: u16, key: &Key<'_>) {
        let Some(entry) = self.db_of_mut(db, key).remove(key) else { return };
        self.discard(entry, self.store.config.lazyfree_lazy_expire.get(), "expire-del");
        self.stats.expired_keys.add(1);
        self.notify_in(db, NotifyClass::EXPIRED, "expired", key.bytes);
        self.modified_in(db, key);
    }

    /// Frees what was removed: `lazily` once the locks are released, else now, and LATENCY is told
    /// of the `event` if that takes long.
    pub(super) fn discard(&mut self, entry: Entry, lazily: bool, event: &'static str) {
        if lazily {
            self.effects.garbage.push(entry);
            return;
        }
        let begin = Instant::now();
        drop(entry);
        let millis = begin.elapsed().as_millis() as u64;
        if millis > 0 {
            self.effects.delays.push((event, millis));
        }
    }

    /// Whether what gets this deadline is to go at once.
    pub fn is_past(&self, deadline: u64) -> bool {
        deadline <= self.now_ms && !self.is_importing
    }

    /// Removes a key that a command gave a deadline in the past, as if it had come meanwhile. Whether it
    /// was there.
    pub fn expire_at_once(&mut self, key: &Key<'_>) -> bool {
        let is_there = self.exists(key);
        if is_there {
            self.expire(self.db, key);
        }
        is_there
    }

    /// Looks a key up to read it: expiry, hit and miss counts, access time.
    #[inline]
    pub fn read_entry(&mut self, key: &Key<'_>) -> Option<KeyRef<'_>> {
        self.look_up(key, !self.no_touch, true)
    }

    /// As [`Keyspace::read_entry`] by commands that ask about a key, not for its value: to be asked
    /// about is no use. OBJECT, which is for looking at the server itself, tells nobody of a miss.
    pub fn inspect(&mut self, key: &Key<'_>, notify: bool) -> Option<KeyRef<'_>> {
        self.look_up(key, false, notify)
    }

    #[inline]
    fn look_up(&mut self, key: &Key<'_>, touch: bool, notify: bool) -> Option<KeyRef<'_>> {
        let (access, stats) = (self.access_now(), self.stats);
        // SAFETY: rebound to the borrow of `self`, as in `live`; the branch for a missing key is
        // what the borrow checker cannot see.
        let found = self.live(key).map(|found| unsafe { found.unbound() });
        let Some(found) = found else {
            stats.keyspace_misses.add(1);
            if notify {
                self.notify(NotifyClass::KEY_MISS, "keymiss", key);
            }
            return None;
        };
        stats.keyspace_hits.add(1);
        if touch {
            let old = found.access();
            let new = access.used(old);
            // A clean line stays clean when the second has not changed.
            if new != old {
                // SAFETY: `self` is borrowed mutably, so nobody else looks at the entry.
                unsafe { found.set_access(new) };
            }
        }
        Some(found)
    }

    /// Looks a key up without traces, but for the removal of an expired one.
    pub fn peek(&mut self, key: &Key<'_>) -> Option<KeyRef<'_>> {
        self.live(key)
    }

    /// As [`Keyspace::peek`] without changing anything: an expired key is merely not there. For
    /// commands that look at several keys at once, after [`Keyspace::expire_all`].
    pub fn glance(&self, key: &Key<'_>) -> Option<KeyRef<'_>> {
        let found = KeyRef::from(self.db_of(self.db, key).find(key)?);
        found.deadline().is_none_or(|at| at > self.horizon_ms).then_some(found)
    }

    /// Removes those of the keys that have expired, counting each as read, up to the first that holds
    /// none of the types that are asked for: that is an error, and the others are not looked at.
    pub fn expire_all<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k Key<'k>>,
        types: &[ObjType],
    ) {
        for key in keys {
            if self.read_entry(key).is_some_and(|found| !types.contains(&found.kind())) {
                break;
            }
        }
    }

    /// A value of type `T`, to be read.
    pub fn read<T: Typed>(&mut self, key: &Key<'_>) -> Result<Option<&T>, WrongType> {
        match self.read_entry(key) {
            None => Ok(None),
            Some(found) => typed(found).map(Some),
        }
    }

    /// As [`Keyspace::read`] by [`Keyspace::glance`]: several can be held at once.
    pub fn glance_at<T: Typed>(&self, key: &Key<'_>) -> Result<Option<&T>, WrongType> {
        self.glance(key).map(typed).transpose()
    }

    /// A value of type `T`, to be changed.
    pub fn write<T: Typed>(&mut self, key: &Key<'_>) -> Result<Option<&mut T>, WrongType> {
        let access = self.access_now();
        let Some(mut entry) = self.live_mut(key) else { return Ok(None) };
        touch(access, &mut entry);
        obj_of(entry).and_then(T::of_mut).ok_or(WrongType).map(Some)
    }

    /// A value of type `T`, to be changed; an empty one is made if the key is not there.
    ///
    /// A command that then leaves the value empty calls [`Keyspace::delete_if_empty`].
    pub fn write_or_create<T: Typed + Default>(
        &mut self,
        key: &Key<'_>,
    ) -> Result<&mut T, WrongType> {
        let access = self.access_now();
        // SAFETY: rebound to the borrow of `self`, as in `live_mut`; the branch that makes the
        // entry is what the borrow checker cannot see.
        let found = self.live_mut(key).map(|found| unsafe { found.unbound() });
        let mut entry = match found {
            Some(entry) => entry,
            None => {
                self.insert_entry(key, Entry::object(key.bytes, T::default().into_obj(), None));
                let db = self.db;
                self.db_of_mut(db, key).find_mut(key).expect("it was just made")
            }
        };
        touch(access, &mut entry);
        obj_of(entry).and_then(T::of_mut).ok_or(WrongType)
    }

    /// Whether the key is there.
    pub fn exists(&mut self, key: &Key<'_>) -> bool {
        self.live(key).is_some()
    }

    pub fn kind(&mut self, key: &Key<'_>) -> Option<ObjType> {
        self.live(key).map(KeyRef::kind)
    }

    /// Adds an entry whose key is known not to be there.
    pub fn insert_entry(&mut self, key: &Key<'_>, mut entry: Entry) {
        entry.set_access(self.access_now().initial());
        let kind = entry.kind();
        let db = self.db;
        let expires = self.db_of_mut(db, key).insert(key, entry);
        if let Some(at) = expires {
            self.note_expiry(key, at);
        }
        self.signal_ready(key, kind);
        self.notify(NotifyClass::NEW, "new", key);
    }

    /// Puts an object under the key, whatever was there; the expiry goes unless `keep_ttl`.
    pub fn set_obj(&mut self, key: &Key<'_>, obj: Obj, keep_ttl: bool) {
        let deadline = if keep_ttl { self.deadline(key) } else { None };
        self.put_entry(key, Entry::object(key.bytes, obj, deadline));
    }

    /// Puts an entry under its key, whatever was there.
    pub fn put_entry(&mut self, key: &Key<'_>, mut entry: Entry) {
        let db = self.db;
        if self.live(key).is_none() {
            return self.insert_entry(key, entry);
        }
        entry.set_access(self.access_now().initial());
        let kind = entry.kind();
        let part = self.db_of_mut(db, key);
        let old = part.remove(key);
        let expires = part.insert(key, entry);
        self.effects.garbage.extend(old);
        if let Some(at) = expires {
            self.note_expiry(key, at);
        }
        self.signal_ready(key, kind);
    }

    /// Changes an entry in place; `None` if the key is not there.
    pub fn change_entry<R>(
        &mut self,
        key: &Key<'_>,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        let access = self.access_now();
        let mut entry = self.live_mut(key)?;
        touch(access, &mut entry);
        Some(change(&mut entry))
    }

    /// Takes a key out. Neither counts nor notifies.
    pub fn take(&mut self, key: &Key<'_>) -> Option<Entry> {
        self.live(key)?;
        let db = self.db;
        self.db_of_mut(db, key).remove(key)
    }

    /// Deletes a key: `modified` is told, the caller notifies.
    pub fn delete(&mut self, key: &Key<'_>) -> bool {
        let Some(entry) = self.take(key) else { return false };
        self.effects.garbage.push(entry);
        self.modified(key);
        true
    }

    /// Deletes a key whose collection became empty, with its `del` event.
    pub fn delete_if_empty(&mut self, key: &Key<'_>, is_empty: bool) -> bool {
        if !is_empty || !self.delete(key) {
            return false;
        }
        self.notify(NotifyClass::GENERIC, "del", key);
        true
    }

    /// When the key expires, if it is there and does.
    pub fn deadline(&mut self, key: &Key<'_>) -> Option<u64> {
        self.live(key)?.deadline()
    }

    /// Sets or clears the expiry of a key that is there.
    pub fn set_deadline(&mut self, key: &Key<'_>, deadline: Option<u64>) {
        let db = self.db;
        self.db_of_mut(db, key).set_deadline(key, deadline);
        if let Some(at) = deadline {
            self.note_expiry(key, at);
        }
    }

    /// The key, or a part of its value, expires at `at`.
    pub(super) fn note_expiry(&self, key: &Key<'_>, at: u64) {
        self.store.note_deadline(self.store.shards.of_slot(key.slot), at);
    }

    /// The key was changed: whoever watches it is told.
    #[inline]
    pub fn modified(&mut self, key: &Key<'_>) {
        self.modified_in(self.db, key);
    }

    #[inline]
    pub(super) fn modified_in(&mut self, db: u16, key: &Key<'_>) {
        let shard = self.shard_of_mut(key);
        if !shard.watchers.is_empty() {
            let is_there = shard.db(db).find(key).is_some();
            shard.watchers.touch(db, key.bytes, is_there);
        }
    }

    /// Something of `kind` can now be had from the key.
    #[inline]
    pub fn signal_ready(&mut self, key: &Key<'_>, kind: ObjType) {
        if kind == ObjType::String || self.shard_of_mut(key).waiters.is_empty() {
            return;
        }
        let db = self.db;
        if self.shard_of_mut(key).waiters.of(db, key.bytes).is_some() {
            let ready = ReadyKey { db, key: key.bytes.into() };
            if !self.effects.ready.contains(&ready) {
                self.effects.ready.push(ready);
            }
        }
    }

    /// Reports an event of the client's database, if `notify-keyspace-events` wants its class.
    #[inline]
    pub fn notify(&mut self, class: NotifyClass, name: &'static str, key: &Key<'_>) {
        self.notify_in(self.db, class, name, key.bytes);
    }

    #[inline]
    pub fn notify_in(&mut self, db: u16, class: NotifyClass, name: &'static str, key: &[u8]) {
        let wanted = self.store.config.notify_keyspace_events.get();
        if wanted & class.0 != 0 {
            self.effects.events.push(Event { class, name, db, key: key.into() });
        }
    }

    #[inline]
    fn access_now(&self) -> Access {
        Access::at(self.now_ms, &self.store.config)
    }

    /// Seconds since a key was used, for OBJECT IDLETIME.
    pub fn idle_s(&self, found_access: u32) -> u32 {
        self.access_now().idle_s(found_access)
    }

    /// The LFU counter of a key, for OBJECT FREQ.
    pub fn frequency(&self, found_access: u32) -> u32 {
        self.access_now().frequency(found_access)
    }
}

fn typed<T: Typed>(found: KeyRef<'_>) -> Result<&T, WrongType> {
    found.obj().and_then(T::of).ok_or(WrongType)
}

#[inline]
fn touch(access: Access, entry: &mut Entry) {
    let old = entry.access();
    let new = access.used(old);
    if new != old {
        entry.set_access(new);
    }
}
