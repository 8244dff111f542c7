//! Lua scripts: EVAL and its family, SCRIPT.

mod eval;
mod function;
mod script;

use super::CommandSpec;
use crate::protocol::Args;

pub(super) static COMMANDS: &[&[&CommandSpec]] =
    &[eval::COMMANDS, function::COMMANDS, script::COMMANDS];

/// How SCRIPT FLUSH and FUNCTION FLUSH give memory back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlushMode {
    Unsaid,
    Sync,
    Async,
}

/// The mode that the argument after FLUSH names; `None` for anything else.
fn flush_mode(args: &Args<'_>) -> Option<FlushMode> {
    match args.len() {
        2 => Some(FlushMode::Unsaid),
        3 if args.is(2, "sync") => Some(FlushMode::Sync),
        3 if args.is(2, "async") => Some(FlushMode::Async),
        _ => None,
    }
}
