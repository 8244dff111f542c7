//! All keys of a cluster, page by page.
//!
//! SCAN promises that a key which is there from beginning to end is returned at least once, but
//! only by its node. Over a cluster whose slots move meanwhile that needs a memory: a slot counts
//! as done only when a node that owned it from the beginning to the end of its own scan has been
//! gone through, and at the end the client asks once whether the slots are still where they were.
//! What moved is gone through again at its new owner.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use crate::addr::NodeAddr;
use crate::client::Client;
use crate::error::Result;
use crate::request::Route;
use crate::slot::{SLOT_COUNT, Slot};
use crate::topology::hints::Hint;
use crate::topology::{Kind, Snapshot};

/// How often the topology is compared with what was gone through before the scan ends.
const CHECKS_MAX: u32 = 5;
/// How long a scan waits for that comparison.
const CHECK_WAIT: Duration = Duration::from_secs(2);

/// What a scan looks for; see [`Client::scan`].
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    pattern: Option<String>,
    count: Option<u64>,
    kind: Option<String>,
}

/// A scan under way; made by [`Client::scan`] and [`Client::scan_with`].
///
/// ```no_run
/// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
/// use tsubame_client::ScanOptions;
/// let mut scan = client.scan_with(ScanOptions::new().matching("user:*").count(500));
/// while let Some(key) = scan.next().await {
///     println!("{:?}", key?);
/// }
/// # Ok(()) }
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
    pub fn new() -> Self {
        Self::default()
    }

    /// MATCH: only keys that match a pattern.
    pub fn matching(mut self, pattern: &str) -> Self {
        self.pattern = Some(pattern.to_owned());
        self
    }

    /// COUNT: about how many keys a server looks at in one step.
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// TYPE: only keys of values of a type, such as `hash`.
    pub fn of_type(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }
}

impl Client {
    /// Goes through all keys of all primaries. A key that is there all the time is given at least
    /// once, also when its slot moves; some keys may be given more than once.
    pub fn scan(&self) -> Scan<'_> {
        self.scan_with(ScanOptions::default())
    }

    /// Goes through those keys of all primaries that `options` describe.
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

impl Scan<'_> {
    /// The next key; `None` at the end. After an error the scan can go on: what the failed node was
    /// to be asked for is asked for again.
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
        let Some(current) = &mut self.current else {
            self.check().await;
            return Ok(());
        };
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
    async fn check(&mut self) {
        self.checks += 1;
        if self.client.topology().kind() == Kind::Standalone || self.checks > CHECKS_MAX {
            self.finished = true;
            return;
        }
        // An answer to what was asked before may be older than the last page.
        let asked = self.client.stats().topology_requests;
        let is_settled = || self.client.stats().topology_settled > asked;
        self.client.core().hints.raise(Hint::User);
        let until = Instant::now() + CHECK_WAIT;
        while !is_settled() && Instant::now() < until {
            sleep(Duration::from_millis(10)).await;
        }
        let is_known = is_settled();
        let snapshot = self.client.topology();
        self.finished = is_known;
        for slot in Slot::all() {
            let done = &mut self.done[slot.index()];
            let owner = snapshot.primary_addr(slot);
            if owner.is_some() && done.as_ref() != owner {
                *done = None;
                self.finished = false;
            }
        }
    }
}
