//! Integration tests: a real server over a socket, in RESP2 and RESP3.
#![allow(clippy::print_stdout, reason = "a failing seed is told on standard output")]

mod bad_input;
mod client_suite_faults;
mod cluster;
mod cluster_manager;
mod cluster_scan;
mod cluster_slots;
mod differential;
mod expiry;
mod idle_connections;
mod import_mode;
mod limits;
mod lookups;
mod scripting;
mod suite_faults;
mod support;
mod transactions;
mod users;
