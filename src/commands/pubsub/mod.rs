//! Publishing and subscribing.

mod publish;
mod subscribe;

pub(crate) use subscribe::{forget, lose_shard_channel};

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[publish::COMMANDS, subscribe::COMMANDS];
