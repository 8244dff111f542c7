//! Shards and how several cores share them.
//!
//! A shard is a piece of the keyspace behind one lock. A core that has read a command locks the
//! shards its keys live in, runs it to completion and unlocks. Three pieces make that up:
//!
//! - [`Shards`]: the shards with their locks. Locks are *tried*, with a short spin. A core that
//!   does not get one puts the connection aside and is told ([`Release`]) when to try again; it
//!   never sleeps in a lock. Since nobody waits while holding, there is no deadlock whatever the
//!   order in which a batch takes its locks.
//! - [`Gate`]: the exclusive mode, reached when every other core has passed the end of its batch.
//!   It holds all shards at once and costs the others one store and one load a batch.
//! - [`Mailbox`]: how a core is told something, woken only if it sleeps.
//!
//! With one thread, locks and the gate cost a predicted branch.
//!
//! # Who may wait while holding
//! Only a script that has already written and then touches a shard it does not hold (see
//! `dispatch::script`), and only one of those at a time: everybody else who holds a lock finishes
//! without waiting for another, so the one waiter is always let through.
//!
//! This module knows nothing of keys or clients: the data of a shard is a type parameter.

mod gate;
mod held;
mod lock;
mod mailbox;
mod sync;

pub use gate::Gate;
pub use held::{Held, Release, ShardSet, Shards};
pub use mailbox::{Mailbox, Wake};

/// Hash slots of a cluster. A key's slot is the CRC16 of its hash tag modulo this.
pub const SLOTS: usize = 16384;

/// The most shards a process has; a [`ShardSet`] is a bitmap of them.
pub const SHARDS_MAX: usize = 1024;

/// How many shards a process with `threads` event loops has.
///
/// A window of commands holds several shards at once, so there must be many more than all cores'
/// windows together hold. A core alone has nobody to meet.
pub fn shard_count(threads: usize) -> usize {
    if threads == 1 { 16 } else { (threads * 512).next_power_of_two().min(SHARDS_MAX) }
}
