//! The client against a cluster that lies, stalls, shortens, denies and redirects.
//!
//! Rows of the design: H1 and H2 in `replies`, H3 to H6, H9 to H11, H14 and H15 in `topology`, H7,
//! H12 and H13 in `redirects`, H8 and the failover in `failures`. `INVARIANTS.md` says which test
//! holds which invariant. Whatever says how long something takes has virtual time: everything is in
//! this process, so the clock stands still as long as anybody has anything to do.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]
#![allow(unreachable_pub, reason = "the server is written as the library that it will become")]

mod deadlines;
mod failures;
mod moves;
mod poison;
mod redirects;
mod replies;
mod server;
mod topology;
