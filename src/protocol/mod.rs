//! RESP2 and RESP3 on the wire: requests in, replies out.
//!
//! Knows no command, no key and no socket: bytes become [`Args`], a [`Reply`] becomes bytes.

mod args;
mod parse_int;
mod reply;
mod request;
mod shown;

pub use args::{Args, OwnedArgs, Span};
pub use parse_int::{parse_i64, parse_u64};
pub use reply::{Mark, Reply, RespVersion};
pub use request::{Limits, Progress, ProtocolError, Resume, parse_request, split_quoted};
pub use shown::shown;
