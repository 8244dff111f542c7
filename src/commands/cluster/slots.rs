//! CLUSTER subcommands that say who serves which slot.

use std::ops::RangeInclusive;

use super::{cluster, has_keys, keys_in_slot, slot_arg};
use crate::cluster::state::{AdminError, SetSlot};
use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::dispatch::Flow;
use crate::protocol::{Args, parse_i64};
use crate::shard::ShardSet;

pub(super) static CLUSTER_ADDSLOTS: CommandSpec = CommandSpec {
    name: "addslots",
    summary: "Takes unassigned slots for this node.",
    since: "3.0.0",
    complexity: "O(N) where N is the total number of hash slot arguments",
    group: Group::Cluster,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::integer("slot").multiple()],
    run: Run::Local(add_slots),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_ADDSLOTSRANGE: CommandSpec = CommandSpec {
    name: "addslotsrange",
    summary: "Takes unassigned ranges of slots for this node.",
    since: "7.0.0",
    complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
    group: Group::Cluster,
    arity: Arity::AtLeast(4),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::block("range", &[Arg::integer("start-slot"), Arg::integer("end-slot")]).multiple()],
    run: Run::Local(add_slots_range),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_DELSLOTS: CommandSpec = CommandSpec {
    name: "delslots",
    summary: "Forgets who serves slots.",
    since: "3.0.0",
    complexity: "O(N) where N is the total number of hash slot arguments",
    group: Group::Cluster,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::integer("slot").multiple()],
    run: Run::Local(del_slots),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_DELSLOTSRANGE: CommandSpec = CommandSpec {
    name: "delslotsrange",
    summary: "Forgets who serves ranges of slots.",
    since: "7.0.0",
    complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
    group: Group::Cluster,
    arity: Arity::AtLeast(4),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::block("range", &[Arg::integer("start-slot"), Arg::integer("end-slot")]).multiple()],
    run: Run::Local(del_slots_range),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_FLUSHSLOTS: CommandSpec = CommandSpec {
    name: "flushslots",
    summary: "Gives up all slots of this node.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    run: Run::Gated(flush_slots),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SETSLOT: CommandSpec = CommandSpec {
    name: "setslot",
    summary: "Opens, closes or assigns a slot.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::AtLeast(4),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[
        Arg::integer("slot"),
        Arg::one_of(
            "subcommand",
            &[
                Arg::string("importing").token("IMPORTING").display("node-id"),
                Arg::string("migrating").token("MIGRATING").display("node-id"),
                Arg::string("node").token("NODE").display("node-id"),
                Arg::word("stable", "STABLE"),
            ],
        ),
        Arg::integer("timeout").token("TIMEOUT").optional().since("8.0.0"),
    ],
    history: &[("8.0.0", "New option `TIMEOUT`.")],
    run: Run::Flow(set_slot),
    ..CommandSpec::DEFAULT
};

fn add_slots(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    change_slots(cx, &slots_of(args)?, None, true)
}

fn del_slots(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    change_slots(cx, &slots_of(args)?, None, false)
}

fn add_slots_range(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (slots, wrong) = ranges_of(args, "addslotsrange")?;
    change_slots(cx, &slots, wrong, true)
}

fn del_slots_range(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (slots, wrong) = ranges_of(args, "delslotsrange")?;
    change_slots(cx, &slots, wrong, false)
}

/// `wrong` is what is wrong with the arguments behind those slots: told if nothing is wrong with them.
fn change_slots(
    cx: &mut Cx<'_>,
    slots: &[u16],
    wrong: Option<CommandError>,
    add: bool,
) -> CommandResult {
    cluster(cx.server)?.with(|cluster, _| {
        let all = slots.iter().copied();
        match wrong {
            Some(wrong) => {
                if add {
                    cluster.check_takeable(all)?;
                } else {
                    cluster.check_droppable(all)?;
                }
                Err(wrong)
            }
            None if add => Ok(cluster.take_slots(all)?),
            None => Ok(cluster.drop_slots(all)?),
        }
    })?;
    for core in &cx.server.stats {
        slots.iter().for_each(|slot| core.slots.reset_slot(*slot));
    }
    cx.reply.ok();
    Ok(())
}

fn slots_of(args: &Args<'_>) -> Result<Vec<u16>, CommandError> {
    (2..args.len()).map(|index| slot_arg(args, index)).collect()
}

/// The slots of the ranges up to the first that is none, and what is wrong with that: Valkey looks at
/// the slots of a range before it reads the next.
fn ranges_of(
    args: &Args<'_>,
    name: &str,
) -> Result<(Vec<u16>, Option<CommandError>), CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(format!("cluster|{name}")));
    }
    let mut slots = Vec::new();
    for index in (2..args.len()).step_by(2) {
        match range_arg(args, index) {
            Ok(range) => slots.extend(range),
            Err(wrong) => return Ok((slots, Some(wrong))),
        }
    }
    Ok((slots, None))
}

fn range_arg(args: &Args<'_>, index: usize) -> Result<RangeInclusive<u16>, CommandError> {
    let (first, last) = (slot_arg(args, index)?, slot_arg(args, index + 1)?);
    if first > last {
        return Err(CommandError::text(format!(
            "start slot number {first} is greater than end slot number {last}"
        )));
    }
    Ok(first..=last)
}

fn flush_slots(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let cluster = cluster(cx.server)?;
    let has_keys = has_keys(cx);
    cluster.with(|cluster, _| cluster.flush_slots(has_keys))?;
    cx.reply.ok();
    Ok(())
}

/// The shard of the slot is held, so that no key comes in between the count and the assignment.
fn set_slot(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let server = flow.core.server.clone();
    let cluster = cluster(&server)?;
    if cluster.with(|cluster, _| cluster.myself().is_replica()) {
        return Err(AdminError::SetSlotOnReplica.into());
    }
    let slot = slot_arg(args, 2)?;
    let (order, options) = match args.get(4) {
        Some(id) if args.is(3, "migrating") => (SetSlot::Migrating(id), 5),
        Some(id) if args.is(3, "importing") => (SetSlot::Importing(id), 5),
        Some(id) if args.is(3, "node") => (SetSlot::Node(id), 5),
        _ if args.is(3, "stable") => (SetSlot::Stable, 4),
        _ => {
            return Err(CommandError::err(
                "Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP",
            ));
        }
    };
    check_timeout(args, options)?;
    let mut shard = ShardSet::EMPTY;
    shard.insert(server.store.shards.of_slot(slot));
    flow.with_shards(&shard, |core, _, _| {
        let keys = keys_in_slot(core, slot);
        cluster.with(|cluster, _| cluster.set_slot(slot, order, keys))
    })??;
    flow.reply().ok();
    Ok(())
}

/// TIMEOUT bounds how long replicas are waited for; without replicas there is nothing to wait for,
/// but it has to be a timeout.
fn check_timeout(args: &Args<'_>, options: usize) -> Result<(), CommandError> {
    for index in (options..args.len()).filter(|index| args.is(*index, "timeout")) {
        let value = args.get(index + 1).ok_or(CommandError::err("Missing timeout value"))?;
        match parse_i64(value) {
            None => {
                return Err(CommandError::err("timeout is not an integer or out of range"));
            }
            Some(..0) => return Err(CommandError::err("timeout is negative")),
            Some(_) => {}
        }
    }
    Ok(())
}
