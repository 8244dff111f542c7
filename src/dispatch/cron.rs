//! What a core does for its home shards now and then.

use std::sync::atomic::Ordering;

use super::core::Core;
use crate::cluster::SlotSet;
use crate::config::Config;
use crate::keyspace::{Flushed, Keyspace, Volatile};
use crate::stats::CoreStats;

/// What ticks may spend on expiry, in percent of the time, and how much more for each step of
/// `active-expire-effort` above the first.
const EXPIRE_PERCENT: u64 = 5;
const EXPIRE_PERCENT_MORE: u64 = 2;

/// How much of what a tick of expiry looked at was there after its time.
#[derive(Default)]
struct Staleness {
    expired: Volatile,
    /// As it was before, so far as it is known: shards in which nothing was due are not counted
    /// again.
    looked_at: Volatile,
}

impl Staleness {
    /// Lets the shares of this tick into the averages.
    fn note(&self, stats: &CoreStats) {
        let share = |part: usize, whole: usize| match whole {
            0 => 0,
            _ => part as u64 * 1_000_000 / whole as u64,
        };
        stats.stale_keys_ppm.approach(share(self.expired.keys, self.looked_at.keys));
        stats.stale_hashes_ppm.approach(share(self.expired.hashes, self.looked_at.hashes));
    }
}

/// What one tick may spend on expiry.
fn expire_budget_us(config: &Config) -> u64 {
    let more = config.active_expire_effort.get().saturating_sub(1) as u64 * EXPIRE_PERCENT_MORE;
    1_000_000 / ticks_per_second(config) * (EXPIRE_PERCENT + more) / 100
}

/// How often the loop does what is to be done now and then.
pub fn ticks_per_second(config: &Config) -> u64 {
    config.hz.get().clamp(1, 500) as u64
}

impl Core {
    /// Removes expired keys and hash fields from the home shards, for a bounded time.
    pub fn expire_some(&mut self) {
        let server = self.server.clone();
        let is_held_still = !server.testing.active_expire.load(Ordering::Relaxed)
            || server.keeps_expired(self.now_ms);
        if is_held_still || !self.enter() {
            return;
        }
        let budget_us = expire_budget_us(&server.config);
        let begin = self.ticks();
        let mut untold = begin;
        let (shards, cores) = (server.store.shards.count(), server.cores());
        let homes = (shards - self.id).div_ceil(cores);
        let mut stale = Staleness::default();
        for _ in 0..homes {
            // A tick that was cut short goes on where the one before ended, so that all have a turn.
            let home = self.expire_next % homes;
            let shard = self.id + home * cores;
            let mut finished = server.store.min_deadline(shard) > self.now_ms;
            if finished {
                stale.looked_at += self.volatile.get(home).copied().unwrap_or_default();
            }
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
                let swept = ks.sweep(shard);
                // Whoever takes the shard next and misses the keys finds the event told.
                self.tell_of_expiry(&mut untold);
                self.release();
                self.finish_effects();
                finished = swept.finished;
                stale.expired += swept.expired;
                stale.looked_at += swept.expired;
                if finished {
                    stale.looked_at += swept.left;
                    self.volatile.resize(homes, Volatile::default());
                    self.volatile[home] = swept.left;
                }
                if self.micros(self.ticks().wrapping_sub(begin)) > budget_us {
                    self.stats.expire_capped.add(1);
                    stale.note(&self.stats);
                    return self.end_expiry(begin, untold);
                }
            }
            self.expire_next = (self.expire_next + 1) % homes;
        }
        stale.note(&self.stats);
        self.end_expiry(begin, untold);
    }

    /// Leaves the batch that expiry began at a tick.
    fn end_expiry(&mut self, begin: u64, mut untold: u64) {
        self.tell_of_expiry(&mut untold);
        self.stats.expire_ticks.add(self.ticks().wrapping_sub(begin));
        self.leave();
    }

    /// Tells how long expiry has taken since the tick `untold`, and what in it did, if that is long
    /// enough to be told.
    fn tell_of_expiry(&mut self, untold: &mut u64) {
        self.tell_of_delays();
        let now = self.ticks();
        let millis = self.micros(now.wrapping_sub(*untold)) / 1000;
        let server = &self.server;
        if server.journal.note_delay(&server.config, "expire-cycle", millis, self.now_ms) {
            *untold = now;
        }
    }

    /// Has the keys of slots that this node lost dropped.
    pub fn drop_slots_soon(&mut self, slots: &SlotSet) {
        for slot in slots.iter() {
            self.lost_slots.insert(slot);
        }
    }

    /// Drops the keys of lost slots that lie in the home shards. A shard that is busy has its turn
    /// at the next tick; until then the keys are only in the way, since nobody is served them.
    pub fn drop_lost_slots(&mut self) {
        if self.lost_slots.is_empty() || !self.enter() {
            return;
        }
        let server = self.server.clone();
        let slots: Vec<u16> = self.lost_slots.iter().collect();
        for slot in slots {
            let shard = server.store.shards.of_slot(slot);
            if shard % server.cores() != self.id {
                self.lost_slots.remove(slot);
                continue;
            }
            if !self.is_entered() || !server.store.shards.try_lock(&mut self.held, shard) {
                continue;
            }
            self.lost_slots.remove(slot);
            // It may have come back meanwhile.
            let is_back = server.cluster.as_ref().is_some_and(|c| c.map().is_of_my_shard(slot));
            for db in (0..server.store.databases()).filter(|_| !is_back) {
                let data = server.store.shards.data_mut(&mut self.held, shard);
                if let Some(table) =
                    data.db_mut(db).take_slot(slot).filter(|table| !table.is_empty())
                {
                    self.effects.flushed.push(Flushed { tables: Box::new([table]), is_told: true });
                }
            }
            self.release();
            self.finish_effects();
        }
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_takes_the_same_share_of_the_time_however_often_it_runs() {
        let config = Config::default();
        let budget = |hz, effort| {
            config.hz.store(hz);
            config.active_expire_effort.store(effort);
            expire_budget_us(&config)
        };
        assert_eq!([budget(10, 1), budget(100, 1), budget(500, 1)], [5_000, 500, 100]);
        assert_eq!([budget(10, 2), budget(10, 10)], [7_000, 23_000]);
    }
}
