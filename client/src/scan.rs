//! All keys of a cluster, page by page.
//!
//! SCAN promises that a key which is there from beginning to end is returned at least once, but
//! only by its node. Over a cluster whose slots move meanwhile that needs a memory: a slot counts
//! as done only when a node that owned it from the beginning to the end of its own scan has been
//! gone through, and at the end the client asks once whether the slots are still where they were.
//! What moved is gone through again at its new owner. When the slots don't come to rest, or nobody
//! answers, the scan says that it does not know, instead of ending as if it did.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, sleep};

use crate::addr::NodeAddr;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::request::Route;
use crate::slot::{SLOT_COUNT, Slot};
use crate::topology::gate::REFILL;
use crate::topology::hints::Hint;
use crate::topology::{Kind, Snapshot};

/// How often slots may turn out to have moved before the scan gives up.
const CHECKS_MAX: u32 = 5;
/// Between two looks whether the answer to a check is there.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a scan looks for; see [`Client::scan`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::ScanOptions;
/// client.set("user:1", "Ada").await?;
/// let users = client.scan_with(ScanOptions::new().matching("user:*").count(1000));
/// assert_eq!(users.all().await?, ["user:1"]);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    pattern: Option<String>,
    count: Option<u64>,
    kind: Option<String>,
}

/// A scan under way; made by [`Client::scan`] and [`Client::scan_with`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::ScanOptions;
/// let mut scan = client.scan_with(ScanOptions::new().matching("user:*").count(500));
/// while let Some(key) = scan.next().await {
///     println!("{:?}", key?);
/// }
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a scan does nothing until its next() is awaited"]
pub struct Scan<'c> {
    client: &'c Client,
    options: ScanOptions,
    /// For each slot the node that was gone through for it.
    done: Vec<Option<NodeAddr>>,
    current: Option<Current>,
    found: VecDeque<Bytes>,
    checks: u32,
    finished: bool,
}

/// A node that is being gone through.
#[derive(Debug)]
struct Current {
    addr: NodeAddr,
    cursor: u64,
    /// The slots that it had at the beginning and that are not done.
    slots: Vec<Slot>,
}

impl ScanOptions {
    /// All keys.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let all = client.scan_with(tsubame_client::ScanOptions::new()).all().await?;
    /// assert!(all.is_empty());
    /// # Ok(()) });
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// MATCH: only keys that match a pattern.
    ///
    /// ```
    /// let options = tsubame_client::ScanOptions::new().matching("user:*");
    /// ```
    pub fn matching(mut self, pattern: &str) -> Self {
        self.pattern = Some(pattern.to_owned());
        self
    }

    /// COUNT: about how many keys a server looks at in one step.
    ///
    /// ```
    /// let options = tsubame_client::ScanOptions::new().count(1000);
    /// ```
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// TYPE: only keys of values of a type, such as `hash`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("list", ["x"]).await?;
    /// client.set("text", "x").await?;
    /// let lists = tsubame_client::ScanOptions::new().of_type("list");
    /// assert_eq!(client.scan_with(lists).all().await?, ["list"]);
    /// # Ok(()) });
    /// ```
    pub fn of_type(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }
}

impl Client {
    /// Goes through all keys of all primaries. A key that is there all the time is given at least
    /// once, also when its slot moves; some keys may be given more than once. If that can't be made
    /// sure, the last item is [`Error::ScanIncomplete`].
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("a", 1).await?;
    /// let mut scan = client.scan();
    /// while let Some(key) = scan.next().await {
    ///     assert_eq!(key?, "a");
    /// }
    /// # Ok(()) });
    /// ```
    pub fn scan(&self) -> Scan<'_> {
        self.scan_with(ScanOptions::default())
    }

    /// Goes through those keys of all primaries that `options` describe.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let options = tsubame_client::ScanOptions::new().matching("user:*");
    /// assert!(client.scan_with(options).all().await?.is_empty());
    /// # Ok(()) });
    /// ```
    pub fn scan_with(&self, options: ScanOptions) -> Scan<'_> {
        Scan {
            client: self,
            options,
            done: vec![None; SLOT_COUNT],
            current: None,
            found: VecDeque::new(),
            checks: 0,
            finished: false,
        }
    }
}

impl<'c> Scan<'c> {
    /// The scan as a [`Stream`](futures_core::Stream).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// # client.set("a", 1).await?;
    /// let mut keys = client.scan().into_stream();
    /// // `keys.next().await` with the `StreamExt` of futures or tokio-stream; in plain Rust:
    /// use futures_core::Stream;
    /// use std::{future::poll_fn, pin::Pin};
    /// let first = poll_fn(|cx| Pin::new(&mut keys).poll_next(cx)).await;
    /// assert_eq!(first.unwrap()?, "a");
    /// # Ok(()) });
    /// ```
    pub fn into_stream(self) -> ScanStream<'c> {
        ScanStream { step: Some(step(self)) }
    }

    /// The next key; `None` at the end. After an error the scan can go on: what the failed node was
    /// to be asked for is asked for again.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("user:1", "Ada").await?;
    /// let mut scan = client.scan_with(tsubame_client::ScanOptions::new().matching("user:*"));
    /// assert_eq!(scan.next().await.unwrap()?, "user:1");
    /// assert!(scan.next().await.is_none());
    /// # Ok(()) });
    /// ```
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            if let Some(key) = self.found.pop_front() {
                return Some(Ok(key));
            }
            if self.finished {
                return None;
            }
            if let Err(error) = self.step().await {
                self.current = None;
                return Some(Err(error));
            }
        }
    }

    /// All keys that are left, or the first error.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("a", 1).await?;
    /// assert_eq!(client.scan().all().await?, ["a"]);
    /// # Ok(()) });
    /// ```
    pub async fn all(mut self) -> Result<Vec<Bytes>> {
        let mut keys = Vec::new();
        while let Some(key) = self.next().await {
            keys.push(key?);
        }
        Ok(keys)
    }

    /// Asks a node for a page, or finds out what is left to be asked.
    async fn step(&mut self) -> Result<()> {
        let snapshot = self.client.topology();
        if self.current.is_none() {
            self.current = self.next_node(&snapshot);
        }
        let Some(current) = &mut self.current else { return self.check().await };
        let mut command = self.client.cmd("SCAN").arg(current.cursor);
        if let Some(pattern) = &self.options.pattern {
            command = command.arg("MATCH").arg(pattern);
        }
        if let Some(count) = self.options.count {
            command = command.arg("COUNT").arg(count);
        }
        if let Some(kind) = &self.options.kind {
            command = command.arg("TYPE").arg(kind);
        }
        let route = Route::Node(current.addr.clone());
        let (cursor, keys) = command.on(route).idempotent().as_::<(u64, Vec<Bytes>)>().await?;
        // Keys of slots that are done were given already.
        let done = &self.done;
        self.found.extend(keys.into_iter().filter(|key| done[Slot::of(key).index()].is_none()));
        current.cursor = cursor;
        if cursor == 0 {
            let snapshot = self.client.topology();
            for slot in std::mem::take(&mut current.slots) {
                if snapshot.primary_addr(slot) == Some(&current.addr) {
                    self.done[slot.index()] = Some(current.addr.clone());
                }
            }
            self.current = None;
        }
        Ok(())
    }

    /// A node that has slots which are not done.
    fn next_node(&self, snapshot: &Snapshot) -> Option<Current> {
        let mut slots = Slot::all().filter(|slot| self.done[slot.index()].is_none());
        let addr = slots.find_map(|slot| snapshot.primary_addr(slot))?.clone();
        let slots = Slot::all()
            .filter(|slot| self.done[slot.index()].is_none())
            .filter(|slot| snapshot.primary_addr(*slot) == Some(&addr))
            .collect();
        Some(Current { addr, cursor: 0, slots })
    }

    /// Everything is done as far as is known: asks whether it is still so.
    async fn check(&mut self) -> Result<()> {
        if self.client.topology().kind() == Kind::Standalone {
            self.finished = true;
            return Ok(());
        }
        if self.checks == CHECKS_MAX {
            // Who goes on after the error has as many again.
            self.checks = 0;
            return Err(Error::ScanIncomplete { cause: "slots went on moving" });
        }
        self.checks += 1;
        // An answer to what was asked before may be older than the last page.
        let asked = self.client.stats().topology_requests;
        let is_settled = || self.client.stats().topology_settled > asked;
        self.client.core().hints.raise(Hint::User);
        // The gate opens within its refill time; then a node has to answer.
        let until = Instant::now() + self.client.core().config.timeout + REFILL;
        while !is_settled() {
            if Instant::now() >= until {
                return Err(Error::ScanIncomplete { cause: "no node confirmed the topology" });
            }
            sleep(LOOK_EVERY).await;
        }
        let snapshot = self.client.topology();
        self.finished = true;
        for slot in Slot::all() {
            let done = &mut self.done[slot.index()];
            let owner = snapshot.primary_addr(slot);
            if owner.is_some() && done.as_ref() != owner {
                *done = None;
                self.finished = false;
            }
        }
        Ok(())
    }
}

type Found = Option<Result<Bytes>>;
type Step<'c> = Pin<Box<dyn Future<Output = (Scan<'c>, Found)> + Send + 'c>>;

/// A [`Scan`] as a stream; made by [`Scan::into_stream`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let stream: tsubame_client::ScanStream<'_> = client.scan().into_stream();
/// # Ok(()) });
/// ```
pub struct ScanStream<'c> {
    /// What comes next; `None` at the end.
    step: Option<Step<'c>>,
}

impl fmt::Debug for ScanStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanStream").field("ended", &self.step.is_none()).finish()
    }
}

fn step(mut scan: Scan<'_>) -> Step<'_> {
    Box::pin(async move {
        let found = scan.next().await;
        (scan, found)
    })
}

impl Stream for ScanStream<'_> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Found> {
        let Some(next) = &mut self.step else { return Poll::Ready(None) };
        let (scan, found) = ready!(next.as_mut().poll(cx));
        self.step = found.is_some().then(|| step(scan));
        Poll::Ready(found)
    }
}
