//! What a core does for its home shards now and then.

use std::sync::atomic::Ordering;

use super::core::Core;
use crate::keyspace::Keyspace;

/// What one tick may spend on expiry.
const EXPIRE_BUDGET_US: u64 = 5_000;

impl Core {
    /// Removes expired keys and hash fields from the home shards, for a bounded time.
    pub fn expire_some(&mut self) {
        let server = self.server.clone();
        if !server.active_expire.load(Ordering::Relaxed) || !self.enter() {
            return;
        }
        let begin = self.ticks();
        let shards = server.store.shards.count();
        for shard in (self.id..shards).step_by(server.cores()) {
            let mut finished = false;
            while !finished && self.is_entered() {
                // A busy shard is in use, and its keys are expired by that use.
                if !server.store.shards.try_lock(&mut self.held, shard) {
                    break;
                }
                let mut ks = Keyspace::new(
                    &server.store,
                    &mut self.held,
                    &mut self.effects,
                    &self.stats,
                    0,
                    self.now_ms,
                );
                let fields_finished = ks.sweep_fields_step(shard);
                finished = ks.sweep_step(shard) && fields_finished;
                self.release();
                self.finish_effects();
                if self.micros(self.ticks().wrapping_sub(begin)) > EXPIRE_BUDGET_US {
                    return self.leave();
                }
            }
        }
        self.leave();
    }
}
