//! Commands on strings.

mod expiry;
mod lcs;
mod number;
mod read;
mod write;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] =
    &[lcs::COMMANDS, number::COMMANDS, read::COMMANDS, write::COMMANDS];
