//! The few places that speak to the operating system, and threads that are not event loops.

pub mod allocator;
mod heap;
mod lazy_free;
pub mod limits;
pub mod process;
mod time;

pub use heap::Allocator;
pub use lazy_free::LazyFree;
pub use time::{unix_ms, unix_us};
