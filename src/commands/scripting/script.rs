//! SCRIPT: the cache of scripts, and the script that runs.

use std::sync::Arc;

use super::{FlushMode, flush_mode};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::dispatch::with_interpreter;
use crate::protocol::Args;
use crate::scripting::{KillOutcome, Origin, ScriptDigest};
use crate::server::Server;

const UNKILLABLE: &str = "Sorry the script already executed write commands against the dataset. You \
can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE \
command.";

static SCRIPT: CommandSpec = CommandSpec {
    name: "script",
    summary: "Commands about scripts.",
    since: "2.6.0",
    complexity: "Depends on subcommand.",
    group: Group::Scripting,
    arity: Arity::AtLeast(2),
    subcommands: &[&DEBUG, &EXISTS, &FLUSH, &HELP, &KILL, &LOAD, &SHOW],
    ..CommandSpec::DEFAULT
};

static DEBUG: CommandSpec = CommandSpec {
    name: "debug",
    summary: "Switches the debugger for the scripts that follow on or off.",
    since: "3.2.0",
    group: Group::Scripting,
    arity: Arity::AtLeast(3),
    flags: Flags::NOSCRIPT,
    acl: Acl::SCRIPTING,
    args: &[
        Arg::one_of(
            "mode",
            &[Arg::word("yes", "YES"), Arg::word("sync", "SYNC"), Arg::word("no", "NO")],
        ),
        Arg::string("engine").optional().since("9.1.0"),
    ],
    run: Run::Local(debug),
    ..CommandSpec::DEFAULT
};

static EXISTS: CommandSpec = CommandSpec {
    name: "exists",
    summary: "Tells which scripts the server knows.",
    since: "2.6.0",
    complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
    group: Group::Scripting,
    arity: Arity::AtLeast(3),
    flags: Flags::NOSCRIPT.or(Flags::STALE),
    acl: Acl::SCRIPTING,
    args: &[Arg::string("sha1").multiple()],
    tips: &["request_policy:all_shards", "response_policy:agg_logical_and"],
    run: Run::Local(exists),
    ..CommandSpec::DEFAULT
};

static FLUSH: CommandSpec = CommandSpec {
    name: "flush",
    summary: "Forgets all scripts.",
    since: "2.6.0",
    complexity: "O(N) with N being the number of scripts in cache",
    group: Group::Scripting,
    arity: Arity::AtLeast(2),
    flags: Flags::NOSCRIPT.or(Flags::STALE),
    acl: Acl::SCRIPTING,
    args: &[Arg::one_of("flush-type", &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")])
        .optional()
        .since("6.2.0")],
    history: &[("6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers.")],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(flush),
    ..CommandSpec::DEFAULT
};

static HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Describes the subcommands.",
    since: "5.0.0",
    group: Group::Scripting,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::SCRIPTING,
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static KILL: CommandSpec = CommandSpec {
    name: "kill",
    summary: "Stops the script that runs, if it has not written.",
    since: "2.6.0",
    group: Group::Scripting,
    arity: Arity::Exactly(2),
    flags: Flags::NOSCRIPT.or(Flags::ALLOW_BUSY),
    acl: Acl::SCRIPTING,
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    run: Run::Local(|cx, _| kill(cx.server).map(|()| cx.reply.ok())),
    ..CommandSpec::DEFAULT
};

static LOAD: CommandSpec = CommandSpec {
    name: "load",
    summary: "Gives the server a script to know.",
    since: "2.6.0",
    complexity: "O(N) with N being the length in bytes of the script body.",
    group: Group::Scripting,
    arity: Arity::Exactly(3),
    flags: Flags::NOSCRIPT.or(Flags::STALE),
    acl: Acl::SCRIPTING,
    args: &[Arg::string("script")],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(load),
    ..CommandSpec::DEFAULT
};

static SHOW: CommandSpec = CommandSpec {
    name: "show",
    summary: "Shows a script that the server knows.",
    since: "8.0.0",
    complexity: "O(1).",
    group: Group::Scripting,
    arity: Arity::Exactly(3),
    flags: Flags::NOSCRIPT.or(Flags::STALE),
    acl: Acl::SCRIPTING,
    args: &[Arg::string("sha1")],
    run: Run::Local(show),
    ..CommandSpec::DEFAULT
};

fn debug(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.is(2, "no") {
        cx.reply.ok();
        return Ok(());
    }
    if args.is(2, "yes") || args.is(2, "sync") {
        return Err(CommandError::err("The debugger for scripts is not supported"));
    }
    Err(CommandError::err("Use SCRIPT DEBUG YES/SYNC/NO"))
}

fn exists(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let digests = args.from(2);
    cx.reply.array(digests.len());
    for text in digests.iter() {
        let known = ScriptDigest::parse(text)
            .is_some_and(|digest| cx.server.scripting.cache.get(digest).is_some());
        cx.reply.int(known.into());
    }
    Ok(())
}

fn flush(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let is_async = match flush_mode(args)
        .ok_or(CommandError::err("SCRIPT FLUSH only support SYNC|ASYNC option"))?
    {
        FlushMode::Unsaid => cx.server.config.lazyfree_lazy_user_flush.get(),
        FlushMode::Sync => false,
        FlushMode::Async => true,
    };
    let flushed = cx.server.scripting.cache.flush();
    if is_async {
        let count = flushed.len();
        cx.server.lazy_free.free(flushed, count, true);
    }
    cx.reply.ok();
    Ok(())
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.help(&[
        "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "DEBUG (YES|SYNC|NO) [<engine_name>]",
        "    Debug the scripts that follow on this connection, or no more.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Tell of each digest whether the server knows its script.",
        "FLUSH [ASYNC|SYNC]",
        "    Forget all scripts, and free them later (ASYNC) or at once (SYNC). Without a mode,",
        "    lazyfree-lazy-user-flush decides.",
        "KILL",
        "    Stop the script that runs, if it has not written yet.",
        "LOAD <script>",
        "    Give the server a script to know, without running it.",
        "SHOW <sha1>",
        "    Answer the text of a script that the server knows.",
        "HELP",
        "    Print this help.",
    ]);
    Ok(())
}

/// Stops the script that runs, if it may be stopped.
pub(crate) fn kill(server: &Server) -> CommandResult {
    match server.scripting.running.kill() {
        KillOutcome::Killed => Ok(()),
        KillOutcome::NotBusy => Err(CommandError::NotBusy),
        KillOutcome::Unkillable => Err(CommandError::Unkillable(UNKILLABLE.into())),
    }
}

fn load(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cache = &cx.server.scripting.cache;
    let script = with_interpreter(cx.server, |interpreter| {
        interpreter.load(cache, args.at(2), Origin::Load)
    })
    .map_err(|error| CommandError::Line(error.to_string()))?;
    cx.reply.bulk_str(&script.digest.to_hex());
    Ok(())
}

fn show(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let script = ScriptDigest::parse(args.at(2))
        .and_then(|digest| cx.server.scripting.cache.get(digest))
        .ok_or(CommandError::NoScript)?;
    let script = Arc::as_ref(&script);
    cx.reply.bulk(&script.source);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&SCRIPT];
