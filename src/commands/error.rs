//! Why a command was refused.

use std::borrow::Cow;

use crate::keyspace::WrongType;

/// An error reply. Clients match on the first word, so every code is a variant; `Err` carries the
/// text behind `ERR`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    #[error("ERR syntax error")]
    Syntax,
    #[error("ERR value is not an integer or out of range")]
    NotInteger,
    #[error("ERR value is not a valid float")]
    NotFloat,
    #[error("ERR value is out of range")]
    OutOfRange,
    #[error("ERR value is out of range, must be positive")]
    NotPositive,
    #[error("ERR index out of range")]
    IndexOutOfRange,
    #[error("ERR no such key")]
    NoSuchKey,
    #[error("ERR wrong number of arguments for '{0}' command")]
    WrongArity(String),
    #[error("OOM command not allowed when used memory > 'maxmemory'.")]
    OutOfMemory,
    #[error("NOREPLICAS Not enough good replicas to write.")]
    NoReplicas,
    #[error("NOAUTH Authentication required.")]
    NoAuth,
    #[error("WRONGPASS invalid username-password pair or user is disabled.")]
    WrongPass,
    #[error("NOPERM {0}")]
    NoPerm(String),
    #[error("NOSCRIPT No matching script.")]
    NoScript,
    #[error("NOPROTO unsupported protocol version")]
    NoProto,
    #[error("EXECABORT Transaction discarded because of previous errors.")]
    ExecAbort,
    #[error("EXECABORT Transaction discarded because of: {0}")]
    ExecRefused(String),
    #[error("BUSY {0}")]
    Busy(Cow<'static, str>),
    #[error("NOTBUSY No scripts in execution right now.")]
    NotBusy,
    #[error("UNKILLABLE {0}")]
    Unkillable(Cow<'static, str>),
    #[error("MOVED {slot} {endpoint}")]
    Moved { slot: u16, endpoint: String },
    #[error("ASK {slot} {endpoint}")]
    Ask { slot: u16, endpoint: String },
    #[error("TRYAGAIN Multiple keys request during rehashing of slot")]
    TryAgain,
    #[error("CROSSSLOT Keys in request don't hash to the same slot")]
    CrossSlot,
    #[error("CLUSTERDOWN {0}")]
    ClusterDown(&'static str),
    #[error("ERR {0}")]
    Err(Cow<'static, str>),
    /// A whole error line, code included: what a script raised.
    #[error("{0}")]
    Line(String),
    /// The reply is already written (an error from a nested call); nothing is added.
    #[error("")]
    Replied,
}

impl CommandError {
    /// An `ERR` with a fixed text.
    pub const fn err(text: &'static str) -> Self {
        Self::Err(Cow::Borrowed(text))
    }

    /// An `ERR` with a composed text.
    pub fn text(text: String) -> Self {
        Self::Err(Cow::Owned(text))
    }
}

impl From<WrongType> for CommandError {
    fn from(_: WrongType) -> Self {
        Self::WrongType
    }
}
