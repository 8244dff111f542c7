//! Lua scripts: EVAL and its family.
//!
//! Each core has an [`Interpreter`] with Lua 5.1 in a sandbox; the [`ScriptCache`] that maps a SHA-1 to the
//! text of a script is shared. A running script reaches the server through a [`ScriptHost`] only, and its
//! reply is RESP in a buffer.
//!
//! Knows nothing of connections, shards or the keyspace.

mod api;
mod cache;
mod context;
mod convert;
mod errors;
mod host;
mod interpreter;
mod libraries;
mod lua;
mod number;
mod random;
mod sandbox;
mod shebang;
#[cfg(test)]
mod tests;

pub use cache::{Origin, Script, ScriptCache, ScriptCacheStats, ScriptDigest};
pub use context::{Identity, ScriptResp};
pub use host::{Interrupt, LogLevel, ReplicationTargets, ScriptHost, UnknownCommand};
pub use interpreter::{Interpreter, ScriptCall, ScriptLoadError, ScriptOutcome};
pub use shebang::{ScriptFlags, ShebangError};

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
