//! What all threads share, and how the process starts and ends.

mod banner;
mod cluster;
mod pause;
mod rebind;
mod run;
mod shutdown;
mod testing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::acl::Users;
use crate::commands::CommandTable;
use crate::config::Config;
use crate::keyspace::Store;
use crate::net::Listening;
use crate::pubsub::PubSub;
use crate::scripting::Scripting;
use crate::session::{Client, ClientFlags, ConnId, Message, Registry};
use crate::shard::{Gate, Mailbox, Release};
use crate::stats::{Accounting, CoreStats, Journal, Measure, Overrun};
use crate::sys::allocator;

pub use cluster::ClusterStartError;
pub use pause::{Pause, PauseKind};
pub use run::{RunError, run};
pub use shutdown::Shutdown;
pub use testing::{REPLY_PEAK_RESET_MS, Testing};

/// The mailbox of an event loop.
pub type CoreMailbox = Mailbox<Message, mio::Waker>;

/// `maxmemory-clients` is no less than this.
const CLIENT_MEMORY_MIN: u64 = 128 * 1024;

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
    pub testing: Testing,
    pub shutdown: Shutdown,
    pub listening: Listening,
    /// Unix milliseconds.
    pub started_ms: u64,
    pub run_id: String,
    stopping: AtomicBool,
    /// Waiters whose commands need shards beside the one they wait in.
    pub wide_waiters: AtomicU64,
    pub lazy_free: crate::sys::LazyFree,
    /// How much memory is in use.
    pub accounting: Arc<Accounting>,
    /// For how long that was too much.
    pub overrun: Overrun,
    pub journal: Journal,
    pub clock: quanta::Clock,
    pub scripting: Scripting,
    pub users: Users,
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

    /// Tells those who listen to shard channels of which `gone` holds that they do no more.
    pub fn end_shard_channels(&self, gone: impl Fn(&[u8]) -> bool) {
        for (channel, listeners) in self.pubsub.shard_listeners(gone) {
            let channel: Arc<[u8]> = channel.into();
            for conn in listeners {
                let channel = channel.clone();
                self.post(usize::from(conn.core), Message::ShardChannelGone { conn, channel });
            }
        }
    }

    /// What all clients together may take, in bytes; 0 for no limit. A percentage is one of
    /// `maxmemory`, and never so little that nobody could talk to the server any more.
    pub fn client_memory_max(&self) -> u64 {
        let max = match self.config.maxmemory_clients.get() {
            0 => return 0,
            bytes @ 1.. => bytes as u64,
            percent => {
                let part =
                    u128::from(self.config.maxmemory.get()) * u128::from(percent.unsigned_abs());
                (part / 100) as u64
            }
        };
        if max == 0 { 0 } else { max.max(CLIENT_MEMORY_MIN) }
    }

    /// Whether more memory is in use than `maxmemory` allows. What clients take above
    /// `maxmemory-clients` does not count: they go, rather than keys.
    pub fn is_over_maxmemory(&self) -> bool {
        let max = self.config.maxmemory.get();
        if max == 0 {
            return false;
        }
        let leaving = match self.client_memory_max() {
            0 => 0,
            clients_max => self.clients.memory().saturating_sub(clients_max),
        };
        self.accounting.used().saturating_sub(leaving) > max
    }

    /// A counter of all cores together.
    pub fn total(&self, of: impl Fn(&CoreStats) -> u64) -> u64 {
        self.stats.iter().map(|stats| of(stats)).sum()
    }

    /// Puts the account of the memory in use right, which drifts while threads that are no cores take
    /// or free some. Asking the allocator is dear, the more so for what it pushes out of the caches.
    pub fn correct_accounting(&self) {
        self.accounting.correct(allocator::usage()[0]);
    }

    /// Takes the samples from which `instantaneous_*` of INFO are averaged.
    pub fn sample_rates(&self) {
        self.journal.note_memory(self.accounting.used());
        self.journal.rates.sample(crate::sys::unix_us(), |measure| match measure {
            Measure::Commands => self.total(|core| core.commands_processed.get()),
            Measure::InputBytes => self.total(|core| core.net_input_bytes.get()),
            Measure::OutputBytes => self.total(|core| core.net_output_bytes.get()),
            Measure::Rounds => self.total(|core| core.loops.get()),
            Measure::Work => {
                self.clock.delta_as_nanos(0, self.total(|core| core.loop_ticks.get())) / 1000
            }
        });
    }

    /// Whether keys that expired stay: they are merely not there, for now.
    pub fn keeps_expired(&self, now_ms: u64) -> bool {
        self.config.import_mode.get() || self.pause.until(now_ms).is_some()
    }

    /// Up to what deadline keys and fields are not there for a client: in `import-mode`, those that
    /// expired still are for an import source.
    pub fn horizon_ms(&self, client: &Client, now_ms: u64) -> u64 {
        let sees_all =
            client.flags.has(ClientFlags::IMPORT_SOURCE) && self.config.import_mode.get();
        if sees_all { 0 } else { now_ms }
    }

    /// Whether `min-replicas-to-write` asks for more replicas than there are.
    #[inline]
    pub fn lacks_replicas(&self) -> bool {
        const GOOD_REPLICAS: i64 = 0; // Nobody can follow this server yet.
        self.config.min_replicas_to_write.get() > GOOD_REPLICAS
            && self.config.min_replicas_max_lag.get() > 0
    }

    /// Whether the loops were told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Asks all loops to stop.
    pub fn stop(&self) {
        if !self.stopping.swap(true, Ordering::SeqCst) {
            // Whose connection closes knows that there is no use in connecting again.
            self.listening.end();
            for core in 0..self.cores() {
                self.post(core, Message::Stop);
            }
        }
    }
}
