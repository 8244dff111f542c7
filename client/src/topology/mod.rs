//! What the client knows of the cluster, and the one task that may ask for it.
//!
//! Requests read an immutable [`Snapshot`]; they never ask for one. All they can do is leave a
//! hint ([`hints`]). One task ([`actor`]) reads the hints, and a [`gate`] decides when it may ask,
//! whatever came of the last time. What a node answers is read tolerantly ([`parse`]) and adopted
//! only if it makes sense ([`validate`]).

pub(crate) mod actor;
pub(crate) mod boot;
pub(crate) mod gate;
pub(crate) mod hints;
mod overlay;
mod parse;
mod replication;
mod snapshot;
pub(crate) mod source;
mod validate;

pub(crate) use overlay::SlotOverlay;
pub(crate) use parse::{parse_sentinel, parse_slots};
pub(crate) use replication::{ReplicaState, Replication};
pub(crate) use snapshot::Candidate;
#[cfg(test)]
pub(crate) use snapshot::{CandidateNode, Range};
pub use snapshot::{Kind, Node, Shard, Snapshot};
pub(crate) use validate::{Change, Verdict, validate};
