//! What a reply means for the request: it is the result, or the request goes elsewhere, later, or
//! not again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Request;
use crate::addr::NodeAddr;
use crate::error::{Error, Result, ServerError};
use crate::node::{Lost, NodeHandle, Outcome, Why};
use crate::slot::Slot;
use crate::table::Flags;
use crate::topology::hints::Hint;
use crate::value::Value;
use crate::view::{Core, Routed};

/// What to do with a request after a reply or a loss.
pub(crate) enum Step {
    Done(Result<Value>),
    /// The slot has another owner.
    Moved(Slot, NodeAddr),
    /// This once, another node has it.
    Ask(NodeAddr),
    /// The server can't just now; route again after a pause. The error is for the deadline.
    Later(Error),
    /// Not sent, or safe to send again: route again, with a retry of the node's budget if it must
    /// be paid for.
    Again {
        error: Error,
        paid: bool,
    },
}

/// Judges `outcome` of `request` on `node`. Counts, and gives hints from the closed list.
pub(crate) fn judge(core: &Core, request: &Request, node: &NodeHandle, outcome: Outcome) -> Step {
    match outcome {
        Ok(Value::Error(error)) => judge_error(core, request, node, error),
        Ok(value) => Step::Done(Ok(value)),
        Err(lost) => judge_loss(request, node, lost),
    }
}

fn judge_error(core: &Core, request: &Request, node: &NodeHandle, error: ServerError) -> Step {
    let redirect = || {
        let mut words = error.message().split(' ');
        let slot = Slot::new(words.next()?.parse().ok()?)?;
        Some((slot, NodeAddr::from_redirect(words.next()?, node.addr())?))
    };
    match error.code() {
        "MOVED" => match redirect() {
            Some((slot, addr)) => {
                core.counters.moved.add(1);
                core.hints.moved(slot, addr.clone());
                Step::Moved(slot, addr)
            }
            None => Step::Done(Err(Error::Server(error))),
        },
        // ASK says nothing about the owner, so it leaves the topology alone.
        "ASK" => match redirect() {
            Some((_, addr)) => {
                core.counters.ask.add(1);
                Step::Ask(addr)
            }
            None => Step::Done(Err(Error::Server(error))),
        },
        "TRYAGAIN" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" => Step::Later(Error::Server(error)),
        "READONLY" if request.info.is_none_or(|info| info.flags.has(Flags::WRITE)) => {
            core.hints.raise(Hint::ReadOnly);
            Step::Later(Error::Server(error))
        }
        _ => Step::Done(Err(Error::Server(error))),
    }
}

fn judge_loss(request: &Request, node: &NodeHandle, lost: Lost) -> Step {
    let addr = || node.addr().clone();
    let (cause, unsent) = match lost.why {
        Why::Timeout => return Step::Done(Err(Error::Timeout { sent: lost.sent })),
        Why::Overloaded => return Step::Done(Err(Error::Overloaded { node: addr() })),
        Why::Closed if lost.sent => return Step::Done(Err(Error::Timeout { sent: true })),
        Why::Closed => return Step::Done(Err(Error::Closed)),
        Why::Rerouted => {
            let error = Error::Unavailable { node: addr(), cause: "its role changed".into() };
            return Step::Again { error, paid: false };
        }
        Why::Unavailable(cause) => {
            let error = Error::Unavailable { node: addr(), cause };
            return Step::Again { error, paid: true };
        }
        Why::Disconnected(cause) => (cause, !lost.sent),
        Why::Protocol(what) => (what.into(), !lost.sent),
    };
    if unsent {
        return Step::Again { error: Error::Unavailable { node: addr(), cause }, paid: true };
    }
    let error = Error::MaybeExecuted { node: addr(), cause };
    if request.repeatable() { Step::Again { error, paid: true } } else { Step::Done(Err(error)) }
}

/// The pauses and redirections that one request (or batch) may still make.
pub(crate) struct Patience<'a> {
    core: &'a Core,
    pub(crate) deadline: Instant,
    hops: u32,
    pause: Duration,
}

const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(500);

impl<'a> Patience<'a> {
    pub(crate) fn new(core: &'a Core, deadline: Instant) -> Self {
        Self { core, deadline, hops: 0, pause: PAUSE_MIN }
    }

    /// Pauses with jitter, longer each time; gives `error` if the deadline comes before.
    pub(crate) async fn wait(&mut self, error: Error) -> Result<()> {
        let pause = self.pause.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        if Instant::now() + pause >= self.deadline {
            return Err(error);
        }
        self.core.counters.backoffs.add(1);
        sleep(pause).await;
        Ok(())
    }

    /// Counts a redirection to `target`. The first is followed at once, later ones after a pause,
    /// because nodes that disagree need time and not requests.
    pub(crate) async fn hop(&mut self, target: &NodeAddr) -> Result<()> {
        self.hops += 1;
        let error = Error::TooManyRedirects { hops: self.hops, target: target.clone() };
        if self.hops > self.core.config.redirects_max {
            return Err(error);
        }
        if self.hops > 1 { self.wait(error).await } else { Ok(()) }
    }

    /// Takes a retry of the node's budget and pauses.
    pub(crate) async fn retry(
        &mut self,
        node: &NodeHandle,
        request: &Request,
        error: Error,
    ) -> Result<()> {
        if !node.budget.take(node.mux(request.slot()).successes()) {
            return Err(error);
        }
        self.core.counters.retries.add(1);
        self.wait(error).await
    }
}

/// Sends `request` to `node` and awaits what comes back.
pub(crate) async fn send(
    node: &NodeHandle,
    request: &Request,
    asking: bool,
    deadline: Instant,
) -> Outcome {
    let mux = node.mux(request.slot());
    match mux.submit(&request.body, asking, Instant::now(), deadline) {
        Ok(rx) => rx.await.unwrap_or_else(|_| Err(Lost { sent: true, why: Why::Closed })),
        Err(lost) => Err(lost),
    }
}

/// Sends `request` to `node` and does what the replies say until it is done.
pub(crate) async fn send_and_follow(
    core: &Core,
    request: &Request,
    node: Arc<NodeHandle>,
    deadline: Instant,
) -> Result<Value> {
    let outcome = send(&node, request, false, deadline).await;
    follow(core, request, node, outcome, deadline).await
}

/// Goes on from the first `outcome`.
pub(crate) async fn follow(
    core: &Core,
    request: &Request,
    mut node: Arc<NodeHandle>,
    mut outcome: Outcome,
    deadline: Instant,
) -> Result<Value> {
    let mut patience = Patience::new(core, deadline);
    loop {
        let mut asking = false;
        match judge(core, request, &node, outcome) {
            Step::Done(result) => return result,
            Step::Moved(_, addr) => {
                patience.hop(&addr).await?;
                node = target(core, &addr)?;
            }
            Step::Ask(addr) => {
                patience.hop(&addr).await?;
                node = target(core, &addr)?;
                asking = true;
            }
            Step::Later(error) => {
                patience.wait(error).await?;
                node = again(core, request, &node)?;
            }
            Step::Again { error, paid } => {
                let next = again(core, request, &node)?;
                if paid {
                    // A node that stays unreachable was waited for long enough; who was sent
                    // elsewhere meanwhile goes there.
                    let same = Arc::ptr_eq(&next, &node);
                    if same && node.is_down() && matches!(error, Error::Unavailable { .. }) {
                        return Err(error);
                    }
                    patience.retry(&node, request, error).await?;
                }
                node = next;
            }
        }
        outcome = send(&node, request, asking, deadline).await;
    }
}

fn target(core: &Core, addr: &NodeAddr) -> Result<Arc<NodeHandle>> {
    core.redirected(addr).ok_or(Error::NoRoute("redirected to too many unknown nodes"))
}

/// Where `request` goes by what is known now. What was sent to a certain node stays there.
fn again(core: &Core, request: &Request, node: &Arc<NodeHandle>) -> Result<Arc<NodeHandle>> {
    if request.slot().is_none() || request.route.is_some() {
        return Ok(node.clone());
    }
    match core.route(&request.clone().query())? {
        Routed::Node(node) => Ok(node),
        Routed::FanOut | Routed::Split => Ok(node.clone()),
    }
}
