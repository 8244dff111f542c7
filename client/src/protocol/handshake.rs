//! The first words on a connection: protocol 3, who we are, which database.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Greeting, ReplyReader};
use crate::builder::Config;
use crate::net::{Purpose, Stream};
use crate::request::Body;
use crate::table::known;
use crate::value::Value;

/// Introduces us on a fresh connection, in one round trip. What may fail without harm (our library's
/// name, which servers before 7.2 don't take) fails unnoticed.
pub(crate) async fn handshake(
    stream: &mut Stream,
    reader: &mut ReplyReader,
    config: &Config,
    purpose: Purpose,
) -> Result<Greeting, Arc<str>> {
    let mut hello = Body::new(&known::HELLO);
    hello.push(b"3");
    if let Some(credentials) = &*config.current.borrow() {
        hello.push(b"AUTH");
        credentials.push_to(&mut hello);
    }
    if let Some(name) = &config.client_name {
        hello.push(b"SETNAME");
        hello.push(name.as_bytes());
    }
    let mut out = bytes::BytesMut::new();
    hello.write_frame(&mut out);
    let mut replies = 1;
    if config.database != 0 {
        let mut select = Body::new(&known::SELECT);
        select.push(itoa::Buffer::new().format(config.database).as_bytes());
        select.write_frame(&mut out);
        replies += 1;
    }
    if purpose.tracking {
        let mut tracking = Body::new(&known::CLIENT_TRACKING);
        tracking.push(b"ON");
        tracking.push(b"OPTIN");
        tracking.write_frame(&mut out);
        replies += 1;
    }
    let must_succeed = replies;
    if purpose.replica_reads {
        // A single server refuses it, and answers reads anyway.
        Body::new(&known::READONLY).write_frame(&mut out);
        replies += 1;
    }
    for (key, value) in [("LIB-NAME", "tsubame-client"), ("LIB-VER", env!("CARGO_PKG_VERSION"))] {
        let mut info = Body::new(&known::CLIENT_SETINFO);
        info.push(key.as_bytes());
        info.push(value.as_bytes());
        info.write_frame(&mut out);
        replies += 1;
    }
    stream.write_all(&out).await.map_err(text)?;
    stream.flush().await.map_err(text)?;
    // Servers before 6 quote what they don't know, HELLO's password too: that is left out.
    let mut greeting = Greeting::read(&Value::Null);
    for number in 0..replies {
        match next_reply(stream, reader).await? {
            Value::Error(error) if number < must_succeed => {
                return Err(error.without_arguments().into());
            }
            hello if number == 0 => greeting = Greeting::read(&hello),
            _ => {}
        }
    }
    Ok(greeting)
}

/// Reads the next reply that is not a push message.
pub(crate) async fn next_reply(
    stream: &mut Stream,
    reader: &mut ReplyReader,
) -> Result<Value, Arc<str>> {
    loop {
        match next_push(stream, reader).await? {
            Value::Push(_) => {}
            value => return Ok(value),
        }
    }
}

/// Reads the next reply or push message.
pub(crate) async fn next_push(
    stream: &mut Stream,
    reader: &mut ReplyReader,
) -> Result<Value, Arc<str>> {
    loop {
        match reader.next().map_err(|error| Arc::from(error.0))? {
            Some(value) => return Ok(value),
            None => {
                if stream.read_buf(reader.space()).await.map_err(text)? == 0 {
                    return Err("the server closed the connection".into());
                }
            }
        }
    }
}

pub(crate) fn text(error: impl std::fmt::Display) -> Arc<str> {
    error.to_string().into()
}
