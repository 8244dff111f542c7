//! What can go wrong, and whether the command may have been executed nevertheless.

use std::fmt;
use std::sync::Arc;

use crate::addr::NodeAddr;
use crate::slot::Slot;

/// Whether the server may have executed the command that ended in an error.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::Executed;
/// client.set("k", "text").await?;
/// let error = client.incr("k").await.unwrap_err();
/// assert_eq!(error.executed(), Executed::No);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Executed {
    /// It was not executed: it never left this process, or the server refused it.
    No,
    /// It was written to a connection and no reply came: it may have been executed, once.
    Maybe,
    /// It was executed; only its reply could not be used.
    Yes,
}

/// An error reply, as the server worded it.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::Error;
/// client.set("k", "text").await?;
/// match client.lpush("k", ["x"]).await {
///     Err(Error::Server(error)) => assert_eq!(error.code(), "WRONGTYPE"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    text: Arc<str>,
}

impl ServerError {
    pub(crate) fn new(text: &[u8]) -> Self {
        Self { text: String::from_utf8_lossy(text).into() }
    }

    /// The first word, by which errors are told apart: `ERR`, `WRONGTYPE`, `NOSCRIPT`, ….
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Error;
    /// let failed = client.eval("return redis.error_reply('ERR no luck')", ["k"], [""]).await;
    /// let Err(Error::Server(error)) = failed else { panic!() };
    /// assert_eq!(error.code(), "ERR");
    /// # Ok(()) });
    /// ```
    pub fn code(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }

    /// What follows the code.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Error;
    /// let failed = client.eval("return redis.error_reply('ERR no luck')", ["k"], [""]).await;
    /// let Err(Error::Server(error)) = failed else { panic!() };
    /// assert_eq!(error.message(), "no luck");
    /// # Ok(()) });
    /// ```
    pub fn message(&self) -> &str {
        self.text.split_once(' ').map_or("", |(_, rest)| rest)
    }

    /// The slot and the node that MOVED and ASK name; `asked` is who said it.
    pub(crate) fn redirection(&self, asked: &NodeAddr) -> Option<(Slot, NodeAddr)> {
        let mut words = self.message().split(' ');
        let slot = Slot::new(words.next()?.parse().ok()?)?;
        Some((slot, NodeAddr::from_redirect(words.next()?, asked)?))
    }

    /// The line without the arguments that some errors quote, for logs and for what is told about a
    /// connection: among those of HELLO and AUTH is the password.
    pub(crate) fn without_arguments(&self) -> &str {
        let end = self.text.find(", with args").unwrap_or(self.text.len());
        &self.text[..end]
    }

    /// The whole line.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Error;
    /// let failed = client.eval("return redis.error_reply('ERR no luck')", ["k"], [""]).await;
    /// let Err(Error::Server(error)) = failed else { panic!() };
    /// assert_eq!(error.text(), "ERR no luck");
    /// # Ok(()) });
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a command has no result.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{Error, Executed};
/// match client.incr("visits").await {
///     Ok(visits) => println!("{visits}"),
///     Err(Error::Overloaded { node }) => println!("{node} is busy"),
///     Err(error) if error.executed() == Executed::No && error.is_retryable() => println!("again"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with an error.
    #[error("{0}")]
    Server(ServerError),
    /// No reply within the deadline.
    #[error("no reply within the deadline{}", if *.sent { " (the command was sent)" } else { "" })]
    Timeout {
        /// The command had been handed to a connection, so it may have been executed.
        sent: bool,
    },
    /// The connection was lost after the command was written and before its reply; it was not sent
    /// again because it is not known to be repeatable.
    #[error(
        "connection to {node} lost after the command was sent ({cause}); it may have been executed"
    )]
    MaybeExecuted {
        /// The node that it was sent to.
        node: NodeAddr,
        /// What happened to the connection.
        cause: Arc<str>,
    },
    /// The node can't be reached; the command was not sent.
    #[error("{node} is unavailable: {cause}")]
    Unavailable {
        /// The node that serves the key.
        node: NodeAddr,
        /// Why the last attempt to connect failed.
        cause: Arc<str>,
    },
    /// The queue of a node is at its limit; the command was not sent.
    #[error("too many requests are waiting for {node}")]
    Overloaded {
        /// The node whose queue is full.
        node: NodeAddr,
    },
    /// The command was refused before any I/O because it is not known where to send it.
    #[error("no route: {0}")]
    NoRoute(&'static str),
    /// The keys belong to different slots and the command can't be split.
    #[error("the keys of the command are in different slots")]
    CrossSlot,
    /// No node serves the slot, as far as is known.
    #[error("no node serves slot {0}")]
    SlotNotCovered(Slot),
    /// Redirected too often: the nodes disagree on who serves the slot.
    #[error("redirected {hops} times, last to {target}")]
    TooManyRedirects {
        /// Number of redirections that were followed.
        hops: u32,
        /// Where the last one pointed.
        target: NodeAddr,
    },
    /// The client could not learn the topology; each seed is listed with its cause.
    #[error("the topology could not be learned: {0}")]
    Topology(Arc<str>),
    /// Some nodes did their part of a command that concerns several nodes, others did not.
    #[error("{failed} of {total} parts failed, the first with: {first}")]
    Partial {
        /// Number of parts that failed.
        failed: usize,
        /// Number of parts (nodes or slots).
        total: usize,
        /// The first failure.
        first: Box<Error>,
    },
    /// A scan gave every key that it found, but can't tell whether these are all: slots went on
    /// moving, or no node confirmed where they are. Going on with the scan looks again.
    #[error("the scan may have missed keys: {cause}")]
    ScanIncomplete {
        /// Why it can't tell.
        cause: &'static str,
    },
    /// The reply does not have the type that was asked for. The command was executed.
    #[error("expected {expected}, the reply is {got}")]
    Convert {
        /// What was asked for.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// The server broke the protocol; the connection was replaced.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// A setting or address can't be used.
    #[error("{0}")]
    Config(String),
    /// A watched key had changed, so the transaction was not executed.
    #[error("a watched key has changed; nothing was executed")]
    Aborted,
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

impl Error {
    /// Whether the command may have been executed.
    ///
    /// An error reply counts as [`Executed::No`], because servers refuse a command as a whole; an
    /// error that a script raised may follow writes that the script made before.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::Executed;
    /// let error = client.set("k", "v").as_::<u64>().await.unwrap_err();
    /// assert_eq!(error.executed(), Executed::Yes, "only its reply is no number");
    /// # Ok(()) });
    /// ```
    pub fn executed(&self) -> Executed {
        match self {
            Error::Timeout { sent: true } | Error::MaybeExecuted { .. } | Error::Protocol(_) => {
                Executed::Maybe
            }
            Error::Partial { .. } => Executed::Maybe,
            Error::Convert { .. } => Executed::Yes,
            _ => Executed::No,
        }
    }

    /// Whether the same command may succeed later, without a change of the program or the data.
    /// Look at [`Error::executed`] before repeating a write.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let error = client.cmd("GET").await.unwrap_err(); // without its key
    /// assert!(!error.is_retryable());
    /// # Ok(()) });
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Server(error) => matches!(
                error.code(),
                "TRYAGAIN" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" | "BUSY" | "READONLY"
            ),
            Error::Timeout { .. }
            | Error::MaybeExecuted { .. }
            | Error::Unavailable { .. }
            | Error::Overloaded { .. }
            | Error::SlotNotCovered(_)
            | Error::TooManyRedirects { .. }
            | Error::Aborted
            | Error::ScanIncomplete { .. }
            | Error::Topology(_) => true,
            Error::Partial { first, .. } => first.is_retryable(),
            _ => false,
        }
    }

    /// What kind of error it is, in a word that is the same for all errors of a kind, as
    /// OpenTelemetry's `error.type` wants it: the code of a server's error, or the variant's name.
    /// It never contains anything that a caller has sent.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "text").await?;
    /// assert_eq!(client.lpush("k", ["x"]).await.unwrap_err().kind(), "WRONGTYPE");
    /// assert_eq!(client.cmd("NOSUCH").arg("x").await.unwrap_err().kind(), "no_route");
    /// # Ok(()) });
    /// ```
    pub fn kind(&self) -> &str {
        match self {
            Error::Server(_) => self.status_code().unwrap_or("_OTHER"),
            Error::Timeout { .. } => "timeout",
            Error::MaybeExecuted { .. } => "maybe_executed",
            Error::Unavailable { .. } => "unavailable",
            Error::Overloaded { .. } => "overloaded",
            Error::NoRoute(_) => "no_route",
            Error::CrossSlot => "cross_slot",
            Error::SlotNotCovered(_) => "slot_not_covered",
            Error::TooManyRedirects { .. } => "too_many_redirects",
            Error::Topology(_) => "topology",
            Error::Partial { .. } => "partial",
            Error::ScanIncomplete { .. } => "scan_incomplete",
            Error::Convert { .. } => "convert",
            Error::Protocol(_) => "protocol",
            Error::Config(_) => "config",
            Error::Aborted => "aborted",
            Error::Closed => "closed",
        }
    }

    /// The code of the server's error, if it looks like one: a script may raise an error that begins
    /// with anything.
    pub(crate) fn status_code(&self) -> Option<&str> {
        let is_code = |code: &&str| {
            let fits =
                |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            !code.is_empty() && code.len() <= 24 && code.bytes().all(fits)
        };
        self.code().filter(is_code)
    }

    /// The code of the server's error reply, if it is one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "text").await?;
    /// assert_eq!(client.lpush("k", ["x"]).await.unwrap_err().code(), Some("WRONGTYPE"));
    /// # Ok(()) });
    /// ```
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Server(error) => Some(error.code()),
            _ => None,
        }
    }
}

/// Result of a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;
