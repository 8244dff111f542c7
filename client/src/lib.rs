//! A client for Redis, Valkey and Tsubame, made for clusters.
//!
//! ```
//! # tsubame_client_testing::with_url(async |url| {
//! use tsubame_client::Client;
//!
//! // Such as "redis://10.0.0.1:7000,10.0.0.2:7000".
//! let client = Client::connect(&url).await?;
//! client.set("user:1", "Ada").await?;
//! let name: Option<String> = client.get("user:1").as_().await?;
//! assert_eq!(name.as_deref(), Some("Ada"));
//! # Ok(()) });
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
//!
//! The [`guide`] tells how to come here from redis-rs or fred, what cluster operations look like from
//! the client, and what goes wrong and what the application sees of it.
//!
//! # Features
//!
//! None is on by default.
//!
//! * `tls`: `rediss://` URLs and [`ClientBuilder::tls`], by rustls.
//! * `sync`: [`sync::Client`] for programs without async.
//! * `compat-redis-rs`: [`Client::redis_rs`], a connection for code that is written for redis-rs.
//! * `tracing`: a span for each operation, in OpenTelemetry's terms, and log lines.
//! * `metrics`: durations and connections for your metrics library, in the same terms ([`Metrics`]).

#![deny(missing_docs)]

mod addr;
mod blocking;
mod builder;
mod cache;
mod client;
pub mod commands;
#[cfg(feature = "compat-redis-rs")]
mod compat;
mod credentials;
mod error;
mod events;
pub mod guide;
mod net;
mod node;
mod observe;
mod protocol;
mod pubsub;
mod replicas;
mod request;
mod router;
mod scan;
mod script;
mod seeds;
mod slot;
mod stats;
#[cfg(feature = "sync")]
pub mod sync;
mod table;
mod topology;
mod url;
mod value;
mod view;
mod watch;

pub use addr::NodeAddr;
pub use blocking::Blocking;
pub use builder::{ClientBuilder, Mode};
pub use cache::Cached;
pub use client::{Client, NodeStatus};
#[cfg(feature = "compat-redis-rs")]
pub use compat::RedisRsConnection;
pub use credentials::{Credentials, CredentialsProvider, Fetching, Issued};
pub use error::{Error, Executed, Result, ServerError};
pub use events::{TopologyEvent, TopologyEvents};
pub use net::Resolver;
#[cfg(feature = "tls")]
pub use net::Tls;
pub use node::CircuitState;
#[cfg(feature = "metrics")]
pub use observe::{ConnectionEvent, Metrics, Operation};
pub use pubsub::{Event, Message, Subscription};
pub use replicas::ReadFrom;
pub use request::{
    Atomic, Batch, Command, Detached, Pending, Plain, RawKind, Replies, Route, Ticket,
};
pub use scan::{Scan, ScanOptions, ScanStream};
pub use script::{Script, ScriptCall};
pub use seeds::{DnsSeeds, FileSeeds, SeedSource, SentinelSeeds};
pub use slot::{SLOT_COUNT, Slot};
pub use stats::Stats;
pub use table::{CommandInfo, Flags, KeySpec, RequestPolicy, ResponsePolicy, lookup};
pub use topology::{Kind, Node, Shard, Snapshot};
pub use value::{ArgWriter, FromReply, ToArg, Value};
pub use watch::Watch;
