//! Transactions.

mod exec;

pub(crate) use exec::discard_all;

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[exec::COMMANDS];
