//! Lua scripts: EVAL and its family, SCRIPT.

mod eval;
mod function;
mod script;

pub(crate) use script::kill;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] =
    &[eval::COMMANDS, function::COMMANDS, script::COMMANDS];
