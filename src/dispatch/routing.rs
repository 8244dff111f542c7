//! Which keys a command has, and which shards it needs.

use super::core::Core;
use crate::commands::{Command, Group};
use crate::keyspace::{Key, KeyHint, ShardData, key_slot};
use crate::protocol::Args;
use crate::shard::{ShardSet, Shards};

/// The shards of a command's keys; empty if its arguments make no sense.
pub fn shards_of(shards: &Shards<ShardData>, command: &Command, args: &Args<'_>) -> ShardSet {
    let mut set = ShardSet::EMPTY;
    for key in command.keys(args).unwrap_or_default() {
        set.insert(shards.of_slot(key_slot(args.at(key.index))));
    }
    set
}

/// Notes the keys of a command, and the channels that are routed like keys, so that their hashes and
/// slots are found out once; none if the arguments make no sense.
pub(super) fn note_keys(core: &mut Core, command: &Command, args: &Args<'_>) {
    core.keys.clear();
    if command.spec.keys.is_empty() {
        return;
    }
    for key in command.routing_keys(args).unwrap_or_default() {
        core.keys.push(KeyHint::of(&Key::new(args.at(key.index))));
    }
}

/// The key `bytes`, which may be the `index`th of those that were noted.
pub(super) fn noted_key<'a>(core: &Core, index: usize, bytes: &'a [u8]) -> Key<'a> {
    core.keys.get(index).and_then(|hint| hint.fits(bytes)).unwrap_or_else(|| Key::new(bytes))
}

/// The shards of the noted keys.
pub(super) fn shards_of_keys(core: &Core) -> ShardSet {
    let mut set = ShardSet::EMPTY;
    for key in &core.keys {
        set.insert(core.server.store.shards.of_slot(key.slot));
    }
    set
}

/// Fetches what a command with several keys will read into the cache, all of it at once: buckets, then
/// entries, then what these point to. The keys' shards are held.
pub(super) fn prefetch_keys(core: &Core, command: &Command, db: u16) {
    if core.keys.len() < 2 {
        return;
    }
    let shards = &core.server.store.shards;
    let parts = || {
        core.keys.iter().map(|key| (shards.data(&core.held, shards.of_slot(key.slot)).db(db), key))
    };
    parts().for_each(|(db, key)| db.prefetch_bucket(key.slot, key.hash));
    parts().for_each(|(db, key)| db.prefetch_entry(key.slot, key.hash));
    if command.spec.group != Group::Generic {
        parts().for_each(|(db, key)| db.prefetch_value(key.slot, key.hash, 0));
    }
}
