//! Connections come and go.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mio::{Registry, Token};
use rand::Rng;

use super::{EventLoop, LISTENERS};
use crate::dispatch::Core;
use crate::net::conn::Conn;
use crate::net::conns::Conns;
use crate::net::socket::{Listener, Socket};
use crate::server::Server;
use crate::session::{Client, ClientFlags, ClientInfo, ConnId, Message};
use crate::sys::unix_ms;

impl EventLoop {
    /// Accepts connections from `fresh`, and no more from the addresses of before. The unix socket,
    /// which comes first, stays.
    pub(super) fn listen(&mut self, mut fresh: Vec<Listener>) -> io::Result<()> {
        self.listeners.retain(|listener| matches!(listener, Listener::Unix(..)));
        let first = self.listeners.len();
        for (index, listener) in fresh.iter_mut().enumerate() {
            listener.register(self.poll.registry(), Token(LISTENERS + first + index))?;
        }
        self.listeners.append(&mut fresh);
        self.desk.borrow_mut().listen(&self.listeners)
    }

    /// Accepts from a listener, so many that the clients who are here already need not wait for long;
    /// the rest comes after the next round.
    pub(super) fn accept(&mut self, index: usize) {
        for _ in 0..self.core.server.config.max_new_connections_per_cycle.get() {
            let Some(listener) = self.listeners.get(index) else { return };
            match listener.accept() {
                Ok(socket) => self.place(socket),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // CONFIG SET has ended the listening; new listeners are under way.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => return,
                Err(error) => {
                    tracing::warn!("Accepting client connection: {error}");
                    return;
                }
            }
        }
        self.crowded.push(index);
    }

    /// Gives a new connection to the less loaded of two cores.
    pub(super) fn place(&mut self, mut socket: Socket) {
        let server = self.core.server.clone();
        if let Some(refusal) = refusal(&server, &socket) {
            self.core.stats.connections_rejected.add(1);
            let _ = io::Write::write(&mut socket, refusal);
            return;
        }
        let cores = server.cores();
        let load = |core: usize| server.loads[core].load(Ordering::Relaxed);
        let mut rng = rand::rng();
        let (a, b) = (rng.random_range(0..cores), rng.random_range(0..cores));
        let core = if load(b) < load(a) { b } else { a };
        server.loads[core].fetch_add(1, Ordering::Relaxed);
        if core == self.core.id {
            self.adopt(socket);
        } else {
            server.post(core, Message::Accepted(socket));
        }
    }

    /// Takes a connection over.
    pub(super) fn adopt(&mut self, socket: Socket) {
        if let Some(slot) = admit(&self.core, self.poll.registry(), &mut self.conns, socket) {
            self.enqueue(slot);
        }
    }

    /// Closes a connection and forgets the client.
    pub(super) fn close(&mut self, slot: usize) {
        let Some(mut conn) = self.conns.remove(slot) else { return };
        let server = self.core.server.clone();
        if let Some(blocked) = conn.client.blocked.take() {
            blocked.ticket.claim();
            self.ended.push(*blocked);
        }
        crate::commands::pubsub::forget(&server, &mut conn.client);
        if let Some(flag) = conn.client.watch_flag.take() {
            self.unwatched.push((conn.client.take_watched(), flag));
        }
        if conn.client.flags.has(ClientFlags::MONITOR) {
            server.monitors.fetch_sub(1, Ordering::Relaxed);
        }
        server.clients.remove(&conn.client.info);
        server.loads[self.core.id].fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn close_all(&mut self) {
        self.listeners.clear();
        let all: Vec<usize> = self.conns.iter().map(|(slot, _)| slot).collect();
        for slot in all {
            let _ = self.conns[slot].send_pending();
            self.close(slot);
        }
    }
}

/// Gives a connection that the core has accepted, or was sent, its place and its client.
pub(in crate::net) fn admit(
    core: &Core,
    registry: &Registry,
    conns: &mut Conns,
    mut socket: Socket,
) -> Option<usize> {
    let server = &core.server;
    let slot = conns.vacant_slot();
    if let Err(error) = socket.register(registry, Token(slot)) {
        tracing::warn!("Registering a client connection: {error}");
        server.loads[core.id].fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let is_unix = socket.is_unix();
    if !is_unix {
        set_keepalive(&socket, server.config.tcp_keepalive.get());
    }
    let conn = ConnId { core: core.id as u16, slot: slot as u32, client: server.clients.next_id() };
    let (addr, laddr) = socket.addresses(&server.config.unixsocket.string());
    let fd = i64::from(socket.fd());
    let info = Arc::new(ClientInfo::new(conn, addr, laddr, fd, unix_ms()));
    server.clients.add(info.clone());
    core.stats.connections_received.add(1);
    let mut client = Client::new(info);
    client.set_flag(ClientFlags::UNIX_SOCKET, is_unix);
    client.set_flag(ClientFlags::UNAUTHENTICATED, !server.users.is_open());
    Some(conns.insert(Conn::new(socket, client)))
}

/// What a new connection is told instead of being served.
pub(in crate::net) fn refusal(server: &Server, socket: &Socket) -> Option<&'static [u8]> {
    if server.clients.len() >= server.config.maxclients.get() as usize {
        return Some(b"-ERR max number of clients reached\r\n");
    }
    let Socket::Tcp(tcp) = socket else { return None };
    let config = &server.config;
    let is_protected = config.protected_mode.get() && server.users.default_needs_no_password();
    if is_protected && tcp.peer_addr().is_ok_and(|addr| !addr.ip().to_canonical().is_loopback()) {
        return Some(PROTECTED);
    }
    None
}

const PROTECTED: &[u8] = b"-DENIED Tsubame is running in protected mode because protected mode is \
enabled and no password is set for the default user. In this mode connections are only accepted \
from the loopback interface. To connect from elsewhere, set a password with 'requirepass', or \
switch protected mode off with 'protected-mode no' if nobody untrusted can reach the port.\r\n";

fn set_keepalive(socket: &Socket, seconds: i64) {
    let Socket::Tcp(tcp) = socket else { return };
    if seconds > 0 {
        let interval = Duration::from_secs((seconds as u64 / 3).max(1));
        let keepalive = socket2::TcpKeepalive::new()
            .with_time(Duration::from_secs(seconds as u64))
            .with_interval(interval)
            .with_retries(3);
        let _ = socket2::SockRef::from(tcp).set_tcp_keepalive(&keepalive);
    }
}
