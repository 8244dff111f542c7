//! CLUSTERSCAN: going through the keys of a whole cluster with one cursor.
//!
//! A cursor is `fingerprint-{tag}-position`. The tag lies in the slot where to go on, so clients route
//! the cursor like a key, and so do the gates here. A position means something only to a process that
//! hashes as the one that gave it out; the fingerprint tells, and others begin at the slot's start.
//!
//! A call goes through the slots that this shard serves in a row, and no further: the cursor it
//! answers then leads to the slot behind them, whoever serves it.

use std::ops::Range;
use std::sync::OnceLock;

use super::keys::shard_of;
use super::{cluster, slot_arg};
use crate::cluster::SLOTS;
use crate::commands::generic::{ScanOptions, collect, pattern_slot};
use crate::commands::scan_args;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::dispatch::Flow;
use crate::keyspace::key_slot;
use crate::protocol::Args;
use crate::types::table::hash_bytes;

static CLUSTERSCAN: CommandSpec = CommandSpec {
    name: "clusterscan",
    summary: "Lists the keys of the cluster, a part with each call.",
    since: "9.1.0",
    complexity: "O(N) where N is the number of elements returned.",
    group: Group::Cluster,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::NOT_KEY)],
    args: &[
        Arg::string("cursor"),
        Arg::pattern("match-pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::string("type").token("TYPE").optional(),
        Arg::integer("slot").token("SLOT").optional(),
    ],
    tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
    run: Run::Flow(clusterscan),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&CLUSTERSCAN];

/// Where a scan goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    slot: u16,
    /// 0 is the slot's start.
    position: u64,
    /// The slot's start, whoever serves it.
    is_of_anybody: bool,
}

impl Place {
    fn start_of(slot: u16) -> Self {
        Self { slot, position: 0, is_of_anybody: true }
    }

    fn cursor(self) -> String {
        let tag = &tags()[usize::from(self.slot)];
        let Self { position, .. } = self;
        if self.is_of_anybody {
            format!("0-{{{tag}}}-{position}")
        } else {
            format!("{}-{{{tag}}}-{position}", fingerprint())
        }
    }
}

/// Says how this process hashes, and so which positions it understands; never `0`.
fn fingerprint() -> String {
    format!("{:08x}", hash_bytes(b"fingerprint") >> 32)
}

/// `None` is the beginning of all.
fn parse_cursor(text: &[u8]) -> Result<Option<Place>, CommandError> {
    if text == b"0" {
        return Ok(None);
    }
    let invalid = CommandError::err("Invalid cursor");
    let mut parts = text.split(|byte| *byte == b'-');
    let (Some(from), Some(tag), Some(position), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid);
    };
    let position = scan_args::cursor(position).map_err(|_| invalid)?;
    let place = Place::start_of(key_slot(tag));
    let is_ours = from == fingerprint().as_bytes();
    Ok(Some(if is_ours { Place { position, is_of_anybody: false, ..place } } else { place }))
}

/// Of each slot the shortest tag that lies in it, the first in the order of the digits, the small and
/// the capital letters. Valkey's table has the same.
fn tags() -> &'static [String] {
    const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static TAGS: OnceLock<Vec<String>> = OnceLock::new();
    TAGS.get_or_init(|| {
        let mut tags = vec![String::new(); usize::from(SLOTS)];
        let mut missing = tags.len();
        let mut shorter = vec![String::new()];
        while missing > 0 {
            let mut longer = Vec::with_capacity(shorter.len() * LETTERS.len());
            for (start, letter) in shorter.iter().flat_map(|s| LETTERS.iter().map(move |l| (s, l)))
            {
                let tag = format!("{start}{}", char::from(*letter));
                let known = &mut tags[usize::from(key_slot(tag.as_bytes()))];
                if known.is_empty() {
                    known.clone_from(&tag);
                    missing -= 1;
                }
                longer.push(tag);
            }
            shorter = longer;
        }
        tags
    })
}

fn clusterscan(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let server = flow.core.server.clone();
    let cluster = cluster(&server)?;
    let mut only_slot = None;
    let options = ScanOptions::parse_with(args, 2, |index| {
        if !args.is(index, "slot") || index + 1 >= args.len() {
            return Err(CommandError::Syntax);
        }
        if only_slot.is_some() {
            return Err(CommandError::err("SLOT option can only be specified once"));
        }
        only_slot = Some(slot_arg(args, index + 1)?);
        Ok(2)
    })?;
    let start = parse_cursor(args.at(1))?;
    if let (Some(place), Some(slot)) = (start, only_slot)
        && place.slot != slot
    {
        return Err(CommandError::err("Cursor slot mismatch with SLOT argument"));
    }
    let match_slot = options.pattern.and_then(pattern_slot);
    let is_nowhere = matches!((only_slot, match_slot), (Some(one), Some(other)) if one != other);
    let only_slot = only_slot.or(match_slot);
    let at = start.map_or(0, |place| place.slot);
    if is_nowhere || only_slot.is_some_and(|slot| slot < at) {
        return answer(flow, None, &[]);
    }
    let first = only_slot.unwrap_or(at);
    let Some(place) = start.filter(|place| place.slot == first) else {
        return answer(flow, Some(Place::start_of(first)), &[]);
    };
    // Behind the last slot to go through.
    let end = match only_slot {
        Some(slot) => slot + 1,
        None => {
            let map = cluster.map();
            (first..SLOTS).find(|slot| !map.is_of_my_shard(*slot)).unwrap_or(SLOTS).max(first + 1)
        }
    };
    let mut found = Vec::new();
    let (slot, position) =
        collect(flow, usize::from(first)..usize::from(end), place.position, &options, &mut found)?;
    let slot = if position == 0 { first_with_keys(flow, slot..usize::from(end))? } else { slot };
    let next = if slot < usize::from(end) {
        Some(Place { slot: slot as u16, position, is_of_anybody: false })
    } else {
        let is_more = only_slot.is_none() && end < SLOTS;
        is_more.then_some(Place::start_of(end))
    };
    answer(flow, next, &found)
}

/// The first slot that is not empty, or behind the last.
fn first_with_keys(flow: &mut Flow<'_>, slots: Range<usize>) -> Result<usize, CommandError> {
    let end = slots.end;
    for slot in slots {
        let slot = slot as u16;
        let set = shard_of(flow, slot);
        let is_empty = flow.with_shards(&set, |core, client, _| {
            let shards = &core.server.store.shards;
            let data = shards.data(&core.held, shards.of_slot(slot));
            data.db(client.db).slot_table(slot).is_none_or(|table| table.is_empty())
        })?;
        if !is_empty {
            return Ok(slot.into());
        }
    }
    Ok(end)
}

fn answer(flow: &mut Flow<'_>, next: Option<Place>, found: &[Vec<u8>]) -> CommandResult {
    let cursor = next.map_or_else(|| "0".to_owned(), Place::cursor);
    let mut reply = flow.reply();
    reply.array(2);
    reply.bulk_str(&cursor);
    reply.array(found.len());
    found.iter().for_each(|name| reply.bulk(name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slot_has_the_tag_that_valkey_gives_it() {
        for (slot, tag) in [
            (0, "06S"),
            (1, "Qi"),
            (2, "5L5"),
            (50, "4ZG"),
            (51, "6od"),
            (100, "0or"),
            (8001, "27B"),
            (8500, "543"),
            (16383, "6ZJ"),
        ] {
            assert_eq!(tags()[slot], tag);
        }
        for (slot, tag) in tags().iter().enumerate() {
            assert_eq!(usize::from(key_slot(tag.as_bytes())), slot);
        }
    }

    #[test]
    fn cursors_are_read_as_loosely_as_valkey_does() {
        let slot_0 = Some(Some(Place::start_of(0)));
        for (text, expected) in [
            ("0", Some(None)),
            ("0-{06S}-0", slot_0),
            ("x-{06S}-77", slot_0),
            ("-x{06S}y-+0", slot_0),
            ("--0", slot_0),
            ("0-foo-0", Some(Some(Place::start_of(12182)))),
            ("00", None),
            ("", None),
            ("0-{06S}-", None),
            ("0-{06S}-0x", None),
            ("0-{06S}-0-0", None),
            ("0-{06S}--5", None),
            ("0-{06S}-18446744073709551616", None),
        ] {
            assert_eq!(parse_cursor(text.as_bytes()).ok(), expected, "{text:?}");
        }
        let ours = Place { slot: 1, position: 5, is_of_anybody: false };
        assert_eq!(parse_cursor(ours.cursor().as_bytes()), Ok(Some(ours)));
    }
}
