//! Commands that count: INCR and its kin.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::keyspace::{NotifyClass, StrRef};
use crate::protocol::{Args, parse_i64};
use crate::types::long_double::LongDouble;

static DECR: CommandSpec = CommandSpec {
    name: "decr",
    summary: "Subtracts one from the integer that a key holds; a missing key counts as 0.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key")],
    run: Run::OnShard(decr),
    ..CommandSpec::DEFAULT
};

static DECRBY: CommandSpec = CommandSpec {
    name: "decrby",
    summary: "Subtracts a number from the integer that a key holds; a missing key counts as 0.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("decrement")],
    run: Run::OnShard(decrby),
    ..CommandSpec::DEFAULT
};

static INCR: CommandSpec = CommandSpec {
    name: "incr",
    summary: "Adds one to the integer that a key holds; a missing key counts as 0.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key")],
    run: Run::OnShard(incr),
    ..CommandSpec::DEFAULT
};

static INCRBY: CommandSpec = CommandSpec {
    name: "incrby",
    summary: "Adds a number to the integer that a key holds; a missing key counts as 0.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("increment")],
    run: Run::OnShard(incrby),
    ..CommandSpec::DEFAULT
};

static INCRBYFLOAT: CommandSpec = CommandSpec {
    name: "incrbyfloat",
    summary: "Adds a number to the floating-point number that a key holds; a missing key counts as 0.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::double("increment")],
    run: Run::OnShard(incrbyfloat),
    ..CommandSpec::DEFAULT
};

fn incr(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, 1)
}

fn decr(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, -1)
}

fn incrby(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let by = int_arg(args, 2)?;
    add(cx, args, by)
}

fn decrby(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let by =
        int_arg(args, 2)?.checked_neg().ok_or(CommandError::err("decrement would overflow"))?;
    add(cx, args, by)
}

fn add(cx: &mut Cx<'_>, args: &Args<'_>, by: i64) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let old = match cx.ks.peek_string(&key)? {
        None => 0,
        Some(StrRef::Int(old)) => old,
        Some(StrRef::Bytes(text)) => parse_i64(text).ok_or(CommandError::NotInteger)?,
    };
    let new =
        old.checked_add(by).ok_or(CommandError::err("increment or decrement would overflow"))?;
    cx.ks.set_int(&key, new);
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::STRING, "incrby", &key);
    cx.ks.dirty += 1;
    cx.reply.int(new);
    Ok(())
}

fn incrbyfloat(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let old = match cx.ks.peek_string(&key)? {
        None => LongDouble::from_int(0),
        Some(value) => value.with(LongDouble::parse).ok_or(CommandError::NotFloat)?,
    };
    let by = LongDouble::parse(args.at(2)).ok_or(CommandError::NotFloat)?;
    let new = old
        .checked_add(by)
        .filter(|sum| !sum.is_infinite())
        .ok_or(CommandError::err("increment would produce NaN or Infinity"))?
        .to_text();
    // Text even where it happens to be an integer, as OBJECT ENCODING shows.
    if cx.ks.change_entry(&key, |entry| entry.set_text(new.as_bytes())).is_none() {
        cx.ks.set_string(&key, b"", false);
        cx.ks.change_entry(&key, |entry| entry.set_text(new.as_bytes()));
    }
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::STRING, "incrbyfloat", &key);
    cx.ks.dirty += 1;
    cx.reply.bulk_str(&new);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&DECR, &DECRBY, &INCR, &INCRBY, &INCRBYFLOAT];
