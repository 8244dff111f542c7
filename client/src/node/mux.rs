//! A connection that many requests share: its queue, seen from the requests.
//!
//! A request appends its bytes and a *slot* for its reply under one short lock. Slots stay in the
//! order of the wire, and a slot outlives the future that waits for it: when that future is
//! dropped, the reply is read and thrown away, never given to somebody else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::losses::{self, Losses};
use super::{NodeFacts, NodeShared, link};
use crate::addr::NodeAddr;
use crate::net::Purpose;
use crate::request::Body;
use crate::table::known;
use crate::value::Value;

/// The reply to one command, or how it was lost.
pub(crate) type Outcome = Result<Value, Lost>;
/// The replies to several commands, and how the rest was lost.
pub(crate) type ManyOutcome = (Vec<Value>, Option<Lost>);

/// No reply came.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    /// Bytes of the request may have reached the server.
    pub(crate) sent: bool,
    pub(crate) why: Why,
}

#[derive(Debug, Clone)]
pub(crate) enum Why {
    Timeout,
    Disconnected(Arc<str>),
    Unavailable(Arc<str>),
    Protocol(&'static str),
    Overloaded,
    /// The topology changed while it waited; route it again.
    Rerouted,
    /// Its node can't be reached; it may find out whether a replica has taken over.
    Probe,
    Closed,
}

impl Lost {
    pub(crate) fn unsent(why: Why) -> Self {
        Self { sent: false, why }
    }
}

/// Commands that were queued as one piece, or were not.
#[must_use = "the replies come to it"]
pub(crate) struct Piece(Result<oneshot::Receiver<ManyOutcome>, Lost>);

impl Piece {
    /// The replies that came, and how the rest was lost.
    pub(crate) async fn replies(self) -> ManyOutcome {
        match self.0 {
            Ok(rx) => rx
                .await
                .unwrap_or_else(|_| (Vec::new(), Some(Lost { sent: true, why: Why::Closed }))),
            Err(lost) => (Vec::new(), Some(lost)),
        }
    }
}

#[derive(Debug)]
enum Completion {
    One(Option<oneshot::Sender<Outcome>>),
    Many { tx: Option<oneshot::Sender<ManyOutcome>>, got: Vec<Value>, want: u32 },
}

/// The place of a request in the order of the wire.
#[derive(Debug)]
pub(super) struct SlotEntry {
    completion: Completion,
    /// Replies that are still to come.
    left: u32,
    /// Each command follows an ASKING, whose reply is thrown away.
    asking: bool,
    requests: u32,
    pub(super) bytes: usize,
    /// Where its bytes start in the stream of this connection; set when they are handed over.
    pub(super) start: u64,
    pub(super) queued_at: Instant,
    pub(super) deadline: Instant,
    /// It may be given back to look for a promoted replica.
    pub(super) may_probe: bool,
}

/// How a request is handed to a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending {
    /// ASKING goes directly before each command.
    pub(crate) asking: bool,
    /// May be given back as [`Why::Probe`] while the node can't be reached.
    pub(crate) may_probe: bool,
    /// Since when the request waits.
    pub(crate) since: Instant,
    pub(crate) deadline: Instant,
}

impl Sending {
    pub(crate) fn now(deadline: Instant) -> Self {
        Self { asking: false, may_probe: true, since: Instant::now(), deadline }
    }
}

impl SlotEntry {
    /// Takes the next reply; true if it was the last one.
    pub(super) fn reply(&mut self, value: Value, orphans: &mut u64) -> bool {
        self.left -= 1;
        let of_asking = self.asking && self.left % 2 == 1;
        if !of_asking {
            match &mut self.completion {
                Completion::One(tx) => {
                    if tx.take().is_none_or(|tx| tx.send(Ok(value)).is_err()) {
                        *orphans += 1;
                    }
                }
                Completion::Many { tx, got, want } => {
                    got.push(value);
                    if got.len() == *want as usize {
                        let got = std::mem::take(got);
                        if tx.take().is_none_or(|tx| tx.send((got, None)).is_err()) {
                            *orphans += u64::from(*want);
                        }
                    }
                }
            }
        }
        self.left == 0
    }

    /// Ends the wait; the slot stays in its place if its bytes were sent.
    pub(super) fn lose(&mut self, lost: Lost) {
        match &mut self.completion {
            Completion::One(tx) => {
                tx.take().map(|tx| tx.send(Err(lost)));
            }
            Completion::Many { tx, got, .. } => {
                tx.take().map(|tx| tx.send((std::mem::take(got), Some(lost))));
            }
        }
    }

    /// Nobody waits for it any more.
    pub(super) fn is_orphan(&self) -> bool {
        match &self.completion {
            Completion::One(tx) => tx.as_ref().is_none_or(oneshot::Sender::is_closed),
            Completion::Many { tx, .. } => tx.as_ref().is_none_or(oneshot::Sender::is_closed),
        }
    }

    pub(super) fn requests(&self) -> usize {
        self.requests as usize
    }
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(super) enum State {
    /// No task serves the queue.
    #[default]
    Idle,
    Served,
    Closed,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) out: BytesMut,
    pub(super) slots: VecDeque<SlotEntry>,
    /// Set while the serving task sleeps and wants to know of new requests.
    pub(super) waker: Option<Waker>,
    pub(super) state: State,
    submitted: usize,
    submitted_bytes: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Mux {
    id: u64,
    pub(super) addr: NodeAddr,
    pub(super) shared: Arc<NodeShared>,
    pub(super) purpose: Purpose,
    pub(super) facts: Arc<NodeFacts>,
    pub(super) queue: Mutex<Queue>,
    /// Requests that were answered or lost; with `submitted` it bounds what is outstanding.
    done: AtomicUsize,
    done_bytes: AtomicUsize,
    down: AtomicBool,
    circuit: Mutex<Circuit>,
    pub(super) connected: AtomicBool,
    successes: AtomicU64,
}

/// Between two requests that a node which can't be reached is tried with.
pub(super) const PROBE_EVERY: Duration = Duration::from_millis(100);

/// Since when a node can't be reached, and why.
#[derive(Debug, Default)]
struct Circuit {
    down_since: Option<Instant>,
    probed_at: Option<Instant>,
    cause: Option<Arc<str>>,
}

/// Whether a node is tried at all.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::CircuitState;
/// client.ping().await?;
/// assert_eq!(client.nodes()[0].circuit, CircuitState::Closed);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Commands go to the node.
    Closed,
    /// The node was not to be reached for so long that commands fail at once; ten a second are
    /// let through to find out whether that has changed.
    Open,
}

impl Mux {
    pub(super) fn new(
        addr: NodeAddr,
        shared: Arc<NodeShared>,
        purpose: Purpose,
        facts: Arc<NodeFacts>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            addr,
            shared,
            purpose,
            facts,
            circuit: Mutex::default(),
            queue: Mutex::default(),
            done: AtomicUsize::new(0),
            done_bytes: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            successes: AtomicU64::new(0),
        }
    }

    /// Queues one command. With `asking`, ASKING goes directly before it.
    pub(crate) fn submit(
        self: &Arc<Self>,
        body: &Body,
        sending: Sending,
    ) -> Result<oneshot::Receiver<Outcome>, Lost> {
        let (tx, rx) = oneshot::channel();
        self.enqueue(std::iter::once(body), 1, sending, Completion::One(Some(tx)))?;
        Ok(rx)
    }

    /// Queues several commands as one piece: nothing comes between them.
    pub(crate) fn submit_many<'a>(
        self: &Arc<Self>,
        bodies: impl ExactSizeIterator<Item = &'a Body>,
        sending: Sending,
    ) -> Piece {
        let (tx, rx) = oneshot::channel();
        let want = bodies.len() as u32;
        let got = Vec::with_capacity(bodies.len());
        let completion = Completion::Many { tx: Some(tx), got, want };
        Piece(self.enqueue(bodies, want, sending, completion).map(|()| rx))
    }

    fn enqueue<'a>(
        self: &Arc<Self>,
        bodies: impl Iterator<Item = &'a Body>,
        count: u32,
        sending: Sending,
        completion: Completion,
    ) -> Result<(), Lost> {
        let Sending { asking, may_probe, since, deadline } = sending;
        let config = &self.shared.config;
        if self.is_down() {
            self.pass_circuit()?;
        }
        let mut guard = self.queue.lock();
        let queue = &mut *guard;
        if queue.state == State::Closed {
            return Err(Lost::unsent(Why::Closed));
        }
        let requests = queue.submitted.wrapping_sub(self.done.load(Ordering::Relaxed));
        let bytes = queue.submitted_bytes.wrapping_sub(self.done_bytes.load(Ordering::Relaxed));
        // A single piece may be larger than the limit, but only when nothing else waits.
        if (requests + count as usize > config.requests_per_connection_max && requests > 0)
            || bytes > config.bytes_per_connection_max
        {
            self.shared.counters.overloaded.add(u64::from(count));
            return Err(Lost::unsent(Why::Overloaded));
        }
        let before = queue.out.len();
        for body in bodies {
            debug_assert!(body.argc() > 0);
            if asking {
                Body::new(&known::ASKING).write_frame(&mut queue.out);
            }
            body.write_frame(&mut queue.out);
        }
        let bytes = queue.out.len() - before;
        queue.submitted = queue.submitted.wrapping_add(count as usize);
        queue.submitted_bytes = queue.submitted_bytes.wrapping_add(bytes);
        queue.slots.push_back(SlotEntry {
            completion,
            left: if asking { 2 * count } else { count },
            asking,
            requests: count,
            bytes,
            start: 0,
            queued_at: since,
            deadline,
            may_probe,
        });
        let waker = queue.waker.take();
        let start = queue.state == State::Idle;
        if start {
            queue.state = State::Served;
        }
        drop(guard);
        if let Some(waker) = waker {
            waker.wake();
        }
        if start {
            self.shared.runtime.spawn(link::serve(self.clone()));
        }
        Ok(())
    }

    /// Gives back the room of requests that are over.
    pub(super) fn release(&self, requests: usize, bytes: usize) {
        self.done.fetch_add(requests, Ordering::Relaxed);
        self.done_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn count_successes(&self, count: u64) {
        self.successes.fetch_add(count, Ordering::Relaxed);
    }

    /// Replies so far.
    pub(crate) fn successes(&self) -> u64 {
        self.successes.load(Ordering::Relaxed)
    }

    /// Removes those queued requests from the queue whose `why` says so. Their bytes were not
    /// handed to a connection, so they are removed too.
    pub(super) fn drop_queued(&self, mut why: impl FnMut(&SlotEntry) -> Option<Why>) {
        let mut dropped = Losses::new();
        {
            let mut guard = self.queue.lock();
            let queue = &mut *guard;
            // Mostly there is nothing to remove, and then nothing is touched.
            let (mut kept, mut at) = (0, 0);
            let mut found = None;
            for slot in &queue.slots {
                found = why(slot);
                if found.is_some() {
                    break;
                }
                kept += 1;
                at += slot.bytes;
            }
            if found.is_none() {
                return;
            }
            let (slots, old) = (queue.slots.split_off(kept), queue.out.split_off(at));
            let mut old = &old[..];
            for slot in slots {
                let (bytes, rest) = old.split_at(slot.bytes);
                old = rest;
                match found.take().or_else(|| why(&slot)) {
                    Some(why) => {
                        self.release(slot.requests(), slot.bytes);
                        dropped.push_back((slot, Lost::unsent(why)));
                    }
                    None => {
                        queue.out.extend_from_slice(bytes);
                        queue.slots.push_back(slot);
                    }
                }
            }
        }
        losses::tell(dropped, &self.shared.runtime);
    }

    pub(super) fn reroute_waiting(&self) {
        if !self.connected.load(Ordering::Acquire) {
            self.drop_queued(|_| Some(Why::Rerouted));
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down.load(Ordering::Acquire)
    }

    /// Notes that the node can't be reached.
    pub(super) fn set_down(&self, cause: &Arc<str>) {
        let mut circuit = self.circuit.lock();
        circuit.down_since.get_or_insert_with(Instant::now);
        circuit.cause = Some(cause.clone());
        self.down.store(true, Ordering::Release);
        self.facts.tell_down(&self.addr, Some(cause), &self.shared.events);
    }

    /// A new connection is there.
    pub(super) fn set_up(&self) {
        *self.circuit.lock() = Circuit::default();
        self.down.store(false, Ordering::Release);
        self.connected.store(true, Ordering::Release);
        self.facts.tell_down(&self.addr, None, &self.shared.events);
    }

    pub(super) fn set_lost(&self) {
        self.connected.store(false, Ordering::Release);
    }

    /// Distinct for every mux of the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire)
    }

    fn is_open(&self, circuit: &Circuit, now: Instant) -> bool {
        let wait = self.shared.config.unavailable_wait;
        circuit.down_since.is_some_and(|since| now - since >= wait)
    }

    pub(crate) fn circuit(&self) -> CircuitState {
        let open = self.is_down() && self.is_open(&self.circuit.lock(), Instant::now());
        if open { CircuitState::Open } else { CircuitState::Closed }
    }

    /// Refuses a request while the circuit is open, but for one now and then.
    fn pass_circuit(&self) -> Result<(), Lost> {
        let mut circuit = self.circuit.lock();
        let now = Instant::now();
        if !self.is_open(&circuit, now) {
            return Ok(());
        }
        if circuit.probed_at.is_none_or(|at| now - at >= PROBE_EVERY) {
            circuit.probed_at = Some(now);
            return Ok(());
        }
        self.shared.counters.circuit_rejected.add(1);
        let cause = circuit.cause.clone().unwrap_or_else(|| "it was unreachable".into());
        Err(Lost::unsent(Why::Unavailable(cause)))
    }

    /// Commands and bytes that wait here or for a reply.
    pub(crate) fn outstanding(&self) -> (usize, usize) {
        let queue = self.queue.lock();
        (
            queue.submitted.wrapping_sub(self.done.load(Ordering::Relaxed)),
            queue.submitted_bytes.wrapping_sub(self.done_bytes.load(Ordering::Relaxed)),
        )
    }

    pub(super) fn close(&self) {
        let waker = {
            let mut queue = self.queue.lock();
            queue.state = State::Closed;
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        self.drop_queued(|_| Some(Why::Closed));
    }
}
