//! The request parser: it never panics, a request in pieces is the request in one, and what the crate
//! redis-protocol reads as an array of bulk strings is read alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;
use tsubame::protocol::{Limits, Progress, ProtocolError, Span, parse_request};

const LIMITS: Limits = Limits { bulk_bytes_max: 512 << 20, authenticated: true };

type Requests = Vec<Vec<Vec<u8>>>;

fn words(buf: &[u8], spans: &[Span]) -> Vec<Vec<u8>> {
    spans.iter().map(|span| buf[span.start as usize..span.end as usize].to_vec()).collect()
}

/// Every request in `input`, given at once.
fn whole(input: &[u8]) -> (Requests, Option<ProtocolError>) {
    let mut buf = input.to_vec();
    let (mut pos, mut requests) = (0, Vec::new());
    while pos < buf.len() {
        let mut spans = Vec::new();
        match parse_request(&mut buf, &mut pos, &mut spans, LIMITS, &mut None) {
            Ok(Progress::Request) => requests.push(words(&buf, &spans)),
            Ok(Progress::Incomplete) => break,
            Err(error) => return (requests, Some(error)),
        }
    }
    (requests, None)
}

/// The same, given in pieces of `step` bytes, as a connection does it.
fn in_pieces(input: &[u8], step: usize) -> (Requests, Option<ProtocolError>) {
    let (mut buf, mut resume, mut requests) = (Vec::new(), None, Vec::new());
    for piece in input.chunks(step) {
        buf.extend_from_slice(piece);
        let mut pos = 0;
        while pos < buf.len() {
            let mut spans = Vec::new();
            match parse_request(&mut buf, &mut pos, &mut spans, LIMITS, &mut resume) {
                Ok(Progress::Request) => requests.push(words(&buf, &spans)),
                Ok(Progress::Incomplete) => break,
                Err(error) => return (requests, Some(error)),
            }
        }
        buf.drain(..pos);
    }
    (requests, None)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (step, input) = (usize::from(input.0 % 17) + 1, input.1);
    let at_once = whole(input);
    assert_eq!(at_once, in_pieces(input, step));

    if input.first() == Some(&b'*')
        && let Ok(Some((OwnedFrame::Array(frames), _))) = decode(input)
    {
        let wanted: Option<Vec<Vec<u8>>> = frames
            .into_iter()
            .map(|frame| if let OwnedFrame::BulkString(word) = frame { Some(word) } else { None })
            .collect();
        // The oracle also takes numbers that Valkey refuses, such as `$+4`.
        if let (Some(wanted), Some(first)) = (wanted, at_once.0.first())
            && !wanted.is_empty()
        {
            assert_eq!(first, &wanted);
        }
    }
});
