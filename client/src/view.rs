//! What requests see: snapshot, node handles and learned slots, behind one atomic pointer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::error::Error;
use crate::node::{NodeHandle, NodeShared, Registry};
use crate::router::{Plan, Query, route};
use crate::slot::Slot;
use crate::stats::Counters;
use crate::topology::actor::Sink;
use crate::topology::hints::{Hint, Hints};
use crate::topology::{SlotOverlay, Snapshot};

/// An owner that a redirection taught, and when.
#[derive(Debug, Clone)]
pub(crate) struct Learned {
    node: Arc<NodeHandle>,
    seen_at: Instant,
}

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    /// A handle for each node of the snapshot, in its order.
    handles: Vec<Arc<NodeHandle>>,
    overlay: SlotOverlay<Learned>,
}

/// Where a request goes, with handles instead of indexes.
pub(crate) enum Routed {
    Node(Arc<NodeHandle>),
    FanOut,
    Split,
}

/// The state of a client that all its clones and tasks share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) config: Arc<Config>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) registry: Registry,
    pub(crate) view: ArcSwap<View>,
    /// Only writers take it; there are two kinds, both in the topology actor.
    writing: Mutex<()>,
}

impl Core {
    pub(crate) fn new(shared: Arc<NodeShared>, snapshot: Snapshot) -> Self {
        let registry = Registry::new(shared.clone());
        let view = View::new(Arc::new(snapshot), &registry, SlotOverlay::default());
        Self {
            config: shared.config.clone(),
            counters: shared.counters.clone(),
            hints: shared.hints.clone(),
            registry,
            view: ArcSwap::from_pointee(view),
            writing: Mutex::new(()),
        }
    }

    /// Routes by the present view. One atomic load, no wait.
    pub(crate) fn route(&self, query: &Query) -> Result<Routed, Error> {
        let view = self.view.load();
        match route(query, &view.snapshot, &view.overlay) {
            Plan::Node(index) => Ok(Routed::Node(view.handles[index].clone())),
            Plan::Learned(learned) => Ok(Routed::Node(learned.node.clone())),
            Plan::AnyPrimary => view.any_primary().map(Routed::Node),
            Plan::FanOut => Ok(Routed::FanOut),
            Plan::Split => Ok(Routed::Split),
            Plan::Refuse(error) => {
                if matches!(error, Error::SlotNotCovered(_)) {
                    self.hints.raise(Hint::Uncovered);
                }
                Err(error)
            }
        }
    }

    /// The node that a redirection names.
    pub(crate) fn redirected(&self, addr: &NodeAddr) -> Option<Arc<NodeHandle>> {
        let known = self.view.load().handles.len();
        self.registry.get_stranger(addr, known)
    }
}

impl View {
    fn new(snapshot: Arc<Snapshot>, registry: &Registry, overlay: SlotOverlay<Learned>) -> Self {
        let handles = snapshot.nodes().iter().map(|node| registry.get(&node.addr)).collect();
        Self { snapshot, handles, overlay }
    }

    /// A random primary that is not known to be down, if there is one.
    pub(crate) fn any_primary(&self) -> Result<Arc<NodeHandle>, Error> {
        let primaries: Vec<usize> = self.snapshot.primaries().collect();
        if primaries.is_empty() {
            return Err(Error::NoRoute("no primary is known"));
        }
        let start = rand::random_range(0..primaries.len());
        let rotated = primaries[start..].iter().chain(&primaries[..start]);
        let pick = rotated.clone().find(|at| !self.handles[**at].is_down());
        Ok(self.handles[*pick.unwrap_or(&primaries[start])].clone())
    }

    /// All primaries, or all nodes.
    pub(crate) fn fan(&self, replicas_too: bool) -> Vec<Arc<NodeHandle>> {
        let nodes = self.snapshot.nodes().iter().zip(&self.handles);
        nodes.filter(|(node, _)| replicas_too || !node.replica).map(|(_, h)| h.clone()).collect()
    }
}

impl Sink for Core {
    fn current(&self) -> Arc<Snapshot> {
        self.view.load().snapshot.clone()
    }

    fn publish(&self, snapshot: Snapshot, asked_at: Instant) {
        let _writing = self.writing.lock();
        let old = self.view.load_full();
        // What was learned after the answer was asked for is newer than the answer.
        let mut overlay = SlotOverlay::default();
        for (slot, learned) in old.overlay.iter() {
            let agrees = snapshot
                .primary_of(slot)
                .is_some_and(|node| snapshot.nodes()[node].addr == *learned.node.addr());
            if learned.seen_at > asked_at && !agrees {
                overlay.set(slot, learned.clone());
            }
        }
        let view = View::new(Arc::new(snapshot), &self.registry, overlay);
        let mut keep: HashSet<NodeAddr> =
            view.snapshot.nodes().iter().map(|node| node.addr.clone()).collect();
        keep.extend(view.overlay.iter().map(|(_, learned)| learned.node.addr().clone()));
        let view = Arc::new(view);
        self.view.store(view.clone());
        self.registry.retain(&keep);
        // Who waits for a node that is not connected may have a better place now.
        for handle in old.handles.iter().chain(&view.handles) {
            handle.reroute_waiting();
        }
    }

    fn learn(&self, moved: HashMap<Slot, NodeAddr>) {
        let _writing = self.writing.lock();
        let old = self.view.load_full();
        let mut overlay = old.overlay.clone();
        let seen_at = Instant::now();
        for (slot, addr) in moved {
            if let Some(node) = self.registry.get_stranger(&addr, old.handles.len()) {
                overlay.set(slot, Learned { node, seen_at });
            }
        }
        let (snapshot, handles) = (old.snapshot.clone(), old.handles.clone());
        self.view.store(Arc::new(View { snapshot, handles, overlay }));
    }

    fn is_down(&self, addr: &NodeAddr) -> bool {
        let view = self.view.load();
        view.handles.iter().any(|handle| handle.addr() == addr && handle.is_down())
    }
}
