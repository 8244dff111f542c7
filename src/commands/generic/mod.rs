//! Commands on keys of any type.

mod delete;
mod expire;
mod object;
mod rename;
mod scan;
mod wait;

use super::CommandSpec;
pub(crate) use object::encoding_of;
pub(super) use scan::{ScanOptions, collect, pattern_slot};

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[
    delete::COMMANDS,
    expire::COMMANDS,
    object::COMMANDS,
    rename::COMMANDS,
    scan::COMMANDS,
    wait::COMMANDS,
];
