//! The client against a cluster that lies, stalls, shortens, denies and redirects.
//!
//! The rows H1 to H15 of the design get their full form (64 tasks, 10 s, rivals beside us) with the
//! hostile suite proper; these are their short forms, and the invariants that are cheap to check.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]
#![allow(unreachable_pub, reason = "the server is written as the library that it will become")]

mod redirects;
mod replies;
mod server;
mod topology;
