//! Commands that remove elements by value or by index: LREM, LTRIM.

use super::node_limit;
use super::read::{index_range, signed};
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run, int_arg,
};
use crate::keyspace::NotifyClass;
use crate::protocol::Args;
use crate::types::list::{End, List};

static LREM: CommandSpec = CommandSpec {
    name: "lrem",
    summary: "Removes elements that equal a value.",
    since: "1.0.0",
    complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
    group: Group::List,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("count"), Arg::string("element")],
    run: Run::OnShard(lrem),
    ..CommandSpec::DEFAULT
};

static LTRIM: CommandSpec = CommandSpec {
    name: "ltrim",
    summary: "Keeps only the elements between two indexes.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements to be removed by the operation.",
    group: Group::List,
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("start"), Arg::integer("stop")],
    run: Run::OnShard(ltrim),
    ..CommandSpec::DEFAULT
};

fn lrem(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let count = signed(args.at(2))?;
    let max = if count == 0 { usize::MAX } else { count.unsigned_abs() as usize };
    let from = if count < 0 { End::Tail } else { End::Head };
    let limit = node_limit(cx);
    let key = cx.ks.key(args.at(1));
    let Some(list) = cx.ks.write::<List>(&key)? else {
        cx.reply.int(0);
        return Ok(());
    };
    let removed = list.remove(args.at(3), max, from, limit);
    let is_empty = list.is_empty();
    if removed > 0 {
        cx.ks.notify(NotifyClass::LIST, "lrem", &key);
        if !cx.ks.delete_if_empty(&key, is_empty) {
            cx.ks.modified(&key);
        }
        cx.ks.dirty += removed as u64;
    }
    cx.reply.len_int(removed);
    Ok(())
}

fn ltrim(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (start, stop) = (int_arg(args, 2)?, int_arg(args, 3)?);
    let limit = node_limit(cx);
    let key = cx.ks.key(args.at(1));
    let Some(list) = cx.ks.write::<List>(&key)? else {
        cx.reply.ok();
        return Ok(());
    };
    let before = list.len();
    let (start, count) = index_range(start, stop, before).unwrap_or((0, 0));
    list.trim(start, count, limit);
    cx.ks.notify(NotifyClass::LIST, "ltrim", &key);
    if !cx.ks.delete_if_empty(&key, count == 0) {
        cx.ks.modified(&key);
    }
    cx.ks.dirty += (before - count) as u64;
    cx.reply.ok();
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&LREM, &LTRIM];
