//! Commands that take elements from an end: LPOP, RPOP, LMPOP.

use super::{bulk_value, end_arg, node_limit, popped};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::protocol::{Args, parse_i64};
use crate::types::list::{End, List};

static LMPOP: CommandSpec = CommandSpec {
    name: "lmpop",
    summary: "Removes and answers elements at an end of the first list that is not empty.",
    since: "7.0.0",
    complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    group: Group::List,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::counted(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::one_of("where", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    run: Run::OnShard(lmpop),
    ..CommandSpec::DEFAULT
};

static LPOP: CommandSpec = CommandSpec {
    name: "lpop",
    summary: "Removes and answers elements at the head of a list.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements returned",
    group: Group::List,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("count").optional().since("6.2.0")],
    history: &[("6.2.0", "Added the `count` argument.")],
    run: Run::OnShard(lpop),
    ..CommandSpec::DEFAULT
};

static RPOP: CommandSpec = CommandSpec {
    name: "rpop",
    summary: "Removes and answers elements at the tail of a list.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements returned",
    group: Group::List,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("count").optional().since("6.2.0")],
    history: &[("6.2.0", "Added the `count` argument.")],
    run: Run::OnShard(rpop),
    ..CommandSpec::DEFAULT
};

fn lpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    pop(cx, args, End::Head)
}

fn rpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    pop(cx, args, End::Tail)
}

fn pop(cx: &mut Cx<'_>, args: &Args<'_>, end: End) -> CommandResult {
    if args.len() > 3 {
        return Err(CommandError::WrongArity(cx.spec.name.to_owned()));
    }
    let count = match args.get(2) {
        None => None,
        Some(text) => {
            let count = parse_i64(text).and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or(CommandError::NotPositive)?)
        }
    };
    let key_name = args.at(1);
    match count {
        None => {
            if !pop_one(cx, key_name, end, false)? {
                cx.reply.null();
            }
        }
        Some(count) => {
            let key = cx.ks.key(key_name);
            match cx.ks.write::<List>(&key)? {
                None => cx.reply.null_array(),
                Some(_) if count == 0 => cx.reply.array(0),
                Some(_) => {
                    pop_many(cx, key_name, end, count, false)?;
                }
            }
        }
    }
    Ok(())
}

/// Pops one element and answers it, in an array behind the key if asked; false if there is no list.
pub(super) fn pop_one(
    cx: &mut Cx<'_>,
    key_name: &[u8],
    end: End,
    with_key: bool,
) -> Result<bool, CommandError> {
    let limit = node_limit(cx);
    let key = cx.ks.key(key_name);
    let Some(list) = cx.ks.write::<List>(&key)? else { return Ok(false) };
    let Some(value) = list.peek(end) else { return Ok(false) };
    if with_key {
        cx.reply.array(2);
        cx.reply.bulk(key_name);
    }
    bulk_value(&mut cx.reply, value);
    list.drop_end(end, limit);
    let is_empty = list.is_empty();
    popped(cx, &key, end, 1, is_empty);
    Ok(true)
}

/// Pops up to `count` elements and answers their array, in another behind the key if asked; false if
/// there is no list.
pub(super) fn pop_many(
    cx: &mut Cx<'_>,
    key_name: &[u8],
    end: End,
    count: usize,
    with_key: bool,
) -> Result<bool, CommandError> {
    let limit = node_limit(cx);
    let key = cx.ks.key(key_name);
    let Some(list) = cx.ks.write::<List>(&key)? else { return Ok(false) };
    let len = list.len();
    let count = count.min(len);
    if count == 0 {
        return Ok(false);
    }
    if with_key {
        cx.reply.array(2);
        cx.reply.bulk(key_name);
    }
    cx.reply.array(count);
    let (values, start) = match end {
        End::Head => (list.iter(), 0),
        End::Tail => (list.iter_back_from(len - 1), len - count),
    };
    values.take(count).for_each(|value| bulk_value(&mut cx.reply, value));
    list.remove_range(start, count, limit);
    popped(cx, &key, end, count, count == len);
    Ok(true)
}

/// `numkeys key [key ...] LEFT | RIGHT [COUNT count]`, from `start` on.
pub(super) struct MultiPop<'a> {
    pub(super) keys: Args<'a>,
    pub(super) end: End,
    pub(super) count: usize,
}

impl<'a> MultiPop<'a> {
    pub(super) fn parse(args: &Args<'a>, start: usize) -> Result<Self, CommandError> {
        let (keys, after) = counted_keys(args, start)?;
        if after >= args.len() {
            return Err(CommandError::Syntax);
        }
        let end = end_arg(args, after)?;
        let count = count_option(args, after + 1)?;
        Ok(Self { keys, end, count })
    }
}

/// `numkeys key [key ...]`: the keys, and the index behind them.
pub(in crate::commands) fn counted_keys<'a>(
    args: &Args<'a>,
    start: usize,
) -> Result<(Args<'a>, usize), CommandError> {
    let count = parse_i64(args.at(start)).and_then(|count| usize::try_from(count).ok());
    let count = count
        .filter(|&count| count > 0)
        .ok_or(CommandError::err("numkeys should be greater than 0"))?;
    let first = start + 1;
    if count > args.len() - first {
        return Err(CommandError::Syntax);
    }
    Ok((args.from(first).first(count), first + count))
}

/// `[COUNT count]` at the end of a command; one if it is missing.
pub(in crate::commands) fn count_option(
    args: &Args<'_>,
    index: usize,
) -> Result<usize, CommandError> {
    if index == args.len() {
        return Ok(1);
    }
    if !args.is(index, "count") || index + 2 != args.len() {
        // A second COUNT, or the word without its number.
        return Err(match args.get(index + 1) {
            Some(text) if args.is(index, "count") => match positive(text) {
                Some(_) => CommandError::Syntax,
                None => CommandError::err("count should be greater than 0"),
            },
            _ => CommandError::Syntax,
        });
    }
    positive(args.at(index + 1)).ok_or(CommandError::err("count should be greater than 0"))
}

fn positive(text: &[u8]) -> Option<usize> {
    parse_i64(text).and_then(|count| usize::try_from(count).ok()).filter(|&count| count > 0)
}

fn lmpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let pop = MultiPop::parse(args, 1)?;
    for key_name in pop.keys.iter() {
        if pop_many(cx, key_name, pop.end, pop.count, true)? {
            return Ok(());
        }
    }
    cx.reply.null_array();
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&LMPOP, &LPOP, &RPOP];
