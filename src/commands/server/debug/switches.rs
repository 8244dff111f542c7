//! DEBUG subcommands that hold a part of the server still, or look into its allocator.

use std::sync::atomic::Ordering::Relaxed;

use crate::commands::{CommandError, CommandResult};
use crate::dispatch::Flow;
use crate::protocol::{Args, parse_i64};
use crate::server::REPLY_PEAK_RESET_MS;
use crate::sys::allocator;

pub(super) fn pause_cron(flow: &mut Flow<'_>, paused: &[u8]) {
    flow.core.server.testing.cron_paused.store(is_on(paused), Relaxed);
    flow.reply().ok();
}

pub(super) fn set_disable_deny_scripts(flow: &mut Flow<'_>, on: &[u8]) {
    flow.core.server.testing.scripts_run_all.store(is_on(on), Relaxed);
    flow.reply().ok();
}

/// REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>, REPLYBUFFER RESIZING <0|1>.
pub(super) fn replybuffer(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let testing = &flow.core.server.testing;
    match args.at(2).to_ascii_lowercase().as_slice() {
        b"peak-reset-time" => {
            let millis = match args.at(3).to_ascii_lowercase().as_slice() {
                b"never" => -1,
                b"reset" => REPLY_PEAK_RESET_MS,
                number => parse_i64(number).ok_or(CommandError::NotInteger)?,
            };
            testing.reply_peak_reset_ms.store(millis, Relaxed);
        }
        b"resizing" => testing.reply_resizing.store(is_on(args.at(3)), Relaxed),
        _ => return Err(CommandError::Syntax),
    }
    flow.reply().ok();
    Ok(())
}

/// MALLCTL <name>: a number of the allocator's.
pub(super) fn mallctl(flow: &mut Flow<'_>, name: &[u8]) -> CommandResult {
    let value = allocator::number(name).ok_or(CommandError::err("No such number"))?;
    flow.reply().int(value);
    Ok(())
}

/// MALLCTL-STR <name> VOID: has the allocator do something.
pub(super) fn mallctl_str(flow: &mut Flow<'_>, name: &[u8]) -> CommandResult {
    if !allocator::act(name) {
        return Err(CommandError::err("No such action"));
    }
    flow.reply().null();
    Ok(())
}

fn is_on(word: &[u8]) -> bool {
    word != b"0"
}
