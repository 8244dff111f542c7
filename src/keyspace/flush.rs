//! Emptying and exchanging whole databases. The gate is closed: every shard is held.

use super::key::Key;
use super::obj::ObjType;
use super::view::{Keyspace, ReadyKey};

impl Keyspace<'_> {
    /// Empties a database and answers how many keys it had. The tables go to `effects.flushed`.
    pub fn flush(&mut self, db: u16) -> usize {
        let mut removed = 0;
        for shard in 0..self.store.shards.count() {
            let data = self.shard_mut(shard);
            if !data.watchers.is_empty() {
                let part = data.db(db);
                // A key that was not there has not changed.
                data.watchers.touch_where(db, |key| part.find(&Key::new(key)).is_some());
            }
            let part = data.db_mut(db);
            removed += part.len();
            let tables = part.take();
            self.effects.flushed.push(tables);
        }
        removed
    }

    /// Exchanges two databases. Clients that wait or watch keep their database's number.
    pub fn swap_dbs(&mut self, a: u16, b: u16) {
        for shard in 0..self.store.shards.count() {
            let data = self.shard_mut(shard);
            for (db, other) in [(a, b), (b, a)] {
                let (mine, theirs) = (data.db(db), data.db(other));
                data.watchers.touch_where(db, |key| {
                    let key = Key::new(key);
                    mine.find(&key).is_some() || theirs.find(&key).is_some()
                });
            }
            data.swap(a, b);
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
