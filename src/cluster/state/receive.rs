//! What a message from another node does.

use super::{Cluster, Output};
use crate::cluster::NodeId;
use crate::cluster::SlotSet;
use crate::cluster::message::{Beat, Body, Extension, Gossip, Header, Kind, Message, NodeFlags};
use crate::cluster::node::{Address, LinkId, NodeKey};

/// The content of a PING, PONG or MEET.
struct Heartbeat<'a> {
    link: LinkId,
    beat: Beat,
    header: &'a Header,
    gossip: &'a [Gossip],
    invalid_gossip: u16,
    extensions: &'a [Extension],
}

impl Cluster {
    /// A message came, `len` bytes long on the wire.
    pub fn received(&mut self, now: u64, link: LinkId, len: usize, message: &Message) {
        self.now = now;
        self.count_received(message.body.kind(), len);
        if !self.links.contains_key(&link) {
            return; // We closed it while the message was under way.
        }
        if self.drops(link, message) {
            return;
        }
        match &message.header {
            Some(header) => self.received_full(link, header, &message.body),
            None => self.received_light(link, &message.body),
        }
    }

    /// A message came that is not to be understood. It counts as if it were.
    pub fn received_nonsense(&mut self, kind: Option<Kind>, len: usize) {
        self.count_received(kind, len);
    }

    fn count_received(&mut self, kind: Option<Kind>, len: usize) {
        if let Some(kind) = kind {
            self.stats.received[kind as usize] += 1;
        }
        self.stats.bytes_received.add(kind, len);
    }

    /// Light messages do not name their sender, so the link must.
    fn received_light(&mut self, link: LinkId, body: &Body) {
        let sender = self.links.get(&link).and_then(|link| link.node);
        let Some(sender) = sender.filter(|key| !self.node(*key).is(NodeFlags::HANDSHAKE)) else {
            tracing::info!(?link, "Closing link that sent a lightweight message as its first");
            self.close_link(link);
            return;
        };
        self.node_mut(sender).data_received = self.now;
        self.deliver(body);
    }

    fn received_full(&mut self, link: LinkId, header: &Header, body: &Body) {
        let Ok(sender) = self.identify(link, header) else {
            return;
        };
        if let Some(sender) = sender {
            self.note_sender(sender, link, header);
        }
        match body {
            Body::Beat { beat, gossip, invalid_gossip, extensions } => {
                let invalid_gossip = *invalid_gossip;
                let beat =
                    Heartbeat { link, beat: *beat, header, gossip, invalid_gossip, extensions };
                self.received_beat(sender, &beat);
            }
            Body::Fail { node } => self.received_fail(sender, header, node),
            Body::Update { node, config_epoch, slots } => {
                self.received_update(sender, node, *config_epoch, slots);
            }
            Body::FailoverAuthRequest => {
                if let Some(sender) = sender {
                    self.vote(sender, header);
                }
            }
            // Answers to what only a replica asks for.
            Body::FailoverAuthAck | Body::MfStart => {}
            Body::Publish { .. } | Body::Module { .. } => {
                if sender.is_some() {
                    self.deliver(body);
                }
            }
            Body::Unknown(kind) => tracing::warn!("Received unknown packet type: {kind}"),
        }
    }

    fn deliver(&mut self, body: &Body) {
        if let Body::Publish { sharded, channel, message } = body {
            self.outputs.push(Output::Publish {
                sharded: *sharded,
                channel: channel.clone(),
                message: message.clone(),
            });
        }
    }

    /// Which known node sent this. An inbound link is bound to it here, at its first message.
    /// `Err` if the link was closed.
    fn identify(&mut self, link: LinkId, header: &Header) -> Result<Option<NodeKey>, ()> {
        if header.message_flags.any(crate::cluster::message::MessageFlags::EXTENSIONS)
            && let Some(state) = self.links.get_mut(&link)
        {
            state.extensions = true;
        }
        let (bound, inbound) = match self.links.get(&link) {
            Some(state) => (state.node, state.inbound),
            None => return Err(()),
        };
        let settled = bound.filter(|key| !self.node(*key).is(NodeFlags::HANDSHAKE));
        if let Some(key) = settled {
            if inbound && self.node(key).id != header.sender {
                tracing::info!("Closing link of {} that now speaks for another", self.node(key));
                self.close_link(link);
                return Err(());
            }
            return Ok(Some(key));
        }
        let sender = self.find(&header.sender).filter(|key| !self.is_me(*key));
        if let Some(sender) = sender
            && bound.is_none()
        {
            self.bind_inbound(sender, link);
        }
        Ok(sender)
    }

    /// What every message tells of its sender.
    fn note_sender(&mut self, sender: NodeKey, link: LinkId, header: &Header) {
        let (now, extended) = (self.now, self.links.get(&link).is_some_and(|link| link.extensions));
        let node = self.node_mut(sender);
        if extended {
            node.flags.set(NodeFlags::EXTENSIONS, true);
        }
        for flag in [NodeFlags::LIGHT_PUBLISH, NodeFlags::LIGHT_MODULE, NodeFlags::MY_PRIMARY_FAIL]
        {
            node.flags.set(flag, header.flags.any(flag));
        }
        node.data_received = now;
        if node.is(NodeFlags::HANDSHAKE) {
            return;
        }
        node.repl_offset = header.repl_offset;
        let newer = header.replica_of.is_none() && header.config_epoch > node.config_epoch;
        if newer {
            node.config_epoch = header.config_epoch;
            self.save(true);
        }
        self.current_epoch = self.current_epoch.max(header.current_epoch);
    }

    fn received_beat(&mut self, sender: Option<NodeKey>, message: &Heartbeat<'_>) {
        let &Heartbeat { link, beat, header, .. } = message;
        if beat != Beat::Pong {
            self.learn_own_ip(link, beat);
            if beat == Beat::Meet {
                self.received_meet(sender, message);
            }
            self.send_beat(link, Beat::Pong);
        }
        if let Some(sender) = sender
            && self.node(sender).is(NodeFlags::MEET)
        {
            let node = self.node_mut(sender);
            node.flags.set(NodeFlags::MEET, false);
            tracing::info!("Successfully completed handshake with {node}");
        }
        let Some(state) = self.links.get(&link) else {
            return;
        };
        let outbound = (!state.inbound).then_some(state.node).flatten();
        // From here on the link may be closed and the node of a handshake deleted.
        if let Some(peer) = outbound
            && !self.check_peer(peer, sender, message)
        {
            return;
        }
        if let Some(sender) = sender {
            let nofailover = header.flags.any(NodeFlags::NOFAILOVER);
            let node = self.node_mut(sender);
            node.flags.set(NodeFlags::NOFAILOVER, nofailover);
            if beat == Beat::Ping && !node.is(NodeFlags::HANDSHAKE) {
                self.update_address(sender, link, header);
            }
        }
        if let Some(peer) = outbound
            && beat == Beat::Pong
        {
            self.received_pong(peer);
        }
        let Some(sender) = sender else {
            return;
        };
        if !self.update_role_and_slots(sender, header) {
            return;
        }
        self.process_gossip(sender, message.gossip, message.invalid_gossip);
        self.process_extensions(sender, message.extensions);
    }

    /// The address that others reach us at is the one they connected to. A MEET is sure of it; a
    /// ping is better than nothing.
    fn learn_own_ip(&mut self, link: LinkId, beat: Beat) {
        let known = !self.myself().address.ip.is_empty();
        if !self.settings.announce.ip.is_empty() || (known && beat != Beat::Meet) {
            return;
        }
        let Some(ip) = self.links.get(&link).map(|link| link.local_ip.clone()) else {
            return;
        };
        let me = self.node_mut(self.myself);
        if !ip.is_empty() && me.address.ip != ip {
            tracing::info!("IP address for this node updated to {ip}");
            me.address.ip = ip;
            self.save(false);
        }
    }

    fn received_meet(&mut self, sender: Option<NodeKey>, message: &Heartbeat<'_>) {
        let &Heartbeat { link, header, .. } = message;
        let Some(state) = self.links.get(&link) else {
            return;
        };
        match sender {
            None if header.sender == self.myself().id => {}
            None => {
                let handshake = match state.node {
                    // A second MEET before the handshake was done.
                    Some(handshake) => handshake,
                    None => {
                        let extensions = state.extensions;
                        let address = self.sender_address(link, header);
                        let mut node = self.new_handshake(NodeFlags(0));
                        node.address = address;
                        node.flags.set(NodeFlags::EXTENSIONS, extensions);
                        let key = self.insert_node(node);
                        self.bind_inbound(key, link);
                        self.save(false);
                        key
                    }
                };
                self.process_gossip(handshake, message.gossip, message.invalid_gossip);
            }
            Some(sender) => {
                // It thinks that we do not know it, so our link to it cannot be alive.
                let node = self.node(sender);
                let old = self.exceeds_handshake_timeout(node);
                if let Some(outbound) = node.link.filter(|outbound| old && *outbound != link) {
                    tracing::info!("Freeing outbound link to node {node} after a MEET from it");
                    self.close_link(outbound);
                }
            }
        }
    }

    fn sender_address(&self, link: LinkId, header: &Header) -> Address {
        let ip = match header.ip.as_str() {
            "" => self.links.get(&link).map_or_else(String::new, |link| link.peer_ip.clone()),
            announced => announced.to_owned(),
        };
        Address::from_wire(ip, header.ports, self.settings.tls_cluster)
    }

    /// An answer on the link that we made to `peer`: is it `peer` that answered? False if the
    /// message is not to be looked at any further.
    fn check_peer(
        &mut self,
        peer: NodeKey,
        sender: Option<NodeKey>,
        message: &Heartbeat<'_>,
    ) -> bool {
        let &Heartbeat { link, header, .. } = message;
        if self.node(peer).is(NodeFlags::HANDSHAKE) {
            if header.sender == self.myself().id {
                self.delete_node(peer); // We met ourselves.
                return false;
            }
            if let Some(known) = sender.filter(|known| *known != peer) {
                self.update_address(known, link, header);
                self.delete_node(peer);
                return false;
            }
            self.rename_node(peer, header.sender);
            let node = self.node_mut(peer);
            node.flags.set(NodeFlags::HANDSHAKE, false);
            let roles = header.flags.0 & NodeFlags::PRIMARY.or(NodeFlags::REPLICA).0;
            node.flags.set(NodeFlags(roles), true);
            tracing::debug!("Handshake with node {node} completed.");
            self.save(false);
        } else if self.node(peer).id != header.sender {
            // The node that we knew got another id (CLUSTER RESET HARD) and will not come back.
            let node = self.node_mut(peer);
            tracing::info!("PONG contains mismatching sender ID. About node {node}");
            node.flags.set(NodeFlags::NOADDR, true);
            node.address = Address::default();
            self.close_link(link);
            if !self.node(peer).is(NodeFlags::FAIL) {
                self.mark_failed(peer);
                self.broadcast_fail(peer);
            }
            self.save(false);
            self.update_state_soon();
            return false;
        }
        true
    }

    /// Takes a new address of `node`, seen on a link that it made to us.
    fn update_address(&mut self, key: NodeKey, link: LinkId, header: &Header) {
        let address = self.sender_address(link, header);
        let node = self.node_mut(key);
        if node.link == Some(link) || node.address == address || address.ip.is_empty() {
            return;
        }
        node.address = address;
        node.flags.set(NodeFlags::NOADDR, false);
        tracing::info!("Address updated for node {node}");
        if let Some(outbound) = node.link {
            self.close_link(outbound);
        }
        self.announce_primary_address(key);
        self.save(false);
        self.update_state_soon();
    }

    fn received_pong(&mut self, peer: NodeKey) {
        let now = self.now;
        let node = self.node_mut(peer);
        node.pong_received = now;
        node.ping_sent = 0;
        if node.is(NodeFlags::PFAIL) {
            node.flags.set(NodeFlags::PFAIL, false);
            self.save(false);
            self.update_state_soon();
        } else if node.is(NodeFlags::FAIL) {
            self.clear_failure_if_possible(peer);
        }
    }

    /// Follows what the sender says of its role, its slots and its epoch. False if the message was
    /// outdated.
    fn update_role_and_slots(&mut self, sender: NodeKey, header: &Header) -> bool {
        let was_replica = self.node(sender).is_replica();
        match &header.replica_of {
            None => self.set_primary_role(sender),
            Some(primary) => {
                if !self.sender_is_replica(sender, primary, header) {
                    return false;
                }
            }
        }
        let claims = header.replica_of.is_none();
        if claims && (was_replica || self.node(sender).slots != header.slots) {
            let node = self.node(sender);
            tracing::debug!("Mismatch in topology information for sender node {node}");
            self.update_slots(sender, header.config_epoch, &header.slots);
            self.correct_outdated_claim(sender, header);
        }
        if self.myself().is_primary()
            && self.node(sender).is_primary()
            && header.config_epoch == self.myself().config_epoch
        {
            self.resolve_epoch_collision(sender);
        }
        true
    }

    /// The sender follows `primary`. False if that is older than what we know.
    fn sender_is_replica(&mut self, sender: NodeKey, primary: &NodeId, header: &Header) -> bool {
        let primary = self.find(primary).filter(|primary| *primary != sender);
        if self.node(sender).is_primary() {
            match primary.filter(|primary| self.same_shard(*primary, sender)) {
                Some(primary) if self.epoch_of(primary) > header.config_epoch => {
                    tracing::info!("Ignore stale message from {}", self.node(sender));
                    return false;
                }
                // A failover in the shard of the sender, heard from the old primary first.
                Some(primary) if self.node(primary).is_replica() => {
                    let moved = self.move_slots(sender, primary);
                    self.set_primary_role(primary);
                    self.node_mut(primary).config_epoch = header.config_epoch;
                    let (old, new) = (self.node(sender), self.node(primary));
                    tracing::info!("{old} lost {moved} slot(s) and failed over to {new}");
                }
                Some(_) => {}
                None => {
                    let slots = self.delete_all_slots_of(sender);
                    let node = self.node(sender);
                    tracing::info!(
                        "Node {node} is no longer primary; removed all {slots} slot(s) it used to \
                         own"
                    );
                }
            }
            let node = self.node_mut(sender);
            node.flags.set(NodeFlags::PRIMARY.or(NodeFlags::MIGRATE_TO), false);
            node.flags.set(NodeFlags::REPLICA, true);
            self.save(true);
            self.update_state_soon();
        }
        let Some(primary) = primary else {
            return true;
        };
        if self.node(sender).replica_of == Some(primary) {
            return true;
        }
        if let Some(old) = self.node(sender).replica_of {
            self.remove_replica(old, sender);
        }
        let (replica, node) = (self.node(sender), self.node(primary));
        tracing::info!("Node {replica} is now a replica of node {node} in shard {}", node.shard);
        self.add_replica(primary, sender);
        self.node_mut(sender).flags.set(NodeFlags::REPLICA, true);
        self.unchain();
        let shard = self.node(primary).shard;
        self.set_shard(sender, shard);
        self.save(false);
        true
    }

    /// If our primary has become a replica itself, its primary is ours.
    fn unchain(&mut self) {
        let grand = (self.myself().replica_of).and_then(|primary| self.node(primary).replica_of);
        if let Some(grand) = grand.filter(|grand| !self.is_me(*grand)) {
            tracing::info!("I'm a sub-replica! Reconfiguring myself");
            self.follow(grand, true);
        }
    }

    /// Tells a primary that claims slots with an old epoch who has them now.
    fn correct_outdated_claim(&mut self, sender: NodeKey, header: &Header) {
        let newer = header.slots.iter().find_map(|slot| {
            let owner = self.owner(slot).filter(|owner| *owner != sender)?;
            let newer = self.node(owner).config_epoch > header.config_epoch;
            (newer && !self.is_unclaimed(slot)).then_some(owner)
        });
        if let Some(owner) = newer {
            let (old, new) = (self.node(sender), self.node(owner));
            tracing::debug!("Node {old} has old slots configuration, sending an UPDATE of {new}");
            self.send_update(sender, owner);
        }
    }

    /// Sends the slots of `about` to `to`.
    pub(super) fn send_update(&mut self, to: NodeKey, about: NodeKey) {
        let node = self.node(about);
        let body = Body::Update {
            node: node.id,
            config_epoch: node.config_epoch,
            slots: node.slots.clone(),
        };
        if let Some(link) = self.node(to).link {
            let message = self.message(body);
            self.send(link, &message);
        }
    }

    fn received_fail(&mut self, sender: Option<NodeKey>, header: &Header, failing: &NodeId) {
        let Some(sender) = sender else {
            let sender = header.sender;
            tracing::info!("Ignoring FAIL message from unknown node {sender} about {failing}");
            return;
        };
        let settled = NodeFlags::FAIL.or(NodeFlags::MYSELF);
        if let Some(key) = self.find(failing).filter(|key| !self.node(*key).is(settled)) {
            let (sender, node) = (self.node(sender), self.node(key));
            tracing::info!("FAIL message received from {sender} about {node}");
            self.mark_failed(key);
        }
    }

    fn received_update(
        &mut self,
        sender: Option<NodeKey>,
        about: &NodeId,
        epoch: u64,
        slots: &SlotSet,
    ) {
        let Some(key) = self.find(about).filter(|_| sender.is_some()) else {
            return;
        };
        let node = self.node(key);
        if node.config_epoch >= epoch {
            return;
        }
        tracing::info!("Processing UPDATE message about node {node}, new configEpoch {epoch}");
        self.set_primary_role(key);
        self.node_mut(key).config_epoch = epoch;
        self.save(true);
        self.update_slots(key, epoch, slots);
    }
}
