//! The client for programs without async: every call waits for its result.
//!
//! The work is done by one background thread of the client's own.
//!
//! ```
//! # tsubame_client_testing::with_url_blocking(|url| {
//! use tsubame_client::commands;
//! use tsubame_client::sync::Client;
//!
//! let client = Client::connect(&url)?;
//! client.run(commands::set("user:1", "Ada").ex(60))?;
//! let name: Option<String> = client.run(commands::get("user:1").as_())?;
//! assert_eq!(name.as_deref(), Some("Ada"));
//! # Ok(()) });
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, Result};
use crate::request::{Command, Detached, Replies, Ticket};
use crate::value::{FromReply, ToArg};
use crate::{ClientBuilder, Event};

/// A client whose calls wait. Clones share everything.
///
/// Its methods must not be called from async code: they would block its runtime, and tokio panics
/// then.
///
/// ```
/// # tsubame_client_testing::with_url_blocking(|url| {
/// use tsubame_client::{commands, sync::Client};
/// let client = Client::connect(&url)?;
/// client.run(commands::set("user:1", "Ada"))?;
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    inner: crate::Client,
    runtime: Arc<Runtime>,
}

impl Client {
    /// Connects with default settings; see [`ClientBuilder::url`] for the form of `url`.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// client.run(commands::ping())?;
    /// # Ok(()) });
    /// ```
    pub fn connect(url: &str) -> Result<Self> {
        Self::build(crate::Client::builder().url(url)?)
    }

    /// Connects with the settings of `builder`.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = tsubame_client::sync::Client::build(builder.timeout(Duration::from_secs(1)))?;
    /// client.run(tsubame_client::commands::ping())?;
    /// # Ok(()) });
    /// ```
    pub fn build(builder: ClientBuilder) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("tsubame-client")
            .enable_all()
            .build()
            .map_err(|error| Error::Config(format!("no background thread: {error}")))?;
        let inner = runtime.block_on(builder.connect())?;
        Ok(Self { inner, runtime: Arc::new(runtime) })
    }

    /// Executes a command and waits for its reply.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// assert_eq!(client.run(commands::incr("n"))?, 1);
    /// # Ok(()) });
    /// ```
    pub fn run<T: FromReply, K>(&self, command: Command<T, K, Detached>) -> Result<T> {
        self.runtime.block_on(command.with(&self.inner).into_future())
    }

    /// Executes a command that waits on the server, on a connection of its own.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// client.run(commands::rpush("jobs", ["one"]))?;
    /// let job = client.run_blocking(commands::blpop(["jobs"], 5))?;
    /// assert_eq!(job.unwrap().1, "one");
    /// # Ok(()) });
    /// ```
    pub fn run_blocking<T: FromReply, K>(&self, command: Command<T, K, Detached>) -> Result<T> {
        self.runtime.block_on(self.inner.blocking().run(command))
    }

    /// Sends many commands at once; see [`Batch`](crate::Batch).
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// # let client = tsubame_client::sync::Client::connect(&url)?;
    /// use tsubame_client::commands;
    /// let mut batch = client.batch();
    /// let n = batch.push(commands::incr("n"));
    /// assert_eq!(batch.run().take(n)?, 1);
    /// # Ok(()) });
    /// ```
    pub fn batch(&self) -> Batch<'_> {
        Batch { client: self, inner: self.inner.batch() }
    }

    /// Commands that are executed as one; see [`Atomic`](crate::Atomic).
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut both = client.atomic();
    /// both.push(commands::incr("{x}a"));
    /// both.push(commands::incr("{x}b"));
    /// assert_eq!(both.run()?.all::<i64>()?, [1, 1]);
    /// # Ok(()) });
    /// ```
    pub fn atomic(&self) -> Atomic<'_> {
        Atomic { client: self, inner: self.inner.atomic() }
    }

    /// Subscribes to channels.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut news = client.subscribe(["news"])?;
    /// client.run(commands::publish("news", "rain"))?;
    /// assert!(news.next(std::time::Duration::from_secs(5)).is_some());
    /// # Ok(()) });
    /// ```
    pub fn subscribe<C: ToArg>(
        &self,
        channels: impl IntoIterator<Item = C>,
    ) -> Result<Subscription> {
        let inner = self.runtime.block_on(self.inner.subscribe(channels))?;
        Ok(Subscription { inner, runtime: self.runtime.clone() })
    }

    /// The async client behind this one.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// println!("{:?}", client.inner().stats());
    /// # Ok(()) });
    /// ```
    pub fn inner(&self) -> &crate::Client {
        &self.inner
    }
}

/// Commands that are sent together; made by [`Client::batch`].
///
/// ```
/// # tsubame_client_testing::with_url_blocking(|url| {
/// use tsubame_client::{commands, sync::Client};
/// let client = Client::connect(&url)?;
/// let mut batch = client.batch();
/// batch.push(commands::incr("n"));
/// batch.run();
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a batch does nothing until it is run"]
pub struct Batch<'c> {
    client: &'c Client,
    inner: crate::Batch<'c>,
}

impl Batch<'_> {
    /// Appends a command.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut batch = client.batch();
    /// let n = batch.push(commands::incr("n"));
    /// assert_eq!(batch.run().take(n)?, 1);
    /// # Ok(()) });
    /// ```
    pub fn push<T, K>(&mut self, command: Command<T, K, Detached>) -> Ticket<T> {
        self.inner.push(command)
    }

    /// Sends all commands and waits for all replies.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut batch = client.batch();
    /// batch.push(commands::incr("n"));
    /// assert_eq!(batch.run().all::<i64>()?, [1]);
    /// # Ok(()) });
    /// ```
    pub fn run(self) -> Replies {
        self.client.runtime.block_on(self.inner.run())
    }
}

/// Commands that are executed as one; made by [`Client::atomic`].
///
/// ```
/// # tsubame_client_testing::with_url_blocking(|url| {
/// use tsubame_client::{commands, sync::Client};
/// let client = Client::connect(&url)?;
/// let mut atomic = client.atomic();
/// atomic.push(commands::incr("n"));
/// atomic.run()?;
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a transaction does nothing until it is run"]
pub struct Atomic<'c> {
    client: &'c Client,
    inner: crate::Atomic<'c>,
}

impl Atomic<'_> {
    /// Appends a command.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut atomic = client.atomic();
    /// let n = atomic.push(commands::incr("n"));
    /// assert_eq!(atomic.run()?.take(n)?, 1);
    /// # Ok(()) });
    /// ```
    pub fn push<T, K>(&mut self, command: Command<T, K, Detached>) -> Ticket<T> {
        self.inner.push(command)
    }

    /// Executes the transaction.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut atomic = client.atomic();
    /// atomic.push(commands::incr("n"));
    /// assert_eq!(atomic.run()?.all::<i64>()?, [1]);
    /// # Ok(()) });
    /// ```
    pub fn run(self) -> Result<Replies> {
        self.client.runtime.block_on(self.inner.run())
    }
}

/// Messages, and gaps between them; made by [`Client::subscribe`].
///
/// ```
/// # tsubame_client_testing::with_url_blocking(|url| {
/// use tsubame_client::{commands, sync::Client};
/// let client = Client::connect(&url)?;
/// let news = client.subscribe(["news"])?;
/// drop(news); // unsubscribes
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Subscription {
    inner: crate::Subscription,
    runtime: Arc<Runtime>,
}

impl Subscription {
    /// Waits up to `timeout` for the next event; `None` if there is none in that time.
    ///
    /// ```
    /// # tsubame_client_testing::with_url_blocking(|url| {
    /// use tsubame_client::{commands, sync::Client};
    /// let client = Client::connect(&url)?;
    /// let mut news = client.subscribe(["news"])?;
    /// assert_eq!(news.next(std::time::Duration::from_millis(10)), None);
    /// # Ok(()) });
    /// ```
    pub fn next(&mut self, timeout: Duration) -> Option<Event> {
        let next = async { tokio::time::timeout(timeout, self.inner.next()).await };
        self.runtime.block_on(next).ok().flatten()
    }
}
