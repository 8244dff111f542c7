//! Commands on hashes.
//!
//! A field that has expired is not there for any of them, though HLEN counts it until it is swept.

mod expire;
mod fields;
mod getex;
mod number;
mod random;
mod read;
mod scan;
mod setex;
mod ttl;
mod write;

use super::{CommandSpec, Cx};
use crate::keyspace::{Key, NotifyClass};
use crate::types::hash::{Hash, HashLimits};

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[
    expire::COMMANDS,
    getex::COMMANDS,
    number::COMMANDS,
    random::COMMANDS,
    read::COMMANDS,
    scan::COMMANDS,
    setex::COMMANDS,
    ttl::COMMANDS,
    write::COMMANDS,
];

/// Up to what size hashes stay compact, as configured now.
fn limits(cx: &Cx<'_>) -> HashLimits {
    let config = &cx.server.config;
    HashLimits {
        listpack_entries: config.hash_max_listpack_entries.get_usize(),
        listpack_value: config.hash_max_listpack_value.get_usize(),
    }
}

/// What a command did to fields of one hash.
#[derive(Debug, Clone, Copy, Default)]
struct Changes {
    /// Fields were set over expired ones, or taken out because their new deadline had passed.
    expired: bool,
    count: usize,
    is_empty: bool,
    /// There were fields with a deadline before.
    was_volatile: bool,
    is_volatile: bool,
}

impl Changes {
    /// None yet, of a hash as it is before them.
    fn begin(hash: &Hash) -> Self {
        Self { was_volatile: hash.volatile_len() > 0, ..Self::default() }
    }

    /// Notes how the hash is after them.
    fn end(&mut self, hash: &Hash) {
        self.is_empty = hash.is_empty();
        self.is_volatile = hash.volatile_len() > 0;
    }
}

/// Tells everybody of a change, and deletes the key if nothing is left.
fn changed(cx: &mut Cx<'_>, key: &Key<'_>, event: Option<&'static str>, changes: Changes) {
    if changes.expired {
        cx.ks.notify(NotifyClass::HASH, "hexpired", key);
    }
    if let Some(event) = event {
        cx.ks.notify(NotifyClass::HASH, event, key);
    }
    if changes.was_volatile && !changes.is_volatile {
        cx.ks.forget_field_deadlines(key);
    }
    cx.ks.modified(key);
    cx.ks.dirty += changes.count as u64;
    cx.ks.delete_if_empty(key, changes.is_empty);
}
