//! Publishing and subscribing.

mod publish;
mod subscribe;

pub(crate) use subscribe::forget;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[publish::COMMANDS, subscribe::COMMANDS];
