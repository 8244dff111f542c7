//! One connection: its socket, its client, and the bytes that are under way.

use std::io::{self, Write};
use std::sync::atomic::Ordering;

use super::socket::Socket;
use crate::protocol::Resume;
use crate::session::Client;

/// Why a connection is not in the queue of ready ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Waits for bytes.
    Idle,
    /// In the queue.
    Queued,
    /// Its next command waits for a shard or the gate.
    Aside,
    /// CLIENT PAUSE.
    Paused,
    /// BLPOP and its kin.
    Blocked,
}

#[derive(Debug)]
pub(super) struct Conn {
    pub(super) socket: Socket,
    pub(super) client: Client,
    pub(super) standing: Standing,
    /// The socket may have more bytes: the last read filled its buffer, or an edge came since.
    pub(super) readable: bool,
    /// Bytes received but not yet run: an incomplete request, or what follows a wait.
    pub(super) stash: Vec<u8>,
    /// How far the request at the start of the stash is parsed.
    pub(super) resume: Option<Box<Resume>>,
    /// The stash holds a request that only an authenticated client may send, behind one that may
    /// authenticate it: parsing goes on after the round.
    pub(super) awaits_auth: bool,
    /// Replies the socket did not take yet.
    pending: Vec<u8>,
    pending_from: usize,
    /// When the soft limit of the output buffer was first exceeded.
    pub(super) soft_limit_since_ms: Option<u64>,
}

impl Conn {
    pub(super) fn new(socket: Socket, client: Client) -> Self {
        Self {
            socket,
            client,
            standing: Standing::Idle,
            readable: true,
            stash: Vec::new(),
            resume: None,
            awaits_auth: false,
            pending: Vec::new(),
            pending_from: 0,
            soft_limit_since_ms: None,
        }
    }

    /// Bytes that the socket has not taken yet.
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.len() - self.pending_from
    }

    /// Sends bytes, or keeps what the socket does not take. `Err`: the peer is gone.
    #[inline]
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        if self.pending.is_empty() {
            rest = &rest[write_some(&mut self.socket, rest)?..];
        }
        if !rest.is_empty() {
            self.pending.extend_from_slice(rest);
        }
        self.note_pending();
        Ok(())
    }

    /// Sends what is pending. `Err`: the peer is gone.
    pub(super) fn send_pending(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending_from += write_some(&mut self.socket, &self.pending[self.pending_from..])?;
        if self.pending_from == self.pending.len() {
            self.pending = Vec::new();
            self.pending_from = 0;
        }
        self.note_pending();
        Ok(())
    }

    fn note_pending(&self) {
        let bytes = self.pending_bytes() as u64;
        self.client.info.output_bytes.store(bytes, Ordering::Relaxed);
    }
}

/// Writes until the socket takes no more; answers how much it took.
fn write_some(socket: &mut Socket, bytes: &[u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match socket.write(&bytes[done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
