//! Commands as values: built, given options, awaited or put into a batch.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::Duration;

use super::{Pending, Request};
use crate::addr::NodeAddr;
use crate::client::Client;
use crate::error::Result;
use crate::replicas::ReadFrom;
use crate::slot::Slot;
use crate::value::{FromReply, ToArg};

/// Marks a command that belongs to no client yet; see [`crate::commands`] and [`crate::Batch`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{Command, Detached, Plain, commands};
/// let command: Command<i64, Plain, Detached> = commands::incr("n");
/// assert_eq!(command.with(&client).await?, 1);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Detached;

/// Marks a command without options of its own.
///
/// ```
/// use tsubame_client::{Command, Plain, commands};
/// let command: Command<i64, Plain> = commands::incr("n");
/// ```
#[derive(Debug)]
pub enum Plain {}

/// Marks a command whose arguments are given one by one; see [`Client::cmd`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{Client, Command, RawKind, Value};
/// let command: Command<Value, RawKind, &Client> = client.cmd("ECHO").arg("hi");
/// assert_eq!(command.await?.as_str(), Some("hi"));
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub enum RawKind {}

/// Where a command goes when its keys don't say it, or against what they say.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{Route, Slot};
/// let somewhere = Route::Slot(Slot::of(b"user:1"));
/// client.cmd("ECHO").arg("hi").on(somewhere).await?;
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// The primary of a slot.
    Slot(Slot),
    /// A certain node.
    Node(NodeAddr),
    /// Some primary.
    AnyPrimary,
    /// Every primary; the replies are joined as the command says.
    AllPrimaries,
    /// Every node; the replies are joined as the command says.
    AllNodes,
}

/// A command whose reply becomes a `T`. Awaiting it sends it; without that nothing happens.
///
/// `K` says which options it has, `E` who executes it: `&Client` for commands that a client made,
/// [`Detached`] for those of [`crate::commands`].
///
/// Dropping the future cancels the wait, not the command: once sent, it is executed, and its reply
/// is thrown away.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let command = client.set("k", "v").ex(60).nx(); // nothing has happened yet
/// command.await?;
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a command does nothing until it is awaited"]
pub struct Command<T, K = Plain, E = Detached> {
    pub(crate) request: Request,
    executor: E,
    kind: PhantomData<fn() -> (T, K)>,
}

impl<T, K, E> Command<T, K, E> {
    pub(crate) fn new(request: Request, executor: E) -> Self {
        Self { request, executor, kind: PhantomData }
    }

    /// Takes the reply as a `U` instead.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let visits = client.get("visits").as_::<Option<u64>>().await?;
    /// # Ok(()) });
    /// ```
    pub fn as_<U: FromReply>(self) -> Command<U, K, E> {
        Command::new(self.request, self.executor)
    }

    /// Ends in [`Error::Timeout`](crate::Error::Timeout) after `timeout`, instead of the client's
    /// default. In a batch or a transaction the time of the whole counts, not that of a command.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.get("k").timeout(std::time::Duration::from_millis(200)).await?;
    /// # Ok(()) });
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    /// Says that executing it twice does no harm, so it is sent again when a connection is lost.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("state", "done").idempotent().await?;
    /// # Ok(()) });
    /// ```
    pub fn idempotent(mut self) -> Self {
        self.request.idempotent = true;
        self
    }

    /// Never sends it again when it may have been executed, even if it only reads.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.get("k").no_retry().await?;
    /// # Ok(()) });
    /// ```
    pub fn no_retry(mut self) -> Self {
        self.request.no_retry = true;
        self
    }

    /// Says where it goes. In a batch that can be one node only; a transaction goes where its keys are,
    /// and a command that says otherwise is [`Error::NoRoute`](crate::Error::NoRoute).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Route;
    /// client.cmd("CONFIG SET").arg("maxmemory-samples").arg(10).on(Route::AllNodes).await?;
    /// # Ok(()) });
    /// ```
    pub fn on(mut self, route: Route) -> Self {
        self.request.route = Some(route);
        self
    }

    /// Says who may answer it, if it only reads; instead of the client's
    /// [`read_from`](crate::ClientBuilder::read_from).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::ReadFrom;
    /// client.get("k").read_from(ReadFrom::Any).await?;
    /// # Ok(()) });
    /// ```
    pub fn read_from(mut self, from: ReadFrom) -> Self {
        self.request.read_from = Some(from);
        self
    }

    pub(crate) fn detach(self) -> Request {
        self.request
    }
}

impl<T, K> Command<T, K, Detached> {
    /// Gives it to a client to execute.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let command = tsubame_client::commands::incr("n");
    /// let n = command.with(&client).await?;
    /// # Ok(()) });
    /// ```
    pub fn with(self, client: &Client) -> Command<T, K, &Client> {
        Command::new(self.request, client)
    }
}

impl<T, E> Command<T, RawKind, E> {
    /// Appends an argument that is a key, by which the command is routed.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.cmd("SET").key("k").arg("v").await?;
    /// # Ok(()) });
    /// ```
    pub fn key(mut self, key: impl ToArg) -> Self {
        self.request.key(key);
        self
    }

    /// Appends an argument.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let text: String = client.cmd("ECHO").arg(7).as_().await?;
    /// assert_eq!(text, "7");
    /// # Ok(()) });
    /// ```
    pub fn arg(mut self, arg: impl ToArg) -> Self {
        self.request.arg(arg);
        self
    }
}

impl<'c, T: FromReply, K> IntoFuture for Command<T, K, &'c Client> {
    type Output = Result<T>;
    type IntoFuture = Pending<'c, T>;

    fn into_future(self) -> Pending<'c, T> {
        Pending::new(self.executor.core(), self.request)
    }
}
