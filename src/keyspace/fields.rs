//! Active expiry of hash fields.
//!
//! Each database part keeps an index of the hashes with fields that expire: their keys, each with
//! a time before which no field of the hash does. It is a hint. What gives a field a deadline, or
//! brings such a hash in, notes it; an entry that turns out wrong is put right when it is due.

use super::db::Db;
use super::entry::{Entry, obj_of};
use super::events::NotifyClass;
use super::key::Key;
use super::obj::{Obj, Typed};
use super::view::Keyspace;
use crate::types::blob::Field;
use crate::types::hash::Hash;
use crate::types::table::{Table, hash_bytes};

/// Hashes that one step looks at, and fields of one of them.
const STEP_HASHES: usize = 20;
const STEP_FIELDS: usize = 400;

/// The index: keys as fields without a value.
#[derive(Default)]
pub(super) struct FieldDeadlines(Table<Field>);

impl FieldDeadlines {
    /// No field of the hash at `key` expires before `at`, or before what was noted earlier.
    fn note(&mut self, key: &Key<'_>, at: u64) {
        if let Some(mut noted) = self.0.find_mut(key.hash, key.bytes) {
            if noted.deadline().is_none_or(|before| at < before) {
                noted.set_deadline(Some(at));
                noted.note_deadline(at);
            }
            return;
        }
        self.0.insert_unique(key.hash, Field::new(key.bytes, b"", Some(at)));
    }

    /// An entry came in. Answers a time before which no field of it expires.
    #[inline]
    pub(super) fn entered(&mut self, key: &Key<'_>, entry: &Entry) -> Option<u64> {
        let at = hash_of(entry).and_then(Hash::min_deadline)?;
        self.note(key, at);
        Some(at)
    }

    /// The hash at `key` has no field with a deadline any more.
    fn forget(&mut self, key: &Key<'_>) {
        self.0.remove(key.hash, key.bytes);
    }

    /// An entry went out.
    #[inline]
    pub(super) fn left(&mut self, entry: &Entry) {
        if hash_of(entry).is_some_and(|fields| fields.volatile_len() > 0) {
            self.0.remove(hash_bytes(entry.key_bytes()), entry.key_bytes());
        }
    }

    pub(super) fn clear(&mut self) {
        self.0 = Table::new();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn min_deadline(&self) -> Option<u64> {
        self.0.min_deadline()
    }

    /// Takes out keys that are due.
    fn take_due(&mut self, now_ms: u64) -> Vec<Field> {
        let mut due = Vec::new();
        self.0.sweep_expired(now_ms, STEP_HASHES, 0, |key| due.push(key));
        due
    }
}

fn hash_of(entry: &Entry) -> Option<&Hash> {
    match entry.obj() {
        Some(Obj::Hash(hash)) => Some(hash),
        _ => None,
    }
}

impl Db {
    /// Hashes with fields that expire.
    pub fn volatile_hashes(&self) -> usize {
        self.field_deadlines.len()
    }
}

impl Keyspace<'_> {
    /// A field of the hash at `key` got this deadline.
    pub fn note_field_deadline(&mut self, key: &Key<'_>, at: u64) {
        let db = self.db;
        self.db_of_mut(db, key).field_deadlines.note(key, at);
        self.note_expiry(key, at);
    }

    /// The last deadline of a field of the hash at `key` is gone.
    pub fn forget_field_deadlines(&mut self, key: &Key<'_>) {
        let db = self.db;
        self.db_of_mut(db, key).field_deadlines.forget(key);
    }

    /// Removes some fields that expired, in a shard that is held, and answers from how many hashes.
    /// None: there are no more.
    pub fn sweep_fields_step(&mut self, shard: usize) -> usize {
        let now_ms = self.now_ms;
        for db in 0..self.shard(shard).dbs().len() as u16 {
            let due = self.shard_mut(shard).db_mut(db).field_deadlines.take_due(now_ms);
            for key in &due {
                self.expire_fields(db, &Key::new(key.name()));
            }
            if !due.is_empty() {
                return due.len();
            }
        }
        0
    }

    fn expire_fields(&mut self, db: u16, key: &Key<'_>) {
        let now_ms = self.now_ms;
        let Some(entry) = self.db_of_mut(db, key).find_mut(key) else { return };
        let Some(hash) = obj_of(entry).and_then(Hash::of_mut) else { return };
        let sweep = hash.sweep_expired(now_ms, STEP_FIELDS, 0, drop);
        let (is_empty, earliest) = (hash.is_empty(), hash.min_deadline());
        if sweep.removed > 0 {
            self.stats.expired_fields.add(sweep.removed as u64);
            self.notify_in(db, NotifyClass::HASH, "hexpired", key.bytes);
            self.modified_in(db, key);
        }
        if is_empty {
            let entry = self.db_of_mut(db, key).remove(key);
            self.effects.garbage.extend(entry);
            self.notify_in(db, NotifyClass::GENERIC, "del", key.bytes);
        } else if let Some(at) = earliest {
            self.db_of_mut(db, key).field_deadlines.note(key, at);
        }
    }
}
