//! Commands that write strings: SET and its older forms, MSET, APPEND, SETRANGE, DELIFEQ.

use super::expiry::{self, Expiry};
use crate::commands::{
    Acl, Arg, Arity, Begin, CommandError, CommandResult, CommandSpec, Cx, Find, Flags, Group,
    KeyFlags, KeySpec, Run, int_arg,
};
use crate::keyspace::{Key, NotifyClass, StrRef};
use crate::protocol::{Args, parse_i64};

static APPEND: CommandSpec = CommandSpec {
    name: "append",
    summary: "Adds to the end of the string that a key holds; the key is made if it is not there.",
    since: "2.0.0",
    complexity: "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by the server will double the free space available on every reallocation.",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("value")],
    run: Run::OnShard(append),
    ..CommandSpec::DEFAULT
};

static GETSET: CommandSpec = CommandSpec {
    name: "getset",
    summary: "Sets a key to a string and answers the one it held.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::string("value")],
    run: Run::OnShard(getset),
    ..CommandSpec::DEFAULT
};

static MSET: CommandSpec = CommandSpec {
    name: "mset",
    summary: "Sets several keys to strings.",
    since: "1.0.1",
    complexity: "O(N) where N is the number of keys to set.",
    group: Group::String,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, -1, 2).with(KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[Arg::block("data", &[Arg::key("key"), Arg::string("value")]).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
    run: Run::OnShard(mset),
    ..CommandSpec::DEFAULT
};

static MSETNX: CommandSpec = CommandSpec {
    name: "msetnx",
    summary: "Sets several keys to strings if none of them is there.",
    since: "1.0.1",
    complexity: "O(N) where N is the number of keys to set.",
    group: Group::String,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, -1, 2).with(KeyFlags::OW.or(KeyFlags::INSERT))],
    args: &[Arg::block("data", &[Arg::key("key"), Arg::string("value")]).multiple()],
    run: Run::OnShard(msetnx),
    ..CommandSpec::DEFAULT
};

static MSETEX: CommandSpec = CommandSpec {
    name: "msetex",
    summary: "Sets several keys to strings with a common expiry and condition.",
    since: "9.1.0",
    complexity: "O(N) where N is the number of keys to set.",
    group: Group::String,
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec {
        begin: Begin::Index(1),
        find: Find::KeyNum { count_at: 0, first: 1, step: 2 },
        flags: KeyFlags::NONE,
        notes: None,
    }
    .with(KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::integer("numkeys"),
        Arg::block("data", &[Arg::key("key"), Arg::string("value")]).multiple(),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).optional(),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX"),
                Arg::integer("milliseconds").token("PX"),
                Arg::unix_time("unix-time-seconds").token("EXAT"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT"),
                Arg::word("keepttl", "KEEPTTL"),
            ],
        )
        .optional(),
    ],
    tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
    run: Run::OnShard(msetex),
    ..CommandSpec::DEFAULT
};

static PSETEX: CommandSpec = CommandSpec {
    name: "psetex",
    summary: "Sets a key to a string that expires after some milliseconds.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("milliseconds"), Arg::string("value")],
    run: Run::OnShard(psetex),
    ..CommandSpec::DEFAULT
};

static SET: CommandSpec = CommandSpec {
    name: "set",
    summary: "Sets a key to a string, whatever it held.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1)
        .with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE).or(KeyFlags::VARIABLE_FLAGS))
        .note("With `GET` the old value is read; otherwise it is overwritten unread.")],
    key_flags: Some(set_key_flags),
    args: &[
        Arg::key("key"),
        Arg::string("value"),
        Arg::one_of(
            "condition",
            &[
                Arg::word("nx", "NX").since("2.6.12"),
                Arg::word("xx", "XX").since("2.6.12"),
                Arg::string("comparison-value").token("IFEQ").since("8.1.0"),
            ],
        )
        .optional(),
        Arg::word("get", "GET").optional().since("6.2.0"),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX").since("2.6.12"),
                Arg::integer("milliseconds").token("PX").since("2.6.12"),
                Arg::unix_time("unix-time-seconds").token("EXAT").since("6.2.0"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT").since("6.2.0"),
                Arg::word("keepttl", "KEEPTTL").since("6.0.0"),
            ],
        )
        .optional(),
    ],
    history: &[
        ("2.6.12", "New options `EX`, `PX`, `NX`, `XX`."),
        ("6.0.0", "New option `KEEPTTL`."),
        ("6.2.0", "New options `GET`, `EXAT`, `PXAT`."),
        ("7.0.0", "`NX` and `GET` go together."),
        ("8.1.0", "New option `IFEQ`."),
    ],
    run: Run::OnShard(set),
    ..CommandSpec::DEFAULT
};

static SETEX: CommandSpec = CommandSpec {
    name: "setex",
    summary: "Sets a key to a string that expires after some seconds.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("seconds"), Arg::string("value")],
    run: Run::OnShard(setex),
    ..CommandSpec::DEFAULT
};

static SETNX: CommandSpec = CommandSpec {
    name: "setnx",
    summary: "Sets a key to a string if it is not there.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::OW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key"), Arg::string("value")],
    run: Run::OnShard(setnx),
    ..CommandSpec::DEFAULT
};

static SETRANGE: CommandSpec = CommandSpec {
    name: "setrange",
    summary: "Writes over a part of the string that a key holds, from an offset on.",
    since: "2.2.0",
    complexity: "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
    group: Group::String,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("offset"), Arg::string("value")],
    run: Run::OnShard(setrange),
    ..CommandSpec::DEFAULT
};

static DELIFEQ: CommandSpec = CommandSpec {
    name: "delifeq",
    summary: "Deletes a key if it holds the given string.",
    since: "9.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1).with(KeyFlags::RM.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::string("value")],
    run: Run::OnShard(delifeq),
    ..CommandSpec::DEFAULT
};

/// When SET writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    Always,
    Absent,
    Present,
    Equal(&'a [u8]),
}

/// What SET does to its key: with GET it reads the old value.
fn set_key_flags(args: &Args<'_>) -> KeyFlags {
    if (3..args.len()).any(|index| args.is(index, "get")) {
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE)
    } else {
        KeyFlags::OW.or(KeyFlags::UPDATE)
    }
}

fn set(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    if args.len() == 3 {
        store(cx, &key, args.at(2), Expiry::Unsaid);
        cx.reply.ok();
        return Ok(());
    }
    let (mut condition, mut expiry, mut wants_old) = (Condition::Always, Expiry::Unsaid, false);
    let mut index = 3;
    while index < args.len() {
        let keep = Some(("keepttl", Expiry::Keep));
        if expiry::option(args, &mut index, &mut expiry, keep)? {
            continue;
        }
        let free = |allowed: Condition<'_>| condition == Condition::Always || condition == allowed;
        if args.is(index, "nx") && free(Condition::Absent) {
            condition = Condition::Absent;
        } else if args.is(index, "xx") && free(Condition::Present) {
            condition = Condition::Present;
        } else if args.is(index, "ifeq") && condition == Condition::Always && index + 1 < args.len()
        {
            index += 1;
            condition = Condition::Equal(args.at(index));
        } else if args.is(index, "get") {
            wants_old = true;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 1;
    }
    let expiry = expiry.read(cx, args)?;
    set_if(cx, &key, args.at(2), condition, expiry, wants_old)
}

fn set_if(
    cx: &mut Cx<'_>,
    key: &Key<'_>,
    value: &[u8],
    condition: Condition<'_>,
    expiry: Expiry,
    wants_old: bool,
) -> CommandResult {
    if wants_old {
        match cx.ks.read_string(key)? {
            Some(old) => Cx::bulk_str_ref(&mut cx.reply, old),
            None => cx.reply.null(),
        }
    }
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => !cx.ks.exists(key),
        Condition::Present => cx.ks.exists(key),
        Condition::Equal(wanted) => match cx.ks.peek_string(key)? {
            Some(old) => old.with(|old| old == wanted),
            None => false,
        },
    };
    if !holds {
        if !wants_old {
            cx.reply.null();
        }
        return Ok(());
    }
    store(cx, key, value, expiry);
    if !wants_old {
        cx.reply.ok();
    }
    Ok(())
}

/// Sets a key, its expiry, and tells whoever wants to know.
fn store(cx: &mut Cx<'_>, key: &Key<'_>, value: &[u8], expiry: Expiry) {
    if matches!(expiry, Expiry::At(at) if cx.ks.is_past(at)) {
        // Stored and expired at once, of which Valkey does the second half only.
        cx.ks.dirty += u64::from(cx.ks.expire_at_once(key));
        return;
    }
    store_until(cx, key, value, expiry);
}

/// As [`store`], even if the expiry has come: then the key goes when it is met.
fn store_until(cx: &mut Cx<'_>, key: &Key<'_>, value: &[u8], expiry: Expiry) {
    cx.ks.set_string(key, value, expiry == Expiry::Keep);
    if let Expiry::At(at) = expiry {
        cx.ks.set_deadline(key, Some(at));
    }
    cx.ks.modified(key);
    cx.ks.dirty += 1;
    cx.ks.notify(NotifyClass::STRING, "set", key);
    if let Expiry::At(_) = expiry {
        cx.ks.notify(NotifyClass::GENERIC, "expire", key);
    }
}

fn setnx(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let is_new = !cx.ks.exists(&key);
    if is_new {
        store(cx, &key, args.at(2), Expiry::Unsaid);
    }
    cx.reply.int(i64::from(is_new));
    Ok(())
}

fn setex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    set_with_ttl(cx, args, false)
}

fn psetex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    set_with_ttl(cx, args, true)
}

fn set_with_ttl(cx: &mut Cx<'_>, args: &Args<'_>, millis: bool) -> CommandResult {
    let at = expiry::deadline(cx, args.at(2), millis, false)?;
    let key = cx.ks.key(args.at(1));
    store(cx, &key, args.at(3), Expiry::At(at));
    cx.reply.ok();
    Ok(())
}

fn getset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    set_if(cx, &key, args.at(2), Condition::Always, Expiry::Unsaid, true)
}

fn mset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let pairs = pairs(cx, args)?;
    for (name, value) in pairs {
        let key = cx.ks.key(name);
        store(cx, &key, value, Expiry::Unsaid);
    }
    cx.reply.ok();
    Ok(())
}

fn msetnx(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let pairs = pairs(cx, args)?;
    let is_free = pairs.iter().all(|(name, _)| !cx.ks.exists(&Key::new(name)));
    if is_free {
        for (name, value) in pairs {
            let key = cx.ks.key(name);
            store(cx, &key, value, Expiry::Unsaid);
        }
    }
    cx.reply.int(i64::from(is_free));
    Ok(())
}

type Pair<'a> = (&'a [u8], &'a [u8]);

fn pairs<'a>(cx: &Cx<'_>, args: &Args<'a>) -> Result<Vec<Pair<'a>>, CommandError> {
    if args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(cx.spec.name.to_owned()));
    }
    Ok((1..args.len()).step_by(2).map(|at| (args.at(at), args.at(at + 1))).collect())
}

fn msetex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let count = parse_i64(args.at(1))
        .and_then(|count| i32::try_from(count).ok())
        .and_then(|count| usize::try_from(count).ok())
        .filter(|count| *count > 0)
        .ok_or(CommandError::err("invalid numkeys value or out of range"))?;
    let Some(mut index) =
        count.checked_mul(2).and_then(|n| n.checked_add(2)).filter(|n| *n <= args.len())
    else {
        return Err(CommandError::Syntax);
    };
    let (mut condition, mut expiry) = (Condition::Always, Expiry::Unsaid);
    while index < args.len() {
        let keep = Some(("keepttl", Expiry::Keep));
        if expiry::option(args, &mut index, &mut expiry, keep)? {
            continue;
        }
        let free = |allowed: Condition<'_>| condition == Condition::Always || condition == allowed;
        if args.is(index, "nx") && free(Condition::Absent) {
            condition = Condition::Absent;
        } else if args.is(index, "xx") && free(Condition::Present) {
            condition = Condition::Present;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 1;
    }
    let expiry = expiry.read(cx, args)?;
    let keys = || (0..count).map(|pair| (args.at(2 + pair * 2), args.at(3 + pair * 2)));
    let holds = match condition {
        Condition::Absent => keys().all(|(name, _)| !cx.ks.exists(&Key::new(name))),
        Condition::Present => keys().all(|(name, _)| cx.ks.exists(&Key::new(name))),
        Condition::Always | Condition::Equal(_) => true,
    };
    if holds {
        for (name, value) in keys() {
            let key = cx.ks.key(name);
            store_until(cx, &key, value, expiry);
        }
    }
    cx.reply.int(i64::from(holds));
    Ok(())
}

fn append(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let tail = args.at(2);
    let old_len = cx.ks.peek_string(&key)?.map(StrRef::len);
    let len = match old_len {
        None => {
            cx.ks.set_string(&key, tail, false);
            tail.len()
        }
        Some(old_len) => {
            check_len(cx, old_len, tail.len())?;
            edit(cx, &key, |text| text.extend_from_slice(tail));
            old_len + tail.len()
        }
    };
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::STRING, "append", &key);
    cx.ks.dirty += 1;
    cx.reply.len_int(len);
    Ok(())
}

fn setrange(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let offset = int_arg(args, 2)?;
    let Ok(offset) = usize::try_from(offset) else {
        return Err(CommandError::err("offset is out of range"));
    };
    let (key, patch) = (cx.ks.key(args.at(1)), args.at(3));
    let old_len = cx.ks.peek_string(&key)?.map(StrRef::len);
    if patch.is_empty() {
        cx.reply.len_int(old_len.unwrap_or(0));
        return Ok(());
    }
    check_len(cx, offset, patch.len())?;
    if old_len.is_none() {
        cx.ks.set_string(&key, b"", false);
    }
    let end = offset + patch.len();
    edit(cx, &key, |text| {
        if text.len() < end {
            text.resize(end, 0);
        }
        text[offset..end].copy_from_slice(patch);
    });
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::STRING, "setrange", &key);
    cx.ks.dirty += 1;
    cx.reply.len_int(end.max(old_len.unwrap_or(0)));
    Ok(())
}

fn check_len(cx: &Cx<'_>, old: usize, more: usize) -> CommandResult {
    let max = cx.server.config.proto_max_bulk_len.get();
    let len = old.checked_add(more).and_then(|len| i64::try_from(len).ok());
    if len.is_none_or(|len| len > max) {
        return Err(CommandError::err("string exceeds maximum allowed size (proto-max-bulk-len)"));
    }
    Ok(())
}

/// Changes a string's bytes. Short ones stay embedded in their entry.
fn edit(cx: &mut Cx<'_>, key: &Key<'_>, change: impl FnOnce(&mut Vec<u8>)) {
    cx.ks.change_entry(key, |entry| {
        if entry.obj().is_some() {
            return change(entry.raw_mut());
        }
        let mut text = match StrRef::try_from(entry.value()) {
            Ok(old) => old.to_vec(),
            Err(_) => return,
        };
        change(&mut text);
        entry.set_text(&text);
        entry.set_touched();
    });
}

fn delifeq(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (key, wanted) = (cx.ks.key(args.at(1)), args.at(2));
    let equal = cx.ks.peek_string(&key)?.is_some_and(|old| old.with(|old| old == wanted));
    if equal {
        cx.ks.delete(&key);
        cx.ks.notify(NotifyClass::GENERIC, "del", &key);
        cx.ks.dirty += 1;
    }
    cx.reply.int(i64::from(equal));
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[
    &APPEND, &DELIFEQ, &GETSET, &MSET, &MSETEX, &MSETNX, &PSETEX, &SET, &SETEX, &SETNX, &SETRANGE,
];
