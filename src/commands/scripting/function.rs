//! FUNCTION, as far as a server without libraries goes: FLUSH, HELP and LIST.

use super::flush_mode;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::protocol::{Args, shown};

static FUNCTION: CommandSpec = CommandSpec {
    name: "function",
    summary: "Commands about libraries of functions.",
    since: "7.0.0",
    complexity: "Depends on subcommand.",
    group: Group::Scripting,
    arity: Arity::AtLeast(2),
    subcommands: &[&FLUSH, &HELP, &LIST],
    ..CommandSpec::DEFAULT
};

static FLUSH: CommandSpec = CommandSpec {
    name: "flush",
    summary: "Deletes all libraries.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of functions deleted",
    group: Group::Scripting,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::NOSCRIPT),
    acl: Acl::SCRIPTING,
    args: &[Arg::one_of("flush-type", &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")])
        .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    run: Run::Local(flush),
    ..CommandSpec::DEFAULT
};

static HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Describes the subcommands.",
    since: "7.0.0",
    complexity: "O(1)",
    group: Group::Scripting,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::SCRIPTING,
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static LIST: CommandSpec = CommandSpec {
    name: "list",
    summary: "Lists the libraries and their functions.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of functions",
    group: Group::Scripting,
    arity: Arity::AtLeast(2),
    flags: Flags::NOSCRIPT,
    acl: Acl::SCRIPTING,
    args: &[
        Arg::string("library-name-pattern").token("LIBRARYNAME").optional(),
        Arg::word("withcode", "WITHCODE").optional(),
    ],
    tips: &["nondeterministic_output_order"],
    run: Run::Local(list),
    ..CommandSpec::DEFAULT
};

/// There is nothing to delete as long as nothing can be loaded.
fn flush(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    flush_mode(args).ok_or(CommandError::err("FUNCTION FLUSH only supports SYNC|ASYNC option"))?;
    cx.reply.ok();
    Ok(())
}

fn list(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (mut has_code, mut has_name) = (false, false);
    let mut index = 2;
    while index < args.len() {
        if !has_code && args.is(index, "withcode") {
            has_code = true;
        } else if !has_name && args.is(index, "libraryname") {
            if index + 1 == args.len() {
                return Err(CommandError::err("library name argument was not given"));
            }
            has_name = true;
            index += 1;
        } else {
            let word = shown(args.at(index));
            return Err(CommandError::text(format!("Unknown argument {word}")));
        }
        index += 1;
    }
    cx.reply.array(0);
    Ok(())
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.help(&[
        "FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "FLUSH [ASYNC|SYNC]",
        "    Delete all libraries.",
        "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
        "    List the libraries, or those whose name matches, with their functions.",
        "HELP",
        "    Print this help.",
    ]);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&FUNCTION];
