//! Lua scripts: EVAL and its family, SCRIPT.

mod eval;
mod script;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[eval::COMMANDS, script::COMMANDS];
