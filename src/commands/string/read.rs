//! Commands that read whole strings: GET, GETDEL, GETEX, GETRANGE, MGET, STRLEN.

use super::expiry::{self, Expiry};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;

static GET: CommandSpec = CommandSpec {
    name: "get",
    summary: "Answers the string that a key holds.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    run: Run::OnShard(get),
    ..CommandSpec::DEFAULT
};

static GETDEL: CommandSpec = CommandSpec {
    name: "getdel",
    summary: "Answers the string that a key holds, and deletes the key.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key")],
    run: Run::OnShard(getdel),
    ..CommandSpec::DEFAULT
};

static GETEX: CommandSpec = CommandSpec {
    name: "getex",
    summary: "Answers the string that a key holds, and sets or clears its expiry.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1)
        .with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))
        .note("An update because the expiry changes.")],
    args: &[
        Arg::key("key"),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX"),
                Arg::integer("milliseconds").token("PX"),
                Arg::unix_time("unix-time-seconds").token("EXAT"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT"),
                Arg::word("persist", "PERSIST"),
            ],
        )
        .optional(),
    ],
    run: Run::OnShard(getex),
    ..CommandSpec::DEFAULT
};

static GETRANGE: CommandSpec = CommandSpec {
    name: "getrange",
    summary: "Answers a part of the string that a key holds.",
    since: "2.4.0",
    complexity: "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
    group: Group::String,
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::integer("start"), Arg::integer("end")],
    run: Run::OnShard(getrange),
    ..CommandSpec::DEFAULT
};

static SUBSTR: CommandSpec = CommandSpec {
    name: "substr",
    summary: "Answers a part of the string that a key holds.",
    since: "1.0.0",
    complexity: "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
    group: Group::String,
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::integer("start"), Arg::integer("end")],
    run: Run::OnShard(getrange),
    ..CommandSpec::DEFAULT
};

static MGET: CommandSpec = CommandSpec {
    name: "mget",
    summary: "Answers the strings of several keys.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys to retrieve.",
    group: Group::String,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, -1, 1).read_only()],
    args: &[Arg::key("key").multiple()],
    tips: &["request_policy:multi_shard"],
    run: Run::OnShard(mget),
    ..CommandSpec::DEFAULT
};

static STRLEN: CommandSpec = CommandSpec {
    name: "strlen",
    summary: "Answers the length of the string that a key holds.",
    since: "2.2.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    run: Run::OnShard(strlen),
    ..CommandSpec::DEFAULT
};

fn get(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    match cx.ks.read_string(&cx.ks.key(args.at(1)))? {
        Some(value) => Cx::bulk_str_ref(&mut cx.reply, value),
        None => cx.reply.null(),
    }
    Ok(())
}

fn getdel(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    match cx.ks.read_string(&key)? {
        Some(value) => Cx::bulk_str_ref(&mut cx.reply, value),
        None => {
            cx.reply.null();
            return Ok(());
        }
    }
    cx.ks.delete(&key);
    cx.ks.notify(NotifyClass::GENERIC, "del", &key);
    cx.ks.dirty += 1;
    Ok(())
}

fn getex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let mut expiry = Expiry::Unsaid;
    let mut index = 2;
    while index < args.len() {
        let persist = Some(("persist", Expiry::Persist));
        if !expiry::option(args, &mut index, &mut expiry, persist)? {
            return Err(CommandError::Syntax);
        }
    }
    let expiry = expiry.read(cx, args)?;
    let key = cx.ks.key(args.at(1));
    // It reads before it writes, and a mere read leaves an expired key where such keys are kept.
    cx.ks.keep_expired = cx.ks.is_importing;
    match cx.ks.read_string(&key)? {
        Some(value) => Cx::bulk_str_ref(&mut cx.reply, value),
        None => {
            cx.reply.null();
            return Ok(());
        }
    }
    match expiry {
        Expiry::At(at) if cx.ks.is_past(at) => {
            cx.ks.expire_at_once(&key);
            cx.ks.dirty += 1;
        }
        Expiry::At(at) => {
            cx.ks.set_deadline(&key, Some(at));
            cx.ks.modified(&key);
            cx.ks.notify(NotifyClass::GENERIC, "expire", &key);
            cx.ks.dirty += 1;
        }
        Expiry::Persist if cx.ks.deadline(&key).is_some() => {
            cx.ks.set_deadline(&key, None);
            cx.ks.modified(&key);
            cx.ks.notify(NotifyClass::GENERIC, "persist", &key);
            cx.ks.dirty += 1;
        }
        Expiry::Persist | Expiry::Unsaid | Expiry::Keep | Expiry::Unread { .. } => {}
    }
    Ok(())
}

fn getrange(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (start, end) = (int_arg(args, 2)?, int_arg(args, 3)?);
    let key = cx.ks.key(args.at(1));
    let Some(value) = cx.ks.read_string(&key)? else {
        cx.reply.bulk(b"");
        return Ok(());
    };
    value.with(|bytes| cx.reply.bulk(slice(bytes, start, end)));
    Ok(())
}

/// The bytes from `start` to `end`, both counted and negative from the end.
fn slice(bytes: &[u8], start: i64, end: i64) -> &[u8] {
    let len = bytes.len() as i64;
    if start < 0 && end < 0 && start > end {
        return b"";
    }
    let from_end = |at: i64| if at < 0 { (at + len).max(0) } else { at };
    let (start, end) = (from_end(start), from_end(end).min(len - 1));
    if start > end || len == 0 {
        return b"";
    }
    &bytes[start as usize..=end as usize]
}

fn mget(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    cx.reply.array(args.len() - 1);
    for name in args.from(1).iter() {
        let key = cx.ks.key(name);
        match cx.ks.read_string(&key) {
            Ok(Some(value)) => Cx::bulk_str_ref(&mut cx.reply, value),
            Ok(None) | Err(_) => cx.reply.null(),
        }
    }
    Ok(())
}

fn strlen(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let len = cx.ks.read_string(&key)?.map_or(0, |value| value.len());
    cx.reply.len_int(len);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&GET, &GETDEL, &GETEX, &GETRANGE, &MGET, &STRLEN, &SUBSTR];
