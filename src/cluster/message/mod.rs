//! The messages of the cluster bus and their bytes (protocol version 1).
//!
//! ```text
//! 0     4       8    10    12    14    16        24       32      40      80
//! +-----+-------+----+-----+-----+-----+---------+--------+-------+-------+----------+
//! |RCmb |totlen |ver |port |type |count|currEpoch|cfgEpoch|offset |sender |slots 2048|
//! +-----+-------+----+-----+-----+-----+---------+--------+-------+-------+----------+
//! 2128       2168    2214   2216      2246   2248   2250   2252   2253    2256
//! +----------+-------+------+---------+------+------+------+------+-------+------
//! |replicaof |myip 46|exts  |unused 30|pport |cport |flags |state |mflags |body …
//! +----------+-------+------+---------+------+------+------+------+-------+------
//! ```
//!
//! All integers are big-endian. PUBLISH, PUBLISHSHARD and MODULE also come with a *light* header:
//! the first 16 bytes alone, `type` having its top bit set.
//!
//! Decoding is total: whatever the bytes, the answer is a value or an error, and no length is
//! believed before it is checked. What a value *means* is decided in [`super::state`].

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::{DecodeError, FrameError, frame_len, kind_of};

use super::{NodeId, SlotSet};

/// Bytes of a full header.
pub const HEADER_LEN: usize = 2256;
/// Bytes of a light header, which is also what must be read to know how long a message is.
pub const LIGHT_HEADER_LEN: usize = 16;
/// Bytes of one entry of the gossip section.
pub const GOSSIP_LEN: usize = 104;

const SIGNATURE: &[u8; 4] = b"RCmb";
const VERSION: u16 = 1;
/// Set in `type` where the header is the light one.
const LIGHT: u16 = 0x8000;
/// The width of an address field, its terminating zero included.
const IP_LEN: usize = 46;

/// What a message is about. The numbers are those on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum Kind {
    Ping = 0,
    Pong = 1,
    Meet = 2,
    Fail = 3,
    Publish = 4,
    FailoverAuthRequest = 5,
    FailoverAuthAck = 6,
    Update = 7,
    MfStart = 8,
    Module = 9,
    PublishShard = 10,
}

impl Kind {
    pub const COUNT: usize = 11;

    pub const ALL: [Kind; Kind::COUNT] = [
        Kind::Ping,
        Kind::Pong,
        Kind::Meet,
        Kind::Fail,
        Kind::Publish,
        Kind::FailoverAuthRequest,
        Kind::FailoverAuthAck,
        Kind::Update,
        Kind::MfStart,
        Kind::Module,
        Kind::PublishShard,
    ];

    fn from_wire(kind: u16) -> Option<Kind> {
        Kind::ALL.get(kind as usize).copied()
    }

    /// The name in CLUSTER INFO and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Ping => "ping",
            Kind::Pong => "pong",
            Kind::Meet => "meet",
            Kind::Fail => "fail",
            Kind::Publish => "publish",
            Kind::FailoverAuthRequest => "auth-req",
            Kind::FailoverAuthAck => "auth-ack",
            Kind::Update => "update",
            Kind::MfStart => "mfstart",
            Kind::Module => "module",
            Kind::PublishShard => "publishshard",
        }
    }

    fn has_light_form(self) -> bool {
        matches!(self, Kind::Publish | Kind::PublishShard | Kind::Module)
    }
}

/// Flags of a node, as the header and gossip carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeFlags(pub u16);

impl NodeFlags {
    pub const PRIMARY: NodeFlags = NodeFlags(1);
    pub const REPLICA: NodeFlags = NodeFlags(1 << 1);
    /// This node could not reach it: perhaps failing.
    pub const PFAIL: NodeFlags = NodeFlags(1 << 2);
    /// A majority of primaries could not reach it.
    pub const FAIL: NodeFlags = NodeFlags(1 << 3);
    pub const MYSELF: NodeFlags = NodeFlags(1 << 4);
    /// Not yet known by its own id.
    pub const HANDSHAKE: NodeFlags = NodeFlags(1 << 5);
    pub const NOADDR: NodeFlags = NodeFlags(1 << 6);
    /// To be sent MEET until it answers.
    pub const MEET: NodeFlags = NodeFlags(1 << 7);
    /// A primary that replicas of others may move to.
    pub const MIGRATE_TO: NodeFlags = NodeFlags(1 << 8);
    pub const NOFAILOVER: NodeFlags = NodeFlags(1 << 9);
    pub const EXTENSIONS: NodeFlags = NodeFlags(1 << 10);
    pub const LIGHT_PUBLISH: NodeFlags = NodeFlags(1 << 11);
    /// Understands light MODULE messages, and a second MEET from a node that it knows.
    pub const LIGHT_MODULE: NodeFlags = NodeFlags(1 << 12);
    /// A replica that holds its own primary for failed.
    pub const MY_PRIMARY_FAIL: NodeFlags = NodeFlags(1 << 13);

    pub const fn or(self, other: NodeFlags) -> NodeFlags {
        NodeFlags(self.0 | other.0)
    }

    /// Whether any of `flags` is set.
    pub const fn any(self, flags: NodeFlags) -> bool {
        self.0 & flags.0 != 0
    }

    pub fn set(&mut self, flags: NodeFlags, on: bool) {
        if on {
            self.0 |= flags.0;
        } else {
            self.0 &= !flags.0;
        }
    }
}

/// The part that every full message begins with: the sender about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub sender: NodeId,
    pub current_epoch: u64,
    /// Of the sender, or of its primary if it is a replica.
    pub config_epoch: u64,
    pub repl_offset: u64,
    /// Served by the sender, or by its primary if it is a replica.
    pub slots: SlotSet,
    pub replica_of: Option<NodeId>,
    /// Empty unless announced; the receiver then takes the address of the connection.
    pub ip: String,
    pub ports: Ports,
    pub flags: NodeFlags,
    /// Whether the cluster is in the state `ok` as the sender sees it.
    pub cluster_ok: bool,
    pub message_flags: MessageFlags,
}

/// Where a node listens, as the wire has it: `port` is the TLS port where the bus uses TLS, and
/// `secondary` is the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ports {
    pub port: u16,
    pub secondary: u16,
    pub bus: u16,
}

/// The first of the three flag bytes that end the header; the others are unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageFlags(pub u8);

impl MessageFlags {
    /// The primary has paused its clients for a manual failover.
    pub const PAUSED: MessageFlags = MessageFlags(1);
    /// A vote is asked for although the primary is up.
    pub const FORCE_ACK: MessageFlags = MessageFlags(1 << 1);
    /// The sender understands ping extensions, whether or not there are any here.
    pub const EXTENSIONS: MessageFlags = MessageFlags(1 << 2);

    pub const fn any(self, flags: MessageFlags) -> bool {
        self.0 & flags.0 != 0
    }

    pub const fn or(self, other: MessageFlags) -> MessageFlags {
        MessageFlags(self.0 | other.0)
    }
}

/// One entry of the gossip section: what the sender holds of another node. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gossip {
    pub node: NodeId,
    pub ping_sent: u32,
    pub pong_received: u32,
    pub ip: String,
    pub ports: Ports,
    pub flags: NodeFlags,
}

/// Something more that a ping says of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extension {
    Hostname(String),
    HumanNodename(String),
    /// The sender was told to forget `node` and remembers that for `ttl` seconds more.
    ForgottenNode {
        node: NodeId,
        ttl: u64,
    },
    ShardId(NodeId),
    ClientIpv4(String),
    ClientIpv6(String),
    ClientPort(u16),
    ClientTlsPort(u16),
    AvailabilityZone(String),
    /// A type this version does not know, or one whose text it will not take.
    Unknown {
        kind: u16,
        data: Vec<u8>,
    },
}

/// PING, PONG and MEET carry the same things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    Ping,
    Pong,
    Meet,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Beat {
        beat: Beat,
        gossip: Vec<Gossip>,
        /// Gossip entries whose id was none: the sender's memory is damaged, so `gossip` is empty.
        invalid_gossip: u16,
        extensions: Vec<Extension>,
    },
    Fail {
        node: NodeId,
    },
    Publish {
        sharded: bool,
        channel: Vec<u8>,
        message: Vec<u8>,
    },
    FailoverAuthRequest,
    FailoverAuthAck,
    Update {
        node: NodeId,
        config_epoch: u64,
        slots: SlotSet,
    },
    MfStart,
    Module {
        id: u64,
        kind: u8,
        payload: Vec<u8>,
    },
    /// A message of a later version.
    Unknown(u16),
}

impl Body {
    /// A heartbeat without gossip.
    pub fn beat(beat: Beat) -> Body {
        Body::Beat { beat, gossip: Vec::new(), invalid_gossip: 0, extensions: Vec::new() }
    }

    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Body::Beat { beat: Beat::Ping, .. } => Kind::Ping,
            Body::Beat { beat: Beat::Pong, .. } => Kind::Pong,
            Body::Beat { beat: Beat::Meet, .. } => Kind::Meet,
            Body::Fail { .. } => Kind::Fail,
            Body::Publish { sharded: false, .. } => Kind::Publish,
            Body::Publish { sharded: true, .. } => Kind::PublishShard,
            Body::FailoverAuthRequest => Kind::FailoverAuthRequest,
            Body::FailoverAuthAck => Kind::FailoverAuthAck,
            Body::Update { .. } => Kind::Update,
            Body::MfStart => Kind::MfStart,
            Body::Module { .. } => Kind::Module,
            Body::Unknown(_) => return None,
        })
    }
}

/// A message of the bus. Without a header it is a light one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub header: Option<Box<Header>>,
    pub body: Body,
}
