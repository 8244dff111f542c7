//! A node as the others see it.

use std::fmt;

use super::message::{NodeFlags, Ports};
use super::settings::{ClientAnnounce, Millis};
use super::{NodeId, SlotSet};

/// A node's place in the table of nodes. Unlike its id it never changes, not even at the end of a
/// handshake, and is never used again after the node was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey(pub u32);

/// A connection of the bus. Never used again after it was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Where a node can be reached. A port of 0 is not open; an empty `ip` is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    pub ip: String,
    pub port: u16,
    pub tls_port: u16,
    pub bus_port: u16,
}

impl Address {
    pub fn from_wire(ip: String, ports: Ports, tls_cluster: bool) -> Address {
        let (port, tls_port) =
            if tls_cluster { (ports.secondary, ports.port) } else { (ports.port, ports.secondary) };
        Address { ip, port, tls_port, bus_port: ports.bus }
    }

    pub fn ports(&self, tls_cluster: bool) -> Ports {
        let (port, secondary) =
            if tls_cluster { (self.tls_port, self.port) } else { (self.port, self.tls_port) };
        Ports { port, secondary, bus: self.bus_port }
    }
}

/// A voting primary said that it cannot reach the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureReport {
    pub from: NodeKey,
    /// Rounded up to the next second, which gives slow reporters some grace.
    pub at: Millis,
}

#[derive(Debug, Clone)]
pub struct Node {
    pub id: NodeId,
    pub shard: NodeId,
    pub flags: NodeFlags,
    pub config_epoch: u64,
    pub slots: SlotSet,
    /// Sorted by id.
    pub replicas: Vec<NodeKey>,
    /// `None` for a replica whose primary is not known.
    pub replica_of: Option<NodeKey>,
    pub repl_offset: u64,
    pub address: Address,
    pub announce: ClientAnnounce,
    pub created: Millis,
    /// When the ping was sent that is not answered yet; 0 if there is none.
    pub ping_sent: Millis,
    pub pong_received: Millis,
    pub data_received: Millis,
    pub meet_sent: Millis,
    pub fail_time: Millis,
    pub connect_attempt: Millis,
    pub inbound_lost: Millis,
    /// The connection this node made to it.
    pub link: Option<LinkId>,
    /// The connection it made to this node.
    pub inbound: Option<LinkId>,
    pub reports: Vec<FailureReport>,
    /// The last ping whose gossip it was in, so that no ping names a node twice.
    pub gossiped_in: u64,
}

impl Node {
    pub fn new(id: NodeId, shard: NodeId, flags: NodeFlags, now: Millis) -> Node {
        Node {
            id,
            shard,
            flags,
            config_epoch: 0,
            slots: SlotSet::new(),
            replicas: Vec::new(),
            replica_of: None,
            repl_offset: 0,
            address: Address::default(),
            announce: ClientAnnounce::default(),
            created: now,
            ping_sent: 0,
            pong_received: 0,
            data_received: 0,
            meet_sent: 0,
            fail_time: 0,
            connect_attempt: 0,
            inbound_lost: now,
            link: None,
            inbound: None,
            reports: Vec::new(),
            gossiped_in: 0,
        }
    }

    pub fn is(&self, flags: NodeFlags) -> bool {
        self.flags.any(flags)
    }

    pub fn is_primary(&self) -> bool {
        self.is(NodeFlags::PRIMARY)
    }

    pub fn is_replica(&self) -> bool {
        self.is(NodeFlags::REPLICA)
    }

    /// Primaries that serve slots decide on failures and elections.
    pub fn is_voting(&self) -> bool {
        self.is_primary() && !self.slots.is_empty()
    }
}

/// For the log: the name that was given to the node, or else its address.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.announce.human_nodename.as_str() {
            "" if self.address.ip.contains(':') => {
                write!(f, "{} ([{}]:{})", self.id, self.address.ip, self.address.port)
            }
            "" => write!(f, "{} ({}:{})", self.id, self.address.ip, self.address.port),
            name => write!(f, "{} ({name})", self.id),
        }
    }
}
