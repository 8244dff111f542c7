//! Commands about the connection itself.

mod basic;
mod client;
mod hello;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] =
    &[basic::COMMANDS, client::COMMANDS, hello::COMMANDS];
