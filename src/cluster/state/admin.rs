//! What operators order with CLUSTER commands.

use std::net::IpAddr;

use super::Cluster;
use crate::cluster::NodeId;
use crate::cluster::message::NodeFlags;
use crate::cluster::node::{Address, NodeKey};
use crate::cluster::settings::{EndpointType, Millis};
use crate::cluster::{SLOTS, SlotSet};

/// Why an order is refused, in the words of Valkey 9.1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    #[error("ERR Slot {0} is already busy")]
    SlotBusy(u16),
    #[error("ERR Slot {0} is already unassigned")]
    SlotUnassigned(u16),
    #[error("ERR Slot {0} specified multiple times")]
    SlotTwice(u16),
    #[error("ERR Unknown node {0}")]
    UnknownNode(String),
    #[error("ERR I don't know about node {0}")]
    DontKnowNode(String),
    #[error("ERR I tried hard but I can't forget myself...")]
    ForgetMyself,
    #[error("ERR Can't forget my master!")]
    ForgetMyPrimary,
    #[error("ERR Please use SETSLOT only with masters.")]
    SetSlotOnReplica,
    #[error("ERR I'm not the owner of hash slot {0}")]
    NotOwner(u16),
    #[error("ERR I'm already the owner of hash slot {0}")]
    AlreadyOwner(u16),
    #[error("ERR Target node is not a master")]
    TargetNotPrimary,
    #[error("ERR Target node is myself")]
    TargetIsMyself,
    #[error(
        "ERR Can't assign hashslot {0} to a different node while I still hold keys for this hash \
         slot."
    )]
    SlotHasKeys(u16),
    #[error("ERR Invalid config epoch specified: {0}")]
    InvalidEpoch(i64),
    #[error(
        "ERR The user can assign a config epoch only when the node does not know any other node."
    )]
    EpochOfMember,
    #[error("ERR Node config epoch is already non-zero")]
    EpochAlreadySet,
    #[error("ERR The specified node is not a master")]
    NotPrimary,
    #[error("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.")]
    FlushSlotsWithKeys,
    #[error("ERR CLUSTER RESET can't be called with master nodes containing keys")]
    ResetWithKeys,
    #[error("ERR Can't replicate myself")]
    ReplicateMyself,
    #[error("ERR I can only replicate a master, not a replica.")]
    ReplicateReplica,
    #[error("ERR To set a master the node must be empty and without assigned slots.")]
    ReplicateNotEmpty,
    #[error("ERR This node cannot follow a primary")]
    ReplicateUnsupported,
    #[error("ERR You should send CLUSTER FAILOVER to a replica")]
    FailoverOfPrimary,
    #[error("ERR I'm a replica but my master is unknown to me")]
    PrimaryUnknown,
}

/// What CLUSTER SETSLOT orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetSlot<'a> {
    Migrating(&'a [u8]),
    Importing(&'a [u8]),
    Stable,
    Node(&'a [u8]),
}

impl Cluster {
    /// Looks a node up by what a client calls it.
    pub fn find_named(&self, id: &[u8]) -> Result<NodeKey, AdminError> {
        let key = NodeId::parse(id).and_then(|id| self.find(&id));
        key.ok_or_else(|| AdminError::UnknownNode(String::from_utf8_lossy(id).into_owned()))
    }

    /// Starts a handshake with whoever listens there.
    pub fn meet(&mut self, now: Millis, ip: IpAddr, port: u16, bus_port: u16) {
        self.now = now;
        let ip = ip.to_string();
        let tls = self.settings.tls_cluster;
        let under_way = self.nodes.values().any(|node| {
            let known_port = if tls { node.address.tls_port } else { node.address.port };
            node.is(NodeFlags::HANDSHAKE)
                && node.address.ip == ip
                && (known_port, node.address.bus_port) == (port, bus_port)
        });
        if under_way {
            return;
        }
        let (plain, tls_port) = if tls { (0, port) } else { (port, 0) };
        let mut node = self.new_handshake(NodeFlags::MEET);
        node.address = Address { ip, port: plain, tls_port, bus_port };
        let key = self.insert_node(node);
        self.connect(key);
    }

    pub fn forget(&mut self, now: Millis, id: &[u8]) -> Result<(), AdminError> {
        self.now = now;
        let known = NodeId::parse(id);
        let Some(key) = known.and_then(|id| self.find(&id)) else {
            // Another node may have told us to forget it since.
            let forgotten = known.is_some_and(|id| self.is_blacklisted(&id));
            let unknown = || AdminError::UnknownNode(String::from_utf8_lossy(id).into_owned());
            return if forgotten { Ok(()) } else { Err(unknown()) };
        };
        if self.is_me(key) {
            return Err(AdminError::ForgetMyself);
        }
        if self.myself().replica_of == Some(key) {
            return Err(AdminError::ForgetMyPrimary);
        }
        let ttl = self.settings.blacklist_ttl;
        self.forget_node(key, ttl);
        Ok(())
    }

    /// Whether all of these slots are unassigned, and given once.
    pub fn check_takeable(
        &self,
        slots: impl IntoIterator<Item = u16>,
    ) -> Result<SlotSet, AdminError> {
        let mut taken = SlotSet::new();
        for slot in slots {
            if self.owner(slot).is_some() {
                return Err(AdminError::SlotBusy(slot));
            }
            if !taken.insert(slot) {
                return Err(AdminError::SlotTwice(slot));
            }
        }
        Ok(taken)
    }

    /// Whether all of these slots are assigned, and given once.
    pub fn check_droppable(
        &self,
        slots: impl IntoIterator<Item = u16>,
    ) -> Result<SlotSet, AdminError> {
        let mut dropped = SlotSet::new();
        for slot in slots {
            if self.owner(slot).is_none() {
                return Err(AdminError::SlotUnassigned(slot));
            }
            if !dropped.insert(slot) {
                return Err(AdminError::SlotTwice(slot));
            }
        }
        Ok(dropped)
    }

    /// Takes unassigned slots. All or none; the first problem in the order given is reported.
    pub fn take_slots(&mut self, slots: impl IntoIterator<Item = u16>) -> Result<(), AdminError> {
        let taken = self.check_takeable(slots)?;
        for slot in taken.iter() {
            self.importing.remove(&slot);
            self.add_slot(self.myself, slot);
        }
        self.slots_changed();
        Ok(())
    }

    /// Unassigns slots, whoever has them, as far as this node is concerned.
    pub fn drop_slots(&mut self, slots: impl IntoIterator<Item = u16>) -> Result<(), AdminError> {
        let dropped = self.check_droppable(slots)?;
        for slot in dropped.iter() {
            self.importing.remove(&slot);
            self.delete_slot(slot);
        }
        self.slots_changed();
        Ok(())
    }

    /// CLUSTER FLUSHSLOTS.
    pub fn flush_slots(&mut self, has_keys: bool) -> Result<(), AdminError> {
        if has_keys {
            return Err(AdminError::FlushSlotsWithKeys);
        }
        self.delete_all_slots_of(self.myself);
        self.slots_changed();
        Ok(())
    }

    fn slots_changed(&mut self) {
        self.save(false);
        self.update_state_soon();
    }

    /// CLUSTER BUMPEPOCH: the epoch, and whether it is a new one.
    pub fn bump_epoch_by_order(&mut self) -> (u64, bool) {
        let bumped = self.bump_epoch();
        (self.myself().config_epoch, bumped)
    }

    /// Gives a node that is alone its config epoch, so that the nodes of a new cluster need not
    /// find out by collisions.
    pub fn set_config_epoch(&mut self, epoch: i64) -> Result<(), AdminError> {
        let Ok(wanted) = u64::try_from(epoch) else {
            return Err(AdminError::InvalidEpoch(epoch));
        };
        if self.nodes.len() > 1 {
            return Err(AdminError::EpochOfMember);
        }
        if self.myself().config_epoch != 0 {
            return Err(AdminError::EpochAlreadySet);
        }
        self.node_mut(self.myself).config_epoch = wanted;
        tracing::info!("configEpoch set to {wanted} via CLUSTER SET-CONFIG-EPOCH");
        self.current_epoch = self.current_epoch.max(wanted);
        self.slots_changed();
        Ok(())
    }

    /// Forgets everybody and everything; `hard` makes the node another one.
    pub fn reset(&mut self, now: Millis, hard: bool, has_keys: bool) -> Result<(), AdminError> {
        self.now = now;
        let me = self.myself;
        let was_replica = self.node(me).is_replica();
        if self.node(me).is_primary() && has_keys {
            return Err(AdminError::ResetWithKeys);
        }
        self.set_primary_role(me);
        self.migrating.clear();
        self.importing.clear();
        for slot in 0..SLOTS {
            self.delete_slot(slot);
        }
        let others: Vec<NodeKey> = self.nodes.keys().copied().filter(|key| *key != me).collect();
        for key in others {
            self.delete_node(key);
        }
        self.blacklist.clear();
        if hard {
            self.current_epoch = 0;
            self.last_vote_epoch = 0;
            self.node_mut(me).config_epoch = 0;
            let id = NodeId::random(&mut self.rng);
            self.rename_node(me, id);
            tracing::info!("Node hard reset, now I'm {id}");
            // A peer would take our next ping on an old connection for one of the node we were.
            let links: Vec<_> = self.links.keys().copied().collect();
            for link in links {
                self.close_link(link);
            }
        }
        if hard || was_replica {
            let shard = NodeId::random(&mut self.rng);
            self.node_mut(me).shard = shard;
        }
        self.save(true);
        self.update_state_soon();
        Ok(())
    }

    /// Opens, closes or gives away a slot. `keys_in_slot` counts the keys that this node holds.
    pub fn set_slot(
        &mut self,
        slot: u16,
        order: SetSlot<'_>,
        keys_in_slot: usize,
    ) -> Result<(), AdminError> {
        if self.myself().is_replica() {
            return Err(AdminError::SetSlotOnReplica);
        }
        let mine = self.owner(slot) == Some(self.myself);
        match order {
            SetSlot::Migrating(id) => {
                if !mine {
                    return Err(AdminError::NotOwner(slot));
                }
                let target = self.slot_peer(id)?;
                tracing::info!("Migrating slot {slot} to node {}", self.node(target));
                self.migrating.insert(slot, target);
            }
            SetSlot::Importing(id) => {
                if mine {
                    return Err(AdminError::AlreadyOwner(slot));
                }
                let source = self.slot_peer(id)?;
                tracing::info!("Importing slot {slot} from node {}", self.node(source));
                self.importing.insert(slot, source);
            }
            SetSlot::Stable => {
                tracing::info!("Marking slot {slot} stable");
                self.importing.remove(&slot);
                self.migrating.remove(&slot);
            }
            SetSlot::Node(id) => {
                let target = self.find_named(id)?;
                if self.node(target).is_replica() {
                    return Err(AdminError::TargetNotPrimary);
                }
                if mine && !self.is_me(target) && keys_in_slot > 0 {
                    return Err(AdminError::SlotHasKeys(slot));
                }
                self.assign_slot(slot, target, keys_in_slot);
            }
        }
        self.slots_changed();
        Ok(())
    }

    /// The other side of an open slot.
    fn slot_peer(&self, id: &[u8]) -> Result<NodeKey, AdminError> {
        let unknown = |_| AdminError::DontKnowNode(String::from_utf8_lossy(id).into_owned());
        let key = self.find_named(id).map_err(unknown)?;
        if self.is_me(key) {
            return Err(AdminError::TargetIsMyself);
        }
        if self.node(key).is_replica() {
            return Err(AdminError::TargetNotPrimary);
        }
        Ok(key)
    }

    fn assign_slot(&mut self, slot: u16, target: NodeKey, keys_in_slot: usize) {
        let me = self.myself;
        let node = self.node(target);
        tracing::info!("Assigning slot {slot} to node {node} in shard {}", node.shard);
        if keys_in_slot == 0 {
            self.migrating.remove(&slot);
        }
        let was_mine = self.owner(slot) == Some(me);
        self.delete_slot(slot);
        self.add_slot(target, slot);
        if was_mine && self.node(me).slots.is_empty() {
            let node = self.node(target);
            if self.settings.can_follow && self.settings.allow_replica_migration {
                tracing::info!(
                    "Lost my last slot during slot migration. Reconfiguring myself as a replica \
                     of {node} in shard {}",
                    node.shard
                );
                self.follow(target, true);
            } else {
                tracing::info!(
                    "My last slot was migrated to node {node} in shard {}. I am now an empty \
                     primary.",
                    node.shard
                );
            }
        }
        if target == me && self.importing.remove(&slot).is_some() {
            // The others believe the claim only if it comes with the greatest epoch.
            if self.bump_epoch() {
                tracing::info!("ConfigEpoch updated after importing slot {slot}");
            }
            self.todo.broadcast_pong = true;
        }
    }

    /// CLUSTER REPLICATE node-id.
    pub fn replicate(&mut self, id: &[u8], has_keys: bool) -> Result<(), AdminError> {
        let primary = self.find_named(id)?;
        if self.is_me(primary) {
            return Err(AdminError::ReplicateMyself);
        }
        if self.node(primary).is_replica() {
            return Err(AdminError::ReplicateReplica);
        }
        let me = self.myself();
        if me.is_primary() && (!me.slots.is_empty() || has_keys) {
            return Err(AdminError::ReplicateNotEmpty);
        }
        if me.replica_of == Some(primary) {
            return Ok(());
        }
        if !self.settings.can_follow {
            return Err(AdminError::ReplicateUnsupported);
        }
        self.follow(primary, true);
        Ok(())
    }

    /// CLUSTER REPLICATE NO ONE: a replica becomes an empty primary of a shard of its own.
    pub fn replicate_no_one(&mut self) {
        if self.myself().is_primary() {
            return;
        }
        self.set_primary_role(self.myself);
        self.migrating.clear();
        self.importing.clear();
        let shard = NodeId::random(&mut self.rng);
        self.set_shard(self.myself, shard);
        self.slots_changed();
        self.todo.broadcast_pong = true;
    }

    /// CLUSTER FAILOVER, which is for replicas.
    pub fn fail_over(&mut self) -> Result<(), AdminError> {
        if self.myself().is_primary() {
            return Err(AdminError::FailoverOfPrimary);
        }
        if self.myself().replica_of.is_none() {
            return Err(AdminError::PrimaryUnknown);
        }
        Err(AdminError::ReplicateUnsupported)
    }

    /// The replicas of a primary, sorted by id.
    pub fn replicas_of(&self, id: &[u8]) -> Result<&[NodeKey], AdminError> {
        let key = self.find_named(id)?;
        if self.node(key).is_replica() {
            return Err(AdminError::NotPrimary);
        }
        Ok(&self.node(key).replicas)
    }

    pub fn preferred_endpoint(&self) -> EndpointType {
        self.settings.preferred_endpoint
    }
}
