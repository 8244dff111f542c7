//! A round: requests of all ready connections, gathered, run in windows, answered.
//!
//! Requests lie where they were read: in the round's arena, or in a stash that a connection
//! brought along. A *window* is a run of commands on one key each, from clients in no special
//! state: their shards are locked together, their buckets and then their entries are fetched into
//! the cache together, and they are run in order. So the misses of different commands overlap,
//! also across connections.

use crate::commands::Group;
use crate::dispatch::{Core, Fast, FastCommand, Next, fast, process, run_fast};
use crate::net::conn::Conn;
use crate::net::conns::Conns;
use crate::net::desk::Desk;
use crate::protocol::{Args, Limits, Progress, ProtocolError, Reply, Span, parse_request};
use crate::session::{ClientFlags, REPLY_ROOM_MAX};

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// Commands whose misses are overlapped. More gain nothing.
const WINDOW_MAX: usize = 32;

/// The same where cores share the shards: the locks of a window are held together, and two cores
/// meet with a chance that grows with the square of this.
const SHARED_WINDOW_MAX: usize = 8;

/// Pointers that are followed from an entry to the bytes of its value, each once all values of a
/// window have had the one before.
const VALUE_DEPTH: u32 = 3;

/// Replies are sent once they amount to this, even in the middle of a round.
const OUT_BYTES_SOFT_MAX: usize = 64 * 1024;

/// Room for what the connections of a round sent.
const ARENA_BYTES: usize = 256 * 1024;

/// A request of the round.
#[derive(Debug, Clone, Copy)]
struct Request {
    visit: u32,
    first_span: u32,
    spans: u32,
    /// Where its bytes start in its visit's buffer.
    start: u32,
}

/// One connection's share of a round.
#[derive(Debug)]
struct Visit {
    conn: usize,
    /// 0 for the arena, else one more than the index of a stash.
    buffer: usize,
    /// Where its parsed requests end in the buffer.
    end: usize,
    /// Where its replies start in the output.
    replies_from: usize,
    /// Bytes of its replies that were sent while it still had requests to run.
    delivered: usize,
    /// The rest of its requests is not run in this round.
    stopped: Option<Next>,
    error: Option<ProtocolError>,
    /// A script is among its requests, which may take long.
    has_script: bool,
}

/// The requests and replies of one round. Kept from round to round for its buffers.
pub(super) struct Round {
    arena: Vec<u8>,
    used: usize,
    stashes: Vec<Vec<u8>>,
    spans: Vec<Span>,
    requests: Vec<Request>,
    visits: Vec<Visit>,
    window: Vec<FastCommand>,
    pub(super) out: Vec<u8>,
    /// Visits whose replies are complete and not sent yet start here.
    unsent: usize,
    desk: Rc<RefCell<Desk>>,
}

/// What became of a connection in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) conn: usize,
    pub(super) stopped: Option<Next>,
    /// The peer is gone, or the connection is to be closed.
    pub(super) lost: bool,
}

impl Round {
    pub(super) fn new(desk: Rc<RefCell<Desk>>) -> Self {
        Self {
            arena: vec![0; ARENA_BYTES],
            used: 0,
            stashes: Vec::new(),
            spans: Vec::new(),
            requests: Vec::new(),
            visits: Vec::new(),
            window: Vec::new(),
            out: Vec::with_capacity(OUT_BYTES_SOFT_MAX),
            unsent: 0,
            desk,
        }
    }

    /// The free part of the arena.
    pub(super) fn space(&mut self) -> &mut [u8] {
        &mut self.arena[self.used..]
    }

    pub(super) fn visits(&self) -> usize {
        self.visits.len()
    }

    /// Keeps the first `len` bytes of the free space; answers where they are for [`Self::add_read`].
    pub(super) fn keep(&mut self, len: usize) -> Range<usize> {
        let (start, end) = (self.used, self.used + len);
        // The next connection's bytes start on a cache line of their own.
        self.used = (end + 63) & !63;
        self.used = self.used.min(self.arena.len());
        start..end
    }

    /// Adds what `conn` sent, which lies in the arena.
    pub(super) fn add_read(
        &mut self,
        conn: usize,
        state: &mut Conn,
        Range { start, end }: Range<usize>,
        limits: Limits,
    ) {
        let mut arena = std::mem::take(&mut self.arena);
        let stop = self.parse(conn, 0, state, &mut arena[..end], start, limits);
        if stop < end {
            state.stash_bytes(&arena[stop..end]);
        }
        self.arena = arena;
    }

    /// Adds what `conn` had stashed, to which new bytes may have been appended.
    pub(super) fn add_stash(&mut self, conn: usize, state: &mut Conn, limits: Limits) {
        let mut stash = std::mem::take(&mut state.stash);
        let buffer = self.stashes.len() + 1;
        let end = stash.len();
        let stop = self.parse(conn, buffer, state, &mut stash, 0, limits);
        if stop == 0 {
            // Nothing complete: the stash stays as it is, with its resume point.
            state.stash = stash;
            if self.visits.last().is_some_and(|visit| visit.error.is_none()) {
                self.visits.pop();
            } else {
                self.stashes.push(Vec::new());
            }
            return;
        }
        if stop < end {
            state.stash_bytes(&stash[stop..]);
        }
        self.stashes.push(stash);
    }

    /// Parses requests from `start` on; answers where the first incomplete one starts.
    fn parse(
        &mut self,
        conn: usize,
        buffer: usize,
        state: &mut Conn,
        bytes: &mut [u8],
        start: usize,
        limits: Limits,
    ) -> usize {
        let visit = self.visits.len() as u32;
        let mut pos = start;
        let mut error = None;
        let mut has_script = false;
        let mut resume = state.resume.take();
        loop {
            let (at, first_span) = (pos, self.spans.len());
            match parse_request(bytes, &mut pos, &mut self.spans, limits, &mut resume) {
                Ok(Progress::Request) => {
                    let spans = (self.spans.len() - first_span) as u32;
                    if spans > 0 {
                        has_script |= is_script(bytes, self.spans[first_span]);
                        let (first_span, start) = (first_span as u32, at as u32);
                        self.requests.push(Request { visit, first_span, spans, start });
                    }
                }
                Ok(Progress::Incomplete) => break,
                Err(ProtocolError::UnauthenticatedCount | ProtocolError::UnauthenticatedBulk)
                    if at > start =>
                {
                    // What came before may be AUTH, which has not run yet.
                    self.spans.truncate(first_span);
                    state.awaits_auth = true;
                    break;
                }
                Err(found) => {
                    self.spans.truncate(first_span);
                    error = Some(found);
                    pos = bytes.len();
                    break;
                }
            }
        }
        state.resume = resume;
        let replies_from = usize::MAX;
        let stopped = None;
        self.visits.push(Visit {
            conn,
            buffer,
            end: pos,
            replies_from,
            delivered: 0,
            stopped,
            error,
            has_script,
        });
        if self.visits.last().is_some_and(|v| v.error.is_some()) {
            // A request without arguments stands for the error, in its place in the order.
            let first_span = self.spans.len() as u32;
            self.requests.push(Request { visit, first_span, spans: 0, start: pos as u32 });
        }
        pos
    }

    fn args(&self, request: Request) -> Args<'_> {
        let buffer = match self.visits[request.visit as usize].buffer {
            0 => &self.arena,
            stash => &self.stashes[stash - 1],
        };
        let first = request.first_span as usize;
        Args::new(buffer, &self.spans[first..first + request.spans as usize])
    }

    /// Runs everything that was added, sends the replies and tells what became of each connection.
    pub(super) fn run(
        &mut self,
        core: &mut Core,
        conns: &mut Conns,
        mut done: impl FnMut(Outcome),
    ) {
        self.put_scripts_last();
        let mut next = 0;
        while next < self.requests.len() {
            let visit = self.requests[next].visit as usize;
            if self.visits[visit].has_script && !self.withhold(core, conns, visit) {
                // Nobody's reply waits long for somebody else's script.
                self.send(core, conns, visit, &mut done);
            }
            if !core.is_entered() && !core.enter() && !core.server.scripting.running.is_busy() {
                // Somebody closed the gate while we wanted to: everything left waits.
                for at in next..self.requests.len() {
                    self.stop(conns, at, Next::PutAside);
                }
                break;
            }
            let count = self.open_window(core, conns, next);
            if count > 0 {
                self.run_window(core, conns, next, count);
                next += count;
            } else {
                self.run_single(core, conns, next, &mut done);
                next += 1;
            }
            if self.out.len() + core.withheld.byte_count() > OUT_BYTES_SOFT_MAX {
                let complete =
                    self.requests.get(next).map_or(self.visits.len(), |r| r.visit as usize);
                self.send(core, conns, complete, &mut done);
                self.send_open(core, conns, complete);
            }
        }
        let all = self.visits.len();
        self.send(core, conns, all, &mut done);
        self.clear();
    }

    /// Moves the visits with scripts behind the others: while a script is busy, clients whose
    /// requests are all answered can be told so (see [`super::desk`]).
    fn put_scripts_last(&mut self) {
        let first_script = self.visits.iter().position(|visit| visit.has_script);
        let last_other = self.visits.iter().rposition(|visit| !visit.has_script);
        if first_script.zip(last_other).is_none_or(|(script, other)| other < script) {
            return;
        }
        let mut order: Vec<usize> = (0..self.visits.len()).collect();
        order.sort_by_key(|&visit| self.visits[visit].has_script);
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &visit)| places[visit] = place as u32);
        for request in &mut self.requests {
            request.visit = places[request.visit as usize];
        }
        self.requests.sort_by_key(|request| request.visit);
        let mut placed: Vec<_> = places.into_iter().zip(self.visits.drain(..)).collect();
        placed.sort_by_key(|(place, _)| *place);
        self.visits.extend(placed.into_iter().map(|(_, visit)| visit));
    }

    fn clear(&mut self) {
        self.used = 0;
        self.unsent = 0;
        self.stashes.clear();
        self.spans.clear();
        self.requests.clear();
        self.visits.clear();
        self.out.clear();
        if self.out.capacity() > 2 * OUT_BYTES_SOFT_MAX {
            self.out = Vec::with_capacity(OUT_BYTES_SOFT_MAX);
        }
    }

    /// Locks the shards of as many commands from `first` on as make a window, and fetches their
    /// tables and then their buckets. 0: the command is none for the fast path, or its shard is busy.
    fn open_window(&mut self, core: &mut Core, conns: &Conns, first: usize) -> usize {
        self.window.clear();
        core.make_room();
        let Core { server, held, stats, now_ms, ceiling, .. } = core;
        let now_ms = *now_ms;
        if ceiling.is_out
            || server.monitors.load(Ordering::Relaxed) > 0
            || server.pause.until(now_ms).is_some()
            || server.scripting.running.is_busy()
            || server.lacks_replicas()
            || server.config.import_mode.get()
        {
            return 0;
        }
        let is_alone = server.store.shards.is_single();
        let max = if is_alone { WINDOW_MAX } else { SHARED_WINDOW_MAX };
        for &request in self.requests[first..].iter().take(max) {
            let visit = &self.visits[request.visit as usize];
            let client = &conns[visit.conn].client;
            if visit.stopped.is_some() || !client.is_plain() {
                break;
            }
            let Fast::Yes(command) = fast(server, client.db, &self.args(request)) else { break };
            if !server.store.shards.try_lock(held, command.shard) {
                let may_wait = self.window.is_empty();
                if !may_wait || !server.store.shards.spin_lock(held, command.shard) {
                    stats.lock_contended.add(1);
                    break;
                }
            }
            let data = server.store.shards.data(held, command.shard);
            if command.command.is_write() && !data.waiters.is_empty() {
                // Somebody may have to be served: the other way knows how.
                break;
            }
            data.db(command.db).prefetch_table(command.key.slot);
            self.window.push(command);
        }
        if let Some(cluster) = &server.cluster {
            // Looked at with the shards held, so that no slot can be given away meanwhile.
            let map = cluster.map();
            let unsettled = self.window.iter().position(|c| !map.is_settled(c.key.slot));
            self.window.truncate(unsettled.unwrap_or(self.window.len()));
        }
        for command in &self.window {
            let data = server.store.shards.data(held, command.shard);
            data.db(command.db).prefetch_bucket(command.key.slot, command.key.hash);
        }
        if self.window.is_empty() {
            core.release();
        }
        self.window.len()
    }

    /// Runs a window and releases its locks.
    fn run_window(&mut self, core: &mut Core, conns: &mut Conns, first: usize, count: usize) {
        if count > 1 {
            self.prefetch(core);
        }
        core.stats.lock_windows.add(1);
        let begin = core.ticks();
        core.refresh_clock(begin);
        let mut start = begin;
        let mut out = std::mem::take(&mut self.out);
        for index in 0..count {
            let request = self.requests[first + index];
            let command = self.window[index];
            let visit = &mut self.visits[request.visit as usize];
            if visit.replies_from == usize::MAX {
                visit.replies_from = out.len();
            }
            let client = &mut conns[visit.conn].client;
            start = run_fast(core, client, command, &self.args(request), &mut out, start);
        }
        self.out = out;
        core.stats.busy_ticks.add(start.wrapping_sub(begin));
        core.release();
        core.finish_effects();
    }

    /// Fetches into the cache what the commands of the window will read, whose buckets are there by
    /// now: their entries, then the first bytes of the values that lie outside of these.
    fn prefetch(&self, core: &Core) {
        let shards = &core.server.store.shards;
        let mut has_values = false;
        for command in &self.window {
            let data = shards.data(&core.held, command.shard);
            data.db(command.db).prefetch_entry(command.key.slot, command.key.hash);
            has_values |= command.command.spec.group != Group::String;
        }
        if !has_values {
            return;
        }
        for depth in 0..VALUE_DEPTH {
            for command in &self.window {
                if command.command.spec.group != Group::String {
                    let data = shards.data(&core.held, command.shard);
                    data.db(command.db).prefetch_value(command.key.slot, command.key.hash, depth);
                }
            }
        }
    }

    /// Runs one request on the way that knows every case.
    fn run_single(
        &mut self,
        core: &mut Core,
        conns: &mut Conns,
        at: usize,
        done: &mut impl FnMut(Outcome),
    ) {
        let request = self.requests[at];
        let visit = &mut self.visits[request.visit as usize];
        if visit.stopped.is_some() {
            return;
        }
        if visit.replies_from == usize::MAX {
            visit.replies_from = self.out.len();
        }
        let conn = &mut conns[visit.conn];
        let closing = ClientFlags(ClientFlags::CLOSE_AFTER_REPLY.0 | ClientFlags::CLOSE_ASAP.0);
        if conn.client.flags.has(closing) {
            return;
        }
        if request.spans == 0 {
            if let Some(error) = &visit.error {
                tracing::debug!("Protocol error from client {}: {error}", conn.client.id);
                Reply::new(&mut self.out, conn.client.resp).error(&format!("ERR {error}"));
                conn.client.set_flag(ClientFlags::CLOSE_AFTER_REPLY, true);
            }
            return;
        }
        let mut out = std::mem::take(&mut self.out);
        let begin = core.ticks();
        let next = if visit.has_script {
            self.run_script(core, conns, request, &mut out, done)
        } else {
            process(core, &mut conn.client, &self.args(request), &mut out)
        };
        core.stats.busy_ticks.add(core.ticks().wrapping_sub(begin));
        self.out = out;
        match next {
            Next::Continue => {}
            // The request is over; what follows it waits.
            Next::Blocked => self.stop_after(conns, at, next),
            Next::PutAside | Next::Paused => self.stop(conns, at, next),
        }
    }

    /// Runs a request that may take long: meanwhile the desk has the connections but this.
    fn run_script(
        &self,
        core: &mut Core,
        conns: &mut Conns,
        request: Request,
        out: &mut Vec<u8>,
        done: &mut impl FnMut(Outcome),
    ) -> Next {
        let slot = self.visits[request.visit as usize].conn;
        let mut conn = conns.take(slot).expect("in its place");
        self.desk.borrow_mut().open(conns);
        let next = process(core, &mut conn.client, &self.args(request), out);
        self.desk.borrow_mut().close(core, conns, done);
        conns.put_back(slot, conn);
        next
    }

    /// Puts the request at `at` and all that follows on its connection back into the stash.
    fn stop(&mut self, conns: &mut Conns, at: usize, why: Next) {
        let request = self.requests[at];
        self.stash_from(conns, request.visit as usize, request.start as usize, why);
    }

    fn stop_after(&mut self, conns: &mut Conns, at: usize, why: Next) {
        let visit = self.requests[at].visit;
        let from = match self.requests.get(at + 1) {
            Some(next) if next.visit == visit => next.start as usize,
            _ => self.visits[visit as usize].end,
        };
        self.stash_from(conns, visit as usize, from, why);
    }

    fn stash_from(&mut self, conns: &mut Conns, visit: usize, from: usize, why: Next) {
        let visit = &mut self.visits[visit];
        if visit.stopped.is_some() {
            return;
        }
        visit.stopped = Some(why);
        let buffer = match visit.buffer {
            0 => &self.arena,
            stash => &self.stashes[stash - 1],
        };
        let conn = &mut conns[visit.conn];
        if from < visit.end {
            let mut stash = buffer[from..visit.end].to_vec();
            stash.append(&mut conn.stash);
            conn.stash = stash;
            conn.resume = None;
        }
    }

    /// Sends what there is of the replies of a visit that still has requests to run, if that is much:
    /// a short request may have a long reply, and a pipeline many of them.
    fn send_open(&mut self, core: &Core, conns: &mut Conns, open: usize) {
        let Some(visit) = self.visits.get_mut(open) else { return };
        if self.out.len() <= OUT_BYTES_SOFT_MAX || visit.replies_from == usize::MAX {
            return;
        }
        let conn = &mut conns[visit.conn];
        let replies = &self.out[visit.replies_from..];
        if conn.has_hard_limit(core) {
            // Who may not have much is answered all that the round has for him, or nothing.
            if conn.is_over_hard_limit(core, replies.len()) {
                conn.client.set_flag(ClientFlags::CLOSE_ASAP, true);
                self.out.truncate(visit.replies_from);
            }
            return;
        }
        let is_there = deliver(core, conn, replies, visit.delivered);
        visit.delivered += replies.len();
        if !is_there {
            conn.client.set_flag(ClientFlags::CLOSE_ASAP, true);
        }
        self.out.truncate(visit.replies_from);
    }

    /// Leaves the replies of the visits before `until` with the core, to be sent if the scripts that
    /// follow take long. `false`: they are to be sent now.
    fn withhold(&mut self, core: &mut Core, conns: &Conns, until: usize) -> bool {
        let first = self.unsent + core.withheld.len();
        if first == until {
            return true;
        }
        let now = core.ticks();
        if core.withheld.are_due(now, |ticks| core.micros(ticks)) {
            return false;
        }
        let closing = ClientFlags(ClientFlags::CLOSE_AFTER_REPLY.0 | ClientFlags::CLOSE_ASAP.0);
        let is_plain = |visit: &Visit| {
            let conn = &conns[visit.conn];
            !conn.client.flags.has(closing) && conn.pending_bytes() == 0
        };
        if !self.visits[first..until].iter().all(is_plain) {
            return false;
        }
        for index in first..until {
            let visit = &self.visits[index];
            let conn = &conns[visit.conn];
            conn.client.info.commands.store(conn.client.commands, Ordering::Relaxed);
            let is_settled = visit.stopped.is_none() && conn.stash.is_empty();
            let replies = &self.out[self.replies_of(index)];
            core.withheld.push(&conn.client.info, replies, is_settled, now);
        }
        self.drop_replies_before(until);
        true
    }

    /// Where the replies of a visit lie in the output.
    fn replies_of(&self, visit: usize) -> Range<usize> {
        let to = self.replies_start(visit + 1);
        self.visits[visit].replies_from.min(to)..to
    }

    /// Where the replies of the visits from `visit` on start in the output.
    fn replies_start(&self, visit: usize) -> usize {
        let mut starts = self.visits[visit..].iter().map(|later| later.replies_from);
        starts.find(|from| *from != usize::MAX).unwrap_or(self.out.len())
    }

    /// Takes the replies of the visits before `until` out of the output: those of the open visit, if
    /// any, move to the front.
    fn drop_replies_before(&mut self, until: usize) {
        let from = self.replies_start(until);
        self.out.drain(..from);
        for visit in &mut self.visits[until..] {
            if visit.replies_from != usize::MAX {
                visit.replies_from -= from;
            }
        }
    }

    /// Sends the replies of the visits before `until`.
    fn send(
        &mut self,
        core: &mut Core,
        conns: &mut Conns,
        until: usize,
        done: &mut impl FnMut(Outcome),
    ) {
        let first = self.unsent;
        debug_assert!(first + core.withheld.len() <= until);
        let withheld = std::mem::take(&mut core.withheld);
        for index in first..until {
            let visit = &self.visits[index];
            let (replies, sent) = match withheld.rest(index - first) {
                Some(rest) => rest,
                None => (&self.out[self.replies_of(index)], 0),
            };
            let conn = &mut conns[visit.conn];
            // Whoever has the reply may ask at once what was counted.
            conn.client.info.commands.store(conn.client.commands, Ordering::Relaxed);
            let lost = !deliver(core, conn, replies, visit.delivered + sent);
            if visit.buffer > 0 {
                conn.give_back(std::mem::take(&mut self.stashes[visit.buffer - 1]));
                conn.note_stash();
            }
            let in_hand =
                visit.stopped.is_some() || !conn.stash.is_empty() || conn.pending_bytes() > 0;
            conn.client.info.in_hand.store(in_hand, Ordering::Relaxed);
            let (conn, stopped) = (visit.conn, visit.stopped);
            done(Outcome { conn, stopped, lost });
        }
        core.withheld = withheld;
        core.withheld.clear();
        if until == self.visits.len() {
            self.unsent = until;
            self.out.clear();
        } else if until > first {
            self.unsent = until;
            self.drop_replies_before(until);
        }
    }
}

/// Sends replies, or keeps what the socket does not take. `false`: the connection is to be closed.
/// `before` bytes went the same way in this round: the limit is one of all that a round answers.
pub(super) fn deliver(core: &Core, conn: &mut Conn, replies: &[u8], before: usize) -> bool {
    if conn.client.flags.has(ClientFlags::CLOSE_ASAP) {
        return false;
    }
    if replies.is_empty() {
        return true;
    }
    let all = before + replies.len();
    if all > REPLY_ROOM_MAX as usize && conn.is_over_hard_limit(core, all) {
        return false;
    }
    core.stats.writes.add(1);
    core.stats.net_output_bytes.add(replies.len() as u64);
    conn.client.info.note_replies(replies.len());
    let is_there = conn.send(replies).is_ok();
    conn.note_memory(&core.server.clients);
    is_there
}

/// Whether a request may run a script: EVAL, FCALL and their kin, or EXEC.
#[inline]
fn is_script(bytes: &[u8], name: Span) -> bool {
    let Some(start) = bytes[..name.end as usize].get(name.start as usize..) else { return false };
    let Some(start) = start.first_chunk() else { return false };
    let word = u32::from_le_bytes(*start) | u32::from_le_bytes([0x20; 4]);
    [b"eval", b"fcal", b"exec"].iter().any(|script| u32::from_le_bytes(**script) == word)
}
