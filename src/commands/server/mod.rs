//! Commands about the server itself.

mod command;
mod commandlog;
mod config;
mod debug;
mod flush;
mod info;
mod latency;
mod lolwut;
mod memory;
mod module;
mod monitor;
mod reply;
mod shutdown;
mod status;

use std::ops::Range;

use super::{CommandError, CommandSpec};
use crate::dispatch::Flow;
use crate::protocol::Reply;
use crate::session::{Client, ClientFlags};
use crate::shard::ShardSet;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[
    command::COMMANDS,
    commandlog::COMMANDS,
    config::COMMANDS,
    debug::COMMANDS,
    flush::COMMANDS,
    info::COMMANDS,
    latency::COMMANDS,
    lolwut::COMMANDS,
    memory::COMMANDS,
    module::COMMANDS,
    monitor::COMMANDS,
    shutdown::COMMANDS,
    status::COMMANDS,
];

/// How full a database is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct KeyCount {
    keys: usize,
    expires: usize,
    /// Of the keys that expire, in Unix milliseconds.
    deadline_sum: u128,
    /// Hashes with fields that expire.
    volatile_hashes: usize,
}

impl KeyCount {
    /// For how long the keys that expire will still be there on average, in milliseconds.
    fn average_ttl_ms(&self, now_ms: u64) -> u64 {
        let average = self.deadline_sum.checked_div(self.expires as u128).unwrap_or(0);
        u64::try_from(average).unwrap_or(u64::MAX).saturating_sub(now_ms)
    }
}

/// Counts the keys of databases, one shard after the other: the sum of what each had at its
/// moment. Inside a transaction all shards are held, and it is exact.
fn key_counts(flow: &mut Flow<'_>, dbs: Range<u16>) -> Result<Vec<KeyCount>, CommandError> {
    let mut counts = vec![KeyCount::default(); dbs.len()];
    for shard in 0..flow.core.server.store.shards.count() {
        let mut set = ShardSet::EMPTY;
        set.insert(shard);
        flow.with_shards(&set, |core, _, _| {
            let data = core.server.store.shards.data(&core.held, shard);
            for (count, db) in counts.iter_mut().zip(dbs.clone()) {
                count.keys += data.db(db).len();
                count.expires += data.db(db).expires();
                count.deadline_sum += data.db(db).deadline_sum();
                count.volatile_hashes += data.db(db).volatile_hashes();
            }
        })?;
    }
    Ok(counts)
}

/// Counts the keys that clients wait for, as [`key_counts`] counts.
fn blocking_keys(flow: &mut Flow<'_>) -> Result<usize, CommandError> {
    let mut count = 0;
    for shard in 0..flow.core.server.store.shards.count() {
        let mut set = ShardSet::EMPTY;
        set.insert(shard);
        flow.with_shards(&set, |core, _, _| {
            count += core.server.store.shards.data(&core.held, shard).waiters.len();
        })?;
    }
    Ok(count)
}

/// Whether the client is on this machine.
fn is_local(client: &Client) -> bool {
    let addr = client.info.addr.as_str();
    client.flags.has(ClientFlags::UNIX_SOCKET)
        || addr.starts_with("127.")
        || addr.starts_with("[::1]:")
        || addr.starts_with("::1:")
}

/// Answers the help of a command with subcommands, between its usual first and last lines.
pub(in crate::commands) fn help(reply: &mut Reply<'_>, command: &str, lines: &[&str]) {
    let first = format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    let last = ["HELP", "    Print this help."];
    let all: Vec<&str> =
        [first.as_str()].into_iter().chain(lines.iter().copied()).chain(last).collect();
    reply.help(&all);
}
