//! Failure detection: reports of other primaries, PFAIL to FAIL by majority, and back.

use super::Cluster;
use crate::cluster::message::{Body, NodeFlags};
use crate::cluster::node::{FailureReport, NodeKey};
use crate::cluster::settings::Millis;

/// A report counts for this many node timeouts.
const REPORT_VALIDITY: u64 = 2;
/// A failed primary that is reachable again and whose slots nobody took is taken back after this
/// many node timeouts.
const FAIL_UNDO: u64 = 2;

impl Cluster {
    /// A voting primary cannot reach `node`. True if it had not said so before.
    pub(super) fn add_failure_report(&mut self, key: NodeKey, from: NodeKey) -> bool {
        let at = (self.now / 1000 + 1) * 1000;
        let node = self.node_mut(key);
        if node.is(NodeFlags::FAIL) {
            return false; // Settled already.
        }
        match node.reports.iter_mut().find(|report| report.from == from) {
            Some(report) => {
                report.at = at;
                false
            }
            None => {
                node.reports.push(FailureReport { from, at });
                true
            }
        }
    }

    pub(super) fn delete_failure_report(&mut self, key: NodeKey, from: NodeKey) -> bool {
        let reports = &mut self.node_mut(key).reports;
        let before = reports.len();
        reports.retain(|report| report.from != from);
        reports.len() != before
    }

    /// How many other primaries hold the node for failing.
    pub fn failure_reports(&self, now: Millis, key: NodeKey) -> usize {
        let validity = self.settings.node_timeout * REPORT_VALIDITY;
        let recent = |report: &&FailureReport| report.at.saturating_add(validity) > now;
        self.node(key).reports.iter().filter(recent).count()
    }

    fn drop_old_failure_reports(&mut self, key: NodeKey) {
        let (now, validity) = (self.now, self.settings.node_timeout * REPORT_VALIDITY);
        self.node_mut(key).reports.retain(|report| report.at.saturating_add(validity) > now);
    }

    /// PFAIL becomes FAIL where a majority of the voting primaries agrees; everybody is told.
    pub(super) fn mark_failing_if_agreed(&mut self, key: NodeKey) {
        self.drop_old_failure_reports(key);
        let node = self.node(key);
        if !node.is(NodeFlags::PFAIL) || node.is(NodeFlags::FAIL) {
            return;
        }
        let agreed = node.reports.len() + usize::from(self.myself().is_voting());
        if agreed < self.health.size / 2 + 1 {
            return;
        }
        tracing::info!("Marking node {node} as failing (quorum reached).");
        self.mark_failed(key);
        self.broadcast_fail(key);
    }

    pub(super) fn mark_failed(&mut self, key: NodeKey) {
        let now = self.now;
        let node = self.node_mut(key);
        node.flags.set(NodeFlags::FAIL, true);
        node.flags.set(NodeFlags::PFAIL, false);
        node.fail_time = now;
        if self.myself().replica_of == Some(key) {
            self.node_mut(self.myself).flags.set(NodeFlags::MY_PRIMARY_FAIL, true);
        }
        self.save(false);
        self.update_state_soon();
    }

    pub(super) fn broadcast_fail(&mut self, key: NodeKey) {
        let node = self.node(key).id;
        let message = self.message(Body::Fail { node });
        self.broadcast(&message);
    }

    /// A failed node answered. Nodes without a vote are taken back at once, a primary with slots
    /// only once nobody can be about to take its slots.
    pub(super) fn clear_failure_if_possible(&mut self, key: NodeKey) {
        let node = self.node(key);
        let undo = self.settings.node_timeout * FAIL_UNDO;
        if node.is_voting() && self.now.saturating_sub(node.fail_time) <= undo {
            return;
        }
        if node.is_voting() {
            tracing::info!(
                "Clear FAIL state for node {node}: is reachable again and nobody is serving its \
                 slots after some time."
            );
        } else {
            let role = if node.is_replica() { "replica" } else { "primary without slots" };
            tracing::info!("Clear FAIL state for node {node}: {role} is reachable again.");
        }
        self.node_mut(key).flags.set(NodeFlags::FAIL, false);
        if self.myself().replica_of == Some(key) {
            self.node_mut(self.myself).flags.set(NodeFlags::MY_PRIMARY_FAIL, false);
        }
        self.save(false);
        self.update_state_soon();
    }
}
