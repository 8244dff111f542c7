//! The part of the client's `topology` that reads and judges.

#[path = "../../client/src/topology/parse.rs"]
mod parse;
#[path = "../../client/src/topology/replication.rs"]
mod replication;
#[path = "../../client/src/topology/snapshot.rs"]
mod snapshot;
#[path = "../../client/src/topology/validate.rs"]
mod validate;

pub(crate) use parse::{parse_sentinel, parse_slots};
pub(crate) use replication::Replication;
pub(crate) use validate::{Change, Verdict, validate};
