//! A client for Redis, Valkey and Tsubame, made for clusters.
//!
//! ```no_run
//! # #[tokio::main] async fn main() -> tsubame_client::Result<()> {
//! use tsubame_client::Client;
//!
//! let client = Client::connect("redis://127.0.0.1:7000,127.0.0.1:7001").await?;
//! client.set("user:1", "Ada").await?;
//! let name: Option<String> = client.get("user:1").as_().await?;
//! # Ok(()) }
//! ```
//!
//! * One [`Client`] for everything: cheap to clone, all methods take `&self`, no connection objects,
//!   no pool. Concurrent commands share a connection to each node and leave in common writes.
//! * Commands are values: `client.set(k, v).ex(30).nx()`; awaiting one sends it.
//! * What it asks the servers besides your commands is bounded by construction: at most 15 topology
//!   requests in any minute whatever the servers answer, and never `COMMAND`. Routing knowledge is
//!   compiled in. [`Client::stats`] counts what was asked.
//! * A command that may have been executed is never sent again unless that does no harm; every
//!   [`Error`] says whether the command [may have been executed](Error::executed).
//! * Dropping a future never shifts replies: the reply of a dropped command is read and thrown away.

#![deny(missing_docs)]

mod addr;
mod builder;
mod client;
pub mod commands;
mod error;
mod node;
mod protocol;
mod pubsub;
mod request;
mod router;
mod script;
mod slot;
mod stats;
mod table;
mod topology;
mod value;
mod view;

pub use addr::NodeAddr;
pub use builder::{ClientBuilder, Mode};
pub use client::Client;
pub use error::{Error, Executed, Result, ServerError};
pub use pubsub::{Event, Message, Subscription};
pub use request::{Batch, Command, Detached, Pending, Plain, RawKind, Replies, Route, Ticket};
pub use script::{Script, ScriptCall};
pub use slot::{SLOT_COUNT, Slot};
pub use stats::Stats;
pub use table::{CommandInfo, Flags, KeySpec, RequestPolicy, ResponsePolicy, lookup};
pub use topology::{Kind, Node, Shard, Snapshot};
pub use value::{ArgWriter, FromReply, ToArg, Value};
