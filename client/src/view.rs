//! What requests see: snapshot, node handles and learned slots, behind one atomic pointer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::cache::Cache;
use crate::error::Error;
use crate::node::{Mux, NodeHandle, NodeShared, Registry};
use crate::replicas::{Choice, ReadFrom, choose};
use crate::request::Request;
use crate::router::{Plan, Query, route};
use crate::slot::Slot;
use crate::stats::Counters;
use crate::table::Flags;
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
    /// An answer that was asked for before is older than this view.
    since: Instant,
}

/// A node, and whether it is to answer as a replica.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) node: Arc<NodeHandle>,
    pub(crate) replica: bool,
}

impl Place {
    pub(crate) fn of(node: Arc<NodeHandle>) -> Self {
        Self { node, replica: false }
    }

    pub(crate) fn mux(&self, slot: Option<Slot>) -> &Arc<Mux> {
        if self.replica { self.node.replica_mux() } else { self.node.mux(slot) }
    }

    pub(crate) fn is(&self, other: &Place) -> bool {
        Arc::ptr_eq(&self.node, &other.node) && self.replica == other.replica
    }
}

/// Where a request goes, with handles instead of indexes.
pub(crate) enum Routed {
    Node(Place),
    FanOut,
    Split,
}

/// The state of a client that all its clones and tasks share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) config: Arc<Config>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) cache: Option<Arc<Cache>>,
    /// Counts reads, so that replicas take turns.
    turn: AtomicUsize,
    pub(crate) registry: Registry,
    pub(crate) view: ArcSwap<View>,
    /// Only writers take it: the topology actor, and requests that found a promoted replica.
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
            cache: shared.cache.clone(),
            turn: AtomicUsize::new(0),
            registry,
            view: ArcSwap::from_pointee(view),
            writing: Mutex::new(()),
        }
    }

    /// Routes by the present view. One atomic load, no wait.
    pub(crate) fn route(&self, query: &Query) -> Result<Routed, Error> {
        let view = self.view.load();
        match route(query, &view.snapshot, &view.overlay) {
            Plan::Node(index) => Ok(Routed::Node(Place::of(view.handles[index].clone()))),
            Plan::Learned(learned) => Ok(Routed::Node(Place::of(learned.node.clone()))),
            Plan::AnyPrimary => view.any_primary().map(Place::of).map(Routed::Node),
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

    /// Routes `request`, to a replica if it only reads and that is wished.
    pub(crate) fn place(&self, request: &mut Request) -> Result<Routed, Error> {
        let query = request.query();
        let from = request.read_from.as_ref().unwrap_or(&self.config.read_from);
        if *from != ReadFrom::Primary
            && let Some(slot) = request.slot()
            && !query.blocking
            && query.info.is_some_and(|info| info.flags.has(Flags::READONLY))
            && let Some(place) = self.reader(from, slot)
        {
            self.counters.replica_reads.add(1);
            return Ok(Routed::Node(place));
        }
        self.route(&query)
    }

    /// The replica that answers the next read of `slot`; `None`: the primary.
    fn reader(&self, from: &ReadFrom, slot: Slot) -> Option<Place> {
        let view = self.view.load();
        if view.overlay.get(slot).is_some() {
            return None;
        }
        let shard = view.snapshot.shard_of(slot)?;
        let nodes: smallvec::SmallVec<[usize; 8]> =
            std::iter::once(shard.primary).chain(shard.replicas.iter().copied()).collect();
        let choices: smallvec::SmallVec<[Choice; 8]> = nodes
            .iter()
            .enumerate()
            .map(|(at, index)| {
                let handle = &view.handles[*index];
                let down = if at == 0 { handle.is_down() } else { handle.replica_mux().is_down() };
                Choice { primary: at == 0, usable: !down, zone: handle.facts.availability_zone() }
            })
            .collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = choose(from, &choices, turn).filter(|at| *at != 0)?;
        Some(Place { node: view.handles[nodes[chosen]].clone(), replica: true })
    }

    /// A replica of the shard whose primary `addr` can't be reached: it may have taken over.
    pub(crate) fn successor(&self, addr: &NodeAddr) -> Option<Place> {
        let view = self.view.load();
        let nodes = view.snapshot.nodes();
        let shard =
            view.snapshot.shards().iter().find(|shard| nodes[shard.primary].addr == *addr)?;
        let up: smallvec::SmallVec<[usize; 8]> =
            shard.replicas.iter().copied().filter(|at| !view.handles[*at].is_down()).collect();
        let at = *up.get(self.turn.fetch_add(1, Ordering::Relaxed) % up.len().max(1))?;
        Some(Place::of(view.handles[at].clone()))
    }

    /// `to` answered as the primary of the shard that `from` was the primary of.
    pub(crate) fn promote(&self, from: &NodeAddr, to: &NodeAddr) {
        let _writing = self.writing.lock();
        let old = self.view.load_full();
        let Some(snapshot) = old.snapshot.promoted(from, to) else { return };
        self.counters.promotions.add(1);
        let (handles, overlay) = (old.handles.clone(), old.overlay.clone());
        let snapshot = Arc::new(snapshot);
        self.forget_moved(&old.snapshot, &snapshot);
        self.view.store(Arc::new(View { snapshot, handles, overlay, since: Instant::now() }));
        old.handles.iter().filter(|h| h.addr() == from).for_each(|h| h.reroute_waiting());
    }

    fn forget_moved(&self, old: &Snapshot, new: &Snapshot) {
        if let Some(cache) = &self.cache {
            cache.slots_moved(|slot| old.primary_addr(slot) != new.primary_addr(slot));
        }
    }

    /// The node that a redirection names, or why it is not followed.
    pub(crate) fn stranger(&self, addr: &NodeAddr) -> Result<Arc<NodeHandle>, Error> {
        self.redirected(addr).ok_or(Error::NoRoute("redirected to too many unknown nodes"))
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
        Self { snapshot, handles, overlay, since: Instant::now() }
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
        if asked_at < old.since {
            return; // asked for before what is known now was found out
        }
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
        self.forget_moved(&old.snapshot, &snapshot);
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
        if let Some(cache) = &self.cache {
            cache.slots_moved(|slot| moved.contains_key(&slot));
        }
        for (slot, addr) in moved {
            if let Some(node) = self.registry.get_stranger(&addr, old.handles.len()) {
                overlay.set(slot, Learned { node, seen_at });
            }
        }
        let (snapshot, handles, since) = (old.snapshot.clone(), old.handles.clone(), old.since);
        self.view.store(Arc::new(View { snapshot, handles, overlay, since }));
    }

    fn is_down(&self, addr: &NodeAddr) -> bool {
        let view = self.view.load();
        view.handles.iter().any(|handle| handle.addr() == addr && handle.is_down())
    }
}
