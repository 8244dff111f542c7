//! COMMAND and its subcommands: everything that the declarations of commands tell.

mod docs;
mod entry;
mod keys;
mod list;

use crate::commands::{Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, Run};
use crate::protocol::Args;

static COMMAND: CommandSpec = CommandSpec {
    name: "command",
    summary: "Describes all commands.",
    since: "2.8.13",
    complexity: "O(N) where N is the total number of commands",
    group: Group::Server,
    arity: Arity::AtLeast(1),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    tips: &["nondeterministic_output_order"],
    subcommands: &[
        &COMMAND_COUNT,
        &COMMAND_DOCS,
        &COMMAND_GETKEYS,
        &COMMAND_GETKEYSANDFLAGS,
        &COMMAND_HELP,
        &COMMAND_INFO,
        &COMMAND_LIST,
    ],
    run: Run::Local(entry::all),
    ..CommandSpec::DEFAULT
};

static COMMAND_COUNT: CommandSpec = CommandSpec {
    name: "count",
    summary: "Answers how many commands there are.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    run: Run::Local(list::count),
    ..CommandSpec::DEFAULT
};

static COMMAND_DOCS: CommandSpec = CommandSpec {
    name: "docs",
    summary: "Answers the documentation of commands.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of commands to look up",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::string("command-name").optional().multiple()],
    tips: &["nondeterministic_output_order"],
    run: Run::Local(docs::docs),
    ..CommandSpec::DEFAULT
};

static COMMAND_GETKEYS: CommandSpec = CommandSpec {
    name: "getkeys",
    summary: "Answers which arguments of a command line are keys.",
    since: "2.8.13",
    complexity: "O(N) where N is the number of arguments to the command",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::string("command"), Arg::string("arg").optional().multiple()],
    run: Run::Local(keys::get_keys),
    ..CommandSpec::DEFAULT
};

static COMMAND_GETKEYSANDFLAGS: CommandSpec = CommandSpec {
    name: "getkeysandflags",
    summary: "Answers which arguments of a command line are keys, and what is done to them.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of arguments to the command",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::string("command"), Arg::string("arg").optional().multiple()],
    run: Run::Local(keys::get_keys_and_flags),
    ..CommandSpec::DEFAULT
};

static COMMAND_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "5.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static COMMAND_INFO: CommandSpec = CommandSpec {
    name: "info",
    summary: "Describes some commands, or all.",
    since: "2.8.13",
    complexity: "O(N) where N is the number of commands to look up",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::string("command-name").optional().multiple()],
    tips: &["nondeterministic_output_order"],
    history: &[("7.0.0", "Without names, all commands are described.")],
    run: Run::Local(entry::info),
    ..CommandSpec::DEFAULT
};

static COMMAND_LIST: CommandSpec = CommandSpec {
    name: "list",
    summary: "Answers the names of commands, filtered if wished.",
    since: "7.0.0",
    complexity: "O(N) where N is the total number of commands",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "filterby",
        &[
            Arg::string("module-name").token("MODULE"),
            Arg::string("category").token("ACLCAT"),
            Arg::pattern("pattern").token("PATTERN"),
        ],
    )
    .token("FILTERBY")
    .optional()],
    tips: &["nondeterministic_output_order"],
    run: Run::Local(list::list),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&COMMAND];

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "COMMAND",
        &[
            "(no subcommand)",
            "    Details of all commands.",
            "COUNT",
            "    How many commands there are.",
            "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
            "    The names of all commands, or of those that pass the filter.",
            "INFO [<command-name> ...]",
            "    Details of these commands, or of all.",
            "DOCS [<command-name> ...]",
            "    Documentation of these commands, or of all.",
            "GETKEYS <full-command>",
            "    The keys in a whole command line.",
            "GETKEYSANDFLAGS <full-command>",
            "    The keys in a whole command line, and what is done to them.",
        ],
    );
    Ok(())
}
