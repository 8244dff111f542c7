//! The gates that a command passes before it is run or queued.

use super::core::Core;
use crate::commands::{Command, CommandError, CommandTable, Flags};
use crate::config::Config;
use crate::protocol::{Args, shown};
use crate::session::{Client, ClientFlags};

/// Finds the command, or the subcommand, that `args` name.
pub(super) fn lookup(args: &Args<'_>) -> Result<&'static Command, CommandError> {
    let table = CommandTable::get();
    let name = args.at(0);
    let command = table.find(name).ok_or_else(|| unknown(args))?;
    if !command.has_subcommands() || args.len() == 1 {
        return Ok(command);
    }
    table.find_sub(command, args.at(1)).ok_or_else(|| {
        CommandError::text(format!(
            "unknown subcommand '{}'. Try {} HELP.",
            printable(args.at(1), 128),
            printable(&name.to_ascii_uppercase(), 128)
        ))
    })
}

/// Whether the request is a line of HTTP.
pub(super) fn is_http(args: &Args<'_>) -> bool {
    [b"post".as_slice(), b"host:"].iter().any(|word| args.at(0).eq_ignore_ascii_case(word))
}

fn unknown(args: &Args<'_>) -> CommandError {
    let mut text =
        format!("unknown command '{}', with args beginning with: ", printable(args.at(0), 128));
    let mut shown = 0;
    for arg in args.from(1).iter() {
        if shown >= 128 {
            break;
        }
        let end = memchr::memchr(0, arg).unwrap_or(arg.len()).min(128 - shown);
        text.push_str(&format!("'{}' ", printable(arg, end)));
        shown += end + 3;
    }
    CommandError::text(text)
}

/// At most `max` bytes of client input for an error text, and none from a NUL on, where the text
/// ends in the peers; line ends are blanked by the writer.
fn printable(bytes: &[u8], max: usize) -> String {
    shown(&bytes[..bytes.len().min(max)])
}

/// What a client is told while a script runs for too long.
pub(super) fn busy_script(config: &Config) -> CommandError {
    let name = if config.extended_redis_compatibility.get() { "Redis" } else { "Valkey" };
    let text = "is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    CommandError::Busy(format!("{name} {text}").into())
}

/// Whether a command is run while a script is busy. SHUTDOWN is so flagged, but for NOSAVE alone.
pub(super) fn may_interrupt_script(command: &Command, args: &Args<'_>) -> bool {
    command.flags.has(Flags::ALLOW_BUSY)
        && (command.full_name != "shutdown" || (1..args.len()).any(|at| args.is(at, "nosave")))
}

/// Everything between the lookup and the run: `Err` is the reply.
pub(super) fn check(
    core: &Core,
    client: &Client,
    command: &Command,
    args: &Args<'_>,
) -> Result<(), CommandError> {
    if client.flags.has(ClientFlags::UNAUTHENTICATED) && !command.flags.has(Flags::NO_AUTH) {
        return Err(CommandError::NoAuth);
    }
    if !command.spec.arity.accepts(args.len())
        || matches!(command.spec.run, crate::commands::Run::Container)
    {
        return Err(CommandError::WrongArity(command.full_name.clone()));
    }
    if client.flags.has(ClientFlags::PUBSUB) && !client.is_resp3() && !command.spec.runs_subscribed
    {
        return Err(CommandError::text(format!(
            "Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
             allowed in this context",
            command.full_name
        )));
    }
    if core.server.scripting.running.is_busy() && !may_interrupt_script(command, args) {
        return Err(busy_script(&core.server.config));
    }
    if core.ceiling.is_out && is_or_runs(client, command, Flags::DENYOOM) {
        return Err(CommandError::OutOfMemory);
    }
    if core.server.lacks_replicas() && is_or_runs(client, command, Flags::WRITE) {
        return Err(CommandError::NoReplicas);
    }
    if client.multi.is_some() && command.flags.has(Flags::NO_MULTI) {
        return Err(CommandError::text(format!(
            "Command '{}' not allowed inside a transaction",
            command.full_name
        )));
    }
    Ok(())
}

/// Whether a command has a flag, or is an EXEC of one that has.
fn is_or_runs(client: &Client, command: &Command, flag: Flags) -> bool {
    let queue = client.multi.iter().filter(|_| command.spec.name == "exec").flat_map(|m| &m.queue);
    command.flags.has(flag) || queue.into_iter().any(|queued| queued.command.flags.has(flag))
}
