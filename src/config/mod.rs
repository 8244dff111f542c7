//! Configuration: every directive of Valkey 9.1, declared once.
//!
//! A directive is one line of [`table`]. From that line follow the field of [`Config`] that the
//! server reads (a relaxed atomic or a swapped pointer: no lock, no parsing), its place in the
//! configuration file and on the command line, CONFIG GET, CONFIG SET with its checks and error
//! texts, and CONFIG REWRITE.
//!
//! Knows nothing of clients, keys or the event loop: a part of the server that must act when a
//! value changes registers a hook with [`Config::on_change`].

mod args;
mod cell;
mod check;
mod directive;
mod enums;
mod load;
mod memory;
mod rewrite;
mod set;
mod special;
mod table;
mod words;

pub use args::{ConfigSource, Invocation};
pub use cell::{Bool, Enum, Flags, Int, Size, Text};
pub use enums::*;
pub use load::{Declarations, LoadError};
pub(crate) use memory::parse_memory;
pub use rewrite::RewriteError;
pub use set::{SetContext, SetError};
pub use special::{
    Bind, BufferLimit, ClientClass, Dir, KeyspaceEventClasses, OomScoreAdjValues,
    OutputBufferLimits, Percentiles, RdmaBind, ReplicaOf, SavePoint, SavePoints,
};
pub use table::Config;
pub use words::{quote, split_words};

/// The version of Valkey whose behaviour the server has, for `valkey_version` and error texts.
pub const VALKEY_VERSION: &str = "9.1.2";
/// The version of Redis that Valkey declares itself compatible with (`redis_version`).
pub const REDIS_VERSION: &str = "7.2.4";
/// Our own version.
pub const TSUBAME_VERSION: &str = env!("CARGO_PKG_VERSION");
