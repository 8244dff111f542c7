//! The request parser: multibulk and inline requests out of a byte buffer.
//!
//! Parsing happens in place. A request that has not arrived whole leaves a [`Resume`] behind, so
//! that a request of a million arguments is not parsed again from its start with every packet.

use memchr::memchr;

use super::args::Span;
use super::parse_int::parse_i64;

/// An inline request or a count line may not be longer than this many bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// What a request may ask of us at the most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `proto-max-bulk-len`.
    pub bulk_bytes_max: i64,
    /// Before authentication a request is held to 10 arguments of 16 KiB.
    pub authenticated: bool,
}

/// What the parser found at the start of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A request; its spans have been appended (none at all for an empty one).
    Request,
    /// The buffer ends before the request does.
    Incomplete,
}

/// Why the bytes are not RESP. The connection is closed after the message was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    #[error("Protocol error: too big inline request")]
    InlineTooBig,
    #[error("Protocol error: unbalanced quotes in request")]
    UnbalancedQuotes,
    #[error("Protocol error: too big mbulk count string")]
    CountTooBig,
    #[error("Protocol error: invalid multibulk length")]
    InvalidCount,
    #[error("Protocol error: unauthenticated multibulk length")]
    UnauthenticatedCount,
    #[error("Protocol error: too big bulk count string")]
    BulkCountTooBig,
    #[error("Protocol error: expected '$', got '{0}'")]
    ExpectedBulk(char),
    #[error("Protocol error: invalid bulk length")]
    InvalidBulk,
    #[error("Protocol error: invalid CRLF in request")]
    InvalidLineEnd,
    #[error("Protocol error: unauthenticated bulk length")]
    UnauthenticatedBulk,
}

/// Where parsing of an incomplete multibulk request goes on.
///
/// Positions count from the start of the request, which is where the buffer starts next time.
#[derive(Debug, Default)]
pub struct Resume {
    spans: Vec<Span>,
    pos: usize,
    args_left: usize,
    /// Length of the argument being received, once its `$` line was read.
    bulk_len: Option<usize>,
}

impl Resume {
    /// How long the buffer must at least become before parsing can get further.
    pub fn bytes_wanted(&self) -> usize {
        self.pos + self.bulk_len.map_or(1, |len| len + 2)
    }

    /// How much of the buffer is parsed.
    pub fn parsed_bytes(&self) -> usize {
        self.pos
    }
}

/// Parses one request at `buf[*pos..]`, appending the spans of its arguments to `spans`.
///
/// On [`Progress::Request`] `pos` is moved behind it. On [`Progress::Incomplete`] `pos` stays at
/// the request's start and `resume` may hold the state to go on with once the caller has moved
/// `buf[*pos..]` to the start of a buffer and appended to it. Inline requests are unquoted in
/// place, which is why `buf` is mutable.
pub fn parse_request(
    buf: &mut [u8],
    pos: &mut usize,
    spans: &mut Vec<Span>,
    limits: Limits,
    resume: &mut Option<Box<Resume>>,
) -> Result<Progress, ProtocolError> {
    if let Some(state) = resume.take() {
        debug_assert_eq!(*pos, 0, "a resumed request starts its buffer");
        return go_on(buf, pos, spans, limits, resume, state);
    }
    let start = *pos;
    if let Some(end) = short_request(buf, start, spans) {
        *pos = end;
        return Ok(Progress::Request);
    }
    match buf.get(start) {
        None => Ok(Progress::Incomplete),
        Some(b'*') => {
            let Some((count, mut at)) =
                count_line(buf, start, ProtocolError::CountTooBig, ProtocolError::InvalidCount)?
            else {
                return Ok(Progress::Incomplete);
            };
            if count > i64::from(i32::MAX) {
                return Err(ProtocolError::InvalidCount);
            }
            if count > 10 && !limits.authenticated {
                return Err(ProtocolError::UnauthenticatedCount);
            }
            let first = spans.len();
            let mut args_left = usize::try_from(count).unwrap_or(0);
            while args_left > 0 {
                let mut bulk_len = None;
                match bulk(buf, &mut at, &mut bulk_len, limits)? {
                    Some(span) => spans.push(span),
                    None => {
                        let mut state =
                            Resume { pos: at - start, args_left, bulk_len, ..Resume::default() };
                        state.spans.extend(spans.drain(first..).map(|span| {
                            Span::new(span.start as usize - start, span.end as usize - start)
                        }));
                        *resume = Some(Box::new(state));
                        return Ok(Progress::Incomplete);
                    }
                }
                args_left -= 1;
            }
            *pos = at;
            Ok(Progress::Request)
        }
        Some(_) => inline(buf, pos, spans),
    }
}

/// What nearly every request is: whole, of up to 9 arguments of up to 9999 bytes. Answers where it ends.
/// `None`, with nothing appended: to be looked at piece by piece.
///
/// No limit is exceeded by so much: the least that there are allow more.
#[inline]
fn short_request(buf: &[u8], start: usize, spans: &mut Vec<Span>) -> Option<usize> {
    const DIGITS_MAX: usize = 4;
    let &[b'*', count, b'\r', b'\n'] = buf.get(start..)?.first_chunk()? else { return None };
    let count = usize::from(digit(count)?);
    let mut found = [Span { start: 0, end: 0 }; 9];
    let mut at = start + 4;
    for span in &mut found[..count] {
        let line: &[u8; DIGITS_MAX + 3] = buf.get(at..)?.first_chunk()?;
        if line[0] != b'$' {
            return None;
        }
        let mut len = usize::from(digit(line[1])?);
        let mut end = 2;
        while let Some(digit) = digit(line[end]) {
            if len == 0 || end == DIGITS_MAX {
                return None;
            }
            len = len * 10 + usize::from(digit);
            end += 1;
        }
        let body = at + end + 2;
        if line[end..end + 2] != *b"\r\n" || buf.get(body + len..body + len + 2)? != b"\r\n" {
            return None;
        }
        *span = Span::new(body, body + len);
        at = body + len + 2;
    }
    spans.extend_from_slice(&found[..count]);
    Some(at)
}

#[inline]
fn digit(byte: u8) -> Option<u8> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(digit)
}

fn go_on(
    buf: &[u8],
    pos: &mut usize,
    spans: &mut Vec<Span>,
    limits: Limits,
    resume: &mut Option<Box<Resume>>,
    mut state: Box<Resume>,
) -> Result<Progress, ProtocolError> {
    while state.args_left > 0 {
        match bulk(buf, &mut state.pos, &mut state.bulk_len, limits)? {
            Some(span) => state.spans.push(span),
            None => {
                *resume = Some(state);
                return Ok(Progress::Incomplete);
            }
        }
        state.bulk_len = None;
        state.args_left -= 1;
    }
    spans.extend_from_slice(&state.spans);
    *pos = state.pos;
    Ok(Progress::Request)
}

/// Reads one `$len\r\n…\r\n`. `None`: not there yet; `known_len` and `at` then tell how far it got.
#[inline]
fn bulk(
    buf: &[u8],
    at: &mut usize,
    known_len: &mut Option<usize>,
    limits: Limits,
) -> Result<Option<Span>, ProtocolError> {
    let len = match *known_len {
        Some(len) => len,
        None => {
            match buf.get(*at) {
                None => return Ok(None),
                Some(b'$') => {}
                Some(&byte) => {
                    // Without the line's end the peers do not look at its first byte yet.
                    if memchr(b'\r', &buf[*at..]).is_none() {
                        if buf.len() - *at > LINE_BYTES_MAX {
                            return Err(ProtocolError::BulkCountTooBig);
                        }
                        return Ok(None);
                    }
                    return Err(ProtocolError::ExpectedBulk(char::from(byte)));
                }
            }
            let Some((len, next)) =
                count_line(buf, *at, ProtocolError::BulkCountTooBig, ProtocolError::InvalidBulk)?
            else {
                return Ok(None);
            };
            if len < 0 || len > limits.bulk_bytes_max {
                return Err(ProtocolError::InvalidBulk);
            }
            if len > 16384 && !limits.authenticated {
                return Err(ProtocolError::UnauthenticatedBulk);
            }
            *at = next;
            let len = len as usize;
            *known_len = Some(len);
            len
        }
    };
    if buf.len() - *at < len + 2 {
        return Ok(None);
    }
    if buf[*at + len..*at + len + 2] != *b"\r\n" {
        return Err(ProtocolError::InvalidLineEnd);
    }
    let span = Span::new(*at, *at + len);
    *at += len + 2;
    Ok(Some(span))
}

/// Reads the number of a `*` or `$` line that starts at `start`, and where the next line starts.
#[inline]
fn count_line(
    buf: &[u8],
    start: usize,
    too_big: ProtocolError,
    invalid: ProtocolError,
) -> Result<Option<(i64, usize)>, ProtocolError> {
    let line = &buf[start + 1..];
    let Some(len) = memchr(b'\r', line) else {
        return if line.len() > LINE_BYTES_MAX { Err(too_big) } else { Ok(None) };
    };
    if line.len() < len + 2 {
        return Ok(None);
    }
    if line[len + 1] != b'\n' {
        return Err(ProtocolError::InvalidLineEnd);
    }
    let count = parse_i64(&line[..len]).ok_or(invalid)?;
    Ok(Some((count, start + 1 + len + 2)))
}

/// An inline request: one line, split at blanks, with quotes.
fn inline(
    buf: &mut [u8],
    pos: &mut usize,
    spans: &mut Vec<Span>,
) -> Result<Progress, ProtocolError> {
    let start = *pos;
    let Some(len) = memchr(b'\n', &buf[start..]) else {
        return if buf.len() - start > LINE_BYTES_MAX {
            Err(ProtocolError::InlineTooBig)
        } else {
            Ok(Progress::Incomplete)
        };
    };
    let mut end = start + len;
    *pos = end + 1;
    if end > start && buf[end - 1] == b'\r' {
        end -= 1;
    }
    unquote(buf, start, end, spans).ok_or(ProtocolError::UnbalancedQuotes)?;
    Ok(Progress::Request)
}

/// Splits `text` at blanks as an inline request or a configuration line is split, honouring
/// `"…"` with escapes and `'…'`. `None` for unbalanced quotes.
pub fn split_quoted(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut buf = text.to_vec();
    let mut spans = Vec::new();
    let end = buf.len();
    unquote(&mut buf, 0, end, &mut spans)?;
    Some(spans.iter().map(|s| buf[s.start as usize..s.end as usize].to_vec()).collect())
}

/// Unquotes in place: what is written never overtakes what is read, since no escape grows.
fn unquote(buf: &mut [u8], start: usize, end: usize, spans: &mut Vec<Span>) -> Option<()> {
    let (mut read, mut write) = (start, start);
    loop {
        while read < end && is_space(buf[read]) {
            read += 1;
        }
        if read >= end || buf[read] == 0 {
            return Some(());
        }
        let word = write;
        let mut quote = 0u8;
        loop {
            if read >= end {
                if quote != 0 {
                    return None;
                }
                break;
            }
            let byte = buf[read];
            let mut out = byte;
            if quote == b'"' && byte == b'\\' && read + 1 < end {
                if buf[read + 1] == b'x'
                    && read + 3 < end
                    && let (Some(high), Some(low)) = (hex(buf[read + 2]), hex(buf[read + 3]))
                {
                    out = high << 4 | low;
                    read += 4;
                } else {
                    out = match buf[read + 1] {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'b' => 8,
                        b'a' => 7,
                        other => other,
                    };
                    read += 2;
                }
            } else if quote == b'\'' && byte == b'\\' && read + 1 < end && buf[read + 1] == b'\'' {
                out = b'\'';
                read += 2;
            } else if quote != 0 && byte == quote {
                // As in a shell, what follows the quote still belongs to the word.
                quote = 0;
                read += 1;
                continue;
            } else if quote == 0 && (is_space(byte) || byte == 0) {
                break;
            } else if quote == 0 && (byte == b'"' || byte == b'\'') {
                quote = byte;
                read += 1;
                continue;
            } else {
                read += 1;
            }
            buf[write] = out;
            write += 1;
        }
        spans.push(Span::new(word, write));
        // Words must not share bytes: the next one starts behind the blank that was read.
        write = write.max(word) + usize::from(write < read);
        write = write.min(read);
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bulk_bytes_max: 512 << 20, authenticated: true };

    fn feed(bytes: &[u8], chunk: usize) -> Result<Vec<Vec<Vec<u8>>>, ProtocolError> {
        let mut requests = Vec::new();
        let mut buf = Vec::new();
        let mut resume = None;
        for part in bytes.chunks(chunk.max(1)) {
            buf.extend_from_slice(part);
            let mut pos = 0;
            loop {
                let mut spans = Vec::new();
                match parse_request(&mut buf, &mut pos, &mut spans, LIMITS, &mut resume)? {
                    Progress::Incomplete => break,
                    Progress::Request => requests.push(
                        spans
                            .iter()
                            .map(|s| buf[s.start as usize..s.end as usize].to_vec())
                            .collect(),
                    ),
                }
            }
            buf.drain(..pos);
        }
        Ok(requests)
    }

    fn check(bytes: &[u8], expected: &[&[&str]]) {
        for chunk in [1, 2, 3, 7, 1000] {
            let got = feed(bytes, chunk).expect("well-formed");
            let want: Vec<Vec<Vec<u8>>> = expected
                .iter()
                .map(|r| r.iter().map(|a| a.as_bytes().to_vec()).collect())
                .collect();
            assert_eq!(got, want, "chunks of {chunk}");
        }
    }

    #[test]
    fn multibulk_inline_and_empty_requests() {
        check(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n", &[&["GET", "k"], &["PING"]]);
        check(b"*0\r\n*-1\r\n\r\nPING\n", &[&[], &[], &[], &["PING"]]);
        check(b"*1\r\n$0\r\n\r\n", &[&[""]]);
        check(b"x\"a b\"c'd' \"\"\n", &[&["xa bcd", ""]]);
        check(b"set \"a b\\x41\\n\" 'it\\'s'  x\r\n", &[&["set", "a bA\n", "it's", "x"]]);
    }

    #[test]
    fn arguments_of_every_length_of_a_length() {
        for len in [0, 1, 2, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 123_456] {
            let value = "v".repeat(len);
            let request = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${len}\r\n{value}\r\n");
            check(request.as_bytes(), &[&["SET", "k", &value]]);
            let reversed = format!("*2\r\n${len}\r\n{value}\r\n$1\r\nk\r\n");
            check(reversed.as_bytes(), &[&[&value, "k"]]);
        }
        for count in [1, 9, 10, 11, 100] {
            let request = format!("*{count}\r\n") + &"$2\r\nab\r\n".repeat(count);
            check(request.as_bytes(), &[&vec!["ab"; count]]);
        }
    }

    #[test]
    fn malformed_requests_are_named() {
        let big = vec![b'a'; LINE_BYTES_MAX + 2];
        let cases: Vec<(Vec<u8>, ProtocolError)> = vec![
            (b"*x\r\n".to_vec(), ProtocolError::InvalidCount),
            (b"*2147483648\r\n".to_vec(), ProtocolError::InvalidCount),
            (b"*1\r\n+x\r\n".to_vec(), ProtocolError::ExpectedBulk('+')),
            (b"*1\r\n$-1\r\n".to_vec(), ProtocolError::InvalidBulk),
            (b"*1\r\n$536870913\r\n".to_vec(), ProtocolError::InvalidBulk),
            (b"*1\r\n$03\r\nGET\r\n".to_vec(), ProtocolError::InvalidBulk),
            (b"*01\r\n$3\r\nGET\r\n".to_vec(), ProtocolError::InvalidCount),
            (b"get \"x\n".to_vec(), ProtocolError::UnbalancedQuotes),
            (b"get 'x\\'\n".to_vec(), ProtocolError::UnbalancedQuotes),
            (big.clone(), ProtocolError::InlineTooBig),
            ([b"*", &big[..]].concat(), ProtocolError::CountTooBig),
            ([b"*1\r\n$", &big[..]].concat(), ProtocolError::BulkCountTooBig),
        ];
        for (bytes, error) in cases {
            assert_eq!(feed(&bytes, usize::MAX), Err(error));
        }
        let mut pos = 0;
        let strict = Limits { authenticated: false, ..LIMITS };
        let got =
            parse_request(&mut b"*11\r\n".to_vec(), &mut pos, &mut Vec::new(), strict, &mut None);
        assert_eq!(got, Err(ProtocolError::UnauthenticatedCount));
    }

    proptest! {
        /// However the bytes are cut, the same requests come out.
        #[test]
        fn chunks_do_not_matter(
            requests in proptest::collection::vec(
                proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..6), 0..6),
            chunk in 1usize..50,
        ) {
            let mut bytes = Vec::new();
            for request in &requests {
                bytes.extend_from_slice(format!("*{}\r\n", request.len()).as_bytes());
                for arg in request {
                    bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
                    bytes.extend_from_slice(arg);
                    bytes.extend_from_slice(b"\r\n");
                }
            }
            prop_assert_eq!(feed(&bytes, chunk).expect("well-formed"), requests);
        }

        /// No bytes at all make the parser panic.
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), chunk in 1usize..50) {
            let _ = feed(&bytes, chunk);
        }
    }
}
