//! Commands on sets.

mod algebra;
mod member;
mod random;
mod scan;
mod store;

use super::{CommandSpec, Cx};
use crate::types::set::SetLimits;

pub(super) static COMMANDS: &[&[&CommandSpec]] =
    &[algebra::COMMANDS, member::COMMANDS, random::COMMANDS, scan::COMMANDS, store::COMMANDS];

/// Up to what size sets stay compact, as configured now.
fn limits(cx: &Cx<'_>) -> SetLimits {
    let config = &cx.server.config;
    SetLimits {
        intset_entries: config.set_max_intset_entries.get_usize(),
        listpack_entries: config.set_max_listpack_entries.get_usize(),
        listpack_value: config.set_max_listpack_value.get_usize(),
    }
}
