//! Commands that combine sets and answer the result: SINTER, SINTERCARD, SUNION, SDIFF.

use std::cmp::Reverse;

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
};
use crate::keyspace::{Key, Keyspace, ObjType};
use crate::protocol::{Args, parse_i64};
use crate::types::listpack::Value;
use crate::types::set::{Set, SetLimits};

static SINTER: CommandSpec = CommandSpec {
    name: "sinter",
    summary: "Answers what is in all of the sets.",
    since: "1.0.0",
    complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    group: Group::Set,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::range(1, -1, 1).read_only()],
    args: &[Arg::key("key").multiple()],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(sinter),
    ..CommandSpec::DEFAULT
};

static SINTERCARD: CommandSpec = CommandSpec {
    name: "sintercard",
    summary: "Counts what is in all of the sets, up to a limit.",
    since: "7.0.0",
    complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::counted(1).read_only()],
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::integer("limit").token("LIMIT").optional(),
    ],
    run: Run::OnShard(sintercard),
    ..CommandSpec::DEFAULT
};

static SUNION: CommandSpec = CommandSpec {
    name: "sunion",
    summary: "Answers what is in any of the sets.",
    since: "1.0.0",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    group: Group::Set,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::range(1, -1, 1).read_only()],
    args: &[Arg::key("key").multiple()],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(sunion),
    ..CommandSpec::DEFAULT
};

static SDIFF: CommandSpec = CommandSpec {
    name: "sdiff",
    summary: "Answers what is in the first set and in none of the others.",
    since: "1.0.0",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    group: Group::Set,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::range(1, -1, 1).read_only()],
    args: &[Arg::key("key").multiple()],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(sdiff),
    ..CommandSpec::DEFAULT
};

fn sinter(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let keys = Keys::of(cx, args.from(1).iter());
    let operands = keys.operands(&cx.ks)?;
    let (mark, mut len, mut digits) = (cx.reply.begin(), 0, itoa::Buffer::new());
    intersect(&operands, |member| {
        cx.reply.bulk(member.bytes(&mut digits));
        len += 1;
        true
    });
    cx.reply.end_set(mark, len);
    Ok(())
}

fn sintercard(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let count = match parse_i64(args.at(1)) {
        Some(count @ 1..) => count as usize,
        _ => return Err(CommandError::err("numkeys should be greater than 0")),
    };
    if count > args.len() - 2 {
        return Err(CommandError::err("Number of keys can't be greater than number of args"));
    }
    let mut limit = usize::MAX;
    let mut index = 2 + count;
    while index < args.len() {
        if !args.is(index, "limit") || index + 1 >= args.len() {
            return Err(CommandError::Syntax);
        }
        limit = match parse_i64(args.at(index + 1)) {
            Some(0) => usize::MAX,
            Some(limit @ 1..) => limit as usize,
            _ => return Err(CommandError::err("LIMIT can't be negative")),
        };
        index += 2;
    }
    let keys = Keys::of(cx, args.from(2).first(count).iter());
    let mut common = 0;
    intersect(&keys.operands(&cx.ks)?, |_| {
        common += 1;
        common < limit
    });
    cx.reply.len_int(common);
    Ok(())
}

fn sunion(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let keys = Keys::of(cx, args.from(1).iter());
    let operands = keys.operands(&cx.ks)?;
    let mut digits = itoa::Buffer::new();
    if let [Some(set)] = operands.iter().filter(|set| set.is_some()).collect::<Vec<_>>()[..] {
        cx.reply.set(set.len());
        set.iter().for_each(|member| cx.reply.bulk(member.bytes(&mut digits)));
        return Ok(());
    }
    let all = unite(&operands, &SetLimits::default());
    cx.reply.set(all.len());
    all.iter().for_each(|member| cx.reply.bulk(member.bytes(&mut digits)));
    Ok(())
}

fn sdiff(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let keys = Keys::of(cx, args.from(1).iter());
    let operands = keys.operands(&cx.ks)?;
    let (mark, mut len, mut digits) = (cx.reply.begin(), 0, itoa::Buffer::new());
    subtract(&operands, |member| {
        cx.reply.bulk(member.bytes(&mut digits));
        len += 1;
    });
    cx.reply.end_set(mark, len);
    Ok(())
}

/// The keys of several sets. What has expired of them is gone when this is made.
pub(super) struct Keys<'k>(Vec<Key<'k>>);

/// Sets to be combined; a key that is not there counts as an empty set.
type Operands<'a> = Vec<Option<&'a Set>>;

impl<'k> Keys<'k> {
    pub(super) fn of(cx: &mut Cx<'_>, names: impl Iterator<Item = &'k [u8]>) -> Self {
        let keys: Vec<_> = names.map(|name| cx.ks.key(name)).collect();
        cx.ks.expire_all(&keys, &[ObjType::Set]);
        Self(keys)
    }

    /// All sets, or an error if any key holds something else.
    pub(super) fn operands<'a>(&self, ks: &'a Keyspace<'_>) -> Result<Operands<'a>, CommandError> {
        self.0.iter().map(|key| Ok(ks.glance_at::<Set>(key)?)).collect()
    }
}

/// Calls `visit` with what all sets have in common, until it says false.
pub(super) fn intersect<'a>(
    operands: &[Option<&'a Set>],
    mut visit: impl FnMut(Value<'a>) -> bool,
) {
    let Some(mut sets) = operands.iter().copied().collect::<Option<Vec<&Set>>>() else { return };
    // Look for the members of the smallest in the others, smaller ones first: they rule out more.
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return };
    for member in smallest.iter() {
        if others.iter().all(|set| set.contains_value(member)) && !visit(member) {
            return;
        }
    }
}

/// Calls `visit` with what is in the first set and in no other.
pub(super) fn subtract<'a>(operands: &[Option<&'a Set>], mut visit: impl FnMut(Value<'a>)) {
    let Some((Some(first), others)) = operands.split_first() else { return };
    let mut others: Vec<&Set> = others.iter().flatten().copied().collect();
    // The larger a set, the likelier it has the member and ends the search.
    others.sort_by_key(|set| Reverse(set.len()));
    for member in first.iter() {
        if !others.iter().any(|set| set.contains_value(member)) {
            visit(member);
        }
    }
}

/// What is in any of the sets.
pub(super) fn unite(operands: &[Option<&Set>], limits: &SetLimits) -> Set {
    let mut all = Set::new();
    for member in operands.iter().flatten().flat_map(|set| set.iter()) {
        all.add_value(member, limits);
    }
    all
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&SDIFF, &SINTER, &SINTERCARD, &SUNION];
