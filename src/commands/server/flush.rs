//! Counting, emptying and exchanging whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::dispatch::Flow;
use crate::protocol::Args;
use crate::protocol::{Reply, parse_i64};

static DBSIZE: CommandSpec = CommandSpec {
    name: "dbsize",
    summary: "Answers how many keys the database has.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(1),
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    run: Run::Flow(dbsize),
    ..CommandSpec::DEFAULT
};

static FLUSHALL: CommandSpec = CommandSpec {
    name: "flushall",
    summary: "Removes all keys of all databases.",
    since: "1.0.0",
    complexity: "O(N) where N is the total number of keys in all databases",
    group: Group::Server,
    arity: Arity::AtLeast(1),
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::one_of(
        "flush-type",
        &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
    )
    .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    history: &[("4.0.0", "New option `ASYNC`."), ("6.2.0", "New option `SYNC`.")],
    run: Run::Gated(flushall),
    ..CommandSpec::DEFAULT
};

static FLUSHDB: CommandSpec = CommandSpec {
    name: "flushdb",
    summary: "Removes all keys of the database.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys in the selected database",
    group: Group::Server,
    arity: Arity::AtLeast(1),
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::one_of(
        "flush-type",
        &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
    )
    .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    history: &[("4.0.0", "New option `ASYNC`."), ("6.2.0", "New option `SYNC`.")],
    run: Run::Gated(flushdb),
    ..CommandSpec::DEFAULT
};

static SWAPDB: CommandSpec = CommandSpec {
    name: "swapdb",
    summary: "Exchanges two databases.",
    since: "4.0.0",
    complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::integer("index1"), Arg::integer("index2")],
    run: Run::Gated(swapdb),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&DBSIZE, &FLUSHALL, &FLUSHDB, &SWAPDB];

fn dbsize(flow: &mut Flow<'_>, _args: &Args<'_>) -> CommandResult {
    let keys = super::key_counts(flow, flow.client.db..flow.client.db + 1)?[0].keys;
    Reply::new(flow.out, flow.client.resp).len_int(keys);
    Ok(())
}

/// ASYNC or SYNC. The memory is always given back by the lazy-free thread: freeing a database here
/// would stop this core's other clients, and nobody can see the difference but by that and by what
/// the statistics tell.
fn is_async(cx: &Cx<'_>, args: &Args<'_>) -> Result<bool, CommandError> {
    match args.len() {
        1 => Ok(cx.server.config.lazyfree_lazy_user_flush.get()),
        2 if args.is(1, "async") => Ok(true),
        2 if args.is(1, "sync") => Ok(false),
        _ => Err(CommandError::Syntax),
    }
}

fn flushdb(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let is_async = is_async(cx, args)?;
    let removed = cx.ks.flush(cx.client.db, is_async);
    cx.ks.dirty += removed as u64;
    cx.reply.ok();
    Ok(())
}

fn flushall(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let is_async = is_async(cx, args)?;
    for db in 0..cx.server.store.databases() {
        let removed = cx.ks.flush(db, is_async);
        cx.ks.dirty += removed as u64;
    }
    cx.reply.ok();
    Ok(())
}

fn swapdb(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if cx.server.is_cluster {
        return Err(CommandError::err("SWAPDB is not allowed in cluster mode"));
    }
    let index = |at: usize, refusal: &'static str| {
        parse_i64(args.at(at))
            .filter(|n| i32::try_from(*n).is_ok())
            .ok_or(CommandError::err(refusal))
    };
    let first = index(1, "invalid first DB index")?;
    let second = index(2, "invalid second DB index")?;
    let choose = |number| {
        cx.server.store.choose(number).ok_or(CommandError::err("DB index is out of range"))
    };
    let (first, second) = (choose(first)?, choose(second)?);
    if first != second {
        cx.ks.swap_dbs(first, second);
    }
    cx.ks.dirty += 1;
    cx.reply.ok();
    Ok(())
}
