//! Many commands at once: split by node, each node's part in one piece, the replies in the order
//! of the commands.
//!
//! Commands of the same slot are executed in their order, also through redirections: of a slot that
//! moved, the commands that have no reply yet go on together. A command that succeeded is never
//! sent again.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fanout::wished;
use super::follow::{Patience, Step, judge};
use super::{Command, Request};
use crate::addr::NodeAddr;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::node::{Lost, Mux, Outcome, Sending, Why};
use crate::observe::{Seen, joint_name};
use crate::slot::Slot;
use crate::value::{FromReply, Value};
use crate::view::{Core, Place, Routed};

/// Commands that are sent together; made by [`Client::batch`].
///
/// It is not a transaction: commands of others may come between, and each command has its own
/// result.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::commands;
/// let mut batch = client.batch();
/// batch.push(commands::set("a", 1));
/// let b = batch.push(commands::incr("b"));
/// let mut replies = batch.run().await;
/// let b: i64 = replies.take(b)?;
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a batch does nothing until it is run"]
pub struct Batch<'c> {
    client: &'c Client,
    requests: Vec<Request>,
    timeout: Option<Duration>,
}

/// The place of a command's reply among the [`Replies`] of its batch.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{Ticket, commands};
/// let mut batch = client.batch();
/// let n: Ticket<i64> = batch.push(commands::incr("n"));
/// assert_eq!(batch.run().await.take(n)?, 1);
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Ticket<T> {
    index: usize,
    reply: PhantomData<fn() -> T>,
}

/// The results of a batch, in the order of its commands.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let mut batch = client.batch();
/// let good = batch.push(client.incr("n"));
/// let bad = batch.push(client.lpush("n", ["x"]));
/// let mut replies = batch.run().await;
/// assert_eq!(replies.take(good)?, 1);
/// assert_eq!(replies.take(bad).unwrap_err().code(), Some("WRONGTYPE"));
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Replies {
    results: Vec<Result<Value>>,
}

impl<'c> Batch<'c> {
    pub(crate) fn new(client: &'c Client) -> Self {
        Self { client, requests: Vec::new(), timeout: None }
    }

    /// Appends a command.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut batch = client.batch();
    /// let n = batch.push(commands::incr("n"));
    /// let mut replies = batch.run().await;
    /// assert_eq!(replies.take(n)?, 1);
    /// # Ok(()) });
    /// ```
    pub fn push<T, K, E>(&mut self, command: Command<T, K, E>) -> Ticket<T> {
        self.requests.push(command.detach());
        Ticket::new(self.requests.len() - 1)
    }

    /// Number of commands.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut batch = client.batch();
    /// batch.push(client.ping());
    /// assert_eq!(batch.len(), 1);
    /// # Ok(()) });
    /// ```
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether it has no command.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.batch().is_empty());
    /// # Ok(()) });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Bounds the time of the whole batch, instead of the client's default.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use std::time::Duration;
    /// let mut batch = client.batch().timeout(Duration::from_secs(1));
    /// batch.push(client.incr("n"));
    /// batch.run().await;
    /// # Ok(()) });
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends all commands and awaits all replies.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut batch = client.batch();
    /// (0..3).for_each(|_| drop(batch.push(client.incr("n"))));
    /// assert_eq!(batch.run().await.all::<i64>()?, [1, 2, 3]);
    /// # Ok(()) });
    /// ```
    pub async fn run(self) -> Replies {
        let core = self.client.core();
        let deadline = Instant::now() + self.timeout.unwrap_or(core.config.timeout);
        Replies { results: pipeline(core, self.requests, deadline).await }
    }
}

impl<T> Ticket<T> {
    pub(crate) fn new(index: usize) -> Self {
        Self { index, reply: PhantomData }
    }
}

impl Replies {
    pub(crate) fn new(results: Vec<Result<Value>>) -> Self {
        Self { results }
    }

    /// The result of one command. A second time it is [`Error::Closed`].
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut batch = client.batch();
    /// let n = batch.push(client.incr("n"));
    /// assert_eq!(batch.run().await.take(n)?, 1);
    /// # Ok(()) });
    /// ```
    pub fn take<T: FromReply>(&mut self, ticket: Ticket<T>) -> Result<T> {
        let result = self.results.get_mut(ticket.index);
        let result = result.map(|result| std::mem::replace(result, Err(Error::Closed)));
        result.unwrap_or(Err(Error::Closed)).and_then(T::from_reply)
    }

    /// All results.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut batch = client.batch();
    /// batch.push(client.incr("n"));
    /// for result in batch.run().await.into_results() {
    ///     println!("{:?}", result?);
    /// }
    /// # Ok(()) });
    /// ```
    pub fn into_results(self) -> Vec<Result<Value>> {
        self.results
    }

    /// All replies as `T`, or the first error.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut batch = client.batch();
    /// (0..2).for_each(|_| drop(batch.push(client.incr("n"))));
    /// assert_eq!(batch.run().await.all::<u8>()?, [1, 2]);
    /// # Ok(()) });
    /// ```
    pub fn all<T: FromReply>(self) -> Result<Vec<T>> {
        self.results.into_iter().map(|result| result.and_then(T::from_reply)).collect()
    }
}

/// Where a command goes in the next round.
#[derive(Clone)]
enum Target {
    /// By the topology.
    Routed,
    /// Where a redirection said, after ASKING or not.
    At { addr: NodeAddr, asking: bool },
}

/// The commands of a round that go over one connection in one piece.
struct Group {
    place: Place,
    mux: Arc<Mux>,
    asking: bool,
    items: Vec<usize>,
}

/// Executes `requests`; the results are in their order.
pub(crate) async fn execute_all(
    core: &Core,
    mut requests: Vec<Request>,
    deadline: Instant,
) -> Vec<Result<Value>> {
    let mut results: Vec<Option<Result<Value>>> = vec![None; requests.len()];
    let mut todo: Vec<(usize, Target)> =
        (0..requests.len()).map(|index| (index, Target::Routed)).collect();
    let mut patience = Patience::new(core, deadline);
    while !todo.is_empty() {
        let groups = group(core, &mut requests, &todo, &mut results);
        observe(&requests, &groups);
        let mut sent = Vec::with_capacity(groups.len());
        for group in groups {
            let bodies = group.items.iter().map(|index| &requests[*index].body);
            // A batch is not given back to look for a successor: a single request does that.
            let sending =
                Sending { asking: group.asking, may_probe: false, ..Sending::now(deadline) };
            let piece = group.mux.submit_many(bodies, sending);
            sent.push((group, piece));
        }
        let mut round = Round::default();
        for (group, piece) in sent {
            let (values, lost) = piece.replies().await;
            let lost = lost.unwrap_or(Lost { sent: true, why: Why::Closed });
            let rest = std::iter::repeat_with(|| Outcome::Err(lost.clone()));
            for (index, outcome) in group.items.iter().zip(values.into_iter().map(Ok).chain(rest)) {
                let step = judge(core, &requests[*index], &group.place.node, outcome);
                if let Some(result) = round.note(*index, &requests[*index], &group.place, step) {
                    results[*index] = Some(result);
                }
            }
        }
        todo = round.next(&requests, &mut patience, &mut results).await;
    }
    results.into_iter().map(|result| result.unwrap_or(Err(Error::Closed))).collect()
}

/// Executes `requests` as one operation of the application's.
pub(crate) async fn pipeline(
    core: &Core,
    mut requests: Vec<Request>,
    deadline: Instant,
) -> Vec<Result<Value>> {
    let size = requests.len();
    let seen = Seen::begin(core, || joint_name("PIPELINE", &mut requests), size);
    requests.iter_mut().for_each(|request| request.seen = seen.clone());
    let results = execute_all(core, requests, deadline).await;
    seen.end(results.iter().find_map(|result| result.as_ref().err()));
    results
}

/// Says where a round goes.
fn observe(requests: &[Request], groups: &[Group]) {
    let first = |group: &Group| group.items.first().map(|index| &requests[*index].seen);
    match groups {
        [] => {}
        [one] => {
            first(one).inspect(|seen| seen.at(one.place.node.addr()));
        }
        [one, ..] => {
            first(one).inspect(|seen| seen.at_several());
        }
    }
}

/// Routes the commands of a round. What can't be routed has its result at once.
fn group(
    core: &Core,
    requests: &mut [Request],
    todo: &[(usize, Target)],
    results: &mut [Option<Result<Value>>],
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, target) in todo {
        let request = &mut requests[*index];
        let (place, asking) = match target {
            Target::Routed => match placed(core, request) {
                Ok(Routed::Node(place)) => (Ok(place), false),
                Ok(Routed::Split) => (Err(Error::CrossSlot), false),
                Ok(Routed::FanOut) => {
                    (Err(Error::NoRoute("in a batch a command goes to one node")), false)
                }
                Err(error) => (Err(error), false),
            },
            Target::At { addr, asking } => {
                let unknown = Error::NoRoute("redirected to too many unknown nodes");
                (core.redirected(addr).map(Place::of).ok_or(unknown), *asking)
            }
        };
        let place = match place {
            Ok(place) => place,
            Err(error) => {
                results[*index] = Some(Err(error));
                continue;
            }
        };
        let mux = place.mux(request.slot());
        match groups.iter_mut().find(|g| Arc::ptr_eq(&g.mux, mux) && g.asking == asking) {
            Some(group) => group.items.push(*index),
            None => {
                let mux = mux.clone();
                groups.push(Group { place, mux, asking, items: vec![*index] });
            }
        }
    }
    groups
}

/// Where a command goes: as its caller said, or as its keys do.
fn placed(core: &Core, request: &mut Request) -> Result<Routed> {
    match request.route.clone() {
        Some(route) => wished(core, request, &route),
        None => core.place(request),
    }
}

/// What a round left undone.
#[derive(Default)]
struct Round {
    todo: Vec<(usize, Target)>,
    moved: HashMap<Slot, NodeAddr>,
    redirected: Option<NodeAddr>,
    pause: Option<Error>,
    retries: Vec<(usize, Place, Error)>,
}

impl Round {
    /// Notes one command's step; gives its result if it is done.
    fn note(
        &mut self,
        index: usize,
        request: &Request,
        place: &Place,
        step: Step,
    ) -> Option<Result<Value>> {
        // What was sent to a certain node stays with it, or with the one that it names.
        let pinned = request.route.is_some();
        let again = || match pinned {
            true => Target::At { addr: place.node.addr().clone(), asking: false },
            false => Target::Routed,
        };
        let target = match step {
            Step::Done(result) => return Some(result),
            Step::Moved(slot, addr) => {
                self.redirected = Some(addr.clone());
                if !pinned {
                    self.moved.entry(request.slot().unwrap_or(slot)).or_insert(addr.clone());
                }
                Target::At { addr, asking: false }
            }
            Step::Ask(addr) => {
                self.redirected = Some(addr.clone());
                Target::At { addr, asking: true }
            }
            Step::Later(error) => {
                self.pause = Some(error);
                again()
            }
            Step::Again { error, paid } => {
                if paid {
                    self.retries.push((index, place.clone(), error));
                }
                again()
            }
            Step::Probe => again(),
        };
        self.todo.push((index, target));
        None
    }

    /// The next round, after the pauses that this one demands.
    async fn next(
        mut self,
        requests: &[Request],
        patience: &mut Patience<'_>,
        results: &mut [Option<Result<Value>>],
    ) -> Vec<(usize, Target)> {
        let mut failed: HashMap<usize, Error> = HashMap::new();
        // One retry of the budget covers a node's part of the batch, which is one write.
        let mut paid: Vec<(Place, bool)> = Vec::new();
        for (index, place, error) in self.retries.drain(..) {
            let granted = match paid.iter().find(|(other, _)| other.is(&place)) {
                Some((_, granted)) => *granted,
                None => {
                    let given_up =
                        place.node.is_down() && matches!(error, Error::Unavailable { .. });
                    let granted = !given_up
                        && patience.retry(&place, &requests[index], error.clone()).await.is_ok();
                    paid.push((place, granted));
                    granted
                }
            };
            if !granted {
                failed.insert(index, error);
            }
        }
        let mut over = None;
        if let Some(addr) = &self.redirected {
            over = patience.hop(addr).await.err();
        } else if let Some(error) = self.pause.take() {
            over = patience.wait(error).await.err();
        }
        self.todo.sort_unstable_by_key(|(index, _)| *index);
        self.todo.retain_mut(|(index, target)| {
            if let Some(error) = failed.remove(index).or_else(|| over.clone()) {
                results[*index] = Some(Err(error));
                return false;
            }
            // Commands of a slot stay together, whatever each of them was told.
            let request = &requests[*index];
            let asked = matches!(target, Target::At { asking: true, .. });
            let moved = request.slot().and_then(|slot| self.moved.get(&slot));
            if let Some(addr) = moved.filter(|_| !asked && request.route.is_none()) {
                *target = Target::At { addr: addr.clone(), asking: false };
            }
            true
        });
        self.todo
    }
}
