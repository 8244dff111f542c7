//! Tsubame: a Redis-compatible, clustered, in-memory key-value server that uses every core.

pub mod types;

pub mod cli;
pub mod config;
pub mod glob;
pub mod logging;
pub mod sys;
