//! Bytes into values, behind a scanner that finds whole replies and has a short way for those that
//! most commands give.
//!
//! Its own decoder, because redis-protocol keeps sets and maps in hash tables and so refuses some
//! replies of servers (COMMAND INFO of Valkey 9.1, whose sets have maps in them) and loses the
//! order of all.

use bytes::{Buf, Bytes, BytesMut};

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
                return whole(&self.buf.split_to(len).freeze()).map(Some);
            }
            _ => whole(&Bytes::copy_from_slice(&self.buf[..len]))?,
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

/// A whole reply, as the scanner delimited it: its strings share `reply`.
fn whole(reply: &Bytes) -> Result<Value, ProtocolError> {
    let mut at = 0;
    let value = value(reply, &mut at)?;
    if at == reply.len() { Ok(value) } else { Err(ProtocolError("reply is longer than its value")) }
}

/// The value at `at`. The scanner has bounded the depth and every length, and nothing is kept room
/// for that is not there: an element takes at least three bytes.
fn value(reply: &Bytes, at: &mut usize) -> Result<Value, ProtocolError> {
    let rest = reply.get(*at..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).filter(|end| *end >= 2);
    let end = end.ok_or(ProtocolError("reply ends too early"))?;
    let (kind, line) = (rest[0], &rest[1..end - 1]);
    let line_at = *at + 1;
    *at += end + 1;
    let shared = |at: usize, len: usize| reply.slice(at..at + len);
    Ok(match kind {
        b'+' => Value::Simple(shared(line_at, line.len())),
        b'-' => Value::Error(ServerError::new(line)),
        b':' => Value::Int(number(line, "bad integer")?),
        b',' => Value::Double(double(line)?),
        b'#' => Value::Bool(match line {
            b"t" => true,
            b"f" => false,
            _ => return Err(ProtocolError("bad boolean")),
        }),
        b'(' => {
            let digits = line.strip_prefix(b"-").or(line.strip_prefix(b"+")).unwrap_or(line);
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return Err(ProtocolError("bad big number"));
            }
            Value::BigNumber(shared(line_at, line.len()))
        }
        b'_' => Value::Null,
        _ if line == b"-1" => Value::Null,
        b'$' | b'!' | b'=' => {
            let (start, len) = (*at, number::<usize>(line, "bad length")?);
            let next = start.checked_add(len).and_then(|end| end.checked_add(2));
            *at = next.filter(|end| *end <= reply.len()).ok_or(ProtocolError("bad length"))?;
            match kind {
                b'$' => Value::Bulk(shared(start, len)),
                b'!' => Value::Error(ServerError::new(&reply[start..start + len])),
                _ => match reply[start..start + len] {
                    [a, b, c, b':', ..] => Value::Verbatim([a, b, c], shared(start + 4, len - 4)),
                    _ => return Err(ProtocolError("verbatim text without its format")),
                },
            }
        }
        b'*' => Value::Array(values(reply, at, line)?),
        b'~' => Value::Set(values(reply, at, line)?),
        b'>' => Value::Push(values(reply, at, line)?),
        b'%' => Value::Map(pairs(reply, at, line)?),
        b'|' => {
            // Attributes say something of the value behind them that nobody asked for.
            pairs(reply, at, line)?;
            value(reply, at)?
        }
        _ => return Err(ProtocolError("unknown type of reply")),
    })
}

fn number<T: std::str::FromStr>(line: &[u8], what: &'static str) -> Result<T, ProtocolError> {
    let digits = std::str::from_utf8(line).ok();
    digits.and_then(|digits| digits.parse().ok()).ok_or(ProtocolError(what))
}

fn double(line: &[u8]) -> Result<f64, ProtocolError> {
    match line {
        b"inf" | b"+inf" => Ok(f64::INFINITY),
        b"-inf" => Ok(f64::NEG_INFINITY),
        b"nan" | b"-nan" => Ok(f64::NAN),
        _ => number(line, "bad double"),
    }
}

fn values(reply: &Bytes, at: &mut usize, line: &[u8]) -> Result<Vec<Value>, ProtocolError> {
    let count: usize = number(line, "bad length")?;
    let mut values = Vec::with_capacity(count.min((reply.len() - *at) / 3));
    for _ in 0..count {
        values.push(value(reply, at)?);
    }
    Ok(values)
}

fn pairs(reply: &Bytes, at: &mut usize, line: &[u8]) -> Result<Vec<(Value, Value)>, ProtocolError> {
    let count: usize = number(line, "bad length")?;
    let mut pairs = Vec::with_capacity(count.min((reply.len() - *at) / 6));
    for _ in 0..count {
        pairs.push((value(reply, at)?, value(reply, at)?));
    }
    Ok(pairs)
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

    /// COMMAND INFO has sets of maps, and maps with maps, doubles and nulls for keys are allowed.
    #[test]
    fn aggregates_hold_anything() {
        let map = Value::Map(vec![(Value::Array(vec![Value::Null]), Value::Double(-0.5))]);
        check(
            "~2\r\n%1\r\n*1\r\n_\r\n,-0.5\r\n+x\r\n",
            Value::Set(vec![map.clone(), Value::Simple("x".into())]),
        );
        check("%1\r\n%1\r\n*1\r\n_\r\n,-0.5\r\n#t\r\n", Value::Map(vec![(map, Value::Bool(true))]));
        check(",inf\r\n", Value::Double(f64::INFINITY));
        check(
            "*3\r\n:1\r\n$-1\r\n*-1\r\n",
            Value::Array(vec![Value::Int(1), Value::Null, Value::Null]),
        );
        for nonsense in ["#x\r\n", "(1x\r\n", ",1,5\r\n", "=2\r\nab\r\n"] {
            assert!(read_all(nonsense.as_bytes(), 100).is_err(), "{nonsense:?}");
        }
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
