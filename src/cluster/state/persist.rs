//! The state as `nodes.conf` keeps it.

use std::sync::Arc;

use super::Cluster;
use crate::cluster::NodeId;
use crate::cluster::message::NodeFlags;
use crate::cluster::node::{Node, NodeKey};
use crate::cluster::nodes_conf::{NodesConf, OpenSlot, SavedNode};
use crate::cluster::settings::{ClusterSettings, Millis};

impl Cluster {
    /// A node that was here before. `conf` names exactly one node as this one.
    pub fn load(
        conf: &NodesConf,
        settings: Arc<ClusterSettings>,
        seed: u64,
        now: Millis,
    ) -> Cluster {
        let mut cluster = Cluster::empty(settings, seed, now);
        cluster.current_epoch = conf.current_epoch;
        cluster.last_vote_epoch = conf.last_vote_epoch;
        for saved in &conf.nodes {
            let key = cluster.load_node(saved);
            if saved.flags.any(NodeFlags::MYSELF) {
                cluster.myself = key;
            }
        }
        for saved in &conf.nodes {
            cluster.load_relations(saved);
        }
        // A file changed by hand may lack this.
        cluster.current_epoch = cluster.max_epoch();
        tracing::info!("Node configuration loaded, I'm {}", cluster.myself().id);
        cluster.announce_settings(None);
        cluster
    }

    fn load_node(&mut self, saved: &SavedNode) -> NodeKey {
        let now = self.now;
        let mut node = self.new_node(saved.id, saved.flags);
        node.shard = saved.shard.unwrap_or(node.shard);
        node.address = saved.address.clone();
        node.announce = saved.announce.clone();
        node.ping_sent = if saved.ping_sent == 0 { 0 } else { now };
        node.pong_received = if saved.pong_received == 0 { 0 } else { now };
        node.fail_time = if saved.flags.any(NodeFlags::FAIL) { now } else { 0 };
        let replica = saved.flags.any(NodeFlags::REPLICA) && saved.replica_of.is_some();
        node.config_epoch = if replica { 0 } else { saved.config_epoch };
        let key = self.insert_node(node);
        for slot in saved.slots.iter() {
            self.add_slot(key, slot);
        }
        key
    }

    /// Whom a node replicates, and the slots that are open, once all nodes are there.
    fn load_relations(&mut self, saved: &SavedNode) {
        let key = self.find(&saved.id).expect("it was just loaded");
        if let Some(primary) = saved.replica_of.filter(|primary| *primary != saved.id) {
            let primary = self.find_or_add(primary);
            self.add_replica(primary, key);
            let shard = self.node(primary).shard;
            self.node_mut(key).shard = shard;
        }
        for OpenSlot { slot, peer, importing } in &saved.open {
            let peer = self.find_or_add(*peer);
            let open = if *importing { &mut self.importing } else { &mut self.migrating };
            open.insert(*slot, peer);
        }
    }

    fn find_or_add(&mut self, id: NodeId) -> NodeKey {
        match self.find(&id) {
            Some(key) => key,
            None => {
                let node = self.new_node(id, NodeFlags(0));
                self.insert_node(node)
            }
        }
    }

    /// What goes into the file: everything but handshakes.
    pub fn nodes_conf(&self) -> NodesConf {
        let nodes = (self.nodes())
            .filter(|(_, node)| !node.is(NodeFlags::HANDSHAKE))
            .map(|(key, node)| self.saved(key, node))
            .collect();
        let (current_epoch, last_vote_epoch) = (self.current_epoch, self.last_vote_epoch);
        NodesConf { nodes, current_epoch, last_vote_epoch }
    }

    fn saved(&self, key: NodeKey, node: &Node) -> SavedNode {
        SavedNode {
            id: node.id,
            shard: Some(node.shard),
            address: node.address.clone(),
            announce: node.announce.clone(),
            flags: node.flags,
            replica_of: node.replica_of.map(|primary| self.node(primary).id),
            ping_sent: node.ping_sent,
            pong_received: node.pong_received,
            config_epoch: self.epoch_of(key),
            connected: node.link.is_some() || key == self.my_key(),
            slots: node.slots.clone(),
            open: if key == self.my_key() { self.open_slots() } else { Vec::new() },
        }
    }

    /// The slots being moved, in their order.
    pub fn open_slots(&self) -> Vec<OpenSlot> {
        let open = |importing: bool| {
            move |(slot, key): (&u16, &NodeKey)| OpenSlot {
                slot: *slot,
                peer: self.node(*key).id,
                importing,
            }
        };
        let mut slots: Vec<OpenSlot> = self.migrating.iter().map(open(false)).collect();
        slots.extend(self.importing.iter().map(open(true)));
        slots.sort_by_key(|open| open.slot);
        slots.dedup_by_key(|open| open.slot);
        slots
    }
}
