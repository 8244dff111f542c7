//! Votes for replicas of other primaries that want to take over.

use super::Cluster;
use crate::cluster::message::{Body, Header, MessageFlags, NodeFlags};
use crate::cluster::node::NodeKey;

impl Cluster {
    /// `replica` asks for our vote. One vote is given in an epoch, and only for a replica of a
    /// failed primary whose slots nobody holds with a newer epoch.
    pub(super) fn vote(&mut self, replica: NodeKey, request: &Header) {
        if !self.myself().is_voting() {
            return;
        }
        if let Err(reason) = self.may_vote(replica, request) {
            let node = self.node(replica);
            tracing::warn!("Failover auth denied to {node}: {reason}");
            return;
        }
        let newer = request.slots.iter().find_map(|slot| {
            let owner = self.owner(slot)?;
            let newer = self.node(owner).config_epoch > request.config_epoch;
            (newer && !self.is_unclaimed(slot)).then_some((slot, owner))
        });
        if let Some((slot, owner)) = newer {
            let node = self.node(replica);
            tracing::warn!("Failover auth denied to {node}: its claim of slot {slot} is outdated");
            self.send_update(replica, owner);
            return;
        }
        self.last_vote_epoch = self.current_epoch;
        self.save(true);
        if let Some(link) = self.node(replica).link {
            let message = self.message(Body::FailoverAuthAck);
            self.send(link, &message);
        }
        let node = self.node(replica);
        tracing::info!("Failover auth granted to {node} for epoch {}", self.current_epoch);
    }

    fn may_vote(&self, replica: NodeKey, request: &Header) -> Result<(), &'static str> {
        let node = self.node(replica);
        let forced = request.message_flags.any(MessageFlags::FORCE_ACK);
        if !self.health.safe_to_join {
            return Err("it is not safe to vote in this moment");
        }
        if request.current_epoch < self.current_epoch {
            return Err("its epoch is older than ours");
        }
        if self.last_vote_epoch == self.current_epoch {
            return Err("already voted for this epoch");
        }
        if node.is_primary() {
            return Err("it is a primary node");
        }
        match node.replica_of {
            None => Err("I don't know its primary"),
            Some(primary) if !self.node(primary).is(NodeFlags::FAIL) && !forced => {
                Err("its primary is up")
            }
            Some(_) => Ok(()),
        }
    }
}
