//! SHUTDOWN.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
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
/// There is nothing to save and no replica to wait for yet, so the options are only checked.
fn shutdown(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (mut save, mut nosave, mut abort, mut other) = (false, false, false, false);
    for index in 1..args.len() {
        match args.at(index).to_ascii_lowercase().as_slice() {
            b"save" => save = true,
            b"nosave" => nosave = true,
            b"abort" => abort = true,
            b"now" | b"force" | b"safe" | b"failover" => other = true,
            _ => return Err(CommandError::Syntax),
        }
    }
    if save && nosave || abort && (save || nosave || other) {
        return Err(CommandError::Syntax);
    }
    if abort {
        return Err(CommandError::err("No shutdown in progress."));
    }
    tracing::info!("User requested shutdown...");
    cx.client.set_flag(ClientFlags::CLOSE_AFTER_REPLY, true);
    cx.server.stop();
    Ok(())
}
