//! Commands on several sorted sets: ZUNION, ZINTER, ZDIFF, their STORE forms, and ZINTERCARD.
//!
//! A plain set takes part as a sorted set in which every score is 1.

use std::collections::HashMap;

use super::range::store;
use super::{begin_members, limits, write_entry};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::keyspace::{Key, Keyspace, ObjType};
use crate::protocol::{Args, parse_i64};
use crate::types::double::parse_double;
use crate::types::listpack::Value;
use crate::types::set::Set;
use crate::types::zset::{Limits, Zset};

static ZDIFF: CommandSpec = CommandSpec {
    name: "zdiff",
    summary: "Answers the members of the first sorted set that the others do not have.",
    since: "6.2.0",
    complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1).read_only()],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    run: Run::OnShard(zdiff),
    ..CommandSpec::DEFAULT
};

static ZDIFFSTORE: CommandSpec = CommandSpec {
    name: "zdiffstore",
    summary: "Stores the members of the first sorted set that the others do not have.",
    since: "6.2.0",
    complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::counted(2).read_only(),
    ],
    args: &[
        Arg::key("destination"),
        Arg::integer("numkeys"),
        Arg::key("key").key_spec(1).multiple(),
    ],
    run: Run::OnShard(zdiffstore),
    ..CommandSpec::DEFAULT
};

static ZINTER: CommandSpec = CommandSpec {
    name: "zinter",
    summary: "Answers the members that all of several sorted sets have.",
    since: "6.2.0",
    complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1).read_only()],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of(
            "aggregate",
            &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")],
        )
        .token("AGGREGATE")
        .optional(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    run: Run::OnShard(zinter),
    ..CommandSpec::DEFAULT
};

static ZINTERCARD: CommandSpec = CommandSpec {
    name: "zintercard",
    summary: "Counts the members that all of several sorted sets have.",
    since: "7.0.0",
    complexity: "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1).read_only()],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::integer("limit").token("LIMIT").optional(),
    ],
    run: Run::OnShard(zintercard),
    ..CommandSpec::DEFAULT
};

static ZINTERSTORE: CommandSpec = CommandSpec {
    name: "zinterstore",
    summary: "Stores the members that all of several sorted sets have.",
    since: "2.0.0",
    complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::counted(2).read_only(),
    ],
    args: &[
        Arg::key("destination"),
        Arg::integer("numkeys"),
        Arg::key("key").key_spec(1).multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of(
            "aggregate",
            &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")],
        )
        .token("AGGREGATE")
        .optional(),
    ],
    run: Run::OnShard(zinterstore),
    ..CommandSpec::DEFAULT
};

static ZUNION: CommandSpec = CommandSpec {
    name: "zunion",
    summary: "Answers the members of several sorted sets together.",
    since: "6.2.0",
    complexity: "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1).read_only()],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of(
            "aggregate",
            &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")],
        )
        .token("AGGREGATE")
        .optional(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    run: Run::OnShard(zunion),
    ..CommandSpec::DEFAULT
};

static ZUNIONSTORE: CommandSpec = CommandSpec {
    name: "zunionstore",
    summary: "Stores the members of several sorted sets together.",
    since: "2.0.0",
    complexity: "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::counted(2).read_only(),
    ],
    args: &[
        Arg::key("destination"),
        Arg::integer("numkeys"),
        Arg::key("key").key_spec(1).multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of(
            "aggregate",
            &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")],
        )
        .token("AGGREGATE")
        .optional(),
    ],
    run: Run::OnShard(zunionstore),
    ..CommandSpec::DEFAULT
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// How the scores of one member in several sets become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            // Infinities of different signs make nothing.
            Self::Sum => not_nan(a + b),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
        }
    }
}

fn not_nan(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// One of the sets that take part.
#[derive(Clone, Copy)]
enum Source<'a> {
    Missing,
    Zset(&'a Zset),
    Set(&'a Set),
}

impl<'a> Source<'a> {
    fn of(ks: &'a Keyspace<'_>, key: &Key<'_>) -> Result<Self, CommandError> {
        match ks.glance_at::<Zset>(key) {
            Ok(Some(set)) => Ok(Self::Zset(set)),
            Ok(None) => Ok(Self::Missing),
            Err(_) => Ok(ks.glance_at::<Set>(key)?.map_or(Self::Missing, Self::Set)),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Zset(set) => set.len(),
            Self::Set(set) => set.len(),
        }
    }

    fn score(self, member: Value<'_>) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Zset(set) => set.score(member.bytes(&mut itoa::Buffer::new())),
            Self::Set(set) => set.contains_value(member).then_some(1.0),
        }
    }

    fn entries(self) -> Box<dyn Iterator<Item = (Value<'a>, f64)> + 'a> {
        match self {
            Self::Missing => Box::new(std::iter::empty()),
            Self::Zset(set) => Box::new(set.iter(0..set.len())),
            Self::Set(set) => Box::new(set.iter().map(|member| (member, 1.0))),
        }
    }
}

/// A set and what its scores are multiplied with.
type Weighted<'a> = (Source<'a>, f64);

/// Everything behind the keys.
struct Options {
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    /// ZINTERCARD's LIMIT; 0 means none.
    limit: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Reply,
    Store,
    Count,
}

impl Options {
    fn parse(
        args: &Args<'_>,
        sets: usize,
        operation: Operation,
        form: Form,
    ) -> Result<Self, CommandError> {
        let mut options = Self {
            weights: vec![1.0; sets],
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: 0,
        };
        let aggregates = operation != Operation::Difference && form != Form::Count;
        let mut index = 0;
        while index < args.len() {
            let remaining = args.len() - index;
            if aggregates && remaining > sets && args.is(index, "weights") {
                for (weight, text) in options.weights.iter_mut().zip(args.from(index + 1).iter()) {
                    *weight = parse_double(text)
                        .ok_or(CommandError::err("weight value is not a float"))?;
                }
                index += 1 + sets;
            } else if aggregates && remaining >= 2 && args.is(index, "aggregate") {
                options.aggregate = match args.at(index + 1).to_ascii_lowercase().as_slice() {
                    b"sum" => Aggregate::Sum,
                    b"min" => Aggregate::Min,
                    b"max" => Aggregate::Max,
                    _ => return Err(CommandError::Syntax),
                };
                index += 2;
            } else if form == Form::Reply && args.is(index, "withscores") {
                options.with_scores = true;
                index += 1;
            } else if form == Form::Count && remaining >= 2 && args.is(index, "limit") {
                let limit = parse_i64(args.at(index + 1)).and_then(|n| usize::try_from(n).ok());
                options.limit = limit.ok_or(CommandError::err("LIMIT can't be negative"))?;
                index += 2;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

fn zunion(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Union, Form::Reply)
}

fn zinter(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Intersection, Form::Reply)
}

fn zdiff(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Difference, Form::Reply)
}

fn zunionstore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Union, Form::Store)
}

fn zinterstore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Intersection, Form::Store)
}

fn zdiffstore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Difference, Form::Store)
}

fn zintercard(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    combine(cx, args, Operation::Intersection, Form::Count)
}

fn combine(cx: &mut Cx<'_>, args: &Args<'_>, operation: Operation, form: Form) -> CommandResult {
    let count_at = if form == Form::Store { 2 } else { 1 };
    let count = int_arg(args, count_at)?;
    let Some(count) = usize::try_from(count).ok().filter(|&count| count > 0) else {
        let text = format!("at least 1 input key is needed for '{}' command", cx.spec.name);
        return Err(CommandError::text(text));
    };
    let first = count_at + 1;
    if count > args.len() - first {
        return Err(CommandError::Syntax);
    }
    let limits = limits(cx);
    let names = args.from(first).first(count);
    let keys: Vec<Key<'_>> = names.iter().map(|name| cx.ks.key(name)).collect();
    cx.ks.expire_all(&keys, &[ObjType::Zset, ObjType::Set]);
    // A key of another type is told before an error in the options, as the peers do.
    let sources: Vec<Source<'_>> =
        keys.iter().map(|key| Source::of(&cx.ks, key)).collect::<Result<_, _>>()?;
    let options = Options::parse(&args.from(first + count), count, operation, form)?;
    let mut weighted: Vec<Weighted<'_>> = sources.into_iter().zip(options.weights).collect();
    if operation != Operation::Difference {
        // The smallest first: the others are only asked about what it has. Sums are made in this order.
        weighted.sort_by_key(|(source, _)| source.len());
    }
    if form == Form::Count {
        let all_have = |member| weighted[1..].iter().all(|(set, _)| set.score(member).is_some());
        let most = if options.limit == 0 { usize::MAX } else { options.limit };
        let common = weighted[0].0.entries().filter(|&(member, _)| all_have(member));
        let count = common.take(most).count();
        cx.reply.len_int(count);
        return Ok(());
    }
    let entries = match operation {
        Operation::Union => union(&weighted, options.aggregate),
        Operation::Intersection => intersection(&weighted, options.aggregate),
        Operation::Difference => difference(&weighted),
    };
    if form == Form::Store {
        let event = match operation {
            Operation::Union => "zunionstore",
            Operation::Intersection => "zinterstore",
            Operation::Difference => "zdiffstore",
        };
        let destination = cx.ks.key(args.at(1));
        store(cx, &destination, build(entries, limits), event);
    } else {
        begin_members(&mut cx.reply, entries.len(), options.with_scores);
        for (member, score) in &entries {
            write_entry(&mut cx.reply, (Value::Str(member), *score), options.with_scores);
        }
    }
    Ok(())
}

/// Members and scores, in order.
type Entries = Vec<(Vec<u8>, f64)>;

fn sorted(mut entries: Entries) -> Entries {
    entries.sort_unstable_by(|(a, a_score), (b, b_score)| {
        // Scores are not NaN, and -0 is as good as 0 here, unlike in `total_cmp`.
        a_score.partial_cmp(b_score).unwrap_or(std::cmp::Ordering::Equal).then_with(|| a.cmp(b))
    });
    entries
}

fn build(entries: Entries, limits: Limits) -> Zset {
    let longest = entries.iter().map(|(member, _)| member.len()).max().unwrap_or(0);
    let mut set = Zset::with_expected(entries.len(), longest, limits);
    for (member, score) in &entries {
        set.insert(*score, member, limits);
    }
    set
}

fn union(sources: &[Weighted<'_>], aggregate: Aggregate) -> Entries {
    let largest = sources.iter().map(|(source, _)| source.len()).max().unwrap_or(0);
    let mut scores: HashMap<Vec<u8>, f64, ahash::RandomState> =
        HashMap::with_capacity_and_hasher(largest, ahash::RandomState::new());
    for (source, weight) in sources {
        for (member, score) in source.entries() {
            let score = not_nan(weight * score);
            scores
                .entry(member.to_vec())
                .and_modify(|sum| *sum = aggregate.apply(*sum, score))
                .or_insert(score);
        }
    }
    sorted(scores.into_iter().collect())
}

fn intersection(sources: &[Weighted<'_>], aggregate: Aggregate) -> Entries {
    let Some(((smallest, weight), others)) = sources.split_first() else { return Vec::new() };
    let mut entries = Vec::new();
    for (member, score) in smallest.entries() {
        let start = not_nan(weight * score);
        let total = others.iter().try_fold(start, |total, (other, weight)| {
            other.score(member).map(|score| aggregate.apply(total, score * weight))
        });
        if let Some(total) = total {
            entries.push((member.to_vec(), total));
        }
    }
    sorted(entries)
}

fn difference(sources: &[Weighted<'_>]) -> Entries {
    let Some(((first, _), others)) = sources.split_first() else { return Vec::new() };
    let only_here = |member| others.iter().all(|(other, _)| other.score(member).is_none());
    let entries = first.entries().filter(|&(member, _)| only_here(member));
    sorted(entries.map(|(member, score)| (member.to_vec(), score)).collect())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&ZDIFF, &ZDIFFSTORE, &ZINTER, &ZINTERCARD, &ZINTERSTORE, &ZUNION, &ZUNIONSTORE];
