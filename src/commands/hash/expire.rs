//! Commands that let fields expire: HEXPIRE, HEXPIREAT, HPEXPIRE, HPEXPIREAT.

use super::Changes;
use super::fields::{self, TimeFormat};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::protocol::{Args, shown};
use crate::types::hash::Hash;

static HEXPIRE: CommandSpec = CommandSpec {
    name: "hexpire",
    summary: "Makes fields of a hash expire after some seconds.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
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
        .optional(),
        Arg::block("fields", &[Arg::integer("numfields"), Arg::string("field").multiple()])
            .token("FIELDS"),
    ],
    run: Run::OnShard(hexpire),
    ..CommandSpec::DEFAULT
};

static HEXPIREAT: CommandSpec = CommandSpec {
    name: "hexpireat",
    summary: "Makes fields of a hash expire at a time in seconds.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::integer("unix-time-seconds"),
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
        .since("9.0.0"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hexpireat),
    ..CommandSpec::DEFAULT
};

static HPEXPIRE: CommandSpec = CommandSpec {
    name: "hpexpire",
    summary: "Makes fields of a hash expire after some milliseconds.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
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
        .since("9.0.0"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hpexpire),
    ..CommandSpec::DEFAULT
};

static HPEXPIREAT: CommandSpec = CommandSpec {
    name: "hpexpireat",
    summary: "Makes fields of a hash expire at a time in milliseconds.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key"),
        Arg::integer("unix-time-milliseconds"),
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
        .since("9.0.0"),
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hpexpireat),
    ..CommandSpec::DEFAULT
};

fn hexpire(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire(cx, args, TimeFormat { millis: false, absolute: false })
}

fn hexpireat(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire(cx, args, TimeFormat { millis: false, absolute: true })
}

fn hpexpire(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire(cx, args, TimeFormat { millis: true, absolute: false })
}

fn hpexpireat(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    expire(cx, args, TimeFormat { millis: true, absolute: true })
}

/// Which fields get the deadline.
#[derive(Debug, Clone, Copy, Default)]
struct Condition {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Condition {
    fn parse(words: &Args<'_>) -> Result<Self, CommandError> {
        let mut given = Self::default();
        for word in words.iter() {
            match word.to_ascii_lowercase().as_slice() {
                b"nx" => given.nx = true,
                b"xx" => given.xx = true,
                b"gt" => given.gt = true,
                b"lt" => given.lt = true,
                _ => {
                    let word = shown(word);
                    return Err(CommandError::text(format!("Unsupported option {word}")));
                }
            }
        }
        if given.nx && (given.xx || given.gt || given.lt) {
            let text = "NX and XX, GT or LT options at the same time are not compatible";
            return Err(CommandError::err(text));
        }
        if given.gt && given.lt {
            let text = "GT and LT options at the same time are not compatible";
            return Err(CommandError::err(text));
        }
        Ok(given)
    }

    /// Whether a field with the deadline `old` may get `new`. None is later than any.
    fn allows(self, old: Option<u64>, new: u64) -> bool {
        !(self.nx && old.is_some()
            || self.xx && old.is_none()
            || self.gt && old.is_none_or(|old| new <= old)
            || self.lt && old.is_some_and(|old| new >= old))
    }
}

fn expire(cx: &mut Cx<'_>, args: &Args<'_>, format: TimeFormat) -> CommandResult {
    const MISSING: i64 = -2;
    const CONDITION_FAILED: i64 = 0;
    const SET: i64 = 1;
    const GONE: i64 = 2;

    let at = fields::find(args, 3)?;
    let condition = Condition::parse(&args.first(at).from(3))?;
    let names = fields::counted(args, at, 1, fields::mismatch())?;
    let deadline = format.deadline(cx, args.at(2))?;
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let is_past = cx.ks.is_past(deadline);
    let mut hash = cx.ks.write::<Hash>(&key)?;
    cx.reply.array(names.len());
    let mut changes = hash.as_deref().map(Changes::begin).unwrap_or_default();
    for name in names.iter() {
        let field = hash.as_deref_mut().and_then(|hash| {
            let (_, old) = hash.get_with_deadline(name, horizon_ms)?;
            Some((hash, old))
        });
        let outcome = match field {
            None => MISSING,
            Some((_, old)) if !condition.allows(old, deadline) => CONDITION_FAILED,
            Some((hash, _)) if is_past => {
                hash.remove(name, horizon_ms);
                GONE
            }
            Some((hash, _)) => {
                hash.set_deadline(name, Some(deadline), horizon_ms);
                SET
            }
        };
        changes.count += usize::from(outcome > 0);
        cx.reply.int(outcome);
    }
    hash.as_deref().inspect(|hash| changes.end(hash));
    if changes.count > 0 {
        let event = if is_past { "hexpired" } else { "hexpire" };
        if is_past {
            cx.ks.stats.expired_fields.add(changes.count as u64);
        } else {
            cx.ks.note_field_deadline(&key, deadline);
        }
        super::changed(cx, &key, Some(event), changes);
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HEXPIRE, &HEXPIREAT, &HPEXPIRE, &HPEXPIREAT];
