//! Small questions about the server: TIME, LASTSAVE, ROLE.

use crate::commands::{Acl, Arity, CommandResult, CommandSpec, Cx, Flags, Group, Run};
use crate::protocol::Args;

static LASTSAVE: CommandSpec = CommandSpec {
    name: "lastsave",
    summary: "Answers when the dataset was last saved.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(1),
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::ADMIN.or(Acl::DANGEROUS),
    tips: &["nondeterministic_output"],
    run: Run::Local(lastsave),
    ..CommandSpec::DEFAULT
};

static ROLE: CommandSpec = CommandSpec {
    name: "role",
    summary: "Answers what this server is to others: primary or replica.",
    since: "2.8.12",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::FAST),
    acl: Acl::ADMIN.or(Acl::DANGEROUS),
    run: Run::Local(role),
    ..CommandSpec::DEFAULT
};

static TIME: CommandSpec = CommandSpec {
    name: "time",
    summary: "Answers the server's time.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(1),
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    tips: &["nondeterministic_output"],
    run: Run::Local(time),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&LASTSAVE, &ROLE, &TIME];

fn time(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let now = cx.ks.now_us();
    cx.reply.array(2);
    cx.reply.bulk_int((now / 1_000_000) as i64);
    cx.reply.bulk_int((now % 1_000_000) as i64);
    Ok(())
}

/// Nothing was saved since the start, which counts as a save.
fn lastsave(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.int((cx.server.started_ms / 1000) as i64);
    Ok(())
}

/// A primary without replicas; its replication offset is that of an empty stream.
fn role(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.array(3);
    cx.reply.bulk_str("master");
    cx.reply.int(0);
    cx.reply.array(0);
    Ok(())
}
