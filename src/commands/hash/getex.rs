//! HGETEX: values read together with a change of their deadlines.

use super::Changes;
use super::fields::{self, TimeFormat};
use super::read::bulk_or_null;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::protocol::Args;
use crate::types::hash::Hash;

static HGETEX: CommandSpec = CommandSpec {
    name: "hgetex",
    summary: "Answers the values of fields, and sets or clears when they expire.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of specified fields.",
    group: Group::Hash,
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
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
        Arg::block(
            "fields",
            &[Arg::integer("numfields").key_spec(0), Arg::string("field").multiple()],
        )
        .token("FIELDS"),
    ],
    run: Run::OnShard(hgetex),
    ..CommandSpec::DEFAULT
};

/// What becomes of the fields' deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry<'a> {
    Unsaid,
    Persist,
    Time(TimeFormat, &'a [u8]),
}

impl<'a> Expiry<'a> {
    fn parse(words: &Args<'a>) -> Result<Self, CommandError> {
        let mut expiry = Self::Unsaid;
        let mut index = 0;
        while index < words.len() {
            let next = match TimeFormat::of_option(words.at(index)) {
                _ if words.is(index, "persist") => Self::Persist,
                Some(format) => {
                    index += 1;
                    Self::Time(format, words.get(index).ok_or(CommandError::Syntax)?)
                }
                None => return Err(CommandError::Syntax),
            };
            index += 1;
            // The same word again replaces the first.
            let agrees = match (expiry, next) {
                (Self::Time(first, _), Self::Time(second, _)) => first == second,
                (before, next) => before == Self::Unsaid || before == next,
            };
            if !agrees {
                return Err(CommandError::Syntax);
            }
            expiry = next;
        }
        Ok(expiry)
    }
}

fn hgetex(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let at = fields::find(args, 2)?;
    let expiry = Expiry::parse(&args.first(at).from(2))?;
    let names = fields::counted(args, at, 1, fields::mismatch())?;
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    // The type of the key is the first error, the time the second.
    cx.ks.read::<Hash>(&key)?;
    let deadline = match expiry {
        Expiry::Time(format, time) => Some(format.deadline(cx, time)?),
        _ => None,
    };
    let is_past = deadline.is_some_and(|at| cx.ks.is_past(at));
    let mut hash = cx.ks.write::<Hash>(&key)?;
    cx.reply.array(names.len());
    let mut changes = hash.as_deref().map(Changes::begin).unwrap_or_default();
    for name in names.iter() {
        let value = hash.as_deref().and_then(|hash| hash.get(name, horizon_ms));
        bulk_or_null(&mut cx.reply, value);
        let Some(hash) = hash.as_deref_mut() else { continue };
        let is_changed = match deadline {
            Some(_) if is_past => hash.remove(name, horizon_ms),
            Some(at) => hash.set_deadline(name, Some(at), horizon_ms).is_some(),
            None if expiry == Expiry::Persist => {
                matches!(hash.set_deadline(name, None, horizon_ms), Some(Some(_)))
            }
            None => false,
        };
        changes.count += usize::from(is_changed);
    }
    hash.as_deref().inspect(|hash| changes.end(hash));
    if changes.count > 0 {
        let event = match deadline {
            Some(_) if is_past => {
                cx.ks.stats.expired_fields.add(changes.count as u64);
                "hexpired"
            }
            Some(at) => {
                cx.ks.note_field_deadline(&key, at);
                "hexpire"
            }
            None => "hpersist",
        };
        super::changed(cx, &key, Some(event), changes);
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HGETEX];
