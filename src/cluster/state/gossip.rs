//! What heartbeats say of this node and of others, and what is learnt from them.

use rand::Rng;

use super::Cluster;
use crate::cluster::NodeId;
use crate::cluster::message::{
    Beat, Body, Extension, Gossip, Header, Message, MessageFlags, NodeFlags,
};
use crate::cluster::node::{Address, LinkId, NodeKey};
use crate::cluster::settings::{ClientAnnounce, Millis};

/// Fewer entries than this are in a ping only if there are not more nodes.
const GOSSIP_MIN: usize = 3;
/// How far the clock of another node may be ahead of ours.
const CLOCK_TOLERANCE: Millis = 500;

impl Cluster {
    /// A full message from this node.
    pub(super) fn message(&self, body: Body) -> Message {
        let me = self.myself();
        // A replica speaks of the slots and the epoch of its primary.
        let source = me.replica_of.map_or(me, |primary| self.node(primary));
        let header = Header {
            sender: me.id,
            current_epoch: self.current_epoch,
            config_epoch: source.config_epoch,
            repl_offset: self.repl_offset,
            slots: source.slots.clone(),
            replica_of: me.replica_of.map(|primary| self.node(primary).id),
            ip: self.settings.announce.ip.clone(),
            ports: me.address.ports(self.settings.tls_cluster),
            flags: me.flags,
            cluster_ok: self.is_ok(),
            message_flags: MessageFlags(0),
        };
        Message { header: Some(Box::new(header)), body }
    }

    pub(super) fn send_beat(&mut self, link: LinkId, beat: Beat) {
        let Some(state) = self.links.get(&link).filter(|link| link.connected) else {
            return;
        };
        let (receiver, inbound, now) = (state.node, state.inbound, self.now);
        let mut extended = state.extensions;
        if let Some(node) = receiver.and_then(|key| self.nodes.get_mut(&key)) {
            extended |= node.is(NodeFlags::EXTENSIONS);
            match beat {
                Beat::Ping if !inbound => node.ping_sent = now,
                Beat::Meet if !inbound => node.meet_sent = now,
                _ => {}
            }
        }
        let gossip = self.pick_gossip(receiver);
        let extensions = if extended { self.extensions() } else { Vec::new() };
        let mut message = self.message(Body::Beat { beat, gossip, invalid_gossip: 0, extensions });
        if let Some(header) = &mut message.header {
            // Says that extensions are understood here, even if there are none.
            header.message_flags = MessageFlags::EXTENSIONS;
        }
        if beat == Beat::Ping
            && let Some(node) = receiver.and_then(|key| self.nodes.get(&key))
        {
            let way = if inbound { "inbound" } else { "outbound" };
            tracing::debug!("Sending ping packet to node {node} on {way} link");
        }
        self.send(link, &message);
    }

    /// A pong that nobody asked for, to make a change known at once.
    pub(super) fn broadcast_pong(&mut self) {
        for link in self.peers() {
            self.send_beat(link, Beat::Pong);
        }
    }

    /// Some nodes by chance, and all that may be failing, so that reports travel fast.
    fn pick_gossip(&mut self, receiver: Option<NodeKey>) -> Vec<Gossip> {
        self.pings_sent += 1;
        let serial = self.pings_sent;
        let hidden = NodeFlags::HANDSHAKE.or(NodeFlags::NOADDR);
        let keys: Vec<NodeKey> = self.nodes.keys().copied().collect();
        // All but this node and the receiver can be hoped for.
        let mut fresh = keys.len().saturating_sub(2);
        let share = keys.len() * self.settings.gossip_percent as usize / 100;
        let wanted = share.max(GOSSIP_MIN).min(fresh);
        let mut picked = Vec::with_capacity(wanted);
        for _ in 0..wanted * 3 {
            if fresh == 0 || picked.len() == wanted {
                break;
            }
            let key = keys[self.rng.random_range(0..keys.len())];
            if self.is_me(key) || Some(key) == receiver {
                continue;
            }
            let node = self.node_mut(key);
            if node.is(NodeFlags::PFAIL) || node.gossiped_in == serial {
                continue;
            }
            fresh -= 1;
            if node.is(hidden) || (node.link.is_none() && node.slots.is_empty()) {
                continue;
            }
            node.gossiped_in = serial;
            picked.push(key);
        }
        let failing = |key: &NodeKey| {
            let node = self.node(*key);
            node.is(NodeFlags::PFAIL) && !node.is(hidden)
        };
        picked.extend(keys.iter().copied().filter(failing));
        picked.truncate(u16::MAX.into());
        picked.into_iter().map(|key| self.gossip_of(key)).collect()
    }

    fn gossip_of(&self, key: NodeKey) -> Gossip {
        let node = self.node(key);
        Gossip {
            node: node.id,
            ping_sent: (node.ping_sent / 1000) as u32,
            pong_received: (node.pong_received / 1000) as u32,
            ip: node.address.ip.clone(),
            ports: node.address.ports(self.settings.tls_cluster),
            flags: node.flags,
        }
    }

    fn extensions(&mut self) -> Vec<Extension> {
        self.drop_expired_blacklist();
        let (me, now) = (self.myself(), self.seconds());
        let ClientAnnounce {
            hostname,
            human_nodename,
            ipv4,
            ipv6,
            port,
            tls_port,
            availability_zone,
        } = me.announce.clone();
        let text = |text: String, extension: fn(String) -> Extension| {
            (!text.is_empty()).then(|| extension(text))
        };
        let port_of =
            |port: u16, extension: fn(u16) -> Extension| (port != 0).then(|| extension(port));
        let announced = [
            text(hostname, Extension::Hostname),
            text(human_nodename, Extension::HumanNodename),
            text(ipv4, Extension::ClientIpv4),
            text(ipv6, Extension::ClientIpv6),
            port_of(port, Extension::ClientPort),
            port_of(tls_port, Extension::ClientTlsPort),
            text(availability_zone, Extension::AvailabilityZone),
        ];
        let forgotten = self.blacklist.iter().map(|(node, expire)| Extension::ForgottenNode {
            node: *node,
            ttl: expire.saturating_sub(now),
        });
        let shard = Extension::ShardId(me.shard);
        announced.into_iter().flatten().chain(forgotten).chain([shard]).collect()
    }

    /// Learns from what `sender` holds of others. A sender that is not known (yet) is believed to
    /// know other nodes only in a MEET, and then `sender` is the handshake with it.
    pub(super) fn process_gossip(&mut self, sender: NodeKey, gossip: &[Gossip], invalid: u16) {
        if invalid > 0 {
            tracing::warn!("Node {} gossiped {invalid} nodes with invalid IDs.", self.node(sender));
            return;
        }
        for entry in gossip {
            match self.find(&entry.node) {
                Some(key) if self.is_me(key) => {}
                Some(key) => self.gossip_about_known(sender, key, entry),
                None => self.gossip_about_unknown(entry),
            }
        }
    }

    fn gossip_about_known(&mut self, sender: NodeKey, key: NodeKey, entry: &Gossip) {
        let failing = NodeFlags::FAIL.or(NodeFlags::PFAIL);
        let reported = entry.flags.any(failing);
        if reported {
            if self.node(sender).is_voting() && self.add_failure_report(key, sender) {
                let (sender, node) = (self.node(sender), self.node(key));
                tracing::debug!("Node {sender} reported node {node} as not reachable.");
            }
            self.mark_failing_if_agreed(key);
        } else if self.delete_failure_report(key, sender) {
            let (sender, node) = (self.node(sender), self.node(key));
            tracing::debug!("Node {sender} reported node {node} is back online.");
        }

        let now = self.now;
        let reports = self.failure_reports(now, key);
        let tls_cluster = self.settings.tls_cluster;
        let node = self.node_mut(key);
        let unsettled = failing.or(NodeFlags::HANDSHAKE).or(NodeFlags::MEET);
        if !reported && !node.is(unsettled) && node.ping_sent == 0 && reports == 0 {
            // Somebody else had its answer, so we need not ask for one of our own so soon.
            let pong = Millis::from(entry.pong_received) * 1000;
            if pong <= now + CLOCK_TOLERANCE && pong > node.pong_received {
                node.pong_received = pong;
            }
        }

        // We cannot reach it and the sender can, elsewhere: it has moved.
        let address = Address::from_wire(entry.ip.clone(), entry.ports, tls_cluster);
        let has_address = !entry.flags.any(NodeFlags::NOADDR);
        if node.is(failing) && has_address && !reported && !same_address(&node.address, &address) {
            node.address = address;
            node.flags.set(NodeFlags::NOADDR, false);
            tracing::info!("Address updated for node {node}");
            if let Some(link) = node.link {
                self.close_link(link);
            }
            self.announce_primary_address(key);
            self.save(false);
        }
    }

    fn gossip_about_unknown(&mut self, entry: &Gossip) {
        if entry.flags.any(NodeFlags::NOADDR) || self.is_blacklisted(&entry.node) {
            return;
        }
        let local = NodeFlags::MYSELF.or(NodeFlags::HANDSHAKE).or(NodeFlags::MEET);
        let mut flags = entry.flags;
        flags.set(local, false);
        let mut node = self.new_node(entry.node, flags);
        node.address = Address::from_wire(entry.ip.clone(), entry.ports, self.settings.tls_cluster);
        self.insert_node(node);
        self.save(false);
    }

    /// Takes what the sender announces of itself. What it does not mention it does not announce.
    pub(super) fn process_extensions(&mut self, sender: NodeKey, extensions: &[Extension]) {
        let mut announce = ClientAnnounce::default();
        let mut shard = None;
        for extension in extensions {
            match extension {
                Extension::Hostname(name) => announce.hostname.clone_from(name),
                Extension::HumanNodename(name) => announce.human_nodename.clone_from(name),
                Extension::ClientIpv4(ip) => announce.ipv4.clone_from(ip),
                Extension::ClientIpv6(ip) => announce.ipv6.clone_from(ip),
                Extension::ClientPort(port) => announce.port = *port,
                Extension::ClientTlsPort(port) => announce.tls_port = *port,
                Extension::AvailabilityZone(zone) => announce.availability_zone.clone_from(zone),
                Extension::ShardId(id) => shard = Some(*id),
                Extension::ForgottenNode { node, ttl } => {
                    self.forget_on_request(sender, node, *ttl);
                }
                Extension::Unknown { kind, .. } => {
                    tracing::warn!("Received unknown extension type {kind}");
                }
            }
        }
        if !self.nodes.contains_key(&sender) {
            return; // It asked us to forget itself.
        }
        if self.node(sender).announce != announce {
            self.node_mut(sender).announce = announce;
            self.save(false);
        }
        // A node too old to know of shards is in that of its primary.
        let shard = shard.unwrap_or_else(|| self.node(self.primary_of(sender)).shard);
        self.set_shard(sender, shard);
    }

    fn forget_on_request(&mut self, sender: NodeKey, id: &NodeId, ttl: u64) {
        let Some(key) = self.find(id) else { return };
        if !self.is_me(key) && self.myself().replica_of != Some(key) {
            let (sender, node) = (self.node(sender), self.node(key));
            tracing::info!("Node {node} is forgotten because {sender} forgot it");
            self.forget_node(key, ttl);
        }
    }
}

fn same_address(a: &Address, b: &Address) -> bool {
    a.ip.eq_ignore_ascii_case(&b.ip)
        && (a.port, a.tls_port, a.bus_port) == (b.port, b.tls_port, b.bus_port)
}
