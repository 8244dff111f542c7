//! What anybody may know of a client.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::message::ConnId;
use crate::acl::DEFAULT_USER;

/// Replies up to this wait in a buffer that a client has anyway, as the peers count it.
pub const REPLY_ROOM_MAX: u32 = 16 * 1024;

/// States of a client that CLIENT LIST shows as letters and CLIENT KILL selects by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientFlags(pub u32);

impl ClientFlags {
    pub const MULTI: Self = Self(1 << 0);
    pub const DIRTY_EXEC: Self = Self(1 << 1);
    pub const BLOCKED: Self = Self(1 << 2);
    pub const PUBSUB: Self = Self(1 << 3);
    pub const MONITOR: Self = Self(1 << 4);
    pub const UNIX_SOCKET: Self = Self(1 << 5);
    pub const READONLY: Self = Self(1 << 6);
    pub const ASKING: Self = Self(1 << 7);
    pub const CLOSE_AFTER_REPLY: Self = Self(1 << 8);
    pub const CLOSE_ASAP: Self = Self(1 << 9);
    pub const NO_EVICT: Self = Self(1 << 10);
    pub const NO_TOUCH: Self = Self(1 << 11);
    pub const REPLY_OFF: Self = Self(1 << 12);
    pub const REPLY_SKIP: Self = Self(1 << 13);
    pub const UNAUTHENTICATED: Self = Self(1 << 14);
    /// Serves a script, a waiter or EXEC rather than a socket.
    pub const PROXY: Self = Self(1 << 15);
    pub const TRACKING: Self = Self(1 << 16);
    /// Held back by CLIENT PAUSE; shown as blocked.
    pub const POSTPONED: Self = Self(1 << 19);
    /// Its wait ends by the clock.
    pub const HAS_DEADLINE: Self = Self(1 << 18);
    /// CLIENT REPLY SKIP is being run; the command after it is the one to skip.
    pub const REPLY_SKIP_NEXT: Self = Self(1 << 20);
    /// CLIENT CAPA REDIRECT: it understands -REDIRECT.
    pub const CAPA_REDIRECT: Self = Self(1 << 17);

    /// CLIENT IMPORT-SOURCE: in `import-mode`, it sees what has expired.
    pub const IMPORT_SOURCE: Self = Self(1 << 21);

    /// Any of these takes a command off the fast path.
    pub const SLOW_PATH: Self = Self(
        Self::MULTI.0
            | Self::BLOCKED.0
            | Self::PUBSUB.0
            | Self::MONITOR.0
            | Self::ASKING.0
            | Self::READONLY.0
            | Self::CLOSE_AFTER_REPLY.0
            | Self::CLOSE_ASAP.0
            | Self::REPLY_OFF.0
            | Self::REPLY_SKIP.0
            | Self::NO_TOUCH.0
            | Self::UNAUTHENTICATED.0
            | Self::TRACKING.0,
    );

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }
}

/// Names a client gave itself, and who it is.
#[derive(Debug, Clone, Default)]
pub struct ClientNames {
    pub name: Vec<u8>,
    pub lib_name: Vec<u8>,
    pub lib_version: Vec<u8>,
    pub user: String,
}

/// The public side of a client. The numbers are written by its core alone, without a lock.
#[derive(Debug)]
pub struct ClientInfo {
    pub id: u64,
    pub conn: ConnId,
    pub addr: String,
    pub laddr: String,
    pub fd: i64,
    /// Unix milliseconds.
    pub created_ms: u64,
    pub names: Mutex<ClientNames>,
    pub last_active_ms: AtomicU64,
    pub flags: AtomicU32,
    pub db: AtomicU32,
    pub resp: AtomicU32,
    /// Id of the command that ran last, one more than its index; 0 for none.
    pub last_command: AtomicU32,
    pub channels: AtomicU32,
    pub patterns: AtomicU32,
    pub shard_channels: AtomicU32,
    pub watched: AtomicU32,
    /// Commands queued by MULTI, -1 outside of it.
    pub multi: AtomicI64,
    pub multi_bytes: AtomicU64,
    /// Received and not parsed yet.
    pub query_bytes: AtomicU64,
    /// Room for more in its own buffer.
    pub query_free: AtomicU64,
    /// Parsed arguments of a request that is not complete yet.
    pub args_bytes: AtomicU64,
    /// Replies that the socket did not take yet.
    pub output_bytes: AtomicU64,
    /// Room for its replies, as the peers give each client, and the most that was used of it lately.
    pub reply_room: AtomicU32,
    pub reply_peak: AtomicU32,
    /// Everything that the client takes; changed by [`super::Registry`] alone.
    pub memory: AtomicU64,
    pub net_in: AtomicU64,
    pub net_out: AtomicU64,
    pub commands: AtomicU64,
    /// Requests of it were read and are not answered yet, or replies are not sent yet.
    pub in_hand: AtomicBool,
    /// CLIENT KILL came; the core closes it when it next looks.
    pub killed: AtomicBool,
}

impl ClientInfo {
    /// Notes that so many bytes of replies were written at once.
    #[inline]
    pub fn note_replies(&self, bytes: usize) {
        self.net_out.store(self.net_out.load(Ordering::Relaxed) + bytes as u64, Ordering::Relaxed);
        let used = (bytes as u64).min(u64::from(self.reply_room.load(Ordering::Relaxed))) as u32;
        if used > self.reply_peak.load(Ordering::Relaxed) {
            self.reply_peak.store(used, Ordering::Relaxed);
        }
    }

    pub fn new(conn: ConnId, addr: String, laddr: String, fd: i64, now_ms: u64) -> Self {
        Self {
            id: conn.client,
            conn,
            addr,
            laddr,
            fd,
            created_ms: now_ms,
            names: Mutex::new(ClientNames { user: DEFAULT_USER.into(), ..ClientNames::default() }),
            last_active_ms: AtomicU64::new(now_ms),
            flags: AtomicU32::new(0),
            db: AtomicU32::new(0),
            resp: AtomicU32::new(2),
            last_command: AtomicU32::new(0),
            channels: AtomicU32::new(0),
            patterns: AtomicU32::new(0),
            shard_channels: AtomicU32::new(0),
            watched: AtomicU32::new(0),
            multi: AtomicI64::new(-1),
            multi_bytes: AtomicU64::new(0),
            query_bytes: AtomicU64::new(0),
            query_free: AtomicU64::new(0),
            args_bytes: AtomicU64::new(0),
            output_bytes: AtomicU64::new(0),
            reply_room: AtomicU32::new(REPLY_ROOM_MAX),
            reply_peak: AtomicU32::new(0),
            memory: AtomicU64::new(0),
            net_in: AtomicU64::new(0),
            net_out: AtomicU64::new(0),
            commands: AtomicU64::new(0),
            in_hand: AtomicBool::new(false),
            killed: AtomicBool::new(false),
        }
    }

    pub fn flags(&self) -> ClientFlags {
        ClientFlags(self.flags.load(Ordering::Relaxed))
    }
}
