//! Measurements, given to whatever the application counts with.

use std::borrow::Cow;
use std::time::Duration;

use crate::addr::NodeAddr;
use crate::builder::ClientBuilder;

/// Takes the measurements of a client: the adapter to the application's metrics library.
///
/// Its methods are called where the measured things happen, so they have to be quick and must not
/// block. What belongs to which instrument of OpenTelemetry's conventions stands at each.
/// What the client counts itself is in [`Client::stats`](crate::Client::stats) and
/// [`Client::nodes`](crate::Client::nodes), to be read when metrics are collected:
/// [`NodeStatus::requests`](crate::NodeStatus::requests) is `db.client.connection.pending_requests`.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::sync::Arc;
/// use tsubame_client::{Client, Metrics, Operation};
///
/// struct Gets(Arc<AtomicU64>);
///
/// impl Metrics for Gets {
///     fn operation(&self, operation: &Operation<'_>) {
///         let attributes: Vec<_> = operation.attributes().collect();
///         assert!(attributes.contains(&("db.operation.name", "GET".into())));
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// # tsubame_client_testing::with_url(async |url| {
/// let gets = Arc::new(AtomicU64::new(0));
/// let client = Client::builder().url(&url)?.metrics(Gets(gets.clone())).connect().await?;
/// client.get("k").await?;
/// assert_eq!(gets.load(Ordering::Relaxed), 1);
/// # Ok(()) });
/// ```
pub trait Metrics: Send + Sync + 'static {
    /// An operation has ended: `db.client.operation.duration`.
    fn operation(&self, operation: &Operation<'_>);

    /// A connection was opened: `db.client.connection.create_time`, and one more in
    /// `db.client.connection.count`.
    fn connection_opened(&self, connection: &ConnectionEvent<'_>) {
        let _ = connection;
    }

    /// A connection could not be opened, or not in time: `db.client.connection.timeouts`.
    fn connection_failed(&self, connection: &ConnectionEvent<'_>) {
        let _ = connection;
    }

    /// A connection was closed or lost: one less in `db.client.connection.count`.
    fn connection_closed(&self, connection: &ConnectionEvent<'_>) {
        let _ = connection;
    }
}

/// An operation that has ended: a command, a batch, a transaction.
///
/// ```
/// fn seconds(operation: &tsubame_client::Operation<'_>) -> f64 {
///     operation.duration.as_secs_f64()
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Operation<'a> {
    /// `db.operation.name`: the command; `PIPELINE` for a batch and `MULTI` for a transaction, with
    /// the command behind it if all of them are the same; `_OTHER` if it has no proper name.
    pub name: &'a str,
    /// `db.namespace`: the number of the database.
    pub namespace: u32,
    /// `db.operation.batch.size`: the number of commands.
    pub batch_size: usize,
    /// `server.address` and `server.port`: the node that answered last; `None` if the operation did
    /// not come to a node, or went to several.
    pub node: Option<&'a NodeAddr>,
    /// From the start to the end, all redirections and retries included.
    pub duration: Duration,
    /// `error.type`: [`Error::kind`](crate::Error::kind), or `cancelled` if the future was dropped.
    pub error_type: Option<&'a str>,
    /// `db.response.status_code`: the code of the server's error.
    pub status_code: Option<&'a str>,
}

/// Something that happened to a connection.
///
/// ```
/// fn log(opened: &tsubame_client::ConnectionEvent<'_>) {
///     println!("{} after {:?}", opened.node, opened.took);
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ConnectionEvent<'a> {
    /// `server.address` and `server.port`.
    pub node: &'a NodeAddr,
    /// How long opening it took, or how long it was open.
    pub took: Duration,
}

impl<'a> Operation<'a> {
    /// Attributes by their names in the conventions; those that don't apply are missing.
    ///
    /// ```
    /// fn labels(operation: &tsubame_client::Operation<'_>) -> Vec<String> {
    ///     operation.attributes().map(|(name, value)| format!("{name}={value}")).collect()
    /// }
    /// ```
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, Cow<'a, str>)> {
        let node = self.node;
        let number = |n: &dyn std::fmt::Display| Cow::Owned(n.to_string());
        [
            Some(("db.system.name", Cow::Borrowed("redis"))),
            Some(("db.operation.name", Cow::Borrowed(self.name))),
            Some(("db.namespace", number(&self.namespace))),
            (self.batch_size > 1).then(|| ("db.operation.batch.size", number(&self.batch_size))),
            node.map(|node| ("server.address", Cow::Borrowed(node.host()))),
            node.filter(|node| node.unix_path().is_none())
                .map(|node| ("server.port", number(&node.port()))),
            self.error_type.map(|kind| ("error.type", Cow::Borrowed(kind))),
            self.status_code.map(|code| ("db.response.status_code", Cow::Borrowed(code))),
        ]
        .into_iter()
        .flatten()
    }
}

impl ClientBuilder {
    /// Gives measurements to `metrics`. Default: nothing is measured.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::{Client, Metrics, Operation};
    /// struct Printed;
    /// impl Metrics for Printed {
    ///     fn operation(&self, operation: &Operation<'_>) {
    ///         println!("{} took {:?}", operation.name, operation.duration);
    ///     }
    /// }
    /// let client = Client::builder().url(&url)?.metrics(Printed).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn metrics(mut self, metrics: impl Metrics) -> Self {
        self.config.sink.metrics = Some(std::sync::Arc::new(metrics));
        self
    }
}
