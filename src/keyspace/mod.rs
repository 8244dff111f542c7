//! Databases, entries, expiry: what a running command sees of the data.
//!
//! [`Store`] holds the shards; [`Keyspace`] is the view that a command gets of the shards its
//! thread holds, in the client's database. Knows nothing of sockets, RESP or command names.

mod access;
mod blocked;
mod db;
mod entry;
mod events;
mod evict;
mod expire;
mod fields;
mod flush;
mod key;
mod obj;
mod shard_data;
mod store;
mod strings;
mod view;
mod watch;

pub use blocked::{BlockedKind, Ticket, WaitQueue, Waiter, Waiters};
pub use db::{Db, TableId};
pub use entry::{EMBEDDED_BYTES_MAX, Entry, KeyRef, ValueRef};
pub use events::{Event, NotifyClass};
pub use evict::{Candidate, Pool};
pub use expire::Volatile;
pub use key::{Key, KeyHint, key_slot};
pub use obj::{Obj, ObjType, Typed, WrongType};
pub use shard_data::ShardData;
pub use store::Store;
pub use strings::StrRef;
pub use view::{Effects, Flushed, Keyspace, ReadyKey};
pub use watch::{WatchFlag, Watchers};
