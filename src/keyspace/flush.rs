//! Emptying and exchanging whole databases. The gate is closed: every shard is held.

use super::db::Db;
use super::key::Key;
use super::obj::ObjType;
use super::view::{Flushed, Keyspace, ReadyKey};
use super::watch::Presence;

impl Keyspace<'_> {
    /// Empties a database and answers how many keys it had. The tables go to `effects.flushed`, where
    /// statistics are told of keys that are freed later if this is what was asked for.
    pub fn flush(&mut self, db: u16, is_async: bool) -> usize {
        let mut removed = 0;
        for shard in 0..self.store.shards.count() {
            let data = self.shard_mut(shard);
            let (part, watchers) = data.db_and_watchers(db);
            watchers.touch_all(db, |key| (part.find(&Key::new(key)).is_some(), Presence::Absent));
            let part = data.db_mut(db);
            removed += part.len();
            let tables = part.take();
            self.effects.flushed.push(Flushed { tables, is_told: is_async });
        }
        removed
    }

    /// Exchanges two databases. Clients that wait or watch keep their database's number.
    pub fn swap_dbs(&mut self, a: u16, b: u16) {
        let now_ms = self.now_ms;
        for shard in 0..self.store.shards.count() {
            let data = self.shard_mut(shard);
            data.swap(a, b);
            for (db, other) in [(a, b), (b, a)] {
                let (now, before, watchers) = data.dbs_and_watchers(db, other);
                watchers.touch_all(db, |key| {
                    let key = Key::new(key);
                    (before.find(&key).is_some(), presence(now, &key, now_ms))
                });
            }
            for db in [a, b] {
                for key in self.shard(shard).waiters.keys_of(db) {
                    let found = self.shard(shard).db(db).find(&Key::new(&key)).map(|e| e.kind());
                    if found.is_some_and(|kind| kind != ObjType::String) {
                        self.effects.ready.push(ReadyKey { db, key });
                    }
                }
            }
        }
    }

    /// Keys of a database over all shards.
    pub fn db_len(&self, db: u16) -> usize {
        (0..self.store.shards.count()).map(|shard| self.shard(shard).db(db).len()).sum()
    }

    /// Keys with a deadline over all shards.
    pub fn db_expires(&self, db: u16) -> usize {
        (0..self.store.shards.count()).map(|shard| self.shard(shard).db(db).expires()).sum()
    }
}

fn presence(db: &Db, key: &Key<'_>, now_ms: u64) -> Presence {
    match db.find(key).map(|entry| entry.deadline()) {
        None => Presence::Absent,
        Some(Some(at)) if at <= now_ms => Presence::Expired,
        Some(_) => Presence::Live,
    }
}
