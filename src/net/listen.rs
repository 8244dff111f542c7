//! Listening addresses, from the configuration to bound sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, ToSocketAddrs};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;

use parking_lot::Mutex;
use socket2::{Domain, Protocol, SockAddr, Socket as RawSocket, Type};

use super::socket::Listener;
use crate::config::Config;
use crate::sys::error_text;

/// The addresses the process listens on, for INFO and CONFIG.
#[derive(Debug, Default)]
pub struct Listening {
    pub names: Mutex<Vec<String>>,
    /// New listeners to be taken over by the accepting core.
    pub handover: Mutex<Option<Vec<Listener>>>,
    /// Second handles of the TCP listeners, to end their listening from any thread.
    bound: Mutex<Vec<RawSocket>>,
}

impl Listening {
    /// Keeps handles of listeners that are about to be used.
    pub fn note(&self, listeners: &[Listener]) {
        let handles = listeners.iter().filter_map(|listener| match listener {
            Listener::Tcp(listener) => listener.as_fd().try_clone_to_owned().ok(),
            Listener::Unix(..) => None,
        });
        *self.bound.lock() = handles.map(RawSocket::from).collect();
    }

    /// Ends listening: who connects from now on is refused.
    pub fn end(&self) {
        for socket in self.bound.lock().drain(..) {
            // What no longer listens is no hindrance; a failure shows when binding.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Ends listening on the old addresses and binds the new ones, for the accepting core to take
    /// over. The old must go first: the new may overlap with them. The unix socket stays.
    pub fn rebind(&self, config: &Config) -> Result<(), ListenError> {
        self.end();
        let listeners = bind_addresses(config)?;
        self.note(&listeners);
        *self.handover.lock() = Some(listeners);
        Ok(())
    }
}

/// An address that could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("Failed listening on port {port} (tcp), aborting.")]
    Tcp { port: u16 },
    #[error("Failed opening Unix socket: bind: {reason}")]
    Unix { reason: String },
    #[error("Failed opening Unix socket: getgrnam error for group '{group}': {reason}")]
    Group { group: String, reason: String },
    #[error("Configured to not listen anywhere, exiting.")]
    Nowhere,
}

/// Binds everything the configuration asks for, the unix socket first.
pub fn bind_all(config: &Config) -> Result<Vec<Listener>, ListenError> {
    let mut listeners = Vec::new();
    let mut addresses = bind_addresses(config)?;
    let path = config.unixsocket.string();
    if !path.is_empty() {
        let group = config.unixsocketgroup.string();
        let group = if group.is_empty() { None } else { Some(group_id(&group)?) };
        let mode = config.unixsocketperm.get() as u32;
        let listener = bind_unix(&path, group, mode)
            .map_err(|error| ListenError::Unix { reason: error_text(&error) })?;
        listeners.push(listener);
    }
    listeners.append(&mut addresses);
    // An empty list of addresses was asked for, and CONFIG SET bind ends it.
    let is_reachable = !listeners.is_empty() || config.port.get() != 0;
    if is_reachable { Ok(listeners) } else { Err(ListenError::Nowhere) }
}

/// Binds the TCP port at each address of `bind`.
fn bind_addresses(config: &Config) -> Result<Vec<Listener>, ListenError> {
    let mut listeners = Vec::new();
    let port = config.port.get() as u16;
    let backlog = config.tcp_backlog.get() as i32;
    if port == 0 {
        return Ok(listeners);
    }
    for name in config.bind.get().iter() {
        // A leading '-' marks an address that the machine may not have.
        let (name, optional) = match name.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (name.as_str(), false),
        };
        match bind_tcp(name, port, backlog) {
            Ok(listener) => listeners.push(listener),
            Err(error) if optional && is_absent(&error) => {}
            Err(error) => {
                tracing::warn!(
                    "Warning: Could not create server TCP listening socket {name}:{port}: bind: {}",
                    error_text(&error)
                );
                return Err(ListenError::Tcp { port });
            }
        }
    }
    Ok(listeners)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported | io::ErrorKind::NotFound
    ) || error.raw_os_error() == Some(97)
}

fn bind_tcp(name: &str, port: u16, backlog: i32) -> io::Result<Listener> {
    let address = match name {
        "*" => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
        "::*" => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port),
        name => (name, port)
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?,
    };
    let domain = Domain::for_address(address);
    let socket = RawSocket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(backlog)?;
    socket.set_nonblocking(true)?;
    Ok(Listener::Tcp(mio::net::TcpListener::from_std(socket.into())))
}

fn group_id(group: &str) -> Result<u32, ListenError> {
    let failed =
        |reason: &str| ListenError::Group { group: group.to_owned(), reason: reason.to_owned() };
    match nix::unistd::Group::from_name(group) {
        Ok(Some(group)) => Ok(group.gid.as_raw()),
        Ok(None) => Err(failed("no such group")),
        Err(error) => Err(failed(error.desc())),
    }
}

fn bind_unix(path: &str, group: Option<u32>, mode: u32) -> io::Result<Listener> {
    let _ = std::fs::remove_file(path);
    let listener = mio::net::UnixListener::bind(path)?;
    if group.is_some() {
        std::os::unix::fs::chown(path, None, group)?;
    }
    if mode != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(Listener::Unix(listener, path.into()))
}
