//! From an argument vector to a reply: every gate a command passes, in order, and the locks under
//! which it runs.
//!
//! Two ways lead through. The *fast path* ([`fast`]) is for a command on one key of a client
//! in no special state; `net` runs whole windows of them under one set of locks. Everything else
//! takes [`process`]: lookup, arity, authentication, routing, MULTI queueing, then the locks that
//! the command's [`Run`](crate::commands::Run) asks for.
//!
//! Knows clients and commands; knows no sockets and no type of value.

mod blocking;
mod call;
mod core;
mod cron;
mod effects;
mod fast;
mod flow;
mod gates;
mod memory;
mod monitor;
mod process;
mod redirect;
mod routing;
mod script;
mod slot_usage;
mod watching;
mod withheld;

pub use self::core::{Busy, Core};
pub use blocking::end_wait;
pub use call::finish_wait;
pub use call::{Origin, call};
pub use cron::ticks_per_second;
pub use fast::{Fast, FastCommand, fast, run_fast};
pub use flow::Flow;
pub(crate) use monitor::feed as feed_monitors;
pub use process::{Next, process};
pub use redirect::ends_wait;
pub use routing::shards_of;
pub use script::{
    BusyDesk, ScriptRun, drop_flushed_interpreter, refuse_script, run_script, with_interpreter,
};
pub use watching::end_watch;
pub use withheld::Withheld;
