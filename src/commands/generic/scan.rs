//! SCAN, KEYS and RANDOMKEY: going through the keys of a database.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run, int_arg,
};
use crate::dispatch::{Core, Flow};
use crate::glob;
use crate::keyspace::{Db, Entry, Key, Keyspace, key_slot};
use crate::protocol::{Args, parse_u64, shown};
use crate::session::Client;
use crate::shard::{SLOTS, ShardSet};
use rand::Rng;
use std::ops::Range;

static KEYS: CommandSpec = CommandSpec {
    name: "keys",
    summary: "Lists the keys that match a pattern.",
    since: "1.0.0",
    complexity: "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::pattern("pattern")],
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    run: Run::Gated(keys),
    ..CommandSpec::DEFAULT
};

static RANDOMKEY: CommandSpec = CommandSpec {
    name: "randomkey",
    summary: "Answers a random key.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(1),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    tips: &["request_policy:all_shards", "response_policy:special", "nondeterministic_output"],
    run: Run::Flow(randomkey),
    ..CommandSpec::DEFAULT
};

static SCAN: CommandSpec = CommandSpec {
    name: "scan",
    summary: "Lists the keys of the database, a part with each call.",
    since: "2.8.0",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    args: &[
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::string("type").token("TYPE").optional().since("6.0.0"),
    ],
    tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
    history: &[("6.0.0", "New option `TYPE`.")],
    run: Run::Flow(scan),
    ..CommandSpec::DEFAULT
};

/// Bits of a SCAN cursor that say how far a table was gone through; above them is the table.
const POSITION_BITS: u32 = 48;

/// Expired keys that RANDOMKEY meets, where they are kept, before it looks no further.
const KEPT_MET_MAX: u32 = 100;

/// The options of SCAN. Those of HSCAN, SSCAN and ZSCAN are in `commands::scan_args`.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct ScanOptions<'a> {
    pub(in crate::commands) pattern: Option<&'a [u8]>,
    count: usize,
    /// The name of a type that exists.
    kind: Option<&'static str>,
}

impl<'a> ScanOptions<'a> {
    /// Reads the options from `index` on.
    fn parse(args: &Args<'a>, index: usize) -> Result<Self, CommandError> {
        Self::parse_with(args, index, |_| Err(CommandError::Syntax))
    }

    /// As [`ScanOptions::parse`]; an option that SCAN does not have goes to `other`, which answers how
    /// many arguments it takes.
    pub(in crate::commands) fn parse_with(
        args: &Args<'a>,
        mut index: usize,
        mut other: impl FnMut(usize) -> Result<usize, CommandError>,
    ) -> Result<Self, CommandError> {
        let mut found = Self { pattern: None, count: 10, kind: None };
        while index < args.len() {
            let has_more = index + 1 < args.len();
            if args.is(index, "count") && has_more {
                let count = int_arg(args, index + 1)?;
                found.count =
                    usize::try_from(count).ok().filter(|n| *n > 0).ok_or(CommandError::Syntax)?;
                index += 2;
            } else if args.is(index, "match") && has_more {
                // "*" matches everything: not looking is faster.
                found.pattern = Some(args.at(index + 1)).filter(|pattern| *pattern != b"*");
                index += 2;
            } else if args.is(index, "type") && has_more {
                found.kind = Some(type_named(args.at(index + 1))?);
                index += 2;
            } else {
                index += other(index)?;
            }
        }
        Ok(found)
    }

    fn wants(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }
}

/// A cursor argument.
fn parse_cursor(text: &[u8]) -> Result<u64, CommandError> {
    parse_u64(text).ok_or(CommandError::err("invalid cursor"))
}

const TYPES: [&str; 6] = ["string", "list", "set", "zset", "hash", "stream"];

fn type_named(name: &[u8]) -> Result<&'static str, CommandError> {
    let lower = name.to_ascii_lowercase();
    let known = TYPES.iter().find(|known| known.as_bytes() == lower).copied();
    known.ok_or_else(|| CommandError::text(format!("unknown type name '{}'", shown(name))))
}

fn scan(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let cursor = parse_cursor(args.at(1))?;
    let options = ScanOptions::parse(args, 2)?;
    let store = &flow.core.server.store;
    // A pattern with a hash tag lies in one slot, and so do all keys that match it.
    let only_slot = options.pattern.and_then(pattern_slot).filter(|_| store.is_per_slot());
    let tables = if store.is_per_slot() { SLOTS } else { store.shards.count() };
    let mut table = (cursor >> POSITION_BITS) as usize;
    let mut position = cursor & ((1 << POSITION_BITS) - 1);
    if let Some(slot) = only_slot.filter(|slot| usize::from(*slot) > table) {
        (table, position) = (usize::from(slot), 0);
    }
    // All that match lie in one table, which may be behind us.
    let end = match only_slot.map(usize::from) {
        Some(slot) if slot < table => table,
        Some(slot) => slot + 1,
        None => tables,
    };
    let mut found = Vec::new();
    (table, position) = collect(flow, table..end, position, &options, &mut found)?;
    let is_done = table >= end;
    let cursor = if is_done { 0 } else { (table as u64) << POSITION_BITS | position };
    let mut reply = flow.reply();
    reply.array(2);
    reply.bulk_str(&cursor.to_string());
    reply.array(found.len());
    for name in found {
        reply.bulk(&name);
    }
    Ok(())
}

/// Visits about as many keys as wanted in some tables, from a position in the first on; answers table
/// and position where to go on, behind the last table if nothing is left.
pub(in crate::commands) fn collect(
    flow: &mut Flow<'_>,
    tables: Range<usize>,
    mut position: u64,
    options: &ScanOptions<'_>,
    found: &mut Vec<Vec<u8>>,
) -> Result<(usize, u64), CommandError> {
    let Range { start: mut table, end } = tables;
    let mut seen = 0;
    while table < end && seen < options.count {
        let next = scan_table(flow, table, position, options.count - seen, |entry, horizon_ms| {
            seen += 1;
            let fits = options.kind.is_none_or(|kind| entry.kind().name() == kind);
            if !fits || !options.wants(entry.key_bytes()) {
                return Visit::Pass;
            }
            if entry.deadline().is_some_and(|at| at <= horizon_ms) {
                return Visit::Expire;
            }
            found.push(entry.key_bytes().to_vec());
            Visit::Pass
        })?;
        position = next;
        if next == 0 {
            table += 1;
        }
    }
    Ok((table, position))
}

/// What becomes of a visited entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Pass,
    /// Its time has come: it is removed after the visit.
    Expire,
}

/// Visits some entries of one table; answers where to go on in it, 0 at its end.
fn scan_table(
    flow: &mut Flow<'_>,
    table: usize,
    position: u64,
    budget: usize,
    mut visit: impl FnMut(&Entry, u64) -> Visit,
) -> Result<u64, CommandError> {
    let store = &flow.core.server.store;
    let (shard, slot) = if store.is_per_slot() {
        (store.shards.of_slot(table as u16), Some(table as u16))
    } else {
        (table, None)
    };
    let mut set = ShardSet::EMPTY;
    set.insert(shard);
    flow.with_shards(&set, |core: &mut Core, client: &mut Client, _| {
        let server = core.server.clone();
        let horizon_ms = server.horizon_ms(client, core.now_ms);
        let db = server.store.shards.data(&core.held, shard).db(client.db);
        let table = match slot {
            Some(slot) => db.slot_table(slot),
            None => db.table(0),
        };
        let Some(table) = table else { return 0 };
        let (mut position, mut seen) = (position, 0);
        let mut expired = Vec::new();
        loop {
            position = table.scan(position, |entry| {
                seen += 1;
                if visit(entry, horizon_ms) == Visit::Expire {
                    expired.push(entry.key_bytes().to_vec());
                }
            });
            if position == 0 || seen >= budget {
                break;
            }
        }
        expired.iter().for_each(|name| expire(core, client.db, name));
        position
    })
}

/// The slot that all matches of a pattern lie in, if its hash tag has no wildcard, or all of it.
pub(in crate::commands) fn pattern_slot(pattern: &[u8]) -> Option<u16> {
    let wildcard = pattern.iter().position(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'));
    let plain = &pattern[..wildcard.unwrap_or(pattern.len())];
    let tag = plain.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &plain[open + 1..];
        rest.iter().position(|byte| *byte == b'}').map(|len| &rest[..len])
    });
    match tag {
        Some(tag) if !tag.is_empty() => Some(key_slot(tag)),
        _ => wildcard.is_none().then(|| key_slot(pattern)),
    }
}

fn keys(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let pattern = args.at(1);
    let len_max = cx.reply_len_max();
    let mark = cx.reply.begin();
    let mut count = 0;
    for shard in 0..cx.server.store.shards.count() {
        for table in cx.ks.shard(shard).db(cx.ks.db).tables() {
            for entry in table.iter() {
                let is_live = entry.deadline().is_none_or(|at| at > cx.ks.horizon_ms);
                if is_live && (pattern == b"*" || glob::matches(pattern, entry.key_bytes())) {
                    cx.reply.bulk(entry.key_bytes());
                    count += 1;
                    if cx.reply.len() > len_max {
                        return Ok(());
                    }
                }
            }
        }
    }
    cx.reply.end_array(mark, count);
    Ok(())
}

fn randomkey(flow: &mut Flow<'_>, _args: &Args<'_>) -> CommandResult {
    let name = flow.with_gate(|core, client, _| pick(core, client))?;
    let mut reply = flow.reply();
    match name {
        Some(name) => reply.bulk(&name),
        None => reply.null(),
    }
    Ok(())
}

/// A key that has not expired, each as likely as any other. Those that have are removed when met, but
/// where they are kept: when none but them was met, it is a key that never expires, or, as in
/// Valkey 9.1, one that has expired.
fn pick(core: &mut Core, client: &Client) -> Option<Vec<u8>> {
    let mut rng = rand::rng();
    let db = client.db;
    let horizon_ms = core.server.horizon_ms(client, core.now_ms);
    let keeps_expired = core.server.keeps_expired(core.now_ms);
    let mut kept = 0;
    loop {
        let (name, is_live) = pick_any(core, db, horizon_ms, &mut rng)?;
        if is_live {
            return Some(name);
        }
        if !keeps_expired {
            expire(core, db, &name);
            continue;
        }
        kept += 1;
        if kept == KEPT_MET_MAX {
            return pick_persistent(core, db).or(Some(name));
        }
    }
}

/// Some key that never expires.
fn pick_persistent(core: &Core, db: u16) -> Option<Vec<u8>> {
    let shards = &core.server.store.shards;
    (0..shards.count())
        .map(|shard| shards.data(&core.held, shard).db(db))
        .filter(|db| db.expires() < db.len())
        .flat_map(Db::tables)
        .flat_map(|table| table.iter())
        .find(|entry| entry.deadline().is_none())
        .map(|entry| entry.key_bytes().to_vec())
}

/// Any key, and whether it is still alive.
fn pick_any(core: &Core, db: u16, horizon_ms: u64, rng: &mut impl Rng) -> Option<(Vec<u8>, bool)> {
    let shards = &core.server.store.shards;
    let dbs = || (0..shards.count()).map(|shard| shards.data(&core.held, shard).db(db));
    let total: usize = dbs().map(Db::len).sum();
    if total == 0 {
        return None;
    }
    let mut rank = rng.random_range(0..total);
    for table in dbs().flat_map(Db::tables) {
        if rank < table.len() {
            let entry = table.random(rng)?;
            let is_live = entry.deadline().is_none_or(|at| at > horizon_ms);
            return Some((entry.key_bytes().to_vec(), is_live));
        }
        rank -= table.len();
    }
    None
}

/// Removes a key that has expired, whose shard is held, unless such keys are kept.
fn expire(core: &mut Core, db: u16, name: &[u8]) {
    let server = core.server.clone();
    let (effects, stats) = (&mut core.effects, &core.stats);
    let mut ks = Keyspace::new(&server.store, &mut core.held, effects, stats, db, core.now_ms);
    ks.keep_expired = server.keeps_expired(core.now_ms);
    ks.peek(&Key::new(name));
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&KEYS, &RANDOMKEY, &SCAN];
