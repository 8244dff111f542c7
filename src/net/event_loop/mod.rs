//! The event loop of a core: ready connections are read, their requests run in rounds, their replies
//! sent; between rounds come messages of other cores, blocked clients ([`waits`]), what every tick brings
//! ([`care`]) and new connections ([`admission`]).

mod admission;
mod care;
mod waits;

pub(super) use self::admission::{admit, refusal};

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mio::{Poll, Token};

use super::conn::Standing;
use super::conns::Conns;
use super::desk::Desk;
use super::readiness::Readiness;
use super::round::{Outcome, Round};
use super::socket::Listener;
use crate::dispatch::{Core, Next};
use crate::keyspace::WatchFlag;
use crate::protocol::Reply;
use crate::server::Server;
use crate::session::{Blocked, ClientFlags, ConnId, Message, Watched};

const WAKE: Token = Token(usize::MAX);
const LISTENERS: usize = usize::MAX / 2;

/// What one read takes at the most; a connection that has more waits for its next turn. Values of
/// 16 KiB, a size that people choose, come in one read, and are not copied before they are stored.
const READ_BYTES: usize = 32 * 1024;
/// Connections in a round.
const VISITS_MAX: usize = 128;
const EVENTS_MAX: usize = 512;

/// A core's loop, before it runs.
pub struct EventLoop {
    core: Core,
    poll: Poll,
    conns: Conns,
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
    /// Listeners that may have more connections to accept.
    crowded: Vec<usize>,
    /// Serves connections while a script keeps the loop from them; shared with the round and the core.
    desk: Rc<RefCell<Desk>>,
    next_tick_ms: u64,
    /// The connection that is looked after next.
    tend_next: usize,
    /// When the next second begins, at which idle clients are looked for.
    next_second_ms: u64,
    /// The slot map that waiting clients were last held against.
    map_version: u64,
    stopping: bool,
    closed: Vec<usize>,
    /// What was read in this round, to be parsed. Kept from round to round for its room, as are the
    /// outcomes.
    received: Vec<Received>,
    outcomes: Vec<Outcome>,
}

/// What one connection sent.
#[derive(Debug)]
struct Received {
    conn: usize,
    /// Where in the round's arena it is; nothing, if it went to the stash.
    bytes: Range<usize>,
    /// The peer sends no more.
    ended: bool,
}

impl EventLoop {
    /// `poll` is the one that the mailbox's waker was made from.
    pub fn new(
        id: usize,
        server: Arc<Server>,
        poll: Poll,
        listeners: Vec<Listener>,
    ) -> io::Result<Self> {
        let desk = Rc::new(RefCell::new(Desk::new(id, &server, poll.registry().try_clone()?)));
        let mut core = Core::new(id, server);
        core.desk = Some(desk.clone());
        let mut this = Self {
            core,
            poll,
            conns: Conns::default(),
            ready: VecDeque::new(),
            aside: Vec::new(),
            paused: Vec::new(),
            timers: BinaryHeap::new(),
            ended: Vec::new(),
            unwatched: Vec::new(),
            round: Round::new(desk.clone()),
            desk,
            inbox: Vec::new(),
            listeners: Vec::new(),
            crowded: Vec::new(),
            next_tick_ms: 0,
            tend_next: 0,
            next_second_ms: 0,
            map_version: 0,
            stopping: false,
            closed: Vec::new(),
            received: Vec::new(),
            outcomes: Vec::new(),
        };
        this.listen(listeners)?;
        Ok(this)
    }

    /// The token under which the core's waker is registered.
    pub fn wake_token() -> Token {
        WAKE
    }

    /// Runs until the server stops.
    pub fn run(mut self) -> io::Result<()> {
        let mut readiness = Readiness::with_capacity(EVENTS_MAX);
        let server = self.core.server.clone();
        let mailbox = &server.mailboxes[self.core.id];
        let mut took = Duration::ZERO;
        while !self.stopping {
            self.core.server.accounting.share(self.core.id).publish();
            let idle =
                self.ready.is_empty() && self.crowded.is_empty() && !self.core.ceiling.is_behind;
            let timeout = if !idle || !mailbox.fall_asleep() {
                Duration::ZERO
            } else {
                self.until_next(took)
            };
            match readiness.wait(&self.poll, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => other?,
            }
            mailbox.wake_up();
            self.core.stats.loops.add(1);
            let (begin, commands) = (self.core.ticks(), self.core.stats.commands_processed.get());
            self.core.refresh_clock(begin);
            for listener in std::mem::take(&mut self.crowded) {
                self.accept(listener);
            }
            self.take_events(&readiness);
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
            took = self.note_round(begin, commands);
        }
        self.close_all();
        Ok(())
    }

    /// Counts a round that began at a tick, when so many commands had run. Answers how long it took.
    fn note_round(&self, begin: u64, commands: u64) -> Duration {
        let stats = &self.core.stats;
        let ticks = self.core.ticks().wrapping_sub(begin);
        stats.loop_ticks.add(ticks);
        stats.loop_ticks_max.raise(ticks);
        stats.loop_commands_max.raise(stats.commands_processed.get().saturating_sub(commands));
        Duration::from_nanos(self.core.nanos(ticks))
    }

    /// How long the loop may sleep after a round that took so long.
    fn until_next(&self, took: Duration) -> Duration {
        let timer = self.timers.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
        let now = self.core.now_ms + took.as_millis() as u64;
        Duration::from_millis(self.next_tick_ms.min(timer).saturating_sub(now).min(1000))
    }

    fn take_events(&mut self, readiness: &Readiness) {
        for ready in readiness.iter() {
            let slot = ready.token.0;
            if ready.token == WAKE {
                continue;
            }
            if slot >= LISTENERS {
                self.accept(slot - LISTENERS);
                continue;
            }
            let Some(conn) = self.conns.get_mut(slot) else { continue };
            if ready.writable && conn.pending_bytes() > 0 {
                let is_lost = conn.send_pending().is_err();
                let is_done = conn.pending_bytes() == 0
                    && conn.client.flags.has(ClientFlags::CLOSE_AFTER_REPLY);
                if is_lost || is_done {
                    self.close(slot);
                    continue;
                }
            }
            if ready.readable {
                conn.readable = true;
                conn.read_closed |= ready.read_closed;
                match conn.standing {
                    Standing::Idle => self.enqueue(slot),
                    // A waiting client that hung up is not waiting for anything any more.
                    Standing::Blocked if ready.read_closed => self.close(slot),
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
        conn.client.info.note_replies(bytes.len());
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
        let mut received = std::mem::take(&mut self.received);
        for one in received.drain(..) {
            self.hand_over(one);
        }
        self.received = received;
        let Self { round, core, conns, outcomes, .. } = self;
        round.run(core, conns, |outcome| outcomes.push(outcome));
        core.leave();
        let mut outcomes = std::mem::take(outcomes);
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

    /// Reads once from a connection. What came is parsed when all have been read: the kernel's work
    /// for a connection and ours push each other out of the caches.
    fn read(&mut self, slot: usize) {
        let conn = &mut self.conns[slot];
        conn.standing = Standing::Idle;
        let stashed = !conn.stash.is_empty();
        let mut received = Received { conn: slot, bytes: 0..0, ended: false };
        if conn.readable {
            let result = if stashed {
                conn.read_into_stash()
            } else {
                let space = self.round.space();
                let wanted = READ_BYTES.min(space.len());
                let result = conn.socket.receive(&mut space[..wanted]);
                result.inspect(|n| conn.readable = *n == wanted || conn.read_closed)
            };
            self.core.stats.reads.add(1);
            match result {
                Ok(0) if !stashed => return self.closed.push(slot),
                Ok(0) => (conn.readable, received.ended) = (true, true),
                Ok(len) => {
                    self.core.stats.net_input_bytes.add(len as u64);
                    conn.note_received(len, self.core.now_ms);
                    if !stashed {
                        received.bytes = self.round.keep(len);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => conn.readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.closed.push(slot),
            }
        }
        self.received.push(received);
    }

    /// Hands what a connection has sent, and had kept from before, to the round.
    fn hand_over(&mut self, Received { conn: slot, bytes, ended }: Received) {
        let conn = &mut self.conns[slot];
        let limits = conn.limits(&self.core.server);
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
        let stashed = !conn.stash.is_empty();
        if stashed {
            self.round.add_stash(slot, conn, limits);
        } else if !bytes.is_empty() {
            self.round.add_read(slot, conn, bytes, limits);
        }
        let in_hand = self.round.visits() > visits;
        if ended && !in_hand {
            // Nor was there a request left that had waited.
            return self.closed.push(slot);
        }
        conn.client.info.in_hand.store(in_hand || !conn.stash.is_empty(), Ordering::Relaxed);
        if stashed || !conn.stash.is_empty() {
            conn.note_stash();
            conn.note_memory(&self.core.server.clients);
        }
        if conn.readable {
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
            Some(Next::Blocked) if conn.read_closed => self.close(slot),
            Some(Next::Blocked) => {
                conn.standing = Standing::Blocked;
                let at = conn.client.blocked.as_ref().and_then(|blocked| blocked.deadline_ms);
                if let Some(at) = at {
                    self.timers.push(Reverse((at, slot, conn.client.id)));
                }
            }
        }
    }
}
