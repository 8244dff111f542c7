//! The part of the client's `request` that encodes.

#[path = "../../client/src/request/body.rs"]
mod body;

pub(crate) use body::Body;
