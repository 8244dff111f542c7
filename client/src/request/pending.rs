//! The future of one command. On the usual way (one node, one reply, no redirection) it allocates
//! nothing besides the place of its reply; everything else continues in a boxed future.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Request, fanout, follow_place};
use crate::error::{Error, Result};
use crate::node::{Lost, Outcome, Sending, Why};
use crate::observe::Seen;
use crate::value::{FromReply, Value};
use crate::view::{Core, Place, Routed};

/// A command that was sent or is about to be.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use std::future::IntoFuture;
/// let pending = client.get("k").into_future();
/// assert_eq!(pending.await?, None);
/// # Ok(()) });
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Pending<'c, T> {
    core: &'c Core,
    request: Request,
    state: State<'c>,
    seen: Seen,
    reply: PhantomData<fn() -> T>,
}

enum State<'c> {
    New,
    Waiting { rx: oneshot::Receiver<Outcome>, place: Place, deadline: Instant },
    Slow(Pin<Box<dyn Future<Output = Result<Value>> + Send + 'c>>),
    Done,
}

impl<'c, T> Pending<'c, T> {
    pub(crate) fn new(core: &'c Core, request: Request) -> Self {
        Self { core, request, state: State::New, seen: Seen::default(), reply: PhantomData }
    }

    fn start(&mut self) -> State<'c> {
        let core = self.core;
        self.request.observe(core);
        self.seen = self.request.seen.clone();
        let now = Instant::now();
        let deadline = now + self.request.timeout.unwrap_or(core.config.timeout);
        if let Some(route) = self.request.route.clone() {
            let request = std::mem::take(&mut self.request);
            return State::Slow(Box::pin(async move {
                fanout::on_route(core, request, &route, deadline).await
            }));
        }
        let routed = match core.place(&mut self.request) {
            Ok(routed) => routed,
            Err(error) => return State::Slow(Box::pin(std::future::ready(Err(error)))),
        };
        match routed {
            Routed::Node(place) => {
                let sending = Sending { asking: false, may_probe: true, since: now, deadline };
                self.seen.at(place.node.addr());
                match place.mux(self.request.slot()).submit(&self.request.body, sending) {
                    Ok(rx) => State::Waiting { rx, place, deadline },
                    Err(lost) => self.slow(place, Err(lost), deadline),
                }
            }
            Routed::FanOut => {
                let request = std::mem::take(&mut self.request);
                State::Slow(Box::pin(fanout::everywhere(core, request, deadline)))
            }
            Routed::Split => {
                let request = std::mem::take(&mut self.request);
                State::Slow(Box::pin(fanout::split(core, request, deadline)))
            }
        }
    }

    fn slow(&mut self, place: Place, outcome: Outcome, deadline: Instant) -> State<'c> {
        let core = self.core;
        let request = std::mem::take(&mut self.request);
        State::Slow(Box::pin(async move {
            follow_place(core, &request, place, outcome, deadline).await
        }))
    }
}

impl<T: FromReply> Pending<'_, T> {
    fn end(&mut self, result: Result<Value>) -> Result<T> {
        self.state = State::Done;
        let result = result.and_then(T::from_reply);
        self.seen.end(result.as_ref().err());
        result
    }
}

impl<T: FromReply> Future for Pending<'_, T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::New => this.state = this.start(),
                State::Waiting { rx, place, deadline } => {
                    let outcome = ready!(Pin::new(rx).poll(cx))
                        .unwrap_or_else(|_| Err(Lost { sent: true, why: Why::Closed }));
                    let value = match outcome {
                        Ok(value) if !matches!(value, Value::Error(_)) => value,
                        outcome => {
                            let (place, deadline) = (place.clone(), *deadline);
                            this.state = this.slow(place, outcome, deadline);
                            continue;
                        }
                    };
                    return Poll::Ready(this.end(Ok(value)));
                }
                State::Slow(future) => {
                    let result = ready!(future.as_mut().poll(cx));
                    return Poll::Ready(this.end(result));
                }
                State::Done => return Poll::Ready(Err(Error::Closed)),
            }
        }
    }
}
