//! Counters that one core writes and anybody reads.

use std::sync::atomic::{AtomicU64, Ordering};

use super::histogram::Histogram;
use super::slots::SlotCounters;

/// A number that only its owning core changes, by a plain load and store.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
    }

    pub fn sub(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_sub(n), Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// CONFIG RESETSTAT, from another core; an addition at the same moment may survive it.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Moves by a twentieth towards `n`: an average that forgets.
    pub fn approach(&self, n: u64) {
        self.0.store((self.get() * 19 + n) / 20, Ordering::Relaxed);
    }

    /// Keeps the larger.
    pub fn raise(&self, n: u64) {
        if n > self.get() {
            self.0.store(n, Ordering::Relaxed);
        }
    }
}

/// What `INFO commandstats` tells of one command, on one core.
#[derive(Debug, Default)]
pub struct CommandStats {
    pub calls: Counter,
    /// Ticks of the core's clock.
    pub ticks: Counter,
    /// Refused before it ran: arity, ACL, OOM, …
    pub rejected: Counter,
    /// Ran and answered an error.
    pub failed: Counter,
    /// How long its calls took.
    pub latency: Histogram,
}

macro_rules! core_stats {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of one core.
        #[derive(Debug, Default)]
        #[repr(align(128))]
        pub struct CoreStats {
            $($(#[$doc])* pub $name: Counter,)*
            /// By the command's id.
            pub commands: Box<[CommandStats]>,
            pub slots: SlotCounters,
            /// Changes since the last save; statistics that begin anew do not make it one.
            pub dirty: Counter,
        }

        impl CoreStats {
            /// CONFIG RESETSTAT.
            pub fn reset(&self) {
                $(self.$name.reset();)*
                self.slots.reset();
                for command in &self.commands {
                    command.calls.reset();
                    command.ticks.reset();
                    command.rejected.reset();
                    command.failed.reset();
                    command.latency.reset();
                }
            }
        }
    };
}

core_stats! {
    connections_received,
    connections_rejected,
    commands_processed,
    net_input_bytes,
    net_output_bytes,
    keyspace_hits,
    keyspace_misses,
    expired_keys,
    expired_fields,
    evicted_keys,
    evicted_clients,
    errors,
    /// Rounds of the event loop.
    loops,
    /// Ticks of loops outside of waiting, and the most of one round.
    loop_ticks,
    loop_ticks_max,
    /// The most commands of one round.
    loop_commands_max,
    /// Ticks of what is done by the clock, and of expiry in it.
    cron_ticks,
    expire_ticks,
    /// Expiry had more to do than time.
    expire_capped,
    /// How many of a million keys with a deadline, and hashes with such fields, were there after
    /// their time; averages over the last ticks of expiry.
    stale_keys_ppm,
    stale_hashes_ppm,
    reply_room_shrinks,
    reply_room_expands,
    /// Ticks spent executing commands.
    busy_ticks,
    reads,
    writes,
    /// Windows that ended early because a shard was held by another core.
    lock_contended,
    /// Shard locks taken, and ticks they were held.
    lock_windows,
    /// Connections put aside for a shard or the gate.
    put_aside,
    gate_closed,
    client_query_buffer_limit_disconnections,
    client_output_buffer_limit_disconnections,
    pubsub_delivered,
}

impl CoreStats {
    pub fn new(commands: usize) -> Self {
        Self {
            commands: (0..commands).map(|_| CommandStats::default()).collect(),
            ..Self::default()
        }
    }
}
