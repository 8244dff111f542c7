//! Subscriptions: a stream of messages that says where it has a hole.
//!
//! A subscription has a connection of its own, because a subscribed connection answers out of
//! order. When that connection is lost, messages may be lost with it: the stream gives a gap before
//! the next message, never silence.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::net::{Connection, Purpose, dial};
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
}

/// A published message.
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
#[derive(Debug)]
pub struct Subscription {
    events: mpsc::Receiver<Event>,
}

impl Subscription {
    /// The next event; `None` when the client was dropped.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Client {
    /// Subscribes to channels. Returns when the server confirmed all of them.
    pub async fn subscribe<C: ToArg>(
        &self,
        channels: impl IntoIterator<Item = C>,
    ) -> Result<Subscription> {
        start(self, Mode::Channels, collect(channels)).await
    }

    /// Subscribes to all channels that match a pattern.
    pub async fn psubscribe<C: ToArg>(
        &self,
        patterns: impl IntoIterator<Item = C>,
    ) -> Result<Subscription> {
        start(self, Mode::Patterns, collect(patterns)).await
    }

    /// Subscribes to shard channels, which must be in one slot. When the slot moves, so does the
    /// subscription.
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
        channel.write_arg(ArgWriter(&mut body));
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
    let (events, receiver) = mpsc::channel(BUFFERED_MAX);
    let (ready, confirmed) = oneshot::channel();
    let task = Task { core: core.clone(), mode, channels, slot, events };
    tokio::spawn(task.run(ready));
    match timeout(core.config.timeout, confirmed).await {
        Ok(Ok(())) => Ok(Subscription { events: receiver }),
        Ok(Err(_)) => Err(Error::Closed),
        Err(_) => Err(Error::Timeout { sent: true }),
    }
}

struct Task {
    core: Arc<Core>,
    mode: Mode,
    channels: Vec<Bytes>,
    slot: KeySlot,
    events: mpsc::Sender<Event>,
}

impl Task {
    async fn run(self, ready: oneshot::Sender<()>) {
        let mut ready = Some(ready);
        let mut pause = PAUSE_MIN;
        // A gap that could not be told yet because the reader is slow.
        let mut gap: Option<Arc<str>> = None;
        while !self.events.is_closed() && !self.core.hints.is_closed() {
            let reason = match self.connect().await {
                Ok(mut connection) => {
                    pause = PAUSE_MIN;
                    if let Some(ready) = ready.take() {
                        let _ = ready.send(());
                    }
                    tokio::select! {
                        reason = self.receive(&mut connection, &mut gap) => reason,
                        () = self.events.closed() => return,
                    }
                }
                Err(reason) => reason,
            };
            if ready.is_none() {
                gap = Some(reason);
                self.tell(&mut gap);
            }
            sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Connects to the right node and subscribes.
    async fn connect(&self) -> Result<Connection, Arc<str>> {
        let node = match self.slot {
            KeySlot::None => self.core.view.load().any_primary().map_err(text)?,
            slot => {
                let query = Query { info: Some(&known::SPUBLISH), slot, blocking: false };
                match self.core.route(&query).map_err(text)? {
                    Routed::Node(place) => place.node,
                    Routed::FanOut | Routed::Split => return Err("no route".into()),
                }
            }
        };
        let addr = node.addr();
        let limit = self.core.config.connect_timeout;
        let connect = async {
            let mut connection = dial(addr, &self.core.config, Purpose::default()).await?;
            let Connection { stream, reader, .. } = &mut connection;
            let mut body = Body::new(self.mode.command());
            self.channels.iter().for_each(|channel| body.push(channel));
            let mut out = BytesMut::new();
            body.write_frame(&mut out);
            stream.write_all(&out).await.map_err(text)?;
            stream.flush().await.map_err(text)?;
            let mut confirmed = 0;
            while confirmed < self.channels.len() {
                match next_push(stream, reader).await? {
                    Value::Error(error) => {
                        self.note_moved(error.text(), node.addr());
                        return Err(error.text().into());
                    }
                    Value::Push(items) if kind(&items).ends_with("subscribe") => confirmed += 1,
                    _ => {}
                }
            }
            Ok(connection)
        };
        timeout(limit, connect).await.map_err(|_| "no connection in time")?
    }

    fn note_moved(&self, error: &str, asked: &crate::addr::NodeAddr) {
        let mut words = error.split(' ');
        if words.next() != Some("MOVED") {
            return;
        }
        let slot = words.next().and_then(|slot| slot.parse().ok()).and_then(Slot::new);
        let addr = words.next().and_then(|a| crate::addr::NodeAddr::from_redirect(a, asked));
        if let (Some(slot), Some(addr)) = (slot, addr) {
            self.core.hints.moved(slot, addr);
        }
    }

    /// Passes messages on until the connection is over; gives the reason.
    async fn receive(&self, connection: &mut Connection, gap: &mut Option<Arc<str>>) -> Arc<str> {
        loop {
            let items = match next_push(&mut connection.stream, &mut connection.reader).await {
                Ok(Value::Push(items)) => items,
                Ok(_) => continue,
                Err(reason) => return reason,
            };
            // The server ends a sharded subscription when the slot goes elsewhere.
            if kind(&items) == "sunsubscribe" {
                return "the slot moved".into();
            }
            let Some(message) = message(items) else { continue };
            self.tell(gap);
            if gap.is_some() || self.events.try_send(Event::Message(message)).is_err() {
                *gap = Some("the reader is too slow".into());
            }
        }
    }

    fn tell(&self, gap: &mut Option<Arc<str>>) {
        if let Some(reason) = gap
            && self.events.try_send(Event::Gap { reason: reason.clone() }).is_ok()
        {
            *gap = None;
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
