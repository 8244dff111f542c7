//! Active expiry: each core removes the expired keys of its shards, in small steps.
//!
//! There is no index of deadlines. A table remembers per segment a bound before which nothing in
//! it expires, so a sweep passes over segments in which nothing is due.

use super::events::NotifyClass;
use super::key::Key;
use super::view::Keyspace;

/// Entries that one step looks at.
const STEP_ENTRIES: usize = 400;

impl Keyspace<'_> {
    /// Does one step of expiry in a shard that is held. `true`: a whole round of it is finished.
    pub fn sweep_step(&mut self, shard: usize) -> bool {
        let now_ms = self.now_ms;
        let data = self.shard_mut(shard);
        let (mut db, mut table, mut cursor) = data.sweep;
        while data.dbs().get(db).is_some_and(|part| part.expires() == 0) {
            (db, table, cursor) = (db + 1, 0, 0);
        }
        if db >= data.dbs().len() {
            data.sweep = (0, 0, 0);
            return true;
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
        for entry in removed {
            let key = Key::new(entry.key_bytes());
            let shard = self.shard_mut(shard);
            if !shard.watchers.is_empty() {
                shard.watchers.touch(at, key.bytes, false);
            }
            self.stats.expired_keys.add(1);
            self.notify_in(at, NotifyClass::EXPIRED, "expired", entry.key_bytes());
            if self.store.config.lazyfree_lazy_expire.get() {
                self.effects.garbage.push(entry);
            }
        }
        false
    }
}
