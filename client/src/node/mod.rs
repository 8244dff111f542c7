//! One node: its connections, and what is owed to it.

mod backoff;
mod budget;
mod link;
mod mux;
mod registry;

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::slot::Slot;
use crate::stats::Counters;
use crate::topology::hints::Hints;

pub(crate) use budget::RetryBudget;
pub(crate) use mux::{Lost, Mux, Outcome, Why};
pub(crate) use registry::Registry;

/// What all nodes of a client share.
#[derive(Debug)]
pub(crate) struct NodeShared {
    pub(crate) config: Arc<Config>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) runtime: Handle,
}

/// A node of the cluster. It connects when it is first used; dropping the last handle closes its
/// connections.
#[derive(Debug)]
pub(crate) struct NodeHandle {
    addr: NodeAddr,
    muxes: Box<[Arc<Mux>]>,
    pub(crate) budget: RetryBudget,
}

impl NodeHandle {
    pub(crate) fn new(addr: NodeAddr, shared: &Arc<NodeShared>) -> Self {
        let count = shared.config.connections_per_node.max(1);
        let muxes = (0..count).map(|_| Arc::new(Mux::new(addr.clone(), shared.clone()))).collect();
        Self { addr, muxes, budget: RetryBudget::default() }
    }

    pub(crate) fn addr(&self) -> &NodeAddr {
        &self.addr
    }

    /// The connection for `slot`: always the same one, so that requests of one slot stay in order.
    pub(crate) fn mux(&self, slot: Option<Slot>) -> &Arc<Mux> {
        let slot = slot.map_or(0, |slot| usize::from(slot.get()));
        &self.muxes[if self.muxes.len() == 1 { 0 } else { slot % self.muxes.len() }]
    }

    /// Gives back the requests that wait for a connection, so that they are routed anew.
    pub(crate) fn reroute_waiting(&self) {
        self.muxes.iter().for_each(|mux| mux.reroute_waiting());
    }

    /// Whether every connection failed when it was last tried.
    pub(crate) fn is_down(&self) -> bool {
        self.muxes.iter().all(|mux| mux.is_down())
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        self.muxes.iter().for_each(|mux| mux.close());
    }
}
