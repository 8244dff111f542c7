//! Transactions: MULTI, the commands and EXEC in one piece on a shared connection.
//!
//! The piece is written as a whole and nothing of others comes between, so the connection is in the
//! state of MULTI only while the server works on the piece. A redirection concerns the transaction
//! as a whole, and it goes on as a whole.

use std::time::Duration;

use tokio::time::Instant;

use super::batch::{Replies, Ticket};
use super::follow::{Patience, Step, judge};
use super::{Body, Command, KeySlot, Request};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::node::Sending;
use crate::observe::{Seen, joint_name};
use crate::router::Query;
use crate::table::{Flags, known};
use crate::topology::Kind;
use crate::value::Value;
use crate::view::{Core, Place, Routed};

/// Commands that are executed as one, with no command of others between; made by
/// [`Client::atomic`].
///
/// In a cluster all keys must be in one slot. That is checked before anything is sent. A command
/// that fails when it is executed has its error among the replies, and the others are executed all
/// the same; a command that the server does not accept makes the whole transaction fail, and none is
/// executed.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::commands;
/// let mut transfer = client.atomic();
/// let left = transfer.push(commands::decrby("{acct}:a", 10));
/// transfer.push(commands::incrby("{acct}:b", 10));
/// let left = transfer.run().await?.take(left)?;
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a transaction does nothing until it is run"]
pub struct Atomic<'c> {
    client: &'c Client,
    requests: Vec<Request>,
    timeout: Option<Duration>,
}

impl<'c> Atomic<'c> {
    pub(crate) fn new(client: &'c Client) -> Self {
        Self { client, requests: Vec::new(), timeout: None }
    }

    /// Appends a command.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut atomic = client.atomic();
    /// let n = atomic.push(commands::incr("n"));
    /// let mut replies = atomic.run().await?;
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
    /// let mut atomic = client.atomic();
    /// atomic.push(client.ping());
    /// assert_eq!(atomic.len(), 1);
    /// # Ok(()) });
    /// ```
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether it has no command.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.atomic().is_empty());
    /// # Ok(()) });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Bounds the time of the whole transaction, instead of the client's default.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use std::time::Duration;
    /// let mut atomic = client.atomic().timeout(Duration::from_secs(1));
    /// atomic.push(client.incr("n"));
    /// atomic.run().await?;
    /// # Ok(()) });
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Executes the transaction.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut both = client.atomic();
    /// both.push(commands::incr("{x}a"));
    /// both.push(commands::incr("{x}b"));
    /// assert_eq!(both.run().await?.all::<i64>()?, [1, 1]);
    /// # Ok(()) });
    /// ```
    pub async fn run(self) -> Result<Replies> {
        let core = self.client.core();
        let deadline = Instant::now() + self.timeout.unwrap_or(core.config.timeout);
        execute_as_one(core, self.requests, deadline).await.map(Replies::new)
    }
}

/// Executes `requests` as one transaction.
pub(crate) async fn execute_as_one(
    core: &Core,
    mut requests: Vec<Request>,
    deadline: Instant,
) -> Result<Vec<Result<Value>>> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let size = requests.len();
    let seen = Seen::begin(core, || joint_name("MULTI", &mut requests), size);
    let result = match common_slot(core, &mut requests) {
        Ok(slot) => execute(core, &requests, slot, deadline, &seen).await,
        Err(error) => Err(error),
    };
    seen.end(result.as_ref().err());
    result
}

/// The slot of all keys; refuses commands that can't be part of a transaction.
pub(crate) fn common_slot(core: &Core, requests: &mut [Request]) -> Result<KeySlot> {
    let standalone = core.view.load().snapshot.kind() == Kind::Standalone;
    let mut slot = KeySlot::None;
    for request in requests {
        request.resolve();
        if request.info.is_some_and(|info| info.flags.has(Flags::CONNECTION)) {
            return Err(Error::NoRoute("the command can't be part of a transaction"));
        }
        if request.route.is_some() {
            return Err(Error::NoRoute("a transaction goes where its keys are"));
        }
        match request.body.slot {
            KeySlot::None => {}
            KeySlot::One(one) => slot.add(one),
            KeySlot::Several => slot = KeySlot::Several,
        }
    }
    match slot {
        KeySlot::Several if !standalone => Err(Error::CrossSlot),
        slot => Ok(slot),
    }
}

/// Any request of a transaction is routed as a command of its slot.
pub(crate) fn route(core: &Core, slot: KeySlot) -> Result<Place> {
    if slot == KeySlot::None {
        return core.view.load().any_primary().map(Place::of);
    }
    match core.route(&Query { info: Some(&known::SET), slot, blocking: false })? {
        Routed::Node(place) => Ok(place),
        Routed::FanOut | Routed::Split => Err(Error::CrossSlot),
    }
}

/// What the replies to a transaction's piece mean.
pub(crate) enum Told {
    /// It was executed: a result for each command.
    Executed(Vec<Result<Value>>),
    /// It was not; here is the first error, and the command that it belongs to.
    Refused(Value, usize),
    /// A watched key had changed.
    Aborted,
}

/// Reads the replies to MULTI, `count` commands and EXEC.
pub(crate) fn read(mut values: Vec<Value>, count: usize) -> Told {
    let exec = values.pop().unwrap_or(Value::Null);
    match exec {
        Value::Array(items) => {
            let result = |value| match value {
                Value::Error(error) => Err(Error::Server(error)),
                value => Ok(value),
            };
            Told::Executed(items.into_iter().map(result).collect())
        }
        Value::Null => Told::Aborted,
        exec => {
            // The reason is the first error, EXECABORT only its consequence.
            let first = values.iter().position(|value| matches!(value, Value::Error(_)));
            let at = first.unwrap_or(0).saturating_sub(1).min(count.saturating_sub(1));
            Told::Refused(first.map_or(exec, |first| values.swap_remove(first)), at)
        }
    }
}

async fn execute(
    core: &Core,
    requests: &[Request],
    slot: KeySlot,
    deadline: Instant,
    seen: &Seen,
) -> Result<Vec<Result<Value>>> {
    let (asking, multi, exec) =
        (Body::new(&known::ASKING), Body::new(&known::MULTI), Body::new(&known::EXEC));
    let mut patience = Patience::new(core, deadline);
    let mut place = route(core, slot)?;
    let mut asked = false;
    let repeatable = requests.iter().all(Request::repeatable);
    let mux_slot = match slot {
        KeySlot::One(slot) => Some(slot),
        _ => None,
    };
    loop {
        // The server keeps ASKING in mind until EXEC.
        let bodies: Vec<&Body> = std::iter::once(&asking)
            .filter(|_| asked)
            .chain([&multi])
            .chain(requests.iter().map(|request| &request.body))
            .chain([&exec])
            .collect();
        let sending = Sending { may_probe: false, ..Sending::now(deadline) };
        seen.at(place.node.addr());
        let (mut values, lost) =
            place.mux(mux_slot).submit_many(bodies.into_iter(), sending).replies().await;
        let (outcome, of) = match lost {
            // A part of the replies tells nothing: only EXEC's counts.
            Some(lost) => (Err(lost), 0),
            None => {
                if asked {
                    values.remove(0);
                }
                match read(values, requests.len()) {
                    Told::Executed(results) => return Ok(results),
                    Told::Aborted => return Err(Error::Aborted),
                    Told::Refused(error, of) => (Ok(error), of),
                }
            }
        };
        let mut of = requests[of].clone();
        of.no_retry |= !repeatable;
        asked = false;
        match judge(core, &of, &place.node, outcome) {
            Step::Done(Ok(_)) => return Err(Error::Protocol("EXEC gave no array")),
            Step::Done(Err(error)) => return Err(error),
            Step::Moved(_, addr) => {
                patience.hop(&addr).await?;
                place = Place::of(core.stranger(&addr)?);
            }
            Step::Ask(addr) => {
                patience.hop(&addr).await?;
                place = Place::of(core.stranger(&addr)?);
                asked = true;
            }
            Step::Later(error) => {
                patience.wait(error).await?;
                place = route(core, slot)?;
            }
            Step::Again { error, paid } => {
                if paid {
                    patience.retry(&place, &of, error).await?;
                }
                place = route(core, slot)?;
            }
            Step::Probe => place = route(core, slot)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ServerError;

    fn error(text: &str) -> Value {
        Value::Error(ServerError::new(text.as_bytes()))
    }

    fn ok() -> Value {
        Value::Simple("OK".into())
    }

    #[test]
    fn the_first_refusal_is_the_reason() {
        let values = vec![ok(), ok(), error("MOVED 1 h:1"), error("ERR x"), error("EXECABORT")];
        match read(values, 3) {
            Told::Refused(Value::Error(error), 1) => assert_eq!(error.code(), "MOVED"),
            _ => panic!("not refused by the second command"),
        }
        match read(vec![ok(), ok(), error("MOVED 1 h:1")], 1) {
            Told::Refused(Value::Error(error), 0) => assert_eq!(error.code(), "MOVED"),
            _ => panic!("EXEC itself was redirected"),
        }
    }

    #[test]
    fn results_and_aborts_are_told_apart() {
        let executed = Value::Array(vec![Value::Int(1), error("WRONGTYPE x")]);
        match read(vec![ok(), ok(), ok(), executed], 2) {
            Told::Executed(results) => {
                assert!(results[0].is_ok());
                assert_eq!(results[1].as_ref().unwrap_err().code(), Some("WRONGTYPE"));
            }
            _ => panic!("not executed"),
        }
        assert!(matches!(read(vec![ok(), ok(), Value::Null], 1), Told::Aborted));
    }
}
