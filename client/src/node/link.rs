//! The task behind a [`Mux`]: dials, writes what is queued, reads replies, dials again.
//!
//! One task per connection does all dialling, so there is never more than one dial in progress.
//! Reading and writing progress independently: a connection whose write side is blocked still
//! reads, so two sides that both send much can't wait for each other.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};

use super::backoff::Backoff;
use super::gathering::Gathering;
use super::losses;
use super::mux::{Lost, Mux, PROBE_EVERY, SlotEntry, State, Why};
use crate::net::{Connection, Stream, dial};
use crate::protocol::{ReplyReader, text};
use crate::topology::hints::Hint;
use crate::value::Value;

/// How exactly deadlines are kept while there is no connection.
const TICK: Duration = Duration::from_millis(10);
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// A connection with more replies than this that nobody waits for, each older than
/// [`ORPHAN_AGE`], is replaced: reading them costs more than dialling.
const ORPHANS_MAX: usize = 1024;
const ORPHAN_AGE: Duration = Duration::from_secs(1);

/// Serves `mux` until it is closed.
pub(super) async fn serve(mux: Arc<Mux>) {
    let mut backoff = Backoff::new(BACKOFF_MIN, BACKOFF_MAX);
    let mut failures = 0u32;
    // Why the last dial failed, if no connection was there since.
    let mut failed: Option<Arc<str>> = None;
    // Goes on from one wait to the next: else those that end sooner would put it off for ever.
    let mut upkeep_at = Instant::now();
    while poll_fn(|cx| wait_for_work(&mux, cx)).await {
        mux.shared.counters.dials.add(1);
        let dialled = {
            let config = &mux.shared.config;
            let dial = timeout(config.connect_timeout, dial(&mux.addr, config, mux.purpose));
            with_upkeep(&mux, &mut upkeep_at, failed.as_ref(), dial).await
        };
        let cause = match dialled {
            None => return, // closed meanwhile
            Some(Ok(Ok(Connection { stream, reader, greeting, open }))) => {
                (failures, failed) = (0, None);
                mux.facts.learn(&greeting);
                mux.set_up();
                let up_since = Instant::now();
                let mut link = Link::new(&mux, stream, reader);
                let why = poll_fn(|cx| link.poll(cx)).await;
                open.close();
                // First of all, because no invalidation comes for what was read on it.
                if let Some(cache) = &mux.shared.cache {
                    cache.connection_lost(mux.id());
                }
                mux.set_lost();
                link.lose_all(&why);
                if matches!(why, Why::Closed) {
                    return;
                }
                crate::observe::log::connection_lost(&mux.addr, &why);
                mux.shared.counters.disconnects.add(1);
                // A server that accepts and hangs up must not be dialled without a pause.
                if up_since.elapsed() >= BACKOFF_MAX {
                    backoff.reset();
                    continue;
                }
                match why {
                    Why::Disconnected(cause) => cause,
                    Why::Protocol(cause) => cause.into(),
                    _ => continue,
                }
            }
            Some(Ok(Err(cause))) => cause,
            Some(Err(_)) => "no connection within the time limit".into(),
        };
        failures += 1;
        if failures >= 2 {
            mux.set_down(&cause);
            mux.shared.hints.raise(Hint::Unreachable);
        }
        failed = Some(cause);
        if with_upkeep(&mux, &mut upkeep_at, failed.as_ref(), sleep(backoff.pause()))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// Ready with true when something is queued, with false when the mux is closed.
fn wait_for_work(mux: &Mux, cx: &mut Context<'_>) -> Poll<bool> {
    let mut queue = mux.queue.lock();
    if queue.state == State::Closed {
        return Poll::Ready(false);
    }
    if queue.slots.is_empty() {
        queue.waker = Some(cx.waker().clone());
        return Poll::Pending;
    }
    Poll::Ready(true)
}

/// Awaits `work` and meanwhile ends the requests whose time is over; `None` if the mux is closed.
async fn with_upkeep<T>(
    mux: &Mux,
    upkeep_at: &mut Instant,
    cause: Option<&Arc<str>>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    let mut probed_at = None;
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            () = sleep_until(*upkeep_at) => {
                *upkeep_at = Instant::now() + TICK;
                if mux.queue.lock().state == State::Closed {
                    return None;
                }
                let now = Instant::now();
                let wait_max = mux.shared.config.unavailable_wait;
                // One request now and then looks whether a replica has taken over.
                let mut probe = mux.is_down()
                    && probed_at.is_none_or(|at: Instant| now - at >= PROBE_EVERY);
                mux.drop_queued(|slot| {
                    if probe && slot.may_probe && slot.deadline > now && !slot.is_orphan() {
                        probe = false;
                        probed_at = Some(now);
                        return Some(Why::Probe);
                    }
                    if slot.deadline <= now || slot.is_orphan() {
                        return Some(Why::Timeout);
                    }
                    let waited = now - slot.queued_at >= wait_max;
                    cause.filter(|_| waited).map(|cause| Why::Unavailable(cause.clone()))
                });
            }
        }
    }
}

/// One connection, from the handshake to its end.
struct Link<'m> {
    mux: &'m Mux,
    stream: Stream,
    reader: ReplyReader,
    out: BytesMut,
    /// Bytes were written that the stream may keep back until it is flushed.
    unflushed: bool,
    /// Slots whose bytes were taken from the queue, in the order of the wire.
    inflight: VecDeque<SlotEntry>,
    taken: u64,
    written: u64,
    /// Fires at the earliest deadline.
    timer: Pin<Box<Sleep>>,
    timer_at: Option<Instant>,
    last_read: Instant,
    gathering: Gathering,
}

impl<'m> Link<'m> {
    fn new(mux: &'m Mux, stream: Stream, reader: ReplyReader) -> Self {
        let now = Instant::now();
        Self {
            mux,
            stream,
            reader,
            out: BytesMut::new(),
            unflushed: false,
            inflight: VecDeque::new(),
            taken: 0,
            written: 0,
            timer: Box::pin(sleep_until(now)),
            timer_at: None,
            last_read: now,
            gathering: Gathering::default(),
        }
    }

    /// Ready when the connection is over, with the reason.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Why> {
        loop {
            let slept = match self.take(cx) {
                Ok(slept) => slept,
                Err(why) => return Poll::Ready(why),
            };
            let blocked = match self.write(cx) {
                Poll::Pending => true,
                Poll::Ready(Ok(())) => false,
                Poll::Ready(Err(why)) => return Poll::Ready(why),
            };
            if let Poll::Ready(why) = self.read(cx) {
                return Poll::Ready(why);
            }
            if let Poll::Ready(why) = self.check_time(cx) {
                return Poll::Ready(why);
            }
            if slept || blocked {
                return Poll::Pending;
            }
        }
    }

    /// Takes what is queued, if the last was written. True if there is nothing to do until a wake.
    fn take(&mut self, cx: &mut Context<'_>) -> Result<bool, Why> {
        if !self.out.is_empty() {
            return Ok(false);
        }
        let mut queue = self.mux.queue.lock();
        if queue.state == State::Closed {
            return Err(Why::Closed);
        }
        if queue.slots.is_empty() {
            self.gathering.end();
            match &mut queue.waker {
                Some(waker) if waker.will_wake(cx.waker()) => {}
                waker => *waker = Some(cx.waker().clone()),
            }
            return Ok(true);
        }
        if self.gathering.goes_on(queue.slots.len(), self.inflight.len()) {
            drop(queue);
            let mut pause = pin!(tokio::task::yield_now());
            return Ok(pause.as_mut().poll(cx).is_pending());
        }
        self.gathering.end();
        std::mem::swap(&mut self.out, &mut queue.out);
        let mut earliest = None;
        for mut slot in queue.slots.drain(..) {
            slot.start = self.taken;
            self.taken += slot.bytes as u64;
            let look = slot.deadline.min(slot.queued_at + ORPHAN_AGE);
            earliest = Some(earliest.map_or(look, |at: Instant| at.min(look)));
            self.inflight.push_back(slot);
        }
        drop(queue);
        if let Some(at) = earliest {
            self.arm(at);
        }
        Ok(false)
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        while !self.out.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out)) {
                Ok(0) => return Poll::Ready(Err(disconnected("the connection takes no bytes"))),
                Ok(n) => {
                    self.written += n as u64;
                    self.out.advance(n);
                    self.unflushed = self.stream.buffers();
                }
                Err(error) => return Poll::Ready(Err(disconnected(error))),
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx)).map_err(disconnected)?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads until there is nothing more; ready only when the connection is over.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Why> {
        loop {
            let read = {
                let mut read = pin!(self.stream.read_buf(self.reader.space()));
                ready!(read.as_mut().poll(cx))
            };
            match read {
                Ok(0) => return Poll::Ready(disconnected("the server closed the connection")),
                Ok(_) => {
                    if let Err(why) = self.deliver() {
                        return Poll::Ready(why);
                    }
                }
                Err(error) => return Poll::Ready(disconnected(error)),
            }
        }
    }

    /// Gives the replies that are whole to those who wait.
    fn deliver(&mut self) -> Result<(), Why> {
        self.last_read = Instant::now();
        let (mut requests, mut bytes, mut orphans) = (0, 0, 0);
        let outcome = loop {
            match self.reader.next() {
                // Out of band: only the cache asked for any.
                Ok(Some(Value::Push(items))) => {
                    if let Some(cache) = &self.mux.shared.cache {
                        cache.pushed(self.mux.id(), &items);
                    }
                }
                Ok(Some(value)) => {
                    let Some(slot) = self.inflight.front_mut() else {
                        break Err(Why::Protocol("a reply that nobody asked for"));
                    };
                    if slot.start >= self.written {
                        break Err(Why::Protocol("a reply before its request"));
                    }
                    if slot.reply(value, &mut orphans) {
                        requests += slot.requests();
                        bytes += slot.bytes;
                        self.inflight.pop_front();
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(Why::Protocol(error.0)),
            }
        };
        self.mux.release(requests, bytes);
        self.mux.count_successes(requests as u64);
        if orphans > 0 {
            self.mux.shared.counters.orphans.add(orphans);
        }
        outcome
    }

    fn arm(&mut self, at: Instant) {
        if self.timer_at.is_none_or(|armed| at < armed) {
            self.timer_at = Some(at);
            self.timer.as_mut().reset(at);
        }
    }

    /// Ends requests at their deadlines; ready when the connection is to be given up.
    fn check_time(&mut self, cx: &mut Context<'_>) -> Poll<Why> {
        if !self.out.is_empty() && self.timer_at.is_none_or(|at| at > Instant::now() + TICK) {
            // Blocked: what waits behind it is not in `inflight`, so its deadlines are not armed.
            self.arm(Instant::now() + TICK);
        }
        while self.timer_at.is_some() && self.timer.as_mut().poll(cx).is_ready() {
            self.timer_at = None;
            let now = Instant::now();
            let written = self.written;
            let (mut next, mut old_orphans, mut expired) = (None, 0, 0u64);
            for slot in &mut self.inflight {
                if slot.is_orphan() {
                    old_orphans += usize::from(now - slot.queued_at >= ORPHAN_AGE);
                } else if slot.deadline <= now {
                    expired += 1;
                    // Not certain to be unsent even if it is: its bytes may still leave.
                    slot.lose(Lost { sent: true, why: Why::Timeout });
                } else {
                    next = Some(next.map_or(slot.deadline, |at: Instant| at.min(slot.deadline)));
                }
            }
            let silent = self.inflight.front().is_some_and(|slot| {
                slot.start < written
                    && now - self.last_read.max(slot.queued_at)
                        >= self.mux.shared.config.unresponsive_after
            });
            if silent {
                return Poll::Ready(disconnected("the server does not answer"));
            }
            if old_orphans > ORPHANS_MAX {
                return Poll::Ready(disconnected("too many replies that nobody waits for"));
            }
            if !self.out.is_empty() {
                self.mux.drop_queued(|slot| (slot.deadline <= now).then_some(Why::Timeout));
            }
            if expired > 0 {
                self.mux.shared.counters.timeouts.add(expired);
            }
            // Also looks at silence and orphans from time to time while requests are out.
            if !self.inflight.is_empty() {
                let look = now + ORPHAN_AGE;
                self.arm(next.map_or(look, |next| next.min(look)));
            }
        }
        Poll::Pending
    }

    /// The connection is over: says so to all who wait, each according to whether it was sent.
    fn lose_all(&mut self, why: &Why) {
        let lost = |slot: SlotEntry| {
            self.mux.release(slot.requests(), slot.bytes);
            let sent = slot.start < self.written;
            (slot, Lost { sent, why: why.clone() })
        };
        let losses = std::mem::take(&mut self.inflight).into_iter().map(lost).collect();
        losses::tell(losses, &self.mux.shared.runtime);
    }
}

fn disconnected(cause: impl std::fmt::Display) -> Why {
    Why::Disconnected(text(cause))
}
