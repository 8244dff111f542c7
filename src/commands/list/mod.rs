//! Commands on lists.

mod blocking;
mod pop;
mod push;
mod read;
mod remove;
mod transfer;

pub(in crate::commands) use self::pop::{count_option, counted_keys};
pub(in crate::commands) use self::read::index_range;
use super::{CommandError, CommandSpec, Cx};
use crate::keyspace::{Key, NotifyClass};
use crate::protocol::{Args, Reply};
use crate::types::list::{End, NodeLimit};
use crate::types::listpack::Value;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[
    blocking::COMMANDS,
    pop::COMMANDS,
    push::COMMANDS,
    read::COMMANDS,
    remove::COMMANDS,
    transfer::COMMANDS,
];

fn node_limit(cx: &Cx<'_>) -> NodeLimit {
    NodeLimit::new(cx.server.config.list_max_listpack_size.get())
}

fn bulk_value(reply: &mut Reply<'_>, value: Value<'_>) {
    match value {
        Value::Str(bytes) => reply.bulk(bytes),
        Value::Int(int) => reply.bulk_int(int),
    }
}

/// LEFT or RIGHT.
fn end_arg(args: &Args<'_>, index: usize) -> Result<End, CommandError> {
    if args.is(index, "left") {
        Ok(End::Head)
    } else if args.is(index, "right") {
        Ok(End::Tail)
    } else {
        Err(CommandError::Syntax)
    }
}

/// What is to be told once `count` elements were popped from a list that now is empty or not.
fn popped(cx: &mut Cx<'_>, key: &Key<'_>, end: End, count: usize, is_empty: bool) {
    let event = match end {
        End::Head => "lpop",
        End::Tail => "rpop",
    };
    cx.ks.notify(NotifyClass::LIST, event, key);
    if !cx.ks.delete_if_empty(key, is_empty) {
        cx.ks.modified(key);
    }
    cx.ks.dirty += count as u64;
}
