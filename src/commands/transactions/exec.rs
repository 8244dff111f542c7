//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::dispatch::{Flow, Origin, call, feed_monitors, shards_of};
use crate::keyspace::Key;
use crate::protocol::{Args, Reply};
use crate::session::{Client, ClientFlags, Multi, QueuedCommand, Watched};
use crate::shard::ShardSet;
use std::sync::atomic::Ordering;

static DISCARD: CommandSpec = CommandSpec {
    name: "discard",
    summary: "Drops the transaction that MULTI began.",
    since: "2.0.0",
    complexity: "O(N), when N is the number of queued commands",
    group: Group::Transactions,
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    runs_in_multi: true,
    run: Run::Local(discard),
    ..CommandSpec::DEFAULT
};

static EXEC: CommandSpec = CommandSpec {
    name: "exec",
    summary: "Runs the transaction that MULTI began.",
    since: "1.2.0",
    complexity: "Depends on commands in the transaction",
    group: Group::Transactions,
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::SKIP_COMMANDLOG),
    acl: Acl::TRANSACTION,
    runs_in_multi: true,
    run: Run::Flow(exec),
    ..CommandSpec::DEFAULT
};

static MULTI: CommandSpec = CommandSpec {
    name: "multi",
    summary: "Begins a transaction.",
    since: "1.2.0",
    complexity: "O(1)",
    group: Group::Transactions,
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::NO_MULTI)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    runs_in_multi: true,
    run: Run::Local(multi),
    ..CommandSpec::DEFAULT
};

static UNWATCH: CommandSpec = CommandSpec {
    name: "unwatch",
    summary: "Forgets the keys that WATCH named.",
    since: "2.2.0",
    complexity: "O(1)",
    group: Group::Transactions,
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    run: Run::Local(unwatch),
    ..CommandSpec::DEFAULT
};

static WATCH: CommandSpec = CommandSpec {
    name: "watch",
    summary: "Makes the next transaction depend on keys staying as they are.",
    since: "2.2.0",
    complexity: "O(1) for every key.",
    group: Group::Transactions,
    arity: Arity::AtLeast(2),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::NO_MULTI)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::RO)],
    args: &[Arg::key("key").multiple()],
    runs_in_multi: true,
    run: Run::OnShard(watch),
    ..CommandSpec::DEFAULT
};

fn multi(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    if cx.client.multi.is_some() {
        return Err(CommandError::err("MULTI calls can not be nested"));
    }
    cx.client.multi = Some(Box::default());
    cx.client.set_flag(ClientFlags::MULTI, true);
    cx.client.info.multi.store(0, Ordering::Relaxed);
    cx.reply.ok();
    Ok(())
}

/// Takes the transaction off the client.
fn end_multi(client: &mut Client) -> Option<Box<Multi>> {
    client.set_flag(ClientFlags(ClientFlags::MULTI.0 | ClientFlags::DIRTY_EXEC.0), false);
    client.info.multi.store(-1, Ordering::Relaxed);
    client.info.multi_bytes.store(0, Ordering::Relaxed);
    client.multi.take()
}

/// Drops a transaction and its watches.
pub(crate) fn discard_all(client: &mut Client) {
    end_multi(client);
    forget_watches(client);
}

fn discard(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    if cx.client.multi.is_none() {
        return Err(CommandError::err("DISCARD without MULTI"));
    }
    discard_all(cx.client);
    cx.reply.ok();
    Ok(())
}

fn unwatch(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    forget_watches(cx.client);
    cx.reply.ok();
    Ok(())
}

/// Ends the watches as far as the client goes. The core takes them out of the shards later: these may be
/// busy, and nothing may be locked here.
fn forget_watches(client: &mut Client) {
    let watched = client.take_watched();
    client.info.watched.store(0, Ordering::Relaxed);
    if let Some(flag) = client.watch_flag.take() {
        client.stale_watches.push((watched, flag));
    }
}

fn watch(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if cx.client.multi.is_some() {
        return Err(CommandError::err("WATCH inside MULTI is not allowed"));
    }
    let flag = cx.client.watch_flag();
    let db = cx.ks.db;
    for name in args.from(1).iter() {
        let key = Key::new(name);
        let now_ms = cx.ks.now_ms;
        let data = cx.ks.shard_of_mut(&key);
        let deadline = data.db(db).find(&key).and_then(|entry| entry.deadline());
        let is_stale = deadline.is_some_and(|at| at <= now_ms);
        // The shard knows who watches a key without going through all that this client watches.
        if data.watchers.add(db, name, flag.clone(), is_stale) {
            cx.client.watch(Watched { db, key: name.into() });
        }
    }
    cx.client.info.watched.store(cx.client.watched.len() as u32, Ordering::Relaxed);
    cx.reply.ok();
    Ok(())
}

fn exec(flow: &mut Flow<'_>, _args: &Args<'_>) -> CommandResult {
    let Some(multi) = &flow.client.multi else {
        return Err(CommandError::err("EXEC without MULTI"));
    };
    if multi.is_dirty {
        discard_all(flow.client);
        return Err(CommandError::ExecAbort);
    }
    let shards = &flow.core.server.store.shards;
    let mut set = ShardSet::EMPTY;
    let mut needs_all = false;
    for queued in &multi.queue {
        match queued.command.spec.run {
            Run::OnShard(_) => {
                let wanted = shards_of(shards, queued.command, &queued.args.view());
                wanted.iter().for_each(|shard| set.insert(shard));
            }
            Run::Local(_) => {}
            Run::Gated(_) | Run::Flow(_) | Run::Container => needs_all = true,
        }
    }
    for watched in &flow.client.watched {
        set.insert(shards.of_slot(Key::new(&watched.key).slot));
    }
    let Multi { queue, bytes, wire_bytes, .. } =
        flow.client.multi.take().map(|m| *m).unwrap_or_default();
    let result = if needs_all {
        flow.with_gate(|core, client, out| run(core, client, out, &queue))
    } else {
        flow.with_shards(&set, |core, client, out| run(core, client, out, &queue))
    };
    if let Err(error) = result {
        // Not run: the transaction is still open when EXEC comes again.
        flow.client.multi = Some(Box::new(Multi { queue, bytes, wire_bytes, is_dirty: false }));
        return Err(error);
    }
    end_multi(flow.client);
    flow.client.watch_flag = None;
    Ok(())
}

/// Runs the queue with all locks held, unless a watched key has changed.
fn run(
    core: &mut crate::dispatch::Core,
    client: &mut Client,
    out: &mut Vec<u8>,
    queue: &[QueuedCommand],
) {
    let changed = is_changed(core, client);
    if let Some(flag) = &client.watch_flag {
        end_watches(core, &client.watched, flag);
    }
    client.take_watched();
    client.info.watched.store(0, Ordering::Relaxed);
    if changed {
        Reply::new(out, client.resp).null_array();
        return;
    }
    client.set_flag(ClientFlags::MULTI, false);
    Reply::new(out, client.resp).array(queue.len());
    for queued in queue {
        let args = queued.args.view();
        let _ = call(core, client, queued.command, &args, out, Origin::Transaction);
        feed_monitors(core, client, queued.command, &args);
    }
}

/// Whether a watched key was touched, or has expired since it was watched.
fn is_changed(core: &crate::dispatch::Core, client: &Client) -> bool {
    let Some(flag) = client.watch_flag.as_ref().filter(|_| !client.watched.is_empty()) else {
        return false;
    };
    if flag.load(Ordering::Relaxed) {
        return true;
    }
    let shards = &core.server.store.shards;
    client.watched.iter().any(|watched| {
        let key = Key::new(&watched.key);
        let data = shards.data(&core.held, shards.of_slot(key.slot));
        let deadline = data.db(watched.db).find(&key).and_then(|entry| entry.deadline());
        deadline.is_some_and(|at| at <= core.now_ms)
            && !data.watchers.is_stale(watched.db, &watched.key, flag)
    })
}

fn end_watches(
    core: &mut crate::dispatch::Core,
    watched: &[Watched],
    flag: &crate::keyspace::WatchFlag,
) {
    let server = core.server.clone();
    for key in watched {
        let shard = server.store.shards.of_slot(Key::new(&key.key).slot);
        let data = server.store.shards.data_mut(&mut core.held, shard);
        data.watchers.remove(key.db, &key.key, flag);
    }
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&DISCARD, &EXEC, &MULTI, &UNWATCH, &WATCH];
