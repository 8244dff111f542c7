//! What a reply means for the request: it is the result, or the request goes elsewhere, later, or
//! not again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Request, fanout};
use crate::addr::NodeAddr;
use crate::error::{Error, Result, ServerError};
use crate::node::{Lost, NodeHandle, Outcome, Sending, Why};
use crate::slot::Slot;
use crate::table::Flags;
use crate::topology::hints::Hint;
use crate::value::Value;
use crate::view::{Core, Place, Routed};

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
    /// The node can't be reached: look on a replica of its shard whether it has taken over.
    Probe,
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
    match error.code() {
        "MOVED" => match error.redirection(node.addr()) {
            Some((slot, addr)) => {
                core.counters.moved.add(1);
                core.hints.moved(slot, addr.clone());
                Step::Moved(slot, addr)
            }
            None => Step::Done(Err(Error::Server(error))),
        },
        // ASK says nothing about the owner, so it leaves the topology alone.
        "ASK" => match error.redirection(node.addr()) {
            Some((_, addr)) => {
                core.counters.ask.add(1);
                Step::Ask(addr)
            }
            None => Step::Done(Err(Error::Server(error))),
        },
        "TRYAGAIN" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" => Step::Later(Error::Server(error)),
        // A blocking command whose node lost its role; it was not executed.
        "UNBLOCKED" if error.message().contains("instance state changed") => {
            Step::Later(Error::Server(error))
        }
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
        Why::Probe => return Step::Probe,
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

    /// Sets a later deadline.
    pub(crate) fn renew(&mut self, deadline: Instant) {
        self.deadline = deadline;
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
        place: &Place,
        request: &Request,
        error: Error,
    ) -> Result<()> {
        if !place.node.budget.take(place.mux(request.slot()).successes()) {
            return Err(error);
        }
        self.core.counters.retries.add(1);
        self.wait(error).await
    }
}

/// Sends `request` to `place` and awaits what comes back.
async fn send(place: &Place, request: &Request, sending: Sending) -> Outcome {
    if sending.deadline <= Instant::now() {
        return Err(Lost::unsent(Why::Timeout));
    }
    request.seen.at(place.node.addr());
    match place.mux(request.slot()).submit(&request.body, sending) {
        Ok(rx) => rx.await.unwrap_or_else(|_| Err(Lost { sent: true, why: Why::Closed })),
        Err(lost) => Err(lost),
    }
}

/// Sends `request` to `place` and does what the replies say until it is done.
pub(crate) async fn send_and_follow(
    core: &Core,
    request: &Request,
    place: Place,
    deadline: Instant,
) -> Result<Value> {
    let outcome = send(&place, request, Sending::now(deadline)).await;
    follow_place(core, request, place, outcome, deadline).await
}

/// Goes on from the first `outcome`.
pub(crate) async fn follow_place(
    core: &Core,
    request: &Request,
    mut place: Place,
    mut outcome: Outcome,
    deadline: Instant,
) -> Result<Value> {
    let since = Instant::now();
    let mut patience = Patience::new(core, deadline);
    // The unreachable primary for which `place` is asked whether it has taken over.
    let mut probing: Option<Place> = None;
    let mut may_probe = true;
    loop {
        if let Some(primary) = probing.take() {
            match &outcome {
                Ok(value) if !matches!(value, Value::Error(_)) => {
                    core.promote(primary.node.addr(), place.node.addr());
                }
                // It sends us back: the primary has no successor yet.
                Ok(Value::Error(error)) if error.code() == "MOVED" => {
                    let target = error.redirection(place.node.addr()).map(|(_, addr)| addr);
                    if target.as_ref() == Some(primary.node.addr()) {
                        place = primary;
                        let sending = Sending { asking: false, may_probe, since, deadline };
                        outcome = send(&place, request, sending).await;
                        continue;
                    }
                }
                // It may have been executed there: that is judged as everywhere.
                Err(lost) if lost.sent && !request.repeatable() => {}
                // No answer that tells anything: wait for the primary.
                _ => {
                    place = primary;
                    let sending = Sending { asking: false, may_probe, since, deadline };
                    outcome = send(&place, request, sending).await;
                    continue;
                }
            }
        }
        let mut sending = Sending { asking: false, may_probe, since: Instant::now(), deadline };
        match judge(core, request, &place.node, outcome) {
            Step::Done(result) => return result,
            Step::Moved(_, addr) => {
                patience.hop(&addr).await?;
                place = target(core, &addr)?;
            }
            Step::Ask(addr) => {
                patience.hop(&addr).await?;
                place = target(core, &addr)?;
                sending.asking = true;
            }
            Step::Later(error) => {
                patience.wait(error).await?;
                place = again(core, request, &place)?;
            }
            Step::Again { error, paid } => {
                let next = again(core, request, &place)?;
                if paid {
                    // A node that stays unreachable was waited for long enough; who was sent
                    // elsewhere meanwhile goes there.
                    let unreachable = place.mux(request.slot()).is_down()
                        && matches!(error, Error::Unavailable { .. });
                    if unreachable && next.is(&place) {
                        return Err(error);
                    }
                    if !unreachable {
                        patience.retry(&place, request, error).await?;
                    }
                }
                place = next;
            }
            Step::Probe => {
                let successor = core.successor(place.node.addr());
                match successor.filter(|_| request.route.is_none()) {
                    Some(successor) => {
                        core.counters.probes.add(1);
                        probing = Some(std::mem::replace(&mut place, successor));
                    }
                    None => may_probe = false,
                }
                sending = Sending { may_probe, since, ..sending };
            }
        }
        outcome = send(&place, request, sending).await;
    }
}

fn target(core: &Core, addr: &NodeAddr) -> Result<Place> {
    core.stranger(addr).map(Place::of)
}

/// Where `request` goes by what is known now. What was sent to a certain node stays there.
fn again(core: &Core, request: &Request, place: &Place) -> Result<Place> {
    if request.slot().is_none() || request.route.is_some() {
        return Ok(place.clone());
    }
    match core.place(&mut request.clone())? {
        Routed::Node(place) => Ok(place),
        Routed::FanOut | Routed::Split => Ok(place.clone()),
    }
}

impl Core {
    /// Executes `request` as an operation of the application's.
    pub(crate) async fn run(&self, mut request: Request, deadline: Instant) -> Result<Value> {
        request.observe(self);
        let seen = request.seen.clone();
        let result = self.execute(request, deadline).await;
        seen.end(result.as_ref().err());
        result
    }

    /// Executes `request` wherever it belongs.
    pub(crate) async fn execute(&self, mut request: Request, deadline: Instant) -> Result<Value> {
        if let Some(route) = request.route.clone() {
            return fanout::on_route(self, request, &route, deadline).await;
        }
        match self.place(&mut request)? {
            Routed::Node(place) => send_and_follow(self, &request, place, deadline).await,
            Routed::FanOut => fanout::everywhere(self, request, deadline).await,
            Routed::Split => fanout::split(self, request, deadline).await,
        }
    }
}
