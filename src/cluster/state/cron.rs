//! What is done ten times a second: connecting, pinging, and noticing who does not answer.

use rand::Rng;

use super::Cluster;
use crate::cluster::message::{Beat, NodeFlags};
use crate::cluster::node::{LinkId, Node, NodeKey};
use crate::cluster::settings::Millis;

/// How often [`Cluster::tick`] wants to be called.
pub const TICK: Millis = 100;
/// A handshake that takes longer than a node timeout and this is given up.
const HANDSHAKE_TIMEOUT_MIN: Millis = 1000;
/// Connecting is tried this often in half a node timeout.
const CONNECTS_PER_HALF_TIMEOUT: u64 = 10;
/// Every so many ticks one node is pinged that was not heard of for long.
const TICKS_PER_RANDOM_PING: u64 = 10;

impl Cluster {
    pub fn tick(&mut self, now: Millis) {
        self.now = now;
        self.ticks += 1;
        self.close_links_over_limit();
        let keys: Vec<NodeKey> = self.nodes.keys().copied().collect();
        for &key in &keys {
            self.keep_connected(key);
        }
        if self.ticks.is_multiple_of(TICKS_PER_RANDOM_PING) && !self.faults.no_random_ping {
            self.ping_somebody(&keys);
        }
        for &key in &keys {
            if self.nodes.contains_key(&key) {
                self.watch(key);
            }
        }
        if !self.health.ok {
            self.update_state_soon();
        }
    }

    /// An outbound link was connected: the first message goes at once, a MEET if it is still owed.
    pub(super) fn greet(&mut self, key: NodeKey, link: LinkId) {
        let node = self.node(key);
        // A ping that was never answered keeps its time, or a node that accepts connections and
        // never speaks would not be noticed.
        let ping_sent = node.ping_sent;
        let beat = if node.is(NodeFlags::MEET) { Beat::Meet } else { Beat::Ping };
        self.send_beat(link, beat);
        if ping_sent != 0 {
            self.node_mut(key).ping_sent = ping_sent;
        }
    }

    fn handshake_timeout(&self) -> Millis {
        self.settings.node_timeout.max(HANDSHAKE_TIMEOUT_MIN)
    }

    pub(super) fn exceeds_handshake_timeout(&self, node: &Node) -> bool {
        self.now.saturating_sub(node.created) > self.handshake_timeout()
    }

    fn keep_connected(&mut self, key: NodeKey) {
        let node = self.node(key);
        if node.is(NodeFlags::MYSELF.or(NodeFlags::NOADDR)) {
            return;
        }
        if node.is(NodeFlags::HANDSHAKE) && self.exceeds_handshake_timeout(node) {
            let address = &node.address;
            tracing::warn!("Clusterbus handshake timeout {}:{}", address.ip, address.bus_port);
            self.delete_node(key);
            return;
        }
        let (now, timeout) = (self.now, self.handshake_timeout());
        let since = |time: Millis| now.saturating_sub(time);
        match node.link {
            Some(link) => {
                // We know it, and it never connected: it does not know us.
                let settled = NodeFlags::HANDSHAKE
                    .or(NodeFlags::MEET)
                    .or(NodeFlags::PFAIL)
                    .or(NodeFlags::FAIL);
                let stranger = node.inbound.is_none() && since(node.inbound_lost) > timeout;
                if stranger
                    && !node.is(settled)
                    && since(node.meet_sent) > timeout
                    && node.is(NodeFlags::LIGHT_MODULE)
                {
                    tracing::info!(
                        "Sending MEET packet to node {node} because there is no inbound link for it"
                    );
                    self.node_mut(key).flags.set(NodeFlags::MEET, true);
                    self.send_beat(link, Beat::Meet);
                }
            }
            None if self.faults.no_reconnection => {}
            None => {
                let pause = self.settings.node_timeout / 2 / CONNECTS_PER_HALF_TIMEOUT;
                if node.inbound.is_some() || since(node.connect_attempt) >= pause {
                    self.connect(key);
                }
            }
        }
    }

    /// Of a few nodes the one whose last pong is the oldest.
    fn ping_somebody(&mut self, keys: &[NodeKey]) {
        let mut oldest: Option<(Millis, LinkId)> = None;
        for _ in 0..5 {
            let key = keys[self.rng.random_range(0..keys.len())];
            let Some(node) = self.nodes.get(&key) else { continue };
            let Some(link) = node.link else { continue };
            let excluded = NodeFlags::MYSELF.or(NodeFlags::HANDSHAKE);
            if node.is(excluded) || node.ping_sent != 0 {
                continue;
            }
            if oldest.is_none_or(|(pong, _)| pong > node.pong_received) {
                oldest = Some((node.pong_received, link));
            }
        }
        if let Some((_, link)) = oldest {
            self.send_beat(link, Beat::Ping);
        }
    }

    /// Pings a node in time, reconnects to it, or holds it for failing.
    fn watch(&mut self, key: NodeKey) {
        let node = self.node(key);
        let skipped = NodeFlags::MYSELF.or(NodeFlags::NOADDR).or(NodeFlags::HANDSHAKE);
        if node.is(skipped) {
            return;
        }
        let (now, timeout) = (self.now, self.settings.node_timeout);
        let since = |time: Millis| now.saturating_sub(time);
        let (ping_delay, data_delay) = (since(node.ping_sent), since(node.data_received));
        let half = timeout / 2;
        let link = node.link.and_then(|id| self.links.get(&id).map(|link| (id, link)));
        // Half the time is over: the connection may be broken while the node is not.
        if let Some((id, link)) = link
            && since(link.created) > timeout
            && node.ping_sent != 0
            && ping_delay > half
            && data_delay > half
        {
            self.close_link(id);
        }
        let node = self.node(key);
        let interval = match self.settings.ping_interval {
            0 => half,
            interval => interval,
        };
        if let Some(link) = node.link
            && node.ping_sent == 0
            && since(node.pong_received) > interval
        {
            self.send_beat(link, Beat::Ping);
            return;
        }
        if node.ping_sent == 0 || ping_delay.min(data_delay) <= timeout {
            return;
        }
        if !node.is(NodeFlags::PFAIL.or(NodeFlags::FAIL)) {
            tracing::debug!("*** NODE {node} possibly failing");
            self.node_mut(key).flags.set(NodeFlags::PFAIL, true);
            self.update_state_soon();
            if self.myself().is_voting() {
                self.mark_failing_if_agreed(key);
            }
        }
    }
}
