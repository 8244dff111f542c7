//! COMMAND and COMMAND INFO: an array of ten elements for each command. Never more: clients take
//! entries apart by position.

use std::sync::OnceLock;

use super::super::reply::{find, flag_set};
use crate::commands::{Begin, Command, CommandResult, CommandTable, Cx, Find, KeySpec};
use crate::protocol::{Args, Reply, RespVersion};

/// COMMAND: every command.
pub(super) fn all(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    write_all(&mut cx.reply);
    Ok(())
}

/// COMMAND INFO: those named, null for what is none; every command if none is named.
pub(super) fn info(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() == 2 {
        write_all(&mut cx.reply);
        return Ok(());
    }
    cx.reply.array(args.len() - 2);
    for name in args.from(2).iter() {
        match find(name) {
            Some(command) => write_entry(&mut cx.reply, command),
            None => cx.reply.null(),
        }
    }
    Ok(())
}

/// The commands of a process do not change, and there are clients that ask for all of them before each
/// command: the reply is written once.
fn write_all(reply: &mut Reply<'_>) {
    static RESP2: OnceLock<Vec<u8>> = OnceLock::new();
    static RESP3: OnceLock<Vec<u8>> = OnceLock::new();
    let version = reply.version();
    let written = match version {
        RespVersion::Resp2 => &RESP2,
        RespVersion::Resp3 => &RESP3,
    };
    reply.raw(written.get_or_init(|| {
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, version);
        let table = CommandTable::get();
        reply.array(table.commands().count());
        table.commands().for_each(|command| write_entry(&mut reply, command));
        out.shrink_to_fit();
        out
    }));
}

fn write_entry(reply: &mut Reply<'_>, command: &Command) {
    let spec = command.spec;
    let (first, last, step) = spec.key_range();
    reply.array(10);
    reply.bulk_str(&command.full_name);
    reply.int(spec.arity.number());
    flag_set(reply, command.flags.names());
    reply.int(first);
    reply.int(last);
    reply.int(step);
    let categories: Vec<String> =
        spec.acl_categories().names().map(|name| format!("@{name}")).collect();
    flag_set(reply, categories.iter().map(String::as_str));
    reply.set(spec.tips.len());
    for tip in spec.tips {
        reply.bulk_str(tip);
    }
    reply.set(spec.keys.len());
    for keys in spec.keys {
        write_keys(reply, keys);
    }
    let table = CommandTable::get();
    reply.array(spec.subcommands.len());
    for sub in table.subcommands(command) {
        write_entry(reply, sub);
    }
}

fn write_keys(reply: &mut Reply<'_>, keys: &KeySpec) {
    reply.map(if keys.notes.is_some() { 4 } else { 3 });
    if let Some(notes) = keys.notes {
        reply.bulk_str("notes");
        reply.bulk_str(notes);
    }
    reply.bulk_str("flags");
    flag_set(reply, keys.flags.names());
    reply.bulk_str("begin_search");
    match keys.begin {
        Begin::Index(index) => {
            typed(reply, "index", 1);
            field(reply, "index", index as i64);
        }
        Begin::Keyword { word, start } => {
            typed(reply, "keyword", 2);
            reply.bulk_str("keyword");
            reply.bulk_str(word);
            field(reply, "startfrom", i64::from(start));
        }
        Begin::Unknown => typed(reply, "unknown", 0),
    }
    reply.bulk_str("find_keys");
    match keys.find {
        Find::Range { last, step, limit } => {
            typed(reply, "range", 3);
            field(reply, "lastkey", i64::from(last));
            field(reply, "keystep", step as i64);
            field(reply, "limit", limit as i64);
        }
        Find::KeyNum { count_at, first, step } => {
            typed(reply, "keynum", 3);
            field(reply, "keynumidx", count_at as i64);
            field(reply, "firstkey", first as i64);
            field(reply, "keystep", step as i64);
        }
        Find::Unknown => typed(reply, "unknown", 0),
    }
}

/// The beginning of `{type: name, spec: {…}}`.
fn typed(reply: &mut Reply<'_>, name: &str, fields: usize) {
    reply.map(2);
    reply.bulk_str("type");
    reply.bulk_str(name);
    reply.bulk_str("spec");
    reply.map(fields);
}

fn field(reply: &mut Reply<'_>, name: &str, value: i64) {
    reply.bulk_str(name);
    reply.int(value);
}
