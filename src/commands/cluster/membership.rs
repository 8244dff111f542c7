//! CLUSTER subcommands about nodes: MEET, FORGET, RESET, REPLICATE, FAILOVER, the config epoch.

use std::net::IpAddr;

use super::{cluster, has_keys, syntax_error};
use crate::cluster::settings::BUS_PORT_OFFSET;
use crate::cluster::state::AdminError;
use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run, int_arg,
};
use crate::protocol::{Args, parse_i64};

pub(super) static CLUSTER_MEET: CommandSpec = CommandSpec {
    name: "meet",
    summary: "Makes acquaintance with another node.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::AtLeast(4),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[
        Arg::string("ip"),
        Arg::integer("port"),
        Arg::integer("cluster-bus-port").optional().since("4.0.0"),
    ],
    history: &[("4.0.0", "The port of the cluster bus can be given.")],
    run: Run::Local(meet),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_FORGET: CommandSpec = CommandSpec {
    name: "forget",
    summary: "Removes a node from this node's view.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::string("node-id")],
    run: Run::Local(forget),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_RESET: CommandSpec = CommandSpec {
    name: "reset",
    summary: "Makes a fresh node of this one.",
    since: "3.0.0",
    complexity: "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
    group: Group::Cluster,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::STALE),
    args: &[Arg::one_of("reset-type", &[Arg::word("hard", "HARD"), Arg::word("soft", "SOFT")])
        .optional()],
    run: Run::Gated(reset),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_REPLICATE: CommandSpec = CommandSpec {
    name: "replicate",
    summary: "Makes this node a replica of another, or of none.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::one_of(
        "args",
        &[
            Arg::string("node-id"),
            Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]).since("9.0.0"),
        ],
    )],
    history: &[("9.0.0", "`NO ONE` takes a replica away from its primary.")],
    run: Run::Gated(replicate),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_FAILOVER: CommandSpec = CommandSpec {
    name: "failover",
    summary: "Makes a replica take over from its primary.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::one_of(
        "options",
        &[Arg::word("force", "FORCE"), Arg::word("takeover", "TAKEOVER")],
    )
    .optional()],
    run: Run::Local(failover),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SET_CONFIG_EPOCH: CommandSpec = CommandSpec {
    name: "set-config-epoch",
    summary: "Sets the config epoch of a fresh node.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::integer("config-epoch")],
    run: Run::Local(set_config_epoch),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_BUMPEPOCH: CommandSpec = CommandSpec {
    name: "bumpepoch",
    summary: "Gives this node a newer config epoch than all others.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    tips: &["nondeterministic_output"],
    run: Run::Local(bump_epoch),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_SAVECONFIG: CommandSpec = CommandSpec {
    name: "saveconfig",
    summary: "Writes the cluster configuration to disk.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::STALE).or(Flags::NO_ASYNC_LOADING),
    run: Run::Local(save_config),
    ..CommandSpec::DEFAULT
};

pub(super) static CLUSTER_COUNT_FAILURE_REPORTS: CommandSpec = CommandSpec {
    name: "count-failure-reports",
    summary: "Counts the nodes that hold a node for failing.",
    since: "3.0.0",
    complexity: "O(N) where N is the number of failure reports",
    group: Group::Cluster,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::STALE),
    args: &[Arg::string("node-id")],
    tips: &["nondeterministic_output"],
    history: &[("9.0.0", "Reports about a node that has failed already are not counted.")],
    run: Run::Local(count_failure_reports),
    ..CommandSpec::DEFAULT
};

fn meet(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cluster = cluster(cx.server)?;
    if args.len() > 5 {
        return Err(syntax_error(args));
    }
    let text = |index: usize| String::from_utf8_lossy(args.at(index)).into_owned();
    let number = |index: usize, what: &str| {
        let refused =
            || CommandError::text(format!("Invalid {what} port specified: {}", text(index)));
        parse_i64(args.at(index)).ok_or_else(refused)
    };
    let in_range = |port: i64| u16::try_from(port).ok().filter(|port| *port > 0);
    let given = number(3, "base")?;
    let port = in_range(given).ok_or(CommandError::err("Port number is out of range"))?;
    let bus_port = match args.get(4) {
        Some(_) => number(4, "bus")?,
        None => given + i64::from(BUS_PORT_OFFSET),
    };
    let bus_port =
        in_range(bus_port).ok_or(CommandError::err("Cluster bus port number is out of range"))?;
    let ip: IpAddr = text(2).parse().map_err(|_| {
        CommandError::text(format!("Invalid node address specified: {}:{}", text(2), text(3)))
    })?;
    tracing::info!("Cluster meet {ip}:{port} (user request from '{}').", cx.client.info.addr);
    cluster.with(|cluster, now| cluster.meet(now, ip, port, bus_port));
    cx.reply.ok();
    Ok(())
}

fn forget(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    cluster(cx.server)?.with(|cluster, now| cluster.forget(now, args.at(2)))?;
    cx.reply.ok();
    Ok(())
}

fn reset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cluster = cluster(cx.server)?;
    let hard = match args.get(2) {
        None => false,
        Some(_) if args.len() > 3 => return Err(syntax_error(args)),
        Some(_) if args.is(2, "hard") => true,
        Some(_) if args.is(2, "soft") => false,
        Some(_) => return Err(CommandError::Syntax),
    };
    let has_keys = has_keys(cx);
    cluster.with(|cluster, now| cluster.reset(now, hard, has_keys))?;
    cx.reply.ok();
    Ok(())
}

fn replicate(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cluster = cluster(cx.server)?;
    if args.len() > 3 {
        let no_one = args.len() == 4 && args.is(2, "no") && args.is(3, "one");
        if !no_one {
            return Err(syntax_error(args));
        }
        cluster.with(|cluster, _| cluster.replicate_no_one());
        cx.reply.ok();
        return Ok(());
    }
    let has_keys = has_keys(cx);
    cluster.with(|cluster, _| cluster.replicate(args.at(2), has_keys))?;
    cx.reply.ok();
    Ok(())
}

fn failover(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cluster = cluster(cx.server)?;
    if (2..args.len()).any(|index| !args.is(index, "force") && !args.is(index, "takeover")) {
        return Err(CommandError::Syntax);
    }
    cluster.with(|cluster, _| cluster.fail_over())?;
    cx.reply.ok();
    Ok(())
}

fn set_config_epoch(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cluster = cluster(cx.server)?;
    let epoch = int_arg(args, 2)?;
    cluster.with(|cluster, _| cluster.set_config_epoch(epoch))?;
    cx.reply.ok();
    Ok(())
}

fn bump_epoch(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let (epoch, bumped) = cluster(cx.server)?.with(|cluster, _| cluster.bump_epoch_by_order());
    let word = if bumped { "BUMPED" } else { "STILL" };
    cx.reply.simple(&format!("{word} {epoch}"));
    Ok(())
}

fn save_config(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    // The one command that waits for the disk: that is what was asked for.
    cluster(cx.server)?.save(true).map_err(|error| {
        CommandError::text(format!("error saving the cluster node config: {error}"))
    })?;
    cx.reply.ok();
    Ok(())
}

fn count_failure_reports(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let count = cluster(cx.server)?.with(|cluster, now| {
        let key = cluster.find_named(args.at(2))?;
        Ok::<_, AdminError>(cluster.failure_reports(now, key))
    })?;
    cx.reply.len_int(count);
    Ok(())
}
