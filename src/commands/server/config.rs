//! CONFIG: reading and changing the configuration.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::config::{ProtectedAction, SetContext, SetError};
use crate::protocol::Args;

static CONFIG: CommandSpec = CommandSpec {
    name: "config",
    summary: "Groups the commands about the configuration.",
    since: "2.0.0",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[&CONFIG_GET, &CONFIG_HELP, &CONFIG_RESETSTAT, &CONFIG_REWRITE, &CONFIG_SET],
    ..CommandSpec::DEFAULT
};

static CONFIG_GET: CommandSpec = CommandSpec {
    name: "get",
    summary: "Answers the values of the directives that match.",
    since: "2.0.0",
    complexity: "O(N) when N is the number of configuration parameters provided",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("parameter").multiple()],
    history: &[("7.0.0", "Takes several patterns.")],
    run: Run::Local(config_get),
    ..CommandSpec::DEFAULT
};

static CONFIG_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "5.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(config_help),
    ..CommandSpec::DEFAULT
};

static CONFIG_RESETSTAT: CommandSpec = CommandSpec {
    name: "resetstat",
    summary: "Sets the statistics back to zero.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(config_resetstat),
    ..CommandSpec::DEFAULT
};

static CONFIG_REWRITE: CommandSpec = CommandSpec {
    name: "rewrite",
    summary: "Writes the running values into the configuration file.",
    since: "2.8.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: Run::Local(config_rewrite),
    ..CommandSpec::DEFAULT
};

static CONFIG_SET: CommandSpec = CommandSpec {
    name: "set",
    summary: "Changes directives, all or none.",
    since: "2.0.0",
    complexity: "O(N) when N is the number of configuration parameters provided",
    group: Group::Server,
    arity: Arity::AtLeast(4),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::block("data", &[Arg::string("parameter"), Arg::string("value")]).multiple()],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    history: &[("7.0.0", "Sets several directives at once.")],
    run: Run::Local(config_set),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&CONFIG];

fn config_get(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let patterns: Vec<&[u8]> = args.from(2).iter().collect();
    let found = cx.server.config.get(&patterns);
    cx.reply.map(found.len());
    for (name, value) in found {
        cx.reply.bulk(&name);
        cx.reply.bulk(&value);
    }
    Ok(())
}

fn config_set(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let words: Vec<&[u8]> = args.from(2).iter().collect();
    let pairs: Vec<(&[u8], &[u8])> = words.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    let config = &cx.server.config;
    let protected: ProtectedAction = config.enable_protected_configs.get();
    let context = SetContext {
        protected_allowed: protected.allows(super::is_local(cx.client)),
        loading: false,
    };
    config.set(&pairs, context).map_err(|error| match error {
        SetError::Loading => {
            CommandError::Line("LOADING The server is loading the dataset in memory".to_owned())
        }
        other => CommandError::text(other.to_string()),
    })?;
    cx.server.apply_cluster_settings();
    cx.reply.ok();
    Ok(())
}

fn config_rewrite(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.server.config.rewrite().map_err(|error| CommandError::text(error.to_string()))?;
    tracing::info!("CONFIG REWRITE executed with success.");
    cx.reply.ok();
    Ok(())
}

fn config_resetstat(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    for stats in &cx.server.stats {
        stats.reset();
    }
    cx.server.overrun.reset();
    cx.server.lazy_free.reset_stats();
    cx.server.scripting.cache.reset_stats();
    cx.server.journal.reset(cx.server.accounting.used());
    if let Some(cluster) = &cx.server.cluster {
        cluster.with(|cluster, _| cluster.reset_stats());
    }
    cx.reply.ok();
    Ok(())
}

fn config_help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "CONFIG",
        &[
            "GET <pattern>",
            "    The values of the directives that match the glob-style <pattern>.",
            "SET <directive> <value>",
            "    Changes a directive.",
            "RESETSTAT",
            "    Sets the statistics reported by the INFO command back to zero.",
            "REWRITE",
            "    Writes the running values into the configuration file.",
        ],
    );
    Ok(())
}
