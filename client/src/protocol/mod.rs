//! RESP3 on the wire: finding the end of a reply, decoding it, and the first words on a connection.
//!
//! Knows no routing and no node; replies come out as [`Value`](crate::Value)s.

mod decode;
mod greeting;
mod handshake;
mod scan;

pub(crate) use decode::ReplyReader;
pub(crate) use greeting::{Greeting, ServerMode};
pub(crate) use handshake::{handshake, next_push, next_reply, text};
