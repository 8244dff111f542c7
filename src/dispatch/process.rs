//! One command of a client, from its name to its reply: the way that knows every case.

use super::call::{Origin, call, write_error};
use super::core::{Busy, Core};
use super::{gates, monitor, redirect, routing, script, slot_usage};
use crate::commands::{Command, CommandError, Flags, Run, transactions};
use crate::protocol::{Args, OwnedArgs, Reply};
use crate::server::PauseKind;
use crate::session::{Client, ClientFlags, QueuedCommand};

/// How the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// With its next command.
    Continue,
    /// With this command again, when the core is told.
    PutAside,
    /// With this command again, when CLIENT PAUSE is over.
    Paused,
    /// When it is served or its time is up.
    Blocked,
}

/// Runs one command of a client through every gate.
pub fn process(core: &mut Core, client: &mut Client, args: &Args<'_>, out: &mut Vec<u8>) -> Next {
    let before = out.len();
    let was_skipping = client.flags.has(ClientFlags::REPLY_SKIP);
    let was_asking = client.flags.has(ClientFlags::ASKING);
    let next = step(core, client, args, out);
    if matches!(next, Next::PutAside | Next::Paused) {
        out.truncate(before);
        return next;
    }
    // CLIENT REPLY ON answers though it was to be skipped: it has lowered the flag.
    let is_silent = client.flags.has(ClientFlags::REPLY_OFF.or(ClientFlags::REPLY_SKIP));
    if is_silent && !is_pushed(args, &out[before..]) {
        out.truncate(before);
    }
    let skips_next = client.flags.has(ClientFlags::REPLY_SKIP_NEXT);
    if was_skipping || skips_next {
        client.set_flag(ClientFlags::REPLY_SKIP, skips_next);
        client.set_flag(ClientFlags::REPLY_SKIP_NEXT, false);
    }
    // ASKING holds for the next command, or for the whole transaction that begins with it.
    if was_asking && !client.flags.has(ClientFlags::MULTI) && !is_asking(args) {
        client.set_flag(ClientFlags::ASKING, false);
    }
    core.stale_watches.append(&mut client.stale_watches);
    next
}

fn is_asking(args: &Args<'_>) -> bool {
    gates::lookup(args).is_ok_and(|command| command.spec.name == "asking")
}

/// Whether a reply is a message, and no refusal.
fn is_pushed(args: &Args<'_>, reply: &[u8]) -> bool {
    !reply.starts_with(b"-") && gates::lookup(args).is_ok_and(|command| command.spec.is_pushed)
}

fn step(core: &mut Core, client: &mut Client, args: &Args<'_>, out: &mut Vec<u8>) -> Next {
    let command = match gates::lookup(args) {
        Ok(command) => command,
        Err(_) if gates::is_http(args) => {
            // A browser that was tricked into talking to us would go on sending headers as commands.
            tracing::warn!(
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: \
                 commands to the server. Connection {} dropped.",
                client.id
            );
            client.set_flag(ClientFlags::CLOSE_ASAP, true);
            return Next::Continue;
        }
        Err(error) => {
            // A stranger does not learn which commands there are.
            let stranger = client.flags.has(ClientFlags::UNAUTHENTICATED);
            let error = if stranger { CommandError::NoAuth } else { error };
            reject(core, client, None, &error, out);
            return Next::Continue;
        }
    };
    if let Err(mut error) = gates::check(core, client, command, args) {
        if command.spec.name == "exec" {
            // Refused itself, it ends its transaction, and says so even without one.
            transactions::discard_all(client);
            error = CommandError::ExecRefused(error.to_string().replacen("ERR ", "", 1));
        }
        reject(core, client, Some(command), &error, out);
        return Next::Continue;
    }
    routing::note_keys(core, command, args);
    let slot = match redirect::check(core, client, command, args, false) {
        Ok(slot) => slot,
        Err(error) => {
            if command.spec.name == "exec" && command.parent.is_none() {
                // As after an EXEC that failed: the transaction and its watches are gone.
                transactions::discard_all(client);
            }
            reject(core, client, Some(command), &error, out);
            return Next::Continue;
        }
    };
    if is_paused(core, client, command, args) {
        return Next::Paused;
    }
    if client.multi.is_some() && !command.spec.runs_in_multi {
        queue(client, command, args);
        slot_usage::count_queued(core, slot, args);
        Reply::new(out, client.resp).simple("QUEUED");
        return Next::Continue;
    }
    client.info.last_command.store(command.id as u32 + 1, std::sync::atomic::Ordering::Relaxed);
    let queued_bytes = client.multi.as_ref().map_or(0, |multi| multi.wire_bytes);
    let before = out.len();
    core.script_slot = None;
    if run(core, client, command, args, out).is_err() {
        return Next::PutAside;
    }
    // After its run, as in Valkey: EXEC comes after what it ran, and SELECT in its new database.
    monitor::feed(core, client, command, args);
    if client.blocked.is_some() {
        return Next::Blocked;
    }
    if core.counts_slots() {
        if let Some(slot) = slot.or(core.script_slot) {
            slot_usage::count(core, slot, args, queued_bytes, out.len() - before);
        } else if command.full_name == "multi" {
            slot_usage::note_multi(client, args);
        }
    }
    Next::Continue
}

/// Runs a command under the locks it asks for.
fn run(
    core: &mut Core,
    client: &mut Client,
    command: &'static Command,
    args: &Args<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Busy> {
    // While a script is busy, a core answers though the gate keeps it out; it may lock nothing then.
    if !core.is_entered() && !matches!(command.spec.run, Run::Local(_) | Run::Container) {
        return Err(Busy);
    }
    match command.spec.run {
        Run::Local(_) | Run::Container => {
            let _ = call(core, client, command, args, out, Origin::Client);
            super::effects::after_release(core);
            Ok(())
        }
        Run::OnShard(_) => {
            let set = routing::shards_of_keys(core);
            core.with_shards(&set, |core| {
                // The slot may have gone since it was looked at, or be on its way.
                match redirect::check(core, client, command, args, true) {
                    Ok(_) => {
                        routing::prefetch_keys(core, command, client.db);
                        let _ = call(core, client, command, args, out, Origin::Client);
                    }
                    Err(error) => reject(core, client, Some(command), &error, out),
                }
            })
        }
        Run::Gated(_) => core.with_gate(|core| {
            let _ = call(core, client, command, args, out, Origin::Client);
        }),
        Run::Flow(_) if redirect::is_open(core, client, command) => {
            core.with_gate(|core| match redirect::check(core, client, command, args, true) {
                Ok(_) => {
                    let _ = call(core, client, command, args, out, Origin::Client);
                }
                Err(error) => {
                    if client.multi.is_some() {
                        transactions::discard_all(client);
                    }
                    reject(core, client, Some(command), &error, out);
                }
            })
        }
        Run::Flow(_) => {
            let before = out.len();
            let result = call(core, client, command, args, out, Origin::Client);
            // A flow that wrote nothing and has "replied" did not get its locks.
            let no_locks = result == Err(CommandError::Replied) && out.len() == before;
            if no_locks { Err(Busy) } else { Ok(()) }
        }
    }
}

/// Puts a command into the open transaction.
fn queue(client: &mut Client, command: &'static Command, args: &Args<'_>) {
    let owned = OwnedArgs::copy(args);
    if let Some(multi) = &mut client.multi {
        multi.bytes += owned.heap_bytes() + size_of::<QueuedCommand>();
        multi.queue.push(QueuedCommand { command, args: owned });
        let info = &client.info;
        info.multi.store(multi.queue.len() as i64, std::sync::atomic::Ordering::Relaxed);
        info.multi_bytes.store(multi.bytes as u64, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Answers the error of a command that is not run; an open transaction is spoilt by it.
fn reject(
    core: &Core,
    client: &mut Client,
    command: Option<&Command>,
    error: &CommandError,
    out: &mut Vec<u8>,
) {
    if let Some(multi) = &mut client.multi {
        multi.is_dirty = true;
        client.set_flag(ClientFlags::DIRTY_EXEC, true);
    }
    if let Some(command) = command {
        core.stats.commands[command.id].rejected.add(1);
    }
    write_error(core, out, client, error);
}

fn is_paused(core: &Core, client: &Client, command: &Command, args: &Args<'_>) -> bool {
    let Some(kind) = core.server.pause.kind(core.now_ms) else { return false };
    let may_write = |command: &Command, args: &Args<'_>| {
        command.flags.has(Flags::WRITE.or(Flags::MAY_REPLICATE))
            || script::may_write(&core.server, command, args)
    };
    match kind {
        PauseKind::All => true,
        PauseKind::Write => {
            // EXEC is as much a write as what was queued.
            may_write(command, args)
                || command.spec.name == "exec"
                    && client.multi.as_ref().is_some_and(|multi| {
                        multi.queue.iter().any(|q| may_write(q.command, &q.args.view()))
                    })
        }
    }
}
