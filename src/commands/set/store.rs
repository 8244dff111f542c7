//! Commands that combine sets and store the result: SINTERSTORE, SUNIONSTORE, SDIFFSTORE.

use super::algebra::{self, Keys};
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::keyspace::{NotifyClass, Obj};
use crate::protocol::Args;
use crate::types::listpack::Listpack;
use crate::types::set::Set;

static SINTERSTORE: CommandSpec = CommandSpec {
    name: "sinterstore",
    summary: "Stores what is in all of the sets.",
    since: "1.0.0",
    complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1).read_only(),
    ],
    args: &[Arg::key("destination"), Arg::key("key").key_spec(1).multiple()],
    run: Run::OnShard(sinterstore),
    ..CommandSpec::DEFAULT
};

static SUNIONSTORE: CommandSpec = CommandSpec {
    name: "sunionstore",
    summary: "Stores what is in any of the sets.",
    since: "1.0.0",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1).read_only(),
    ],
    args: &[Arg::key("destination"), Arg::key("key").key_spec(1).multiple()],
    run: Run::OnShard(sunionstore),
    ..CommandSpec::DEFAULT
};

static SDIFFSTORE: CommandSpec = CommandSpec {
    name: "sdiffstore",
    summary: "Stores what is in the first set and in none of the others.",
    since: "1.0.0",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1).read_only(),
    ],
    args: &[Arg::key("destination"), Arg::key("key").key_spec(1).multiple()],
    run: Run::OnShard(sdiffstore),
    ..CommandSpec::DEFAULT
};

fn sinterstore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (keys, limits) = (Keys::of(cx, args.from(2).iter()), super::limits(cx));
    let operands = keys.operands(&cx.ks)?;
    let smallest = operands.iter().flatten().min_by_key(|set| set.len());
    let mut common = match smallest {
        Some(Set::Intset(_)) => Set::new(),
        _ => Set::Listpack(Listpack::new()),
    };
    algebra::intersect(&operands, |member| {
        common.add_value(member, &limits);
        true
    });
    common.settle(&limits);
    store(cx, args.at(1), common, "sinterstore")
}

fn sunionstore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (keys, limits) = (Keys::of(cx, args.from(2).iter()), super::limits(cx));
    let all = algebra::unite(&keys.operands(&cx.ks)?, &limits);
    store(cx, args.at(1), all, "sunionstore")
}

fn sdiffstore(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (keys, limits) = (Keys::of(cx, args.from(2).iter()), super::limits(cx));
    let mut left = Set::new();
    algebra::subtract(&keys.operands(&cx.ks)?, |member| {
        left.add_value(member, &limits);
    });
    store(cx, args.at(1), left, "sdiffstore")
}

/// Puts the result under the key, whatever was there; an empty result deletes it.
fn store(cx: &mut Cx<'_>, name: &[u8], result: Set, event: &'static str) -> CommandResult {
    let (key, len) = (cx.ks.key(name), result.len());
    if len > 0 {
        cx.ks.set_obj(&key, Obj::Set(result), false);
        cx.ks.modified(&key);
        cx.ks.notify(NotifyClass::SET, event, &key);
        cx.ks.dirty += 1;
    } else if cx.ks.delete(&key) {
        cx.ks.notify(NotifyClass::GENERIC, "del", &key);
        cx.ks.dirty += 1;
    }
    cx.reply.len_int(len);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&SDIFFSTORE, &SINTERSTORE, &SUNIONSTORE];
