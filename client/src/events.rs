//! What happens to the cluster, told to whoever listens.
//!
//! Nobody waits for a listener: each has a bounded queue, and one that is too slow is told how much
//! it missed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::addr::NodeAddr;
use crate::client::Client;
use crate::slot::Slot;

/// Events that wait for a slow listener.
const BUFFERED_MAX: usize = 256;

/// Something that the client learned about the cluster; see [`Client::topology_events`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::TopologyEvent;
/// fn log(event: TopologyEvent) {
///     match event {
///         TopologyEvent::Down { node, cause } => println!("{node} is down: {cause}"),
///         TopologyEvent::SlotsMoved(slots) => println!("{} slots moved", slots.len()),
///         other => println!("{other:?}"),
///     }
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TopologyEvent {
    /// Another topology was adopted.
    Adopted {
        /// Its [`version`](crate::Snapshot::version).
        version: u64,
        /// Nodes that the one before did not have.
        joined: Arc<[NodeAddr]>,
        /// Nodes that only the one before had.
        left: Arc<[NodeAddr]>,
    },
    /// These slots have another owner than before: a topology or a redirection said so.
    SlotsMoved(Arc<[Slot]>),
    /// A replica answered as the primary of its shard while the old primary was not to be reached.
    Promoted {
        /// The old primary.
        from: NodeAddr,
        /// The new one.
        to: NodeAddr,
    },
    /// A node could not be reached at least twice in a row.
    Down {
        /// The node.
        node: NodeAddr,
        /// Why the last attempt failed.
        cause: Arc<str>,
    },
    /// A node that was down is connected again.
    Up {
        /// The node.
        node: NodeAddr,
    },
    /// So many events are missing here, because the listener was too slow.
    Missed(u64),
}

/// A stream of [`TopologyEvent`]s; it ends when the client is dropped.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let mut events = client.topology_events();
/// drop(client);
/// assert_eq!(events.next().await, None);
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct TopologyEvents {
    queue: mpsc::Receiver<TopologyEvent>,
}

#[derive(Debug)]
struct Listener {
    queue: mpsc::Sender<TopologyEvent>,
    missed: u64,
}

/// Those who listen.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// `None` once the client is closed.
    listeners: Mutex<Option<Vec<Listener>>>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { listeners: Mutex::new(Some(Vec::new())) }
    }

    pub(crate) fn listen(&self) -> TopologyEvents {
        let (tx, queue) = mpsc::channel(BUFFERED_MAX);
        if let Some(listeners) = &mut *self.listeners.lock() {
            listeners.push(Listener { queue: tx, missed: 0 });
        }
        TopologyEvents { queue }
    }

    pub(crate) fn tell(&self, event: &TopologyEvent) {
        if let Some(listeners) = &mut *self.listeners.lock() {
            listeners.retain_mut(|listener| listener.tell(event));
        }
    }

    pub(crate) fn close(&self) {
        self.listeners.lock().take();
    }
}

impl Listener {
    /// False if nobody listens any more.
    fn tell(&mut self, event: &TopologyEvent) -> bool {
        if self.missed > 0 && self.queue.try_send(TopologyEvent::Missed(self.missed)).is_ok() {
            self.missed = 0;
        }
        if self.missed > 0 {
            self.missed += 1;
            return !self.queue.is_closed();
        }
        match self.queue.try_send(event.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.missed = 1;
                true
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }
}

impl TopologyEvents {
    /// The next event; `None` when the client was dropped.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut events = client.topology_events();
    /// drop(client);
    /// assert_eq!(events.next().await, None, "nothing can happen any more");
    /// # Ok(()) });
    /// ```
    pub async fn next(&mut self) -> Option<TopologyEvent> {
        self.queue.recv().await
    }
}

impl Stream for TopologyEvents {
    type Item = TopologyEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TopologyEvent>> {
        self.queue.poll_recv(cx)
    }
}

impl Client {
    /// What happens to the cluster from now on, as the client learns it: slots that move, nodes that
    /// go and come. Listening asks the servers nothing.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let mut events = client.topology_events();
    /// let watching = tokio::spawn(async move {
    ///     while let Some(event) = events.next().await {
    ///         println!("{event:?}");
    ///     }
    /// });
    /// # drop(watching); Ok(()) });
    /// ```
    pub fn topology_events(&self) -> TopologyEvents {
        self.core().events.listen()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_listener_learns_how_much_it_missed() {
        let events = Events::new();
        let mut slow = events.listen();
        let up = |port| TopologyEvent::Up { node: NodeAddr::new("h", port) };
        let sent = BUFFERED_MAX as u16 + 10;
        (1..=sent).for_each(|port| events.tell(&up(port)));
        for port in 1..=BUFFERED_MAX as u16 {
            assert_eq!(slow.next().await, Some(up(port)));
        }
        events.tell(&up(1));
        assert_eq!(slow.next().await, Some(TopologyEvent::Missed(10)));
        assert_eq!(slow.next().await, Some(up(1)));
        events.close();
        assert_eq!(slow.next().await, None);
        assert_eq!(events.listen().next().await, None, "nothing happens to a closed client");
    }
}
