//! MONITOR: this connection sees every command that the server runs.

use crate::commands::{Arity, CommandResult, CommandSpec, Cx, Flags, Group, Run};
use std::sync::atomic::Ordering::Relaxed;

use crate::protocol::Args;
use crate::session::ClientFlags;

static MONITOR: CommandSpec = CommandSpec {
    name: "monitor",
    summary: "Shows every command as the server runs it.",
    since: "1.0.0",
    complexity: "",
    group: Group::Server,
    arity: Arity::Exactly(1),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    run: Run::Local(monitor),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&MONITOR];

fn monitor(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    if !cx.client.flags.has(ClientFlags::MONITOR) {
        cx.client.set_flag(ClientFlags::MONITOR, true);
        cx.server.monitors.fetch_add(1, Relaxed);
    }
    cx.reply.ok();
    Ok(())
}
