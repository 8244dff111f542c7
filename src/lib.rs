//! Tsubame: a Redis-compatible, clustered, in-memory key-value server that uses every core.

pub mod acl;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod crash;
pub mod dispatch;
pub mod glob;
pub mod keyspace;
pub mod local_cluster;
pub mod logging;
pub mod net;
pub mod protocol;
pub mod pubsub;
pub mod scripting;
pub mod server;
pub mod session;
pub mod shard;
pub mod stats;
pub mod sys;
pub mod types;
