//! The synchronisation of `src/shard`, compiled against loom; the models are beside the code.
//!
//! Run: `cargo test --release --manifest-path tests/loom/Cargo.toml`

#![allow(dead_code, unreachable_pub, reason = "only what the models use is used")]

#[path = "../../src/shard/gate.rs"]
mod gate;
#[path = "../../src/shard/lock.rs"]
mod lock;
#[path = "../../src/shard/mailbox.rs"]
mod mailbox;
#[path = "../../src/shard/sync.rs"]
mod sync;
