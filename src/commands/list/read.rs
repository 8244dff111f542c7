//! Commands that read lists: LINDEX, LLEN, LPOS, LRANGE.

use super::bulk_value;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::protocol::{Args, parse_i64};
use crate::types::list::List;

static LINDEX: CommandSpec = CommandSpec {
    name: "lindex",
    summary: "Answers the element at an index.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
    group: Group::List,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::integer("index")],
    run: Run::OnShard(lindex),
    ..CommandSpec::DEFAULT
};

static LLEN: CommandSpec = CommandSpec {
    name: "llen",
    summary: "Answers the number of elements.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::List,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    run: Run::OnShard(llen),
    ..CommandSpec::DEFAULT
};

static LPOS: CommandSpec = CommandSpec {
    name: "lpos",
    summary: "Answers where an element is found in a list.",
    since: "6.0.6",
    complexity: "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::string("element"),
        Arg::integer("rank").token("RANK").optional(),
        Arg::integer("num-matches").token("COUNT").optional(),
        Arg::integer("len").token("MAXLEN").optional(),
    ],
    run: Run::OnShard(lpos),
    ..CommandSpec::DEFAULT
};

static LRANGE: CommandSpec = CommandSpec {
    name: "lrange",
    summary: "Answers the elements between two indexes.",
    since: "1.0.0",
    complexity: "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
    group: Group::List,
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::integer("start"), Arg::integer("stop")],
    run: Run::OnShard(lrange),
    ..CommandSpec::DEFAULT
};

fn llen(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let len = cx.ks.read::<List>(&key)?.map_or(0, List::len);
    cx.reply.len_int(len);
    Ok(())
}

fn lindex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    // A missing key is answered before the index is looked at, as the peers do.
    let Some(list) = cx.ks.read::<List>(&key)? else {
        cx.reply.null();
        return Ok(());
    };
    match list.get(int_arg(args, 2)?) {
        Some(value) => bulk_value(&mut cx.reply, value),
        None => cx.reply.null(),
    }
    Ok(())
}

fn lrange(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (start, stop) = (int_arg(args, 2)?, int_arg(args, 3)?);
    let key = cx.ks.key(args.at(1));
    let Some(list) = cx.ks.read::<List>(&key)? else {
        cx.reply.array(0);
        return Ok(());
    };
    match index_range(start, stop, list.len()) {
        None => cx.reply.array(0),
        Some((start, count)) => {
            cx.reply.array(count);
            let values = list.iter_from(start).take(count);
            values.for_each(|value| bulk_value(&mut cx.reply, value));
        }
    }
    Ok(())
}

/// First index and count of the elements between two indexes, negative ones from the end; `None` if there
/// are none.
pub(in crate::commands) fn index_range(
    start: i64,
    stop: i64,
    len: usize,
) -> Option<(usize, usize)> {
    let len = len as i64;
    let from_end = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
    let start = from_end(start).max(0);
    let stop = from_end(stop).min(len - 1);
    (start <= stop).then(|| (start as usize, (stop - start + 1) as usize))
}

fn lpos(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (mut rank, mut count, mut maxlen) = (1, None, 0);
    let mut index = 3;
    while index < args.len() {
        let Some(value) = args.get(index + 1) else { return Err(CommandError::Syntax) };
        if args.is(index, "rank") {
            rank = signed(value)?;
            if rank == 0 {
                return Err(CommandError::err(
                    "RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
                     or use negative to start from the end of the list",
                ));
            }
        } else if args.is(index, "count") {
            count = Some(unsigned(value).ok_or(CommandError::err("COUNT can't be negative"))?);
        } else if args.is(index, "maxlen") {
            maxlen = unsigned(value).ok_or(CommandError::err("MAXLEN can't be negative"))?;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 2;
    }
    let key = cx.ks.key(args.at(1));
    let positions = match cx.ks.read::<List>(&key)? {
        Some(list) => list.positions(args.at(2), rank, count.unwrap_or(1), maxlen),
        None => Vec::new(),
    };
    if count.is_some() {
        cx.reply.array(positions.len());
        positions.into_iter().for_each(|position| cx.reply.len_int(position));
    } else {
        match positions.first() {
            Some(&position) => cx.reply.len_int(position),
            None => cx.reply.null(),
        }
    }
    Ok(())
}

fn unsigned(text: &[u8]) -> Option<usize> {
    parse_i64(text).and_then(|value| usize::try_from(value).ok())
}

/// An integer whose negation is one too.
pub(super) fn signed(text: &[u8]) -> Result<i64, CommandError> {
    match parse_i64(text).ok_or(CommandError::NotInteger)? {
        i64::MIN => Err(CommandError::err(
            "value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        )),
        value => Ok(value),
    }
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&LINDEX, &LLEN, &LPOS, &LRANGE];
