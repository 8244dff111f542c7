//! Commands on keys of any type.

mod delete;
mod expire;
mod object;
mod rename;
mod scan;
mod wait;

pub(crate) use object::encoding_of;
pub(crate) use scan::{ScanOptions, parse_cursor};

use super::CommandSpec;

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[
    delete::COMMANDS,
    expire::COMMANDS,
    object::COMMANDS,
    rename::COMMANDS,
    scan::COMMANDS,
    wait::COMMANDS,
];
