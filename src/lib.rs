//! Tsubame: a Redis-compatible, clustered, in-memory key-value server that uses every core.

pub mod cli;
pub mod cluster;
pub mod config;
pub mod glob;
pub mod logging;
pub mod sys;
pub mod types;
