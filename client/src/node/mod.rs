//! One node: its connections, and what is owed to it.

mod backoff;
mod budget;
mod exclusive;
mod gathering;
mod link;
mod losses;
mod mux;
mod registry;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::cache::Cache;
use crate::events::{Events, TopologyEvent};
use crate::net::Purpose;
use crate::protocol::Greeting;
use crate::slot::Slot;
use crate::stats::Counters;
use crate::topology::hints::Hints;

pub(crate) use budget::RetryBudget;
pub(crate) use exclusive::{Exclusive, Pool};
pub use mux::CircuitState;
pub(crate) use mux::{Lost, Mux, Outcome, Sending, Why};
pub(crate) use registry::Registry;

/// What all nodes of a client share.
#[derive(Debug)]
pub(crate) struct NodeShared {
    pub(crate) config: Arc<Config>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) events: Arc<Events>,
    pub(crate) cache: Option<Arc<Cache>>,
    pub(crate) runtime: Handle,
}

/// What a node said of itself when it was last dialled.
#[derive(Debug, Default)]
pub(crate) struct NodeFacts {
    availability_zone: Mutex<Option<Arc<str>>>,
    /// How many bytes it was behind its primary, if it is a replica, and when that was said.
    lag: Mutex<Option<(u64, Instant)>>,
    /// Whether it was told to be down last.
    down: AtomicBool,
}

impl NodeFacts {
    /// Says once that `node` can't be reached, and once that it can again, however many of its
    /// connections notice.
    fn tell_down(&self, node: &NodeAddr, down: Option<&Arc<str>>, events: &Events) {
        if self.down.swap(down.is_some(), Ordering::AcqRel) == down.is_some() {
            return;
        }
        let node = node.clone();
        events.tell(&match down {
            Some(cause) => TopologyEvent::Down { node, cause: cause.clone() },
            None => TopologyEvent::Up { node },
        });
    }

    fn learn(&self, greeting: &Greeting) {
        self.availability_zone.lock().clone_from(&greeting.availability_zone);
    }

    /// Notes how far it is behind; `None`: so far that it does not count.
    pub(crate) fn set_lag(&self, bytes: Option<u64>) {
        *self.lag.lock() = bytes.map(|bytes| (bytes, Instant::now()));
    }

    /// How far it was behind when that was last said, and when that was.
    pub(crate) fn lag(&self) -> Option<(u64, Instant)> {
        *self.lag.lock()
    }

    pub(crate) fn availability_zone(&self) -> Option<Arc<str>> {
        self.availability_zone.lock().clone()
    }
}

/// A node of the cluster. It connects when it is first used; dropping the last handle closes its
/// connections.
#[derive(Debug)]
pub(crate) struct NodeHandle {
    addr: NodeAddr,
    muxes: Box<[Arc<Mux>]>,
    /// For reads that a replica may answer. They are others than the primary's, because a
    /// connection that said READONLY would answer from old data when its node loses its role.
    replica_mux: Arc<Mux>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) facts: Arc<NodeFacts>,
    pub(crate) budget: RetryBudget,
}

impl NodeHandle {
    pub(crate) fn new(addr: NodeAddr, shared: &Arc<NodeShared>) -> Self {
        let facts = Arc::new(NodeFacts::default());
        let mux =
            |purpose| Arc::new(Mux::new(addr.clone(), shared.clone(), purpose, facts.clone()));
        let usual = Purpose { tracking: shared.cache.is_some(), ..Purpose::default() };
        let reads = Purpose { replica_reads: true, ..Purpose::default() };
        let count = shared.config.connections_per_node.max(1);
        Self {
            muxes: (0..count).map(|_| mux(usual)).collect(),
            replica_mux: mux(reads),
            pool: Arc::new(Pool::new(addr.clone(), shared.clone())),
            facts,
            budget: RetryBudget::default(),
            addr,
        }
    }

    pub(crate) fn addr(&self) -> &NodeAddr {
        &self.addr
    }

    /// The connection for `slot`: always the same one, so that requests of one slot stay in order.
    pub(crate) fn mux(&self, slot: Option<Slot>) -> &Arc<Mux> {
        let slot = slot.map_or(0, |slot| usize::from(slot.get()));
        &self.muxes[if self.muxes.len() == 1 { 0 } else { slot % self.muxes.len() }]
    }

    /// The connection for reads that a replica may answer.
    pub(crate) fn replica_mux(&self) -> &Arc<Mux> {
        &self.replica_mux
    }

    /// All shared connections.
    pub(crate) fn muxes(&self) -> impl Iterator<Item = &Arc<Mux>> {
        self.muxes.iter().chain([&self.replica_mux])
    }

    /// Gives back the requests that wait for a connection, so that they are routed anew.
    pub(crate) fn reroute_waiting(&self) {
        self.muxes().for_each(|mux| mux.reroute_waiting());
    }

    /// Whether every connection failed when it was last tried.
    pub(crate) fn is_down(&self) -> bool {
        self.muxes.iter().all(|mux| mux.is_down()) || self.replica_mux.is_down()
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        self.muxes().for_each(|mux| mux.close());
    }
}
