//! Commands: a folder per group of COMMAND DOCS, one declaration each.
//!
//! A command reads its arguments, works on [`Cx::ks`] and writes [`Cx::reply`]. It does not know
//! from which thread, connection or script it is called, nor what is locked: `dispatch` reads
//! that off its [`CommandSpec`].

pub mod cluster;
pub mod connection;
mod cx;
mod error;
pub mod generic;
pub mod hash;
pub mod list;
pub mod pubsub;
pub mod random;
pub mod scan_args;
pub mod scripting;
pub mod server;
pub mod set;
pub mod sorted_set;
mod spec;
pub mod string;
mod table;
mod timeout;
pub mod transactions;

pub(crate) use cluster::viewer as cluster_viewer;
pub use cx::{BlockRequest, CommandResult, Cx, TimeoutReply, db_arg, int_arg, write_timeout};
pub use error::CommandError;
pub use spec::{
    Acl, Arg, ArgKind, Arity, Begin, CommandSpec, Find, FindKeysFn, Flags, Group, KeyFlags,
    KeySpec, Run, RunFn,
};
pub use table::{Command, CommandTable, KeyPositions, is_declared, set_renames};

/// Every family's commands. A spec that is missing in its family's list is dead code.
static FAMILIES: &[&[&[&CommandSpec]]] = &[
    cluster::COMMANDS,
    connection::COMMANDS,
    generic::COMMANDS,
    hash::COMMANDS,
    list::COMMANDS,
    pubsub::COMMANDS,
    scripting::COMMANDS,
    set::COMMANDS,
    sorted_set::COMMANDS,
    server::COMMANDS,
    string::COMMANDS,
    transactions::COMMANDS,
];
