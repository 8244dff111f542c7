//! Bytes to messages.

use super::{
    Beat, Body, Extension, GOSSIP_LEN, Gossip, HEADER_LEN, Header, IP_LEN, Kind, LIGHT,
    LIGHT_HEADER_LEN, Message, MessageFlags, NodeFlags, Ports, SIGNATURE, VERSION,
};
use crate::cluster::{NodeId, SlotSet};

/// Bytes of one UPDATE body: the epoch, the node and its slots.
const UPDATE_LEN: usize = 8 + NodeId::LEN + SlotSet::BYTES;
/// Bytes of a MODULE body in front of the payload.
const MODULE_LEN: usize = 13;
/// What the extensions of one ping may take. They are a few hundred bytes; a node that forgot a
/// thousand others sends 56 KiB.
const EXTENSIONS_LEN_MAX: usize = 1 << 20;
/// Nothing that can be published is longer: twice the greatest bulk string, and its lengths.
const PAYLOAD_LEN_MAX: usize = (1 << 30) + HEADER_LEN + MODULE_LEN;

/// Why the first bytes cannot begin a message. The stream cannot be followed after that, so the
/// link must go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("bad signature")]
    Signature,
    #[error("impossible length {len} for a message of type {kind}")]
    Length { kind: u16, len: u32 },
}

/// Why a message of the right length was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("protocol version {0}")]
    Version(u16),
    #[error("messages of type {0} have no light header")]
    NoLightForm(u16),
    #[error("{kind} message of {len} bytes where {expected} were expected")]
    Length { kind: &'static str, len: usize, expected: usize },
    #[error("{kind} message with gossip count {count} that exceeds its length {len}")]
    GossipOverrun { kind: &'static str, count: u16, len: usize },
    #[error("{kind} message with extension data that exceeds its length {len}")]
    ExtensionOverrun { kind: &'static str, len: usize },
    #[error("{kind} message with an extension of {len} bytes, not a multiple of 8")]
    ExtensionPadding { kind: &'static str, len: usize },
    #[error("a node id with other characters than lowercase letters and digits")]
    NodeId,
    #[error("an address that is not plain text")]
    Address,
}

fn wire_kind_of(start: &[u8; LIGHT_HEADER_LEN]) -> u16 {
    u16::from_be_bytes(start[12..14].try_into().expect("two bytes"))
}

/// Of which kind the message is that begins with `start`, if there is such a kind.
pub fn kind_of(start: &[u8; LIGHT_HEADER_LEN]) -> Option<Kind> {
    Kind::from_wire(wire_kind_of(start) & !LIGHT)
}

/// How long the message is that begins with `start` (at least [`LIGHT_HEADER_LEN`] bytes).
///
/// Besides the signature this checks the length against the most that a message of this type can
/// have, so that a reader never waits for, and buffers, what cannot be valid.
pub fn frame_len(start: &[u8; LIGHT_HEADER_LEN]) -> Result<usize, FrameError> {
    if &start[..4] != SIGNATURE {
        return Err(FrameError::Signature);
    }
    let len = u32::from_be_bytes(start[4..8].try_into().expect("four bytes"));
    let wire_kind = wire_kind_of(start);
    let gossip_count = u16::from_be_bytes(start[14..16].try_into().expect("two bytes"));
    let least = if wire_kind & LIGHT != 0 { LIGHT_HEADER_LEN } else { HEADER_LEN };
    let most = match kind_of(start) {
        Some(Kind::Ping | Kind::Pong | Kind::Meet) => {
            HEADER_LEN + gossip_count as usize * GOSSIP_LEN + EXTENSIONS_LEN_MAX
        }
        Some(Kind::Publish | Kind::PublishShard | Kind::Module) => PAYLOAD_LEN_MAX,
        _ => HEADER_LEN + EXTENSIONS_LEN_MAX,
    };
    if (len as usize) < least || len as usize > most {
        return Err(FrameError::Length { kind: wire_kind, len });
    }
    Ok(len as usize)
}

impl Message {
    /// Reads one whole message. `bytes` must be as long as [`frame_len`] said.
    pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
        let start = bytes.first_chunk().ok_or(FrameError::Length { kind: 0, len: 0 })?;
        let len = frame_len(start)?;
        let mut input = Input { bytes };
        let _signature_and_length = input.take::<8>();
        let version = input.u16();
        let port = input.u16();
        let wire_kind = input.u16();
        let gossip_count = input.u16();
        let kind = Kind::from_wire(wire_kind & !LIGHT);
        let name = kind.map_or("unknown", Kind::name);
        if len != bytes.len() {
            return Err(DecodeError::Length { kind: name, len: bytes.len(), expected: len });
        }
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        if wire_kind & LIGHT != 0 {
            let kind = kind.filter(|kind| kind.has_light_form());
            let kind = kind.ok_or(DecodeError::NoLightForm(wire_kind & !LIGHT))?;
            return Ok(Message { header: None, body: payload(kind, input, len)? });
        }
        let header = header(&mut input, port)?;
        let Some(kind) = kind else {
            return Ok(Message {
                header: Some(Box::new(header.0)),
                body: Body::Unknown(wire_kind),
            });
        };
        let (header, extension_count) = header;
        let fixed = |body_len: usize, body: Body| {
            let expected = HEADER_LEN + body_len;
            if len == expected {
                Ok(body)
            } else {
                Err(DecodeError::Length { kind: name, len, expected })
            }
        };
        let body = match kind {
            Kind::Ping | Kind::Pong | Kind::Meet => {
                let with_extensions = header.message_flags.any(MessageFlags::EXTENSIONS);
                let extension_count = if with_extensions { extension_count } else { 0 };
                beat(kind, input, len, gossip_count, extension_count)?
            }
            Kind::Fail if input.bytes.len() == NodeId::LEN => Body::Fail { node: input.node_id()? },
            Kind::Fail => fixed(NodeId::LEN, Body::Unknown(wire_kind))?,
            Kind::Update if input.bytes.len() == UPDATE_LEN => {
                let config_epoch = input.u64();
                let node = input.node_id()?;
                Body::Update { node, config_epoch, slots: SlotSet::from_bytes(&input.take()) }
            }
            Kind::Update => fixed(UPDATE_LEN, Body::Unknown(wire_kind))?,
            Kind::FailoverAuthRequest => fixed(0, Body::FailoverAuthRequest)?,
            Kind::FailoverAuthAck => fixed(0, Body::FailoverAuthAck)?,
            Kind::MfStart => fixed(0, Body::MfStart)?,
            Kind::Publish | Kind::PublishShard | Kind::Module => payload(kind, input, len)?,
        };
        Ok(Message { header: Some(Box::new(header)), body })
    }
}

/// The header after its first 16 bytes, and how many extensions it announces. The caller has
/// checked that there is a full header.
fn header(input: &mut Input<'_>, port: u16) -> Result<(Header, u16), DecodeError> {
    let current_epoch = input.u64();
    let config_epoch = input.u64();
    let repl_offset = input.u64();
    let sender = input.node_id()?;
    let slots = SlotSet::from_bytes(&input.take());
    let primary: [u8; NodeId::LEN] = input.take();
    let replica_of = match primary {
        [0, ..] => None,
        primary => Some(NodeId::parse(&primary).ok_or(DecodeError::NodeId)?),
    };
    let ip = address(&input.take::<IP_LEN>())?;
    let extension_count = input.u16();
    let _unused = input.take::<30>();
    let secondary = input.u16();
    let bus = input.u16();
    let flags = NodeFlags(input.u16());
    let [state, message_flags, _, _] = input.take();
    let header = Header {
        sender,
        current_epoch,
        config_epoch,
        repl_offset,
        slots,
        replica_of,
        ip,
        ports: Ports { port, secondary, bus },
        flags,
        cluster_ok: state == 0,
        message_flags: MessageFlags(message_flags),
    };
    Ok((header, extension_count))
}

fn beat(
    kind: Kind,
    mut input: Input<'_>,
    len: usize,
    gossip_count: u16,
    extension_count: u16,
) -> Result<Body, DecodeError> {
    let name = kind.name();
    if input.bytes.len() < gossip_count as usize * GOSSIP_LEN {
        return Err(DecodeError::GossipOverrun { kind: name, count: gossip_count, len });
    }
    let mut gossip = Vec::with_capacity(gossip_count as usize);
    let mut invalid_gossip = 0;
    for _ in 0..gossip_count {
        let id: [u8; NodeId::LEN] = input.take();
        let ping_sent = input.u32();
        let pong_received = input.u32();
        let ip = address(&input.take::<IP_LEN>())?;
        let port = input.u16();
        let bus = input.u16();
        let flags = NodeFlags(input.u16());
        let secondary = input.u16();
        let _unused = input.u16();
        let ports = Ports { port, secondary, bus };
        match NodeId::parse(&id) {
            Some(node) => {
                gossip.push(Gossip { node, ping_sent, pong_received, ip, ports, flags });
            }
            None => invalid_gossip += 1,
        }
    }
    if invalid_gossip > 0 {
        gossip.clear();
    }
    let mut extensions = Vec::new();
    for _ in 0..extension_count {
        extensions.push(extension(name, &mut input, len)?);
    }
    if !input.bytes.is_empty() {
        return Err(DecodeError::Length { kind: name, len, expected: len - input.bytes.len() });
    }
    let beat = match kind {
        Kind::Ping => Beat::Ping,
        Kind::Pong => Beat::Pong,
        _ => Beat::Meet,
    };
    Ok(Body::Beat { beat, gossip, invalid_gossip, extensions })
}

/// One extension: its length (these 8 bytes included), type, padding, data.
fn extension(
    name: &'static str,
    input: &mut Input<'_>,
    message_len: usize,
) -> Result<Extension, DecodeError> {
    let overrun = DecodeError::ExtensionOverrun { kind: name, len: message_len };
    if input.bytes.len() < 8 {
        return Err(overrun);
    }
    let len = input.u32() as usize;
    let kind = input.u16();
    let _unused = input.u16();
    if !len.is_multiple_of(8) {
        return Err(DecodeError::ExtensionPadding { kind: name, len });
    }
    let Some((data, rest)) = len.checked_sub(8).and_then(|len| input.bytes.split_at_checked(len))
    else {
        return Err(overrun);
    };
    input.bytes = rest;
    let text = || plain_text(data);
    let id = || data.first_chunk::<{ NodeId::LEN }>().and_then(|id| NodeId::parse(id));
    let port = || data.first_chunk().map(|port| u16::from_be_bytes(*port));
    let known = match kind {
        0 => text().map(Extension::Hostname),
        1 => text().map(Extension::HumanNodename),
        2 => {
            let ttl = data.get(NodeId::LEN..).and_then(|ttl| ttl.first_chunk());
            let ttl = ttl.map(|ttl| u64::from_be_bytes(*ttl));
            id().zip(ttl).map(|(node, ttl)| Extension::ForgottenNode { node, ttl })
        }
        3 => id().map(Extension::ShardId),
        4 => text().map(Extension::ClientIpv4),
        5 => text().map(Extension::ClientIpv6),
        6 => port().map(Extension::ClientPort),
        7 => port().map(Extension::ClientTlsPort),
        8 => text().map(Extension::AvailabilityZone),
        _ => None,
    };
    Ok(known.unwrap_or_else(|| Extension::Unknown { kind, data: data.to_vec() }))
}

/// The body of the messages that carry somebody's bytes, with either header.
fn payload(kind: Kind, mut input: Input<'_>, len: usize) -> Result<Body, DecodeError> {
    let header_len = len - input.bytes.len();
    let too_short = |expected: usize| DecodeError::Length { kind: kind.name(), len, expected };
    if kind == Kind::Module {
        if input.bytes.len() < MODULE_LEN {
            return Err(too_short(header_len + MODULE_LEN));
        }
        let id = input.u64();
        let payload_len = input.u32() as usize;
        let [module_kind] = input.take();
        if input.bytes.len() != payload_len {
            return Err(too_short(header_len + MODULE_LEN + payload_len));
        }
        return Ok(Body::Module { id, kind: module_kind, payload: input.bytes.to_vec() });
    }
    if input.bytes.len() < 8 {
        return Err(too_short(header_len + 8));
    }
    let channel_len = input.u32() as usize;
    let message_len = input.u32() as usize;
    if input.bytes.len() != channel_len + message_len {
        return Err(too_short(header_len + 8 + channel_len + message_len));
    }
    let (channel, message) = input.bytes.split_at(channel_len);
    Ok(Body::Publish {
        sharded: kind == Kind::PublishShard,
        channel: channel.to_vec(),
        message: message.to_vec(),
    })
}

/// An address field: text up to the first zero.
fn address(field: &[u8; IP_LEN]) -> Result<String, DecodeError> {
    plain_text(field).ok_or(DecodeError::Address)
}

/// Zero-terminated text that can stand in `nodes.conf` and in CLUSTER NODES: no control
/// characters, spaces, commas or quotes.
fn plain_text(field: &[u8]) -> Option<String> {
    let text = &field[..field.iter().position(|&byte| byte == 0)?];
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b',' | b'"' | b'\'' | b'\\');
    let text = text.iter().all(plain).then_some(text)?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// What is left to read. The readers of fixed width are called after the length was checked.
struct Input<'a> {
    bytes: &'a [u8],
}

impl Input<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.bytes.split_first_chunk().expect("the caller checked the length");
        self.bytes = rest;
        *head
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }

    fn node_id(&mut self) -> Result<NodeId, DecodeError> {
        NodeId::parse(&self.take::<{ NodeId::LEN }>()).ok_or(DecodeError::NodeId)
    }
}
