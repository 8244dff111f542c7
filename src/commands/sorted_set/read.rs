//! Commands that look members up or count them: ZCARD, ZCOUNT, ZLEXCOUNT, ZMSCORE, ZRANK, ZREVRANK, ZSCORE.

use super::{lex_bounds, score_bounds, write_score};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::protocol::Args;
use crate::types::zset::Zset;

static ZCARD: CommandSpec = CommandSpec {
    name: "zcard",
    summary: "Answers the number of members.",
    since: "1.2.0",
    complexity: "O(1)",
    group: Group::SortedSet,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    run: Run::OnShard(zcard),
    ..CommandSpec::DEFAULT
};

static ZCOUNT: CommandSpec = CommandSpec {
    name: "zcount",
    summary: "Counts the members within a range of scores.",
    since: "2.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    group: Group::SortedSet,
    arity: Arity::Exactly(4),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::double("min"), Arg::double("max")],
    run: Run::OnShard(zcount),
    ..CommandSpec::DEFAULT
};

static ZLEXCOUNT: CommandSpec = CommandSpec {
    name: "zlexcount",
    summary: "Counts the members within a lexicographical range.",
    since: "2.8.9",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    group: Group::SortedSet,
    arity: Arity::Exactly(4),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("min"), Arg::string("max")],
    run: Run::OnShard(zlexcount),
    ..CommandSpec::DEFAULT
};

static ZMSCORE: CommandSpec = CommandSpec {
    name: "zmscore",
    summary: "Answers the scores of several members.",
    since: "6.2.0",
    complexity: "O(N) where N is the number of members being requested.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("member").multiple()],
    run: Run::OnShard(zmscore),
    ..CommandSpec::DEFAULT
};

static ZRANK: CommandSpec = CommandSpec {
    name: "zrank",
    summary: "Answers the place of a member, lowest score first.",
    since: "2.0.0",
    complexity: "O(log(N))",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("member"), Arg::word("withscore", "WITHSCORE").optional()],
    history: &[("7.2.0", "Added the optional `WITHSCORE` argument.")],
    run: Run::OnShard(zrank),
    ..CommandSpec::DEFAULT
};

static ZREVRANK: CommandSpec = CommandSpec {
    name: "zrevrank",
    summary: "Answers the place of a member, highest score first.",
    since: "2.0.0",
    complexity: "O(log(N))",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("member"), Arg::word("withscore", "WITHSCORE").optional()],
    history: &[("7.2.0", "Added the optional `WITHSCORE` argument.")],
    run: Run::OnShard(zrevrank),
    ..CommandSpec::DEFAULT
};

static ZSCORE: CommandSpec = CommandSpec {
    name: "zscore",
    summary: "Answers the score of a member.",
    since: "1.2.0",
    complexity: "O(1)",
    group: Group::SortedSet,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("member")],
    run: Run::OnShard(zscore),
    ..CommandSpec::DEFAULT
};

fn zcard(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let len = cx.ks.read::<Zset>(&key)?.map_or(0, Zset::len);
    cx.reply.len_int(len);
    Ok(())
}

fn zscore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    match cx.ks.read::<Zset>(&key)?.and_then(|set| set.score(args.at(2))) {
        Some(score) => write_score(&mut cx.reply, score),
        None => cx.reply.null(),
    }
    Ok(())
}

fn zmscore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let set = cx.ks.read::<Zset>(&key)?;
    cx.reply.array(args.len() - 2);
    for member in args.from(2).iter() {
        match set.and_then(|set| set.score(member)) {
            Some(score) => write_score(&mut cx.reply, score),
            None => cx.reply.null(),
        }
    }
    Ok(())
}

fn zrank(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    rank(cx, args, false)
}

fn zrevrank(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    rank(cx, args, true)
}

fn rank(cx: &mut Cx<'_>, args: &Args<'_>, from_highest: bool) -> CommandResult {
    let with_score = match args.len() {
        3 => false,
        4 if args.is(3, "withscore") => true,
        4 => return Err(CommandError::Syntax),
        _ => return Err(CommandError::WrongArity(cx.spec.name.to_owned())),
    };
    let key = cx.ks.key(args.at(1));
    let set = cx.ks.read::<Zset>(&key)?;
    let found = set.and_then(|set| {
        let (rank, score) = set.rank(args.at(2))?;
        Some((if from_highest { set.len() - 1 - rank } else { rank }, score))
    });
    match found {
        Some((rank, score)) => {
            if with_score {
                cx.reply.array(2);
            }
            cx.reply.len_int(rank);
            if with_score {
                write_score(&mut cx.reply, score);
            }
        }
        None if with_score => cx.reply.null_array(),
        None => cx.reply.null(),
    }
    Ok(())
}

fn zcount(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (min, max) = score_bounds(args.at(2), args.at(3))?;
    let key = cx.ks.key(args.at(1));
    let count = cx.ks.read::<Zset>(&key)?.map_or(0, |set| set.score_range(min, max).len());
    cx.reply.len_int(count);
    Ok(())
}

fn zlexcount(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (min, max) = lex_bounds(args.at(2), args.at(3))?;
    let key = cx.ks.key(args.at(1));
    let count = cx.ks.read::<Zset>(&key)?.map_or(0, |set| set.lex_range(min, max).len());
    cx.reply.len_int(count);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&ZCARD, &ZCOUNT, &ZLEXCOUNT, &ZMSCORE, &ZRANK, &ZREVRANK, &ZSCORE];
