//! HSETEX: fields set together with their deadline, under conditions.

use super::Changes;
use super::fields::{self, TimeFormat};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;
use crate::types::hash::{Hash, Stored, Ttl};

static HSETEX: CommandSpec = CommandSpec {
    name: "hsetex",
    summary: "Sets fields of a hash together with when they expire, if a condition holds.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[
        Arg::key("key"),
        Arg::one_of("key-condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).optional(),
        Arg::one_of("fields-condition", &[Arg::word("fnx", "FNX"), Arg::word("fxx", "FXX")])
            .optional(),
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
        Arg::block(
            "fields",
            &[
                Arg::integer("numfields").key_spec(0),
                Arg::block("data", &[Arg::string("field"), Arg::string("value")]).multiple(),
            ],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hsetex),
    ..CommandSpec::DEFAULT
};

/// What an expiry option says, before its time is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry<'a> {
    Unsaid,
    Keep,
    Time(TimeFormat, &'a [u8]),
}

/// Conditions on the key and on all of the fields: `true` to be there, `false` not to be.
#[derive(Debug, Clone, Copy)]
struct Options<'a> {
    key: Option<bool>,
    fields: Option<bool>,
    expiry: Expiry<'a>,
}

impl<'a> Options<'a> {
    fn parse(words: &Args<'a>) -> Result<Self, CommandError> {
        let mut options = Self { key: None, fields: None, expiry: Expiry::Unsaid };
        let mut index = 0;
        while index < words.len() {
            let word = words.at(index).to_ascii_lowercase();
            index += 1;
            let said = match word.as_slice() {
                b"nx" => condition(&mut options.key, false),
                b"xx" => condition(&mut options.key, true),
                b"fnx" => condition(&mut options.fields, false),
                b"fxx" => condition(&mut options.fields, true),
                b"keepttl" => {
                    !matches!(options.expiry, Expiry::Time(..)) && {
                        options.expiry = Expiry::Keep;
                        true
                    }
                }
                word => match (TimeFormat::of_option(word), words.get(index), options.expiry) {
                    (Some(_), _, Expiry::Keep) => false,
                    // The same word again replaces the first.
                    (Some(format), _, Expiry::Time(first, _)) if format != first => false,
                    (Some(format), Some(time), _) => {
                        options.expiry = Expiry::Time(format, time);
                        index += 1;
                        true
                    }
                    _ => false,
                },
            };
            if !said {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

/// Notes a condition; false if the opposite was given before.
fn condition(slot: &mut Option<bool>, wanted: bool) -> bool {
    slot.replace(wanted).is_none_or(|before| before == wanted)
}

fn hsetex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let at = fields::find(args, 2)?;
    let options = Options::parse(&args.first(at).from(2))?;
    let pairs = fields::counted(args, at, 2, fields::mismatch())?;
    let (key, limits, horizon_ms) = (cx.ks.key(args.at(1)), super::limits(cx), cx.ks.horizon_ms);
    // The key is looked at before the time is read: its type is the first error.
    let exists = cx.ks.write::<Hash>(&key)?.is_some();
    if options.key.is_some_and(|wanted| wanted != exists) {
        cx.reply.int(0);
        return Ok(());
    }
    let (ttl, deadline) = match options.expiry {
        Expiry::Unsaid => (Ttl::Clear, None),
        Expiry::Keep => (Ttl::Keep, None),
        Expiry::Time(format, time) => {
            let at = format.deadline(cx, time)?;
            (Ttl::At(at), Some(at))
        }
    };
    let names = || (0..pairs.len()).step_by(2).map(|index| pairs.at(index));
    if let Some(wanted) = options.fields {
        let hash = cx.ks.write::<Hash>(&key)?;
        let is_there = |name| hash.as_deref().is_some_and(|hash| hash.contains(name, horizon_ms));
        if names().any(|name| is_there(name) != wanted) {
            cx.reply.int(0);
            return Ok(());
        }
    }
    let is_past = deadline.is_some_and(|at| cx.ks.is_past(at));
    let hash = cx.ks.write_or_create::<Hash>(&key)?;
    let mut changes = Changes { count: pairs.len() / 2, ..Changes::begin(hash) };
    if is_past {
        // Set and expired at once: only what was there before needs to go.
        changes.count = names().filter(|name| hash.remove(name, horizon_ms)).count();
        changes.end(hash);
        // Those that were not there before expired, too.
        cx.ks.stats.expired_fields.add((pairs.len() / 2) as u64);
        cx.ks.notify(NotifyClass::HASH, "hset", &key);
        cx.ks.notify(NotifyClass::HASH, "hexpire", &key);
        super::changed(cx, &key, Some("hexpired"), changes);
        cx.reply.int(1);
        return Ok(());
    }
    let longest = pairs.iter().map(<[u8]>::len).max().unwrap_or(0);
    hash.prepare(pairs.len() / 2, longest, &limits);
    for (index, name) in names().enumerate() {
        let stored = hash.set(name, pairs.at(2 * index + 1), ttl, &limits, horizon_ms);
        changes.expired |= stored == Stored::OverExpired;
    }
    changes.end(hash);
    super::changed(cx, &key, Some("hset"), changes);
    if let Some(at) = deadline {
        cx.ks.note_field_deadline(&key, at);
        cx.ks.notify(NotifyClass::HASH, "hexpire", &key);
    }
    cx.reply.int(1);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HSETEX];
