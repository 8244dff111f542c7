//! The part of the client's `protocol` that reads.

#[path = "../../client/src/protocol/decode.rs"]
mod decode;
#[path = "../../client/src/protocol/greeting.rs"]
mod greeting;
#[path = "../../client/src/protocol/scan.rs"]
mod scan;

pub(crate) use decode::ReplyReader;
pub(crate) use greeting::Greeting;
