//! Replies as values, and conversions to and from Rust types.

mod arg;
mod convert;

pub use arg::{ArgWriter, ToArg};
pub use convert::FromReply;

use bytes::Bytes;

use crate::error::ServerError;

/// A reply of the server, as RESP3 types it.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::Value;
/// assert_eq!(client.cmd("INCR").arg("n").await?, Value::Int(1));
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// `:1`
    Int(i64),
    /// `,1.5`
    Double(f64),
    /// `#t`
    Bool(bool),
    /// A status such as `OK`.
    Simple(Bytes),
    /// A binary-safe string.
    Bulk(Bytes),
    /// An integer of any length, in decimal.
    BigNumber(Bytes),
    /// Text with a format of three letters, such as `txt`.
    Verbatim([u8; 3], Bytes),
    /// Ordered elements.
    Array(Vec<Value>),
    /// Pairs, in the server's order.
    Map(Vec<(Value, Value)>),
    /// Distinct elements.
    Set(Vec<Value>),
    /// An out-of-band message.
    Push(Vec<Value>),
    /// An error reply. At the top it becomes [`Error::Server`](crate::Error::Server); it stays a value inside an array.
    Error(ServerError),
}

impl Value {
    /// The bytes of a string of any kind.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.cmd("ECHO").arg("hi").await?.as_bytes().unwrap(), "hi");
    /// # Ok(()) });
    /// ```
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Value::Simple(bytes)
            | Value::Bulk(bytes)
            | Value::BigNumber(bytes)
            | Value::Verbatim(_, bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a string of any kind, if it is UTF-8.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.cmd("ECHO").arg("hi").await?.as_str(), Some("hi"));
    /// # Ok(()) });
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    /// The elements of an array, set or push.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.cmd("TIME").await?.as_slice().unwrap().len(), 2);
    /// # Ok(()) });
    /// ```
    pub fn as_slice(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => Some(items),
            _ => None,
        }
    }

    /// An integer, also when it is written as a string.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.cmd("INCR").arg("n").await?.as_int(), Some(1));
    /// # Ok(()) });
    /// ```
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => self.as_str()?.parse().ok(),
        }
    }

    /// The kind of value, for messages; never its contents.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Double(_) => "a double",
            Value::Bool(_) => "a boolean",
            Value::Simple(_) => "a status",
            Value::Bulk(_) => "a string",
            Value::BigNumber(_) => "a big number",
            Value::Verbatim(..) => "verbatim text",
            Value::Array(_) => "an array",
            Value::Map(_) => "a map",
            Value::Set(_) => "a set",
            Value::Push(_) => "a push message",
            Value::Error(_) => "an error",
        }
    }
}
