//! The server's parsers of outside bytes, for the fuzz targets. They know nothing of the rest of
//! the server, so their sources are compiled here on their own.

#![allow(dead_code, unreachable_pub, reason = "only what the targets use is used")]

pub mod cluster;
#[path = "../src/protocol/mod.rs"]
pub mod protocol;
