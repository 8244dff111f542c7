//! MEMORY: what the memory is used for.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::dispatch::Flow;
use crate::keyspace::{KeyRef, Obj, ValueRef};
use crate::protocol::{Args, parse_i64};
use crate::stats::MemoryUse;

static MEMORY: CommandSpec = CommandSpec {
    name: "memory",
    summary: "Groups the commands about memory.",
    since: "4.0.0",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[
        &MEMORY_DOCTOR,
        &MEMORY_HELP,
        &MEMORY_MALLOC_STATS,
        &MEMORY_PURGE,
        &MEMORY_STATS,
        &MEMORY_USAGE,
    ],
    ..CommandSpec::DEFAULT
};

static MEMORY_DOCTOR: CommandSpec = CommandSpec {
    name: "doctor",
    summary: "Reports on the use of memory in plain words.",
    since: "4.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    run: Run::Local(doctor),
    ..CommandSpec::DEFAULT
};

static MEMORY_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "4.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static MEMORY_MALLOC_STATS: CommandSpec = CommandSpec {
    name: "malloc-stats",
    summary: "Answers the statistics of the allocator.",
    since: "4.0.0",
    complexity: "Depends on how much memory is allocated, could be slow",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING,
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    run: Run::Local(malloc_stats),
    ..CommandSpec::DEFAULT
};

static MEMORY_PURGE: CommandSpec = CommandSpec {
    name: "purge",
    summary: "Has the allocator give unused memory back.",
    since: "4.0.0",
    complexity: "Depends on how much memory is allocated, could be slow",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING,
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    run: Run::Local(purge),
    ..CommandSpec::DEFAULT
};

static MEMORY_STATS: CommandSpec = CommandSpec {
    name: "stats",
    summary: "Answers what the memory is used for.",
    since: "4.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    run: Run::Flow(stats),
    ..CommandSpec::DEFAULT
};

static MEMORY_USAGE: CommandSpec = CommandSpec {
    name: "usage",
    summary: "Estimates the memory that a key and its value take.",
    since: "4.0.0",
    complexity: "O(N) where N is the number of samples.",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::at(2).with(KeyFlags::RO)],
    args: &[Arg::key("key"), Arg::integer("count").token("SAMPLES").optional()],
    run: Run::OnShard(usage),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&MEMORY];

/// Elements of a collection that are measured where all would be too many.
const SAMPLES: usize = 5;

fn usage(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let samples = match args.len() {
        3 => SAMPLES,
        5 if args.is(3, "samples") => {
            let samples = parse_i64(args.at(4)).ok_or(CommandError::NotInteger)?;
            match usize::try_from(samples).map_err(|_| CommandError::Syntax)? {
                0 => usize::MAX,
                samples => samples,
            }
        }
        _ => return Err(CommandError::Syntax),
    };
    let key = cx.ks.key(args.at(2));
    match cx.ks.glance(&key) {
        Some(found) => {
            let bytes = found.size() + obj_bytes(found, samples);
            cx.reply.len_int(bytes);
        }
        None => cx.reply.null(),
    }
    Ok(())
}

/// What a value takes outside of its key's entry; 0 for one that is embedded there.
fn obj_bytes(found: KeyRef<'_>, samples: usize) -> usize {
    match found.obj() {
        None | Some(Obj::Int(_)) => 0,
        Some(Obj::Raw(bytes)) => bytes.capacity(),
        Some(Obj::List(list)) => list.heap_bytes(samples),
        Some(Obj::Set(set)) => set.heap_bytes(samples),
        Some(Obj::Zset(zset)) => zset.heap_bytes(),
        Some(Obj::Hash(hash)) => hash.heap_bytes(samples),
    }
}

/// The bytes of a value, wherever they are.
pub(super) fn value_bytes(found: KeyRef<'_>, samples: usize) -> usize {
    match found.obj() {
        Some(Obj::Raw(bytes)) => bytes.len(),
        Some(Obj::Int(_)) | None => string_len(found),
        Some(_) => obj_bytes(found, samples),
    }
}

/// The length of a string; 0 for another type.
pub(super) fn string_len(found: KeyRef<'_>) -> usize {
    match found.value() {
        ValueRef::Bytes(bytes) => bytes.len(),
        ValueRef::Int(int) => int.to_string().len(),
        ValueRef::Obj(Obj::Raw(bytes)) => bytes.len(),
        ValueRef::Obj(Obj::Int(int)) => int.to_string().len(),
        ValueRef::Obj(_) => 0,
    }
}

/// How many elements a collection has; a string counts as one.
pub(super) fn element_count(found: KeyRef<'_>) -> usize {
    match found.obj() {
        Some(Obj::List(list)) => list.len(),
        Some(Obj::Set(set)) => set.len(),
        Some(Obj::Zset(zset)) => zset.len(),
        Some(Obj::Hash(hash)) => hash.len(),
        _ => 1,
    }
}

fn stats(flow: &mut Flow<'_>, _args: &Args<'_>) -> CommandResult {
    let databases = flow.core.server.store.databases();
    let counts = super::key_counts(flow, 0..databases)?;
    let server = flow.core.server.clone();
    let used = MemoryUse::read();
    let start = server.journal.memory_at_start();
    let peak = server.journal.note_memory(used.allocated);
    let keys: usize = counts.iter().map(|count| count.keys).sum();
    let clients = server.clients.len() as u64 * size_of::<crate::session::ClientInfo>() as u64;
    let overhead = start + clients;
    let dataset = used.allocated.saturating_sub(overhead);
    let share = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
    let ratio = |larger: u64, smaller: u64| larger as f64 / smaller.max(1) as f64;
    let used_dbs: Vec<usize> =
        (0..counts.len()).filter(|db| server.store.was_chosen(*db as u16)).collect();
    let mut reply = flow.reply();
    reply.map(34 + used_dbs.len());
    let mut int = |name: &str, value: u64| {
        reply.bulk_str(name);
        reply.int(value as i64);
    };
    int("peak.allocated", peak);
    int("total.allocated", used.allocated);
    int("startup.allocated", start);
    for name in ["replication.backlog", "replicas.repl.buffer", "clients.slaves"] {
        int(name, 0);
    }
    int("clients.normal", clients);
    for name in [
        "cluster.links",
        "cluster.slot_import",
        "cluster.slot_export",
        "aof.buffer",
        "lua.caches",
        "functions.caches",
    ] {
        int(name, 0);
    }
    for db in &used_dbs {
        reply.bulk_str(&format!("db.{db}"));
        reply.map(2);
        reply.bulk_str("overhead.hashtable.main");
        reply.len_int(counts[*db].keys * 8);
        reply.bulk_str("overhead.hashtable.expires");
        reply.int(0);
    }
    let mut int = |name: &str, value: i64| {
        reply.bulk_str(name);
        reply.int(value);
    };
    int("overhead.db.hashtable.lut", keys as i64 * 8);
    int("overhead.db.hashtable.rehashing", 0);
    int("overhead.total", overhead as i64);
    int("db.dict.rehashing.count", 0);
    int("keys.count", keys as i64);
    int("keys.bytes-per-key", if keys == 0 { 0 } else { dataset as i64 / keys as i64 });
    int("dataset.bytes", dataset as i64);
    let over_start = used.allocated.saturating_sub(start);
    double(&mut reply, "dataset.percentage", share(dataset.min(over_start), over_start));
    double(&mut reply, "peak.percentage", share(used.allocated, peak));
    let mut int = |name: &str, value: i64| {
        reply.bulk_str(name);
        reply.int(value);
    };
    int("allocator.allocated", used.allocated as i64);
    int("allocator.active", used.active as i64);
    int("allocator.resident", used.resident as i64);
    int("allocator.muzzy", 0);
    for (name, larger, smaller) in [
        ("allocator-fragmentation", used.active, used.allocated),
        ("allocator-rss", used.resident, used.active),
        ("rss-overhead", used.rss, used.resident),
    ] {
        double(&mut reply, &format!("{name}.ratio"), ratio(larger, smaller));
        reply.bulk_str(&format!("{name}.bytes"));
        reply.int(larger as i64 - smaller as i64);
    }
    double(&mut reply, "fragmentation", ratio(used.rss, used.allocated));
    reply.bulk_str("fragmentation.bytes");
    reply.int(used.rss as i64 - used.allocated as i64);
    Ok(())
}

fn double(reply: &mut crate::protocol::Reply<'_>, name: &str, value: f64) {
    reply.bulk_str(name);
    reply.double_text(format!("{value}").as_bytes());
}

fn doctor(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let used = MemoryUse::read();
    let peak = cx.server.journal.note_memory(used.allocated);
    let mut findings = Vec::new();
    if used.allocated < 5 << 20 {
        findings.push(
            "There is hardly any data here: the figures would say nothing about your workload."
                .to_owned(),
        );
    } else {
        if peak as f64 / used.allocated as f64 > 1.5 {
            findings.push(format!(
                "At its peak the server used {peak} bytes, now {}: pages may stay mapped until \
                 MEMORY PURGE.",
                used.allocated
            ));
        }
        if used.rss as f64 / used.allocated as f64 > 1.4 {
            findings.push(format!(
                "The process takes {} bytes of memory for {} bytes of data: fragmentation is high.",
                used.rss, used.allocated
            ));
        }
        if findings.is_empty() {
            findings.push("No problem with memory was found.".to_owned());
        }
    }
    cx.reply.verbatim("txt", format!("{}\n", findings.join("\n")).as_bytes());
    Ok(())
}

fn purge(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    crate::sys::allocator::purge();
    cx.reply.ok();
    Ok(())
}

fn malloc_stats(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let used = MemoryUse::read();
    let text = format!(
        "jemalloc: allocated {} active {} resident {} retained {}\n",
        used.allocated, used.active, used.resident, used.retained
    );
    cx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "MEMORY",
        &[
            "DOCTOR",
            "    A report on the use of memory.",
            "MALLOC-STATS",
            "    The statistics of the allocator.",
            "PURGE",
            "    Has the allocator give unused memory back.",
            "STATS",
            "    What the memory is used for.",
            "USAGE <key> [SAMPLES <count>]",
            "    The memory that a key and its value take. Of the elements of a collection,",
            "    <count> are measured (default: 5, all: 0).",
        ],
    );
    Ok(())
}
