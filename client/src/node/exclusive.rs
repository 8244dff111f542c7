//! Connections for one use at a time: commands that wait on the server, and watched transactions.
//!
//! They are bounded per node and are kept for the next use while they are clean, that is, while no
//! reply is due. A use that is dropped midway closes its connection: the server then stops waiting
//! too.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::{Lost, NodeShared, Why};
use crate::addr::NodeAddr;
use crate::net::{Connection, Purpose, dial};
use crate::protocol::next_reply;
use crate::request::Body;
use crate::value::Value;

/// Connections that are kept for later.
const IDLE_MAX: usize = 8;
/// For so long.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// The exclusive connections of a node.
#[derive(Debug)]
pub(crate) struct Pool {
    addr: NodeAddr,
    shared: Arc<NodeShared>,
    idle: Mutex<Vec<(Connection, Instant)>>,
    permits: Arc<Semaphore>,
}

/// A connection in use.
#[derive(Debug)]
pub(crate) struct Exclusive {
    connection: Option<Connection>,
    pool: Arc<Pool>,
    /// No reply is due and the connection has no state.
    clean: bool,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(addr: NodeAddr, shared: Arc<NodeShared>) -> Self {
        let permits = Arc::new(Semaphore::new(shared.config.exclusive_connections_max));
        Self { addr, shared, idle: Mutex::default(), permits }
    }

    /// A connection that nobody else uses; dialling one ends at `deadline`.
    pub(crate) async fn take(
        self: &Arc<Self>,
        deadline: Option<Instant>,
    ) -> Result<Exclusive, Lost> {
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            self.shared.counters.overloaded.add(1);
            return Err(Lost::unsent(Why::Overloaded));
        };
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => {
                self.shared.counters.exclusive_dials.add(1);
                let config = &self.shared.config;
                let dialling = dial(&self.addr, config, Purpose::default());
                let limit = Instant::now() + config.connect_timeout;
                let until = deadline.map_or(limit, |deadline| deadline.min(limit));
                match timeout_at(until, dialling).await {
                    Ok(Ok(connection)) => connection,
                    Ok(Err(cause)) => return Err(Lost::unsent(Why::Unavailable(cause))),
                    Err(_) if until < limit => return Err(Lost::unsent(Why::Timeout)),
                    Err(_) => {
                        let cause = "no connection within the time limit".into();
                        return Err(Lost::unsent(Why::Unavailable(cause)));
                    }
                }
            }
        };
        let (connection, pool) = (Some(connection), self.clone());
        Ok(Exclusive { connection, pool, clean: true, _permit: permit })
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        while let Some((mut connection, since)) = idle.pop() {
            if since.elapsed() < IDLE_TIME && is_quiet(&mut connection) {
                return Some(connection);
            }
        }
        None
    }

    /// Closes the connections that nobody uses: they are authenticated as somebody we are no more.
    pub(crate) fn forget_idle(&self) {
        self.idle.lock().clear();
    }
}

/// Whether the connection is open and says nothing.
fn is_quiet(connection: &mut Connection) -> bool {
    let mut byte = [0; 1];
    let mut buffer = ReadBuf::new(&mut byte);
    let mut cx = Context::from_waker(Waker::noop());
    matches!(Pin::new(&mut connection.stream).poll_read(&mut cx, &mut buffer), Poll::Pending)
}

impl Exclusive {
    /// Sends `bodies` in one piece and awaits a reply to each. With a `deadline`, the connection is
    /// given up when it passes.
    pub(crate) async fn call(
        &mut self,
        bodies: &[&Body],
        deadline: Option<Instant>,
    ) -> Result<Vec<Value>, Lost> {
        let Some(connection) = &mut self.connection else {
            return Err(Lost::unsent(Why::Closed));
        };
        self.clean = false;
        let mut out = BytesMut::new();
        bodies.iter().for_each(|body| body.write_frame(&mut out));
        let exchange = async {
            connection.stream.write_all(&out).await.map_err(crate::protocol::text)?;
            connection.stream.flush().await.map_err(crate::protocol::text)?;
            let mut replies = Vec::with_capacity(bodies.len());
            for _ in bodies {
                replies.push(next_reply(&mut connection.stream, &mut connection.reader).await?);
            }
            Ok(replies)
        };
        let result = match deadline {
            None => exchange.await,
            Some(deadline) => match timeout_at(deadline, exchange).await {
                Ok(result) => result,
                Err(_) => {
                    self.connection = None;
                    self.pool.shared.counters.timeouts.add(1);
                    return Err(Lost { sent: true, why: Why::Timeout });
                }
            },
        };
        match result {
            Ok(replies) => {
                self.clean = true;
                Ok(replies)
            }
            Err(cause) => {
                self.connection = None;
                Err(Lost { sent: true, why: Why::Disconnected(cause) })
            }
        }
    }

    /// The connection has a state that must not be met by its next user.
    pub(crate) fn keep_from_reuse(&mut self) {
        self.clean = false;
    }

    /// It has no state any more.
    pub(crate) fn allow_reuse(&mut self) {
        self.clean = self.connection.is_some();
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|_| self.clean) else { return };
        let mut idle = self.pool.idle.lock();
        if idle.len() < IDLE_MAX {
            idle.push((connection, Instant::now()));
        }
    }
}
