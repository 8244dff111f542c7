//! Subscriptions: a stream of messages that says where it has a hole.
//!
//! A subscription has a connection of its own, because a subscribed connection answers out of
//! order. Messages may be lost with that connection, and while a slot moves: the stream gives a gap
//! before the next message, never silence. What is wished (these channels, wherever they are) stays
//! the same, and a task brings it about again whenever the server ends the subscription, the
//! topology names another node, or the connection is lost or silent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::addr::NodeAddr;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::events::TopologyEvents;
use crate::net::{Connection, Purpose, dial};
use crate::node::NodeHandle;
use crate::observe::Seen;
use crate::protocol::{next_push, text};
use crate::request::{Body, KeySlot};
use crate::router::Query;
use crate::slot::Slot;
use crate::table::{CommandInfo, known};
use crate::value::{ArgWriter, ToArg, Value};
use crate::view::{Core, Routed};

/// Messages that wait for a slow reader; when there are more, the reader gets a gap.
const BUFFERED_MAX: usize = 1024;
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What a subscription gives.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::Event;
/// fn show(event: Event) {
///     match event {
///         Event::Message(message) => println!("{:?}", message.payload),
///         Event::Gap { reason } => println!("something may be missing: {reason}"),
///         Event::Moved { to } => println!("from {to} now"),
///         _ => {}
///     }
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message.
    Message(Message),
    /// Messages may have been missed here.
    Gap {
        /// Why.
        reason: Arc<str>,
    },
    /// The subscription is at another node from here on. A gap comes before it.
    Moved {
        /// The node.
        to: NodeAddr,
    },
}

/// A published message.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::Event;
/// let mut news = client.subscribe(["news"]).await?;
/// client.publish("news", "rain").await?;
/// let Some(Event::Message(message)) = news.next().await else { panic!() };
/// assert_eq!((message.channel, message.payload), ("news".into(), "rain".into()));
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The channel that it was published on.
    pub channel: Bytes,
    /// The pattern that matched, if the subscription is by patterns.
    pub pattern: Option<Bytes>,
    /// The message.
    pub payload: Bytes,
}

/// How a subscription asks and what it is answered with.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Channels,
    Patterns,
    Sharded,
}

impl Mode {
    fn command(self) -> &'static CommandInfo {
        match self {
            Mode::Channels => &known::SUBSCRIBE,
            Mode::Patterns => &known::PSUBSCRIBE,
            Mode::Sharded => &known::SSUBSCRIBE,
        }
    }
}

/// A stream of [`Event`]s. Dropping it unsubscribes.
///
/// It keeps up to 1,024 messages for a slow reader; beyond that messages are dropped, and the reader
/// gets a gap in their place.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let mut news = client.subscribe(["news"]).await?;
/// let reading = tokio::spawn(async move {
///     while let Some(event) = news.next().await {
///         println!("{event:?}");
///     }
/// });
/// # drop(reading);
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Subscription {
    events: mpsc::Receiver<Event>,
}

impl Subscription {
    /// The next event; `None` when the client was dropped.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Event;
    /// let mut news = client.subscribe(["news"]).await?;
    /// client.publish("news", "it rains").await?;
    /// match news.next().await {
    ///     Some(Event::Message(message)) => assert_eq!(message.payload, "it rains"),
    ///     Some(Event::Gap { reason }) => println!("messages may be missing: {reason}"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(()) });
    /// ```
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(cx)
    }
}

impl Client {
    /// Subscribes to channels. Returns when the server confirmed all of them.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut messages = client.subscribe(["news", "sport"]).await?;
    /// assert_eq!(client.publish("sport", "1:0").await?, 1);
    /// assert!(messages.next().await.is_some());
    /// # Ok(()) });
    /// ```
    pub async fn subscribe<C: ToArg>(
        &self,
        channels: impl IntoIterator<Item = C>,
    ) -> Result<Subscription> {
        start(self, Mode::Channels, collect(channels)).await
    }

    /// Subscribes to all channels that match a pattern.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Event;
    /// let mut messages = client.psubscribe(["weather.*"]).await?;
    /// client.publish("weather.oslo", "snow").await?;
    /// let Some(Event::Message(message)) = messages.next().await else { panic!() };
    /// assert_eq!((message.channel, message.pattern.unwrap()), ("weather.oslo".into(), "weather.*".into()));
    /// # Ok(()) });
    /// ```
    pub async fn psubscribe<C: ToArg>(
        &self,
        patterns: impl IntoIterator<Item = C>,
    ) -> Result<Subscription> {
        start(self, Mode::Patterns, collect(patterns)).await
    }

    /// Subscribes to shard channels, which must be in one slot. When the slot moves, so does the
    /// subscription: the stream gives [`Event::Gap`], because messages may have been lost meanwhile,
    /// and [`Event::Moved`] once the new owner has confirmed it.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut orders = client.ssubscribe(["{shop:7}orders"]).await?;
    /// client.spublish("{shop:7}orders", "one tea").await?;
    /// assert!(orders.next().await.is_some());
    /// # Ok(()) });
    /// ```
    pub async fn ssubscribe<C: ToArg>(
        &self,
        channels: impl IntoIterator<Item = C>,
    ) -> Result<Subscription> {
        start(self, Mode::Sharded, collect(channels)).await
    }
}

fn collect<C: ToArg>(channels: impl IntoIterator<Item = C>) -> Vec<Bytes> {
    let bytes = |channel: C| {
        let mut body = Body::default();
        channel.write_arg(ArgWriter::new(&mut body));
        Bytes::copy_from_slice(body.args().next().unwrap_or_default())
    };
    channels.into_iter().map(bytes).collect()
}

async fn start(client: &Client, mode: Mode, channels: Vec<Bytes>) -> Result<Subscription> {
    if channels.is_empty() {
        return Err(Error::Config("a subscription needs a channel".to_owned()));
    }
    let mut slot = KeySlot::None;
    if matches!(mode, Mode::Sharded) {
        channels.iter().for_each(|channel| slot.add(Slot::of(channel)));
        if slot == KeySlot::Several {
            return Err(Error::CrossSlot);
        }
    }
    let core = client.core_arc();
    let seen = Seen::begin(&core, || mode.command().name.into(), 1);
    let (events, receiver) = mpsc::channel(BUFFERED_MAX);
    let (ready, confirmed) = oneshot::channel();
    let task = Task { core: core.clone(), mode, channels, slot, events };
    tokio::spawn(task.run(ready));
    let result = match timeout(core.config.timeout, confirmed).await {
        Ok(Ok(node)) => {
            seen.at(&node);
            Ok(Subscription { events: receiver })
        }
        Ok(Err(_)) => Err(Error::Closed),
        Err(_) => Err(Error::Timeout { sent: true }),
    };
    seen.end(result.as_ref().err());
    result
}

struct Task {
    core: Arc<Core>,
    mode: Mode,
    channels: Vec<Bytes>,
    slot: KeySlot,
    events: mpsc::Sender<Event>,
}

/// What has to be told before the next message, as soon as the reader has room for it.
#[derive(Default)]
struct Untold {
    gap: Option<Arc<str>>,
    moved: Option<NodeAddr>,
}

impl Untold {
    /// True if everything is told.
    fn tell(&mut self, events: &mpsc::Sender<Event>) -> bool {
        if let Some(reason) = &self.gap
            && events.try_send(Event::Gap { reason: reason.clone() }).is_ok()
        {
            self.gap = None;
        }
        if self.gap.is_none()
            && let Some(to) = &self.moved
            && events.try_send(Event::Moved { to: to.clone() }).is_ok()
        {
            self.moved = None;
        }
        self.gap.is_none() && self.moved.is_none()
    }
}

/// A subscription that its node has confirmed.
struct Subscribed {
    connection: Connection,
    node: Arc<NodeHandle>,
    /// Whom the topology named when `node` was found, which was perhaps its predecessor.
    routed: NodeAddr,
}

/// Why a node did not take the subscription.
enum Refused {
    /// It says who has the slot.
    Moved(NodeAddr),
    Failed(Arc<str>),
}

/// Why a subscription that was confirmed is over.
enum Over {
    /// The slot, or the node, is not where it was.
    Moved(Arc<str>),
    Lost(Arc<str>),
    /// Nobody wants it any more.
    Closed,
}

impl Task {
    async fn run(self, ready: oneshot::Sender<NodeAddr>) {
        let mut ready = Some(ready);
        let mut pause = PAUSE_MIN;
        let mut untold = Untold::default();
        let mut changes = self.core.events.listen();
        let mut at: Option<NodeAddr> = None;
        while !self.events.is_closed() && !self.core.hints.is_closed() {
            let (reason, wait) = match self.connect().await {
                Ok(mut subscribed) => {
                    let since = Instant::now();
                    let to = subscribed.node.addr();
                    if at.as_ref().is_some_and(|before| before != to) {
                        untold.moved = Some(to.clone());
                        untold.tell(&self.events);
                    }
                    at = Some(to.clone());
                    if let Some(ready) = ready.take() {
                        let _ = ready.send(to.clone());
                    }
                    let over = tokio::select! {
                        over = self.receive(&mut subscribed, &mut changes, &mut untold) => over,
                        () = self.events.closed() => Over::Closed,
                    };
                    // What did not last is not tried again without a pause.
                    let lasted = since.elapsed() >= PAUSE_MAX;
                    if lasted {
                        pause = PAUSE_MIN;
                    }
                    match over {
                        Over::Closed => return,
                        Over::Moved(reason) => (reason, !lasted && pause > PAUSE_MIN),
                        Over::Lost(reason) => (reason, true),
                    }
                }
                Err(reason) => (reason, true),
            };
            if ready.is_none() {
                untold.gap = Some(reason);
                untold.tell(&self.events);
            }
            if wait {
                sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// The node that has the channels, as far as is known.
    fn owner(&self) -> Result<Arc<NodeHandle>> {
        match self.slot {
            KeySlot::None => self.core.view.load().any_primary(),
            slot => {
                let query = Query { info: Some(&known::SPUBLISH), slot, blocking: false };
                match self.core.route(&query)? {
                    Routed::Node(place) => Ok(place.node),
                    Routed::FanOut | Routed::Split => Err(Error::CrossSlot),
                }
            }
        }
    }

    /// Whether the topology has come to name another node for it.
    fn is_elsewhere(&self, at: &mut Subscribed) -> bool {
        if self.slot == KeySlot::None {
            // Any node of the cluster gets what is published on plain channels.
            let view = self.core.view.load();
            return view.snapshot.nodes().iter().all(|known| known.addr != *at.node.addr());
        }
        let Ok(owner) = self.owner() else { return false };
        let is_new = *owner.addr() != at.routed;
        at.routed = owner.addr().clone();
        is_new && owner.addr() != at.node.addr()
    }

    /// Subscribes at the right node, also if only its predecessor knows which that is.
    async fn connect(&self) -> Result<Subscribed, Arc<str>> {
        let mut node = self.owner().map_err(text)?;
        let routed = node.addr().clone();
        for _ in 0..=self.core.config.redirects_max {
            let limit = self.core.config.connect_timeout;
            let late = || Err(Refused::Failed("no connection in time".into()));
            match timeout(limit, self.subscribe_at(&node)).await.unwrap_or_else(|_| late()) {
                Ok(connection) => return Ok(Subscribed { connection, node, routed }),
                Err(Refused::Moved(addr)) => node = self.core.stranger(&addr).map_err(text)?,
                Err(Refused::Failed(why)) => return Err(why),
            }
        }
        Err("redirected too often".into())
    }

    async fn subscribe_at(&self, node: &NodeHandle) -> Result<Connection, Refused> {
        let failed = |error: &dyn std::fmt::Display| Refused::Failed(text(error));
        let mut connection = dial(node.addr(), &self.core.config, Purpose::default())
            .await
            .map_err(Refused::Failed)?;
        let Connection { stream, reader, .. } = &mut connection;
        let mut body = Body::new(self.mode.command());
        self.channels.iter().for_each(|channel| body.push(channel));
        let mut out = BytesMut::new();
        body.write_frame(&mut out);
        stream.write_all(&out).await.map_err(|error| failed(&error))?;
        stream.flush().await.map_err(|error| failed(&error))?;
        let mut confirmed = 0;
        while confirmed < self.channels.len() {
            match next_push(stream, reader).await.map_err(Refused::Failed)? {
                Value::Error(error) => {
                    let redirect =
                        error.redirection(node.addr()).filter(|_| error.code() == "MOVED");
                    let Some((slot, addr)) = redirect else { return Err(failed(&error)) };
                    self.core.hints.moved(slot, addr.clone());
                    return Err(Refused::Moved(addr));
                }
                Value::Push(items) if kind(&items).ends_with("subscribe") => confirmed += 1,
                _ => {}
            }
        }
        Ok(connection)
    }

    /// Passes messages on until the subscription is over.
    async fn receive(
        &self,
        at: &mut Subscribed,
        changes: &mut TopologyEvents,
        untold: &mut Untold,
    ) -> Over {
        let silence = self.core.config.unresponsive_after;
        let mut asked = false;
        // What changed while it was subscribed.
        if self.is_elsewhere(at) {
            return Over::Moved("the slot moved".into());
        }
        loop {
            let Connection { stream, reader, .. } = &mut at.connection;
            let items = tokio::select! {
                value = next_push(stream, reader) => match value {
                    Ok(Value::Push(items)) => items,
                    // A PONG, or an error in its place: the server is there.
                    Ok(_) => {
                        asked = false;
                        continue;
                    }
                    Err(reason) => return Over::Lost(reason),
                },
                change = changes.next() => match change {
                    None => return Over::Closed,
                    Some(_) if self.is_elsewhere(at) => {
                        return Over::Moved("the slot moved".into());
                    }
                    Some(_) => continue,
                },
                // Nothing is due on this connection, so only a question tells whether it is alive.
                () = sleep(silence) => {
                    if std::mem::replace(&mut asked, true) {
                        return Over::Lost("the server does not answer".into());
                    }
                    let mut out = BytesMut::new();
                    Body::new(&known::PING).write_frame(&mut out);
                    let written = async {
                        stream.write_all(&out).await?;
                        stream.flush().await
                    };
                    match timeout(silence, written).await {
                        Ok(Ok(())) => continue,
                        Ok(Err(error)) => return Over::Lost(text(error)),
                        Err(_) => return Over::Lost("the server does not read".into()),
                    }
                }
            };
            asked = false;
            // The server ends a sharded subscription when the slot goes elsewhere.
            if kind(&items) == "sunsubscribe" {
                return Over::Moved("the slot moved".into());
            }
            let Some(message) = message(items) else { continue };
            if !untold.tell(&self.events) || self.events.try_send(Event::Message(message)).is_err()
            {
                untold.gap = Some("the reader is too slow".into());
            }
        }
    }
}

fn kind(items: &[Value]) -> &str {
    items.first().and_then(Value::as_str).unwrap_or_default()
}

fn message(items: Vec<Value>) -> Option<Message> {
    let by_pattern = match kind(&items) {
        "message" | "smessage" => false,
        "pmessage" => true,
        _ => return None,
    };
    let mut fields = items.into_iter().skip(1).filter_map(|value| value.as_bytes().cloned());
    let pattern = if by_pattern { Some(fields.next()?) } else { None };
    Some(Message { pattern, channel: fields.next()?, payload: fields.next()? })
}
