//! What can go wrong, and whether the command may have been executed nevertheless.

use std::fmt;
use std::sync::Arc;

use crate::addr::NodeAddr;
use crate::slot::Slot;

/// Whether the server may have executed the command that ended in an error.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    text: Arc<str>,
}

impl ServerError {
    pub(crate) fn new(text: &[u8]) -> Self {
        Self { text: String::from_utf8_lossy(text).into() }
    }

    /// The first word, by which errors are told apart: `ERR`, `WRONGTYPE`, `NOSCRIPT`, ….
    pub fn code(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }

    /// What follows the code.
    pub fn message(&self) -> &str {
        self.text.split_once(' ').map_or("", |(_, rest)| rest)
    }

    /// The whole line.
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
            | Error::Topology(_) => true,
            Error::Partial { first, .. } => first.is_retryable(),
            _ => false,
        }
    }

    /// The code of the server's error reply, if it is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Server(error) => Some(error.code()),
            _ => None,
        }
    }
}

/// Result of a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;
