//! Commands about the connection itself.

mod basic;
mod hello;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[basic::COMMANDS, hello::COMMANDS];
