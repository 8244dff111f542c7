//! COMMAND DOCS.

use super::super::reply::{find, flag_set};
use crate::commands::{Arg, ArgKind, Command, CommandResult, CommandTable, Cx};
use crate::protocol::{Args, Reply};

/// The documentation of the commands named, without those that are none; of all if none is named.
pub(super) fn docs(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let table = CommandTable::get();
    let wanted: Vec<&Command> = match args.len() {
        2 => table.commands().collect(),
        _ => args.from(2).iter().filter_map(find).collect(),
    };
    cx.reply.map(wanted.len());
    for command in wanted {
        write_docs(&mut cx.reply, command);
    }
    Ok(())
}

fn write_docs(reply: &mut Reply<'_>, command: &Command) {
    let spec = command.spec;
    reply.bulk_str(&command.full_name);
    let mark = reply.begin();
    let mut fields = 0;
    let mut text = |reply: &mut Reply<'_>, name: &str, value: &str| {
        reply.bulk_str(name);
        reply.bulk_str(value);
        fields += 1;
    };
    text(reply, "summary", spec.summary);
    text(reply, "since", spec.since);
    text(reply, "group", spec.group.name());
    if !spec.complexity.is_empty() {
        text(reply, "complexity", spec.complexity);
    }
    let flags = [(spec.deprecated_since.is_some(), "deprecated"), (spec.is_system, "syscmd")];
    if flags.iter().any(|(on, _)| *on) {
        reply.bulk_str("doc_flags");
        flag_set(reply, flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name));
        fields += 1;
    }
    let mut text = |reply: &mut Reply<'_>, name: &str, value: Option<&str>| {
        if let Some(value) = value {
            reply.bulk_str(name);
            reply.bulk_str(value);
            fields += 1;
        }
    };
    text(reply, "deprecated_since", spec.deprecated_since);
    text(reply, "replaced_by", spec.replaced_by);
    if !spec.history.is_empty() {
        reply.bulk_str("history");
        reply.set(spec.history.len());
        for (version, change) in spec.history {
            reply.array(2);
            reply.bulk_str(version);
            reply.bulk_str(change);
        }
        fields += 1;
    }
    if !spec.args.is_empty() {
        reply.bulk_str("arguments");
        write_args(reply, spec.args);
        fields += 1;
    }
    if command.has_subcommands() {
        reply.bulk_str("subcommands");
        reply.map(spec.subcommands.len());
        for sub in CommandTable::get().subcommands(command) {
            write_docs(reply, sub);
        }
        fields += 1;
    }
    reply.end_map(mark, fields);
}

fn write_args(reply: &mut Reply<'_>, args: &[Arg]) {
    reply.array(args.len());
    for arg in args {
        write_arg(reply, arg);
    }
}

fn write_arg(reply: &mut Reply<'_>, arg: &Arg) {
    let mark = reply.begin();
    let mut fields = 0;
    let mut text = |reply: &mut Reply<'_>, name: &str, value: Option<&str>| {
        if let Some(value) = value {
            reply.bulk_str(name);
            reply.bulk_str(value);
            fields += 1;
        }
    };
    let is_group = matches!(arg.kind, ArgKind::OneOf | ArgKind::Block);
    text(reply, "name", Some(arg.name));
    text(reply, "type", Some(arg.kind.name()));
    text(reply, "display_text", arg.display.or((!is_group).then_some(arg.name)));
    if let Some(key_spec) = arg.key_spec {
        reply.bulk_str("key_spec_index");
        reply.int(key_spec as i64);
        fields += 1;
    }
    let mut text = |reply: &mut Reply<'_>, name: &str, value: Option<&str>| {
        if let Some(value) = value {
            reply.bulk_str(name);
            reply.bulk_str(value);
            fields += 1;
        }
    };
    text(reply, "token", arg.token);
    text(reply, "summary", arg.summary);
    text(reply, "since", arg.since);
    text(reply, "deprecated_since", arg.deprecated_since);
    let flags = [
        (arg.optional, "optional"),
        (arg.multiple, "multiple"),
        (arg.multiple_token, "multiple_token"),
    ];
    if flags.iter().any(|(on, _)| *on) {
        reply.bulk_str("flags");
        flag_set(reply, flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name));
        fields += 1;
    }
    if !arg.args.is_empty() {
        reply.bulk_str("arguments");
        write_args(reply, arg.args);
        fields += 1;
    }
    reply.end_map(mark, fields);
}
