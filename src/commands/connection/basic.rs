//! ECHO, PING, QUIT, RESET, SELECT.

use crate::acl::DEFAULT_USER;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run, db_arg,
};
use crate::commands::{pubsub, transactions};
use crate::protocol::{Args, RespVersion};
use crate::session::{ClientFlags, ReplyMode};
use std::sync::atomic::Ordering;

static ECHO: CommandSpec = CommandSpec {
    name: "echo",
    summary: "Answers what it is given.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::CONNECTION,
    args: &[Arg::string("message")],
    run: Run::Local(echo),
    ..CommandSpec::DEFAULT
};

static PING: CommandSpec = CommandSpec {
    name: "ping",
    summary: "Answers PONG, or what it is given.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(1),
    flags: Flags::FAST,
    acl: Acl::CONNECTION,
    args: &[Arg::string("message").optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    runs_subscribed: true,
    run: Run::Local(ping),
    ..CommandSpec::DEFAULT
};

static QUIT: CommandSpec = CommandSpec {
    name: "quit",
    summary: "Closes the connection.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(1),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::NO_AUTH)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    runs_subscribed: true,
    runs_in_multi: true,
    run: Run::Local(quit),
    ..CommandSpec::DEFAULT
};

static RESET: CommandSpec = CommandSpec {
    name: "reset",
    summary: "Brings the connection back to the state of a new one.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::NO_AUTH)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    runs_subscribed: true,
    runs_in_multi: true,
    run: Run::Local(reset),
    ..CommandSpec::DEFAULT
};

static SELECT: CommandSpec = CommandSpec {
    name: "select",
    summary: "Changes the database of the connection.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::integer("index")],
    run: Run::Local(select),
    ..CommandSpec::DEFAULT
};
fn echo(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    cx.reply.bulk(args.at(1));
    Ok(())
}

fn ping(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() > 2 {
        return Err(CommandError::WrongArity(cx.spec.name.to_owned()));
    }
    if cx.client.flags.has(ClientFlags::PUBSUB) && !cx.client.is_resp3() {
        cx.reply.array(2);
        cx.reply.bulk(b"pong");
        cx.reply.bulk(args.get(1).unwrap_or_default());
        return Ok(());
    }
    match args.get(1) {
        Some(text) => cx.reply.bulk(text),
        None => cx.reply.simple("PONG"),
    }
    Ok(())
}

fn quit(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.client.set_flag(ClientFlags::CLOSE_AFTER_REPLY, true);
    cx.reply.ok();
    Ok(())
}

fn reset(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    transactions::discard_all(cx.client);
    pubsub::forget(cx.server, cx.client);
    if cx.client.flags.has(ClientFlags::MONITOR) {
        cx.server.monitors.fetch_sub(1, Ordering::Relaxed);
    }
    let cleared = ClientFlags::MONITOR.0
        | ClientFlags::READONLY.0
        | ClientFlags::ASKING.0
        | ClientFlags::NO_EVICT.0
        | ClientFlags::NO_TOUCH.0
        | ClientFlags::IMPORT_SOURCE.0
        | ClientFlags::TRACKING.0;
    cx.client.set_flag(ClientFlags(cleared), false);
    cx.client.set_reply_mode(ReplyMode::On);
    cx.client.select(0);
    cx.client.set_resp(RespVersion::Resp2);
    cx.reply.set_version(RespVersion::Resp2);
    let mut names = cx.client.info.names.lock();
    names.name.clear();
    names.user = DEFAULT_USER.to_owned();
    drop(names);
    cx.client.set_flag(ClientFlags::UNAUTHENTICATED, !cx.server.users.is_open());
    cx.reply.simple("RESET");
    Ok(())
}

fn select(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let db = db_arg(args, 1)?;
    let Some(db) = cx.server.store.choose(db) else {
        return Err(CommandError::err("DB index is out of range"));
    };
    cx.client.select(db);
    cx.reply.ok();
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&ECHO, &PING, &QUIT, &RESET, &SELECT];
