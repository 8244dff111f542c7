//! Which sockets became ready.
//!
//! On Linux the wait is a system call on the descriptor of mio's poll: libc's function is a point where
//! a thread may be cancelled, which costs a call in each direction once there is more than one thread.

use std::io;
use std::time::Duration;

use mio::{Poll, Token};

/// What happened to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) token: Token,
    /// There may be something to read: bytes, the end, or an error.
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer sends no more.
    pub(super) read_closed: bool,
}

pub(super) use waiting::Readiness;

#[cfg(target_os = "linux")]
mod waiting {
    use super::{Duration, Poll, Ready, Token, io};
    use rustix::buffer::spare_capacity;
    use rustix::event::Timespec;
    use rustix::event::epoll::{self, Event, EventFlags};

    /// What the last wait found.
    pub(in crate::net) struct Readiness(Vec<Event>);

    impl Readiness {
        /// Room for what one wait answers.
        pub(in crate::net) fn with_capacity(events: usize) -> Self {
            Self(Vec::with_capacity(events))
        }

        /// Waits until something is ready or the time is up, which counts in whole milliseconds, rounded
        /// up.
        pub(in crate::net) fn wait(&mut self, poll: &Poll, timeout: Duration) -> io::Result<()> {
            self.0.clear();
            let timeout = Timespec::try_from(timeout).unwrap_or_default();
            epoll::wait(poll.registry(), spare_capacity(&mut self.0), Some(&timeout))?;
            Ok(())
        }

        pub(in crate::net) fn iter(&self) -> impl Iterator<Item = Ready> + '_ {
            self.0.iter().map(|event| {
                let flags = event.flags;
                let has = |wanted: EventFlags| flags.intersects(wanted);
                let read_closed = has(EventFlags::HUP | EventFlags::RDHUP);
                Ready {
                    token: Token(event.data.u64() as usize),
                    readable: read_closed
                        || has(EventFlags::IN | EventFlags::PRI | EventFlags::ERR),
                    writable: has(EventFlags::OUT),
                    read_closed,
                }
            })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod waiting {
    use super::{Duration, Poll, Ready, io};

    /// What the last wait found.
    pub(in crate::net) struct Readiness(mio::Events);

    impl Readiness {
        /// Room for what one wait answers.
        pub(in crate::net) fn with_capacity(events: usize) -> Self {
            Self(mio::Events::with_capacity(events))
        }

        /// Waits until something is ready or the time is up.
        pub(in crate::net) fn wait(
            &mut self,
            poll: &mut Poll,
            timeout: Duration,
        ) -> io::Result<()> {
            poll.poll(&mut self.0, Some(timeout))
        }

        pub(in crate::net) fn iter(&self) -> impl Iterator<Item = Ready> + '_ {
            self.0.iter().map(|event| Ready {
                token: event.token(),
                readable: event.is_readable() || event.is_error() || event.is_read_closed(),
                writable: event.is_writable(),
                read_closed: event.is_read_closed(),
            })
        }
    }
}
