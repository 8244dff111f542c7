//! PUBLISH, SPUBLISH and PUBSUB.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::keyspace::key_slot;
use crate::protocol::{Args, OwnedArgs, shown};
use crate::pubsub::Space;

static PUBLISH: CommandSpec = CommandSpec {
    name: "publish",
    summary: "Sends a message to a channel.",
    since: "2.0.0",
    complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
    group: Group::Pubsub,
    arity: Arity::Exactly(3),
    flags: Flags::PUBSUB
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::MAY_REPLICATE),
    args: &[Arg::string("channel"), Arg::string("message")],
    run: Run::Local(publish),
    ..CommandSpec::DEFAULT
};

static PUBSUB: CommandSpec = CommandSpec {
    name: "pubsub",
    summary: "Tells about channels and their listeners.",
    since: "2.8.0",
    complexity: "Depends on subcommand.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    subcommands: &[
        &PUBSUB_CHANNELS,
        &PUBSUB_HELP,
        &PUBSUB_NUMPAT,
        &PUBSUB_NUMSUB,
        &PUBSUB_SHARDCHANNELS,
        &PUBSUB_SHARDNUMSUB,
    ],
    run: Run::Container,
    ..CommandSpec::DEFAULT
};

static PUBSUB_CHANNELS: CommandSpec = CommandSpec {
    name: "channels",
    summary: "Lists channels with listeners.",
    since: "2.8.0",
    complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::pattern("pattern").optional()],
    run: Run::Local(pubsub_channels),
    ..CommandSpec::DEFAULT
};

static PUBSUB_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Describes the subcommands.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::Pubsub,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(pubsub_help),
    ..CommandSpec::DEFAULT
};

static PUBSUB_NUMPAT: CommandSpec = CommandSpec {
    name: "numpat",
    summary: "Counts the patterns that clients listen to.",
    since: "2.8.0",
    complexity: "O(1)",
    group: Group::Pubsub,
    arity: Arity::Exactly(2),
    flags: Flags::PUBSUB.or(Flags::LOADING).or(Flags::STALE),
    run: Run::Local(pubsub_numpat),
    ..CommandSpec::DEFAULT
};

static PUBSUB_NUMSUB: CommandSpec = CommandSpec {
    name: "numsub",
    summary: "Counts the listeners of channels.",
    since: "2.8.0",
    complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("channel").optional().multiple()],
    run: Run::Local(pubsub_numsub),
    ..CommandSpec::DEFAULT
};

static PUBSUB_SHARDCHANNELS: CommandSpec = CommandSpec {
    name: "shardchannels",
    summary: "Lists shard channels with listeners.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::pattern("pattern").optional()],
    run: Run::Local(pubsub_shardchannels),
    ..CommandSpec::DEFAULT
};

static PUBSUB_SHARDNUMSUB: CommandSpec = CommandSpec {
    name: "shardnumsub",
    summary: "Counts the listeners of shard channels.",
    since: "7.0.0",
    complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("shardchannel").optional().multiple()],
    run: Run::Local(pubsub_shardnumsub),
    ..CommandSpec::DEFAULT
};

static SPUBLISH: CommandSpec = CommandSpec {
    name: "spublish",
    summary: "Sends a message to a shard channel.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
    group: Group::Pubsub,
    arity: Arity::Exactly(3),
    flags: Flags::PUBSUB
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::MAY_REPLICATE),
    keys: &[KeySpec::at(1).with(KeyFlags::NOT_KEY)],
    args: &[Arg::string("shardchannel"), Arg::string("message")],
    run: Run::Local(spublish),
    ..CommandSpec::DEFAULT
};
fn publish(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    send(cx, args, false)
}

fn spublish(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    send(cx, args, true)
}

fn send(cx: &mut Cx<'_>, args: &Args<'_>, shard: bool) -> CommandResult {
    let server = cx.server;
    if let Some(cluster) = &server.cluster {
        cluster.with(|cluster, _| cluster.publish(shard, args.at(1), args.at(2)));
    }
    let receivers = server.pubsub.publish(shard, args.at(1), args.at(2), |core, message| {
        server.post(core, message);
    });
    if shard && receivers > 0 && server.config.cluster_slot_stats_enabled.get() {
        let message = OwnedArgs::of([b"smessage".as_slice(), args.at(1), args.at(2)]);
        let bytes = message.view().wire_bytes() * receivers as u64;
        server.stats[cx.core].slots.add(key_slot(args.at(1)), 0, 0, bytes);
    }
    cx.reply.len_int(receivers);
    Ok(())
}

fn pubsub_channels(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    names(cx, args, Space::Channel)
}

fn pubsub_shardchannels(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    names(cx, args, Space::Shard)
}

fn names(cx: &mut Cx<'_>, args: &Args<'_>, space: Space) -> CommandResult {
    if args.len() > 3 {
        return Err(CommandError::text(format!(
            "unknown subcommand or wrong number of arguments for '{}'. Try PUBSUB HELP.",
            shown(args.at(1))
        )));
    }
    let found = cx.server.pubsub.names(space, args.get(2));
    cx.reply.array(found.len());
    for name in found {
        cx.reply.bulk(&name);
    }
    Ok(())
}

fn pubsub_numpat(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.len_int(cx.server.pubsub.count(Space::Pattern));
    Ok(())
}

fn pubsub_numsub(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    counts(cx, args, Space::Channel)
}

fn pubsub_shardnumsub(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    counts(cx, args, Space::Shard)
}

fn counts(cx: &mut Cx<'_>, args: &Args<'_>, space: Space) -> CommandResult {
    cx.reply.array((args.len() - 2) * 2);
    for name in args.from(2).iter() {
        cx.reply.bulk(name);
        cx.reply.len_int(cx.server.pubsub.listeners_of(space, name));
    }
    Ok(())
}

fn pubsub_help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.help(&[
        "PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CHANNELS [<pattern>]",
        "    List the channels that have listeners and match <pattern> (default: '*').",
        "NUMPAT",
        "    Count the patterns that clients listen to.",
        "NUMSUB [<channel> ...]",
        "    Count the listeners of each channel, those by pattern left out",
        "    (default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    List the shard channels that have listeners and match <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Count the listeners of each shard channel (default: no channels).",
        "HELP",
        "    Print this help.",
    ]);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&PUBLISH, &PUBSUB, &SPUBLISH];
