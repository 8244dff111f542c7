//! Who serves which slot, and what happens when somebody claims slots with a newer epoch.

use super::{Cluster, Output};
use crate::cluster::message::NodeFlags;
use crate::cluster::node::NodeKey;
use crate::cluster::{SLOTS, SlotSet};

impl Cluster {
    /// Gives an unassigned slot to a node; false if it was assigned.
    pub(super) fn add_slot(&mut self, key: NodeKey, slot: u16) -> bool {
        if self.owners[slot as usize].is_some() {
            return false;
        }
        self.owners[slot as usize] = Some(key);
        self.unclaimed.remove(slot);
        let with_replicas = |node: &super::Node| !node.replicas.is_empty();
        let migration_target =
            self.node(key).slots.is_empty() && self.nodes.values().any(with_replicas);
        let node = self.node_mut(key);
        node.slots.insert(slot);
        // With its first slot a primary becomes one that replicas may come to, but not in a
        // cluster that has no replicas at all.
        if migration_target {
            node.flags.set(NodeFlags::MIGRATE_TO, true);
        }
        self.version += 1;
        true
    }

    /// Makes a slot unassigned; false if it was.
    pub(super) fn delete_slot(&mut self, slot: u16) -> bool {
        let Some(owner) = self.owners[slot as usize].take() else {
            return false;
        };
        self.node_mut(owner).slots.remove(slot);
        self.unclaimed.remove(slot);
        self.moved.insert(slot);
        self.version += 1;
        true
    }

    pub(super) fn delete_all_slots_of(&mut self, key: NodeKey) -> usize {
        let slots: Vec<u16> = self.node(key).slots.iter().collect();
        for &slot in &slots {
            self.delete_slot(slot);
        }
        slots.len()
    }

    /// Nobody serves the slot, or its owner has stopped to claim it.
    pub(super) fn is_unclaimed(&self, slot: u16) -> bool {
        self.owners[slot as usize].is_none() || self.unclaimed.contains(slot)
    }

    /// Everything that `from` has goes to `to`, after a failover in their shard.
    pub(super) fn move_slots(&mut self, from: NodeKey, to: NodeKey) -> usize {
        let slots = self.node(from).slots.clone();
        for slot in slots.iter() {
            self.delete_slot(slot);
            self.add_slot(to, slot);
        }
        for other in self.importing.values_mut().chain(self.migrating.values_mut()) {
            if *other == from {
                *other = to;
            }
        }
        slots.len().into()
    }

    pub(super) fn max_epoch(&self) -> u64 {
        let greatest = self.nodes.values().map(|node| node.config_epoch).max().unwrap_or(0);
        greatest.max(self.current_epoch)
    }

    /// Takes a new config epoch without asking anybody, unless ours is the greatest already. Two
    /// nodes may so come to the same epoch; [`Cluster::resolve_epoch_collision`] parts them.
    pub(super) fn bump_epoch(&mut self) -> bool {
        let mine = self.myself().config_epoch;
        if mine != 0 && mine == self.max_epoch() {
            return false;
        }
        self.take_next_epoch();
        tracing::info!("New configEpoch set to {}", self.current_epoch);
        true
    }

    fn take_next_epoch(&mut self) {
        self.current_epoch += 1;
        let epoch = self.current_epoch;
        self.node_mut(self.myself).config_epoch = epoch;
        self.save(true);
        self.todo.broadcast_pong = true;
    }

    /// Of two primaries with one config epoch the one with the smaller id takes a new one.
    pub(super) fn resolve_epoch_collision(&mut self, sender: NodeKey) {
        let (me, other) = (self.myself(), self.node(sender));
        if other.config_epoch != me.config_epoch || !other.is_primary() || !me.is_primary() {
            return;
        }
        if other.id <= me.id {
            return;
        }
        let name = other.to_string();
        self.take_next_epoch();
        let epoch = self.current_epoch;
        tracing::info!("configEpoch collision with node {name}. configEpoch set to {epoch}");
    }

    /// `sender` claims to serve exactly `claimed`, with `epoch`. Takes every slot over that nobody
    /// claims with an epoch as great.
    pub(super) fn update_slots(&mut self, sender: NodeKey, epoch: u64, claimed: &SlotSet) {
        let me = self.myself;
        if sender == me {
            tracing::info!("Discarding UPDATE message about myself.");
            return;
        }
        let my_primary =
            if self.node(me).is_primary() { Some(me) } else { self.node(me).replica_of };
        let same_shard = self.same_shard(sender, me);
        let (mut lost, mut taken_from_primary) = (SlotSet::new(), 0u16);
        let mut moved: Vec<(u16, u16, NodeKey)> = Vec::new();

        for slot in 0..SLOTS {
            let owner = self.owners[slot as usize];
            if !claimed.contains(slot) {
                self.slot_not_claimed(sender, epoch, slot);
                continue;
            }
            if owner == Some(sender) {
                self.unclaimed.remove(slot);
                continue;
            }
            let newer = owner.is_none_or(|owner| self.node(owner).config_epoch < epoch);
            if !newer && !self.is_unclaimed(slot) {
                continue;
            }
            if let Some(owner) = owner.filter(|owner| !self.same_shard(*owner, sender)) {
                match moved.last_mut() {
                    Some((_, last, from)) if *last + 1 == slot && *from == owner => *last = slot,
                    _ => moved.push((slot, slot, owner)),
                }
            }
            if owner == Some(me) {
                lost.insert(slot);
            }
            if owner.is_some() && owner == my_primary {
                taken_from_primary += 1;
            }
            self.settle_open_slot(sender, slot, same_shard);
            self.delete_slot(slot);
            self.add_slot(sender, slot);
            self.save(true);
            self.update_state_soon();
        }
        for (first, last, from) in moved {
            let (from, to) = (self.node(from), self.node(sender));
            tracing::info!("Slot range [{first}, {last}] is migrated from node {from} to {to}.");
        }
        self.adjust_role(sender, epoch, claimed, taken_from_primary > 0, same_shard);
        if !lost.is_empty() && self.myself().is_primary() {
            self.outputs.push(Output::SlotsLost(lost));
        }
    }

    /// A slot that was open here goes to `sender`.
    fn settle_open_slot(&mut self, sender: NodeKey, slot: u16, same_shard: bool) {
        // Another shard's claim is an operator's deed and ends the migration. Within our shard it
        // is a failover, after which the migration goes on.
        if !same_shard && self.migrating.remove(&slot).is_some() {
            tracing::info!("Slot {slot} is no longer being migrated");
        }
        if let Some(&source) = self.importing.get(&slot).filter(|source| **source != sender) {
            if self.same_shard(sender, source) {
                self.importing.insert(slot, sender);
            } else {
                tracing::info!("Slot {slot} is no longer being imported");
                self.importing.remove(&slot);
            }
        }
    }

    /// `sender` does not claim `slot`.
    fn slot_not_claimed(&mut self, sender: NodeKey, epoch: u64, slot: u16) {
        if self.owners[slot as usize] == Some(sender) {
            // It stays bound, so that clients get a redirection more instead of an error.
            self.unclaimed.insert(slot);
        }
        if let Some(&target) = self.migrating.get(&slot).filter(|target| **target != sender) {
            let node = self.node(target);
            let outdated = node.config_epoch < epoch || node.is_replica();
            if outdated && self.same_shard(target, sender) {
                tracing::info!("Failover in migration target. Slot {slot} now goes to {sender:?}");
                self.migrating.insert(slot, sender);
                self.save(true);
            }
        }
        // The source gave the slot away, but the node that was to take it (perhaps this one before
        // it took over its shard) did not finish.
        if self.myself().is_primary() && self.importing.get(&slot) == Some(&sender) {
            tracing::info!("Slot {slot} is no longer being imported from {}", self.node(sender));
            self.importing.remove(&slot);
            if self.owners[slot as usize] != Some(self.myself) {
                self.delete_slot(slot);
                self.add_slot(self.myself, slot);
                self.bump_epoch();
                self.save(true);
                self.update_state_soon();
            }
        }
    }

    /// After slots moved to `sender`: perhaps our shard has none left, and we follow it.
    fn adjust_role(
        &mut self,
        sender: NodeKey,
        epoch: u64,
        claimed: &SlotSet,
        taken_from_primary: bool,
        same_shard: bool,
    ) {
        let me = self.myself;
        let my_primary =
            if self.node(me).is_primary() { Some(me) } else { self.node(me).replica_of };
        let both_empty = claimed.is_empty() && self.node(me).slots.is_empty();
        let replaced = taken_from_primary
            || (both_empty
                && same_shard
                && self.node(me).replica_of != Some(sender)
                && self.epoch_of(me) < epoch);
        let empty = my_primary.is_none_or(|primary| self.node(primary).slots.is_empty());
        if !replaced || !empty {
            return;
        }
        let node = self.node(sender);
        let settings = &self.settings;
        if settings.can_follow && (settings.allow_replica_migration || same_shard) {
            tracing::info!(
                "Configuration change detected. Reconfiguring myself as a replica of node {node}"
            );
            self.follow(sender, !same_shard);
        } else if self.node(me).is_primary() && !same_shard {
            tracing::info!(
                "My last slot was migrated to node {node} in shard {}. I am now an empty primary.",
                node.shard
            );
        }
    }
}
