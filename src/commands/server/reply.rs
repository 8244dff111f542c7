//! Shapes that several replies about commands share.

use crate::commands::{Command, CommandTable};
use crate::protocol::Reply;

/// A set of status words: flags, categories.
pub(super) fn flag_set<'a>(reply: &mut Reply<'_>, names: impl Iterator<Item = &'a str>) {
    let names: Vec<&str> = names.collect();
    reply.set(names.len());
    for name in names {
        reply.simple(name);
    }
}

/// A command by its name, or a subcommand by its full name (`config|get`).
pub(super) fn find(name: &[u8]) -> Option<&'static Command> {
    let table = CommandTable::get();
    match memchr::memchr(b'|', name) {
        None => table.find(name),
        Some(at) => table.find_sub(table.find(&name[..at])?, &name[at + 1..]),
    }
}
