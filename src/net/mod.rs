//! Sockets and the event loop of a core.
//!
//! Each core waits for readiness, reads every ready connection into one buffer, runs all complete
//! requests in windows, and writes each connection's replies with one call. A connection is plain
//! data in a slab: bytes in, commands, bytes out. Knows no command; `dispatch` runs them.

mod conn;
mod conns;
mod desk;
mod event_loop;
mod listen;
mod pending;
mod readiness;
mod round;
mod socket;

pub use event_loop::EventLoop;
pub use listen::{ListenError, Listening, bind_all};
pub use socket::{Listener, Socket};
