//! Commands that add or replace elements: LPUSH, RPUSH, LPUSHX, RPUSHX, LINSERT, LSET.

use super::node_limit;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;
use crate::types::list::{End, List};

static LINSERT: CommandSpec = CommandSpec {
    name: "linsert",
    summary: "Inserts an element beside the first one that equals a pivot.",
    since: "2.2.0",
    complexity: "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
    group: Group::List,
    arity: Arity::Exactly(5),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[
        Arg::key("key"),
        Arg::one_of("where", &[Arg::word("before", "BEFORE"), Arg::word("after", "AFTER")]),
        Arg::string("pivot"),
        Arg::string("element"),
    ],
    run: Run::OnShard(linsert),
    ..CommandSpec::DEFAULT
};

static LPUSH: CommandSpec = CommandSpec {
    name: "lpush",
    summary: "Adds elements at the head of a list; the list is made if there is none.",
    since: "1.0.0",
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("element").multiple()],
    history: &[("2.4.0", "Accepts multiple `element` arguments.")],
    run: Run::OnShard(lpush),
    ..CommandSpec::DEFAULT
};

static LPUSHX: CommandSpec = CommandSpec {
    name: "lpushx",
    summary: "Adds elements at the head of a list that exists.",
    since: "2.2.0",
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("element").multiple()],
    history: &[("4.0.0", "Accepts multiple `element` arguments.")],
    run: Run::OnShard(lpushx),
    ..CommandSpec::DEFAULT
};

static LSET: CommandSpec = CommandSpec {
    name: "lset",
    summary: "Replaces the element at an index.",
    since: "1.0.0",
    complexity: "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
    group: Group::List,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("index"), Arg::string("element")],
    run: Run::OnShard(lset),
    ..CommandSpec::DEFAULT
};

static RPUSH: CommandSpec = CommandSpec {
    name: "rpush",
    summary: "Adds elements at the tail of a list; the list is made if there is none.",
    since: "1.0.0",
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("element").multiple()],
    history: &[("2.4.0", "Accepts multiple `element` arguments.")],
    run: Run::OnShard(rpush),
    ..CommandSpec::DEFAULT
};

static RPUSHX: CommandSpec = CommandSpec {
    name: "rpushx",
    summary: "Adds elements at the tail of a list that exists.",
    since: "2.2.0",
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    group: Group::List,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("element").multiple()],
    history: &[("4.0.0", "Accepts multiple `element` arguments.")],
    run: Run::OnShard(rpushx),
    ..CommandSpec::DEFAULT
};

fn lpush(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    push(cx, args, End::Head, false)
}

fn rpush(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    push(cx, args, End::Tail, false)
}

fn lpushx(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    push(cx, args, End::Head, true)
}

fn rpushx(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    push(cx, args, End::Tail, true)
}

fn push(cx: &mut Cx<'_>, args: &Args<'_>, end: End, must_exist: bool) -> CommandResult {
    let limit = node_limit(cx);
    let key = cx.ks.key(args.at(1));
    let list = if must_exist {
        let Some(list) = cx.ks.write::<List>(&key)? else {
            cx.reply.int(0);
            return Ok(());
        };
        list
    } else {
        cx.ks.write_or_create::<List>(&key)?
    };
    list.push(end, (2..args.len()).map(|index| args.at(index)), limit);
    let len = list.len();
    cx.ks.modified(&key);
    let event = match end {
        End::Head => "lpush",
        End::Tail => "rpush",
    };
    cx.ks.notify(NotifyClass::LIST, event, &key);
    cx.ks.dirty += (args.len() - 2) as u64;
    cx.reply.len_int(len);
    Ok(())
}

fn linsert(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let after = if args.is(2, "after") {
        true
    } else if args.is(2, "before") {
        false
    } else {
        return Err(CommandError::Syntax);
    };
    let limit = node_limit(cx);
    let key = cx.ks.key(args.at(1));
    let Some(list) = cx.ks.write::<List>(&key)? else {
        cx.reply.int(0);
        return Ok(());
    };
    if !list.insert(args.at(3), args.at(4), after, limit) {
        cx.reply.int(-1);
        return Ok(());
    }
    let len = list.len();
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::LIST, "linsert", &key);
    cx.ks.dirty += 1;
    cx.reply.len_int(len);
    Ok(())
}

fn lset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let limit = node_limit(cx);
    let key = cx.ks.key(args.at(1));
    // The key comes before the index here: that is the order of the peers' errors.
    let list = cx.ks.write::<List>(&key)?.ok_or(CommandError::NoSuchKey)?;
    // Valkey 9.1 hands its lists 32 bits of the index.
    let index = i64::from(int_arg(args, 2)? as i32);
    if !list.set(index, args.at(3), limit) {
        return Err(CommandError::IndexOutOfRange);
    }
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::LIST, "lset", &key);
    cx.ks.dirty += 1;
    cx.reply.ok();
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&LINSERT, &LPUSH, &LPUSHX, &LSET, &RPUSH, &RPUSHX];
