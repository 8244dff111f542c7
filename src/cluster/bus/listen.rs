//! The listening sockets of the bus.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

const BACKLOG: i32 = 511;

/// Binds the bus port on every address of the directive `bind`. One that begins with `-` may be
/// missing on this machine.
pub fn bind(
    addresses: impl IntoIterator<Item = impl AsRef<str>>,
    port: u16,
) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let address = address.as_ref();
        let (name, optional) = match address.strip_prefix('-') {
            Some(name) => (name, true),
            None => (address, false),
        };
        match bind_one(name, port) {
            Ok(listener) => listeners.push(listener),
            Err(error) if optional && is_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(listeners)
}

/// The machine does not have the address or does not know its family.
fn is_missing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let missing = [Errno::ADDRNOTAVAIL, Errno::AFNOSUPPORT, Errno::PROTONOSUPPORT];
    error
        .raw_os_error()
        .is_some_and(|code| missing.iter().any(|errno| errno.raw_os_error() == code))
}

fn bind_one(name: &str, port: u16) -> io::Result<TcpListener> {
    let address = match name {
        "*" => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
        "::*" => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port),
        name => (name, port)
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?,
    };
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
