//! Running a command under the locks it needs: the one place where command code is called.

use super::blocking;
use super::core::Core;
use super::flow::Flow;
use crate::commands::{Command, CommandError, CommandResult, Cx, Flags, Run};
use crate::keyspace::Keyspace;
use crate::protocol::{Args, Reply};
use crate::session::{Blocked, Client, ClientFlags, ClientInfo};
use crate::stats::Cost;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A client's own command, which may make the client wait.
    Client,
    /// EXEC.
    Transaction,
    Script,
    /// A writer that serves a waiting client, whose command took so many ticks until it waited.
    Waiter {
        spent: u64,
    },
}

/// Runs a command and writes its reply, or its error, at the end of `out`. Counts and times it.
///
/// The locks that its `Run` asks for are held; a `Flow` takes its own.
pub fn call(
    core: &mut Core,
    client: &mut Client,
    command: &'static Command,
    args: &Args<'_>,
    out: &mut Vec<u8>,
    origin: Origin,
) -> CommandResult {
    let start = core.ticks();
    if origin == Origin::Client {
        core.refresh_clock(start);
    }
    let before = out.len();
    let result = match command.spec.run {
        Run::Flow(run) => {
            let can_block = origin == Origin::Client;
            let mut flow = Flow { core, client, out, command, can_block, is_busy: false };
            let result = run(&mut flow, args);
            if flow.is_busy {
                out.truncate(before);
                return Err(CommandError::Replied);
            }
            result
        }
        Run::OnShard(run) | Run::Local(run) | Run::Gated(run) => {
            let is_nested = matches!(origin, Origin::Transaction | Origin::Script);
            let Core { id, server, stats, held, effects, now_ms, unit_us, keys, .. } = &mut *core;
            let mut ks = Keyspace::new(&server.store, held, effects, stats, client.db, *now_ms);
            ks.unit_us = is_nested.then_some(unit_us);
            ks.is_script = origin == Origin::Script;
            if origin == Origin::Client {
                ks.expect_keys(keys);
            }
            ks.no_touch = client.flags.has(ClientFlags::NO_TOUCH);
            // Writers are held back themselves, and must not find what they take for absent.
            ks.keep_expired = command.flags.has(Flags::READONLY) && server.keeps_expired(*now_ms);
            ks.is_importing = server.config.import_mode.get();
            ks.horizon_ms = server.horizon_ms(client, *now_ms);
            let mut cx = Cx {
                ks,
                reply: Reply::new(out, client.resp),
                client,
                server,
                spec: command.spec,
                core: *id,
                can_block: !is_nested,
                blocked: None,
            };
            let result = run(&mut cx, args);
            let (dirty, blocked) = (cx.ks.dirty, cx.blocked.take());
            core.stats.dirty.add(dirty);
            if let Some(request) = blocked {
                blocking::begin_wait(core, client, command, args, request, (origin, start));
            }
            result
        }
        Run::Container => unreachable!("containers have no code; lookup gives a subcommand"),
    };
    if client.flags.has(ClientFlags::BLOCKED) {
        // Counted once, when it is served or its time is up.
        return result;
    }
    // As if it had begun right before it was served: the wait is nobody's work.
    let start = match origin {
        Origin::Waiter { spent } => start.wrapping_sub(spent),
        _ => start,
    };
    finish(core, client, command, args, out, result, (start, before))
}

/// Counts a command whose client waited in vain, once it has its reply, which may be an error. As in
/// Valkey 9.1 that is one of a command that was refused, though it counts as called, too.
pub fn finish_wait(
    core: &Core,
    info: &ClientInfo,
    blocked: &Blocked,
    reply_bytes: usize,
    error: Option<&str>,
) {
    let (command, args) = (blocked.command, blocked.args.view());
    count_call(core, info, command, &args, (blocked.spent, reply_bytes));
    if let Some(text) = error {
        core.stats.commands[command.id].rejected.add(1);
        core.stats.errors.add(1);
        core.server.journal.errors.add(text);
    }
}

/// Notes that a command was called, which took so many ticks and was answered so many bytes.
#[inline]
fn count_call(
    core: &Core,
    info: &ClientInfo,
    command: &Command,
    args: &Args<'_>,
    (ticks, reply_bytes): (u64, usize),
) {
    let stats = &core.stats.commands[command.id];
    stats.calls.add(1);
    stats.ticks.add(ticks);
    core.stats.commands_processed.add(1);
    let nanos = core.nanos(ticks);
    let config = &core.server.config;
    if config.latency_tracking.get() {
        stats.latency.record(nanos);
    }
    let cost = Cost { micros: nanos / 1000, reply_bytes: reply_bytes as u64 };
    core.server.journal.note_command(config, command, args, info, cost, core.now_ms);
}

/// Writes the error, if any, and counts the call, which began at a tick and with `out` of a length.
pub(super) fn finish(
    core: &mut Core,
    client: &mut Client,
    command: &'static Command,
    args: &Args<'_>,
    out: &mut Vec<u8>,
    result: CommandResult,
    (start, reply_start): (u64, usize),
) -> CommandResult {
    client.commands += 1;
    let ticks = core.ticks().wrapping_sub(start);
    core.last_ticks = ticks;
    if let Err(error) = &result {
        core.stats.commands[command.id].failed.add(1);
        write_error(core, out, client, error);
        if let (CommandError::Replied, Some(b'-')) = (error, out.get(reply_start)) {
            let text = String::from_utf8_lossy(&out[reply_start + 1..]);
            core.server.journal.errors.add_made_up(&text);
        }
    }
    let reply_bytes = out.len().saturating_sub(reply_start);
    count_call(core, &client.info, command, args, (ticks, reply_bytes));
    debug_assert!(
        !command.flags.has(Flags::BLOCKING) || client.blocked.is_none() || result.is_ok()
    );
    result
}

/// Writes an error reply and counts it; what is already replied stays as it is.
pub(super) fn write_error(core: &Core, out: &mut Vec<u8>, client: &Client, error: &CommandError) {
    core.stats.errors.add(1);
    if *error != CommandError::Replied {
        let text = error.to_string();
        core.server.journal.errors.add(&text);
        Reply::new(out, client.resp).error(&text);
    }
}
