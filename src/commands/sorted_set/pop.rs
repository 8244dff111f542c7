//! Commands that take members from an end: ZPOPMIN, ZPOPMAX, ZMPOP and those that wait.

use super::{write_entry, write_member, write_score};
use crate::commands::list::{count_option, counted_keys};
use crate::commands::timeout::deadline_arg;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, TimeoutReply,
};
use crate::keyspace::{BlockedKind, NotifyClass};
use crate::protocol::{Args, parse_i64};
use crate::types::zset::Zset;

static BZMPOP: CommandSpec = CommandSpec {
    name: "bzmpop",
    summary: "Removes and answers members at an end of the first sorted set that is not empty; waits for one if there is none.",
    since: "7.0.0",
    complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.or(Flags::BLOCKING),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(2).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[
        Arg::double("timeout"),
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    run: Run::OnShard(bzmpop),
    ..CommandSpec::DEFAULT
};

static BZPOPMAX: CommandSpec = CommandSpec {
    name: "bzpopmax",
    summary: "Removes and answers the highest member of the first sorted set that is not empty; waits for one if there is none.",
    since: "5.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::BLOCKING).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key").multiple(), Arg::double("timeout")],
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    run: Run::OnShard(bzpopmax),
    ..CommandSpec::DEFAULT
};

static BZPOPMIN: CommandSpec = CommandSpec {
    name: "bzpopmin",
    summary: "Removes and answers the lowest member of the first sorted set that is not empty; waits for one if there is none.",
    since: "5.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::BLOCKING).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key").multiple(), Arg::double("timeout")],
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    run: Run::OnShard(bzpopmin),
    ..CommandSpec::DEFAULT
};

static ZMPOP: CommandSpec = CommandSpec {
    name: "zmpop",
    summary: "Removes and answers members at an end of the first sorted set that is not empty.",
    since: "7.0.0",
    complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    run: Run::OnShard(zmpop),
    ..CommandSpec::DEFAULT
};

static ZPOPMAX: CommandSpec = CommandSpec {
    name: "zpopmax",
    summary: "Removes and answers the members with the highest scores.",
    since: "5.0.0",
    complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("count").optional()],
    run: Run::OnShard(zpopmax),
    ..CommandSpec::DEFAULT
};

static ZPOPMIN: CommandSpec = CommandSpec {
    name: "zpopmin",
    summary: "Removes and answers the members with the lowest scores.",
    since: "5.0.0",
    complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("count").optional()],
    run: Run::OnShard(zpopmin),
    ..CommandSpec::DEFAULT
};

/// Which end of the order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

/// The shape of what was popped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// ZPOPMIN key: member and score side by side.
    Single,
    /// ZPOPMIN key count: as members with scores are shown elsewhere.
    Members,
    /// BZPOPMIN: key, member, score.
    KeyAndSingle,
    /// ZMPOP: the key, and an array of pairs.
    KeyAndPairs,
}

fn zpopmin(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    pop_command(cx, args, End::Min)
}

fn zpopmax(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    pop_command(cx, args, End::Max)
}

fn pop_command(cx: &mut Cx<'_>, args: &Args<'_>, end: End) -> CommandResult {
    let (count, shape) = match args.len() {
        2 => (1, Shape::Single),
        3 => {
            let count = parse_i64(args.at(2)).and_then(|count| usize::try_from(count).ok());
            (count.ok_or(CommandError::NotPositive)?, Shape::Members)
        }
        _ => return Err(CommandError::Syntax),
    };
    if !pop(cx, args.at(1), end, count, shape)? {
        cx.reply.array(0);
    }
    Ok(())
}

/// Pops up to `count` members and answers them; false if there is none to be had.
fn pop(
    cx: &mut Cx<'_>,
    key_name: &[u8],
    end: End,
    count: usize,
    shape: Shape,
) -> Result<bool, CommandError> {
    let key = cx.ks.key(key_name);
    let Some(set) = cx.ks.write::<Zset>(&key)? else { return Ok(false) };
    let len = set.len();
    let count = count.min(len);
    if count == 0 {
        return Ok(false);
    }
    let (ranks, entries) = match end {
        End::Min => (0..count, set.iter(0..count)),
        End::Max => (len - count..len, set.iter_rev(len - count..len)),
    };
    let reply = &mut cx.reply;
    match shape {
        Shape::Single => reply.array(2),
        Shape::Members => super::begin_members(reply, count, true),
        Shape::KeyAndSingle => {
            reply.array(3);
            reply.bulk(key_name);
        }
        Shape::KeyAndPairs => {
            reply.array(2);
            reply.bulk(key_name);
            reply.array(count);
        }
    }
    for (member, score) in entries {
        match shape {
            Shape::Members => write_entry(reply, (member, score), true),
            Shape::Single | Shape::KeyAndSingle | Shape::KeyAndPairs => {
                if shape == Shape::KeyAndPairs {
                    reply.array(2);
                }
                write_member(reply, member);
                write_score(reply, score);
            }
        }
    }
    set.remove_ranks(ranks);
    let event = match end {
        End::Min => "zpopmin",
        End::Max => "zpopmax",
    };
    cx.ks.notify(NotifyClass::ZSET, event, &key);
    if !cx.ks.delete_if_empty(&key, count == len) {
        cx.ks.modified(&key);
    }
    cx.ks.dirty += count as u64;
    Ok(true)
}

fn pop_first(
    cx: &mut Cx<'_>,
    keys: &Args<'_>,
    end: End,
    count: usize,
    shape: Shape,
) -> Result<bool, CommandError> {
    for key_name in keys.iter() {
        if pop(cx, key_name, end, count, shape)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn zmpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (keys, end, count) = multi_pop(args, 1)?;
    if !pop_first(cx, &keys, end, count, Shape::KeyAndPairs)? {
        cx.reply.null_array();
    }
    Ok(())
}

/// `numkeys key [key ...] MIN | MAX [COUNT count]`.
fn multi_pop<'a>(args: &Args<'a>, start: usize) -> Result<(Args<'a>, End, usize), CommandError> {
    let (keys, after) = counted_keys(args, start)?;
    let end = match args.get(after) {
        Some(word) if word.eq_ignore_ascii_case(b"min") => End::Min,
        Some(word) if word.eq_ignore_ascii_case(b"max") => End::Max,
        _ => return Err(CommandError::Syntax),
    };
    Ok((keys, end, count_option(args, after + 1)?))
}

fn bzmpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (keys, end, count) = multi_pop(args, 2)?;
    let deadline_ms = deadline_arg(cx, args.at(1))?;
    if !pop_first(cx, &keys, end, count, Shape::KeyAndPairs)? {
        cx.block(keys.iter(), BlockedKind::Zset, deadline_ms, TimeoutReply::NullArray);
    }
    Ok(())
}

fn bzpopmin(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    blocking_pop(cx, args, End::Min)
}

fn bzpopmax(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    blocking_pop(cx, args, End::Max)
}

fn blocking_pop(cx: &mut Cx<'_>, args: &Args<'_>, end: End) -> CommandResult {
    let last = args.len() - 1;
    let deadline_ms = deadline_arg(cx, args.at(last))?;
    let keys = args.first(last).from(1);
    if !pop_first(cx, &keys, end, 1, Shape::KeyAndSingle)? {
        cx.block(keys.iter(), BlockedKind::Zset, deadline_ms, TimeoutReply::NullArray);
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&BZMPOP, &BZPOPMAX, &BZPOPMIN, &ZMPOP, &ZPOPMAX, &ZPOPMIN];
