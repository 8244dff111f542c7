//! All the data of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::db::Layout;
use super::shard_data::ShardData;
use crate::config::Config;
use crate::shard::{Shards, shard_count};

/// The shards and the settings that decide how they are used.
pub struct Store {
    pub shards: Shards<ShardData>,
    pub config: Arc<Config>,
    databases: u16,
    /// Which databases a command ever chose, for MEMORY STATS.
    chosen: Box<[AtomicBool]>,
    per_slot: bool,
    /// For each shard a time before which nothing in it expires, so that active expiry need not
    /// visit it. Whoever writes holds the shard.
    deadlines: Box<[AtomicU64]>,
}

impl Store {
    /// `locking` threads will use the store: the event loops, and service threads that lock.
    pub fn new(config: Arc<Config>, threads: usize, locking: usize, cluster: bool) -> Self {
        let count = shard_count(threads);
        let databases = if cluster {
            config.cluster_databases.get() as u16
        } else {
            config.databases.get() as u16
        };
        let layout = if cluster {
            Layout::PerSlot { shard_bits: count.trailing_zeros() }
        } else {
            Layout::Whole
        };
        let shards = Shards::new(count, locking == 1, |_| ShardData::new(layout));
        let deadlines = (0..count).map(|_| AtomicU64::new(u64::MAX)).collect();
        let chosen = (0..databases).map(|db| AtomicBool::new(db == 0)).collect();
        Self { shards, config, databases, chosen, per_slot: cluster, deadlines }
    }

    /// Nothing in the shard expires before this.
    pub fn min_deadline(&self, shard: usize) -> u64 {
        self.deadlines[shard].load(Ordering::Relaxed)
    }

    /// Something in the shard, which is held, expires at `at`.
    pub(super) fn note_deadline(&self, shard: usize, at: u64) {
        if at < self.min_deadline(shard) {
            self.set_min_deadline(shard, at);
        }
    }

    pub(super) fn set_min_deadline(&self, shard: usize, at: u64) {
        self.deadlines[shard].store(at, Ordering::Relaxed);
    }

    pub fn databases(&self) -> u16 {
        self.databases
    }

    /// The database that a command's argument names, if there is one.
    pub fn choose(&self, number: i64) -> Option<u16> {
        let db = u16::try_from(number).ok().filter(|db| *db < self.databases)?;
        self.chosen[usize::from(db)].store(true, Ordering::Relaxed);
        Some(db)
    }

    /// Whether a command ever chose this database; the first is always in use.
    pub fn was_chosen(&self, db: u16) -> bool {
        self.chosen[usize::from(db)].load(Ordering::Relaxed)
    }

    /// Whether each slot has a table of its own (cluster mode).
    pub fn is_per_slot(&self) -> bool {
        self.per_slot
    }
}
