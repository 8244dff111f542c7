//! The request parser: it never panics, it keeps no more than it was given, requests in pieces are
//! the requests in one piece, and where it and the crate redis-protocol both read a request they
//! read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;
use tsubame_fuzz::protocol::{Limits, Progress, ProtocolError, Resume, Span, parse_request};

/// Lines that are too long are refused earlier or later, depending on how they arrive; below this
/// length no line is.
const INPUT_LEN_MAX: usize = 64 * 1024;

type Request = Vec<Vec<u8>>;

/// What came of some bytes: the requests, and the bytes left over or why they were refused.
#[derive(Debug, PartialEq)]
struct Outcome {
    requests: Vec<Request>,
    end: Result<usize, ProtocolError>,
}

/// Gives `pieces` to the parser one after the other, as a connection does. A `patient` caller does
/// not try again before as many bytes are there as the parser said that it needs.
fn feed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: Limits, patient: bool) -> Outcome {
    let (mut buf, mut resume, mut requests) = (Vec::new(), None, Vec::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        let mut pos = 0;
        while pos < buf.len() {
            let wanted = resume.as_deref().map_or(0, Resume::bytes_wanted);
            if patient && buf.len() < wanted {
                break;
            }
            let (start, mut spans) = (pos, Vec::new());
            match parse_request(&mut buf, &mut pos, &mut spans, limits, &mut resume) {
                Ok(Progress::Request) => {
                    assert!(pos > start && pos <= buf.len(), "a request takes bytes");
                    requests.push(words(&buf[start..pos], start, &spans));
                }
                Ok(Progress::Incomplete) => {
                    assert_eq!(pos, start);
                    break;
                }
                Err(error) => return Outcome { requests, end: Err(error) },
            }
        }
        buf.drain(..pos);
    }
    Outcome { requests, end: Ok(buf.len()) }
}

/// The words of a request, which lie one behind the other within its bytes.
fn words(bytes: &[u8], start: usize, spans: &[Span]) -> Request {
    assert!(spans.len() <= bytes.len(), "every word takes a byte");
    let mut last = 0;
    let word = |span: &Span| {
        let (first, end) = (span.start as usize - start, span.end as usize - start);
        assert!(last <= first && first <= end, "words share bytes");
        last = end;
        bytes[first..end].to_vec()
    };
    spans.iter().map(word).collect()
}

fn encode(request: &Request) -> Vec<u8> {
    let mut out = format!("*{}\r\n", request.len()).into_bytes();
    for word in request {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// What redis-protocol makes of the first request, if it is an array of bulk strings.
fn oracle(bytes: &[u8]) -> Option<(Request, usize)> {
    let Ok(Some((OwnedFrame::Array(frames), len))) = decode(bytes) else { return None };
    let words = frames.into_iter().map(|frame| match frame {
        OwnedFrame::BulkString(word) => Some(word),
        _ => None,
    });
    Some((words.collect::<Option<_>>()?, len))
}

fuzz_target!(|input: &[u8]| {
    let [flags, step, at_low, at_high, bytes @ ..] = input else { return };
    if bytes.len() > INPUT_LEN_MAX {
        return;
    }
    let limits = Limits { bulk_bytes_max: 512 << 20, authenticated: flags & 1 == 0 };
    let whole = feed([bytes], limits, false);
    let patient = flags & 2 != 0;
    assert_eq!(whole, feed(bytes.chunks(usize::from(*step) % 40 + 1), limits, patient));
    let cut = usize::from(u16::from_le_bytes([*at_low, *at_high])) % (bytes.len() + 1);
    assert_eq!(whole, feed([&bytes[..cut], &bytes[cut..]], limits, patient));

    // The oracle takes numbers that Valkey refuses, such as `$+4`; hence only where both accept.
    if let (Some(ours), Some((theirs, len))) = (whole.requests.first(), oracle(bytes)) {
        assert_eq!(*ours, theirs);
        let at_once = feed([&bytes[..len]], limits, false);
        assert_eq!((at_once.requests.len(), at_once.end), (1, Ok(0)), "the length differs");
    }
    // Whatever was read, inline requests too, is read again from its multibulk form, by both.
    let unlimited = Limits { authenticated: true, ..limits };
    for request in whole.requests.iter().filter(|request| !request.is_empty()).take(4) {
        let bytes = encode(request);
        let again = feed([&bytes[..]], unlimited, false);
        assert_eq!(again, Outcome { requests: vec![request.clone()], end: Ok(0) });
        assert_eq!(oracle(&bytes), Some((request.clone(), bytes.len())));
    }
});
