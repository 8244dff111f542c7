//! Commands that count in fields: HINCRBY, HINCRBYFLOAT.

use super::Changes;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::protocol::{Args, parse_i64};
use crate::types::hash::{Hash, Stored, Ttl};
use crate::types::listpack::Value;
use crate::types::long_double::LongDouble;

static HINCRBY: CommandSpec = CommandSpec {
    name: "hincrby",
    summary: "Adds an integer to the value of a field; a missing field counts as 0.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::string("field"), Arg::integer("increment")],
    run: Run::OnShard(hincrby),
    ..CommandSpec::DEFAULT
};

static HINCRBYFLOAT: CommandSpec = CommandSpec {
    name: "hincrbyfloat",
    summary: "Adds a number to the value of a field; a missing field counts as 0.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::string("field"), Arg::double("increment")],
    run: Run::OnShard(hincrbyfloat),
    ..CommandSpec::DEFAULT
};

fn hincrby(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, name, by) = (cx.ks.key(args.at(1)), args.at(2), int_arg(args, 3)?);
    let (limits, horizon_ms) = (super::limits(cx), cx.ks.horizon_ms);
    let old = match cx.ks.write::<Hash>(&key)?.and_then(|hash| hash.get(name, horizon_ms)) {
        None => 0,
        Some(Value::Int(old)) => old,
        Some(Value::Str(text)) => {
            parse_i64(text).ok_or(CommandError::err("hash value is not an integer"))?
        }
    };
    let overflow = CommandError::err("increment or decrement would overflow");
    let new = old.checked_add(by).ok_or(overflow)?;
    let mut digits = itoa::Buffer::new();
    let hash = cx.ks.write_or_create::<Hash>(&key)?;
    let mut changes = Changes { count: 1, ..Changes::begin(hash) };
    let stored = hash.set(name, digits.format(new).as_bytes(), Ttl::Keep, &limits, horizon_ms);
    changes.expired = stored == Stored::OverExpired;
    changes.end(hash);
    super::changed(cx, &key, Some("hincrby"), changes);
    cx.reply.int(new);
    Ok(())
}

fn hincrbyfloat(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, name) = (cx.ks.key(args.at(1)), args.at(2));
    let (limits, horizon_ms) = (super::limits(cx), cx.ks.horizon_ms);
    let by = LongDouble::parse(args.at(3)).ok_or(CommandError::NotFloat)?;
    if by.is_infinite() {
        return Err(CommandError::err("value is NaN or Infinity"));
    }
    let old = match cx.ks.write::<Hash>(&key)?.and_then(|hash| hash.get(name, horizon_ms)) {
        None => LongDouble::from_int(0),
        Some(Value::Int(old)) => LongDouble::from_int(old),
        Some(Value::Str(text)) => {
            LongDouble::parse(text).ok_or(CommandError::err("hash value is not a float"))?
        }
    };
    let new = old
        .checked_add(by)
        .filter(|sum| !sum.is_infinite())
        .ok_or(CommandError::err("increment would produce NaN or Infinity"))?
        .to_text();
    let hash = cx.ks.write_or_create::<Hash>(&key)?;
    let mut changes = Changes { count: 1, ..Changes::begin(hash) };
    let stored = hash.set(name, new.as_bytes(), Ttl::Keep, &limits, horizon_ms);
    changes.expired = stored == Stored::OverExpired;
    changes.end(hash);
    super::changed(cx, &key, Some("hincrbyfloat"), changes);
    cx.reply.bulk_str(&new);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HINCRBY, &HINCRBYFLOAT];
