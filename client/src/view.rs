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
use crate::events::{Events, TopologyEvent};
use crate::node::{Mux, NodeHandle, NodeShared, Registry, Sending};
use crate::replicas::{Choice, ReadFrom, choose};
use crate::request::{Body, Request};
use crate::router::{Plan, Query, route};
use crate::slot::Slot;
use crate::stats::Counters;
use crate::table::{Flags, known};
use crate::topology::actor::{Looking, Sink};
use crate::topology::gate::REFILL;
use crate::topology::hints::{Hint, Hints};
use crate::topology::{ReplicaState, Replication, SlotOverlay, Snapshot};

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
    pub(crate) events: Arc<Events>,
    pub(crate) cache: Option<Arc<Cache>>,
    /// Counts reads, so that replicas take turns.
    turn: AtomicUsize,
    /// The shard whose replicas are looked at next.
    looked_at: AtomicUsize,
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
            events: shared.events.clone(),
            cache: shared.cache.clone(),
            turn: AtomicUsize::new(0),
            looked_at: AtomicUsize::new(0),
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
        let shards = view.snapshot.shards().len() as u32;
        let nodes: smallvec::SmallVec<[usize; 8]> =
            std::iter::once(shard.primary).chain(shard.replicas.iter().copied()).collect();
        let choices: smallvec::SmallVec<[Choice; 8]> = nodes
            .iter()
            .enumerate()
            .map(|(at, index)| {
                let handle = &view.handles[*index];
                let usable = match at {
                    0 => !handle.is_down(),
                    _ => !handle.replica_mux().is_down() && self.is_fresh(handle, shards),
                };
                Choice { primary: at == 0, usable, zone: handle.facts.availability_zone() }
            })
            .collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = choose(from, &choices, turn).filter(|at| *at != 0)?;
        Some(Place { node: view.handles[nodes[chosen]].clone(), replica: true })
    }

    /// Whether a replica was near enough to its primary when that was last looked at, and that is
    /// not too long ago: the looks go round the `shards`.
    fn is_fresh(&self, replica: &NodeHandle, shards: u32) -> bool {
        let Some(max) = self.config.replica_lag_max else { return true };
        let valid_for = REFILL * (2 * shards + 2);
        let known = replica.facts.lag();
        let fresh = known.is_some_and(|(lag, at)| lag <= max && at.elapsed() <= valid_for);
        if !fresh {
            self.counters.lagging_reads.add(1);
        }
        fresh
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
        let (from_addr, to_addr) = (from.clone(), to.clone());
        self.events.tell(&TopologyEvent::Promoted { from: from_addr, to: to_addr });
        let view = View { snapshot, handles, overlay, since: Instant::now() };
        self.replace(&old, view, Slot::all());
        old.handles.iter().filter(|h| h.addr() == from).for_each(|h| h.reroute_waiting());
    }

    /// Routes by `new` from now on, forgets what was cached of those `slots` that have another owner
    /// in it, and tells who listens.
    fn replace(&self, old: &View, new: View, slots: impl Iterator<Item = Slot>) -> Arc<View> {
        let mut moved: Vec<Slot> =
            slots.filter(|slot| old.owner(*slot) != new.owner(*slot)).collect();
        moved.sort_unstable();
        let new = Arc::new(new);
        self.view.store(new.clone());
        if !moved.is_empty() {
            if let Some(cache) = &self.cache {
                cache.slots_moved(|slot| moved.binary_search(&slot).is_ok());
            }
            self.events.tell(&TopologyEvent::SlotsMoved(moved.into()));
        }
        new
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

    /// Where requests of `slot` go.
    pub(crate) fn owner(&self, slot: Slot) -> Option<&NodeAddr> {
        match self.overlay.get(slot) {
            Some(learned) => Some(learned.node.addr()),
            None => self.snapshot.primary_addr(slot),
        }
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

/// Seconds without an acknowledgement after which a replica counts as cut off: they come every
/// second.
const SILENT_S_MAX: u64 = 5;

/// How far the replica at `addr` is behind; `None` if that is not known or it is cut off.
fn lag_of(told: &Replication, addr: &NodeAddr) -> Option<u64> {
    let same_port = || told.replicas.iter().filter(|replica| replica.port == addr.port());
    // The primary may know it by another name than we do; then the port tells, if it is the only one.
    let found = same_port().find(|replica| replica.host == addr.host());
    let found: &ReplicaState = found.or_else(|| {
        let mut others = same_port();
        others.next().filter(|_| others.next().is_none())
    })?;
    (found.online && found.silent_s <= SILENT_S_MAX).then(|| told.behind(found))
}

fn adopted(old: &Snapshot, new: &Snapshot) -> TopologyEvent {
    let only_in = |one: &Snapshot, other: &Snapshot| -> Arc<[NodeAddr]> {
        let known: HashSet<&NodeAddr> = other.nodes().iter().map(|node| &node.addr).collect();
        let new = one.nodes().iter().filter(|node| !known.contains(&node.addr));
        new.map(|node| node.addr.clone()).collect()
    };
    let (joined, left) = (only_in(new, old), only_in(old, new));
    TopologyEvent::Adopted { version: new.version(), joined, left }
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
        self.events.tell(&adopted(&old.snapshot, &snapshot));
        let view = View::new(Arc::new(snapshot), &self.registry, overlay);
        let mut keep: HashSet<NodeAddr> =
            view.snapshot.nodes().iter().map(|node| node.addr.clone()).collect();
        keep.extend(view.overlay.iter().map(|(_, learned)| learned.node.addr().clone()));
        let view = self.replace(&old, view, Slot::all());
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
        for (slot, addr) in &moved {
            if let Some(node) = self.registry.get_stranger(addr, old.handles.len()) {
                overlay.set(*slot, Learned { node, seen_at });
            }
        }
        let (snapshot, handles, since) = (old.snapshot.clone(), old.handles.clone(), old.since);
        self.replace(&old, View { snapshot, handles, overlay, since }, moved.into_keys());
    }

    fn is_contradicted(&self, asked_at: Instant) -> bool {
        let view = self.view.load();
        view.overlay.iter().any(|(slot, learned)| {
            learned.seen_at <= asked_at
                && view.snapshot.primary_addr(slot) != Some(learned.node.addr())
        })
    }

    fn is_down(&self, addr: &NodeAddr) -> bool {
        let view = self.view.load();
        view.handles.iter().any(|handle| handle.addr() == addr && handle.is_down())
    }

    fn look_at_replicas(&self) -> Option<Looking> {
        let view = self.view.load_full();
        let shards = view.snapshot.shards();
        let first = self.looked_at.load(Ordering::Relaxed);
        let can_tell = |at: &usize| {
            let shard = &shards[*at];
            !shard.replicas.is_empty() && !view.handles[shard.primary].is_down()
        };
        let at = (0..shards.len()).map(|n| (first + n) % shards.len()).find(can_tell)?;
        self.looked_at.store(at + 1, Ordering::Relaxed);
        let primary = view.handles[shards[at].primary].clone();
        let replicas: Vec<Arc<NodeHandle>> =
            shards[at].replicas.iter().map(|at| view.handles[*at].clone()).collect();
        let deadline = Instant::now() + self.config.topology_timeout;
        let mut body = Body::new(&known::INFO);
        body.push(b"replication");
        let sending = Sending { may_probe: false, ..Sending::now(deadline) };
        let asked = primary.mux(None).submit(&body, sending).ok()?;
        Some(Box::pin(async move {
            let Ok(Ok(reply)) = asked.await else { return };
            let told = reply.as_str().and_then(Replication::parse);
            for replica in replicas {
                let told = told.as_ref();
                replica.facts.set_lag(told.and_then(|told| lag_of(told, replica.addr())));
            }
        }))
    }
}
