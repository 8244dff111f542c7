//! Lua scripts: EVAL and its family.
//!
//! Each core has an [`Interpreter`] with Lua 5.1 in a sandbox; the [`ScriptCache`] that maps a SHA-1 to the
//! text of a script is shared. A running script reaches the server through a [`ScriptHost`] only, and its
//! reply is RESP in a buffer.
//!
//! Knows nothing of connections, shards or the keyspace.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
mod running;
mod sandbox;
mod shebang;
#[cfg(test)]
mod tests;

pub use cache::{Origin, Script, ScriptCache, ScriptCacheStats, ScriptDigest};
pub use context::{Identity, ScriptResp};
pub use host::{CallEnd, Interrupt, LogLevel, ReplicationTargets, ScriptHost, UnknownCommand};
pub use interpreter::{Interpreter, ScriptCall, ScriptLoadError, ScriptOutcome};
pub use running::{KillOutcome, Running};
pub use shebang::{ScriptFlags, ShebangError};

/// What the cores share of scripting.
#[derive(Debug)]
pub struct Scripting {
    pub cache: ScriptCache,
    pub running: Running,
    /// Bytes that Lua holds, by core.
    pub interpreter_bytes: Box<[AtomicUsize]>,
    /// Held by the one script that waits for a shard while it holds others.
    pub escalation: AtomicBool,
}

impl Scripting {
    pub fn new(cores: usize) -> Scripting {
        Scripting {
            cache: ScriptCache::default(),
            running: Running::new(cores),
            interpreter_bytes: (0..cores).map(|_| AtomicUsize::new(0)).collect(),
            escalation: AtomicBool::new(false),
        }
    }

    /// Bytes that Lua holds in all interpreters, for INFO's `used_memory_vm_eval`.
    pub fn vm_bytes(&self) -> usize {
        self.interpreter_bytes.iter().map(|bytes| bytes.load(Ordering::Relaxed)).sum()
    }
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
