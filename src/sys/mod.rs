//! The few places that speak to the operating system, and threads that are not event loops.

pub mod affinity;
#[cfg(feature = "jemalloc")]
pub mod allocator;
#[cfg(not(feature = "jemalloc"))]
#[path = "system_allocator.rs"]
pub mod allocator;
#[cfg(feature = "jemalloc")]
mod heap;
mod lazy_free;
pub mod limits;
pub mod process;
mod time;
pub mod title;

#[cfg(not(feature = "jemalloc"))]
pub use allocator::Allocator;
#[cfg(feature = "jemalloc")]
pub use heap::Allocator;
pub use lazy_free::LazyFree;
pub use time::{unix_ms, unix_us};

/// What strerror says: the standard library's text without its "(os error N)".
pub fn error_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
