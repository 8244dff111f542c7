//! Messages of publish and subscribe to the other nodes.

use std::sync::Arc;

use super::Cluster;
use crate::cluster::message::{Body, Kind, Message, NodeFlags};
use crate::cluster::node::LinkId;

impl Cluster {
    /// Tells the other nodes of a message: all of them, or those of this shard.
    pub fn publish(&mut self, sharded: bool, channel: &[u8], message: &[u8]) {
        let shard = self.myself().shard;
        let receivers: Vec<(LinkId, bool)> = (self.nodes.values())
            .filter(|node| !node.is(NodeFlags::MYSELF.or(NodeFlags::HANDSHAKE)))
            .filter(|node| !sharded || node.shard == shard)
            .filter_map(|node| Some((node.link?, node.is(NodeFlags::LIGHT_PUBLISH))))
            .collect();
        if receivers.is_empty() {
            return;
        }
        let kind = if sharded { Kind::PublishShard } else { Kind::Publish };
        let body = Body::Publish { sharded, channel: channel.to_vec(), message: message.to_vec() };
        let mut light: Option<Arc<[u8]>> = None;
        let mut full: Option<Arc<[u8]>> = None;
        for (link, understands_light) in receivers {
            let bytes = if understands_light {
                let message = || Message { header: None, body: body.clone() };
                light.get_or_insert_with(|| message().encode().into())
            } else {
                full.get_or_insert_with(|| self.message(body.clone()).encode().into())
            };
            let bytes = bytes.clone();
            self.send_bytes(link, Some(kind), &bytes);
        }
    }
}
