//! Commands that move an element between lists: LMOVE, RPOPLPUSH.

use super::{end_arg, node_limit, popped};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::keyspace::{NotifyClass, ObjType};
use crate::protocol::Args;
use crate::types::list::{End, List};

static LMOVE: CommandSpec = CommandSpec {
    name: "lmove",
    summary: "Moves an element from an end of one list to an end of another, and answers it.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::List,
    arity: Arity::Exactly(5),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[
        KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2).with(KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[
        Arg::key("source"),
        Arg::key("destination").key_spec(1),
        Arg::one_of("wherefrom", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::one_of("whereto", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
    ],
    run: Run::OnShard(lmove),
    ..CommandSpec::DEFAULT
};

static RPOPLPUSH: CommandSpec = CommandSpec {
    name: "rpoplpush",
    summary: "Moves the tail of one list to the head of another, and answers it.",
    since: "1.2.0",
    complexity: "O(1)",
    group: Group::List,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[
        KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2).with(KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[Arg::key("source"), Arg::key("destination").key_spec(1)],
    run: Run::OnShard(rpoplpush),
    ..CommandSpec::DEFAULT
};

fn lmove(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (from, to) = (end_arg(args, 3)?, end_arg(args, 4)?);
    transfer_or_null(cx, args, from, to)
}

fn rpoplpush(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    transfer_or_null(cx, args, End::Tail, End::Head)
}

fn transfer_or_null(cx: &mut Cx<'_>, args: &Args<'_>, from: End, to: End) -> CommandResult {
    if !transfer(cx, args.at(1), args.at(2), from, to)? {
        cx.reply.null();
    }
    Ok(())
}

/// Moves one element and answers it; false if there is none. Source and destination may be one list.
pub(super) fn transfer(
    cx: &mut Cx<'_>,
    source_name: &[u8],
    destination_name: &[u8],
    from: End,
    to: End,
) -> Result<bool, CommandError> {
    let limit = node_limit(cx);
    let source = cx.ks.key(source_name);
    let destination = cx.ks.key(destination_name);
    if cx.ks.write::<List>(&source)?.is_none() {
        return Ok(false);
    }
    if cx.ks.kind(&destination).is_some_and(|kind| kind != ObjType::List) {
        return Err(CommandError::WrongType);
    }
    let Some(list) = cx.ks.write::<List>(&source)? else { return Ok(false) };
    let is_rotation = source_name == destination_name;
    let value = if is_rotation { list.rotate(from, to, limit) } else { list.pop(from, limit) };
    let Some(value) = value else { return Ok(false) };
    let is_empty = list.is_empty();
    if !is_rotation {
        cx.ks.write_or_create::<List>(&destination)?.push(to, [&value[..]], limit);
    }
    cx.ks.modified(&destination);
    let event = match to {
        End::Head => "lpush",
        End::Tail => "rpush",
    };
    cx.ks.notify(NotifyClass::LIST, event, &destination);
    popped(cx, &source, from, 1, is_empty);
    cx.reply.bulk(&value);
    Ok(true)
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&LMOVE, &RPOPLPUSH];
