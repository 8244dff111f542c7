//! Commands that remove members: ZREM, ZREMRANGEBYLEX, ZREMRANGEBYRANK, ZREMRANGEBYSCORE.

use std::ops::Range;

use super::range::rank_range;
use super::{lex_bounds, score_bounds};
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run, int_arg,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;
use crate::types::zset::Zset;

static ZREM: CommandSpec = CommandSpec {
    name: "zrem",
    summary: "Removes members.",
    since: "1.2.0",
    complexity: "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::string("member").multiple()],
    history: &[("2.4.0", "Accepts multiple elements.")],
    run: Run::OnShard(zrem),
    ..CommandSpec::DEFAULT
};

static ZREMRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zremrangebylex",
    summary: "Removes the members within a lexicographical range.",
    since: "2.8.9",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    group: Group::SortedSet,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::string("min"), Arg::string("max")],
    run: Run::OnShard(zremrangebylex),
    ..CommandSpec::DEFAULT
};

static ZREMRANGEBYRANK: CommandSpec = CommandSpec {
    name: "zremrangebyrank",
    summary: "Removes the members within a range of places.",
    since: "2.0.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    group: Group::SortedSet,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("start"), Arg::integer("stop")],
    run: Run::OnShard(zremrangebyrank),
    ..CommandSpec::DEFAULT
};

static ZREMRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zremrangebyscore",
    summary: "Removes the members within a range of scores.",
    since: "1.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    group: Group::SortedSet,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::double("min"), Arg::double("max")],
    run: Run::OnShard(zremrangebyscore),
    ..CommandSpec::DEFAULT
};

fn zrem(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    remove(cx, args, "zrem", |set| {
        args.from(2).iter().filter(|member| set.remove(member).is_some()).count()
    })
}

fn zremrangebyrank(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (start, stop) = (int_arg(args, 2)?, int_arg(args, 3)?);
    remove_ranks(cx, args, "zremrangebyrank", |set| rank_range(start, stop, set.len()))
}

fn zremrangebyscore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (min, max) = score_bounds(args.at(2), args.at(3))?;
    remove_ranks(cx, args, "zremrangebyscore", |set| set.score_range(min, max))
}

fn zremrangebylex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (min, max) = lex_bounds(args.at(2), args.at(3))?;
    remove_ranks(cx, args, "zremrangebylex", |set| set.lex_range(min, max))
}

fn remove_ranks(
    cx: &mut Cx<'_>,
    args: &Args<'_>,
    event: &'static str,
    ranks: impl FnOnce(&Zset) -> Range<usize>,
) -> CommandResult {
    remove(cx, args, event, |set| {
        let ranks = ranks(set);
        set.remove_ranks(ranks)
    })
}

/// Removes by a function that answers how many it removed.
fn remove(
    cx: &mut Cx<'_>,
    args: &Args<'_>,
    event: &'static str,
    remove: impl FnOnce(&mut Zset) -> usize,
) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let Some(set) = cx.ks.write::<Zset>(&key)? else {
        cx.reply.int(0);
        return Ok(());
    };
    let removed = remove(set);
    let is_empty = set.is_empty();
    if removed > 0 {
        cx.ks.notify(NotifyClass::ZSET, event, &key);
        if !cx.ks.delete_if_empty(&key, is_empty) {
            cx.ks.modified(&key);
        }
        cx.ks.dirty += removed as u64;
    }
    cx.reply.len_int(removed);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&ZREM, &ZREMRANGEBYLEX, &ZREMRANGEBYRANK, &ZREMRANGEBYSCORE];
