//! Transactions.

mod exec;

pub(crate) use exec::{change, discard_all};

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[exec::COMMANDS];
