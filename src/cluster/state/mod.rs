//! The cluster as this node sees it: a state machine without sockets, clocks or files.
//!
//! Somebody else keeps the connections and calls in with what happened and when: a link was
//! [accepted](Cluster::accepted), [connected](Cluster::connected) or [closed](Cluster::closed), a
//! [message](Cluster::received) came, a tenth of a second passed ([`Cluster::tick`]), an operator
//! gave a command (`admin`). After one or several of these, [`Cluster::flush`] brings the state up
//! to date and hands out what is to be done, in order: save the configuration before any message
//! that tells others of it. Randomness comes from the seed given at the start, so a run can be
//! repeated.
//!
//! # Invariants
//! - `owners[slot] == Some(key)` exactly where `nodes[key].slots` contains `slot`.
//! - `by_id` has one entry per node; the ids are those in `nodes`.
//! - A link with a node is that node's `link` (outbound) or `inbound`, and the reverse.
//! - `replica_of` of a node names a node of the table, whose `replicas` names it.
//! - A node that owns slots is a primary in our eyes.

mod admin;
mod cron;
mod failure;
mod faults;
mod gossip;
mod health;
mod links;
mod nodes;
mod persist;
mod publish;
mod receive;
mod slots;
mod stats;
#[cfg(test)]
mod tests;
mod vote;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rand::{SeedableRng, rngs::StdRng};

pub use admin::{AdminError, SetSlot};
pub use cron::TICK;
pub use health::DownReason;
pub use links::Link;
pub use stats::BusStats;

use super::message::NodeFlags;
use super::node::{LinkId, Node, NodeKey};
use super::settings::{ClusterSettings, Millis};
use super::{NodeId, SLOTS, SlotSet};

/// What the caller of the state machine has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write [`Cluster::nodes_conf`] to disk before anything that follows.
    Save {
        fsync: bool,
    },
    Connect {
        link: LinkId,
        ip: String,
        port: u16,
    },
    Close {
        link: LinkId,
    },
    /// Bytes are shared: a broadcast encodes once.
    Send {
        link: LinkId,
        bytes: Arc<[u8]>,
    },
    /// Deliver to the subscribers of this node.
    Publish {
        sharded: bool,
        channel: Vec<u8>,
        message: Vec<u8>,
    },
    /// These slots went to another shard: keys still in them are to be deleted.
    SlotsLost(SlotSet),
    /// These slots have another owner, or none: who listens to their shard channels is to be told.
    SlotsMoved(SlotSet),
    /// This node's primary is now `primary`, or its address changed.
    Follow {
        primary: NodeId,
        ip: String,
        port: u16,
    },
    /// This node is no longer a replica.
    Lead,
}

/// What has to be done before the caller goes back to sleep.
#[derive(Debug, Default)]
struct Todo {
    update_state: bool,
    save: bool,
    fsync: bool,
    broadcast_pong: bool,
}

pub struct Cluster {
    settings: Arc<ClusterSettings>,
    rng: StdRng,
    now: Millis,
    nodes: BTreeMap<NodeKey, Node>,
    by_id: HashMap<NodeId, NodeKey>,
    next_key: u32,
    myself: NodeKey,
    /// Who serves each slot.
    owners: Vec<Option<NodeKey>>,
    /// Slots whose owner has stopped to claim them: a new owner is about to show up, and nobody
    /// may be told of the old one.
    unclaimed: SlotSet,
    /// Slots whose owner has changed since the last flush.
    moved: SlotSet,
    migrating: BTreeMap<u16, NodeKey>,
    importing: BTreeMap<u16, NodeKey>,
    current_epoch: u64,
    last_vote_epoch: u64,
    health: health::Health,
    links: BTreeMap<LinkId, Link>,
    next_link: u64,
    /// Forgotten nodes, and the second until which gossip does not bring them back.
    blacklist: BTreeMap<NodeId, u64>,
    stats: BusStats,
    faults: faults::Faults,
    /// What this node has written or applied of the replication stream.
    repl_offset: u64,
    ticks: u64,
    pings_sent: u64,
    todo: Todo,
    outputs: Vec<Output>,
    /// Grows whenever something changed that clients are told about.
    version: u64,
}

impl Cluster {
    /// A node that knows nobody yet. `seed` feeds all its random choices, its id included.
    pub fn new(settings: Arc<ClusterSettings>, seed: u64, now: Millis) -> Cluster {
        let mut cluster = Cluster::empty(settings, seed, now);
        let id = NodeId::random(&mut cluster.rng);
        let shard = NodeId::random(&mut cluster.rng);
        let myself = Node::new(id, shard, NodeFlags::MYSELF.or(NodeFlags::PRIMARY), now);
        cluster.myself = cluster.insert_node(myself);
        tracing::info!("No cluster configuration found, I'm {id}");
        cluster.announce_settings(None);
        cluster.save(true);
        cluster
    }

    /// No nodes at all, which no caller outside may see.
    fn empty(settings: Arc<ClusterSettings>, seed: u64, now: Millis) -> Cluster {
        Cluster {
            settings,
            rng: StdRng::seed_from_u64(seed),
            now,
            nodes: BTreeMap::new(),
            by_id: HashMap::new(),
            next_key: 0,
            myself: NodeKey(0),
            owners: vec![None; SLOTS as usize],
            unclaimed: SlotSet::new(),
            moved: SlotSet::new(),
            migrating: BTreeMap::new(),
            importing: BTreeMap::new(),
            current_epoch: 0,
            last_vote_epoch: 0,
            health: health::Health::default(),
            links: BTreeMap::new(),
            next_link: 0,
            blacklist: BTreeMap::new(),
            stats: BusStats::default(),
            faults: faults::Faults::default(),
            repl_offset: 0,
            ticks: 0,
            pings_sent: 0,
            todo: Todo::default(),
            outputs: Vec::new(),
            version: 0,
        }
    }

    pub fn settings(&self) -> &Arc<ClusterSettings> {
        &self.settings
    }

    pub fn myself(&self) -> &Node {
        self.node(self.myself)
    }

    pub fn my_key(&self) -> NodeKey {
        self.myself
    }

    /// The nodes in the order in which they came to be known.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeKey, &Node)> {
        self.nodes.iter().map(|(key, node)| (*key, node))
    }

    /// # Panics
    /// If the node was deleted.
    pub fn node(&self, key: NodeKey) -> &Node {
        self.nodes.get(&key).expect("keys of deleted nodes are not kept")
    }

    pub fn find(&self, id: &NodeId) -> Option<NodeKey> {
        self.by_id.get(id).copied()
    }

    pub fn owner(&self, slot: u16) -> Option<NodeKey> {
        self.owners[slot as usize]
    }

    /// The slots being handed over, and to whom.
    pub fn migrating(&self) -> &BTreeMap<u16, NodeKey> {
        &self.migrating
    }

    /// The slots being taken over, and from whom.
    pub fn importing(&self) -> &BTreeMap<u16, NodeKey> {
        &self.importing
    }

    pub fn current_epoch(&self) -> u64 {
        self.current_epoch
    }

    pub fn last_vote_epoch(&self) -> u64 {
        self.last_vote_epoch
    }

    pub fn stats(&self) -> &BusStats {
        &self.stats
    }

    pub fn reset_stats(&mut self) {
        self.stats = BusStats::default();
    }

    /// See the field.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The config epoch of a node, or of its primary if it is a replica.
    pub fn epoch_of(&self, key: NodeKey) -> u64 {
        let node = self.node(key);
        node.replica_of.map_or(node.config_epoch, |primary| self.node(primary).config_epoch)
    }

    /// The node at the top of the chain of primaries that begins at `key`.
    pub fn primary_of(&self, key: NodeKey) -> NodeKey {
        let mut top = key;
        while let Some(primary) = self.node(top).replica_of {
            top = primary;
            if top == key {
                break; // Two nodes that each follow the other, for a moment of a failover.
            }
        }
        top
    }

    /// What the engine knows of the replication stream.
    pub fn set_repl_offset(&mut self, offset: u64) {
        self.repl_offset = offset;
    }

    /// The offset of a node, this one included.
    pub fn repl_offset_of(&self, key: NodeKey) -> u64 {
        if key == self.myself { self.repl_offset } else { self.node(key).repl_offset }
    }

    fn node_mut(&mut self, key: NodeKey) -> &mut Node {
        self.nodes.get_mut(&key).expect("keys of deleted nodes are not kept")
    }

    fn is_me(&self, key: NodeKey) -> bool {
        key == self.myself
    }

    fn same_shard(&self, a: NodeKey, b: NodeKey) -> bool {
        self.node(a).shard == self.node(b).shard
    }

    fn save(&mut self, fsync: bool) {
        self.todo.save = true;
        self.todo.fsync |= fsync;
        self.version += 1;
    }

    fn update_state_soon(&mut self) {
        self.todo.update_state = true;
    }

    /// Brings the state up to date after the inputs since the last call and returns what is to be
    /// done.
    pub fn flush(&mut self, now: Millis) -> Vec<Output> {
        self.now = now;
        if std::mem::take(&mut self.todo.update_state) {
            self.update_health();
        }
        if std::mem::take(&mut self.todo.broadcast_pong) {
            self.broadcast_pong();
        }
        let todo = std::mem::take(&mut self.todo);
        let mut outputs = Vec::with_capacity(self.outputs.len() + 1);
        if todo.save {
            outputs.push(Output::Save { fsync: todo.fsync });
        }
        outputs.append(&mut self.outputs);
        if !self.moved.is_empty() {
            outputs.push(Output::SlotsMoved(std::mem::take(&mut self.moved)));
        }
        outputs
    }

    /// Takes settings that may have changed.
    pub fn set_settings(&mut self, settings: Arc<ClusterSettings>) {
        if *settings == *self.settings {
            return;
        }
        let before = std::mem::replace(&mut self.settings, settings);
        self.announce_settings(Some(&before));
        self.update_state_soon();
    }

    /// Makes what this node says of itself follow the settings.
    fn announce_settings(&mut self, before: Option<&ClusterSettings>) {
        let settings = self.settings.clone();
        let announce = &settings.announce;
        let or = |announced: u16, real: u16| if announced != 0 { announced } else { real };
        let me = self.node_mut(self.myself);
        me.address.port = or(announce.port, settings.port);
        me.address.tls_port = or(announce.tls_port, settings.tls_port);
        me.address.bus_port = or(announce.bus_port, settings.bus_listen_port());
        me.announce = announce.client.clone();
        if !announce.ip.is_empty() {
            me.address.ip.clone_from(&announce.ip);
        } else if before.is_some_and(|before| !before.announce.ip.is_empty()) {
            me.address.ip.clear(); // The next ping or MEET finds it out.
        }
        let understood = NodeFlags::EXTENSIONS.or(NodeFlags::LIGHT_PUBLISH);
        me.flags.set(understood.or(NodeFlags::LIGHT_MODULE), true);
        me.flags.set(NodeFlags::NOFAILOVER, settings.replica_no_failover);
        self.save(false);
    }
}
