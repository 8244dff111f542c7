//! The event loop of a core.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mio::{Events, Poll, Token};
use rand::Rng;
use slab::Slab;

use super::conn::{Conn, Standing};
use super::desk::Desk;
use super::round::{Outcome, Round};
use super::socket::{Listener, Socket};
use crate::commands::{transactions, write_timeout};
use crate::dispatch::{
    Core, Next, drop_flushed_interpreter, end_wait, end_watch, ends_wait, finish_wait,
};
use crate::keyspace::WatchFlag;
use crate::protocol::{Limits, Reply};
use crate::server::Server;
use crate::session::{Blocked, Client, ClientFlags, ClientInfo, ConnId, Message, Watched};
use crate::sys::unix_ms;

const WAKE: Token = Token(usize::MAX);
const LISTENERS: usize = usize::MAX / 2;

/// What one read takes at the most; a connection that has more waits for its next turn.
const READ_BYTES: usize = 16 * 1024;
const ARENA_BYTES: usize = 128 * 1024;
/// Connections in a round.
const VISITS_MAX: usize = 128;
const EVENTS_MAX: usize = 512;
const UNBLOCKED: &str = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
/// Clients that are looked after at every tick, if there are as many.
const TENDED_MIN: usize = 5;

/// A core's loop, before it runs.
pub struct EventLoop {
    core: Core,
    poll: Poll,
    conns: Slab<Conn>,
    ready: VecDeque<usize>,
    /// Connections that wait for a shard or the gate.
    aside: Vec<usize>,
    paused: Vec<usize>,
    /// Deadlines of blocked clients.
    timers: BinaryHeap<Reverse<(u64, usize, u64)>>,
    /// Waits that are over but could not be taken out of a busy shard yet.
    ended: Vec<Blocked>,
    /// Watches of clients that went, likewise.
    unwatched: Vec<(Vec<Watched>, WatchFlag)>,
    round: Round,
    inbox: Vec<Message>,
    listeners: Vec<Listener>,
    next_tick_ms: u64,
    /// The connection that is looked after next.
    tend_next: usize,
    /// When idle clients are looked for again.
    next_idle_ms: u64,
    /// The slot map that waiting clients were last held against.
    map_version: u64,
    stopping: bool,
    closed: Vec<usize>,
    /// Kept from round to round for its room.
    outcomes: Vec<Outcome>,
}

impl EventLoop {
    /// `poll` is the one that the mailbox's waker was made from.
    pub fn new(
        id: usize,
        server: Arc<Server>,
        poll: Poll,
        listeners: Vec<Listener>,
    ) -> io::Result<Self> {
        let mut this = Self {
            core: Core::new(id, server),
            poll,
            conns: Slab::new(),
            ready: VecDeque::new(),
            aside: Vec::new(),
            paused: Vec::new(),
            timers: BinaryHeap::new(),
            ended: Vec::new(),
            unwatched: Vec::new(),
            round: Round::new(ARENA_BYTES),
            inbox: Vec::new(),
            listeners: Vec::new(),
            next_tick_ms: 0,
            tend_next: 0,
            next_idle_ms: 0,
            map_version: 0,
            stopping: false,
            closed: Vec::new(),
            outcomes: Vec::new(),
        };
        this.listen(listeners)?;
        Ok(this)
    }

    /// The token under which the core's waker is registered.
    pub fn wake_token() -> Token {
        WAKE
    }

    /// Accepts connections from `fresh`, and no more from the addresses of before. The unix socket,
    /// which comes first, stays.
    fn listen(&mut self, mut fresh: Vec<Listener>) -> io::Result<()> {
        self.listeners.retain(|listener| matches!(listener, Listener::Unix(..)));
        let first = self.listeners.len();
        for (index, listener) in fresh.iter_mut().enumerate() {
            listener.register(self.poll.registry(), Token(LISTENERS + first + index))?;
        }
        self.listeners.append(&mut fresh);
        self.core.desk = Some(Box::new(Desk::new(&self.listeners)?));
        Ok(())
    }

    /// Runs until the server stops.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let server = self.core.server.clone();
        let mailbox = &server.mailboxes[self.core.id];
        while !self.stopping {
            self.core.server.accounting.share(self.core.id).publish();
            let idle = self.ready.is_empty() && !self.core.ceiling.is_behind;
            let timeout =
                if !idle || !mailbox.fall_asleep() { Duration::ZERO } else { self.until_next() };
            match self.poll.poll(&mut events, Some(timeout)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => other?,
            }
            mailbox.wake_up();
            self.core.now_ms = unix_ms();
            self.core.stats.loops.add(1);
            let (begin, commands) = (self.core.ticks(), self.core.stats.commands_processed.get());
            self.take_events(&events);
            self.take_mail(mailbox);
            while !self.ready.is_empty() && self.run_round() {}
            self.run_timers();
            if self.core.now_ms >= self.next_tick_ms {
                let begin = self.core.ticks();
                self.tick();
                self.core.stats.cron_ticks.add(self.core.ticks().wrapping_sub(begin));
            }
            self.end_waits();
            if self.core.ceiling.is_behind {
                self.make_room();
            }
            self.note_round(begin, commands);
        }
        self.close_all();
        Ok(())
    }

    /// Counts a round that began at a tick, when so many commands had run.
    fn note_round(&self, begin: u64, commands: u64) {
        let stats = &self.core.stats;
        let ticks = self.core.ticks().wrapping_sub(begin);
        stats.loop_ticks.add(ticks);
        stats.loop_ticks_max.raise(ticks);
        stats.loop_commands_max.raise(stats.commands_processed.get().saturating_sub(commands));
    }

    fn until_next(&self) -> Duration {
        let timer = self.timers.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
        let now = unix_ms();
        Duration::from_millis(self.next_tick_ms.min(timer).saturating_sub(now).min(1000))
    }

    fn take_events(&mut self, events: &Events) {
        for event in events {
            let token = event.token();
            if token == WAKE {
                continue;
            }
            if token.0 >= LISTENERS {
                self.accept(token.0 - LISTENERS);
                continue;
            }
            let slot = token.0;
            let Some(conn) = self.conns.get_mut(slot) else { continue };
            if event.is_writable() && conn.pending_bytes() > 0 {
                if conn.send_pending().is_err() {
                    self.close(slot);
                    continue;
                }
                let done = conn.pending_bytes() == 0;
                if done && conn.client.flags.has(ClientFlags::CLOSE_AFTER_REPLY) {
                    self.close(slot);
                    continue;
                }
            }
            let Some(conn) = self.conns.get_mut(slot) else { continue };
            if event.is_readable() || event.is_error() || event.is_read_closed() {
                conn.readable = true;
                match conn.standing {
                    Standing::Idle => self.enqueue(slot),
                    // A waiting client that hung up is not waiting for anything any more.
                    Standing::Blocked if event.is_read_closed() => self.close(slot),
                    _ => {}
                }
            }
        }
    }

    fn enqueue(&mut self, slot: usize) {
        self.conns[slot].standing = Standing::Queued;
        self.ready.push_back(slot);
    }

    fn take_mail(&mut self, mailbox: &crate::server::CoreMailbox) {
        let mut inbox = std::mem::take(&mut self.inbox);
        mailbox.take(&mut inbox);
        for message in inbox.drain(..) {
            self.receive(message);
        }
        self.inbox = inbox;
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Accepted(socket) => self.adopt(socket),
            Message::Retry => self.retry(),
            Message::Unblocked { conn, ticket, reply } => {
                if let Some(slot) = self.find(conn)
                    && self.conns[slot]
                        .client
                        .blocked
                        .as_ref()
                        .is_some_and(|b| Arc::ptr_eq(&b.ticket, &ticket))
                {
                    self.unblock(slot, &reply, true);
                }
            }
            Message::Unblock { conn, error } => {
                if let Some(slot) = self.find(conn) {
                    self.time_out(slot, error);
                }
            }
            Message::Push { conn, resp2, resp3 } => self.push(conn, &resp2, &resp3),
            Message::Publish { to, resp2, resp3 } => {
                for conn in to {
                    self.push(conn, &resp2, &resp3);
                    self.core.stats.pubsub_delivered.add(1);
                }
            }
            Message::Kill { conn, gently } => {
                let Some(slot) = self.find(conn) else { return };
                if gently && self.conns[slot].pending_bytes() > 0 {
                    self.conns[slot].client.set_flag(ClientFlags::CLOSE_AFTER_REPLY, true);
                } else {
                    self.close(slot);
                }
            }
            Message::Multi { conn, change, queued } => {
                if let Some(slot) = self.find(conn) {
                    transactions::change(&mut self.conns[slot].client, change, &queued);
                }
            }
            Message::SlotsLost(slots) => self.core.drop_slots_soon(&slots),
            Message::ShardChannelGone { conn, channel } => self.end_shard_channel(conn, &channel),
            Message::Rebind => {
                let fresh = self.core.server.listening.handover.lock().take();
                if let Some(fresh) = fresh
                    && let Err(error) = self.listen(fresh)
                {
                    tracing::warn!("Failed listening on the new addresses: {error}");
                }
            }
            Message::Stop => self.stopping = true,
        }
    }

    fn find(&self, conn: ConnId) -> Option<usize> {
        let slot = conn.slot as usize;
        self.conns.get(slot).filter(|found| found.client.id == conn.client).map(|_| slot)
    }

    fn retry(&mut self) {
        for slot in std::mem::take(&mut self.aside) {
            if self.conns.get(slot).is_some_and(|conn| conn.standing == Standing::Aside) {
                self.enqueue(slot);
            }
        }
        if self.core.server.pause.until(self.core.now_ms).is_none() {
            self.resume_paused();
        }
    }

    fn resume_paused(&mut self) {
        for slot in std::mem::take(&mut self.paused) {
            if let Some(conn) = self.conns.get_mut(slot)
                && conn.standing == Standing::Paused
            {
                conn.client.set_flag(ClientFlags::POSTPONED, false);
                self.enqueue(slot);
            }
        }
    }

    /// Sends bytes that are no reply.
    fn push(&mut self, conn: ConnId, resp2: &[u8], resp3: &[u8]) {
        let Some(slot) = self.find(conn) else { return };
        let conn = &mut self.conns[slot];
        let bytes = if conn.client.is_resp3() { resp3 } else { resp2 };
        self.core.stats.net_output_bytes.add(bytes.len() as u64);
        conn.note_replies(bytes.len());
        let lost = conn.send(bytes).is_err();
        if conn.pending_bytes() > 0 {
            conn.client.info.in_hand.store(true, Ordering::Relaxed);
        }
        conn.note_memory(&self.core.server.clients);
        if lost || conn.is_over_limits(&self.core) {
            self.close(slot);
        }
    }

    fn end_shard_channel(&mut self, conn: ConnId, channel: &[u8]) {
        let Some(slot) = self.find(conn) else { return };
        let client = &mut self.conns[slot].client;
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, client.resp);
        if crate::commands::pubsub::lose_shard_channel(
            &self.core.server,
            client,
            channel,
            &mut reply,
        ) {
            self.push(conn, &out, &out);
        }
    }

    /// Runs the requests of some ready connections. `false`: the gate is closed.
    fn run_round(&mut self) -> bool {
        if !self.core.enter() && !self.core.server.scripting.running.is_busy() {
            // Told by `Retry` when it opens; until then the ready ones are put aside.
            while let Some(slot) = self.ready.pop_front() {
                if let Some(conn) = self.conns.get_mut(slot) {
                    conn.standing = Standing::Aside;
                    self.aside.push(slot);
                }
            }
            return false;
        }
        let mut budget = self.ready.len().min(VISITS_MAX);
        while budget > 0 && self.round.space().len() >= READ_BYTES {
            budget -= 1;
            let Some(slot) = self.ready.pop_front() else { break };
            // An entry may be out of date: its connection is gone, or waits for something else.
            if self.conns.get(slot).is_some_and(|conn| conn.standing == Standing::Queued) {
                self.read(slot);
            }
        }
        let mut round = std::mem::replace(&mut self.round, Round::new(0));
        let mut outcomes = std::mem::take(&mut self.outcomes);
        round.run(&mut self.core, &mut self.conns, |_, outcome| outcomes.push(outcome));
        self.round = round;
        self.core.leave();
        for outcome in outcomes.drain(..) {
            self.settle(outcome);
        }
        self.outcomes = outcomes;
        for slot in std::mem::take(&mut self.closed) {
            self.close(slot);
        }
        self.evict_clients();
        true
    }

    /// Closes the clients that take most, until all together take no more than `maxmemory-clients`.
    fn evict_clients(&mut self) {
        let server = self.core.server.clone();
        let limit = server.client_memory_max();
        if limit == 0 {
            return;
        }
        let may_go = |info: &ClientInfo| {
            !info.flags().has(ClientFlags::NO_EVICT) && !info.killed.load(Ordering::Relaxed)
        };
        while server.clients.memory() > limit {
            let Some(info) = server.clients.largest(may_go) else { return };
            tracing::info!(
                "Evicting client: id={} addr={} tot-mem={}",
                info.id,
                info.addr,
                info.memory.load(Ordering::Relaxed)
            );
            info.killed.store(true, Ordering::Relaxed);
            // Another core may have had the same idea.
            if !server.clients.remove(&info) {
                continue;
            }
            self.core.stats.evicted_clients.add(1);
            if usize::from(info.conn.core) == self.core.id {
                self.close(info.conn.slot as usize);
            } else {
                server.post(
                    usize::from(info.conn.core),
                    Message::Kill { conn: info.conn, gently: false },
                );
            }
        }
    }

    fn limits(&self, slot: usize) -> Limits {
        Limits {
            bulk_bytes_max: self.core.server.config.proto_max_bulk_len.get(),
            authenticated: !self.conns[slot].client.flags.has(ClientFlags::UNAUTHENTICATED),
        }
    }

    /// Reads once from a connection and hands what came to the round.
    fn read(&mut self, slot: usize) {
        let limits = self.limits(slot);
        let conn = &mut self.conns[slot];
        conn.standing = Standing::Idle;
        let stashed = !conn.stash.is_empty();
        let mut len = 0;
        if conn.readable {
            let result = if stashed {
                conn.read_into_stash()
            } else {
                let space = self.round.space();
                let wanted = READ_BYTES.min(space.len());
                conn.socket.read(&mut space[..wanted]).inspect(|n| conn.readable = *n == wanted)
            };
            self.core.stats.reads.add(1);
            match result {
                Ok(0) => return self.closed.push(slot),
                Ok(n) => len = n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => conn.readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.closed.push(slot),
            }
            self.core.stats.net_input_bytes.add(len as u64);
            let info = &conn.client.info;
            info.net_in.store(info.net_in.load(Ordering::Relaxed) + len as u64, Ordering::Relaxed);
            info.last_active_ms.store(self.core.now_ms, Ordering::Relaxed);
            conn.query_peak = conn.query_peak.max(conn.stash.len().max(len));
        }
        let limit = self.core.server.config.client_query_buffer_limit.get() as usize;
        if conn.stash.len() > limit {
            self.core.stats.client_query_buffer_limit_disconnections.add(1);
            tracing::warn!(
                "Closing client that reached max query buffer length: id={} addr={}",
                conn.client.id,
                conn.client.info.addr
            );
            return self.closed.push(slot);
        }
        let visits = self.round.visits();
        if stashed {
            self.round.add_stash(slot, conn, limits);
        } else if len > 0 {
            self.round.add_read(slot, conn, len, limits);
        }
        let in_hand = self.round.visits() > visits;
        let conn = &mut self.conns[slot];
        conn.client.info.in_hand.store(in_hand || !conn.stash.is_empty(), Ordering::Relaxed);
        if stashed || !conn.stash.is_empty() {
            conn.note_stash();
            conn.note_memory(&self.core.server.clients);
        }
        if self.round.visits() == 0 && self.conns[slot].readable {
            self.enqueue(slot);
        } else if self.conns[slot].readable && self.conns[slot].standing == Standing::Idle {
            // Goes on after this round, behind the others.
            self.enqueue(slot);
        }
    }

    /// Puts a connection where its round left it.
    fn settle(&mut self, outcome: Outcome) {
        let slot = outcome.conn;
        let Some(conn) = self.conns.get_mut(slot) else { return };
        let drained = conn.pending_bytes() == 0;
        let close = outcome.lost
            || conn.client.info.killed.load(Ordering::Relaxed)
            || conn.client.flags.has(ClientFlags::CLOSE_AFTER_REPLY) && drained;
        if close {
            return self.close(slot);
        }
        conn.note_memory(&self.core.server.clients);
        if !drained && conn.is_over_limits(&self.core) {
            return self.close(slot);
        }
        match outcome.stopped {
            None | Some(Next::Continue) => {
                if std::mem::take(&mut conn.awaits_auth) && conn.standing == Standing::Idle {
                    self.enqueue(slot);
                }
            }
            Some(Next::PutAside) => {
                self.core.stats.put_aside.add(1);
                conn.standing = Standing::Aside;
                self.aside.push(slot);
            }
            Some(Next::Paused) => {
                conn.standing = Standing::Paused;
                conn.client.set_flag(ClientFlags::POSTPONED, true);
                self.paused.push(slot);
            }
            Some(Next::Blocked) => {
                conn.standing = Standing::Blocked;
                let at = conn.client.blocked.as_ref().and_then(|blocked| blocked.deadline_ms);
                if let Some(at) = at {
                    self.timers.push(Reverse((at, slot, conn.client.id)));
                }
            }
        }
    }

    /// A blocked client got its reply: it goes on.
    fn unblock(&mut self, slot: usize, reply: &[u8], served: bool) {
        let conn = &mut self.conns[slot];
        let Some(blocked) = conn.client.blocked.take() else { return };
        let waits = ClientFlags(ClientFlags::BLOCKED.0 | ClientFlags::HAS_DEADLINE.0);
        conn.client.set_flag(waits, false);
        self.core.count_ended_wait(&blocked, served.then_some(reply.len()));
        self.ended.push(*blocked);
        conn.client.commands += 1;
        conn.client.info.commands.store(conn.client.commands, Ordering::Relaxed);
        if !conn.client.flags.has(ClientFlags::REPLY_OFF) {
            self.core.stats.net_output_bytes.add(reply.len() as u64);
            conn.note_replies(reply.len());
            if conn.send(reply).is_err() {
                return self.close(slot);
            }
        }
        if conn.standing == Standing::Blocked {
            self.enqueue(slot);
        }
    }

    /// Ends a wait whose time is up, or that CLIENT UNBLOCK ends.
    fn time_out(&mut self, slot: usize, error: bool) {
        let conn = &mut self.conns[slot];
        let Some(blocked) = &conn.client.blocked else { return };
        if !blocked.ticket.claim() {
            // Being served at this moment.
            return;
        }
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, conn.client.resp);
        if error {
            reply.error(UNBLOCKED);
        } else {
            write_timeout(&mut reply, blocked.on_timeout);
        }
        finish_wait(&self.core, blocked.command, error.then_some(UNBLOCKED));
        self.unblock(slot, &out, false);
    }

    /// Takes the waits that ended out of their shards.
    fn end_waits(&mut self) {
        self.unwatched.append(&mut self.core.stale_watches);
        if self.ended.is_empty() && self.unwatched.is_empty() || !self.core.enter() {
            return;
        }
        let core = &mut self.core;
        self.ended.retain(|blocked| !end_wait(core, blocked));
        self.unwatched.retain(|(keys, flag)| !end_watch(core, keys, flag));
        self.core.leave();
    }

    fn accept(&mut self, index: usize) {
        loop {
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
    }

    /// Gives a new connection to the less loaded of two cores.
    fn place(&mut self, mut socket: Socket) {
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
    fn adopt(&mut self, mut socket: Socket) {
        let server = self.core.server.clone();
        let entry = self.conns.vacant_entry();
        let slot = entry.key();
        if let Err(error) = socket.register(self.poll.registry(), Token(slot)) {
            tracing::warn!("Registering a client connection: {error}");
            server.loads[self.core.id].fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let is_unix = socket.is_unix();
        if !is_unix {
            set_keepalive(&socket, server.config.tcp_keepalive.get());
        }
        let conn = ConnId {
            core: self.core.id as u16,
            slot: slot as u32,
            client: server.clients.next_id(),
        };
        let (addr, laddr) = socket.addresses(&server.config.unixsocket.string());
        let fd = i64::from(socket.fd());
        let info = Arc::new(ClientInfo::new(conn, addr, laddr, fd, unix_ms()));
        server.clients.add(info.clone());
        self.core.stats.connections_received.add(1);
        let mut client = Client::new(info);
        client.set_flag(ClientFlags::UNIX_SOCKET, is_unix);
        client.set_flag(ClientFlags::UNAUTHENTICATED, !server.users.is_open());
        entry.insert(Conn::new(socket, client));
        self.enqueue(slot);
    }

    /// Closes a connection and forgets the client.
    fn close(&mut self, slot: usize) {
        let Some(mut conn) = self.conns.try_remove(slot) else { return };
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

    fn tick(&mut self) {
        let now = self.core.now_ms;
        let hz = self.core.server.config.hz.get().clamp(1, 500) as u64;
        self.next_tick_ms = now + 1000 / hz;
        if self.core.server.testing.cron_paused.load(Ordering::Relaxed) {
            return;
        }
        if self.core.server.pause.until(now).is_none() {
            self.resume_paused();
        }
        if now >= self.next_idle_ms {
            self.next_idle_ms = now + 1000;
            self.close_idle();
        }
        self.tend_clients(hz as usize);
        if self.core.id == 0 {
            self.core.server.sample_rates();
            self.core.server.obey_signals();
        }
        self.core.expire_some();
        drop_flushed_interpreter(&self.core);
        self.make_room();
        self.core.drop_lost_slots();
        self.redirect_waiters();
    }

    /// Ends the waits for keys that another node serves now.
    fn redirect_waiters(&mut self) {
        let Some(cluster) = &self.core.server.cluster else { return };
        let version = cluster.map().version;
        if std::mem::replace(&mut self.map_version, version) == version {
            return;
        }
        let waiting: Vec<usize> = (self.conns.iter())
            .filter(|(_, conn)| conn.client.blocked.is_some())
            .map(|(slot, _)| slot)
            .collect();
        for slot in waiting {
            let conn = &self.conns[slot];
            let Some(error) = ends_wait(&self.core, &conn.client) else { continue };
            let claimed = conn.client.blocked.as_ref().is_some_and(|b| b.ticket.claim());
            if claimed {
                let mut out = Vec::new();
                Reply::new(&mut out, conn.client.resp).error(&error.to_string());
                self.unblock(slot, &out, false);
            }
        }
    }

    /// Ends the waits whose time is up.
    fn run_timers(&mut self) {
        let now = self.core.now_ms;
        while let Some(Reverse((at, slot, client))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            let due = self.conns.get(slot).is_some_and(|conn| {
                let deadline = conn.client.blocked.as_ref().and_then(|b| b.deadline_ms);
                conn.client.id == client && deadline.is_some_and(|deadline| deadline <= now)
            });
            if due {
                self.time_out(slot, false);
            }
        }
    }

    /// Evicts keys if there is too little memory, also when no client says anything.
    fn make_room(&mut self) {
        if self.core.server.config.maxmemory.get() != 0 && self.core.enter() {
            self.core.make_room();
            self.core.leave();
        }
    }

    /// Looks after a share of the clients, so that each has its turn at least once a second.
    fn tend_clients(&mut self, ticks_per_second: usize) {
        let places = self.conns.iter().next_back().map_or(0, |(last, _)| last + 1);
        let mut left = (self.conns.len() / ticks_per_second).max(TENDED_MIN);
        for _ in 0..places {
            let slot = self.tend_next % places;
            self.tend_next = slot + 1;
            let Some(conn) = self.conns.get_mut(slot) else { continue };
            conn.tend(&self.core);
            conn.note_memory(&self.core.server.clients);
            if conn.pending_bytes() > 0 && conn.is_over_limits(&self.core) {
                self.close(slot);
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
        self.evict_clients();
    }

    /// `timeout`: closes clients that said nothing for long.
    fn close_idle(&mut self) {
        let timeout_ms = self.core.server.config.timeout.get() as u64 * 1000;
        if timeout_ms == 0 {
            return;
        }
        let now = self.core.now_ms;
        let exempt =
            ClientFlags(ClientFlags::BLOCKED.0 | ClientFlags::PUBSUB.0 | ClientFlags::MONITOR.0);
        let idle: Vec<usize> = self
            .conns
            .iter()
            .filter(|(_, conn)| {
                let since = conn.client.info.last_active_ms.load(Ordering::Relaxed);
                !conn.client.flags.has(exempt) && now.saturating_sub(since) > timeout_ms
            })
            .map(|(slot, _)| slot)
            .collect();
        for slot in idle {
            self.close(slot);
        }
    }

    fn close_all(&mut self) {
        self.listeners.clear();
        let all: Vec<usize> = self.conns.iter().map(|(slot, _)| slot).collect();
        for slot in all {
            let _ = self.conns[slot].send_pending();
            self.close(slot);
        }
    }
}

/// What a new connection is told instead of being served.
pub(super) fn refusal(server: &Server, socket: &Socket) -> Option<&'static [u8]> {
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
