//! Commands on keys of any type.

mod delete;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[delete::COMMANDS];
