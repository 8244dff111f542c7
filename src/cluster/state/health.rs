//! Whether the cluster is `ok` as this node sees it, and so whether it serves clients.

use super::Cluster;
use crate::cluster::message::NodeFlags;
use crate::cluster::settings::Millis;

/// A primary that just started waits for this long before it serves: the others may have replaced
/// it meanwhile.
const WRITABLE_DELAY: Millis = 2000;
/// A primary that comes out of a minority waits one node timeout, within these bounds.
const REJOIN_DELAY_MIN: Millis = 500;
const REJOIN_DELAY_MAX: Millis = 5000;

/// Why the cluster is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownReason {
    NotFullCoverage,
    MinorityPartition,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    pub(super) ok: bool,
    reason: Option<DownReason>,
    /// When the state was first looked at, which is after the data was loaded.
    first_update: Option<Millis>,
    last_in_minority: Option<Millis>,
    /// Not just started: only then does this node vote.
    pub(super) safe_to_join: bool,
    /// Primaries that serve slots.
    pub(super) size: usize,
}

impl Cluster {
    pub fn is_ok(&self) -> bool {
        self.health.ok
    }

    /// Primaries that serve slots.
    pub fn size(&self) -> usize {
        self.health.size
    }

    pub(super) fn update_health(&mut self) {
        let now = self.now;
        let first_update = *self.health.first_update.get_or_insert(now);
        let primary = self.myself().is_primary();
        let just_started = now.saturating_sub(first_update) < WRITABLE_DELAY;
        self.health.safe_to_join = !(primary && !self.health.ok && just_started);
        if !self.health.safe_to_join {
            return;
        }

        let voting = || self.nodes.values().filter(|node| node.is_voting());
        let unreachable = NodeFlags::FAIL.or(NodeFlags::PFAIL);
        let size = voting().count();
        let reachable = voting().filter(|node| !node.is(unreachable)).count();
        self.health.size = size;

        let mut reason = None;
        let unserved = |owner: &Option<_>| match owner {
            Some(key) => self.node(*key).is(NodeFlags::FAIL),
            None => true,
        };
        if self.settings.require_full_coverage && self.owners.iter().any(unserved) {
            reason = Some(DownReason::NotFullCoverage);
        }
        if reachable < size / 2 + 1 {
            reason = Some(DownReason::MinorityPartition);
            self.health.last_in_minority = Some(now);
        }

        let ok = reason.is_none();
        if ok && !self.health.ok && primary {
            let timeout = self.settings.node_timeout;
            let delay = timeout.clamp(REJOIN_DELAY_MIN, REJOIN_DELAY_MAX);
            let rejoining = |since: Millis| now.saturating_sub(since) < delay;
            if self.health.last_in_minority.is_some_and(rejoining) {
                return;
            }
        }
        if ok != self.health.ok {
            self.health.ok = ok;
            self.version += 1;
            if ok {
                tracing::info!("Cluster state changed: ok");
            } else {
                tracing::warn!("Cluster state changed: fail");
            }
        }
        if reason != self.health.reason {
            match reason {
                Some(DownReason::NotFullCoverage) => tracing::warn!(
                    "Cluster is currently down: At least one hash slot is not served by any \
                     available node. Please check the 'cluster-require-full-coverage' \
                     configuration."
                ),
                Some(DownReason::MinorityPartition) => {
                    tracing::warn!("Cluster is currently down: I am part of a minority partition.")
                }
                None => {}
            }
            self.health.reason = reason;
        }
    }
}
