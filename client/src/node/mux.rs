//! A connection that many requests share: its queue, seen from the requests.
//!
//! A request appends its bytes and a *slot* for its reply under one short lock. Slots stay in the
//! order of the wire, and a slot outlives the future that waits for it: when that future is
//! dropped, the reply is read and thrown away, never given to somebody else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{NodeShared, link};
use crate::addr::NodeAddr;
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
    Closed,
}

impl Lost {
    pub(crate) fn unsent(why: Why) -> Self {
        Self { sent: false, why }
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
    pub(super) addr: NodeAddr,
    pub(super) shared: Arc<NodeShared>,
    pub(super) queue: Mutex<Queue>,
    /// Requests that were answered or lost; with `submitted` it bounds what is outstanding.
    done: AtomicUsize,
    done_bytes: AtomicUsize,
    pub(super) down: AtomicBool,
    pub(super) connected: AtomicBool,
    successes: AtomicU64,
}

impl Mux {
    pub(super) fn new(addr: NodeAddr, shared: Arc<NodeShared>) -> Self {
        Self {
            addr,
            shared,
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
        asking: bool,
        now: Instant,
        deadline: Instant,
    ) -> Result<oneshot::Receiver<Outcome>, Lost> {
        let (tx, rx) = oneshot::channel();
        self.enqueue(std::iter::once(body), 1, asking, now, deadline, Completion::One(Some(tx)))?;
        Ok(rx)
    }

    /// Queues several commands as one piece: nothing comes between them.
    pub(crate) fn submit_many<'a>(
        self: &Arc<Self>,
        bodies: impl ExactSizeIterator<Item = &'a Body>,
        asking: bool,
        now: Instant,
        deadline: Instant,
    ) -> Result<oneshot::Receiver<ManyOutcome>, Lost> {
        let (tx, rx) = oneshot::channel();
        let want = bodies.len() as u32;
        let got = Vec::with_capacity(bodies.len());
        let completion = Completion::Many { tx: Some(tx), got, want };
        self.enqueue(bodies, want, asking, now, deadline, completion)?;
        Ok(rx)
    }

    fn enqueue<'a>(
        self: &Arc<Self>,
        bodies: impl Iterator<Item = &'a Body>,
        count: u32,
        asking: bool,
        now: Instant,
        deadline: Instant,
        completion: Completion,
    ) -> Result<(), Lost> {
        let config = &self.shared.config;
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
            queued_at: now,
            deadline,
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
        let mut dropped = Vec::new();
        {
            let mut guard = self.queue.lock();
            let queue = &mut *guard;
            let (slots, old) = (std::mem::take(&mut queue.slots), std::mem::take(&mut queue.out));
            let mut at = 0;
            for slot in slots {
                let bytes = &old[at..at + slot.bytes];
                at += slot.bytes;
                match why(&slot) {
                    Some(why) => dropped.push((slot, why)),
                    None => {
                        queue.out.extend_from_slice(bytes);
                        queue.slots.push_back(slot);
                    }
                }
            }
        }
        for (mut slot, why) in dropped {
            self.release(slot.requests(), slot.bytes);
            slot.lose(Lost::unsent(why));
        }
    }

    pub(super) fn reroute_waiting(&self) {
        if !self.connected.load(Ordering::Acquire) {
            self.drop_queued(|_| Some(Why::Rerouted));
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Acquire)
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
