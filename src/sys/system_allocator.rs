//! Builds without jemalloc use the system's allocator, which keeps no statistics that could be read
//! cheaply.

/// The global allocator of the binary.
pub use std::alloc::System as Allocator;

/// As INFO and `--version` call it.
pub const NAME: &str = "libc";

/// Bytes handed out, in pages with allocations, in memory, and kept for reuse: not known.
pub fn usage() -> [u64; 4] {
    [0; 4]
}

/// Nothing can be given back from here.
pub fn purge() {}

/// Not counted.
pub fn thread_balance() -> i64 {
    0
}

/// There are no numbers to read.
pub fn number(_name: &[u8]) -> Option<i64> {
    None
}

/// There is nothing that could be asked for.
pub fn act(_name: &[u8]) -> bool {
    false
}
