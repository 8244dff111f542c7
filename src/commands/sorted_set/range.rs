//! Commands that read ranges: ZRANGE, its older kin, and ZRANGESTORE.
//!
//! Whatever a range is given by, it becomes a range of ranks, and a direction in which to read it.

use std::ops::Range;

use super::{begin_members, lex_bounds, limits, score_bounds, write_entry};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::keyspace::{Key, NotifyClass, Obj};
use crate::protocol::{Args, parse_i64};
use crate::types::zset::{LexBound, ScoreBound, Zset};

static ZRANGE: CommandSpec = CommandSpec {
    name: "zrange",
    summary: "Answers the members within a range of places, scores or names.",
    since: "1.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::string("start"),
        Arg::string("stop"),
        Arg::one_of("sortby", &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")])
            .optional()
            .since("6.2.0"),
        Arg::word("rev", "REV").optional().since("6.2.0"),
        Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .optional()
            .since("6.2.0"),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    history: &[("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")],
    run: Run::OnShard(zrange),
    ..CommandSpec::DEFAULT
};

static ZRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zrangebylex",
    summary: "Answers the members within a lexicographical range.",
    since: "2.8.9",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::string("min"),
        Arg::string("max"),
        Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .optional(),
    ],
    run: Run::OnShard(zrangebylex),
    ..CommandSpec::DEFAULT
};

static ZRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zrangebyscore",
    summary: "Answers the members within a range of scores.",
    since: "1.0.5",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::double("min"),
        Arg::double("max"),
        Arg::word("withscores", "WITHSCORES").optional().since("2.0.0"),
        Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .optional(),
    ],
    history: &[("2.0.0", "Added the `WITHSCORES` modifier.")],
    run: Run::OnShard(zrangebyscore),
    ..CommandSpec::DEFAULT
};

static ZRANGESTORE: CommandSpec = CommandSpec {
    name: "zrangestore",
    summary: "Stores the members within a range of places, scores or names in another key.",
    since: "6.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)), KeySpec::at(2).read_only()],
    args: &[
        Arg::key("dst"),
        Arg::key("src").key_spec(1),
        Arg::string("min"),
        Arg::string("max"),
        Arg::one_of("sortby", &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")])
            .optional(),
        Arg::word("rev", "REV").optional(),
        Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .optional(),
    ],
    run: Run::OnShard(zrangestore),
    ..CommandSpec::DEFAULT
};

static ZREVRANGE: CommandSpec = CommandSpec {
    name: "zrevrange",
    summary: "Answers the members within a range of places, highest score first.",
    since: "1.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::integer("start"),
        Arg::integer("stop"),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    run: Run::OnShard(zrevrange),
    ..CommandSpec::DEFAULT
};

static ZREVRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zrevrangebylex",
    summary: "Answers the members within a lexicographical range, in reverse.",
    since: "2.8.9",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::string("max"),
        Arg::string("min"),
        Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .optional(),
    ],
    run: Run::OnShard(zrevrangebylex),
    ..CommandSpec::DEFAULT
};

static ZREVRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zrevrangebyscore",
    summary: "Answers the members within a range of scores, highest first.",
    since: "2.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::double("max"),
        Arg::double("min"),
        Arg::word("withscores", "WITHSCORES").optional(),
        Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .optional(),
    ],
    history: &[("2.1.6", "`min` and `max` can be exclusive.")],
    run: Run::OnShard(zrevrangebyscore),
    ..CommandSpec::DEFAULT
};

fn zrange(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    reply_range(cx, args, None, None)
}

fn zrevrange(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    reply_range(cx, args, Some(By::Rank), Some(true))
}

fn zrangebyscore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    reply_range(cx, args, Some(By::Score), Some(false))
}

fn zrevrangebyscore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    reply_range(cx, args, Some(By::Score), Some(true))
}

fn zrangebylex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    reply_range(cx, args, Some(By::Lex), Some(false))
}

fn zrevrangebylex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    reply_range(cx, args, Some(By::Lex), Some(true))
}

/// What the bounds are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Lex,
}

enum Bounds<'a> {
    Ranks(i64, i64),
    Scores(ScoreBound, ScoreBound),
    Lex(LexBound<'a>, LexBound<'a>),
}

/// `min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`.
struct Query<'a> {
    bounds: Bounds<'a>,
    reverse: bool,
    offset: i64,
    /// Negative: all.
    count: i64,
    with_scores: bool,
}

impl<'a> Query<'a> {
    /// Parses what follows the source key at `source_at`. The older commands fix what the words BYSCORE,
    /// BYLEX and REV would say, and do not know the words.
    fn parse(
        args: &Args<'a>,
        source_at: usize,
        fixed_by: Option<By>,
        fixed_reverse: Option<bool>,
        is_store: bool,
    ) -> Result<Self, CommandError> {
        let (mut by, mut reverse) = (fixed_by, fixed_reverse);
        let (mut offset, mut count, mut with_scores) = (0, -1, false);
        let mut index = source_at + 3;
        while index < args.len() {
            if !is_store && args.is(index, "withscores") {
                with_scores = true;
            } else if args.is(index, "limit") && index + 2 < args.len() {
                let number = |at| parse_i64(args.at(at)).ok_or(CommandError::NotInteger);
                (offset, count) = (number(index + 1)?, number(index + 2)?);
                index += 2;
            } else if reverse.is_none() && args.is(index, "rev") {
                reverse = Some(true);
            } else if by.is_none() && args.is(index, "bylex") {
                by = Some(By::Lex);
            } else if by.is_none() && args.is(index, "byscore") {
                by = Some(By::Score);
            } else {
                return Err(CommandError::Syntax);
            }
            index += 1;
        }
        let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
        if count != -1 && by == By::Rank {
            return Err(CommandError::err(
                "syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && by == By::Lex {
            return Err(CommandError::err(
                "syntax error, WITHSCORES not supported in combination with BYLEX",
            ));
        }
        let (first, second) = (args.at(source_at + 1), args.at(source_at + 2));
        // In reverse the higher bound comes first, except with ranks.
        let (min, max) = if reverse { (second, first) } else { (first, second) };
        let bounds = match by {
            By::Rank => {
                let rank = |text| parse_i64(text).ok_or(CommandError::NotInteger);
                Bounds::Ranks(rank(first)?, rank(second)?)
            }
            By::Score => {
                let (min, max) = score_bounds(min, max)?;
                Bounds::Scores(min, max)
            }
            By::Lex => {
                let (min, max) = lex_bounds(min, max)?;
                Bounds::Lex(min, max)
            }
        };
        Ok(Self { bounds, reverse, offset, count, with_scores })
    }

    /// The ranks, ascending, that the query means in `set`.
    fn ranks(&self, set: &Zset) -> Range<usize> {
        let range = match self.bounds {
            Bounds::Ranks(start, stop) => {
                let range = rank_range(start, stop, set.len());
                // Ranks in reverse count from the highest.
                let len = set.len();
                return if self.reverse { len - range.end..len - range.start } else { range };
            }
            Bounds::Scores(min, max) => set.score_range(min, max),
            Bounds::Lex(min, max) => set.lex_range(min, max),
        };
        let skip = match usize::try_from(self.offset) {
            Ok(offset) => offset,
            // A negative offset means nothing, but for the peers' large sets it counts from the end.
            Err(_) if set.as_listpack().is_some() => range.len(),
            Err(_) => {
                let back = usize::try_from(self.offset.unsigned_abs()).unwrap_or(usize::MAX);
                range.len().checked_sub(back).unwrap_or(range.len())
            }
        };
        let skip = skip.min(range.len());
        let take = usize::try_from(self.count).unwrap_or(usize::MAX).min(range.len() - skip);
        if self.reverse {
            let end = range.end - skip;
            end - take..end
        } else {
            let start = range.start + skip;
            start..start + take
        }
    }
}

/// The ranks between two, negative ones from the end.
pub(super) fn rank_range(start: i64, stop: i64, len: usize) -> Range<usize> {
    match crate::commands::list::index_range(start, stop, len) {
        Some((start, count)) => start..start + count,
        None => 0..0,
    }
}

fn reply_range(
    cx: &mut Cx<'_>,
    args: &Args<'_>,
    by: Option<By>,
    reverse: Option<bool>,
) -> CommandResult {
    let query = Query::parse(args, 1, by, reverse, false)?;
    let key = cx.ks.key(args.at(1));
    let Some(set) = cx.ks.read::<Zset>(&key)? else {
        cx.reply.array(0);
        return Ok(());
    };
    let ranks = query.ranks(set);
    let entries = if query.reverse { set.iter_rev(ranks) } else { set.iter(ranks) };
    begin_members(&mut cx.reply, entries.len(), query.with_scores);
    for entry in entries {
        write_entry(&mut cx.reply, entry, query.with_scores);
    }
    Ok(())
}

fn zrangestore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let query = Query::parse(args, 2, None, None, true)?;
    let limits = limits(cx);
    let (destination, source) = (cx.ks.key(args.at(1)), cx.ks.key(args.at(2)));
    let mut result = Zset::new();
    if let Some(set) = cx.ks.read::<Zset>(&source)? {
        let entries = set.iter(query.ranks(set));
        result.expect_growth(entries.len(), 0, limits);
        for (member, score) in entries {
            result.insert(score, member.bytes(&mut itoa::Buffer::new()), limits);
        }
    }
    store(cx, &destination, result, "zrangestore");
    Ok(())
}

/// Puts a result in the place of whatever the destination was, and answers its size.
pub(super) fn store(cx: &mut Cx<'_>, destination: &Key<'_>, result: Zset, event: &'static str) {
    let len = result.len();
    if len > 0 {
        cx.ks.set_obj(destination, Obj::Zset(result), false);
        cx.ks.modified(destination);
        cx.ks.notify(NotifyClass::ZSET, event, destination);
        cx.ks.dirty += 1;
    } else if cx.ks.delete(destination) {
        cx.ks.notify(NotifyClass::GENERIC, "del", destination);
        cx.ks.dirty += 1;
    }
    cx.reply.len_int(len);
}

pub(super) static COMMANDS: &[&CommandSpec] = &[
    &ZRANGE,
    &ZRANGEBYLEX,
    &ZRANGEBYSCORE,
    &ZRANGESTORE,
    &ZREVRANGE,
    &ZREVRANGEBYLEX,
    &ZREVRANGEBYSCORE,
];
