//! MODULE: there are none, and none can be loaded, which is what these commands answer.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::protocol::Args;

static MODULE: CommandSpec = CommandSpec {
    name: "module",
    summary: "Commands about modules.",
    since: "4.0.0",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[&HELP, &LIST, &LOAD, &LOADEX, &UNLOAD],
    ..CommandSpec::DEFAULT
};

static HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Describes the subcommands.",
    since: "5.0.0",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static LIST: CommandSpec = CommandSpec {
    name: "list",
    summary: "Lists the modules that are loaded.",
    since: "4.0.0",
    complexity: "O(N) where N is the number of loaded modules.",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT),
    tips: &["nondeterministic_output_order"],
    run: Run::Local(list),
    ..CommandSpec::DEFAULT
};

static LOAD: CommandSpec = CommandSpec {
    name: "load",
    summary: "Loads a module.",
    since: "4.0.0",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::string("path"), Arg::string("arg").optional().multiple()],
    run: Run::Local(load),
    ..CommandSpec::DEFAULT
};

static LOADEX: CommandSpec = CommandSpec {
    name: "loadex",
    summary: "Loads a module and sets its directives.",
    since: "7.0.0",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::NO_ASYNC_LOADING),
    args: &[
        Arg::string("path"),
        Arg::block("configs", &[Arg::string("name"), Arg::string("value")])
            .token("CONFIG")
            .optional()
            .multiple()
            .multiple_token(),
        Arg::string("args").token("ARGS").optional().multiple(),
    ],
    run: Run::Local(load),
    ..CommandSpec::DEFAULT
};

static UNLOAD: CommandSpec = CommandSpec {
    name: "unload",
    summary: "Unloads a module.",
    since: "4.0.0",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::string("name")],
    run: Run::Local(unload),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&MODULE];

/// `enable-module-command` is looked at first, as with the peers.
fn check_allowed(cx: &Cx<'_>) -> CommandResult {
    if cx.server.config.enable_module_command.get().allows(super::is_local(cx.client)) {
        return Ok(());
    }
    Err(CommandError::err(
        "MODULE command not allowed. If the enable-module-command option is set to \"local\", you \
         can run it from a local connection, otherwise you need to set this option in the \
         configuration file, and then restart the server.",
    ))
}

fn list(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.array(0);
    Ok(())
}

fn load(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    check_allowed(cx)?;
    tracing::warn!(
        "Module {} failed to load: this server has no interface for modules",
        String::from_utf8_lossy(args.at(2))
    );
    Err(CommandError::err("Error loading the extension. Please check the server logs."))
}

fn unload(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    check_allowed(cx)?;
    Err(CommandError::err("Error unloading module: no such module with that name"))
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "MODULE",
        &[
            "LIST",
            "    List the modules that are loaded.",
            "LOAD <path> [<arg> ...]",
            "    Load a module.",
            "LOADEX <path> [CONFIG <name> <value> ...] [ARGS <arg> ...]",
            "    Load a module and set its directives.",
            "UNLOAD <name>",
            "    Unload a module.",
        ],
    );
    Ok(())
}
