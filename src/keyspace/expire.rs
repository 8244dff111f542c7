//! Active expiry: each core removes the expired keys of its shards, in small steps.
//!
//! There is no index of deadlines. The store remembers for each shard, and a table for each
//! segment, a time before which nothing in it expires, so a sweep passes over shards and segments
//! in which nothing is due.

use super::events::NotifyClass;
use super::key::Key;
use super::view::Keyspace;

/// Entries that one step looks at.
const STEP_ENTRIES: usize = 400;

/// What one step of expiry came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// A whole round of the shard is finished.
    pub finished: bool,
    /// Keys that were removed, and hashes that lost fields.
    pub expired: Volatile,
    /// What is left in the shard, if the round is finished.
    pub left: Volatile,
}

/// Numbers of keys with a deadline, and of hashes with fields that have one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Volatile {
    pub keys: usize,
    pub hashes: usize,
}

impl std::ops::AddAssign for Volatile {
    fn add_assign(&mut self, other: Self) {
        self.keys += other.keys;
        self.hashes += other.hashes;
    }
}

impl Keyspace<'_> {
    /// Does one step of expiry in a shard that is held.
    pub fn sweep(&mut self, shard: usize) -> Swept {
        let hashes = self.sweep_fields_step(shard);
        let (ended, keys) = self.sweep_step(shard);
        let mut swept = Swept {
            finished: ended && hashes == 0,
            expired: Volatile { keys, hashes },
            left: Volatile::default(),
        };
        if swept.finished {
            let data = self.shard(shard);
            self.store.set_min_deadline(shard, data.min_deadline().unwrap_or(u64::MAX));
            for db in data.dbs() {
                swept.left += Volatile { keys: db.expires(), hashes: db.volatile_hashes() };
            }
        }
        swept
    }

    /// Removes some keys. `true`: the end was reached; and how many.
    fn sweep_step(&mut self, shard: usize) -> (bool, usize) {
        let now_ms = self.now_ms;
        let data = self.shard_mut(shard);
        let (mut db, mut table, mut cursor) = data.sweep;
        while data.dbs().get(db).is_some_and(|part| part.expires() == 0) {
            (db, table, cursor) = (db + 1, 0, 0);
        }
        if db >= data.dbs().len() {
            data.sweep = (0, 0, 0);
            return (true, 0);
        }
        let mut removed = Vec::new();
        let at = db as u16;
        let next = data.db_mut(at).sweep_expired(table, now_ms, cursor, STEP_ENTRIES, |entry| {
            removed.push(entry);
        });
        if next == 0 {
            table += 1;
            if table >= data.db(at).table_count() {
                (db, table) = (db + 1, 0);
            }
        }
        data.sweep = (db, table, next);
        let count = removed.len();
        for entry in removed {
            let key = Key::new(entry.key_bytes());
            let shard = self.shard_mut(shard);
            if !shard.watchers.is_empty() {
                shard.watchers.touch(at, key.bytes, false);
            }
            self.stats.expired_keys.add(1);
            self.notify_in(at, NotifyClass::EXPIRED, "expired", entry.key_bytes());
            self.discard(entry, self.store.config.lazyfree_lazy_expire.get(), "expire-del");
        }
        (false, count)
    }
}
