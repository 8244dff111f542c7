//! Finds where a reply ends, resumably: no byte of an aggregate's finished elements is looked at
//! twice, however the reply is cut into packets, and nonsense is refused before it is decoded.

use smallvec::SmallVec;

/// The server broke the protocol; its connection can't be used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProtocolError(pub(crate) &'static str);

/// Deepest nesting of aggregates. Servers nest 7 deep (`MODULE`, `XINFO STREAM FULL`), scripts more.
const DEPTH_MAX: usize = 64;
/// Longest bulk string; `proto-max-bulk-len` is 512 MB by default.
const BULK_BYTES_MAX: usize = 1 << 30;
/// Most elements of an aggregate.
const ELEMENTS_MAX: usize = 1 << 28;
/// Longest line.
const LINE_BYTES_MAX: usize = 64 << 10;

/// An aggregate of which `left` elements are still to come. Attributes belong to the value that
/// follows them, so they don't count as an element of what surrounds them.
#[derive(Debug)]
struct Open {
    left: usize,
    attribute: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Scanner {
    at: usize,
    open: SmallVec<[Open; 8]>,
}

impl Scanner {
    /// The length of the reply at the start of `buf`, once it is whole. Until then, call it again
    /// with the same bytes and more.
    pub(crate) fn scan(&mut self, buf: &[u8]) -> Result<Option<usize>, ProtocolError> {
        loop {
            let Some((body, line)) = line(&buf[self.at..])? else { return Ok(None) };
            let (&kind, number) = line.split_first().ok_or(ProtocolError("empty line"))?;
            let next = self.at + body;
            let aggregate = match kind {
                b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => None,
                b'$' | b'!' | b'=' => match length(number, BULK_BYTES_MAX)? {
                    None => None,
                    Some(len) => {
                        let end = next + len + 2;
                        if buf.len() < end {
                            return Ok(None);
                        }
                        if &buf[end - 2..end] != b"\r\n" {
                            return Err(ProtocolError("bulk string without its end"));
                        }
                        self.at = end;
                        if self.element_done() {
                            return Ok(Some(std::mem::take(&mut self.at)));
                        }
                        continue;
                    }
                },
                b'*' | b'~' | b'>' => length(number, ELEMENTS_MAX)?.map(|n| (n, false)),
                b'%' => length(number, ELEMENTS_MAX)?.map(|n| (2 * n, false)),
                b'|' => length(number, ELEMENTS_MAX)?.map(|n| (2 * n, true)),
                _ => return Err(ProtocolError("unknown type of reply")),
            };
            self.at = next;
            match aggregate {
                Some((0, true)) => continue,
                Some((left, attribute)) if left > 0 => {
                    if self.open.len() == DEPTH_MAX {
                        return Err(ProtocolError("reply nested too deep"));
                    }
                    self.open.push(Open { left, attribute });
                    continue;
                }
                _ => {}
            }
            if self.element_done() {
                return Ok(Some(std::mem::take(&mut self.at)));
            }
        }
    }

    /// Counts an element; true if it was the last of the outermost value.
    fn element_done(&mut self) -> bool {
        while let Some(open) = self.open.last_mut() {
            open.left -= 1;
            if open.left > 0 {
                return false;
            }
            let attribute = open.attribute;
            self.open.pop();
            if attribute {
                return false;
            }
        }
        true
    }
}

/// The line at the start of `buf` without its end, and the length with it.
fn line(buf: &[u8]) -> Result<Option<(usize, &[u8])>, ProtocolError> {
    match memchr::memchr(b'\n', buf) {
        Some(at) if at > 0 && buf[at - 1] == b'\r' => Ok(Some((at + 1, &buf[..at - 1]))),
        Some(_) => Err(ProtocolError("line without a carriage return")),
        None if buf.len() > LINE_BYTES_MAX => Err(ProtocolError("line too long")),
        None => Ok(None),
    }
}

/// A length; `None` is RESP2's null.
fn length(digits: &[u8], max: usize) -> Result<Option<usize>, ProtocolError> {
    if digits == b"-1" {
        return Ok(None);
    }
    if digits.is_empty() || digits.len() > 10 {
        return Err(ProtocolError("bad length"));
    }
    let mut n = 0usize;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(ProtocolError("bad length"));
        }
        n = n * 10 + usize::from(digit - b'0');
    }
    if n > max { Err(ProtocolError("length over the limit")) } else { Ok(Some(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `reply` in pieces of every size, each time followed by the start of another reply.
    fn check(reply: &str, expected: Result<(), ProtocolError>) {
        let stream = [reply.as_bytes(), b"+next\r\n"].concat();
        for step in 1..=stream.len() {
            let mut scanner = Scanner::default();
            let mut fed = 0;
            let outcome = loop {
                fed = (fed + step).min(stream.len());
                match scanner.scan(&stream[..fed]) {
                    Ok(None) if fed < stream.len() => {}
                    other => break other,
                }
            };
            assert_eq!(outcome, expected.map(|()| Some(reply.len())), "{reply:?} step {step}");
        }
    }

    #[test]
    fn replies_of_every_type_end_where_they_end() {
        for reply in [
            "+OK\r\n",
            "-ERR no\r\n",
            ":1\r\n",
            "_\r\n",
            ",1.5\r\n",
            "#t\r\n",
            "(123\r\n",
            "$0\r\n\r\n",
            "$2\r\nab\r\n",
            "$-1\r\n",
            "*-1\r\n",
            "*0\r\n",
            "!5\r\nERR x\r\n",
            "=6\r\ntxt:ab\r\n",
            "*2\r\n:1\r\n*1\r\n$1\r\na\r\n",
            "%1\r\n+a\r\n:1\r\n",
            "~2\r\n:1\r\n:2\r\n",
            ">2\r\n+message\r\n$1\r\na\r\n",
            "|1\r\n+ttl\r\n:3\r\n$1\r\na\r\n",
            "*2\r\n|1\r\n+a\r\n:1\r\n:7\r\n:8\r\n",
            "*1\r\n*1\r\n*0\r\n",
            "|0\r\n:1\r\n",
            "$4\r\na\r\nb\r\n",
        ] {
            check(reply, Ok(()));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (reply, why) in [
            ("hello\r\n", "unknown type of reply"),
            ("$x\r\n", "bad length"),
            ("$-2\r\n", "bad length"),
            ("*99999999999\r\n", "bad length"),
            ("*999999999\r\n", "length over the limit"),
            ("$1\r\nabc\r\n", "bulk string without its end"),
            ("\r\n", "empty line"),
        ] {
            check(reply, Err(ProtocolError(why)));
        }
        check(&"*1\r\n".repeat(10_000), Err(ProtocolError("reply nested too deep")));
    }
}
