//! Commands that set and remove fields: HSET, HMSET, HSETNX, HDEL, HGETDEL.

use super::read::bulk_or_null;
use super::{Changes, fields};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::protocol::Args;
use crate::types::hash::{Hash, Stored, Ttl};

static HSET: CommandSpec = CommandSpec {
    name: "hset",
    summary: "Sets fields of a hash; a missing hash is made.",
    since: "2.0.0",
    complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
    group: Group::Hash,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::block("data", &[Arg::string("field"), Arg::string("value")]).multiple(),
    ],
    history: &[("4.0.0", "More than one `field` and `value` can be given.")],
    run: Run::OnShard(hset),
    ..CommandSpec::DEFAULT
};

static HMSET: CommandSpec = CommandSpec {
    name: "hmset",
    summary: "Sets fields of a hash; HSET does the same and counts.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of fields being set.",
    group: Group::Hash,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::block("data", &[Arg::string("field"), Arg::string("value")]).multiple(),
    ],
    run: Run::OnShard(hmset),
    ..CommandSpec::DEFAULT
};

static HSETNX: CommandSpec = CommandSpec {
    name: "hsetnx",
    summary: "Sets a field of a hash if it is not there.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("field"), Arg::string("value")],
    run: Run::OnShard(hsetnx),
    ..CommandSpec::DEFAULT
};

static HDEL: CommandSpec = CommandSpec {
    name: "hdel",
    summary: "Removes fields from a hash, and the key with the last of them.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of fields to be removed.",
    group: Group::Hash,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::string("field").multiple()],
    history: &[("2.4.0", "More than one `field` can be given.")],
    run: Run::OnShard(hdel),
    ..CommandSpec::DEFAULT
};

static HGETDEL: CommandSpec = CommandSpec {
    name: "hgetdel",
    summary: "Answers the values of fields and removes them.",
    since: "9.1.0",
    complexity: "O(N) where N is the number of fields to be retrieved and deleted.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[
        Arg::key("key"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hgetdel),
    ..CommandSpec::DEFAULT
};

fn hset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let created = set_pairs(cx, args)?;
    cx.reply.len_int(created);
    Ok(())
}

fn hmset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    set_pairs(cx, args)?;
    cx.reply.ok();
    Ok(())
}

/// Sets the fields of HSET and returns how many are new.
fn set_pairs(cx: &mut Cx<'_>, args: &Args<'_>) -> Result<usize, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(cx.spec.name.to_owned()));
    }
    let (key, pairs) = (cx.ks.key(args.at(1)), args.from(2));
    let (limits, horizon_ms) = (super::limits(cx), cx.ks.horizon_ms);
    let hash = cx.ks.write_or_create::<Hash>(&key)?;
    let longest = pairs.iter().map(<[u8]>::len).max().unwrap_or(0);
    hash.prepare(pairs.len() / 2, longest, &limits);
    let mut changes = Changes { count: pairs.len() / 2, ..Changes::begin(hash) };
    let mut created = 0;
    for index in (0..pairs.len()).step_by(2) {
        let (name, value) = (pairs.at(index), pairs.at(index + 1));
        let stored = hash.set(name, value, Ttl::Clear, &limits, horizon_ms);
        changes.expired |= stored == Stored::OverExpired;
        created += usize::from(stored.is_new());
    }
    changes.end(hash);
    super::changed(cx, &key, Some("hset"), changes);
    Ok(created)
}

fn hsetnx(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, name, value) = (cx.ks.key(args.at(1)), args.at(2), args.at(3));
    let (limits, horizon_ms) = (super::limits(cx), cx.ks.horizon_ms);
    let hash = cx.ks.write_or_create::<Hash>(&key)?;
    if hash.contains(name, horizon_ms) {
        cx.reply.int(0);
        return Ok(());
    }
    let mut changes = Changes { count: 1, ..Changes::begin(hash) };
    let stored = hash.set(name, value, Ttl::Clear, &limits, horizon_ms);
    changes.expired = stored == Stored::OverExpired;
    changes.end(hash);
    super::changed(cx, &key, Some("hset"), changes);
    cx.reply.int(1);
    Ok(())
}

fn hdel(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let Some(hash) = cx.ks.write::<Hash>(&key)? else {
        cx.reply.int(0);
        return Ok(());
    };
    let mut changes = Changes::begin(hash);
    changes.count = args.from(2).iter().filter(|name| hash.remove(name, horizon_ms)).count();
    changes.end(hash);
    if changes.count > 0 {
        super::changed(cx, &key, Some("hdel"), changes);
    }
    cx.reply.len_int(changes.count);
    Ok(())
}

fn hgetdel(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let names = fields::at(args, 2, fields::mismatch())?;
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let mut hash = cx.ks.write::<Hash>(&key)?;
    cx.reply.array(names.len());
    let mut changes = hash.as_deref().map(Changes::begin).unwrap_or_default();
    for name in names.iter() {
        let value = hash.as_deref().and_then(|hash| hash.get(name, horizon_ms));
        bulk_or_null(&mut cx.reply, value);
        changes.count +=
            usize::from(hash.as_deref_mut().is_some_and(|hash| hash.remove(name, horizon_ms)));
    }
    hash.as_deref().inspect(|hash| changes.end(hash));
    if changes.count > 0 {
        super::changed(cx, &key, Some("hdel"), changes);
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HDEL, &HGETDEL, &HMSET, &HSET, &HSETNX];
