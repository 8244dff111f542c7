//! The client's readers of what servers send, and what the fuzz targets check of them.

#![allow(dead_code, unused_imports, reason = "only what the checks use is used")]

#[path = "../../client/src/addr.rs"]
mod addr;
#[path = "../../client/src/error.rs"]
mod error;
pub mod metadata;
mod protocol;
pub mod reply;
mod request;
#[path = "../../client/src/slot.rs"]
mod slot;
#[path = "../../client/src/table/mod.rs"]
mod table;
mod topology;
#[path = "../../client/src/value/mod.rs"]
mod value;
