//! SHUTDOWN.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::config::ShutdownFlags;
use crate::protocol::Args;
use crate::session::ClientFlags;

static SHUTDOWN: CommandSpec = CommandSpec {
    name: "shutdown",
    summary: "Ends the server, orderly.",
    since: "1.0.0",
    complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
    group: Group::Server,
    arity: Arity::AtLeast(1),
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::NO_MULTI)
        .or(Flags::ALLOW_BUSY),
    args: &[Arg::one_of(
        "abort-selector",
        &[
            Arg::block(
                "save-selector-block",
                &[
                    Arg::one_of(
                        "save-selector",
                        &[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")],
                    )
                    .optional(),
                    Arg::word("now", "NOW").optional().since("7.0.0"),
                    Arg::word("force", "FORCE").optional().since("7.0.0"),
                    Arg::word("safe", "SAFE").optional().since("9.0.0"),
                    Arg::word("failover", "FAILOVER").optional().since("9.0.0"),
                ],
            ),
            Arg::word("abort", "ABORT").since("7.0.0"),
        ],
    )
    .optional()],
    history: &[
        ("7.0.0", "New options `NOW`, `FORCE`, `ABORT`."),
        ("9.0.0", "New options `SAFE`, `FAILOVER`."),
    ],
    run: Run::Local(shutdown),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&SHUTDOWN];

/// Ends the server. Nobody replies to the client: that the connection closes is the answer.
///
/// There is nothing to save and no replica to wait for yet, so of the options only SAFE does something.
fn shutdown(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (mut flags, mut abort) = (ShutdownFlags(0), false);
    for index in 1..args.len() {
        flags.0 |= match args.at(index).to_ascii_lowercase().as_slice() {
            b"save" => ShutdownFlags::SAVE,
            b"nosave" => ShutdownFlags::NOSAVE,
            b"now" => ShutdownFlags::NOW,
            b"force" => ShutdownFlags::FORCE,
            b"safe" => ShutdownFlags::SAFE,
            b"failover" => ShutdownFlags::FAILOVER,
            b"abort" => {
                abort = true;
                continue;
            }
            _ => return Err(CommandError::Syntax),
        }
    }
    let contradicts = flags.has(ShutdownFlags::SAVE | ShutdownFlags::NOSAVE);
    if contradicts || abort && flags != ShutdownFlags(0) {
        return Err(CommandError::Syntax);
    }
    if abort {
        if !cx.server.shutdown.abort() {
            return Err(CommandError::err("No shutdown in progress."));
        }
        tracing::info!("Shutdown manually aborted.");
        cx.reply.ok();
        return Ok(());
    }
    let info = &cx.client.info;
    let by = format!(" (user request from 'id={} addr={}')", info.id, info.addr);
    if !cx.server.shut_down(flags, &by) {
        return Err(CommandError::err("Errors trying to SHUTDOWN. Check logs."));
    }
    cx.client.set_flag(ClientFlags::CLOSE_AFTER_REPLY, true);
    Ok(())
}
