//! The connections of the bus: which node each belongs to, and sending on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Cluster, Output};
use crate::cluster::message::{Kind, Message};
use crate::cluster::node::{LinkId, NodeKey};
use crate::cluster::settings::Millis;

/// One connection. An outbound one belongs to a node from the start, an inbound one from the first
/// message whose sender is known.
#[derive(Debug, Clone)]
pub struct Link {
    pub inbound: bool,
    pub node: Option<NodeKey>,
    pub created: Millis,
    /// Messages may be sent. Outbound links are made before they are connected.
    pub connected: bool,
    /// The address of the other end.
    pub peer_ip: String,
    /// The address that the other end connected to.
    pub local_ip: String,
    /// The other end said that it understands ping extensions.
    pub extensions: bool,
    /// Bytes handed out to be sent. Whoever writes them to the socket subtracts them again.
    pub queued: Arc<AtomicUsize>,
}

/// What is reckoned for a queue that is empty. The number is Valkey's, which CLUSTER LINKS shows and
/// `cluster-link-sendbuf-limit` is held against.
const QUEUE_BYTES: usize = 48;

impl Link {
    /// What waits to be sent, with the queue it waits in.
    pub fn buffered(&self) -> usize {
        QUEUE_BYTES + self.queued.load(Ordering::Relaxed)
    }
}

impl Cluster {
    /// A connection came in.
    pub fn accepted(&mut self, now: Millis, peer_ip: String, local_ip: String) -> LinkId {
        self.now = now;
        self.insert_link(Link {
            inbound: true,
            node: None,
            created: now,
            connected: true,
            peer_ip,
            local_ip,
            extensions: false,
            queued: Arc::default(),
        })
    }

    /// A connection that [`Output::Connect`] asked for stands.
    pub fn connected(&mut self, now: Millis, link: LinkId) {
        self.now = now;
        let Some(state) = self.links.get_mut(&link) else {
            return; // Closed by us meanwhile.
        };
        state.connected = true;
        if let Some(key) = state.node {
            self.greet(key, link);
        }
    }

    /// A connection failed or ended. Links that we closed ourselves are not reported.
    pub fn closed(&mut self, now: Millis, link: LinkId) {
        self.now = now;
        let Some(state) = self.detach_link(link) else {
            return;
        };
        let Some(node) = state.node.and_then(|key| self.nodes.get_mut(&key)) else {
            return;
        };
        // Without a ping under way nothing would tell that a node is gone which cannot even be
        // connected to.
        if !state.inbound && !state.connected && node.ping_sent == 0 {
            node.ping_sent = now;
        }
    }

    pub fn link(&self, link: LinkId) -> Option<&Link> {
        self.links.get(&link)
    }

    /// What all links take, with what waits to be sent on them.
    pub fn links_bytes(&self) -> usize {
        let waiting = self.links.values().map(|link| link.queued.load(Ordering::Relaxed));
        waiting.map(|bytes| bytes + size_of::<Link>()).sum()
    }

    /// The counter of bytes under way, for whoever writes them.
    pub fn queued(&self, link: LinkId) -> Option<Arc<AtomicUsize>> {
        self.links.get(&link).map(|link| link.queued.clone())
    }

    pub(super) fn insert_link(&mut self, link: Link) -> LinkId {
        self.next_link += 1;
        let id = LinkId(self.next_link);
        self.links.insert(id, link);
        id
    }

    /// Starts to connect to a node.
    pub(super) fn connect(&mut self, key: NodeKey) {
        let now = self.now;
        let address = self.node(key).address.clone();
        let link = self.insert_link(Link {
            inbound: false,
            node: Some(key),
            created: now,
            connected: false,
            peer_ip: address.ip.clone(),
            local_ip: String::new(),
            extensions: false,
            queued: Arc::default(),
        });
        let node = self.node_mut(key);
        node.link = Some(link);
        node.connect_attempt = now;
        self.outputs.push(Output::Connect { link, ip: address.ip, port: address.bus_port });
    }

    /// Makes an inbound link the one of `key`. An older one is likely dead and goes.
    pub(super) fn bind_inbound(&mut self, key: NodeKey, link: LinkId) {
        if let Some(old) = self.node(key).inbound {
            self.close_link(old);
        }
        self.node_mut(key).inbound = Some(link);
        if let Some(link) = self.links.get_mut(&link) {
            link.node = Some(key);
        }
    }

    pub(super) fn close_link(&mut self, link: LinkId) {
        if self.detach_link(link).is_some() {
            self.outputs.push(Output::Close { link });
        }
    }

    fn detach_link(&mut self, link: LinkId) -> Option<Link> {
        let state = self.links.remove(&link)?;
        let now = self.now;
        if let Some(node) = state.node.and_then(|key| self.nodes.get_mut(&key)) {
            if state.inbound {
                node.inbound = None;
                node.inbound_lost = now;
            } else {
                node.link = None;
            }
        }
        Some(state)
    }

    /// Closes links whose peer does not read what we send.
    pub(super) fn close_links_over_limit(&mut self) {
        let most = self.settings.link_buffer_max;
        if most == 0 {
            return;
        }
        let over: Vec<LinkId> = (self.links.iter())
            .filter(|(_, link)| link.buffered() > most)
            .map(|(id, _)| *id)
            .collect();
        for link in over {
            tracing::warn!(?link, "Freeing cluster link due to exceeding send buffer memory limit");
            self.stats.links_over_limit += 1;
            self.close_link(link);
        }
    }

    pub(super) fn send(&mut self, link: LinkId, message: &Message) {
        self.send_bytes(link, message.body.kind(), &message.encode().into());
    }

    /// Sends on a link that may be gone or not connected yet; then nothing is sent.
    pub(super) fn send_bytes(&mut self, link: LinkId, kind: Option<Kind>, bytes: &Arc<[u8]>) {
        let Some(state) = self.links.get(&link).filter(|link| link.connected) else {
            return;
        };
        state.queued.fetch_add(bytes.len(), Ordering::Relaxed);
        if let Some(kind) = kind {
            self.stats.sent[kind as usize] += 1;
        }
        self.stats.bytes_sent.add(kind, bytes.len());
        self.outputs.push(Output::Send { link, bytes: bytes.clone() });
    }

    /// Sends to every node that is more than a handshake.
    pub(super) fn broadcast(&mut self, message: &Message) {
        let bytes: Arc<[u8]> = message.encode().into();
        for link in self.peers() {
            self.send_bytes(link, message.body.kind(), &bytes);
        }
    }
}
