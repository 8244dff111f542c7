//! Commands that read fields: HGET, HMGET, HGETALL, HKEYS, HVALS, HLEN, HEXISTS, HSTRLEN.

use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::protocol::{Args, Reply};
use crate::types::hash::Hash;
use crate::types::listpack::Value;

static HGET: CommandSpec = CommandSpec {
    name: "hget",
    summary: "Answers the value of one field.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("field")],
    run: Run::OnShard(hget),
    ..CommandSpec::DEFAULT
};

static HMGET: CommandSpec = CommandSpec {
    name: "hmget",
    summary: "Answers the values of several fields.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of fields being requested.",
    group: Group::Hash,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::string("field").multiple()],
    run: Run::OnShard(hmget),
    ..CommandSpec::DEFAULT
};

static HGETALL: CommandSpec = CommandSpec {
    name: "hgetall",
    summary: "Answers all fields of a hash with their values.",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(hgetall),
    ..CommandSpec::DEFAULT
};

static HKEYS: CommandSpec = CommandSpec {
    name: "hkeys",
    summary: "Answers the names of all fields.",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(hkeys),
    ..CommandSpec::DEFAULT
};

static HVALS: CommandSpec = CommandSpec {
    name: "hvals",
    summary: "Answers the values of all fields.",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output_order"],
    run: Run::OnShard(hvals),
    ..CommandSpec::DEFAULT
};

static HLEN: CommandSpec = CommandSpec {
    name: "hlen",
    summary: "Answers the number of fields.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    run: Run::OnShard(hlen),
    ..CommandSpec::DEFAULT
};

static HEXISTS: CommandSpec = CommandSpec {
    name: "hexists",
    summary: "Tells whether a field is in a hash.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key"), Arg::string("field")],
    run: Run::OnShard(hexists),
    ..CommandSpec::DEFAULT
};

static HSTRLEN: CommandSpec = CommandSpec {
    name: "hstrlen",
    summary: "Answers the length of a field's value.",
    since: "3.2.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key"), Arg::string("field")],
    run: Run::OnShard(hstrlen),
    ..CommandSpec::DEFAULT
};

fn hget(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let value = cx.ks.read::<Hash>(&key)?.and_then(|hash| hash.get(args.at(2), horizon_ms));
    bulk_or_null(&mut cx.reply, value);
    Ok(())
}

fn hmget(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let hash = cx.ks.read::<Hash>(&key)?;
    cx.reply.array(args.len() - 2);
    for name in args.from(2).iter() {
        bulk_or_null(&mut cx.reply, hash.and_then(|hash| hash.get(name, horizon_ms)));
    }
    Ok(())
}

/// Writes a value if there is one.
pub(super) fn bulk_or_null(reply: &mut Reply<'_>, value: Option<Value<'_>>) {
    match value {
        Some(Value::Str(bytes)) => reply.bulk(bytes),
        Some(Value::Int(int)) => reply.bulk_int(int),
        None => reply.null(),
    }
}

fn hgetall(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let Some(hash) = cx.ks.read::<Hash>(&key)? else {
        cx.reply.map(0);
        return Ok(());
    };
    cx.reply.map(live_len(hash, horizon_ms));
    for (name, value) in hash.iter(horizon_ms) {
        bulk_or_null(&mut cx.reply, Some(name));
        bulk_or_null(&mut cx.reply, Some(value));
    }
    Ok(())
}

fn hkeys(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    list(cx, args, |(name, _)| name)
}

fn hvals(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    list(cx, args, |(_, value)| value)
}

fn list(
    cx: &mut Cx<'_>,
    args: &Args<'_>,
    part: for<'v> fn((Value<'v>, Value<'v>)) -> Value<'v>,
) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let Some(hash) = cx.ks.read::<Hash>(&key)? else {
        cx.reply.array(0);
        return Ok(());
    };
    cx.reply.array(live_len(hash, horizon_ms));
    hash.iter(horizon_ms).for_each(|pair| bulk_or_null(&mut cx.reply, Some(part(pair))));
    Ok(())
}

/// The number of fields that have not expired. Counts them only if any may have.
fn live_len(hash: &Hash, horizon_ms: u64) -> usize {
    match hash.min_deadline() {
        Some(at) if at <= horizon_ms => hash.iter(horizon_ms).count(),
        _ => hash.len(),
    }
}

fn hlen(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let len = cx.ks.read::<Hash>(&key)?.map_or(0, Hash::len);
    cx.reply.len_int(len);
    Ok(())
}

fn hexists(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let found = cx.ks.read::<Hash>(&key)?.is_some_and(|hash| hash.contains(args.at(2), horizon_ms));
    cx.reply.int(i64::from(found));
    Ok(())
}

fn hstrlen(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let value = cx.ks.read::<Hash>(&key)?.and_then(|hash| hash.get(args.at(2), horizon_ms));
    cx.reply.len_int(value.map_or(0, Value::len));
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&HEXISTS, &HGET, &HGETALL, &HKEYS, &HLEN, &HMGET, &HSTRLEN, &HVALS];
