//! The reply writer: RESP2 or RESP3, whichever the client asked for with HELLO.

use std::io::Write as _;

use super::shown::bytes_of;

/// The protocol version of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RespVersion {
    #[default]
    Resp2,
    Resp3,
}

/// A place in the output where an aggregate's header will be put once its length is known.
#[derive(Debug, Clone, Copy)]
pub struct Mark(usize);

/// Writes replies at the end of an output buffer.
pub struct Reply<'a> {
    out: &'a mut Vec<u8>,
    version: RespVersion,
}

impl<'a> Reply<'a> {
    pub fn new(out: &'a mut Vec<u8>, version: RespVersion) -> Self {
        Self { out, version }
    }

    pub fn version(&self) -> RespVersion {
        self.version
    }

    /// HELLO answers in the version it switches to.
    pub fn set_version(&mut self, version: RespVersion) {
        self.version = version;
    }

    pub fn is_resp3(&self) -> bool {
        self.version == RespVersion::Resp3
    }

    /// The same output, for a callee.
    pub fn reborrow(&mut self) -> Reply<'_> {
        Reply { out: self.out, version: self.version }
    }

    /// Bytes in the buffer so far; [`Reply::truncate`] goes back to a length.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    pub fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// What was written since the buffer had `len` bytes.
    pub fn since(&self, len: usize) -> &[u8] {
        &self.out[len..]
    }

    #[inline]
    pub fn ok(&mut self) {
        self.out.extend_from_slice(b"+OK\r\n");
    }

    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error whose text begins with its code, such as `ERR` or `WRONGTYPE`.
    /// Line ends at its end are dropped.
    pub fn error(&mut self, text: &str) {
        self.error_bytes(&bytes_of(text.trim_end_matches(['\r', '\n'])));
    }

    /// As [`Reply::error`]; line ends inside the text become blanks.
    pub fn error_bytes(&mut self, text: &[u8]) {
        self.out.push(b'-');
        self.out.extend(text.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
        self.out.extend_from_slice(b"\r\n");
    }

    #[inline]
    pub fn int(&mut self, value: i64) {
        match value {
            0 => self.out.extend_from_slice(b":0\r\n"),
            1 => self.out.extend_from_slice(b":1\r\n"),
            _ => {
                self.out.push(b':');
                self.decimal(value);
            }
        }
    }

    pub fn len_int(&mut self, value: usize) {
        self.int(value as i64);
    }

    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.out.reserve(bytes.len() + 16);
        self.header(b'$', bytes.len());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    pub fn bulk_str(&mut self, text: &str) {
        self.bulk(text.as_bytes());
    }

    /// An integer as a bulk string.
    pub fn bulk_int(&mut self, value: i64) {
        self.bulk(itoa::Buffer::new().format(value).as_bytes());
    }

    /// "No such value": `$-1` in RESP2.
    #[inline]
    pub fn null(&mut self) {
        self.out.extend_from_slice(match self.version {
            RespVersion::Resp2 => b"$-1\r\n",
            RespVersion::Resp3 => b"_\r\n",
        });
    }

    /// "No such aggregate": `*-1` in RESP2.
    pub fn null_array(&mut self) {
        self.out.extend_from_slice(match self.version {
            RespVersion::Resp2 => b"*-1\r\n",
            RespVersion::Resp3 => b"_\r\n",
        });
    }

    pub fn array(&mut self, len: usize) {
        self.header(b'*', len);
    }

    /// `pairs` keys and values: a flat array in RESP2.
    pub fn map(&mut self, pairs: usize) {
        match self.version {
            RespVersion::Resp2 => self.header(b'*', pairs * 2),
            RespVersion::Resp3 => self.header(b'%', pairs),
        }
    }

    pub fn set(&mut self, len: usize) {
        match self.version {
            RespVersion::Resp2 => self.header(b'*', len),
            RespVersion::Resp3 => self.header(b'~', len),
        }
    }

    /// An out-of-band message: an array in RESP2.
    pub fn push(&mut self, len: usize) {
        match self.version {
            RespVersion::Resp2 => self.header(b'*', len),
            RespVersion::Resp3 => self.header(b'>', len),
        }
    }

    /// Attributes exist in RESP3 only; the caller asks [`Reply::is_resp3`] first.
    pub fn attribute(&mut self, pairs: usize) {
        debug_assert!(self.is_resp3());
        self.header(b'|', pairs);
    }

    pub fn bool(&mut self, value: bool) {
        match self.version {
            RespVersion::Resp2 => self.int(i64::from(value)),
            RespVersion::Resp3 => {
                self.out.extend_from_slice(if value { b"#t\r\n" } else { b"#f\r\n" });
            }
        }
    }

    /// A double by its text, which the caller formats: a bulk string in RESP2.
    pub fn double_text(&mut self, text: &[u8]) {
        match self.version {
            RespVersion::Resp2 => self.bulk(text),
            RespVersion::Resp3 => self.line(b',', text),
        }
    }

    pub fn big_number(&mut self, digits: &[u8]) {
        match self.version {
            RespVersion::Resp2 => self.bulk(digits),
            RespVersion::Resp3 => self.line(b'(', digits),
        }
    }

    /// Text with a three-letter format, `txt` or `mkd`: a bulk string in RESP2.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        debug_assert_eq!(format.len(), 3);
        match self.version {
            RespVersion::Resp2 => self.bulk(text),
            RespVersion::Resp3 => {
                self.header(b'=', text.len() + 4);
                self.out.extend_from_slice(format.as_bytes());
                self.out.push(b':');
                self.out.extend_from_slice(text);
                self.out.extend_from_slice(b"\r\n");
            }
        }
    }

    /// Lines of help text as an array of simple strings.
    pub fn help(&mut self, lines: &[&str]) {
        self.array(lines.len());
        for line in lines {
            self.simple(line);
        }
    }

    /// Bytes that are RESP already.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Begins an aggregate whose length is told by one of the `end_*` calls.
    pub fn begin(&mut self) -> Mark {
        Mark(self.out.len())
    }

    pub fn end_array(&mut self, mark: Mark, len: usize) {
        self.insert_header(mark, b'*', len);
    }

    pub fn end_map(&mut self, mark: Mark, pairs: usize) {
        match self.version {
            RespVersion::Resp2 => self.insert_header(mark, b'*', pairs * 2),
            RespVersion::Resp3 => self.insert_header(mark, b'%', pairs),
        }
    }

    pub fn end_set(&mut self, mark: Mark, len: usize) {
        match self.version {
            RespVersion::Resp2 => self.insert_header(mark, b'*', len),
            RespVersion::Resp3 => self.insert_header(mark, b'~', len),
        }
    }

    fn insert_header(&mut self, mark: Mark, kind: u8, len: usize) {
        let mut header = [0u8; 24];
        let mut cursor = &mut header[..];
        let _ = write!(cursor, "{}{len}\r\n", char::from(kind));
        let used = 24 - cursor.len();
        self.out.splice(mark.0..mark.0, header[..used].iter().copied());
    }

    #[inline]
    fn header(&mut self, kind: u8, len: usize) {
        if len < 10 {
            self.out.extend_from_slice(&[kind, b'0' + len as u8, b'\r', b'\n']);
        } else if len < 100 {
            let (tens, ones) = (b'0' + (len / 10) as u8, b'0' + (len % 10) as u8);
            self.out.extend_from_slice(&[kind, tens, ones, b'\r', b'\n']);
        } else {
            self.out.push(kind);
            self.decimal(len as i64);
        }
    }

    fn decimal(&mut self, value: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.out.push(kind);
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: RespVersion, write: impl Fn(&mut Reply<'_>), expected: &str) {
        let mut out = Vec::new();
        write(&mut Reply::new(&mut out, version));
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn each_kind_in_both_versions() {
        use RespVersion::{Resp2, Resp3};
        check(Resp2, |r| r.null(), "$-1\r\n");
        check(Resp3, |r| r.null(), "_\r\n");
        check(Resp2, |r| r.map(2), "*4\r\n");
        check(Resp3, |r| r.map(2), "%2\r\n");
        check(Resp2, |r| r.bool(true), ":1\r\n");
        check(Resp3, |r| r.bool(true), "#t\r\n");
        check(Resp3, |r| r.verbatim("txt", b"ab"), "=6\r\ntxt:ab\r\n");
        check(Resp2, |r| r.bulk(&[b'x'; 12]), "$12\r\nxxxxxxxxxxxx\r\n");
        check(Resp2, |r| r.int(-123), ":-123\r\n");
        check(Resp2, |r| r.error("ERR a\r\nb"), "-ERR a  b\r\n");
    }

    #[test]
    fn a_late_length_goes_in_front() {
        check(
            RespVersion::Resp2,
            |r| {
                r.int(7);
                let mark = r.begin();
                r.bulk(b"a");
                r.bulk(b"b");
                r.end_array(mark, 2);
            },
            ":7\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        );
    }
}
