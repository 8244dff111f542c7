//! The decoder, the conversions of what it gives, and the encoder.

use std::collections::{BTreeMap, HashSet};

use bytes::{Bytes, BytesMut};
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;

use crate::protocol::ReplyReader;
use crate::request::Body;
use crate::value::{FromReply, Value};

/// What is read of `stream` when it comes in pieces of `step` bytes, and how that ends.
pub(crate) fn read(stream: &[u8], step: usize) -> (Vec<Value>, Option<&'static str>) {
    let (mut reader, mut values) = (ReplyReader::new(), Vec::new());
    for piece in stream.chunks(step.max(1)) {
        reader.space().extend_from_slice(piece);
        loop {
            match reader.next() {
                Ok(Some(value)) => values.push(value),
                Ok(None) => break,
                Err(error) => return (values, Some(error.0)),
            }
        }
    }
    (values, None)
}

/// How the stream is cut changes nothing of what is read of it, redis-protocol reads the same in
/// it, and every reply converts or is refused.
pub fn check(stream: &[u8], step: usize) {
    let (values, end) = read(stream, stream.len());
    // As text, because a NaN is not equal to itself.
    let told = format!("{values:?} {end:?}");
    let (pieces, end_of_pieces) = read(stream, step);
    assert_eq!(told, format!("{pieces:?} {end_of_pieces:?}"), "cut into {step}");
    if let (Some(ours), Ok(Some((theirs, len)))) = (values.first(), decode(stream)) {
        if let Some(theirs) = translated(theirs) {
            assert_eq!(*ours, theirs);
            assert_eq!(read(&stream[..len], len).0.len(), 1, "the length differs");
        }
    }
    for value in &values {
        convert(value);
        encode(value);
    }
}

/// What redis-protocol read as ours; `None` where it keeps less of it than we do.
fn translated(frame: OwnedFrame) -> Option<Value> {
    Some(match frame {
        OwnedFrame::SimpleString(text) => Value::Simple(text.into()),
        OwnedFrame::BulkString(text) => Value::Bulk(text.into()),
        OwnedFrame::Integer(n) => Value::Int(n),
        OwnedFrame::Null => Value::Null,
        OwnedFrame::Array(frames) => {
            Value::Array(frames.into_iter().map(translated).collect::<Option<_>>()?)
        }
        OwnedFrame::Error(_) => return None,
    })
}

/// Whatever was asked for and whatever came, it is converted or refused.
fn convert(value: &Value) {
    fn to<T: FromReply>(value: &Value) -> Option<T> {
        T::from_reply(value.clone()).ok()
    }
    let text: Option<String> = to(value);
    let bytes: Option<Bytes> = to(value);
    assert!(text.is_none() || text.as_deref().map(str::as_bytes) == bytes.as_deref());
    assert!(to::<u8>(value).is_none_or(|n| to::<i64>(value) == Some(i64::from(n))));
    to::<f64>(value);
    to::<bool>(value);
    to::<Option<Vec<Value>>>(value);
    to::<(String, i64)>(value);
    to::<Vec<(Bytes, f64)>>(value);
    to::<HashSet<Bytes>>(value);
    to::<BTreeMap<String, Option<u64>>>(value);
}

/// The strings of a reply as a command: redis-protocol and our own reader find them in it again.
fn encode(value: &Value) {
    let Some(args) = value.as_slice().filter(|args| !args.is_empty()) else { return };
    let Some(args) = args.iter().map(Value::as_bytes).collect::<Option<Vec<_>>>() else { return };
    let mut body = Body::default();
    args.iter().for_each(|arg| body.push(arg));
    let mut frame = BytesMut::new();
    body.write_frame(&mut frame);
    assert!(body.args().eq(args.iter().map(|arg| &arg[..])));
    let bulks: Vec<Value> = args.into_iter().cloned().map(Value::Bulk).collect();
    assert_eq!(read(&frame, frame.len()), (vec![Value::Array(bulks)], None));
}
