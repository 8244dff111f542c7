//! The few places that speak to the operating system, and threads that are not event loops.

pub mod limits;
pub mod process;
