//! Ending a client's WATCH when the client is gone.

use super::core::Core;
use crate::keyspace::{Key, WatchFlag};
use crate::session::Watched;

/// Takes a client's watches out of the shards; `false` if one is busy: come again.
pub fn end_watch(core: &mut Core, keys: &[Watched], flag: &WatchFlag) -> bool {
    let server = core.server.clone();
    for watched in keys {
        let shard = server.store.shards.of_slot(Key::new(&watched.key).slot);
        if !server.store.shards.spin_lock(&mut core.held, shard) {
            core.release();
            return false;
        }
        let data = server.store.shards.data_mut(&mut core.held, shard);
        data.watchers.remove(watched.db, &watched.key, flag);
        core.release();
    }
    true
}
