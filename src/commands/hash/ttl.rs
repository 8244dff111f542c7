//! When fields expire: HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME; and HPERSIST, which prevents it.

use super::{Changes, fields};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::protocol::Args;
use crate::types::hash::Hash;

static HTTL: CommandSpec = CommandSpec {
    name: "httl",
    summary: "Answers after how many seconds fields of a hash expire.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(httl),
    ..CommandSpec::DEFAULT
};

static HPTTL: CommandSpec = CommandSpec {
    name: "hpttl",
    summary: "Answers after how many milliseconds fields of a hash expire.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hpttl),
    ..CommandSpec::DEFAULT
};

static HEXPIRETIME: CommandSpec = CommandSpec {
    name: "hexpiretime",
    summary: "Answers at which time in seconds fields of a hash expire.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hexpiretime),
    ..CommandSpec::DEFAULT
};

static HPEXPIRETIME: CommandSpec = CommandSpec {
    name: "hpexpiretime",
    summary: "Answers at which time in milliseconds fields of a hash expire.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hpexpiretime),
    ..CommandSpec::DEFAULT
};

static HPERSIST: CommandSpec = CommandSpec {
    name: "hpersist",
    summary: "Makes fields of a hash stay that were to expire.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hpersist),
    ..CommandSpec::DEFAULT
};

fn httl(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, now_ms| rounded_seconds(at.saturating_sub(now_ms)))
}

fn hpttl(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, u64::saturating_sub)
}

fn hexpiretime(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, _| rounded_seconds(at))
}

fn hpexpiretime(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, _| at)
}

fn rounded_seconds(millis: u64) -> u64 {
    (millis + 500) / 1000
}

const MISSING: i64 = -2;
const NO_DEADLINE: i64 = -1;

/// Answers for each field what `form` makes of its deadline and the time now.
fn tell(cx: &mut Cx<'_>, args: &Args<'_>, form: fn(u64, u64) -> u64) -> CommandResult {
    let names = fields::at(args, 2, CommandError::Syntax)?;
    let (key, now_ms, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.now_ms, cx.ks.horizon_ms);
    let hash = cx.ks.read::<Hash>(&key)?;
    cx.reply.array(names.len());
    for name in names.iter() {
        let field = hash.and_then(|hash| hash.get_with_deadline(name, horizon_ms));
        cx.reply.int(match field {
            None => MISSING,
            Some((_, None)) => NO_DEADLINE,
            Some((_, Some(at))) => form(at, now_ms) as i64,
        });
    }
    Ok(())
}

fn hpersist(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let names = fields::at(args, 2, fields::mismatch())?;
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let mut hash = cx.ks.write::<Hash>(&key)?;
    cx.reply.array(names.len());
    let mut changes = hash.as_deref().map(Changes::begin).unwrap_or_default();
    for name in names.iter() {
        let old = hash.as_deref_mut().and_then(|hash| hash.set_deadline(name, None, horizon_ms));
        changes.count += usize::from(matches!(old, Some(Some(_))));
        cx.reply.int(match old {
            None => MISSING,
            Some(None) => NO_DEADLINE,
            Some(Some(_)) => 1,
        });
    }
    hash.as_deref().inspect(|hash| changes.end(hash));
    if changes.count > 0 {
        super::changed(cx, &key, Some("hpersist"), changes);
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&HEXPIRETIME, &HPERSIST, &HPEXPIRETIME, &HPTTL, &HTTL];
