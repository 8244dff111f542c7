//! CLIENT and its subcommands.

mod describe;
mod filter;
mod select;

use std::sync::atomic::Ordering::Relaxed;

use super::hello::is_clean_name;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::protocol::{Args, parse_i64, shown};
use crate::server::PauseKind;
use crate::session::{ClientFlags, Message, ReplyMode};
use crate::shard::Release;

static CLIENT: CommandSpec = CommandSpec {
    name: "client",
    summary: "Groups the commands about client connections.",
    since: "2.4.0",
    complexity: "Depends on subcommand.",
    group: Group::Connection,
    arity: Arity::AtLeast(2),
    subcommands: &[
        &CLIENT_CAPA,
        &CLIENT_GETNAME,
        &CLIENT_HELP,
        &CLIENT_ID,
        &CLIENT_IMPORT_SOURCE,
        &CLIENT_INFO,
        &CLIENT_KILL,
        &CLIENT_LIST,
        &CLIENT_NO_EVICT,
        &CLIENT_NO_TOUCH,
        &CLIENT_PAUSE,
        &CLIENT_REPLY,
        &CLIENT_SETINFO,
        &CLIENT_SETNAME,
        &CLIENT_UNBLOCK,
        &CLIENT_UNPAUSE,
    ],
    ..CommandSpec::DEFAULT
};

static CLIENT_PAUSE: CommandSpec = CommandSpec {
    name: "pause",
    summary: "Holds back the commands of all clients for a while.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[
        Arg::integer("timeout"),
        Arg::one_of("mode", &[Arg::word("write", "WRITE"), Arg::word("all", "ALL")])
            .optional()
            .since("6.2.0"),
    ],
    history: &[("6.2.0", "The mode can be given: `WRITE` stops writes only.")],
    run: Run::Local(pause),
    ..CommandSpec::DEFAULT
};

static CLIENT_REPLY: CommandSpec = CommandSpec {
    name: "reply",
    summary: "Says whether this connection wants replies.",
    since: "3.2.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(3),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::NO_MULTI)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "action",
        &[Arg::word("on", "ON"), Arg::word("off", "OFF"), Arg::word("skip", "SKIP")],
    )],
    run: Run::Local(reply),
    ..CommandSpec::DEFAULT
};

static CLIENT_ID: CommandSpec = CommandSpec {
    name: "id",
    summary: "Answers the number of this connection, which no other ever has.",
    since: "5.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    run: Run::Local(id),
    ..CommandSpec::DEFAULT
};

static CLIENT_IMPORT_SOURCE: CommandSpec = CommandSpec {
    name: "import-source",
    summary: "Lets this connection see keys that have expired, while the server imports, or no more.",
    since: "8.1.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(3),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
    run: Run::Local(import_source),
    ..CommandSpec::DEFAULT
};

static CLIENT_INFO: CommandSpec = CommandSpec {
    name: "info",
    summary: "Describes this connection.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    tips: &["nondeterministic_output"],
    run: Run::Local(info),
    ..CommandSpec::DEFAULT
};

static CLIENT_KILL: CommandSpec = CommandSpec {
    name: "kill",
    summary: "Closes the connections that pass the filters.",
    since: "2.4.0",
    complexity: "O(N) where N is the number of client connections",
    group: Group::Connection,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "filter",
        &[
            Arg::string("old-format").deprecated_since("2.8.12").display("ip:port"),
            Arg::one_of(
                "new-format",
                &[
                    Arg::integer("client-id").token("ID").optional().multiple().since("2.8.12"),
                    Arg::one_of(
                        "client-type",
                        &[
                            Arg::word("normal", "NORMAL"),
                            Arg::word("master", "MASTER").since("3.2.0"),
                            Arg::word("primary", "PRIMARY").since("8.0.0"),
                            Arg::word("slave", "SLAVE"),
                            Arg::word("replica", "REPLICA").since("5.0.0"),
                            Arg::word("pubsub", "PUBSUB"),
                        ],
                    )
                    .token("TYPE")
                    .optional()
                    .since("2.8.12"),
                    Arg::string("username").token("USER").optional(),
                    Arg::string("addr").token("ADDR").optional().display("ip:port"),
                    Arg::string("laddr")
                        .token("LADDR")
                        .optional()
                        .since("6.2.0")
                        .display("ip:port"),
                    Arg::one_of("skipme", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])
                        .token("SKIPME")
                        .optional(),
                    Arg::integer("maxage").token("MAXAGE").optional().since("8.0.0"),
                    Arg::string("name").token("NAME").optional().since("9.0.0"),
                    Arg::integer("idle").token("IDLE").optional().since("9.0.0"),
                    Arg::string("flags").token("FLAGS").optional().since("9.0.0"),
                    Arg::string("lib-name").token("LIB-NAME").optional().since("9.0.0"),
                    Arg::string("lib-ver").token("LIB-VER").optional().since("9.0.0"),
                    Arg::integer("db").token("DB").optional().since("9.0.0"),
                    Arg::string("capa").token("CAPA").optional().since("9.0.0"),
                    Arg::string("ip").token("IP").optional().since("9.0.0"),
                    Arg::one_of(
                        "not-client-type",
                        &[
                            Arg::word("normal", "NORMAL"),
                            Arg::word("master", "MASTER"),
                            Arg::word("primary", "PRIMARY"),
                            Arg::word("slave", "SLAVE"),
                            Arg::word("replica", "REPLICA"),
                            Arg::word("pubsub", "PUBSUB"),
                        ],
                    )
                    .token("NOT-TYPE")
                    .optional()
                    .since("9.0.0"),
                    Arg::integer("not-client-id")
                        .token("NOT-ID")
                        .optional()
                        .multiple()
                        .since("9.0.0"),
                    Arg::string("not-username").token("NOT-USER").optional().since("9.0.0"),
                    Arg::string("not-addr")
                        .token("NOT-ADDR")
                        .optional()
                        .since("9.0.0")
                        .display("ip:port"),
                    Arg::string("not-laddr")
                        .token("NOT-LADDR")
                        .optional()
                        .since("9.0.0")
                        .display("ip:port"),
                    Arg::string("not-name").token("NOT-NAME").optional().since("9.0.0"),
                    Arg::string("not-flags").token("NOT-FLAGS").optional().since("9.0.0"),
                    Arg::string("not-lib-name").token("NOT-LIB-NAME").optional().since("9.0.0"),
                    Arg::string("not-lib-ver").token("NOT-LIB-VER").optional().since("9.0.0"),
                    Arg::integer("not-db").token("NOT-DB").optional().since("9.0.0"),
                    Arg::string("not-capa").token("NOT-CAPA").optional().since("9.0.0"),
                    Arg::string("not-ip").token("NOT-IP").optional().since("9.0.0"),
                ],
            )
            .multiple(),
        ],
    )],
    history: &[
        ("2.8.12", "Clients are chosen by filters too."),
        ("2.8.12", "New filter `ID`."),
        ("3.2.0", "`TYPE` knows `master`."),
        ("5.0.0", "`TYPE` says `replica`; `slave` is still understood."),
        ("6.2.0", "New filter `LADDR`."),
        ("8.0.0", "New filter `MAXAGE`."),
        ("8.0.0", "`TYPE` says `primary`; `master` is still understood."),
        ("8.1.0", "`ID` takes several ids."),
        (
            "9.0.0",
            "New filters `NAME`, `IDLE`, `FLAGS`, `LIB-NAME`, `LIB-VER`, `DB`, `CAPA`, `IP`, and negated ones: `NOT-` before `ID`, `TYPE`, `ADDR`, `LADDR`, `USER`, `FLAGS`, `NAME`, `LIB-NAME`, `LIB-VER`, `DB`, `CAPA`, `IP`.",
        ),
    ],
    run: Run::Local(select::kill),
    ..CommandSpec::DEFAULT
};

static CLIENT_LIST: CommandSpec = CommandSpec {
    name: "list",
    summary: "Describes the connections that pass the filters.",
    since: "2.4.0",
    complexity: "O(N) where N is the number of client connections",
    group: Group::Connection,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[
        Arg::one_of(
            "client-type",
            &[
                Arg::word("normal", "NORMAL"),
                Arg::word("master", "MASTER"),
                Arg::word("replica", "REPLICA"),
                Arg::word("pubsub", "PUBSUB"),
            ],
        )
        .token("TYPE")
        .optional()
        .since("5.0.0"),
        Arg::integer("client-id").token("ID").optional().multiple().since("6.2.0"),
        Arg::string("username").token("USER").optional().since("8.1.0"),
        Arg::string("addr").token("ADDR").optional().since("8.1.0").display("ip:port"),
        Arg::string("laddr").token("LADDR").optional().since("8.1.0").display("ip:port"),
        Arg::one_of("skipme", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])
            .token("SKIPME")
            .optional()
            .since("8.1.0"),
        Arg::integer("maxage").token("MAXAGE").optional().since("8.1.0"),
        Arg::string("name").token("NAME").optional().since("9.0.0"),
        Arg::integer("idle").token("IDLE").optional().since("9.0.0"),
        Arg::string("flags").token("FLAGS").optional().since("9.0.0"),
        Arg::string("lib-name").token("LIB-NAME").optional().since("9.0.0"),
        Arg::string("lib-ver").token("LIB-VER").optional().since("9.0.0"),
        Arg::integer("db").token("DB").optional().since("9.0.0"),
        Arg::string("capa").token("CAPA").optional().since("9.0.0"),
        Arg::string("ip").token("IP").optional().since("9.0.0"),
        Arg::one_of(
            "not-client-type",
            &[
                Arg::word("normal", "NORMAL"),
                Arg::word("master", "MASTER"),
                Arg::word("replica", "REPLICA"),
                Arg::word("pubsub", "PUBSUB"),
            ],
        )
        .token("NOT-TYPE")
        .optional()
        .since("9.0.0"),
        Arg::integer("not-client-id").token("NOT-ID").optional().multiple().since("9.0.0"),
        Arg::string("not-username").token("NOT-USER").optional().since("9.0.0"),
        Arg::string("not-addr").token("NOT-ADDR").optional().since("9.0.0").display("ip:port"),
        Arg::string("not-laddr").token("NOT-LADDR").optional().since("9.0.0").display("ip:port"),
        Arg::string("not-name").token("NOT-NAME").optional().since("9.0.0"),
        Arg::string("not-flags").token("NOT-FLAGS").optional().since("9.0.0"),
        Arg::string("not-lib-name").token("NOT-LIB-NAME").optional().since("9.0.0"),
        Arg::string("not-lib-ver").token("NOT-LIB-VER").optional().since("9.0.0"),
        Arg::integer("not-db").token("NOT-DB").optional().since("9.0.0"),
        Arg::string("not-capa").token("NOT-CAPA").optional().since("9.0.0"),
        Arg::string("not-ip").token("NOT-IP").optional().since("9.0.0"),
    ],
    tips: &["nondeterministic_output"],
    history: &[
        ("2.8.12", "New field `id`."),
        ("5.0.0", "New filter `TYPE`."),
        ("6.0.0", "New field `user`."),
        ("6.2.0", "New fields `argv-mem`, `tot-mem`, `laddr`, `redir`; new filter `ID`."),
        ("7.0.0", "New fields `resp`, `multi-mem`, `rbs`, `rbp`."),
        ("7.0.3", "New field `ssub`."),
        ("8.0.0", "`TYPE` says `primary`; `master` is still understood."),
        ("8.1.0", "New filters `USER`, `ADDR`, `LADDR`, `SKIPME`, `MAXAGE`."),
        (
            "9.0.0",
            "New filters `NAME`, `IDLE`, `FLAGS`, `LIB-NAME`, `LIB-VER`, `DB`, `CAPA`, `IP`, and negated ones: `NOT-` before `ID`, `TYPE`, `ADDR`, `LADDR`, `USER`, `FLAGS`, `NAME`, `LIB-NAME`, `LIB-VER`, `DB`, `CAPA`, `IP`.",
        ),
    ],
    run: Run::Local(select::list),
    ..CommandSpec::DEFAULT
};

static CLIENT_UNPAUSE: CommandSpec = CommandSpec {
    name: "unpause",
    summary: "Ends a pause.",
    since: "6.2.0",
    complexity: "O(N) Where N is the number of paused clients",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    run: Run::Local(unpause),
    ..CommandSpec::DEFAULT
};

static CLIENT_CAPA: CommandSpec = CommandSpec {
    name: "capa",
    summary: "Tells the server what this client can cope with.",
    since: "8.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(3),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::string("capability").multiple()],
    run: Run::Local(capa),
    ..CommandSpec::DEFAULT
};

static CLIENT_GETNAME: CommandSpec = CommandSpec {
    name: "getname",
    summary: "Answers the name of this connection.",
    since: "2.6.9",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    run: Run::Local(getname),
    ..CommandSpec::DEFAULT
};

static CLIENT_NO_TOUCH: CommandSpec = CommandSpec {
    name: "no-touch",
    summary: "Keeps this connection's commands from refreshing the keys they read, or no more.",
    since: "7.2.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(3),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
    run: Run::Local(no_touch),
    ..CommandSpec::DEFAULT
};

static CLIENT_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "5.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static CLIENT_NO_EVICT: CommandSpec = CommandSpec {
    name: "no-evict",
    summary: "Keeps this connection from being closed for the memory it takes, or no more.",
    since: "7.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
    run: Run::Local(no_evict),
    ..CommandSpec::DEFAULT
};

static CLIENT_SETINFO: CommandSpec = CommandSpec {
    name: "setinfo",
    summary: "Notes which client library uses this connection.",
    since: "7.2.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(4),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "attr",
        &[Arg::string("libname").token("LIB-NAME"), Arg::string("libver").token("LIB-VER")],
    )],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(setinfo),
    ..CommandSpec::DEFAULT
};

static CLIENT_SETNAME: CommandSpec = CommandSpec {
    name: "setname",
    summary: "Names this connection.",
    since: "2.6.9",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(3),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::string("connection-name")],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(setname),
    ..CommandSpec::DEFAULT
};

static CLIENT_UNBLOCK: CommandSpec = CommandSpec {
    name: "unblock",
    summary: "Ends another client's wait.",
    since: "5.0.0",
    complexity: "O(log N) where N is the number of client connections",
    group: Group::Connection,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[
        Arg::integer("client-id"),
        Arg::one_of(
            "unblock-type",
            &[Arg::word("timeout", "TIMEOUT"), Arg::word("error", "ERROR")],
        )
        .optional(),
    ],
    run: Run::Local(unblock),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&CLIENT];

fn id(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.int(cx.client.id as i64);
    Ok(())
}

fn getname(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let name = cx.client.info.names.lock().name.clone();
    if name.is_empty() {
        cx.reply.null();
    } else {
        cx.reply.bulk(&name);
    }
    Ok(())
}

fn setname(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if !is_clean_name(args.at(2)) {
        return Err(CommandError::err(
            "Client names cannot contain spaces, newlines or special characters.",
        ));
    }
    cx.client.info.names.lock().name = args.at(2).to_vec();
    cx.reply.ok();
    Ok(())
}

fn setinfo(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let value = args.at(3);
    let is_name = args.is(2, "lib-name");
    if !is_name && !args.is(2, "lib-ver") {
        let option = shown(args.at(2));
        return Err(CommandError::text(format!("Unrecognized option '{option}'")));
    }
    let option = shown(args.at(2));
    if !is_clean_name(value) {
        return Err(CommandError::text(format!(
            "{option} cannot contain spaces, newlines or special characters."
        )));
    }
    let mut names = cx.client.info.names.lock();
    match is_name {
        true => names.lib_name = value.to_vec(),
        false => names.lib_version = value.to_vec(),
    }
    drop(names);
    cx.reply.ok();
    Ok(())
}

fn info(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let mut line = describe::line(cx.server, &cx.client.info, cx.ks.now_ms);
    line.push('\n');
    cx.reply.verbatim("txt", line.as_bytes());
    Ok(())
}

/// ON or OFF.
fn on_off(word: &Args<'_>, index: usize) -> Result<bool, CommandError> {
    match () {
        () if word.is(index, "on") => Ok(true),
        () if word.is(index, "off") => Ok(false),
        () => Err(CommandError::Syntax),
    }
}

fn no_evict(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let on = on_off(args, 2)?;
    cx.client.set_flag(ClientFlags::NO_EVICT, on);
    cx.reply.ok();
    Ok(())
}

fn no_touch(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let on = on_off(args, 2)?;
    cx.client.set_flag(ClientFlags::NO_TOUCH, on);
    cx.reply.ok();
    Ok(())
}

fn import_source(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if !args.is(2, "off") && !cx.server.config.import_mode.get() {
        return Err(CommandError::err("Server is not in import mode"));
    }
    let on = on_off(args, 2)?;
    cx.client.set_flag(ClientFlags::IMPORT_SOURCE, on);
    cx.reply.ok();
    Ok(())
}

fn reply(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.is(2, "on") {
        cx.client.set_reply_mode(ReplyMode::On);
        cx.reply.ok();
    } else if args.is(2, "off") {
        cx.client.set_reply_mode(ReplyMode::Off);
    } else if args.is(2, "skip") {
        if !cx.client.flags.has(ClientFlags::REPLY_OFF) {
            cx.client.set_reply_mode(ReplyMode::Skip);
        }
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

fn pause(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let kind = match args.len() {
        3 => PauseKind::All,
        4 if args.is(3, "write") => PauseKind::Write,
        4 if args.is(3, "all") => PauseKind::All,
        4 => return Err(CommandError::err("CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(CommandError::Syntax),
    };
    let millis = parse_i64(args.at(2))
        .ok_or(CommandError::err("timeout is not an integer or out of range"))?;
    let millis = u64::try_from(millis).map_err(|_| CommandError::err("timeout is negative"))?;
    let now = cx.ks.now_ms;
    cx.server.pause.begin(kind, now.saturating_add(millis), now);
    cx.reply.ok();
    Ok(())
}

fn unpause(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.server.pause.end();
    // Whom the pause held back waits on any core, and goes on at once.
    cx.server.tell(Release::ALL);
    cx.reply.ok();
    Ok(())
}

fn unblock(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let error = match args.len() {
        4 if args.is(3, "timeout") => false,
        4 if args.is(3, "error") => true,
        4 => {
            return Err(CommandError::err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
        }
        // Like Valkey, which looks at a reason only where it is the last word.
        _ => false,
    };
    let id = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let blocked = u64::try_from(id)
        .ok()
        .and_then(|id| cx.server.clients.get(id))
        .filter(|info| ClientFlags(info.flags.load(Relaxed)).has(ClientFlags::BLOCKED));
    if let Some(info) = &blocked {
        let message = Message::Unblock { conn: info.conn, error };
        cx.server.post(usize::from(info.conn.core), message);
    }
    cx.reply.int(i64::from(blocked.is_some()));
    Ok(())
}

/// What a client can cope with; what is not known is not used.
fn capa(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if (2..args.len()).any(|index| args.is(index, "redirect")) {
        cx.client.set_flag(ClientFlags::CAPA_REDIRECT, true);
    }
    cx.reply.ok();
    Ok(())
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    crate::commands::server::help(
        &mut cx.reply,
        "CLIENT",
        &[
            "CAPA <option> [<option> ...]",
            "    Says what the client can cope with: REDIRECT.",
            "GETNAME",
            "    The name of this connection.",
            "ID",
            "    The number of this connection.",
            "IMPORT-SOURCE (ON|OFF)",
            "    Lets this connection see keys that have expired, while import-mode is on.",
            "INFO",
            "    A description of this connection.",
            "KILL <ip:port>",
            "    Closes the connection from this address.",
            "KILL <filter> <value> [<filter> <value> [...]]",
            "    Closes the connections that pass all filters:",
            "    [NOT-]ID <client-id> [...], [NOT-]TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB),",
            "    [NOT-]ADDR <ip:port>, [NOT-]LADDR <ip:port>, [NOT-]IP <ip>, [NOT-]USER <name>,",
            "    [NOT-]FLAGS <letters>, [NOT-]NAME <name>, [NOT-]LIB-NAME <name>,",
            "    [NOT-]LIB-VER <version>, [NOT-]DB <number>, [NOT-]CAPA <letters>,",
            "    MAXAGE <seconds>, IDLE <seconds>, SKIPME (YES|NO).",
            "LIST [<filter> <value> [...]]",
            "    Descriptions of the connections that pass all filters, which are those of KILL.",
            "NO-EVICT (ON|OFF)",
            "    Keeps this connection from being closed for the memory it takes.",
            "NO-TOUCH (ON|OFF)",
            "    Keeps this connection's commands from refreshing the keys they read.",
            "PAUSE <milliseconds> [WRITE|ALL]",
            "    Holds back the commands of all clients, or only their writes.",
            "REPLY (ON|OFF|SKIP)",
            "    Says whether this connection wants replies.",
            "SETINFO (LIB-NAME|LIB-VER) <value>",
            "    Notes which client library uses this connection.",
            "SETNAME <name>",
            "    Names this connection.",
            "UNBLOCK <client-id> [TIMEOUT|ERROR]",
            "    Ends another client's wait.",
            "UNPAUSE",
            "    Ends a pause.",
        ],
    );
    Ok(())
}
