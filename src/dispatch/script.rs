//! Scripts: the locks they run under, and the gates that their commands pass.
//!
//! A script runs with the shards of its declared keys held. A command on another key takes that
//! key's shard too if it is free. If it is not, the script is abandoned and begins anew with the
//! gate closed, and its later runs begin so; it had no effects yet, so nobody sees that. A script that has
//! already written waits for the shard instead. Only one script at a time, the holder of the escalation, waits
//! while it holds shards, so that no two wait for each other.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::call::{Origin, call};
use super::core::Core;
use super::flow::Flow;
use super::withheld::Withheld;
use super::{monitor, redirect, routing};
use crate::commands::{Command, CommandError, CommandResult, CommandTable, Flags, Group, Run};
use crate::config::{REDIS_VERSION, VALKEY_VERSION};
use crate::keyspace::Key;
use crate::protocol::{Args, OwnedArgs, RespVersion};
use crate::scripting::{
    CallEnd, Identity, Interpreter, Interrupt, LogLevel, ReplicationTargets, Script, ScriptCall,
    ScriptDigest, ScriptHost, ScriptOutcome, ScriptResp, UnknownCommand,
};
use crate::server::Server;
use crate::session::{Client, ClientFlags};
use crate::shard::ShardSet;

const IDENTITY: Identity =
    Identity { server_name: "valkey", version: VALKEY_VERSION, redis_version: REDIS_VERSION };

/// A script's keys that are fetched into the cache before it runs.
const PREFETCHED_KEYS_MAX: usize = 16;

/// What a script's commands take over from the client.
const INHERITED: ClientFlags = ClientFlags::NO_TOUCH
    .or(ClientFlags::READONLY)
    .or(ClientFlags::ASKING)
    .or(ClientFlags::IMPORT_SOURCE);

thread_local! {
    /// Lua never leaves the thread of its core.
    static INTERPRETER: RefCell<Option<Interpreter>> = const { RefCell::new(None) };
}

/// Lends the interpreter of this thread.
pub fn with_interpreter<R>(server: &Server, use_it: impl FnOnce(&mut Interpreter) -> R) -> R {
    INTERPRETER.with_borrow_mut(|slot| {
        let fresh = || Interpreter::new(IDENTITY, &server.scripting.cache);
        use_it(slot.get_or_insert_with(fresh))
    })
}

/// SCRIPT FLUSH is for the interpreters of all threads: one that runs no more scripts, and so would
/// not follow, is dropped.
pub fn drop_flushed_interpreter(core: &Core) {
    let scripting = &core.server.scripting;
    INTERPRETER.with_borrow_mut(|slot| {
        if slot.as_ref().is_some_and(|interpreter| interpreter.is_flushed(&scripting.cache)) {
            *slot = None;
            scripting.interpreter_bytes[core.id].store(0, Ordering::Relaxed);
        }
    });
}

/// Whether a command runs a script that may write: any but one that has declared not to.
pub(super) fn may_write(server: &Server, command: &Command, args: &Args<'_>) -> bool {
    let script = match command.full_name.as_str() {
        "eval" => with_interpreter(server, |interpreter| {
            interpreter
                .load(&server.scripting.cache, args.at(1), crate::scripting::Origin::Eval)
                .ok()
        }),
        "evalsha" => ScriptDigest::parse(args.at(1)).and_then(|d| server.scripting.cache.get(d)),
        _ => return false,
    };
    script.is_none_or(|script| !script.flags.no_writes)
}

/// A script with what it is called with.
#[derive(Debug, Clone, Copy)]
pub struct ScriptRun<'a> {
    pub script: &'a Arc<Script>,
    pub keys: &'a [&'a [u8]],
    pub args: &'a [&'a [u8]],
    /// EVAL_RO and EVALSHA_RO.
    pub read_only: bool,
}

/// Why a script may not run now, by what it has declared.
fn check_flags(flow: &Flow<'_>, run: &ScriptRun<'_>) -> CommandResult {
    let server = &flow.core.server;
    let flags = run.script.flags;
    if flags.no_cluster && server.is_cluster {
        return Err(CommandError::err("Can not run script on cluster, 'no-cluster' flag is set."));
    }
    if run.read_only && flags.declared && !flags.no_writes {
        return Err(CommandError::err(
            "Can not execute a script with write flag using *_ro command.",
        ));
    }
    if flow.core.ceiling.is_out && flags.declared && !flags.allow_oom && !flags.no_writes {
        return Err(CommandError::OutOfMemory);
    }
    if server.lacks_replicas() && flags.declared && !flags.no_writes {
        return Err(CommandError::NoReplicas);
    }
    Ok(())
}

/// Refuses a call before its script begins: the monitors see the call all the same.
pub fn refuse_script(flow: &Flow<'_>, argv: &Args<'_>, error: CommandError) -> CommandResult {
    monitor::feed_script(flow.core, flow.client, argv);
    Err(error)
}

/// Runs a script and writes its reply.
pub fn run_script(flow: &mut Flow<'_>, run: &ScriptRun<'_>, argv: &Args<'_>) -> CommandResult {
    if let Err(error) = check_flags(flow, run) {
        return refuse_script(flow, argv, error);
    }
    let server = flow.core.server.clone();
    server.scripting.cache.touch(run.script);
    let keys: SmallVec<[Key<'_>; 8]> =
        run.keys.iter().enumerate().map(|(n, key)| routing::noted_key(flow.core, n, key)).collect();
    let mut set = ShardSet::EMPTY;
    keys.iter().for_each(|key| set.insert(server.store.shards.of_slot(key.slot)));
    let before = flow.out.len();
    let mut gated = run.script.touches_undeclared_keys.load(Ordering::Relaxed);
    let outcome = loop {
        let attempt = |core: &mut Core, client: &mut Client, out: &mut Vec<u8>| {
            run_locked(core, client, out, run, &keys, argv)
        };
        let ended = if gated && !flow.core.is_nested() {
            flow.with_gate(attempt)?
        } else {
            flow.with_shards(&set, attempt)?
        };
        if let Some(outcome) = ended {
            break outcome;
        }
        // It needs a shard that another core holds.
        flow.out.truncate(before);
        run.script.touches_undeclared_keys.store(true, Ordering::Relaxed);
        gated = true;
    };
    let bytes = with_interpreter(&server, |interpreter| {
        interpreter.tidy();
        interpreter.bytes()
    });
    server.scripting.interpreter_bytes[flow.core.id].store(bytes, Ordering::Relaxed);
    match outcome {
        ScriptOutcome::Replied => Ok(()),
        ScriptOutcome::RepliedWith(errors) => {
            let (stats, made_up) = (&flow.core.stats, &errors.made_up);
            stats.errors.add(made_up.len() as u64);
            made_up.iter().for_each(|text| server.journal.errors.add_made_up(text));
            let failures = u64::from(errors.counted) + u64::from(!made_up.is_empty());
            stats.commands[flow.command.id].failed.add(failures);
            Ok(())
        }
        // The command that failed inside has counted the error.
        ScriptOutcome::Failed { counted: true } => {
            flow.core.stats.commands[flow.command.id].failed.add(1);
            Ok(())
        }
        ScriptOutcome::Failed { counted: false } => Err(CommandError::Replied),
    }
}

/// Runs a script with its locks held; `None` if it has to begin anew.
fn run_locked(
    core: &mut Core,
    client: &mut Client,
    out: &mut Vec<u8>,
    run: &ScriptRun<'_>,
    keys: &[Key<'_>],
    argv: &Args<'_>,
) -> Option<ScriptOutcome> {
    // While Lua gets going, what the script will look at comes into the cache.
    let parts = || {
        let shards = &core.server.store.shards;
        let keys = keys.iter().take(PREFETCHED_KEYS_MAX);
        keys.map(|key| (shards.data(&core.held, shards.of_slot(key.slot)).db(client.db), key))
    };
    parts().for_each(|(db, key)| db.prefetch_bucket(key.slot, key.hash));
    monitor::feed_script(core, client, argv);
    let server = core.server.clone();
    let mut proxy = Client::proxy(client.info.clone(), client.db, RespVersion::Resp2);
    proxy.flags.0 |= client.flags.0 & INHERITED.0;
    let resp = if client.is_resp3() { ScriptResp::Resp3 } else { ScriptResp::Resp2 };
    let call = ScriptCall { keys: run.keys, args: run.args, resp };
    let started = core.ticks();
    parts().for_each(|(db, key)| db.prefetch_entry(key.slot, key.hash));
    let slot = keys.first().map(|key| key.slot);
    let is_short_of_memory = core.ceiling.is_out && !run.script.flags.allow_oom;
    let mut host = Host {
        core,
        client: proxy,
        script: run.script,
        read_only: run.read_only || run.script.flags.no_writes,
        slot,
        args: OwnedArgs::default(),
        started,
        is_short_of_memory,
        has_written: false,
        has_effects: false,
        is_abandoned: false,
        is_escalated: false,
    };
    let outcome =
        with_interpreter(&server, |interpreter| interpreter.run(run.script, &call, &mut host, out));
    let (is_abandoned, is_escalated) = (host.is_abandoned, host.is_escalated);
    let slot = host.slot;
    client.commands += host.client.commands;
    core.script_slot = slot;
    if is_escalated {
        server.scripting.escalation.store(false, Ordering::Release);
    }
    server.scripting.running.end(core.id);
    (!is_abandoned).then_some(outcome)
}

/// The server as a running script sees it.
struct Host<'a> {
    core: &'a mut Core,
    /// Stands for the client: SELECT in a script changes nothing outside.
    client: Client,
    script: &'a Script,
    read_only: bool,
    /// In a cluster: the slot that a script with a shebang line has to stay in.
    slot: Option<u16>,
    args: OwnedArgs,
    started: u64,
    /// The memory limit was passed when the script began.
    is_short_of_memory: bool,
    has_written: bool,
    /// It has done something that cannot be done twice.
    has_effects: bool,
    is_abandoned: bool,
    is_escalated: bool,
}

impl ScriptHost for Host<'_> {
    fn call(&mut self, argv: &[&[u8]], resp: ScriptResp, reply: &mut Vec<u8>) -> CallEnd {
        if self.is_abandoned {
            return CallEnd::Abandoned;
        }
        let mut args = std::mem::take(&mut self.args);
        args.clear();
        argv.iter().for_each(|arg| args.push(arg));
        self.client.resp = match resp {
            ScriptResp::Resp2 => RespVersion::Resp2,
            ScriptResp::Resp3 => RespVersion::Resp3,
        };
        let end = self.run_command(&args.view(), reply);
        self.args = args;
        end
    }

    fn may_run(&mut self, argv: &[&[u8]]) -> Result<bool, UnknownCommand> {
        let args = OwnedArgs::of(argv.iter().copied());
        let command = lookup(&args.view()).map_err(|_| UnknownCommand)?;
        if !command.spec.arity.accepts(argv.len()) {
            return Err(UnknownCommand);
        }
        Ok(true)
    }

    fn log(&mut self, level: LogLevel, message: &[u8]) {
        let message = String::from_utf8_lossy(message);
        match level {
            LogLevel::Debug => tracing::trace!("{message}"),
            LogLevel::Verbose => tracing::debug!("{message}"),
            LogLevel::Notice => tracing::info!("{message}"),
            LogLevel::Warning => tracing::warn!("{message}"),
        }
    }

    fn set_replication(&mut self, _targets: ReplicationTargets) {
        // Concerns what follows in the replication stream and the AOF; neither is written yet.
    }

    fn tick(&mut self) -> Interrupt {
        if self.is_abandoned {
            return Interrupt::Stop("abandoned");
        }
        let now = self.core.ticks();
        if self.core.withheld.are_due(now, |ticks| self.core.micros(ticks)) {
            self.send_withheld();
        }
        let server = &self.core.server;
        let elapsed_ms = self.core.micros(now.wrapping_sub(self.started)) / 1000;
        if elapsed_ms < server.config.busy_reply_threshold.get().max(0) as u64 {
            return Interrupt::Continue;
        }
        let running = &server.scripting.running;
        if running.note_busy(self.core.id) {
            tracing::warn!(
                "Slow script detected: still in execution after {elapsed_ms} milliseconds. You can \
                 try killing the script using the SCRIPT KILL command. Script SHA1 is: {}",
                self.script.digest.to_hex()
            );
            // Whoever waits for our locks is to be told that we are busy.
            for core in (0..server.cores()).filter(|&core| core != self.core.id) {
                server.post(core, crate::session::Message::Retry);
            }
        }
        // Who waits for a time to come is not to wait for ever: by TIME it goes on now.
        self.core.unit_us = 0;
        if let Some(desk) = &self.core.desk {
            desk.borrow_mut().look();
        }
        let server = &self.core.server;
        let running = &server.scripting.running;
        if running.is_killed(self.core.id) {
            tracing::info!("Lua script killed by user with SCRIPT KILL.");
            return Interrupt::Stop("Script killed by user with SCRIPT KILL.");
        }
        // A signal waits for a script that has written something, lest half of that be saved.
        if server.is_stopping() || server.shutdown.is_asked() && !self.has_effects {
            return Interrupt::Stop("Script killed by the shutdown of the server.");
        }
        Interrupt::Continue
    }
}

/// Serves a core's clients while a script keeps the core from them.
pub trait BusyDesk {
    /// Sends replies that were complete before the script began.
    fn send(&mut self, withheld: &mut Withheld);

    /// Looks for requests, if it has not just done so.
    fn look(&mut self);
}

/// Why a command of a script is refused.
enum Refusal {
    Text(&'static str),
    Error(CommandError),
}

/// A script is not redirected: it is told that it is wrong here.
fn as_told_to_scripts(error: CommandError, command: &Command) -> CommandError {
    match error {
        CommandError::ClusterDown("The cluster is down") => CommandError::text(format!(
            "Can not execute a command '{}' while the cluster is down",
            command.full_name
        )),
        CommandError::ClusterDown("The cluster is down and only accepts read commands") => {
            CommandError::text(format!(
                "Can not execute a write command '{}' while the cluster is down and readonly",
                command.full_name
            ))
        }
        _ => CommandError::err("Attempted to access a non local key in a cluster node"),
    }
}

fn lookup(args: &Args<'_>) -> Result<&'static Command, Refusal> {
    let table = CommandTable::get();
    let command =
        table.find(args.at(0)).ok_or(Refusal::Text("Unknown command called from script"))?;
    if !command.has_subcommands() || args.len() == 1 {
        return Ok(command);
    }
    super::gates::lookup(args).map_err(Refusal::Error)
}

impl Host<'_> {
    /// Others have waited long enough for this script.
    fn send_withheld(&mut self) {
        if let Some(desk) = &self.core.desk {
            desk.borrow_mut().send(&mut self.core.withheld);
        }
    }

    fn run_command(&mut self, args: &Args<'_>, reply: &mut Vec<u8>) -> CallEnd {
        let command = match lookup(args) {
            Ok(command) => command,
            Err(refusal) => {
                self.refuse(None, refusal, reply);
                return CallEnd::Replied;
            }
        };
        if let Err(refusal) = self.check(command, args) {
            self.refuse(Some(command), refusal, reply);
            return CallEnd::Replied;
        }
        if !self.core.held.holds_all() && !self.lock_for(command, args) {
            self.is_abandoned = true;
            return CallEnd::Abandoned;
        }
        if let Err(error) = self.check_owner(command, args) {
            self.refuse(Some(command), Refusal::Error(as_told_to_scripts(error, command)), reply);
            return CallEnd::Replied;
        }
        if !command.flags.has(Flags::READONLY) && command.spec.group != Group::Connection {
            self.has_effects = true;
            if command.is_write() {
                self.has_written = true;
                self.core.server.scripting.running.note_write(self.core.id);
            }
        }
        monitor::feed(self.core, &self.client, command, args);
        let _ = call(self.core, &mut self.client, command, args, reply, Origin::Script);
        CallEnd::Replied
    }

    /// In a cluster: whether the command's keys are served here.
    fn check_owner(&mut self, command: &Command, args: &Args<'_>) -> CommandResult {
        if !self.core.server.is_cluster {
            return Ok(());
        }
        // The noted keys are those of the client's command; these lie in buffers that do not last.
        routing::note_keys(self.core, command, args);
        let checked = redirect::check(self.core, &self.client, command, args, true);
        self.core.keys.clear();
        checked.map(|_| ())
    }

    fn refuse(&mut self, command: Option<&Command>, refusal: Refusal, reply: &mut Vec<u8>) {
        let error = match refusal {
            Refusal::Text(text) => CommandError::err(text),
            Refusal::Error(error) => error,
        };
        if let Some(command) = command {
            self.core.stats.commands[command.id].rejected.add(1);
        }
        super::call::write_error(self.core, reply, &self.client, &error);
    }

    fn check(&mut self, command: &Command, args: &Args<'_>) -> Result<(), Refusal> {
        if !command.spec.arity.accepts(args.len()) || matches!(command.spec.run, Run::Container) {
            return Err(Refusal::Text("Wrong number of args calling command from script"));
        }
        let runs_all = self.core.server.testing.scripts_run_all.load(Ordering::Relaxed);
        if command.flags.has(Flags::NOSCRIPT) && !runs_all {
            return Err(Refusal::Text("This Valkey command is not allowed from script"));
        }
        if self.read_only && command.flags.has(Flags::WRITE.or(Flags::MAY_REPLICATE)) {
            return Err(Refusal::Text("Write commands are not allowed from read-only scripts."));
        }
        if command.is_write() && self.core.server.lacks_replicas() {
            return Err(Refusal::Error(CommandError::NoReplicas));
        }
        // What it has begun it may end.
        if self.is_short_of_memory && !self.has_written && command.flags.has(Flags::DENYOOM) {
            return Err(Refusal::Error(CommandError::OutOfMemory));
        }
        if self.core.server.is_cluster {
            self.check_slot(command, args)?;
        }
        Ok(())
    }

    /// In a cluster: a script with a shebang line stays in one slot, unless it says that it does not.
    fn check_slot(&mut self, command: &Command, args: &Args<'_>) -> Result<(), Refusal> {
        let flags = self.script.flags;
        if !flags.declared || flags.allow_cross_slot_keys {
            return Ok(());
        }
        let keys = command.routing_keys(args).unwrap_or_default();
        let Some(slot) = keys.first().map(|key| Key::new(args.at(key.index)).slot) else {
            return Ok(());
        };
        if *self.slot.get_or_insert(slot) != slot {
            return Err(Refusal::Text(
                "Script attempted to access keys that do not hash to the same slot",
            ));
        }
        Ok(())
    }

    // Locks ----------------------------------------------------------------------------------------

    /// Takes the shards that a command needs beside those that are held. `false`: one is busy, and the
    /// script can still begin anew.
    fn lock_for(&mut self, command: &Command, args: &Args<'_>) -> bool {
        let shards = &self.core.server.store.shards;
        let wanted = match command.spec.run {
            Run::Local(_) | Run::Container => return true,
            Run::OnShard(_) => routing::shards_of(shards, command, args),
            Run::Gated(_) | Run::Flow(_) => return self.lock_all(),
        };
        wanted.iter().all(|shard| self.core.held.contains(shard)) || self.lock(wanted)
    }

    /// Takes shards, and those that clients who wait in them need.
    fn lock(&mut self, wanted: ShardSet) -> bool {
        let server = self.core.server.clone();
        let mut wanted = wanted;
        loop {
            for shard in wanted.iter() {
                if !server.store.shards.spin_lock(&mut self.core.held, shard) {
                    self.core.stats.lock_contended.add(1);
                    if !self.has_effects {
                        return false;
                    }
                    self.wait_for(shard);
                }
            }
            let mut wider = wanted;
            for shard in wanted.iter() {
                server.store.shards.data(&self.core.held, shard).waiters.widen(&mut wider);
            }
            if wider.is_subset_of(&wanted) {
                return true;
            }
            wanted = wider;
        }
    }

    fn lock_all(&mut self) -> bool {
        if !self.has_effects {
            return false;
        }
        let server = self.core.server.clone();
        let mut all = ShardSet::EMPTY;
        (0..server.store.shards.count()).for_each(|shard| all.insert(shard));
        let locked = self.lock(all);
        server.store.shards.note_if_all(&mut self.core.held);
        locked
    }

    /// Waits for a shard while holding others. Those who hold it do not wait for us: ordinary
    /// commands wait holding nothing, and of the scripts only the one that has the escalation waits so.
    fn wait_for(&mut self, shard: usize) {
        let server = self.core.server.clone();
        let shards = &server.store.shards;
        let escalation = &server.scripting.escalation;
        let take = || {
            escalation.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let mut to_lock = ShardSet::EMPTY;
        to_lock.insert(shard);
        if !self.is_escalated && !take() {
            // Another script waits, maybe for a shard of ours: it goes first. This is the one case in
            // which others can see what a script wrote before it has ended.
            self.core.held.locked().iter().for_each(|held| to_lock.insert(held));
            self.core.release();
            while !take() {
                std::thread::yield_now();
            }
        }
        self.is_escalated = true;
        for shard in to_lock.iter() {
            while !shards.spin_lock(&mut self.core.held, shard) {
                std::thread::yield_now();
            }
        }
    }
}
