//! DEL, UNLINK, EXISTS, TOUCH, TYPE.

use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::keyspace::{KeyRef, NotifyClass};
use crate::protocol::Args;

static DEL: CommandSpec = CommandSpec {
    name: "del",
    summary: "Deletes keys.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::RM.or(KeyFlags::DELETE))],
    args: &[Arg::key("key").multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    run: Run::OnShard(del),
    ..CommandSpec::DEFAULT
};

static UNLINK: CommandSpec = CommandSpec {
    name: "unlink",
    summary: "Deletes keys; what takes long is freed in the background.",
    since: "4.0.0",
    complexity: "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::RM.or(KeyFlags::DELETE))],
    args: &[Arg::key("key").multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    run: Run::OnShard(del),
    ..CommandSpec::DEFAULT
};

static EXISTS: CommandSpec = CommandSpec {
    name: "exists",
    summary: "Counts those of the keys that are there.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys to check.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::RO)],
    args: &[Arg::key("key").multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    history: &[("3.0.3", "Takes several keys.")],
    run: Run::OnShard(exists),
    ..CommandSpec::DEFAULT
};

static TOUCH: CommandSpec = CommandSpec {
    name: "touch",
    summary: "Counts those of the keys that are there, and marks them as used.",
    since: "3.2.1",
    complexity: "O(N) where N is the number of keys that will be touched.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::RO)],
    args: &[Arg::key("key").multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    run: Run::OnShard(touch),
    ..CommandSpec::DEFAULT
};

static TYPE: CommandSpec = CommandSpec {
    name: "type",
    summary: "Answers the type of the value that a key holds.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    run: Run::OnShard(type_of),
    ..CommandSpec::DEFAULT
};

fn del(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if cx.ks.is_importing {
        // Expired keys are there to be deleted, for whomever.
        cx.ks.horizon_ms = 0;
    }
    let mut deleted = 0;
    for name in args.from(1).iter() {
        let key = cx.ks.key(name);
        if cx.ks.delete(&key) {
            cx.ks.notify(NotifyClass::GENERIC, "del", &key);
            deleted += 1;
        }
    }
    cx.ks.dirty += deleted;
    cx.reply.int(deleted as i64);
    Ok(())
}

fn exists(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let mut found = 0;
    for name in args.from(1).iter() {
        let key = cx.ks.key(name);
        found += usize::from(cx.ks.inspect(&key, true).is_some());
    }
    cx.reply.len_int(found);
    Ok(())
}

fn touch(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    cx.ks.no_touch = false; // CLIENT NO-TOUCH is about every other command
    let mut found = 0;
    for name in args.from(1).iter() {
        let key = cx.ks.key(name);
        found += usize::from(cx.ks.read_entry(&key).is_some());
    }
    cx.reply.len_int(found);
    Ok(())
}

fn type_of(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let kind = cx.ks.inspect(&cx.ks.key(args.at(1)), true).map(KeyRef::kind);
    cx.reply.simple(kind.map_or("none", |kind| kind.name()));
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&DEL, &EXISTS, &TOUCH, &TYPE, &UNLINK];
