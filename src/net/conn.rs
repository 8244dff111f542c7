//! One connection: its socket, its client, and the bytes that are under way.

use std::io;
use std::sync::atomic::Ordering;

use rustix::buffer::spare_capacity;

use super::pending::{Pending, write_some};
use super::socket::Socket;
use crate::config::ClientClass;
use crate::dispatch::Core;
use crate::protocol::{Limits, Resume};
use crate::server::Server;
use crate::session::{Client, ClientFlags, ClientInfo, REPLY_ROOM_MAX, Registry};

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
    /// The peer sends no more: behind the bytes that are there comes the end, of which no other edge
    /// tells.
    pub(super) read_closed: bool,
    /// Bytes received but not yet run: an incomplete request, or what follows a wait.
    pub(super) stash: Vec<u8>,
    /// How far the request at the start of the stash is parsed.
    pub(super) resume: Option<Box<Resume>>,
    /// The stash holds a request that only an authenticated client may send, behind one that may
    /// authenticate it: parsing goes on after the round.
    pub(super) awaits_auth: bool,
    /// The most bytes of requests that were there at once lately.
    pub(super) query_peak: usize,
    /// What was last noted of the memory it takes.
    noted_memory: u64,
    /// Replies the socket did not take yet.
    pending: Pending,
    /// When the soft limit of the output buffer was first exceeded.
    pub(super) soft_limit_since_ms: Option<u64>,
    /// Since when the peak of replies is taken.
    reply_peak_since_ms: u64,
}

/// What a connection takes without any buffer.
const CONN_BYTES: usize = size_of::<Conn>() + size_of::<ClientInfo>();

/// The least room that a stash is made with, and gets when it is full.
const STASH_BYTES_MIN: usize = 16 * 1024;

/// A stash up to this is not made smaller while its client is busy.
const STASH_BYTES_BIG: usize = 32 * 1024;

/// A client that says nothing for longer needs no room for requests.
const IDLE_MS: u64 = 2000;

/// The least room for replies that a client is said to have.
const REPLY_ROOM_MIN: u32 = 1024;

impl Conn {
    pub(super) fn new(socket: Socket, client: Client) -> Self {
        Self {
            socket,
            client,
            standing: Standing::Idle,
            readable: true,
            read_closed: false,
            stash: Vec::new(),
            resume: None,
            awaits_auth: false,
            query_peak: 0,
            noted_memory: 0,
            pending: Pending::default(),
            soft_limit_since_ms: None,
            reply_peak_since_ms: 0,
        }
    }

    /// How large its requests may be now.
    pub(super) fn limits(&self, server: &Server) -> Limits {
        Limits {
            bulk_bytes_max: server.config.proto_max_bulk_len.get(),
            authenticated: !self.client.flags.has(ClientFlags::UNAUTHENTICATED),
        }
    }

    /// Bytes that the socket has not taken yet.
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Sends bytes, or keeps what the socket does not take. `Err`: the peer is gone.
    #[inline]
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        if self.pending.is_empty() {
            rest = &rest[write_some(&mut self.socket, rest)?..];
        }
        if !rest.is_empty() {
            self.pending.push(rest);
        }
        self.note_pending();
        Ok(())
    }

    /// Sends what is pending. `Err`: the peer is gone.
    pub(super) fn send_pending(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending.send(&mut self.socket)?;
        self.note_pending();
        Ok(())
    }

    /// Notes that so many bytes came.
    #[inline]
    pub(super) fn note_received(&mut self, len: usize, now_ms: u64) {
        let info = &self.client.info;
        info.net_in.store(info.net_in.load(Ordering::Relaxed) + len as u64, Ordering::Relaxed);
        info.last_active_ms.store(now_ms, Ordering::Relaxed);
        self.query_peak = self.query_peak.max(self.stash.len().max(len));
    }

    // The stash -----------------------------------------------------------------------------------

    /// Keeps bytes that are to be parsed later.
    pub(super) fn stash_bytes(&mut self, bytes: &[u8]) {
        if self.stash.capacity() == 0 {
            self.stash.reserve_exact(bytes.len().max(STASH_BYTES_MIN));
        }
        self.stash.extend_from_slice(bytes);
    }

    /// Takes back the buffer of a stash whose requests have run. What was stashed meanwhile, which is
    /// little, moves over: the next bytes of the same request need not be copied again.
    pub(super) fn give_back(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() > self.stash.capacity() {
            buffer.clear();
            buffer.extend_from_slice(&self.stash);
            self.stash = buffer;
        }
    }

    /// Receives at the stash's end: at least what is known to be missing, if it is there.
    pub(super) fn read_into_stash(&mut self) -> io::Result<usize> {
        let len = self.stash.len();
        let missing = self.resume.as_ref().map_or(0, |r| r.bytes_wanted().saturating_sub(len));
        let room = self.stash.capacity() - len;
        if room == 0 || room < missing {
            self.stash.reserve_exact(missing.max(STASH_BYTES_MIN));
        }
        let room = self.stash.capacity() - len;
        let got = self.socket.receive(spare_capacity(&mut self.stash))?;
        self.readable = got == room || self.read_closed;
        Ok(got)
    }

    /// Gives memory back that the last two seconds did not need. Called about once a second.
    pub(super) fn tend(&mut self, core: &Core) {
        let now_ms = core.now_ms;
        let info = &self.client.info;
        let idle_ms = now_ms.saturating_sub(info.last_active_ms.load(Ordering::Relaxed));
        let (len, capacity) = (self.stash.len(), self.stash.capacity());
        let missing = self.resume.as_ref().map_or(0, |r| r.bytes_wanted());
        if idle_ms > IDLE_MS {
            self.stash.shrink_to_fit();
        } else if capacity > STASH_BYTES_BIG && self.query_peak < capacity / 2 {
            self.stash.shrink_to(self.query_peak.max(missing).max(len));
        }
        self.query_peak = len.max(missing);
        self.tend_reply_room(core);
        self.note_stash();
    }

    /// The room for replies halves while it is hardly used, and doubles when it is full.
    fn tend_reply_room(&mut self, core: &Core) {
        let (testing, now_ms) = (&core.server.testing, core.now_ms);
        let info = &self.client.info;
        let (room, peak) =
            (info.reply_room.load(Ordering::Relaxed), info.reply_peak.load(Ordering::Relaxed));
        if testing.reply_resizing.load(Ordering::Relaxed) {
            let fitting = match peak {
                peak if peak < room / 2 => room / 2,
                peak if peak == room => room * 2,
                _ => room,
            };
            let fitting = fitting.clamp(REPLY_ROOM_MIN, REPLY_ROOM_MAX);
            info.reply_room.store(fitting, Ordering::Relaxed);
            core.stats.reply_room_shrinks.add(u64::from(fitting < room));
            core.stats.reply_room_expands.add(u64::from(fitting > room));
        }
        let reset_ms = testing.reply_peak_reset_ms.load(Ordering::Relaxed);
        if reset_ms >= 0 && now_ms.saturating_sub(self.reply_peak_since_ms) > reset_ms as u64 {
            self.reply_peak_since_ms = now_ms;
            info.reply_peak.store(0, Ordering::Relaxed);
        }
    }

    /// How many bytes of replies the client may have at once; 0 for any number. Who is not
    /// authenticated may have what the room of a client holds, as in Valkey, and nothing behind it.
    fn hard_limit(&self, core: &Core) -> u64 {
        let limit = core.server.config.client_output_buffer_limit.get(self.class()).hard;
        if !self.client.flags.has(ClientFlags::UNAUTHENTICATED) {
            return limit;
        }
        let room = u64::from(REPLY_ROOM_MAX);
        if limit == 0 { room } else { limit.min(room) }
    }

    /// Whether the client may have only so much at once.
    pub(super) fn has_hard_limit(&self, core: &Core) -> bool {
        self.hard_limit(core) > 0
    }

    /// Whether `more` bytes of replies are too many for the client. To be asked for what is
    /// more than the room that every client has: that much never counts.
    pub(super) fn is_over_hard_limit(&self, core: &Core, more: usize) -> bool {
        let counted = (self.pending_bytes() + more) as u64;
        let limit = self.hard_limit(core);
        let is_over = limit > 0 && counted > limit;
        if is_over {
            self.report_over_limit(core);
        }
        is_over
    }

    /// As [`Conn::is_over_hard_limit`] for what is pending, and for how long it has been too much.
    pub(super) fn is_over_limits(&mut self, core: &Core) -> bool {
        let pending = self.pending_bytes() as u64;
        if pending == 0 {
            self.soft_limit_since_ms = None;
            return false;
        }
        let limit = core.server.config.client_output_buffer_limit.get(self.class());
        let hard = self.hard_limit(core);
        let mut is_over = hard > 0 && pending > hard;
        if limit.soft > 0 && pending > limit.soft {
            let since = *self.soft_limit_since_ms.get_or_insert(core.now_ms);
            // In whole seconds of the clock, as the peers count: nobody goes before the time is up.
            is_over |= (core.now_ms / 1000).saturating_sub(since / 1000) > limit.soft_seconds;
        } else {
            self.soft_limit_since_ms = None;
        }
        if is_over {
            self.report_over_limit(core);
        }
        is_over
    }

    fn class(&self) -> ClientClass {
        if self.client.flags.has(ClientFlags::PUBSUB) {
            ClientClass::Pubsub
        } else {
            ClientClass::Normal
        }
    }

    fn report_over_limit(&self, core: &Core) {
        core.stats.client_output_buffer_limit_disconnections.add(1);
        tracing::warn!(
            "Client id={} addr={} closed for overcoming of output buffer limits.",
            self.client.id,
            self.client.info.addr
        );
    }

    // Accounts ------------------------------------------------------------------------------------

    /// Shows others what is stashed.
    pub(super) fn note_stash(&self) {
        let info = &self.client.info;
        let parsed = self.resume.as_ref().map_or(0, |resume| resume.parsed_bytes());
        let unparsed = self.stash.len().saturating_sub(parsed);
        let free = self.stash.capacity() - self.stash.len();
        info.query_bytes.store(unparsed as u64, Ordering::Relaxed);
        info.args_bytes.store(parsed as u64, Ordering::Relaxed);
        info.query_free.store(free as u64, Ordering::Relaxed);
    }

    /// Puts what the connection takes on the account of all clients, if it has changed.
    #[inline]
    pub(super) fn note_memory(&mut self, registry: &Registry) {
        let buffers = self.stash.capacity() + self.pending.capacity();
        let bytes = (CONN_BYTES + buffers + self.client.state_bytes()) as u64;
        if bytes != self.noted_memory && !self.client.info.killed.load(Ordering::Relaxed) {
            self.noted_memory = bytes;
            registry.note_memory(&self.client.info, bytes);
        }
    }

    fn note_pending(&self) {
        let bytes = self.pending_bytes() as u64;
        self.client.info.output_bytes.store(bytes, Ordering::Relaxed);
    }
}
