//! SLOWLOG and COMMANDLOG: the logs of noteworthy commands.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::protocol::{Args, parse_i64};
use crate::stats::LogKind;

static SLOWLOG: CommandSpec = CommandSpec {
    name: "slowlog",
    summary: "Groups the commands about the log of slow commands.",
    since: "2.2.12",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[&SLOWLOG_GET, &SLOWLOG_HELP, &SLOWLOG_LEN, &SLOWLOG_RESET],
    ..CommandSpec::DEFAULT
};

static SLOWLOG_GET: CommandSpec = CommandSpec {
    name: "get",
    summary: "Answers the newest entries of the log of slow commands.",
    since: "2.2.12",
    complexity: "O(N) where N is the number of entries returned",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::integer("count").optional()],
    tips: &["request_policy:all_nodes", "nondeterministic_output"],
    history: &[("4.0.0", "Entries have the client's address and name.")],
    run: Run::Local(slowlog_get),
    ..CommandSpec::DEFAULT
};

static SLOWLOG_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(slowlog_help),
    ..CommandSpec::DEFAULT
};

static SLOWLOG_LEN: CommandSpec = CommandSpec {
    name: "len",
    summary: "Answers how many entries the log of slow commands has.",
    since: "2.2.12",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
    tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    run: Run::Local(slowlog_len),
    ..CommandSpec::DEFAULT
};

static SLOWLOG_RESET: CommandSpec = CommandSpec {
    name: "reset",
    summary: "Empties the log of slow commands.",
    since: "2.2.12",
    complexity: "O(N) where N is the number of entries in the slowlog",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(slowlog_reset),
    ..CommandSpec::DEFAULT
};

static COMMANDLOG: CommandSpec = CommandSpec {
    name: "commandlog",
    summary: "Groups the commands about the logs of noteworthy commands.",
    since: "8.1.0",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[&COMMANDLOG_GET, &COMMANDLOG_HELP, &COMMANDLOG_LEN, &COMMANDLOG_RESET],
    ..CommandSpec::DEFAULT
};

static COMMANDLOG_GET: CommandSpec = CommandSpec {
    name: "get",
    summary: "Answers the newest entries of one of the logs.",
    since: "8.1.0",
    complexity: "O(N) where N is the number of entries returned",
    group: Group::Server,
    arity: Arity::Exactly(4),
    flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
    args: &[
        Arg::integer("count"),
        Arg::one_of(
            "type",
            &[
                Arg::word("slow", "SLOW"),
                Arg::word("large-request", "LARGE-REQUEST"),
                Arg::word("large-reply", "LARGE-REPLY"),
            ],
        ),
    ],
    tips: &["request_policy:all_nodes", "nondeterministic_output"],
    run: Run::Local(commandlog_get),
    ..CommandSpec::DEFAULT
};

static COMMANDLOG_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "8.1.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(commandlog_help),
    ..CommandSpec::DEFAULT
};

static COMMANDLOG_LEN: CommandSpec = CommandSpec {
    name: "len",
    summary: "Answers how many entries one of the logs has.",
    since: "8.1.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::one_of(
        "type",
        &[
            Arg::word("slow", "SLOW"),
            Arg::word("large-request", "LARGE-REQUEST"),
            Arg::word("large-reply", "LARGE-REPLY"),
        ],
    )],
    tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    run: Run::Local(commandlog_len),
    ..CommandSpec::DEFAULT
};

static COMMANDLOG_RESET: CommandSpec = CommandSpec {
    name: "reset",
    summary: "Empties one of the logs.",
    since: "8.1.0",
    complexity: "O(N) where N is the number of entries in the commandlog",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::one_of(
        "type",
        &[
            Arg::word("slow", "SLOW"),
            Arg::word("large-request", "LARGE-REQUEST"),
            Arg::word("large-reply", "LARGE-REPLY"),
        ],
    )],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(commandlog_reset),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&COMMANDLOG, &SLOWLOG];

fn slowlog_get(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() > 3 {
        return Err(CommandError::err(
            "unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP.",
        ));
    }
    let count = args.get(2).map_or(Ok(10), count)?;
    write_entries(cx, LogKind::Slow, count);
    Ok(())
}

fn slowlog_len(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.len_int(cx.server.journal.commands.len(LogKind::Slow));
    Ok(())
}

fn slowlog_reset(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.server.journal.commands.reset(LogKind::Slow);
    cx.reply.ok();
    Ok(())
}

fn commandlog_get(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let count = count(args.at(2))?;
    let kind = kind(args.at(3))?;
    write_entries(cx, kind, count);
    Ok(())
}

fn commandlog_len(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let kind = kind(args.at(2))?;
    cx.reply.len_int(cx.server.journal.commands.len(kind));
    Ok(())
}

fn commandlog_reset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let kind = kind(args.at(2))?;
    cx.server.journal.commands.reset(kind);
    cx.reply.ok();
    Ok(())
}

fn kind(word: &[u8]) -> Result<LogKind, CommandError> {
    match word.to_ascii_lowercase().as_slice() {
        b"slow" => Ok(LogKind::Slow),
        b"large-request" => Ok(LogKind::LargeRequest),
        b"large-reply" => Ok(LogKind::LargeReply),
        _ => Err(CommandError::err(
            "type should be one of the following: slow, large-request, large-reply",
        )),
    }
}

/// How many entries; -1 means all.
fn count(word: &[u8]) -> Result<usize, CommandError> {
    match parse_i64(word) {
        Some(-1) => Ok(usize::MAX),
        Some(count) if count >= 0 => Ok(count as usize),
        _ => Err(CommandError::err("count should be greater than or equal to -1")),
    }
}

fn write_entries(cx: &mut Cx<'_>, kind: LogKind, count: usize) {
    let entries = cx.server.journal.commands.newest(kind, count);
    cx.reply.array(entries.len());
    for entry in entries {
        cx.reply.array(6);
        cx.reply.int(entry.id as i64);
        cx.reply.int(entry.time as i64);
        cx.reply.int(entry.value as i64);
        cx.reply.array(entry.args.len());
        for arg in &entry.args {
            cx.reply.bulk(arg);
        }
        cx.reply.bulk_str(&entry.addr);
        cx.reply.bulk(&entry.name);
    }
}

fn slowlog_help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "SLOWLOG",
        &[
            "GET [<count>]",
            "    The newest entries (default: 10, -1 means all), each with id, time, duration in",
            "    microseconds, arguments, and the client's address and name.",
            "LEN",
            "    How many entries there are.",
            "RESET",
            "    Empties the log.",
        ],
    );
    Ok(())
}

fn commandlog_help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "COMMANDLOG",
        &[
            "GET <count> <type>",
            "    The newest entries of a log (-1 means all), each with id, time, duration in",
            "    microseconds or size in bytes, arguments, and the client's address and name.",
            "    <type> is slow, large-request or large-reply.",
            "LEN <type>",
            "    How many entries a log has.",
            "RESET <type>",
            "    Empties a log.",
        ],
    );
    Ok(())
}
