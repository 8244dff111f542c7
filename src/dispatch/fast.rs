//! The fast path: a command on one key, from a client in no special state.

use super::call::finish;
use super::core::Core;
use super::slot_usage;
use crate::commands::{Command, CommandTable, Cx, Run};
use crate::keyspace::{Key, Keyspace};
use crate::protocol::{Args, Reply};
use crate::session::{Client, ClientFlags};

/// A command that may run in a window.
#[derive(Debug, Clone, Copy)]
pub struct FastCommand {
    pub command: &'static Command,
    pub shard: usize,
    pub slot: u16,
    pub hash: u64,
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
pub fn fast(core: &Core, args: &Args<'_>) -> Fast {
    if args.is_empty() {
        return Fast::No;
    }
    let Some(command) = CommandTable::get().find(args.at(0)) else { return Fast::No };
    let Some(index) = command.single_key else { return Fast::No };
    if !command.spec.arity.accepts(args.len()) || index >= args.len() {
        return Fast::No;
    }
    let key = Key::new(args.at(index));
    let shard = core.server.store.shards.of_slot(key.slot);
    Fast::Yes(FastCommand { command, shard, slot: key.slot, hash: key.hash })
}

/// Whether the client's commands may take the fast path now.
impl Client {
    #[inline]
    pub fn is_plain(&self) -> bool {
        !self.flags.has(ClientFlags::SLOW_PATH)
    }
}

/// Runs a command on a key of `slot` whose shard is held.
#[inline]
pub fn run_fast(
    core: &mut Core,
    client: &mut Client,
    command: &'static Command,
    args: &Args<'_>,
    out: &mut Vec<u8>,
    slot: u16,
    start: u64,
) -> u64 {
    let Run::OnShard(run) = command.spec.run else { unreachable!("only these are fast") };
    // The server outlives the command, which borrows the rest of the core mutably.
    let server = core.server.clone();
    let before = out.len();
    let mut cx = Cx {
        ks: Keyspace::new(
            &server.store,
            &mut core.held,
            &mut core.effects,
            &core.stats,
            client.db,
            core.now_ms,
        ),
        reply: Reply::new(out, client.resp),
        client,
        server: &server,
        spec: command.spec,
        core: core.id,
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
        slot_usage::count(core, slot, args, 0, out.len() - before);
    }
    core.ticks()
}
