//! The table of nodes: adding, deleting, renaming; who replicates whom; shards; the blacklist.

use super::{Cluster, Output};
use crate::cluster::NodeId;
use crate::cluster::message::NodeFlags;
use crate::cluster::node::{LinkId, Node, NodeKey};

impl Cluster {
    /// # Panics
    /// If there is a node of this id.
    pub(super) fn insert_node(&mut self, node: Node) -> NodeKey {
        self.next_key += 1;
        let key = NodeKey(self.next_key);
        let clash = self.by_id.insert(node.id, key);
        assert!(clash.is_none(), "two nodes with the id {}", node.id);
        self.nodes.insert(key, node);
        key
    }

    /// A node of an id known from elsewhere; its shard is not known yet, so it gets one of its own.
    pub(super) fn new_node(&mut self, id: NodeId, flags: NodeFlags) -> Node {
        let shard = NodeId::random(&mut self.rng);
        Node::new(id, shard, flags, self.now)
    }

    /// A node known by its address only. Its id is made up until it tells its own.
    pub(super) fn new_handshake(&mut self, flags: NodeFlags) -> Node {
        let id = NodeId::random(&mut self.rng);
        self.new_node(id, flags.or(NodeFlags::HANDSHAKE))
    }

    pub(super) fn delete_node(&mut self, key: NodeKey) {
        assert!(!self.is_me(key), "a node does not delete itself");
        self.delete_all_slots_of(key);
        self.importing.retain(|_, source| *source != key);
        self.migrating.retain(|_, target| *target != key);
        for node in self.nodes.values_mut() {
            node.reports.retain(|report| report.from != key);
        }
        let node = self.node(key);
        let (links, replicas, primary) =
            ([node.link, node.inbound], node.replicas.clone(), node.replica_of);
        for replica in replicas {
            self.node_mut(replica).replica_of = None;
        }
        if let Some(primary) = primary {
            self.remove_replica(primary, key);
        }
        for link in links.into_iter().flatten() {
            self.close_link(link);
        }
        let node = self.nodes.remove(&key).expect("it was there above");
        self.by_id.remove(&node.id);
    }

    /// The end of a handshake: the node has told its id.
    pub(super) fn rename_node(&mut self, key: NodeKey, id: NodeId) {
        let old = std::mem::replace(&mut self.node_mut(key).id, id);
        self.by_id.remove(&old);
        let clash = self.by_id.insert(id, key);
        assert!(clash.is_none(), "two nodes with the id {id}");
    }

    pub(super) fn add_replica(&mut self, primary: NodeKey, replica: NodeKey) {
        self.node_mut(replica).replica_of = Some(primary);
        let mut replicas = self.node(primary).replicas.clone();
        if !replicas.contains(&replica) {
            replicas.push(replica);
            replicas.sort_by_key(|key| self.node(*key).id);
        }
        let node = self.node_mut(primary);
        node.replicas = replicas;
        node.flags.set(NodeFlags::MIGRATE_TO, true);
    }

    pub(super) fn remove_replica(&mut self, primary: NodeKey, replica: NodeKey) {
        self.node_mut(replica).replica_of = None;
        let node = self.node_mut(primary);
        node.replicas.retain(|key| *key != replica);
        if node.replicas.is_empty() {
            node.flags.set(NodeFlags::MIGRATE_TO, false);
        }
    }

    /// A node that we held for a replica is a primary now.
    pub(super) fn set_primary_role(&mut self, key: NodeKey) {
        let node = self.node(key);
        if node.is_primary() {
            return;
        }
        tracing::info!("Reconfiguring node {node} as primary for shard {}", node.shard);
        if let Some(primary) = node.replica_of {
            self.remove_replica(primary, key);
            if !self.is_me(key) {
                self.node_mut(key).flags.set(NodeFlags::MIGRATE_TO, true);
            }
        }
        let node = self.node_mut(key);
        node.flags.set(NodeFlags::REPLICA, false);
        node.flags.set(NodeFlags::PRIMARY, true);
        if self.is_me(key) {
            self.outputs.push(Output::Lead);
        }
        self.save(false);
        self.update_state_soon();
    }

    /// This node becomes a replica of `primary`. It must have no slots.
    pub(super) fn follow(&mut self, primary: NodeKey, close_slots: bool) {
        assert!(!self.is_me(primary) && self.myself().slots.is_empty());
        let me = self.myself;
        if let Some(old) = self.node(me).replica_of {
            self.remove_replica(old, me);
        }
        let node = self.node_mut(me);
        node.flags.set(NodeFlags::PRIMARY.or(NodeFlags::MIGRATE_TO), false);
        node.flags.set(NodeFlags::REPLICA, true);
        if close_slots {
            self.migrating.clear();
            self.importing.clear();
        }
        self.add_replica(primary, me);
        let shard = self.node(primary).shard;
        self.set_shard(me, shard);
        self.announce_primary_address(primary);
        self.save(true);
        self.update_state_soon();
        self.todo.broadcast_pong = true;
    }

    /// Tells the engine where the node is that this one follows.
    pub(super) fn announce_primary_address(&mut self, primary: NodeKey) {
        if self.myself().replica_of == Some(primary) {
            let node = self.node(primary);
            let port =
                if self.settings.tls_cluster { node.address.tls_port } else { node.address.port };
            let output = Output::Follow { primary: node.id, ip: node.address.ip.clone(), port };
            self.outputs.push(output);
        }
    }

    /// Takes what a node says of its shard. A replica is in the shard of its primary, whatever it
    /// says, and takes the replicas that we know along.
    pub(super) fn set_shard(&mut self, key: NodeKey, shard: NodeId) {
        let node = self.node(key);
        if node.is_replica() && self.node(self.primary_of(key)).shard != shard {
            tracing::info!("Shard id {shard} of node {node} is not that of its primary: rejected");
            return;
        }
        if node.shard != shard {
            self.node_mut(key).shard = shard;
            self.save(false);
        }
        let me = self.myself;
        if self.node(me).replica_of == Some(key) && self.node(me).shard != shard {
            self.node_mut(me).shard = shard;
            self.save(true);
        }
    }

    /// The connected links to everybody that is more than a handshake.
    pub(super) fn peers(&self) -> Vec<LinkId> {
        (self.nodes.values())
            .filter(|node| !node.is(NodeFlags::MYSELF.or(NodeFlags::HANDSHAKE)))
            .filter_map(|node| node.link)
            .collect()
    }

    pub(super) fn seconds(&self) -> u64 {
        self.now / 1000
    }

    /// Forgets a node and does not take it back from gossip for `ttl` seconds.
    pub(super) fn forget_node(&mut self, key: NodeKey, ttl: u64) {
        self.drop_expired_blacklist();
        let id = self.node(key).id;
        self.blacklist.insert(id, self.seconds().saturating_add(ttl));
        self.delete_node(key);
        self.update_state_soon();
        self.save(false);
    }

    pub(super) fn is_blacklisted(&mut self, id: &NodeId) -> bool {
        self.drop_expired_blacklist();
        self.blacklist.contains_key(id)
    }

    pub(super) fn drop_expired_blacklist(&mut self) {
        let now = self.seconds();
        self.blacklist.retain(|_, expire| *expire >= now);
    }
}
