//! The ceiling on memory: keys are evicted before commands are run, and commands that would take more
//! memory are refused where none can be.
//!
//! Each core that finds `maxmemory` exceeded makes room itself: it samples keys of a few shards whose
//! locks are free, remembers the best candidates in a pool of its own, and removes the best one
//! after the other, for as long as `maxmemory-eviction-tenacity` allows.

use rand::Rng;

use super::core::Core;
use crate::config::MaxmemoryPolicy;
use crate::keyspace::{Candidate, Key, Keyspace, Pool};

/// Keys that are evicted between two looks at the clock.
const LOOK_EVERY: usize = 16;

/// What a core knows of the memory in use.
#[derive(Debug, Default)]
pub struct Ceiling {
    /// Too much is in use, and nothing can be evicted: commands that take memory are refused.
    pub is_out: bool,
    /// Too much is in use, and there was no time to evict enough.
    pub is_behind: bool,
    pool: Pool,
    /// The policy that the pool was filled by.
    policy: Option<MaxmemoryPolicy>,
}

impl Core {
    /// Makes room if more than `maxmemory` is in use. To be called while nothing is held.
    #[inline]
    pub fn make_room(&mut self) {
        if self.server.config.maxmemory.get() == 0 {
            self.ceiling.is_out = false;
            self.ceiling.is_behind = false;
        } else {
            self.keep_below_ceiling();
        }
    }

    fn keep_below_ceiling(&mut self) {
        let server = self.server.clone();
        if self.is_nested() || !self.is_entered() || server.pause.until(self.now_ms).is_some() {
            return;
        }
        server.accounting.share(self.id).publish();
        let is_over = server.is_over_maxmemory();
        self.ceiling.is_out = false;
        self.ceiling.is_behind = false;
        if is_over {
            let policy = server.config.maxmemory_policy.get();
            if policy == MaxmemoryPolicy::NoEviction || server.config.import_mode.get() {
                self.ceiling.is_out = true;
            } else {
                self.evict_some(policy);
            }
        }
        let is_still_over = self.ceiling.is_out || self.ceiling.is_behind;
        server.overrun.note(is_still_over, self.now_ms);
    }

    /// Evicts until little enough is in use, no key is left that may go, or the time is up.
    fn evict_some(&mut self, policy: MaxmemoryPolicy) {
        let server = self.server.clone();
        if self.ceiling.policy.replace(policy) != Some(policy) {
            self.ceiling.pool.clear();
        }
        let budget_us = budget_us(server.config.maxmemory_eviction_tenacity.get());
        let begin = self.ticks();
        let mut evicted = 0;
        while server.is_over_maxmemory() {
            let Some(candidate) = self.best_candidate(policy) else {
                // What is being freed elsewhere will do, or nothing will.
                self.ceiling.is_behind = server.lazy_free.pending() > 0;
                self.ceiling.is_out = !self.ceiling.is_behind;
                break;
            };
            if self.evict(&candidate) {
                evicted += 1;
            }
            server.accounting.share(self.id).publish();
            if evicted % LOOK_EVERY == LOOK_EVERY - 1
                && self.micros(self.ticks().wrapping_sub(begin)) > budget_us
            {
                self.ceiling.is_behind = server.is_over_maxmemory();
                break;
            }
        }
        let millis = self.micros(self.ticks().wrapping_sub(begin)) / 1000;
        server.journal.note_delay(&server.config, "eviction-cycle", millis, self.now_ms);
    }

    /// Samples some keys and takes the best candidate that is known then.
    fn best_candidate(&mut self, policy: MaxmemoryPolicy) -> Option<Candidate> {
        let server = self.server.clone();
        let wanted = server.config.maxmemory_samples.get() as usize;
        let shards = server.store.shards.count();
        let first = rand::rng().random_range(0..shards);
        let mut pool = std::mem::take(&mut self.ceiling.pool);
        let mut found = 0;
        for offset in 0..shards {
            if found >= wanted {
                break;
            }
            let shard = (first + offset) % shards;
            // A busy shard is passed over: its keys are in use.
            if server.store.shards.try_lock(&mut self.held, shard) {
                let (held, effects) = (&mut self.held, &mut self.effects);
                let ks = Keyspace::new(&server.store, held, effects, &self.stats, 0, self.now_ms);
                found += ks.sample_for_eviction(shard, wanted - found, policy, &mut pool);
            }
            self.release();
        }
        let best = pool.take();
        self.ceiling.pool = pool;
        best
    }

    /// Removes one key. `false`: it is gone already, or its shard is busy.
    fn evict(&mut self, candidate: &Candidate) -> bool {
        let server = self.server.clone();
        let shard = server.store.shards.of_slot(Key::new(&candidate.key).slot);
        let is_locked = server.store.shards.try_lock(&mut self.held, shard);
        let is_evicted = is_locked && {
            let (held, effects) = (&mut self.held, &mut self.effects);
            let mut ks = Keyspace::new(&server.store, held, effects, &self.stats, 0, self.now_ms);
            ks.evict(candidate)
        };
        self.release();
        self.finish_effects();
        is_evicted
    }
}

/// How long evicting may take at once, in microseconds: half a millisecond at the usual tenacity of
/// 10, more by 15 % for each step above, without end at 100.
fn budget_us(tenacity: i64) -> u64 {
    match tenacity {
        ..=10 => 50 * tenacity.max(0) as u64,
        11..100 => (500.0 * 1.15f64.powi(tenacity as i32 - 10)) as u64,
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn more_tenacity_is_more_time() {
        let budgets: Vec<u64> = (0..=100).map(super::budget_us).collect();
        assert_eq!((budgets[0], budgets[10], budgets[100]), (0, 500, u64::MAX));
        assert!(budgets.is_sorted(), "{budgets:?}");
    }
}
