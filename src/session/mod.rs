//! Connections as commands see them: the state of a client, and the registry of all of them.
//!
//! A [`Client`] belongs to the core of its connection, which alone changes it. What others may
//! look at (CLIENT LIST, CLIENT KILL) is in its [`ClientInfo`]. Knows no sockets.

mod client;
mod info;
mod message;
mod registry;

pub use client::{Blocked, Client, Multi, QueuedCommand, ReplyMode, Subscriptions, Watched};
pub use info::{ClientFlags, ClientInfo, ClientNames, REPLY_ROOM_MAX};
pub use message::{ConnId, Message};
pub use registry::Registry;
