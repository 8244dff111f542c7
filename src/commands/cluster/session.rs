//! What a client says of itself in a cluster: ASKING, READONLY, READWRITE.

use super::cluster;
use crate::commands::{Acl, Arity, CommandResult, CommandSpec, Cx, Flags, Group, Run};
use crate::protocol::Args;
use crate::session::ClientFlags;

static ASKING: CommandSpec = CommandSpec {
    name: "asking",
    summary: "Lets the next command in for a slot that is being taken over.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(1),
    flags: Flags::FAST,
    acl: Acl::CONNECTION,
    run: Run::Local(asking),
    ..CommandSpec::DEFAULT
};

static READONLY: CommandSpec = CommandSpec {
    name: "readonly",
    summary: "Lets a client read from a replica.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(1),
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::CONNECTION,
    run: Run::Local(readonly),
    ..CommandSpec::DEFAULT
};

static READWRITE: CommandSpec = CommandSpec {
    name: "readwrite",
    summary: "Ends what READONLY began.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Cluster,
    arity: Arity::Exactly(1),
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::CONNECTION,
    run: Run::Local(readwrite),
    ..CommandSpec::DEFAULT
};

fn asking(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cluster(cx.server)?;
    cx.client.set_flag(ClientFlags::ASKING, true);
    cx.reply.ok();
    Ok(())
}

fn readonly(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.client.set_flag(ClientFlags::READONLY, true);
    cx.reply.ok();
    Ok(())
}

fn readwrite(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.client.set_flag(ClientFlags::READONLY, false);
    cx.reply.ok();
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&ASKING, &READONLY, &READWRITE];
