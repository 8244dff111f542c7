//! Commands that wait for an element: BLPOP, BRPOP, BLMPOP, BLMOVE, BRPOPLPUSH.
//!
//! Each is its counterpart without the B if there is something to pop. If not, the client is made to wait, and the
//! whole command is run again when one of the keys gets a list.

use super::end_arg;
use super::pop::{MultiPop, pop_many, pop_one};
use super::transfer::transfer;
use crate::commands::TimeoutReply;
use crate::commands::timeout::deadline_arg;
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::keyspace::BlockedKind;
use crate::protocol::Args;
use crate::types::list::End;

static BLMOVE: CommandSpec = CommandSpec {
    name: "blmove",
    summary: "Moves an element from an end of one list to an end of another; waits for one if there is none.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::List,
    arity: Arity::Exactly(6),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::BLOCKING),
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
        Arg::double("timeout"),
    ],
    run: Run::OnShard(blmove),
    ..CommandSpec::DEFAULT
};

static BLMPOP: CommandSpec = CommandSpec {
    name: "blmpop",
    summary: "Removes and answers elements at an end of the first list that is not empty; waits for one if there is none.",
    since: "7.0.0",
    complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    group: Group::List,
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.or(Flags::BLOCKING),
    acl: Acl::LIST,
    keys: &[KeySpec::counted(2).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[
        Arg::double("timeout"),
        Arg::integer("numkeys"),
        Arg::key("key").multiple(),
        Arg::one_of("where", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    run: Run::OnShard(blmpop),
    ..CommandSpec::DEFAULT
};

static BLPOP: CommandSpec = CommandSpec {
    name: "blpop",
    summary: "Removes and answers the head of the first list that is not empty; waits for one if there is none.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of provided keys.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::BLOCKING),
    acl: Acl::LIST,
    keys: &[KeySpec::range(1, -2, 1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key").multiple(), Arg::double("timeout")],
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    run: Run::OnShard(blpop),
    ..CommandSpec::DEFAULT
};

static BRPOP: CommandSpec = CommandSpec {
    name: "brpop",
    summary: "Removes and answers the tail of the first list that is not empty; waits for one if there is none.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of provided keys.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::BLOCKING),
    acl: Acl::LIST,
    keys: &[KeySpec::range(1, -2, 1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key").multiple(), Arg::double("timeout")],
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    run: Run::OnShard(brpop),
    ..CommandSpec::DEFAULT
};

static BRPOPLPUSH: CommandSpec = CommandSpec {
    name: "brpoplpush",
    summary: "Moves the tail of one list to the head of another; waits for one if there is none.",
    since: "2.2.0",
    complexity: "O(1)",
    group: Group::List,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::BLOCKING),
    acl: Acl::LIST,
    keys: &[
        KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2).with(KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[Arg::key("source"), Arg::key("destination").key_spec(1), Arg::double("timeout")],
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    run: Run::OnShard(brpoplpush),
    ..CommandSpec::DEFAULT
};

fn blpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    blocking_pop(cx, args, End::Head)
}

fn brpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    blocking_pop(cx, args, End::Tail)
}

fn blocking_pop(cx: &mut Cx<'_>, args: &Args<'_>, end: End) -> CommandResult {
    let last = args.len() - 1;
    let deadline_ms = deadline_arg(cx, args.at(last))?;
    let keys = args.first(last).from(1);
    for key_name in keys.iter() {
        if pop_one(cx, key_name, end, true)? {
            return Ok(());
        }
    }
    cx.block(keys.iter(), BlockedKind::List, deadline_ms, TimeoutReply::NullArray);
    Ok(())
}

fn blmpop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let pop = MultiPop::parse(args, 2)?;
    let deadline_ms = deadline_arg(cx, args.at(1))?;
    for key_name in pop.keys.iter() {
        if pop_many(cx, key_name, pop.end, pop.count, true)? {
            return Ok(());
        }
    }
    cx.block(pop.keys.iter(), BlockedKind::List, deadline_ms, TimeoutReply::NullArray);
    Ok(())
}

fn blmove(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (from, to) = (end_arg(args, 3)?, end_arg(args, 4)?);
    blocking_transfer(cx, args, from, to, 5)
}

fn brpoplpush(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    blocking_transfer(cx, args, End::Tail, End::Head, 3)
}

fn blocking_transfer(
    cx: &mut Cx<'_>,
    args: &Args<'_>,
    from: End,
    to: End,
    timeout_at: usize,
) -> CommandResult {
    let deadline_ms = deadline_arg(cx, args.at(timeout_at))?;
    if !transfer(cx, args.at(1), args.at(2), from, to)? {
        if cx.can_block {
            cx.block([args.at(1)], BlockedKind::List, deadline_ms, TimeoutReply::NullArray);
        } else {
            // The one command whose answer differs between not waiting and having waited in vain.
            cx.reply.null();
        }
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&BLMOVE, &BLMPOP, &BLPOP, &BRPOP, &BRPOPLPUSH];
