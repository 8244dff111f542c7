//! The state of one client.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::info::{ClientFlags, ClientInfo};
use super::message::ConnId;
use crate::commands::{Command, TimeoutReply};
use crate::keyspace::{Ticket, WatchFlag};
use crate::protocol::{OwnedArgs, RespVersion};
use crate::pubsub::Space;

/// A command that MULTI has queued.
#[derive(Debug)]
pub struct QueuedCommand {
    pub command: &'static Command,
    pub args: OwnedArgs,
}

/// An open transaction.
#[derive(Debug, Default)]
pub struct Multi {
    pub queue: Vec<QueuedCommand>,
    /// A command was refused while queueing; EXEC will refuse the rest.
    pub is_dirty: bool,
    pub bytes: usize,
    /// Bytes that MULTI was received in; EXEC counts them for its slot.
    pub wire_bytes: u64,
}

/// A key under WATCH.
#[derive(Debug)]
pub struct Watched {
    pub db: u16,
    pub key: Box<[u8]>,
}

/// Channels and patterns a client listens to.
#[derive(Debug, Default)]
pub struct Subscriptions {
    pub channels: HashSet<Box<[u8]>>,
    pub patterns: HashSet<Box<[u8]>>,
    pub shard_channels: HashSet<Box<[u8]>>,
    /// What the names take.
    bytes: usize,
}

impl Subscriptions {
    /// The names of one kind.
    pub fn of(&self, space: Space) -> &HashSet<Box<[u8]>> {
        match space {
            Space::Channel => &self.channels,
            Space::Pattern => &self.patterns,
            Space::Shard => &self.shard_channels,
        }
    }

    fn of_mut(&mut self, space: Space) -> &mut HashSet<Box<[u8]>> {
        match space {
            Space::Channel => &mut self.channels,
            Space::Pattern => &mut self.patterns,
            Space::Shard => &mut self.shard_channels,
        }
    }

    /// Adds a name. `false`: it was there already.
    pub fn insert(&mut self, space: Space, name: &[u8]) -> bool {
        let is_new = self.of_mut(space).insert(name.into());
        if is_new {
            self.bytes += name.len() + ELEMENT_BYTES;
        }
        is_new
    }

    /// Takes a name out. `false`: it was not there.
    pub fn remove(&mut self, space: Space, name: &[u8]) -> bool {
        let was_there = self.of_mut(space).remove(name);
        if was_there {
            self.bytes -= name.len() + ELEMENT_BYTES;
        }
        was_there
    }

    /// What SUBSCRIBE and PSUBSCRIBE report as the count.
    pub fn count(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0 && self.shard_channels.is_empty()
    }
}

/// A wait in progress.
#[derive(Debug)]
pub struct Blocked {
    pub ticket: Arc<Ticket>,
    pub db: u16,
    pub keys: Vec<Box<[u8]>>,
    pub deadline_ms: Option<u64>,
    pub on_timeout: TimeoutReply,
    pub command: &'static Command,
    pub args: Arc<OwnedArgs>,
    /// Ticks that the command took until it began to wait.
    pub spent: u64,
    /// Bytes of its request.
    pub wire_bytes: u64,
}

/// CLIENT REPLY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyMode {
    On,
    Off,
    Skip,
}

/// The state of one client, owned by the core of its connection.
#[derive(Debug)]
pub struct Client {
    pub id: u64,
    pub conn: ConnId,
    pub info: Arc<ClientInfo>,
    pub flags: ClientFlags,
    pub db: u16,
    pub resp: RespVersion,
    pub multi: Option<Box<Multi>>,
    /// Keys under WATCH, and the flag that is raised when one changes.
    pub watched: Vec<Watched>,
    pub watch_flag: Option<WatchFlag>,
    /// Watches that are still in the shards but mean nothing any more; the core takes them out.
    pub stale_watches: Vec<(Vec<Watched>, WatchFlag)>,
    watched_bytes: usize,
    pub subscriptions: Option<Box<Subscriptions>>,
    pub blocked: Option<Box<Blocked>>,
    /// Commands that it has run.
    pub commands: u64,
}

/// What a table or list takes for an element, beside the element's own bytes.
const ELEMENT_BYTES: usize = 48;

impl Client {
    pub fn new(info: Arc<ClientInfo>) -> Self {
        Self {
            id: info.id,
            conn: info.conn,
            info,
            flags: ClientFlags::default(),
            db: 0,
            resp: RespVersion::Resp2,
            multi: None,
            watched: Vec::new(),
            watch_flag: None,
            stale_watches: Vec::new(),
            watched_bytes: 0,
            subscriptions: None,
            blocked: None,
            commands: 0,
        }
    }

    /// Bytes of what the client has said that is kept: queued commands, watched keys,
    /// subscriptions.
    pub fn state_bytes(&self) -> usize {
        let multi = self.multi.as_ref().map_or(0, |multi| multi.bytes);
        let subscriptions = self.subscriptions.as_ref().map_or(0, |of| of.bytes);
        multi + self.watched_bytes + subscriptions
    }

    /// Keeps a key under watch.
    pub fn watch(&mut self, key: Watched) {
        self.watched_bytes += key.key.len() + size_of::<Watched>() + ELEMENT_BYTES;
        self.watched.push(key);
    }

    /// Forgets the watched keys.
    pub fn take_watched(&mut self) -> Vec<Watched> {
        self.watched_bytes = 0;
        std::mem::take(&mut self.watched)
    }

    /// A client that stands for another while its command is run elsewhere.
    pub fn proxy(info: Arc<ClientInfo>, db: u16, resp: RespVersion) -> Self {
        let mut client = Self::new(info);
        client.flags.set(ClientFlags::PROXY, true);
        client.db = db;
        client.resp = resp;
        client
    }

    /// Sets or clears a flag, also where others see it.
    pub fn set_flag(&mut self, flag: ClientFlags, on: bool) {
        self.flags.set(flag, on);
        if !self.flags.has(ClientFlags::PROXY) {
            self.info.flags.store(self.flags.0, Ordering::Relaxed);
        }
    }

    pub fn select(&mut self, db: u16) {
        self.db = db;
        if !self.flags.has(ClientFlags::PROXY) {
            self.info.db.store(u32::from(db), Ordering::Relaxed);
        }
    }

    pub fn set_resp(&mut self, version: RespVersion) {
        self.resp = version;
        let number = if version == RespVersion::Resp3 { 3 } else { 2 };
        if !self.flags.has(ClientFlags::PROXY) {
            self.info.resp.store(number, Ordering::Relaxed);
        }
    }

    pub fn is_resp3(&self) -> bool {
        self.resp == RespVersion::Resp3
    }

    /// CLIENT REPLY.
    pub fn set_reply_mode(&mut self, mode: ReplyMode) {
        self.set_flag(ClientFlags::REPLY_OFF, mode == ReplyMode::Off);
        self.set_flag(ClientFlags::REPLY_SKIP_NEXT, mode == ReplyMode::Skip);
        if mode == ReplyMode::On {
            self.set_flag(ClientFlags::REPLY_SKIP, false);
        }
    }

    /// The flag of this client's watched keys, made at the first WATCH.
    pub fn watch_flag(&mut self) -> WatchFlag {
        self.watch_flag.get_or_insert_with(|| Arc::new(AtomicBool::new(false))).clone()
    }

    pub fn subscriptions(&mut self) -> &mut Subscriptions {
        self.subscriptions.get_or_insert_default()
    }

    /// Publishes how many subscriptions there are, and whether there are any.
    pub fn note_subscriptions(&mut self) {
        let counts = self
            .subscriptions
            .as_ref()
            .map_or((0, 0, 0), |s| (s.channels.len(), s.patterns.len(), s.shard_channels.len()));
        self.info.channels.store(counts.0 as u32, Ordering::Relaxed);
        self.info.patterns.store(counts.1 as u32, Ordering::Relaxed);
        self.info.shard_channels.store(counts.2 as u32, Ordering::Relaxed);
        let any = counts != (0, 0, 0);
        if !any {
            self.subscriptions = None;
        }
        self.set_flag(ClientFlags::PUBSUB, any);
    }
}
