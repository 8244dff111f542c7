//! The fast path: a command on one key, from a client in no special state.

use super::call::finish;
use super::core::Core;
use super::slot_usage;
use crate::commands::{Command, CommandTable, Cx, Run};
use crate::keyspace::{Key, KeyHint, Keyspace};
use crate::protocol::{Args, Reply};
use crate::server::Server;
use crate::session::{Client, ClientFlags};

/// A command that may run in a window.
#[derive(Debug, Clone, Copy)]
pub struct FastCommand {
    pub command: &'static Command,
    pub shard: usize,
    pub db: u16,
    pub key: KeyHint,
}

/// What the fast path makes of a command.
#[derive(Debug, Clone, Copy)]
pub enum Fast {
    Yes(FastCommand),
    /// `process` will know.
    No,
}

/// Looks a command up. Nothing is refused here: what is not plainly in order takes the other way.
#[inline]
pub fn fast(server: &Server, db: u16, args: &Args<'_>) -> Fast {
    if args.is_empty() {
        return Fast::No;
    }
    let Some(command) = CommandTable::get().find(args.at(0)) else { return Fast::No };
    let Some(index) = command.single_key(args.len()) else { return Fast::No };
    if !command.spec.arity.accepts(args.len()) {
        return Fast::No;
    }
    let key = Key::new(args.at(index));
    let shard = server.store.shards.of_slot(key.slot);
    Fast::Yes(FastCommand { command, shard, db, key: KeyHint::of(&key) })
}

/// Whether the client's commands may take the fast path now.
impl Client {
    #[inline]
    pub fn is_plain(&self) -> bool {
        !self.flags.has(ClientFlags::SLOW_PATH)
    }
}

/// Runs a command whose shard is held and that begins at the tick `start`; answers at which it ended.
#[inline]
pub fn run_fast(
    core: &mut Core,
    client: &mut Client,
    FastCommand { command, key, .. }: FastCommand,
    args: &Args<'_>,
    out: &mut Vec<u8>,
    start: u64,
) -> u64 {
    let Run::OnShard(run) = command.spec.run else { unreachable!("only these are fast") };
    let before = out.len();
    let Core { id, server, stats, held, effects, now_ms, .. } = core;
    let mut ks = Keyspace::new(&server.store, held, effects, stats, client.db, *now_ms);
    ks.expect_keys(std::slice::from_ref(&key));
    let mut cx = Cx {
        ks,
        reply: Reply::new(out, client.resp),
        client,
        server,
        spec: command.spec,
        core: *id,
        can_block: false,
        blocked: None,
    };
    let result = run(&mut cx, args);
    let dirty = cx.ks.dirty;
    if dirty != 0 {
        core.stats.dirty.add(dirty);
    }
    let _ = finish(core, client, command, args, out, result, (start, before));
    if core.counts_slots() {
        slot_usage::count(core, key.slot, args, 0, out.len() - before);
    }
    start.wrapping_add(core.last_ticks)
}
