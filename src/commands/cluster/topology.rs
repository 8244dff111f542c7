//! CLUSTER subcommands that show the cluster.

use super::{cluster, viewer};
use crate::cluster::describe::{self, LinkInfo, Shard, ShardNode, SlotNode};
use crate::cluster::state::AdminError;
use crate::commands::{Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, Run};
use crate::protocol::{Args, Reply};

pub(super) static CLUSTER_INFO: CommandSpec = CommandSpec {
    name: "info",
    summary: "Shows the state of the cluster.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    tips: &["nondeterministic_output"],
    run: Run::Local(info),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_NODES: CommandSpec = CommandSpec {
    name: "nodes",
    summary: "Lists the nodes as this one knows them.",
    since: "3.0.0",
    complexity: "O(N) where N is the total number of Cluster nodes",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    tips: &["nondeterministic_output"],
    run: Run::Local(nodes),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SLOTS: CommandSpec = CommandSpec {
    name: "slots",
    summary: "Lists ranges of slots with their nodes.",
    since: "3.0.0",
    complexity: "O(N) where N is the total number of Cluster nodes",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    tips: &["nondeterministic_output"],
    history: &[
        ("4.0.0", "Nodes come with their ids."),
        ("7.0.0", "Nodes come with a map of further addresses."),
        ("9.1.0", "That map has the `availability-zone`."),
    ],
    run: Run::Local(slots),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SHARDS: CommandSpec = CommandSpec {
    name: "shards",
    summary: "Lists shards with their slots and nodes.",
    since: "7.0.0",
    complexity: "O(N) where N is the total number of cluster nodes",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    tips: &["nondeterministic_output"],
    history: &[("9.1.0", "Shards have an `id`, nodes an `availability-zone`.")],
    run: Run::Local(shards),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_LINKS: CommandSpec = CommandSpec {
    name: "links",
    summary: "Lists the connections of the bus.",
    since: "7.0.0",
    complexity: "O(N) where N is the total number of Cluster nodes",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::STALE,
    tips: &["nondeterministic_output"],
    run: Run::Local(links),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_REPLICAS: CommandSpec = CommandSpec {
    name: "replicas",
    summary: "Lists the replicas of a primary.",
    since: "5.0.0",
    complexity: "O(N) where N is the number of replicas.",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::STALE),
    args: &[Arg::string("node-id")],
    tips: &["nondeterministic_output"],
    run: Run::Local(replicas),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SLAVES: CommandSpec = CommandSpec {
    name: "slaves",
    summary: "Lists the replicas of a primary.",
    since: "3.0.0",
    complexity: "O(N) where N is the number of replicas.",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::STALE),
    args: &[Arg::string("node-id")],
    tips: &["nondeterministic_output"],
    deprecated_since: Some("5.0.0"),
    replaced_by: Some("`CLUSTER REPLICAS`"),
    run: Run::Local(replicas),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_MYID: CommandSpec = CommandSpec {
    name: "myid",
    summary: "Tells the id of this node.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(my_id),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_MYSHARDID: CommandSpec = CommandSpec {
    name: "myshardid",
    summary: "Tells the id of this node's shard.",
    since: "7.2.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    tips: &["nondeterministic_output"],
    run: Run::Local(my_shard_id),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "5.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

pub(super) fn info_text(cluster: &crate::cluster::ClusterHandle) -> String {
    cluster.with(|cluster, _| describe::info(cluster))
}

fn info(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let text = info_text(cluster(cx.server)?);
    cx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn nodes(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let viewer = viewer(cx.client);
    let text = cluster(cx.server)?.with(|cluster, _| describe::nodes(cluster, viewer));
    cx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn my_id(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let id = cluster(cx.server)?.with(|cluster, _| cluster.myself().id);
    cx.reply.bulk(id.as_bytes());
    Ok(())
}

fn my_shard_id(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let id = cluster(cx.server)?.with(|cluster, _| cluster.myself().shard);
    cx.reply.bulk(id.as_bytes());
    Ok(())
}

fn replicas(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let viewer = viewer(cx.client);
    let lines = cluster(cx.server)?.with(|cluster, _| {
        let replicas = cluster.replicas_of(args.at(2))?.iter();
        let lines: Vec<String> =
            replicas.map(|key| describe::node_line(cluster, *key, viewer)).collect();
        Ok::<_, AdminError>(lines)
    })?;
    cx.reply.array(lines.len());
    for line in lines {
        cx.reply.bulk_str(&line);
    }
    Ok(())
}

fn slots(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let viewer = viewer(cx.client);
    let ranges = cluster(cx.server)?.with(|cluster, _| describe::slots(cluster, viewer));
    cx.reply.array(ranges.len());
    for range in ranges {
        cx.reply.array(2 + range.nodes.len());
        cx.reply.int(range.first.into());
        cx.reply.int(range.last.into());
        for node in &range.nodes {
            slot_node(&mut cx.reply, node);
        }
    }
    Ok(())
}

fn slot_node(reply: &mut Reply<'_>, node: &SlotNode) {
    reply.array(4);
    match &node.host {
        Some(host) => reply.bulk_str(host),
        None => reply.null(),
    }
    reply.int(node.port.into());
    reply.bulk(node.id.as_bytes());
    reply.map(node.more.len());
    for (name, value) in &node.more {
        reply.bulk_str(name);
        reply.bulk_str(value);
    }
}

fn shards(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let viewer = viewer(cx.client);
    let shards = cluster(cx.server)?.with(|cluster, _| describe::shards(cluster, viewer));
    cx.reply.array(shards.len());
    for Shard { id, slots, nodes } in shards {
        cx.reply.map(3);
        cx.reply.bulk_str("slots");
        cx.reply.array(slots.len() * 2);
        for (first, last) in slots {
            cx.reply.int(first.into());
            cx.reply.int(last.into());
        }
        cx.reply.bulk_str("nodes");
        cx.reply.array(nodes.len());
        for node in &nodes {
            shard_node(&mut cx.reply, node);
        }
        cx.reply.bulk_str("id");
        cx.reply.bulk(id.as_bytes());
    }
    Ok(())
}

fn shard_node(reply: &mut Reply<'_>, node: &ShardNode) {
    let optional = [
        node.port.is_some(),
        node.tls_port.is_some(),
        node.hostname.is_some(),
        node.availability_zone.is_some(),
    ];
    reply.map(6 + optional.into_iter().filter(|there| *there).count());
    let text = |reply: &mut Reply<'_>, name: &str, value: &str| {
        reply.bulk_str(name);
        reply.bulk_str(value);
    };
    text(reply, "id", node.id.as_str());
    for (name, port) in [("port", node.port), ("tls-port", node.tls_port)] {
        if let Some(port) = port {
            reply.bulk_str(name);
            reply.int(port.into());
        }
    }
    text(reply, "ip", &node.ip);
    text(reply, "endpoint", &node.endpoint);
    if let Some(hostname) = &node.hostname {
        text(reply, "hostname", hostname);
    }
    text(reply, "role", node.role);
    reply.bulk_str("replication-offset");
    reply.int(node.replication_offset as i64);
    text(reply, "health", node.health);
    if let Some(zone) = &node.availability_zone {
        text(reply, "availability-zone", zone);
    }
}

fn links(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let links = cluster(cx.server)?.with(|cluster, _| describe::links(cluster));
    cx.reply.array(links.len());
    for LinkInfo { direction, node, created, events, buffered } in links {
        cx.reply.map(6);
        cx.reply.bulk_str("direction");
        cx.reply.bulk_str(direction);
        cx.reply.bulk_str("node");
        cx.reply.bulk(node.as_bytes());
        cx.reply.bulk_str("create-time");
        cx.reply.int(created as i64);
        cx.reply.bulk_str("events");
        cx.reply.bulk_str(events);
        cx.reply.bulk_str("send-buffer-allocated");
        cx.reply.len_int(buffered);
        cx.reply.bulk_str("send-buffer-used");
        cx.reply.len_int(buffered);
    }
    Ok(())
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cluster(cx.server)?;
    cx.reply.help(&[
        "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ADDSLOTS <slot> [<slot> ...]",
        "    Take unassigned slots for this node.",
        "ADDSLOTSRANGE <first slot> <last slot> [<first slot> <last slot> ...]",
        "    Take unassigned ranges of slots for this node.",
        "BUMPEPOCH",
        "    Give this node a newer config epoch than all others.",
        "COUNT-FAILURE-REPORTS <node-id>",
        "    Count the nodes that hold <node-id> for failing.",
        "COUNTKEYSINSLOT <slot>",
        "    Count the keys of <slot>.",
        "DELSLOTS <slot> [<slot> ...]",
        "    Forget who serves the slots.",
        "DELSLOTSRANGE <first slot> <last slot> [<first slot> <last slot> ...]",
        "    Forget who serves the ranges of slots.",
        "FAILOVER [FORCE|TAKEOVER]",
        "    Make this replica take over from its primary.",
        "FLUSHSLOT <slot> [ASYNC|SYNC]",
        "    Delete the keys of <slot>.",
        "FLUSHSLOTS",
        "    Give up all slots of this node.",
        "FORGET <node-id>",
        "    Remove a node from this node's view.",
        "GETKEYSINSLOT <slot> <count>",
        "    List up to <count> keys of <slot>.",
        "INFO",
        "    Show the state of the cluster.",
        "KEYSLOT <key>",
        "    Tell the slot of <key>.",
        "LINKS",
        "    List the connections of the bus.",
        "MEET <ip> <port> [<bus-port>]",
        "    Make acquaintance with another node.",
        "MYID",
        "    Tell the id of this node.",
        "MYSHARDID",
        "    Tell the id of this node's shard.",
        "NODES",
        "    List the nodes as this one knows them, a line each:",
        "    <id> <ip:port@bus-port[,hostname]> <flags> <primary> <pings> <pongs> <epoch> <link> <slot> ...",
        "REPLICAS <node-id>",
        "    List the replicas of <node-id>.",
        "REPLICATE (<node-id>|NO ONE)",
        "    Make this node a replica of <node-id>, or of none.",
        "RESET [HARD|SOFT]",
        "    Make a fresh node of this one (default: soft).",
        "SAVECONFIG",
        "    Write the cluster configuration to disk.",
        "SET-CONFIG-EPOCH <epoch>",
        "    Set the config epoch of a fresh node.",
        "SETSLOT <slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
        "    Open, close or assign <slot>.",
        "SHARDS",
        "    List shards with their slots and nodes.",
        "SLOT-STATS (SLOTSRANGE <first slot> <last slot>|ORDERBY <metric> [LIMIT <limit>] [ASC|DESC])",
        "    Show what slots of this shard cost.",
        "SLOTS",
        "    List ranges of slots with their nodes.",
        "HELP",
        "    Print this help.",
    ]);
    Ok(())
}
