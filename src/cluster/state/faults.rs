//! Faults that DEBUG puts into the bus, for tests of how the cluster bears them.

use super::Cluster;
use crate::cluster::NodeId;
use crate::cluster::message::Message;
use crate::cluster::node::LinkId;

/// What a node leaves undone on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Messages of this type are counted and then ignored; -2 stands for all.
    pub dropped_kind: Option<i32>,
    /// An ignored message also ends its link.
    pub close_on_drop: bool,
    pub no_random_ping: bool,
    pub no_reconnection: bool,
}

/// All messages.
const ANY_KIND: i32 = -2;

impl Cluster {
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Ends the connection to a node, the one from it, or both; `false` for an unknown node.
    pub fn break_links(&mut self, node: &[u8], to: bool, from: bool) -> bool {
        let Some(key) = NodeId::parse(node).and_then(|id| self.find(&id)) else { return false };
        let node = self.node(key);
        let links = [node.link.filter(|_| to), node.inbound.filter(|_| from)];
        for link in links.into_iter().flatten() {
            self.close_link(link);
        }
        true
    }

    /// Whether a message that came is to be ignored; its link may be closed for it.
    pub(super) fn drops(&mut self, link: LinkId, message: &Message) -> bool {
        let Some(dropped) = self.faults.dropped_kind else { return false };
        let kind = message.body.kind().map(|kind| kind as i32);
        if dropped != ANY_KIND && kind != Some(dropped) {
            return false;
        }
        tracing::warn!("Dropping packet that matches debug drop filter");
        if self.faults.close_on_drop {
            tracing::warn!("Closing link for matching packet type {}", kind.unwrap_or(dropped));
            self.close_link(link);
        }
        true
    }
}
