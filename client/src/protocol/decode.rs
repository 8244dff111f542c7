//! Bytes into values: redis-protocol's RESP3 codec, behind a scanner that finds whole replies, and
//! in front of it a short way for the replies that most commands give.

use bytes::{Buf, Bytes, BytesMut};
use redis_protocol::resp3::decode::complete::decode_bytes;
use redis_protocol::resp3::types::{BytesFrame, VerbatimStringFormat};

use super::scan::{ProtocolError, Scanner};
use crate::error::ServerError;
use crate::value::Value;

/// A reply of at least this size shares the read buffer; a smaller one is copied out of it, so
/// that a small value that lives long does not keep a large buffer alive.
const SHARE_BYTES_MIN: usize = 16 << 10;
const READ_BYTES: usize = 64 << 10;

/// Cuts a stream of bytes into replies.
#[derive(Debug)]
pub(crate) struct ReplyReader {
    buf: BytesMut,
    scanner: Scanner,
}

impl ReplyReader {
    pub(crate) fn new() -> Self {
        Self { buf: BytesMut::new(), scanner: Scanner::default() }
    }

    /// Where to read to; has room.
    pub(crate) fn space(&mut self) -> &mut BytesMut {
        if self.buf.capacity() - self.buf.len() < READ_BYTES / 8 {
            self.buf.reserve(READ_BYTES);
        }
        &mut self.buf
    }

    /// The next whole reply among the bytes read so far.
    pub(crate) fn next(&mut self) -> Result<Option<Value>, ProtocolError> {
        if self.buf.is_empty() {
            return Ok(None);
        }
        let Some(len) = self.scanner.scan(&self.buf)? else { return Ok(None) };
        let value = match simple(&self.buf[..len])? {
            Some(value) if len < SHARE_BYTES_MIN => value,
            _ if len >= SHARE_BYTES_MIN => {
                return aggregate(&self.buf.split_to(len).freeze()).map(Some);
            }
            _ => aggregate(&Bytes::copy_from_slice(&self.buf[..len]))?,
        };
        self.buf.advance(len);
        Ok(Some(value))
    }
}

/// The replies that are one short string or number.
fn simple(reply: &[u8]) -> Result<Option<Value>, ProtocolError> {
    let line = &reply[1..reply.len() - 2];
    Ok(Some(match reply[0] {
        b'$' if line != b"-1" && reply.len() < SHARE_BYTES_MIN => {
            let start = memchr::memchr(b'\n', reply).map_or(0, |at| at + 1);
            Value::Bulk(Bytes::copy_from_slice(&reply[start..reply.len() - 2]))
        }
        b'$' | b'*' if line == b"-1" => Value::Null,
        b'_' => Value::Null,
        b'+' if line == b"OK" => Value::Simple(Bytes::from_static(b"OK")),
        b'+' => Value::Simple(Bytes::copy_from_slice(line)),
        b':' => Value::Int(
            std::str::from_utf8(line)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or(ProtocolError("bad integer"))?,
        ),
        // Not left to the codec, which refuses an error text that is not UTF-8.
        b'-' => Value::Error(ServerError::new(line)),
        _ => return Ok(None),
    }))
}

fn aggregate(reply: &Bytes) -> Result<Value, ProtocolError> {
    match decode_bytes(reply) {
        Ok(Some((frame, _))) => convert(frame),
        Ok(None) => Err(ProtocolError("reply ends too early")),
        Err(_) => Err(ProtocolError("reply can't be decoded")),
    }
}

fn convert(frame: BytesFrame) -> Result<Value, ProtocolError> {
    let list = |items: Vec<BytesFrame>| items.into_iter().map(convert).collect::<Result<_, _>>();
    Ok(match frame {
        BytesFrame::BlobString { data, .. } => Value::Bulk(data),
        BytesFrame::SimpleString { data, .. } => Value::Simple(data),
        BytesFrame::BlobError { data, .. } => Value::Error(ServerError::new(&data)),
        BytesFrame::SimpleError { data, .. } => Value::Error(ServerError::new(data.as_bytes())),
        BytesFrame::Boolean { data, .. } => Value::Bool(data),
        BytesFrame::Null => Value::Null,
        BytesFrame::Number { data, .. } => Value::Int(data),
        BytesFrame::Double { data, .. } => Value::Double(data),
        BytesFrame::BigNumber { data, .. } => Value::BigNumber(data),
        BytesFrame::VerbatimString { data, format, .. } => {
            let markdown = format == VerbatimStringFormat::Markdown;
            Value::Verbatim(if markdown { *b"mkd" } else { *b"txt" }, data)
        }
        BytesFrame::Array { data, .. } => Value::Array(list(data)?),
        BytesFrame::Push { data, .. } => Value::Push(list(data)?),
        BytesFrame::Set { data, .. } => {
            Value::Set(data.into_iter().map(convert).collect::<Result<_, _>>()?)
        }
        BytesFrame::Map { data, .. } => Value::Map(
            // The codec fills its ordered map from the last pair to the first.
            data.into_iter()
                .rev()
                .map(|(key, value)| Ok((convert(key)?, convert(value)?)))
                .collect::<Result<_, _>>()?,
        ),
        BytesFrame::Hello { .. } | BytesFrame::ChunkedString(_) => {
            return Err(ProtocolError("unexpected type of reply"));
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(stream: &[u8], step: usize) -> Result<Vec<Value>, ProtocolError> {
        let mut reader = ReplyReader::new();
        let mut values = Vec::new();
        for piece in stream.chunks(step.max(1)) {
            reader.space().extend_from_slice(piece);
            while let Some(value) = reader.next()? {
                values.push(value);
            }
        }
        Ok(values)
    }

    fn check(reply: &str, value: Value) {
        for step in [1, 3, 7, reply.len()] {
            assert_eq!(read_all(reply.as_bytes(), step), Ok(vec![value.clone()]), "{reply:?}");
        }
    }

    fn bulk(text: &'static str) -> Value {
        Value::Bulk(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn replies_of_every_type() {
        check("+OK\r\n", Value::Simple(Bytes::from_static(b"OK")));
        check("$3\r\nabc\r\n", bulk("abc"));
        check("$-1\r\n", Value::Null);
        check("_\r\n", Value::Null);
        check(":-12\r\n", Value::Int(-12));
        check(",1.5\r\n", Value::Double(1.5));
        check("#f\r\n", Value::Bool(false));
        check("(1234567890123456789012\r\n", Value::BigNumber("1234567890123456789012".into()));
        check("=6\r\ntxt:ab\r\n", Value::Verbatim(*b"txt", "ab".into()));
        check("-MOVED 1 h:1\r\n", Value::Error(ServerError::new(b"MOVED 1 h:1")));
        check("!5\r\nERR x\r\n", Value::Error(ServerError::new(b"ERR x")));
        check("*2\r\n$1\r\na\r\n_\r\n", Value::Array(vec![bulk("a"), Value::Null]));
        check("*0\r\n", Value::Array(vec![]));
        check("%1\r\n+b\r\n:1\r\n", Value::Map(vec![(Value::Simple("b".into()), Value::Int(1))]));
        check("~1\r\n:1\r\n", Value::Set(vec![Value::Int(1)]));
        check(">1\r\n:1\r\n", Value::Push(vec![Value::Int(1)]));
        check("|1\r\n+ttl\r\n:3\r\n:1\r\n", Value::Int(1));
    }

    #[test]
    fn a_map_keeps_the_order_of_the_server() {
        let pairs: Vec<_> = (0..50).map(|n| (Value::Int(n), Value::Int(-n))).collect();
        let text: String = (0..50).map(|n| format!(":{n}\r\n:{}\r\n", -n)).collect();
        check(&format!("%50\r\n{text}"), Value::Map(pairs));
    }

    #[test]
    fn a_large_string_is_read_whole() {
        let text = "x".repeat(3 * READ_BYTES);
        let reply = format!("${}\r\n{text}\r\n:7\r\n", text.len());
        let values = read_all(reply.as_bytes(), 1000).unwrap();
        assert_eq!(values, [Value::Bulk(text.into()), Value::Int(7)]);
    }

    proptest! {
        /// Whatever a server sends, reading it ends in values or an error, and cutting it
        /// differently changes nothing.
        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'*'), Just(b'$'), Just(b'1'), Just(b'%'),
                Just(b':'), Just(b'|'), Just(b'>'), Just(b'2'), any::<u8>()], 0..200), step in 1usize..20)
        {
            prop_assert_eq!(read_all(&bytes, step).is_ok(), read_all(&bytes, 1).is_ok());
        }
    }
}
