//! CLUSTER subcommands about the keys of a slot.

use super::{cluster, keys_in_slot, slot_arg, syntax_error};
use crate::cluster::SLOTS;
use crate::cluster::slot_stats::{Metric, SlotUsage, rank};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run, int_arg,
};
use crate::dispatch::{Core, Flow};
use crate::keyspace::{Key, Keyspace, NotifyClass, key_slot};
use crate::protocol::{Args, Reply, parse_i64};
use crate::shard::ShardSet;

pub(super) static CLUSTER_KEYSLOT: CommandSpec = CommandSpec {
    name: "keyslot",
    summary: "Tells the slot of a key.",
    since: "3.0.0",
    complexity: "O(N) where N is the number of bytes in the key",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::STALE,
    args: &[Arg::string("key")],
    run: Run::Local(key_slot_of),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_COUNTKEYSINSLOT: CommandSpec = CommandSpec {
    name: "countkeysinslot",
    summary: "Counts the keys of a slot.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::STALE,
    args: &[Arg::integer("slot")],
    run: Run::Flow(count_keys_in_slot),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_GETKEYSINSLOT: CommandSpec = CommandSpec {
    name: "getkeysinslot",
    summary: "Lists keys of a slot.",
    since: "3.0.0",
    complexity: "O(N) where N is the number of requested keys",
    group: Group::Cluster,
    arity: Arity::Exactly(4),
    flags: Flags::STALE,
    args: &[Arg::integer("slot"), Arg::integer("count")],
    tips: &["nondeterministic_output"],
    run: Run::Flow(get_keys_in_slot),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_FLUSHSLOT: CommandSpec = CommandSpec {
    name: "flushslot",
    summary: "Deletes the keys of a slot.",
    since: "9.0.0",
    complexity: "O(N) where N is the number of keys in the target slot",
    group: Group::Cluster,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::ADMIN).or(Flags::NO_ASYNC_LOADING),
    acl: Acl::KEYSPACE,
    args: &[
        Arg::integer("slot"),
        Arg::one_of("flush-type", &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")])
            .optional(),
    ],
    run: Run::Flow(flush_slot),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SLOT_STATS: CommandSpec = CommandSpec {
    name: "slot-stats",
    summary: "Shows what slots of this shard cost.",
    since: "8.0.0",
    complexity: "O(N) where N is the total number of slots based on arguments. O(N*log(N)) with ORDERBY subcommand.",
    group: Group::Cluster,
    arity: Arity::AtLeast(4),
    flags: Flags::LOADING.or(Flags::STALE),
    args: &[Arg::one_of(
        "filter",
        &[
            Arg::block("slotsrange", &[Arg::integer("start-slot"), Arg::integer("end-slot")])
                .token("SLOTSRANGE"),
            Arg::block(
                "orderby",
                &[
                    Arg::string("metric"),
                    Arg::integer("limit").token("LIMIT").optional(),
                    Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")])
                        .optional(),
                ],
            )
            .token("ORDERBY"),
        ],
    )],
    tips: &["nondeterministic_output", "request_policy:all_shards"],
    run: Run::Flow(slot_stats),
    ..CommandSpec::DEFAULT
};

fn key_slot_of(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    cluster(cx.server)?;
    cx.reply.int(key_slot(args.at(2)).into());
    Ok(())
}

pub(super) fn shard_of(flow: &Flow<'_>, slot: u16) -> ShardSet {
    let mut set = ShardSet::EMPTY;
    set.insert(flow.core.server.store.shards.of_slot(slot));
    set
}

fn count_keys_in_slot(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    cluster(&flow.core.server)?;
    let slot = u16::try_from(int_arg(args, 2)?).ok().filter(|slot| *slot < SLOTS);
    let slot = slot.ok_or(CommandError::err("Invalid slot"))?;
    let set = shard_of(flow, slot);
    let count = flow.with_shards(&set, |core, client, _| {
        let shards = &core.server.store.shards;
        let data = shards.data(&core.held, shards.of_slot(slot));
        data.db(client.db).slot_table(slot).map_or(0, |table| table.len())
    })?;
    flow.reply().len_int(count);
    Ok(())
}

fn get_keys_in_slot(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    cluster(&flow.core.server)?;
    let (slot, most) = (int_arg(args, 2)?, int_arg(args, 3)?);
    let slot = u16::try_from(slot).ok().filter(|slot| *slot < SLOTS);
    let (Some(slot), Ok(most)) = (slot, usize::try_from(most)) else {
        return Err(CommandError::err("Invalid slot or number of keys"));
    };
    let set = shard_of(flow, slot);
    flow.with_shards(&set, |core, client, out| {
        let shards = &core.server.store.shards;
        let data = shards.data(&core.held, shards.of_slot(slot));
        let mut reply = Reply::new(out, client.resp);
        let Some(table) = data.db(client.db).slot_table(slot) else {
            reply.array(0);
            return;
        };
        reply.array(table.len().min(most));
        for entry in table.iter().take(most) {
            reply.bulk(entry.key());
        }
    })
}

fn flush_slot(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    cluster(&flow.core.server)?;
    let slot = slot_arg(args, 2)?;
    // Big values are always freed elsewhere, so both words mean the same.
    match args.get(3) {
        None => {}
        Some(_) if args.len() > 4 => return Err(syntax_error(args)),
        Some(_) if args.is(3, "async") || args.is(3, "sync") => {}
        Some(_) => return Err(CommandError::Syntax),
    }
    let set = shard_of(flow, slot);
    flow.with_shards(&set, |core, _, _| {
        let server = core.server.clone();
        let shard = server.store.shards.of_slot(slot);
        for db in 0..server.store.databases() {
            let data = server.store.shards.data(&core.held, shard);
            let Some(table) = data.db(db).slot_table(slot) else { continue };
            let names: Vec<Vec<u8>> = table.iter().map(|entry| entry.key().to_vec()).collect();
            let mut ks = Keyspace::new(
                &server.store,
                &mut core.held,
                &mut core.effects,
                &core.stats,
                db,
                core.now_ms,
            );
            for name in &names {
                let key = Key::new(name);
                if ks.delete(&key) {
                    ks.notify(NotifyClass::GENERIC, "del", &key);
                    ks.dirty += 1;
                }
            }
            let dirty = ks.dirty;
            core.stats.dirty.add(dirty);
        }
    })?;
    flow.reply().ok();
    Ok(())
}

/// SLOTSRANGE first last, or ORDERBY metric [LIMIT n] [ASC|DESC].
enum Wanted {
    Range(u16, u16),
    Order { by: Metric, limit: usize, descending: bool },
}

fn slot_stats(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let server = flow.core.server.clone();
    let cluster = cluster(&server)?;
    let costs = server.config.cluster_slot_stats_enabled.get();
    let wanted = parse_slot_stats(args, costs)?;
    let (first, last) = match wanted {
        Wanted::Range(first, last) => (first, last),
        Wanted::Order { .. } => (0, SLOTS - 1),
    };
    let slots: Vec<u16> = {
        let map = cluster.map();
        (first..=last).filter(|slot| map.is_of_my_shard(*slot)).collect()
    };
    let mut shards = ShardSet::EMPTY;
    for slot in &slots {
        shards.insert(server.store.shards.of_slot(*slot));
    }
    let mut found: Vec<(u16, SlotUsage)> = flow.with_shards(&shards, |core, _, _| {
        slots.iter().map(|slot| (*slot, usage_of(core, *slot))).collect()
    })?;
    if let Wanted::Order { by, limit, descending } = wanted {
        rank(&mut found, by, descending);
        found.truncate(limit);
    }
    let mut reply = flow.reply();
    reply.array(found.len());
    for (slot, usage) in found {
        reply.array(2);
        reply.int(slot.into());
        reply.map(if costs { 4 } else { 1 });
        reply.bulk_str("key-count");
        reply.int(usage.key_count as i64);
        if costs {
            reply.bulk_str("cpu-usec");
            reply.int(usage.cpu_usec as i64);
            reply.bulk_str("network-bytes-in");
            reply.int(usage.network_bytes_in as i64);
            reply.bulk_str("network-bytes-out");
            reply.int(usage.network_bytes_out as i64);
        }
    }
    Ok(())
}

/// The counters of all cores for a slot, and its keys.
fn usage_of(core: &Core, slot: u16) -> SlotUsage {
    let mut usage =
        SlotUsage { key_count: keys_in_slot(core, slot) as u64, ..SlotUsage::default() };
    let mut ticks = 0;
    for counter in core.server.stats.iter().filter_map(|stats| stats.slots.get(slot)) {
        ticks += counter.ticks.get();
        usage.network_bytes_in += counter.bytes_in.get();
        usage.network_bytes_out += counter.bytes_out.get();
    }
    usage.cpu_usec = core.micros(ticks);
    usage
}

fn parse_slot_stats(args: &Args<'_>, costs: bool) -> Result<Wanted, CommandError> {
    if args.len() == 5 && args.is(2, "slotsrange") {
        let (first, last) = (slot_arg(args, 3)?, slot_arg(args, 4)?);
        if first > last {
            return Err(CommandError::text(format!(
                "Start slot number {first} is greater than end slot number {last}"
            )));
        }
        return Ok(Wanted::Range(first, last));
    }
    if !args.is(2, "orderby") {
        return Err(syntax_error(args));
    }
    let by = Metric::parse(args.at(3), costs)
        .ok_or(CommandError::err("Unrecognized sort metric for ORDERBY."))?;
    let (mut limit, mut descending) = (None, None);
    let mut index = 4;
    while index < args.len() {
        let again = if args.is(index, "limit") && index + 1 < args.len() {
            index += 1;
            let value = parse_i64(args.at(index)).filter(|limit| (1..=16384).contains(limit));
            let value = value.ok_or(CommandError::err(
                "Limit has to lie in between 1 and 16384 (maximum number of slots).",
            ))?;
            limit.replace(value as usize).is_some()
        } else if args.is(index, "asc") {
            descending.replace(false).is_some()
        } else if args.is(index, "desc") {
            descending.replace(true).is_some()
        } else {
            return Err(CommandError::Syntax);
        };
        if again {
            return Err(CommandError::err("Multiple filters of the same type are disallowed."));
        }
        index += 1;
    }
    let (limit, descending) = (limit.unwrap_or(SLOTS.into()), descending.unwrap_or(true));
    Ok(Wanted::Order { by, limit, descending })
}
