//! What all threads share, and how the process starts and ends.

mod banner;
mod cluster;
mod pause;
mod rebind;
mod run;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::commands::CommandTable;
use crate::config::{Config, MaxmemoryPolicy};
use crate::keyspace::Store;
use crate::net::Listening;
use crate::pubsub::PubSub;
use crate::scripting::Scripting;
use crate::session::{ConnId, Message, Registry};
use crate::shard::{Gate, Mailbox, Release};
use crate::stats::{CoreStats, Journal, Measure, MemoryUse};

pub use cluster::ClusterStartError;
pub use pause::{Pause, PauseKind};
pub use run::{RunError, run};

/// The mailbox of an event loop.
pub type CoreMailbox = Mailbox<Message, mio::Waker>;

/// Everything that the threads of the process share.
pub struct Server {
    pub config: Arc<Config>,
    pub store: Store,
    pub gate: Gate,
    pub mailboxes: Box<[CoreMailbox]>,
    pub stats: Box<[Arc<CoreStats>]>,
    pub clients: Registry,
    /// Connections of each core, for placing new ones.
    pub loads: Box<[AtomicUsize]>,
    pub commands: &'static CommandTable,
    pub pubsub: PubSub,
    pub pause: Pause,
    /// Clients in MONITOR mode.
    pub monitors: AtomicUsize,
    pub is_cluster: bool,
    /// This node of the cluster.
    pub cluster: Option<Arc<crate::cluster::ClusterHandle>>,
    /// DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: AtomicBool,
    pub listening: Listening,
    /// Unix milliseconds.
    pub started_ms: u64,
    pub run_id: String,
    pub stopping: AtomicBool,
    /// Waiters whose commands need shards beside the one they wait in.
    pub wide_waiters: AtomicU64,
    pub lazy_free: crate::sys::LazyFree,
    pub journal: Journal,
    pub clock: quanta::Clock,
    pub scripting: Scripting,
}

impl Server {
    /// Event loops.
    pub fn cores(&self) -> usize {
        self.mailboxes.len()
    }

    /// Tells the cores that asked for what was released. Bit `c` stands for all cores equal to `c`
    /// modulo 64.
    pub fn tell(&self, release: Release) {
        if release.is_empty() {
            return;
        }
        for (core, mailbox) in self.mailboxes.iter().enumerate() {
            if release.0 >> (core % 64) & 1 != 0 {
                mailbox.post(Message::Retry);
            }
        }
    }

    pub fn post(&self, core: usize, message: Message) {
        self.mailboxes[core].post(message);
    }

    /// Sends a message to a connection, in the form of its protocol.
    pub fn push(&self, conn: ConnId, resp2: Arc<[u8]>, resp3: Arc<[u8]>) {
        self.post(usize::from(conn.core), Message::Push { conn, resp2, resp3 });
    }

    /// A counter of all cores together.
    pub fn total(&self, of: impl Fn(&CoreStats) -> u64) -> u64 {
        self.stats.iter().map(|stats| of(stats)).sum()
    }

    /// Takes the samples from which `instantaneous_*` of INFO are averaged.
    pub fn sample_rates(&self) {
        self.journal.note_memory(MemoryUse::read().allocated);
        self.journal.rates.sample(crate::sys::unix_us(), |measure| match measure {
            Measure::Commands => self.total(|core| core.commands_processed.get()),
            Measure::InputBytes => self.total(|core| core.net_input_bytes.get()),
            Measure::OutputBytes => self.total(|core| core.net_output_bytes.get()),
            Measure::Rounds => self.total(|core| core.loops.get()),
            Measure::Work => {
                self.clock.delta_as_nanos(0, self.total(|core| core.busy_ticks.get())) / 1000
            }
        });
    }

    /// Whether commands that need memory are to be refused: the limit is passed, and the policy
    /// forbids to remove keys. Memory is read with the rates, so this lags behind by up to 100 ms.
    #[inline]
    pub fn is_out_of_memory(&self) -> bool {
        let max = self.config.maxmemory.get();
        max != 0 && self.exceeds(max)
    }

    /// Whether `min-replicas-to-write` asks for more replicas than there are.
    #[inline]
    pub fn lacks_replicas(&self) -> bool {
        const GOOD_REPLICAS: i64 = 0; // Nobody can follow this server yet.
        self.config.min_replicas_to_write.get() > GOOD_REPLICAS
            && self.config.min_replicas_max_lag.get() > 0
    }

    fn exceeds(&self, max: u64) -> bool {
        self.config.maxmemory_policy.get() == MaxmemoryPolicy::NoEviction
            && self.journal.memory_used() > max
    }

    /// Asks all loops to stop.
    pub fn stop(&self) {
        if !self.stopping.swap(true, Ordering::SeqCst) {
            for core in 0..self.cores() {
                self.post(core, Message::Stop);
            }
        }
    }
}
