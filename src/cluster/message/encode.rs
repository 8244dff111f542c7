//! Messages to bytes.

use super::{
    Beat, Body, Extension, Gossip, Header, IP_LEN, LIGHT, Message, MessageFlags, SIGNATURE, VERSION,
};
use crate::cluster::NodeId;

impl Message {
    /// The bytes of the message. Text longer than its field is cut.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(super::HEADER_LEN + 256);
        let (gossip, extensions): (&[Gossip], &[Extension]) = match &self.body {
            Body::Beat { gossip, extensions, .. } => (gossip, extensions),
            _ => (&[], &[]),
        };
        let kind = match (&self.body, self.body.kind()) {
            (Body::Unknown(kind), _) => *kind,
            (_, kind) => kind.expect("only an unknown body has no kind") as u16,
        };
        out.extend_from_slice(SIGNATURE);
        out.extend_from_slice(&[0; 4]); // the length, known at the end
        out.extend_from_slice(&VERSION.to_be_bytes());
        match &self.header {
            Some(header) => {
                out.extend_from_slice(&header.ports.port.to_be_bytes());
                out.extend_from_slice(&kind.to_be_bytes());
                out.extend_from_slice(&(gossip.len() as u16).to_be_bytes());
                put_header(&mut out, header, extensions.len() as u16);
            }
            None => {
                out.extend_from_slice(&[0; 2]);
                out.extend_from_slice(&(kind | LIGHT).to_be_bytes());
                out.extend_from_slice(&[0; 2]);
            }
        }
        put_body(&mut out, &self.body);
        let len = (out.len() as u32).to_be_bytes();
        out[4..8].copy_from_slice(&len);
        out
    }
}

fn put_header(out: &mut Vec<u8>, header: &Header, extension_count: u16) {
    out.extend_from_slice(&header.current_epoch.to_be_bytes());
    out.extend_from_slice(&header.config_epoch.to_be_bytes());
    out.extend_from_slice(&header.repl_offset.to_be_bytes());
    out.extend_from_slice(header.sender.as_bytes());
    out.extend_from_slice(header.slots.as_bytes());
    match &header.replica_of {
        Some(primary) => out.extend_from_slice(primary.as_bytes()),
        None => out.extend_from_slice(&[0; NodeId::LEN]),
    }
    put_ip(out, &header.ip);
    out.extend_from_slice(&extension_count.to_be_bytes());
    out.extend_from_slice(&[0; 30]);
    out.extend_from_slice(&header.ports.secondary.to_be_bytes());
    out.extend_from_slice(&header.ports.bus.to_be_bytes());
    out.extend_from_slice(&header.flags.0.to_be_bytes());
    let extensions = if extension_count > 0 { MessageFlags::EXTENSIONS } else { MessageFlags(0) };
    let message_flags = header.message_flags.or(extensions);
    out.extend_from_slice(&[u8::from(!header.cluster_ok), message_flags.0, 0, 0]);
}

fn put_body(out: &mut Vec<u8>, body: &Body) {
    match body {
        Body::Beat { beat: Beat::Ping | Beat::Pong | Beat::Meet, gossip, extensions, .. } => {
            for entry in gossip {
                out.extend_from_slice(entry.node.as_bytes());
                out.extend_from_slice(&entry.ping_sent.to_be_bytes());
                out.extend_from_slice(&entry.pong_received.to_be_bytes());
                put_ip(out, &entry.ip);
                out.extend_from_slice(&entry.ports.port.to_be_bytes());
                out.extend_from_slice(&entry.ports.bus.to_be_bytes());
                out.extend_from_slice(&entry.flags.0.to_be_bytes());
                out.extend_from_slice(&entry.ports.secondary.to_be_bytes());
                out.extend_from_slice(&[0; 2]);
            }
            for extension in extensions {
                put_extension(out, extension);
            }
        }
        Body::Fail { node } => out.extend_from_slice(node.as_bytes()),
        Body::Publish { channel, message, .. } => {
            out.extend_from_slice(&(channel.len() as u32).to_be_bytes());
            out.extend_from_slice(&(message.len() as u32).to_be_bytes());
            out.extend_from_slice(channel);
            out.extend_from_slice(message);
        }
        Body::Update { node, config_epoch, slots } => {
            out.extend_from_slice(&config_epoch.to_be_bytes());
            out.extend_from_slice(node.as_bytes());
            out.extend_from_slice(slots.as_bytes());
        }
        Body::Module { id, kind, payload } => {
            out.extend_from_slice(&id.to_be_bytes());
            out.extend_from_slice(&(payload.len() as u32).to_be_bytes());
            out.push(*kind);
            out.extend_from_slice(payload);
        }
        Body::FailoverAuthRequest | Body::FailoverAuthAck | Body::MfStart | Body::Unknown(_) => {}
    }
}

/// Length (these 8 bytes and the padding included), type, two unused bytes, data, padding to 8.
fn put_extension(out: &mut Vec<u8>, extension: &Extension) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend_from_slice(text.as_bytes());
        out.push(0);
    };
    let kind: u16 = match extension {
        Extension::Hostname(name) => {
            text(out, name);
            0
        }
        Extension::HumanNodename(name) => {
            text(out, name);
            1
        }
        Extension::ForgottenNode { node, ttl } => {
            out.extend_from_slice(node.as_bytes());
            out.extend_from_slice(&ttl.to_be_bytes());
            2
        }
        Extension::ShardId(id) => {
            out.extend_from_slice(id.as_bytes());
            3
        }
        Extension::ClientIpv4(ip) => {
            text(out, ip);
            4
        }
        Extension::ClientIpv6(ip) => {
            text(out, ip);
            5
        }
        Extension::ClientPort(port) => {
            out.extend_from_slice(&port.to_be_bytes());
            6
        }
        Extension::ClientTlsPort(port) => {
            out.extend_from_slice(&port.to_be_bytes());
            7
        }
        Extension::AvailabilityZone(zone) => {
            text(out, zone);
            8
        }
        Extension::Unknown { kind, data } => {
            out.extend_from_slice(data);
            *kind
        }
    };
    let len = (out.len() - start).next_multiple_of(8);
    out.resize(start + len, 0);
    out[start..start + 4].copy_from_slice(&(len as u32).to_be_bytes());
    out[start + 4..start + 6].copy_from_slice(&kind.to_be_bytes());
}

fn put_ip(out: &mut Vec<u8>, ip: &str) {
    let ip = &ip.as_bytes()[..ip.len().min(IP_LEN - 1)];
    out.extend_from_slice(ip);
    out.resize(out.len() + IP_LEN - ip.len(), 0);
}
