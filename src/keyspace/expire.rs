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
        let (mut db, mut table, cursor) = data.sweep;
        if db >= data.dbs().len() {
            data.sweep = (0, 0, 0);
            return true;
        }
        let mut removed = Vec::new();
        let mut next = 0;
        if data.db(db as u16).expires() > 0 {
            let part = data.db_mut(db as u16);
            next = part.sweep_expired(table, now_ms, cursor, STEP_ENTRIES, |e| removed.push(e));
        } else {
            table = data.db(db as u16).table_count();
        }
        let at = db as u16;
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
