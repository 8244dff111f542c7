//! What cores tell each other.

use std::sync::Arc;

use crate::keyspace::Ticket;

/// A connection: its core, its place there, and the client's id, which is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnId {
    pub core: u16,
    pub slot: u32,
    pub client: u64,
}

/// A message for a core.
#[derive(Debug)]
pub enum Message {
    /// A new connection that was accepted elsewhere.
    Accepted(crate::net::Socket),
    /// A shard or the gate that a connection of this core was put aside for may be free, or the
    /// pause over that held one back.
    Retry,
    /// A blocked client was served: its reply.
    Unblocked { conn: ConnId, ticket: Arc<Ticket>, reply: Vec<u8> },
    /// CLIENT UNBLOCK: as if the time was up, or with an error.
    Unblock { conn: ConnId, error: bool },
    /// Bytes for one connection, outside of any reply: RESP2's and RESP3's form.
    Push { conn: ConnId, resp2: Arc<[u8]>, resp3: Arc<[u8]> },
    /// The same for several connections of the core.
    Publish { to: Vec<ConnId>, resp2: Arc<[u8]>, resp3: Arc<[u8]> },
    /// Close the connection; `gently` lets it write what it has.
    Kill { conn: ConnId, gently: bool },
    /// The keys of these slots are served by another node now: drop them.
    SlotsLost(Box<crate::cluster::SlotSet>),
    /// The slot of a shard channel is served elsewhere now: who listens to it here is told so.
    ShardChannelGone { conn: ConnId, channel: Arc<[u8]> },
    /// Listen on other addresses, or no more.
    Rebind,
    /// The process ends: close everything.
    Stop,
}
