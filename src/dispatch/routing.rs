//! Which shards a command needs.

use crate::commands::Command;
use crate::keyspace::{ShardData, key_slot};
use crate::protocol::Args;
use crate::shard::{ShardSet, Shards};

/// The shards of a command's keys; empty if its arguments make no sense.
pub fn shards_of(shards: &Shards<ShardData>, command: &Command, args: &Args<'_>) -> ShardSet {
    let mut set = ShardSet::EMPTY;
    if let Some(index) = command.single_key {
        if let Some(key) = args.get(index) {
            set.insert(shards.of_slot(key_slot(key)));
        }
        return set;
    }
    for key in command.keys(args).unwrap_or_default() {
        set.insert(shards.of_slot(key_slot(args.at(key.index))));
    }
    set
}
