//! EVAL, EVALSHA and their read-only twins.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::dispatch::{Flow, ScriptRun, refuse_script, run_script, with_interpreter};
use crate::protocol::Args;
use crate::scripting::{Origin, Script, ScriptDigest};

const FLAGS: Flags =
    Flags::NOSCRIPT.or(Flags::SKIP_MONITOR).or(Flags::STALE).or(Flags::NO_MANDATORY_KEYS);

const KEYS: KeySpec =
    KeySpec::counted(2).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE));

const READ_KEYS: KeySpec = KeySpec::counted(2).read_only();

const SCRIPT_ARGS: &[Arg] = &[
    Arg::string("script"),
    Arg::integer("numkeys"),
    Arg::key("key").optional().multiple(),
    Arg::string("arg").optional().multiple(),
];

const DIGEST_ARGS: &[Arg] = &[
    Arg::string("sha1"),
    Arg::integer("numkeys"),
    Arg::key("key").optional().multiple(),
    Arg::string("arg").optional().multiple(),
];

static EVAL: CommandSpec = CommandSpec {
    name: "eval",
    summary: "Runs a Lua script.",
    since: "2.6.0",
    complexity: "Depends on the script that is executed.",
    group: Group::Scripting,
    arity: Arity::AtLeast(3),
    flags: FLAGS,
    acl: Acl::SCRIPTING,
    keys: &[KEYS
        .note("What a script does with its keys is not known beforehand: they count as changed.")],
    args: SCRIPT_ARGS,
    run: Run::Flow(|flow, args| eval(flow, args, false)),
    ..CommandSpec::DEFAULT
};

static EVAL_RO: CommandSpec = CommandSpec {
    name: "eval_ro",
    summary: "Runs a Lua script that may not write.",
    since: "7.0.0",
    complexity: "Depends on the script that is executed.",
    group: Group::Scripting,
    arity: Arity::AtLeast(3),
    flags: FLAGS.or(Flags::READONLY),
    acl: Acl::SCRIPTING,
    keys: &[READ_KEYS
        .note("What a script does with its keys is not known beforehand, but it cannot write.")],
    args: SCRIPT_ARGS,
    run: Run::Flow(|flow, args| eval(flow, args, true)),
    ..CommandSpec::DEFAULT
};

static EVALSHA: CommandSpec = CommandSpec {
    name: "evalsha",
    summary: "Runs a Lua script that the server knows, by its SHA-1.",
    since: "2.6.0",
    complexity: "Depends on the script that is executed.",
    group: Group::Scripting,
    arity: Arity::AtLeast(3),
    flags: FLAGS,
    acl: Acl::SCRIPTING,
    keys: &[KEYS],
    args: DIGEST_ARGS,
    run: Run::Flow(|flow, args| evalsha(flow, args, false)),
    ..CommandSpec::DEFAULT
};

static EVALSHA_RO: CommandSpec = CommandSpec {
    name: "evalsha_ro",
    summary: "Runs a Lua script that the server knows and that may not write, by its SHA-1.",
    since: "7.0.0",
    complexity: "Depends on the script that is executed.",
    group: Group::Scripting,
    arity: Arity::AtLeast(3),
    flags: FLAGS.or(Flags::READONLY),
    acl: Acl::SCRIPTING,
    keys: &[READ_KEYS],
    args: DIGEST_ARGS,
    run: Run::Flow(|flow, args| evalsha(flow, args, true)),
    ..CommandSpec::DEFAULT
};

fn eval(flow: &mut Flow<'_>, args: &Args<'_>, read_only: bool) -> CommandResult {
    let found = key_count(args).and_then(|key_count| {
        let server = flow.core.server.clone();
        let script = with_interpreter(&server, |interpreter| {
            interpreter.load(&server.scripting.cache, args.at(1), Origin::Eval)
        });
        Ok((script.map_err(|error| CommandError::Line(error.to_string()))?, key_count))
    });
    run(flow, args, found, read_only)
}

fn evalsha(flow: &mut Flow<'_>, args: &Args<'_>, read_only: bool) -> CommandResult {
    let found = find(flow, args);
    run(flow, args, found, read_only)
}

/// The script that EVALSHA names, and how many keys it is given.
fn find(flow: &Flow<'_>, args: &Args<'_>) -> Result<(Arc<Script>, usize), CommandError> {
    // Not even a digest: the rest is not looked at.
    if args.at(1).len() != 40 {
        return Err(CommandError::NoScript);
    }
    let key_count = key_count(args)?;
    let digest = ScriptDigest::parse(args.at(1)).ok_or(CommandError::NoScript)?;
    let server = flow.core.server.clone();
    let script =
        with_interpreter(&server, |interpreter| interpreter.find(&server.scripting.cache, digest));
    Ok((script.ok_or(CommandError::NoScript)?, key_count))
}

/// The number of keys, checked against what there is.
fn key_count(args: &Args<'_>) -> Result<usize, CommandError> {
    let count = int_arg(args, 2)?;
    if count > args.len() as i64 - 3 {
        return Err(CommandError::err("Number of keys can't be greater than number of args"));
    }
    usize::try_from(count).map_err(|_| CommandError::err("Number of keys can't be negative"))
}

fn run(
    flow: &mut Flow<'_>,
    args: &Args<'_>,
    found: Result<(Arc<Script>, usize), CommandError>,
    read_only: bool,
) -> CommandResult {
    let (script, key_count) = match found {
        Ok(found) => found,
        Err(error) => return refuse_script(flow, args, error),
    };
    let rest: SmallVec<[&[u8]; 16]> = args.from(3).iter().collect();
    let (keys, args_after) = rest.split_at(key_count);
    run_script(flow, &ScriptRun { script: &script, keys, args: args_after, read_only }, args)
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&EVAL, &EVAL_RO, &EVALSHA, &EVALSHA_RO];
