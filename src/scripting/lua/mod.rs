//! The Lua interpreter behind an interface that the rest of the server can use without `unsafe`.
//!
//! [`State`] owns one interpreter; [`Frame`] is what a native function sees of it: its arguments and
//! a stack to push on. This folder is the only place that touches the C API, and it keeps two promises:
//!
//! - No Lua error is raised while Rust values that need dropping are alive. Lua raises by `longjmp`,
//!   which runs no destructors, so a native function *returns* [`Raised`] and the trampoline, which
//!   owns nothing, raises. The calls that a [`Frame`] makes cannot raise on their own: they
//!   are raw (no metamethods), their keys are checked, and the allocator never reports failure.
//! - A slice of an argument lives as long as the argument: the arguments at the bottom of a frame are
//!   never popped, which every pop checks.
//!
//! Knows nothing of commands, replies or scripts.

mod frame;
mod state;

pub(super) use frame::{Frame, Kind, LuaResult, NESTING_MAX, NESTING_ROOM, Raised, truncate};
pub(super) use state::{FunctionRef, State};
