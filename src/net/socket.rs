//! Stream sockets of either family behind one type.

use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustix::buffer::Buffer;
use rustix::net::{RecvFlags, SendFlags, Shutdown};

/// A connected socket.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        // Both directions at once: edges are reported together, so this costs no extra wake-ups
        // and no system call when a write is short.
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Tcp(socket) => socket.register(registry, token, interest),
            Self::Unix(socket) => socket.register(registry, token, interest),
        }
    }

    pub fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    /// Peer and own address as CLIENT LIST shows them.
    pub fn addresses(&self, unix_path: &str) -> (String, String) {
        match self {
            Self::Tcp(socket) => {
                let show = |addr: io::Result<std::net::SocketAddr>| {
                    addr.map_or_else(|_| "?:0".to_owned(), |addr| addr.to_string())
                };
                (show(socket.peer_addr()), show(socket.local_addr()))
            }
            Self::Unix(_) => (format!("{unix_path}:0"), format!("{unix_path}:0")),
        }
    }

    /// Ends the connection for the peer; the socket is closed when it is dropped.
    pub fn shut_down(&self) {
        let _ = rustix::net::shutdown(self.as_fd(), Shutdown::Both);
    }

    pub fn fd(&self) -> RawFd {
        match self {
            Self::Tcp(socket) => socket.as_raw_fd(),
            Self::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

// By the system calls themselves: libc's functions are points where a thread may be cancelled, which costs a
// call in each direction once there is more than one thread. `recv` and `send` go to the socket at once,
// where `read` and `write` pass through what files need: a server that does nothing else takes 2 to 4 % longer.
impl Socket {
    /// Receives into what is given, which may be the room behind a vector's end.
    #[inline]
    pub fn receive<B: Buffer<u8, Output = usize>>(&self, room: B) -> io::Result<usize> {
        Ok(rustix::net::recv(self.as_fd(), room, RecvFlags::empty())?.0)
    }

    /// Shows what would be received, and leaves it there.
    pub fn peek<B: Buffer<u8, Output = usize>>(&self, room: B) -> io::Result<usize> {
        Ok(rustix::net::recv(self.as_fd(), room, RecvFlags::PEEK)?.0)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
}

impl Write for Socket {
    #[inline]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(self.as_fd(), buf, SendFlags::NOSIGNAL)?)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.write_vectored(bufs),
            Self::Unix(socket) => socket.write_vectored(bufs),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, std::path::PathBuf),
}

impl Listener {
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            Self::Unix(listener, _) => listener.register(registry, token, Interest::READABLE),
        }
    }

    pub fn accept(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => {
                let (socket, _) = listener.accept()?;
                // Replies are gathered by us already; waiting for more would only add latency.
                let _ = socket.set_nodelay(true);
                Ok(Socket::Tcp(socket))
            }
            Self::Unix(listener, _) => Ok(Socket::Unix(listener.accept()?.0)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}
