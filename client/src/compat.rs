//! redis-rs' connection trait for our client, so that code written for redis-rs runs on it.
//!
//! With the feature `compat-redis-rs`, [`Client::redis_rs`] gives a `redis::aio::ConnectionLike`: all
//! of `AsyncCommands`, `redis::cmd`, `redis::pipe` and `redis::Script` work by changing the line that
//! makes the connection. A pipeline may have keys of all slots, which redis-rs' own cluster
//! connection refuses; an atomic one needs keys of one slot.
//!
//! ```
//! # #[cfg(feature = "compat-redis-rs")]
//! # tsubame_client_testing::with_url(async |url| {
//! # let work = async {
//! use redis::AsyncCommands;
//!
//! let mut connection = tsubame_client::Client::connect(&url).await?.redis_rs();
//! let _: () = connection.set("user:1", "Ada").await?;
//! let name: String = connection.get("user:1").await?;
//! assert_eq!(name, "Ada");
//! # Ok::<(), Box<dyn std::error::Error>>(()) };
//! # work.await.unwrap();
//! # Ok(()) });
//! ```

use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Error, ServerError};
use crate::request::{Request, execute_as_one, pipeline};
use crate::value::Value;

/// A connection in the sense of redis-rs; made by [`Client::redis_rs`]. Clones share everything.
///
/// ```
/// # tsubame_client_testing::with_url(async |url| {
/// let mut connection = tsubame_client::Client::connect(&url).await?.redis_rs();
/// let answer: String = redis::cmd("PING").query_async(&mut connection).await.unwrap();
/// assert_eq!(answer, "PONG");
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct RedisRsConnection {
    client: Client,
}

impl Client {
    /// This client for code that is written for redis-rs: `AsyncCommands`, `redis::cmd`,
    /// `redis::pipe`, `redis::Script`. Pipelines may have keys of all slots.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use redis::AsyncCommands;
    /// let mut connection = client.redis_rs();
    /// let visits: redis::RedisResult<i64> = connection.incr("visits", 1).await;
    /// assert_eq!(visits.unwrap(), 1);
    /// # Ok(()) });
    /// ```
    pub fn redis_rs(&self) -> RedisRsConnection {
        RedisRsConnection { client: self.clone() }
    }
}

impl ConnectionLike for RedisRsConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, redis::Value> {
        let request = request(cmd);
        Box::pin(async move {
            let core = self.client.core();
            let deadline = Instant::now() + core.config.timeout;
            core.run(request, deadline).await.map(value).map_err(error)
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<redis::Value>> {
        let requests: Vec<Request> = cmd.cmd_iter().map(request).collect();
        let atomic = cmd.is_transaction();
        Box::pin(async move {
            if atomic {
                let core = self.client.core();
                let deadline = Instant::now() + core.config.timeout;
                let results = execute_as_one(core, requests, deadline).await.map_err(error)?;
                let values = results.into_iter().map(in_array).collect();
                return Ok(vec![redis::Value::Array(values)]);
            }
            let core = self.client.core();
            let deadline = Instant::now() + core.config.timeout;
            let results = pipeline(core, requests, deadline).await;
            results.into_iter().skip(offset).take(count).map(as_reply).collect()
        })
    }

    fn get_db(&self) -> i64 {
        i64::from(self.client.core().config.database)
    }
}

fn request(cmd: &Cmd) -> Request {
    let mut request = Request::raw("");
    for arg in cmd.args_iter() {
        match arg {
            redis::Arg::Simple(bytes) => request.arg(bytes),
            // A cursor stands for the first page; the library sends the later ones itself.
            _ => request.arg(0),
        }
    }
    request
}

/// A result of a pipeline: an error reply is a value there, any other error ends it.
fn as_reply(result: crate::Result<Value>) -> Result<redis::Value, RedisError> {
    match result {
        Ok(found) => Ok(value(found)),
        Err(Error::Server(error)) => Ok(server_error(&error)),
        Err(other) => Err(error(other)),
    }
}

fn in_array(result: crate::Result<Value>) -> redis::Value {
    match result {
        Ok(found) => value(found),
        Err(Error::Server(error)) => server_error(&error),
        Err(other) => server_error(&ServerError::new(format!("ERR {other}").as_bytes())),
    }
}

fn server_error(error: &ServerError) -> redis::Value {
    // redis-rs makes its errors itself, from the line that a server would send.
    match redis::parse_redis_value(format!("-{}\r\n", error.text()).as_bytes()) {
        Ok(value) => value,
        Err(_) => redis::Value::Nil,
    }
}

fn value(value: Value) -> redis::Value {
    use redis::Value as Theirs;
    let all = |items: Vec<Value>| items.into_iter().map(self::value).collect();
    match value {
        Value::Null => Theirs::Nil,
        Value::Int(n) => Theirs::Int(n),
        Value::Double(n) => Theirs::Double(n),
        Value::Bool(yes) => Theirs::Boolean(yes),
        Value::Simple(text) if &text[..] == b"OK" => Theirs::Okay,
        Value::Simple(text) => Theirs::SimpleString(String::from_utf8_lossy(&text).into_owned()),
        Value::Bulk(bytes) | Value::BigNumber(bytes) => Theirs::BulkString(bytes.to_vec()),
        Value::Verbatim(_, text) => Theirs::BulkString(text.to_vec()),
        Value::Array(items) => Theirs::Array(all(items)),
        Value::Set(items) => Theirs::Set(all(items)),
        Value::Push(items) => Theirs::Array(all(items)),
        Value::Map(pairs) => {
            let pair = |(key, of)| (self::value(key), self::value(of));
            Theirs::Map(pairs.into_iter().map(pair).collect())
        }
        Value::Error(error) => server_error(&error),
    }
}

fn error(error: Error) -> RedisError {
    match error {
        Error::Server(reply) => match server_error(&reply) {
            redis::Value::ServerError(theirs) => theirs.into(),
            _ => RedisError::from((ErrorKind::Client, "error reply", reply.text().to_owned())),
        },
        Error::CrossSlot | Error::NoRoute(_) | Error::Config(_) => {
            RedisError::from((ErrorKind::Client, "not sent", error.to_string()))
        }
        other => RedisError::from(std::io::Error::other(other.to_string())),
    }
}
