//! Commands on single members: SADD, SREM, SMOVE; SCARD, SISMEMBER, SMISMEMBER, SMEMBERS.

use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;
use crate::types::set::Set;

static SADD: CommandSpec = CommandSpec {
    name: "sadd",
    summary: "Adds members to a set; a missing set is made.",
    since: "1.0.0",
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("member").multiple()],
    history: &[("2.4.0", "More than one `member` can be given.")],
    run: Run::OnShard(sadd),
    ..CommandSpec::DEFAULT
};

static SREM: CommandSpec = CommandSpec {
    name: "srem",
    summary: "Removes members from a set, and the key with the last of them.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of members to be removed.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::string("member").multiple()],
    history: &[("2.4.0", "More than one `member` can be given.")],
    run: Run::OnShard(srem),
    ..CommandSpec::DEFAULT
};

static SCARD: CommandSpec = CommandSpec {
    name: "scard",
    summary: "Answers the number of members.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Set,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    run: Run::OnShard(scard),
    ..CommandSpec::DEFAULT
};

static SISMEMBER: CommandSpec = CommandSpec {
    name: "sismember",
    summary: "Tells whether something is in a set.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Set,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key"), Arg::string("member")],
    run: Run::OnShard(sismember),
    ..CommandSpec::DEFAULT
};

static SMISMEMBER: CommandSpec = CommandSpec {
    name: "smismember",
    summary: "Tells of several things whether they are in a set.",
    since: "6.2.0",
    complexity: "O(N) where N is the number of elements being checked for membership",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("member").multiple()],
    run: Run::OnShard(smismember),
    ..CommandSpec::DEFAULT
};

static SMEMBERS: CommandSpec = CommandSpec {
    name: "smembers",
    summary: "Answers all members of a set.",
    since: "1.0.0",
    complexity: "O(N) where N is the set cardinality.",
    group: Group::Set,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(smembers),
    ..CommandSpec::DEFAULT
};

static SMOVE: CommandSpec = CommandSpec {
    name: "smove",
    summary: "Moves a member from one set to another.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Set,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2).with(KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[Arg::key("source"), Arg::key("destination").key_spec(1), Arg::string("member")],
    run: Run::OnShard(smove),
    ..CommandSpec::DEFAULT
};

fn sadd(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, limits) = (cx.ks.key(args.at(1)), super::limits(cx));
    let set = cx.ks.write_or_create::<Set>(&key)?;
    set.prepare(args.at(2), args.len() - 2, &limits);
    let added = args.from(2).iter().filter(|member| set.add(member, &limits)).count();
    if added > 0 {
        cx.ks.modified(&key);
        cx.ks.notify(NotifyClass::SET, "sadd", &key);
        cx.ks.dirty += added as u64;
    }
    cx.reply.len_int(added);
    Ok(())
}

fn srem(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let Some(set) = cx.ks.write::<Set>(&key)? else {
        cx.reply.int(0);
        return Ok(());
    };
    let removed = args.from(2).iter().filter(|member| set.remove(member)).count();
    let is_empty = set.is_empty();
    if removed > 0 {
        cx.ks.modified(&key);
        cx.ks.notify(NotifyClass::SET, "srem", &key);
        cx.ks.delete_if_empty(&key, is_empty);
        cx.ks.dirty += removed as u64;
    }
    cx.reply.len_int(removed);
    Ok(())
}

fn scard(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let len = cx.ks.read::<Set>(&key)?.map_or(0, Set::len);
    cx.reply.len_int(len);
    Ok(())
}

fn sismember(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let found = cx.ks.read::<Set>(&key)?.is_some_and(|set| set.contains(args.at(2)));
    cx.reply.int(i64::from(found));
    Ok(())
}

fn smismember(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let set = cx.ks.read::<Set>(&key)?;
    cx.reply.array(args.len() - 2);
    for member in args.from(2).iter() {
        cx.reply.int(i64::from(set.is_some_and(|set| set.contains(member))));
    }
    Ok(())
}

fn smembers(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let Some(set) = cx.ks.read::<Set>(&key)? else {
        cx.reply.set(0);
        return Ok(());
    };
    cx.reply.set(set.len());
    let mut digits = itoa::Buffer::new();
    set.iter().for_each(|member| cx.reply.bulk(member.bytes(&mut digits)));
    Ok(())
}

fn smove(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (source, target, member) = (cx.ks.key(args.at(1)), cx.ks.key(args.at(2)), args.at(3));
    let limits = super::limits(cx);
    // A source that is not there is the answer, whatever the target holds.
    let Some(set) = cx.ks.write::<Set>(&source)? else {
        cx.reply.int(0);
        return Ok(());
    };
    let found = set.contains(member);
    cx.ks.write::<Set>(&target)?;
    if !found || source.bytes == target.bytes {
        cx.reply.int(i64::from(found));
        return Ok(());
    }
    if let Some(set) = cx.ks.write::<Set>(&source)? {
        set.remove(member);
        let is_empty = set.is_empty();
        cx.ks.modified(&source);
        cx.ks.notify(NotifyClass::SET, "srem", &source);
        cx.ks.delete_if_empty(&source, is_empty);
    }
    let set = cx.ks.write_or_create::<Set>(&target)?;
    set.prepare(member, 1, &limits);
    let added = set.add(member, &limits);
    cx.ks.dirty += 1;
    if added {
        cx.ks.modified(&target);
        cx.ks.notify(NotifyClass::SET, "sadd", &target);
        cx.ks.dirty += 1;
    }
    cx.reply.int(1);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&SADD, &SCARD, &SISMEMBER, &SMEMBERS, &SMISMEMBER, &SMOVE, &SREM];
