//! What a core needs to run commands, and how it gets the locks for them.
#![expect(unsafe_code, reason = "marks all shards as held once the gate is closed")]

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::memory::Ceiling;
use super::script::BusyDesk;
use super::withheld::Withheld;
use super::{blocking, effects};
use crate::cluster::SlotSet;
use crate::keyspace::{Effects, KeyHint, Volatile, WatchFlag};
use crate::server::Server;
use crate::session::Watched;
use crate::shard::{Held, Release, ShardSet};
use crate::stats::CoreStats;
use crate::sys::unix_us;

/// Failed attempts at a lock set after which a command takes the gate, so that it is not starved.
const ATTEMPTS_MAX: u32 = 8;

/// What was needed is held by another core. The connection is put aside; the core is told when to
/// try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// The execution state of one event loop.
pub struct Core {
    pub id: usize,
    /// Counted by this core alone: a count that cores share would travel between them with every
    /// command.
    pub server: Rc<Arc<Server>>,
    pub stats: Arc<CoreStats>,
    pub held: Held,
    pub effects: Effects,
    /// The time, in Unix milliseconds, at which the running command, transaction or script began, or
    /// the window of commands that it is in.
    pub now_ms: u64,
    /// The time as the system's clock had it last, in Unix microseconds, and the tick just before.
    clock_us: u64,
    clock_read_at: u64,
    /// The time that all commands of the running transaction or script are told, in Unix
    /// microseconds; 0 before one of them asks.
    pub unit_us: u64,
    /// Nesting of locked sections: the outermost takes and releases.
    depth: u32,
    /// Between [`Core::enter`] and [`Core::leave`].
    entered: bool,
    /// Which of the home shards active expiry looks at next.
    pub(super) expire_next: usize,
    /// What has a deadline in each home shard, as expiry last saw it.
    pub(super) volatile: Vec<Volatile>,
    /// Slots that went to other nodes with keys still here.
    pub(super) lost_slots: SlotSet,
    /// Memory, as far as it matters to commands.
    pub ceiling: Ceiling,
    /// Serves clients while a script is busy here; set by the event loop.
    pub desk: Option<Rc<RefCell<dyn BusyDesk>>>,
    /// Replies of the round that wait for scripts.
    pub withheld: Withheld,
    /// Ticks that the last command took; of nested ones, the outermost.
    pub last_ticks: u64,
    /// The slot of the script that ran last, if it kept to one.
    pub(super) script_slot: Option<u16>,
    /// Watches of clients that gave them up where the shards could not be locked.
    pub stale_watches: Vec<(Vec<Watched>, WatchFlag)>,
    /// The keys of the command that a client is about to run, noted by `routing::note_keys`.
    pub(super) keys: Vec<KeyHint>,
    /// A scratch buffer for replies that go elsewhere.
    pub scratch: Vec<u8>,
}

impl Core {
    pub fn new(id: usize, server: Arc<Server>) -> Self {
        let stats = server.stats[id].clone();
        let held = server.store.shards.nothing_held();
        let (clock_read_at, clock_us) = (server.clock.raw(), unix_us());
        Self {
            id,
            server: Rc::new(server),
            stats,
            held,
            effects: Effects::default(),
            now_ms: clock_us / 1000,
            clock_us,
            clock_read_at,
            unit_us: 0,
            depth: 0,
            entered: false,
            expire_next: 0,
            volatile: Vec::new(),
            lost_slots: SlotSet::new(),
            ceiling: Ceiling::default(),
            desk: None,
            withheld: Withheld::default(),
            last_ticks: 0,
            script_slot: None,
            stale_watches: Vec::new(),
            keys: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Ticks of the clock that durations are measured with.
    #[inline]
    pub fn ticks(&self) -> u64 {
        self.server.clock.raw()
    }

    /// Ticks as nanoseconds.
    #[inline]
    pub fn nanos(&self, ticks: u64) -> u64 {
        self.server.clock.delta_as_nanos(0, ticks)
    }

    /// Ticks as microseconds.
    pub fn micros(&self, ticks: u64) -> u64 {
        self.server.clock.delta_as_nanos(0, ticks) / 1000
    }

    /// Reads the time anew.
    pub fn read_clock(&mut self) {
        self.clock_read_at = self.ticks();
        self.clock_us = unix_us();
        self.now_ms = self.clock_us / 1000;
    }

    /// Brings the time up to the tick `now`: by the ticks that passed, and once a millisecond by the
    /// system's clock, whose reading takes as long as parsing a request.
    #[inline]
    pub fn refresh_clock(&mut self, now: u64) {
        let passed_us = self.micros(now.wrapping_sub(self.clock_read_at));
        if passed_us >= 1000 {
            self.read_clock();
        } else {
            self.now_ms = (self.clock_us + passed_us) / 1000;
        }
    }

    /// Begins a batch; `false` while somebody is alone behind the gate, who tells us when he left.
    pub fn enter(&mut self) -> bool {
        debug_assert!(!self.entered);
        let gate = &self.server.gate;
        self.entered = gate.enter(self.id) || gate.ask(self.id) && gate.enter(self.id);
        self.entered
    }

    pub fn leave(&mut self) {
        if self.entered {
            self.server.gate.leave(self.id);
            self.entered = false;
        }
    }

    /// Whether the core is still inside its batch; a lost race for the gate throws it out.
    pub fn is_entered(&self) -> bool {
        self.entered
    }

    /// Whether a locked section is running, whose locks a nested command uses.
    pub fn is_nested(&self) -> bool {
        self.depth > 0
    }

    /// Runs `f` with the shards of `set` held, and with those that serving the shards' waiters
    /// may need. Effects are carried out before and after the release.
    pub fn with_shards<R>(
        &mut self,
        set: &ShardSet,
        f: impl FnOnce(&mut Core) -> R,
    ) -> Result<R, Busy> {
        if self.depth > 0 || self.server.store.shards.is_single() {
            debug_assert!(set.iter().all(|shard| self.held.contains(shard)));
            return Ok(self.section(f));
        }
        let mut wanted = *set;
        for _ in 0..ATTEMPTS_MAX {
            match self.server.store.shards.try_lock_all(&mut self.held, &wanted) {
                Ok(()) => {
                    let wider = self.with_waiters(&wanted);
                    if wider.is_subset_of(&wanted) {
                        return Ok(self.section(f));
                    }
                    wanted = wider;
                    self.release();
                }
                Err((shard, release)) => {
                    self.stats.lock_contended.add(1);
                    self.server.tell(release);
                    if !self.server.store.shards.lock_or_ask(&mut self.held, shard, self.id) {
                        return Err(Busy);
                    }
                    self.release();
                }
            }
        }
        self.with_gate(f)
    }

    /// Runs `f` with the gate closed: every shard is held.
    pub fn with_gate<R>(&mut self, f: impl FnOnce(&mut Core) -> R) -> Result<R, Busy> {
        if self.depth > 0 || self.server.store.shards.is_single() {
            assert!(self.held.holds_all(), "a nested command found the gate open");
            return Ok(self.section(f));
        }
        let server = self.server.clone();
        while !server.gate.try_close(self.id) {
            self.entered = false;
            // Told when it opens, unless it has opened meanwhile.
            if !server.gate.ask(self.id) {
                return Err(Busy);
            }
        }
        self.entered = true;
        self.stats.gate_closed.add(1);
        // SAFETY: the gate was just closed by this thread; it is opened right below, after
        // `leave_exclusive`.
        unsafe { server.store.shards.enter_exclusive(&mut self.held) };
        let result = self.section_inner(f);
        server.store.shards.leave_exclusive(&mut self.held);
        server.tell(Release(server.gate.open(self.id)));
        effects::after_release(self);
        Ok(result)
    }

    fn section<R>(&mut self, f: impl FnOnce(&mut Core) -> R) -> R {
        let result = self.section_inner(f);
        if self.depth == 0 {
            self.release();
            effects::after_release(self);
        }
        result
    }

    fn section_inner<R>(&mut self, f: impl FnOnce(&mut Core) -> R) -> R {
        self.depth += 1;
        let result = f(self);
        if self.depth == 1 && !self.effects.ready.is_empty() {
            blocking::serve_ready(self);
        }
        self.depth -= 1;
        if self.depth == 0 {
            self.unit_us = 0;
        }
        result
    }

    /// Carries out what commands left to be done once their locks are released.
    pub fn finish_effects(&mut self) {
        effects::after_release(self);
    }

    /// Tells LATENCY of what took long in a view of the keyspace.
    pub fn tell_of_delays(&mut self) {
        let server = &self.server;
        for (event, millis) in self.effects.delays.drain(..) {
            server.journal.note_delay(&server.config, event, millis, self.now_ms);
        }
    }

    /// `set` and the shards of the commands that wait in it.
    fn with_waiters(&self, set: &ShardSet) -> ShardSet {
        let mut wider = *set;
        for shard in set.iter() {
            self.server.store.shards.data(&self.held, shard).waiters.widen(&mut wider);
        }
        wider
    }

    /// Releases all locks, and tells those who asked.
    pub fn release(&mut self) {
        let release = self.server.store.shards.unlock_all(&mut self.held);
        self.server.tell(release);
    }
}
