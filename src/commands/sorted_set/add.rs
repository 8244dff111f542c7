//! Commands that add members or change scores: ZADD, ZINCRBY.

use super::{limits, write_score};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;
use crate::types::double::parse_double;
use crate::types::zset::{AddFlags, Outcome, Zset};
use smallvec::SmallVec;

static ZADD: CommandSpec = CommandSpec {
    name: "zadd",
    summary: "Adds members with scores, or changes the scores of members.",
    since: "1.2.0",
    complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
            .optional()
            .since("3.0.2"),
        Arg::one_of("comparison", &[Arg::word("gt", "GT"), Arg::word("lt", "LT")])
            .optional()
            .since("6.2.0"),
        Arg::word("change", "CH").optional().since("3.0.2"),
        Arg::word("increment", "INCR").optional().since("3.0.2"),
        Arg::block("data", &[Arg::double("score"), Arg::string("member")]).multiple(),
    ],
    history: &[
        ("2.4.0", "Accepts multiple elements."),
        ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
        ("6.2.0", "Added the `GT` and `LT` options."),
    ],
    run: Run::OnShard(zadd),
    ..CommandSpec::DEFAULT
};

static ZINCRBY: CommandSpec = CommandSpec {
    name: "zincrby",
    summary: "Adds to the score of a member, which is made if there is none.",
    since: "1.2.0",
    complexity: "O(log(N)) where N is the number of elements in the sorted set.",
    group: Group::SortedSet,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("increment"), Arg::string("member")],
    run: Run::OnShard(zincrby),
    ..CommandSpec::DEFAULT
};

fn zadd(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, AddFlags::default())
}

fn zincrby(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, AddFlags { incr: true, ..AddFlags::default() })
}

/// What ZADD was asked for besides the key.
struct Request<'a> {
    flags: AddFlags,
    /// CH: answer how many members were added or changed, not only how many were added.
    count_changes: bool,
    entries: SmallVec<[(f64, &'a [u8]); 4]>,
}

impl<'a> Request<'a> {
    fn parse(args: &Args<'a>, mut flags: AddFlags) -> Result<Self, CommandError> {
        let mut count_changes = false;
        let mut index = 2;
        while index < args.len() {
            let option = match args.at(index).to_ascii_lowercase().as_slice() {
                b"nx" => &mut flags.nx,
                b"xx" => &mut flags.xx,
                b"gt" => &mut flags.gt,
                b"lt" => &mut flags.lt,
                b"incr" => &mut flags.incr,
                b"ch" => &mut count_changes,
                _ => break,
            };
            *option = true;
            index += 1;
        }
        let pairs = args.from(index);
        if pairs.is_empty() || pairs.len() % 2 == 1 {
            return Err(CommandError::Syntax);
        }
        let AddFlags { nx, xx, gt, lt, incr } = flags;
        if nx && xx {
            return Err(CommandError::err("XX and NX options at the same time are not compatible"));
        }
        if (nx && (gt || lt)) || (gt && lt) {
            return Err(CommandError::err(
                "GT, LT, and/or NX options at the same time are not compatible",
            ));
        }
        if incr && pairs.len() > 2 {
            return Err(CommandError::err("INCR option supports a single increment-element pair"));
        }
        let mut entries = SmallVec::with_capacity(pairs.len() / 2);
        for at in (0..pairs.len()).step_by(2) {
            let score = parse_double(pairs.at(at)).ok_or(CommandError::NotFloat)?;
            entries.push((score, pairs.at(at + 1)));
        }
        Ok(Self { flags, count_changes, entries })
    }
}

fn add(cx: &mut Cx<'_>, args: &Args<'_>, flags: AddFlags) -> CommandResult {
    let Request { flags, count_changes, entries } = Request::parse(args, flags)?;
    let limits = limits(cx);
    let key = cx.ks.key(args.at(1));
    let (mut added, mut updated, mut score) = (0, 0, None);
    // With XX nothing is made: a missing key is like a set without the members.
    let set = if flags.xx {
        cx.ks.write::<Zset>(&key)?
    } else {
        Some(cx.ks.write_or_create::<Zset>(&key)?)
    };
    if let Some(set) = set {
        let longest = entries.iter().map(|(_, member)| member.len()).max().unwrap_or(0);
        set.expect_growth(entries.len(), longest, limits);
        for &(amount, member) in &entries {
            let outcome = set
                .add(amount, member, flags, limits)
                .map_err(|error| CommandError::text(error.to_string()))?;
            match outcome {
                Outcome::Added(_) => added += 1,
                Outcome::Updated(_) => updated += 1,
                Outcome::Unchanged(_) | Outcome::Refused => {}
            }
            score = outcome.score();
        }
    }
    if added + updated > 0 {
        cx.ks.modified(&key);
        let event = if flags.incr { "zincr" } else { "zadd" };
        cx.ks.notify(NotifyClass::ZSET, event, &key);
        cx.ks.dirty += added + updated;
    }
    match score {
        Some(score) if flags.incr => write_score(&mut cx.reply, score),
        None if flags.incr => cx.reply.null(),
        _ => cx.reply.int((added + if count_changes { updated } else { 0 }) as i64),
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&ZADD, &ZINCRBY];
