//! The `redis` and `server` tables: the functions a script calls the server with.

use sha1::{Digest, Sha1};
use smallvec::SmallVec;

use super::context::ScriptResp;
use super::convert::{self, TooDeep};
use super::errors::{push_error, raise_error, with_code};
use super::host::{CallEnd, LogLevel, ReplicationTargets, UnknownCommand};
use super::lua::{Frame, Kind, LuaResult, NESTING_ROOM, Raised};
use super::number;
use super::sandbox::{add_function, add_library};

/// Replies above this size do not stay in memory after their command.
const REPLY_BYTES_KEPT: usize = 64 * 1024;

const REPL_AOF: u8 = 1;
const REPL_REPLICA: u8 = 2;

/// Adds `server` and `redis`, which are the same table, to the globals on top of the stack.
pub(super) fn add_to(frame: &mut Frame<'_>) {
    frame.push_table(0, 32);
    add_function(frame, "call", call);
    add_function(frame, "pcall", pcall);
    add_function(frame, "log", log);
    add_function(frame, "setresp", setresp);
    add_function(frame, "error_reply", error_reply);
    add_function(frame, "status_reply", status_reply);
    add_function(frame, "sha1hex", sha1hex);
    add_function(frame, "set_repl", set_repl);
    add_function(frame, "replicate_commands", replicate_commands);
    add_function(frame, "breakpoint", breakpoint);
    add_function(frame, "debug", debug);
    add_function(frame, "acl_check_cmd", acl_check_cmd);
    add_constants(frame);
    add_library(frame, &["server", "redis"]);
}

fn add_constants(frame: &mut Frame<'_>) {
    for (name, value) in [
        ("LOG_DEBUG", 0),
        ("LOG_VERBOSE", 1),
        ("LOG_NOTICE", 2),
        ("LOG_WARNING", 3),
        ("REPL_NONE", 0),
        ("REPL_AOF", REPL_AOF),
        ("REPL_REPLICA", REPL_REPLICA),
        ("REPL_SLAVE", REPL_REPLICA),
        ("REPL_ALL", REPL_AOF | REPL_REPLICA),
    ] {
        frame.push_number(value.into());
        frame.raw_set_field(-2, name.as_bytes());
    }
    let identity = &frame.context().identity;
    frame.push_bytes(identity.server_name.as_bytes());
    frame.raw_set_field(-2, b"SERVER_NAME");
    for (prefix, version) in [("VALKEY", identity.version), ("REDIS", identity.redis_version)] {
        frame.push_bytes(version.as_bytes());
        frame.raw_set_field(-2, format!("{prefix}_VERSION").as_bytes());
        // A byte for each of its parts.
        let number = version
            .split('.')
            .fold(0, |number: u32, part| number << 8 | part.parse::<u32>().unwrap_or_default());
        frame.push_number(number.into());
        frame.raw_set_field(-2, format!("{prefix}_VERSION_NUM").as_bytes());
    }
}

// Commands ----------------------------------------------------------------------------------------

fn call(frame: &mut Frame<'_>) -> LuaResult {
    match run_command(frame) {
        Ok(CommandOutcome::Value) => Ok(1),
        Ok(CommandOutcome::Abandoned) => Err(frame.abandon()),
        Ok(CommandOutcome::Error) | Err(Raised) => Err(Raised),
    }
}

fn pcall(frame: &mut Frame<'_>) -> LuaResult {
    match run_command(frame) {
        Ok(CommandOutcome::Abandoned) => Err(frame.abandon()),
        // An error of either kind is a table on top, which is the result.
        _ => Ok(1),
    }
}

enum CommandOutcome {
    Value,
    /// The command replied with an error, which is on top as a table.
    Error,
    /// The script does not go on.
    Abandoned,
}

type Argv<'a> = SmallVec<[&'a [u8]; 16]>;

/// Runs the command in the arguments and pushes its reply.
fn run_command(frame: &mut Frame<'_>) -> Result<CommandOutcome, Raised> {
    let context = frame.context();
    let mut numbers = context.numbers.borrow_mut();
    let argv = match command_arguments(frame, &mut numbers) {
        Ok(argv) => argv,
        Err(message) => return Err(raise_error(frame, message)),
    };
    let mut reply = context.reply.borrow_mut();
    reply.clear();
    let resp = context.resp.get();
    match frame.with_host(|host| host.call(&argv, resp, &mut reply)) {
        Some(CallEnd::Replied) => {}
        Some(CallEnd::Abandoned) => return Ok(CommandOutcome::Abandoned),
        None => {
            let message = "server.call can only be called inside a script";
            return Err(raise_error(frame, message));
        }
    }
    let failed = reply.first() == Some(&b'-');
    drop(reply);
    if push_reply(frame).is_err() {
        return Err(raise_error(frame, "reached lua stack limit"));
    }
    let mut reply = context.reply.borrow_mut();
    if reply.capacity() > REPLY_BYTES_KEPT {
        *reply = Vec::new();
    }
    Ok(if failed { CommandOutcome::Error } else { CommandOutcome::Value })
}

/// Pushes the reply that the command has left in the context. With nearly as many arguments as the stack
/// may hold there is no room above them, but in a call of its own there is.
fn push_reply(frame: &mut Frame<'_>) -> Result<(), Raised> {
    if frame.has_room(NESTING_ROOM) {
        push_reply_here(frame).map(|_| ())
    } else {
        frame.push_function(push_reply_here, 0);
        frame.protected_call(0)
    }
}

fn push_reply_here(frame: &mut Frame<'_>) -> LuaResult {
    let reply = frame.context().reply.borrow();
    match convert::push_reply(frame, &reply) {
        Ok(()) => Ok(1),
        Err(TooDeep) => Err(frame.raise_plain("")),
    }
}

/// The arguments as the slices of a command, or what is wrong with them. Numbers get their text in
/// `numbers`.
fn command_arguments<'a>(
    frame: &Frame<'a>,
    numbers: &'a mut Vec<u8>,
) -> Result<Argv<'a>, &'static str> {
    let arg_count = frame.arg_count();
    if arg_count == 0 {
        return Err("Please specify at least one argument for this call");
    }
    numbers.clear();
    let mut ends: SmallVec<[usize; 16]> = SmallVec::new();
    for n in 1..=arg_count {
        match frame.kind(n as i32) {
            Kind::String => {}
            Kind::Number => {
                number::push_argument(numbers, frame.number(n as i32).unwrap_or_default());
                ends.push(numbers.len());
            }
            _ => return Err("Command arguments must be strings or integers"),
        }
    }
    let numbers = &*numbers;
    let mut ends = ends.into_iter();
    let mut start = 0;
    let argument = |n| match frame.kind(n as i32) {
        Kind::Number => {
            let end = ends.next().unwrap_or(start);
            let text = &numbers[start..end];
            start = end;
            text
        }
        _ => frame.arg_bytes(n).unwrap_or_default(),
    };
    Ok((1..=arg_count).map(argument).collect())
}

fn acl_check_cmd(frame: &mut Frame<'_>) -> LuaResult {
    let context = frame.context();
    let mut numbers = context.numbers.borrow_mut();
    let argv = match command_arguments(frame, &mut numbers) {
        Ok(argv) => argv,
        Err(message) => return Err(raise_error(frame, message)),
    };
    match frame.with_host(|host| host.may_run(&argv)) {
        Some(Ok(allowed)) => {
            frame.push_boolean(allowed);
            Ok(1)
        }
        Some(Err(UnknownCommand)) | None => {
            Err(raise_error(frame, "Invalid command passed to server.acl_check_cmd()"))
        }
    }
}

// Replies -----------------------------------------------------------------------------------------

/// The string that is the only argument of `error_reply` and `status_reply`.
fn only_string<'l>(frame: &Frame<'l>) -> Option<&'l [u8]> {
    (frame.arg_count() == 1 && frame.kind(1) == Kind::String).then(|| frame.arg_bytes(1)).flatten()
}

fn error_reply(frame: &mut Frame<'_>) -> LuaResult {
    match only_string(frame) {
        Some(message) => {
            let message = message.strip_prefix(b"-").unwrap_or(message);
            push_error(frame, &with_code(message));
        }
        None => push_error(frame, b"ERR wrong number or type of arguments"),
    }
    Ok(1)
}

fn status_reply(frame: &mut Frame<'_>) -> LuaResult {
    if only_string(frame).is_none() {
        push_error(frame, b"ERR wrong number or type of arguments");
        return Ok(1);
    }
    frame.push_table(0, 1);
    frame.push_copy(1);
    frame.raw_set_field(-2, b"ok");
    Ok(1)
}

// The rest ----------------------------------------------------------------------------------------

fn sha1hex(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() != 1 {
        return Err(raise_error(frame, "wrong number of arguments"));
    }
    let digest = Sha1::digest(frame.arg_bytes(1).unwrap_or_default());
    frame.push_bytes(super::hex(&digest).as_bytes());
    Ok(1)
}

fn log(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() < 2 {
        return Err(raise_error(frame, "server.log() requires two arguments or more."));
    }
    let Some(level) = frame.number(1) else {
        return Err(raise_error(frame, "First argument must be a number (log level)."));
    };
    let level = match level as i64 {
        0 => LogLevel::Debug,
        1 => LogLevel::Verbose,
        2 => LogLevel::Notice,
        3 => LogLevel::Warning,
        _ => return Err(raise_error(frame, "Invalid log level.")),
    };
    let mut message = Vec::new();
    for n in 2..=frame.arg_count() {
        let Some(text) = frame.arg_bytes(n) else { continue };
        if n > 2 {
            message.push(b' ');
        }
        message.extend_from_slice(text);
    }
    frame.with_host(|host| host.log(level, &message));
    Ok(0)
}

fn setresp(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() != 1 {
        return Err(raise_error(frame, "server.setresp() requires one argument."));
    }
    let resp = match frame.number(1).map(|version| version as i64) {
        Some(2) => ScriptResp::Resp2,
        Some(3) => ScriptResp::Resp3,
        _ => return Err(raise_error(frame, "RESP version must be 2 or 3.")),
    };
    frame.context().resp.set(resp);
    Ok(0)
}

fn set_repl(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() != 1 {
        return Err(raise_error(frame, "server.set_repl() requires one argument."));
    }
    let flags = frame.number(1).map_or(0, |flags| flags as i64);
    let Some(flags) = u8::try_from(flags).ok().filter(|&flags| flags <= REPL_AOF | REPL_REPLICA)
    else {
        return Err(raise_error(
            frame,
            "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
        ));
    };
    let targets =
        ReplicationTargets { aof: flags & REPL_AOF != 0, replicas: flags & REPL_REPLICA != 0 };
    frame.with_host(|host| host.set_replication(targets));
    Ok(0)
}

/// Kept for old scripts: effects have been replicated in every case since Redis 7.
fn replicate_commands(frame: &mut Frame<'_>) -> LuaResult {
    frame.push_boolean(true);
    Ok(1)
}

/// What Valkey answers while no debugger is attached.
fn breakpoint(frame: &mut Frame<'_>) -> LuaResult {
    frame.push_boolean(false);
    Ok(1)
}

/// What Valkey does while no debugger is attached.
fn debug(_frame: &mut Frame<'_>) -> LuaResult {
    Ok(0)
}
