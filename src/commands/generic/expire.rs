//! EXPIRE, TTL, PERSIST and their kin.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, int_arg,
};
use crate::keyspace::NotifyClass;
use crate::protocol::{Args, shown};

static EXPIRE: CommandSpec = CommandSpec {
    name: "expire",
    summary: "Sets when a key expires, in seconds from now.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::integer("seconds"),
        Arg::one_of(
            "condition",
            &[
                Arg::word("nx", "NX"),
                Arg::word("xx", "XX"),
                Arg::word("gt", "GT"),
                Arg::word("lt", "LT"),
            ],
        )
        .optional()
        .since("7.0.0"),
    ],
    history: &[("7.0.0", "New options `NX`, `XX`, `GT`, `LT`.")],
    run: Run::OnShard(expire),
    ..CommandSpec::DEFAULT
};

static EXPIREAT: CommandSpec = CommandSpec {
    name: "expireat",
    summary: "Sets when a key expires, in Unix seconds.",
    since: "1.2.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::unix_time("unix-time-seconds"),
        Arg::one_of(
            "condition",
            &[
                Arg::word("nx", "NX"),
                Arg::word("xx", "XX"),
                Arg::word("gt", "GT"),
                Arg::word("lt", "LT"),
            ],
        )
        .optional()
        .since("7.0.0"),
    ],
    history: &[("7.0.0", "New options `NX`, `XX`, `GT`, `LT`.")],
    run: Run::OnShard(expireat),
    ..CommandSpec::DEFAULT
};

static PEXPIRE: CommandSpec = CommandSpec {
    name: "pexpire",
    summary: "Sets when a key expires, in milliseconds from now.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::integer("milliseconds"),
        Arg::one_of(
            "condition",
            &[
                Arg::word("nx", "NX"),
                Arg::word("xx", "XX"),
                Arg::word("gt", "GT"),
                Arg::word("lt", "LT"),
            ],
        )
        .optional()
        .since("7.0.0"),
    ],
    history: &[("7.0.0", "New options `NX`, `XX`, `GT`, `LT`.")],
    run: Run::OnShard(pexpire),
    ..CommandSpec::DEFAULT
};

static PEXPIREAT: CommandSpec = CommandSpec {
    name: "pexpireat",
    summary: "Sets when a key expires, in Unix milliseconds.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::unix_time("unix-time-milliseconds"),
        Arg::one_of(
            "condition",
            &[
                Arg::word("nx", "NX"),
                Arg::word("xx", "XX"),
                Arg::word("gt", "GT"),
                Arg::word("lt", "LT"),
            ],
        )
        .optional()
        .since("7.0.0"),
    ],
    history: &[("7.0.0", "New options `NX`, `XX`, `GT`, `LT`.")],
    run: Run::OnShard(pexpireat),
    ..CommandSpec::DEFAULT
};

static TTL: CommandSpec = CommandSpec {
    name: "ttl",
    summary: "Answers in how many seconds a key expires.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output"],
    history: &[("2.8.0", "A key that does not exist is told by -2.")],
    run: Run::OnShard(ttl),
    ..CommandSpec::DEFAULT
};

static PTTL: CommandSpec = CommandSpec {
    name: "pttl",
    summary: "Answers in how many milliseconds a key expires.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output"],
    history: &[("2.8.0", "A key that does not exist is told by -2.")],
    run: Run::OnShard(pttl),
    ..CommandSpec::DEFAULT
};

static EXPIRETIME: CommandSpec = CommandSpec {
    name: "expiretime",
    summary: "Answers when a key expires, in Unix seconds.",
    since: "7.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    run: Run::OnShard(expiretime),
    ..CommandSpec::DEFAULT
};

static PEXPIRETIME: CommandSpec = CommandSpec {
    name: "pexpiretime",
    summary: "Answers when a key expires, in Unix milliseconds.",
    since: "7.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key")],
    run: Run::OnShard(pexpiretime),
    ..CommandSpec::DEFAULT
};

static PERSIST: CommandSpec = CommandSpec {
    name: "persist",
    summary: "Takes the expiry off a key.",
    since: "2.2.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key")],
    run: Run::OnShard(persist),
    ..CommandSpec::DEFAULT
};

/// What a time argument counts, and from when.
#[derive(Clone, Copy)]
struct Unit {
    millis: bool,
    absolute: bool,
}

fn expire(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire_in(cx, args, Unit { millis: false, absolute: false })
}

fn expireat(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire_in(cx, args, Unit { millis: false, absolute: true })
}

fn pexpire(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire_in(cx, args, Unit { millis: true, absolute: false })
}

fn pexpireat(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire_in(cx, args, Unit { millis: true, absolute: true })
}

/// When an expiry is set at all.
#[derive(Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn parse(args: &Args<'_>) -> Result<Self, CommandError> {
        let mut found = Self::default();
        for word in args.from(3).iter() {
            match word.to_ascii_lowercase().as_slice() {
                b"nx" => found.nx = true,
                b"xx" => found.xx = true,
                b"gt" => found.gt = true,
                b"lt" => found.lt = true,
                _ => {
                    let word = shown(word);
                    return Err(CommandError::text(format!("Unsupported option {word}")));
                }
            }
        }
        if found.nx && (found.xx || found.gt || found.lt) {
            return Err(CommandError::err(
                "NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if found.gt && found.lt {
            return Err(CommandError::err("GT and LT options at the same time are not compatible"));
        }
        Ok(found)
    }

    /// No expiry counts as the latest of all.
    fn hold(&self, old: Option<u64>, new: i64) -> bool {
        let old = old.map(|at| at as i64);
        !(self.nx && old.is_some()
            || self.xx && old.is_none()
            || self.gt && old.is_none_or(|old| new <= old)
            || self.lt && old.is_some_and(|old| new >= old))
    }
}

fn expire_in(cx: &mut Cx<'_>, args: &Args<'_>, unit: Unit) -> CommandResult {
    let conditions = Conditions::parse(args)?;
    let value = int_arg(args, 2)?;
    let at = deadline(value, unit, cx.ks.now_ms).ok_or_else(|| {
        CommandError::text(format!("invalid expire time in '{}' command", cx.spec.name))
    })?;
    let key = cx.ks.key(args.at(1));
    if !cx.ks.exists(&key) || !conditions.hold(cx.ks.deadline(&key), at) {
        cx.reply.int(0);
        return Ok(());
    }
    // What is before 1970 is as long past as its first millisecond.
    let at = at.max(1) as u64;
    if cx.ks.is_past(at) {
        cx.ks.expire_at_once(&key);
    } else {
        cx.ks.set_deadline(&key, Some(at));
        cx.ks.modified(&key);
        cx.ks.notify(NotifyClass::GENERIC, "expire", &key);
    }
    cx.ks.dirty += 1;
    cx.reply.int(1);
    Ok(())
}

/// The argument in Unix milliseconds; `None` if it does not fit.
fn deadline(value: i64, unit: Unit, now_ms: u64) -> Option<i64> {
    let millis = if unit.millis { value } else { value.checked_mul(1000)? };
    if unit.absolute { Some(millis) } else { millis.checked_add(now_ms as i64) }
}

fn ttl(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, now| (at.saturating_sub(now) + 500) / 1000)
}

fn pttl(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, now| at.saturating_sub(now))
}

fn expiretime(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, _| at.saturating_add(500) / 1000)
}

fn pexpiretime(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    tell(cx, args, |at, _| at)
}

/// Answers -2 for no key, -1 for no expiry, else what `show` makes of deadline and now.
fn tell(cx: &mut Cx<'_>, args: &Args<'_>, show: fn(u64, u64) -> u64) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let now_ms = cx.ks.now_ms;
    // Asking for the expiry is no use of the key.
    let answer = match cx.ks.inspect(&key, true) {
        None => -2,
        Some(found) => found.deadline().map_or(-1, |at| show(at, now_ms) as i64),
    };
    cx.reply.int(answer);
    Ok(())
}

fn persist(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let had = cx.ks.deadline(&key).is_some();
    if had {
        cx.ks.set_deadline(&key, None);
        cx.ks.modified(&key);
        cx.ks.notify(NotifyClass::GENERIC, "persist", &key);
        cx.ks.dirty += 1;
    }
    cx.reply.int(i64::from(had));
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&EXPIRE, &EXPIREAT, &EXPIRETIME, &PERSIST, &PEXPIRE, &PEXPIREAT, &PEXPIRETIME, &PTTL, &TTL];
