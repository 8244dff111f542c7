//! The client against real servers: a cluster of three, and a single one, of Tsubame and of Valkey.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod basics;
mod facades;
mod features;
mod moves;
mod readme;
mod security;
#[path = "../support/mod.rs"]
mod support;
mod table;
