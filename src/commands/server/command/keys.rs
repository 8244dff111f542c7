//! COMMAND GETKEYS and GETKEYSANDFLAGS.

use super::super::reply::flag_set;
use crate::commands::{
    CommandError, CommandResult, CommandTable, Cx, Flags, KeyFlags, KeyPositions,
};
use crate::protocol::Args;

pub(super) fn get_keys(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let line = args.from(2);
    let keys = keys_of(&line)?;
    cx.reply.array(keys.len());
    for key in keys {
        cx.reply.bulk(line.at(key.index));
    }
    Ok(())
}

pub(super) fn get_keys_and_flags(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let line = args.from(2);
    let keys = keys_of(&line)?;
    cx.reply.array(keys.len());
    for key in keys {
        cx.reply.array(2);
        cx.reply.bulk(line.at(key.index));
        flag_set(&mut cx.reply, key.flags.names());
    }
    Ok(())
}

/// The keys of a whole command line.
fn keys_of(line: &Args<'_>) -> Result<KeyPositions, CommandError> {
    let table = CommandTable::get();
    let mut command =
        table.find(line.at(0)).ok_or(CommandError::err("Invalid command specified"))?;
    if command.has_subcommands()
        && let Some(name) = line.get(1)
    {
        command =
            table.find_sub(command, name).ok_or(CommandError::err("Invalid command specified"))?;
    }
    let mut keys = command.spec.keys.iter();
    let is_without = keys.all(|spec| spec.flags.has(KeyFlags::NOT_KEY));
    if is_without && command.spec.find_keys.is_none() {
        return Err(CommandError::err("The command has no key arguments"));
    }
    if !command.spec.arity.accepts(line.len()) {
        return Err(CommandError::err("Invalid number of arguments specified for command"));
    }
    match command.keys(line) {
        Some(keys) if !keys.is_empty() => Ok(keys),
        _ if command.flags.has(Flags::NO_MANDATORY_KEYS) => Ok(KeyPositions::new()),
        _ => Err(CommandError::err("Invalid arguments specified for command")),
    }
}
