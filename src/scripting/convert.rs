//! Values between RESP and Lua, both ways.
//!
//! Replies of commands come as bytes that this server wrote, so they are well-formed. What RESP3 has and
//! Lua has not is a table with one field: `{double = 3.5}`, `{map = {…}}`, `{set = {…}}`,
//! `{big_number = "…"}`, `{verbatim_string = {format = "txt", string = "…"}}`; as in RESP2, a status is
//! `{ok = "…"}` and an error `{err = "…"}`.

use super::context::ScriptResp;
use super::errors::{one_line, until_zero, with_code};
use super::lua::{Frame, Kind, NESTING_MAX, NESTING_ROOM, truncate};
use crate::types::double::format_double;

/// The Lua stack cannot take a value nested this deep.
#[derive(Debug)]
pub(super) struct TooDeep;

// RESP to Lua -------------------------------------------------------------------------------------

/// Pushes the value of one reply.
pub(super) fn push_reply(frame: &mut Frame<'_>, reply: &[u8]) -> Result<(), TooDeep> {
    let mut reader = Reader { rest: reply, depth: 0 };
    reader.push_value(frame)
}

struct Reader<'r> {
    rest: &'r [u8],
    depth: u32,
}

impl<'r> Reader<'r> {
    /// The next line without its end.
    fn line(&mut self) -> &'r [u8] {
        let end = memchr::memchr(b'\r', self.rest).unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 2..).unwrap_or_default();
        line
    }

    fn bytes(&mut self, len: usize) -> &'r [u8] {
        let len = len.min(self.rest.len());
        let bytes = &self.rest[..len];
        self.rest = self.rest.get(len + 2..).unwrap_or_default();
        bytes
    }

    fn push_value(&mut self, frame: &mut Frame<'_>) -> Result<(), TooDeep> {
        if self.depth >= NESTING_MAX || !frame.has_room(NESTING_ROOM) {
            return Err(TooDeep);
        }
        self.depth += 1;
        let pushed = self.push_nested(frame);
        self.depth -= 1;
        pushed
    }

    fn push_nested(&mut self, frame: &mut Frame<'_>) -> Result<(), TooDeep> {
        let line = self.line();
        let Some((&kind, text)) = line.split_first() else {
            frame.push_nil();
            return Ok(());
        };
        match kind {
            b'+' => push_field(frame, b"ok", text),
            b'-' => {
                push_field(frame, b"err", &with_code(text));
                frame.push_boolean(true);
                frame.raw_set_field(-2, b"ignore_error_stats_update");
            }
            b':' => frame.push_number(integer(text) as f64),
            b'$' => match usize::try_from(integer(text)) {
                Ok(len) => frame.push_bytes(self.bytes(len)),
                Err(_) => frame.push_boolean(false),
            },
            b'*' | b'>' => match usize::try_from(integer(text)) {
                Ok(len) => self.push_array(frame, len)?,
                Err(_) => frame.push_boolean(false),
            },
            b'_' => frame.push_nil(),
            b'#' => frame.push_boolean(text == b"t"),
            b',' => {
                frame.push_table(0, 1);
                frame.push_number(double(text));
                frame.raw_set_field(-2, b"double");
            }
            b'(' => push_field(frame, b"big_number", text),
            b'=' => self.push_verbatim(frame, integer(text).max(0) as usize),
            b'%' => self.push_map(frame, integer(text).max(0) as usize)?,
            b'~' => self.push_set(frame, integer(text).max(0) as usize)?,
            b'|' => {
                // Attributes are about the value that follows; scripts do not see them.
                for _ in 0..2 * integer(text).max(0) {
                    self.push_value(frame)?;
                    frame.pop(1);
                }
                self.push_value(frame)?;
            }
            _ => frame.push_nil(),
        }
        Ok(())
    }

    fn push_array(&mut self, frame: &mut Frame<'_>, len: usize) -> Result<(), TooDeep> {
        frame.push_table(len, 0);
        for n in 1..=len {
            self.push_value(frame)?;
            frame.raw_set_item(-2, n as i32);
        }
        Ok(())
    }

    fn push_map(&mut self, frame: &mut Frame<'_>, len: usize) -> Result<(), TooDeep> {
        frame.push_table(0, 1);
        frame.push_table(0, len);
        for _ in 0..len {
            self.push_value(frame)?;
            self.push_value(frame)?;
            set_unless_nil_key(frame);
        }
        frame.raw_set_field(-2, b"map");
        Ok(())
    }

    fn push_set(&mut self, frame: &mut Frame<'_>, len: usize) -> Result<(), TooDeep> {
        frame.push_table(0, 1);
        frame.push_table(0, len);
        for _ in 0..len {
            self.push_value(frame)?;
            frame.push_boolean(true);
            set_unless_nil_key(frame);
        }
        frame.raw_set_field(-2, b"set");
        Ok(())
    }

    fn push_verbatim(&mut self, frame: &mut Frame<'_>, len: usize) {
        let bytes = self.bytes(len);
        let (format, text) = bytes.split_at(bytes.len().min(3));
        frame.push_table(0, 1);
        frame.push_table(0, 2);
        frame.push_bytes(text.get(1..).unwrap_or_default());
        frame.raw_set_field(-2, b"string");
        frame.push_bytes(format);
        frame.raw_set_field(-2, b"format");
        frame.raw_set_field(-2, b"verbatim_string");
    }
}

fn push_field(frame: &mut Frame<'_>, name: &[u8], text: &[u8]) {
    frame.push_table(0, 2);
    frame.push_bytes(text);
    frame.raw_set_field(-2, name);
}

/// Pops a value and a key into the table below; a key that Lua cannot have is left out.
fn set_unless_nil_key(frame: &mut Frame<'_>) {
    if frame.is_nil_or_none(-2) {
        frame.pop(2);
    } else {
        frame.raw_set(-3);
    }
}

fn integer(text: &[u8]) -> i64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn double(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

// Lua to RESP -------------------------------------------------------------------------------------

/// Errors that a reply holds besides being one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NestedErrors {
    /// Those that the script made.
    pub made_up: Vec<String>,
    /// Whether there are some that commands replied with, who counted them.
    pub counted: bool,
}

/// Appends the value on top of the stack as a reply to a client that speaks `client`.
pub(super) fn write_result(
    frame: &mut Frame<'_>,
    client: ScriptResp,
    out: &mut Vec<u8>,
) -> NestedErrors {
    let script = frame.context().resp.get();
    let mut writer = Writer { client, script, out, depth: 0, errors: NestedErrors::default() };
    writer.value(frame);
    writer.errors
}

struct Writer<'o> {
    /// What the client speaks.
    client: ScriptResp,
    /// What the script chose: how it means its booleans.
    script: ScriptResp,
    out: &'o mut Vec<u8>,
    depth: u32,
    errors: NestedErrors,
}

impl Writer<'_> {
    fn value(&mut self, frame: &mut Frame<'_>) {
        match frame.kind(-1) {
            Kind::String => {
                let text = frame.bytes(-1).unwrap_or_default();
                write_bulk(self.out, text);
            }
            Kind::Number => {
                self.header(b':', truncate(frame.number(-1).unwrap_or_default()));
            }
            Kind::Boolean => self.boolean(frame.boolean(-1)),
            Kind::Table => self.table(frame),
            _ => self.null(),
        }
    }

    fn table(&mut self, frame: &mut Frame<'_>) {
        if self.depth >= NESTING_MAX || !frame.has_room(NESTING_ROOM) {
            self.out.extend_from_slice(b"-ERR reached lua stack limit\r\n");
            return;
        }
        self.depth += 1;
        let written = self.special(frame, b"err", Kind::String, Self::error)
            || self.special(frame, b"ok", Kind::String, Self::status)
            || self.special(frame, b"double", Kind::Number, Self::double)
            || self.special(frame, b"map", Kind::Table, Self::map)
            || self.special(frame, b"set", Kind::Table, Self::set)
            || self.special(frame, b"big_number", Kind::String, Self::big_number)
            || self.special(frame, b"verbatim_string", Kind::Table, Self::verbatim);
        if !written {
            self.array(frame);
        }
        self.depth -= 1;
    }

    /// Writes the table on top through its field `name`, if that has the right kind. The writer finds the
    /// field's value on top and may refuse it.
    fn special(
        &mut self,
        frame: &mut Frame<'_>,
        name: &[u8],
        kind: Kind,
        write: impl FnOnce(&mut Self, &mut Frame<'_>) -> bool,
    ) -> bool {
        frame.raw_get_field(-1, name);
        let written = frame.kind(-1) == kind && write(self, frame);
        frame.pop(1);
        written
    }

    #[inline(never)] // keeps the frames of nested calls small
    fn error(&mut self, frame: &mut Frame<'_>) -> bool {
        if self.depth > 1 {
            self.note_nested(frame);
        }
        self.text_line(b'-', until_zero(frame.bytes(-1).unwrap_or_default()))
    }

    /// The text of an error is on top, its table below.
    #[cold]
    fn note_nested(&mut self, frame: &mut Frame<'_>) {
        frame.raw_get_field(-2, b"ignore_error_stats_update");
        let counted = frame.boolean(-1);
        frame.pop(1);
        if counted {
            self.errors.counted = true;
            return;
        }
        let text = until_zero(frame.bytes(-1).unwrap_or_default());
        self.errors.made_up.push(String::from_utf8_lossy(text).into_owned());
    }

    #[inline(never)] // keeps the frames of nested calls small
    fn status(&mut self, frame: &mut Frame<'_>) -> bool {
        self.text_line(b'+', until_zero(frame.bytes(-1).unwrap_or_default()))
    }

    fn text_line(&mut self, kind: u8, text: &[u8]) -> bool {
        self.out.push(kind);
        self.out.extend_from_slice(&one_line(text));
        self.out.extend_from_slice(b"\r\n");
        true
    }

    #[inline(never)] // keeps the frames of nested calls small
    fn double(&mut self, frame: &mut Frame<'_>) -> bool {
        let text = format_double(frame.number(-1).unwrap_or_default());
        match self.client {
            ScriptResp::Resp2 => write_bulk(self.out, text.as_bytes()),
            ScriptResp::Resp3 => {
                self.text_line(b',', text.as_bytes());
            }
        }
        true
    }

    #[inline(never)] // keeps the frames of nested calls small
    fn big_number(&mut self, frame: &mut Frame<'_>) -> bool {
        let text = one_line(frame.bytes(-1).unwrap_or_default());
        match self.client {
            ScriptResp::Resp2 => write_bulk(self.out, &text),
            ScriptResp::Resp3 => {
                self.text_line(b'(', &text);
            }
        }
        true
    }

    #[inline(never)] // keeps the frames of nested calls small
    fn verbatim(&mut self, frame: &mut Frame<'_>) -> bool {
        frame.raw_get_field(-1, b"format");
        frame.raw_get_field(-2, b"string");
        let both = frame.kind(-1) == Kind::String && frame.kind(-2) == Kind::String;
        if both {
            let text = frame.bytes(-1).unwrap_or_default();
            let format = until_zero(frame.bytes(-2).unwrap_or_default());
            match self.client {
                ScriptResp::Resp2 => write_bulk(self.out, text),
                ScriptResp::Resp3 => {
                    write_header(self.out, b'=', text.len() as i64 + 4);
                    // Formats have three characters: padded or cut.
                    for n in 0..3 {
                        self.out.push(format.get(n).copied().unwrap_or(b' '));
                    }
                    self.out.push(b':');
                    self.out.extend_from_slice(text);
                    self.out.extend_from_slice(b"\r\n");
                }
            }
        }
        frame.pop(2);
        both
    }

    fn map(&mut self, frame: &mut Frame<'_>) -> bool {
        let start = self.out.len();
        let mut len = 0;
        frame.push_nil();
        while frame.next(-2) {
            frame.push_copy(-2);
            self.value(frame);
            frame.pop(1);
            self.value(frame);
            frame.pop(1);
            len += 1;
        }
        match self.client {
            ScriptResp::Resp2 => self.header_before(start, b'*', 2 * len),
            ScriptResp::Resp3 => self.header_before(start, b'%', len),
        }
        true
    }

    fn set(&mut self, frame: &mut Frame<'_>) -> bool {
        let start = self.out.len();
        let mut len = 0;
        frame.push_nil();
        while frame.next(-2) {
            frame.pop(1);
            frame.push_copy(-1);
            self.value(frame);
            frame.pop(1);
            len += 1;
        }
        let kind = if self.client == ScriptResp::Resp3 { b'~' } else { b'*' };
        self.header_before(start, kind, len);
        true
    }

    /// The items from 1 up to the first that is nil.
    fn array(&mut self, frame: &mut Frame<'_>) {
        // The length is nearly always what Lua says, so its digits rarely have to be moved.
        let start = self.out.len();
        let guess = frame.len(-1) as i64;
        self.header(b'*', guess);
        let items_at = self.out.len();
        let mut len = 0;
        loop {
            frame.raw_get_item(-1, (len + 1) as i32);
            if frame.is_nil_or_none(-1) {
                frame.pop(1);
                break;
            }
            self.value(frame);
            frame.pop(1);
            len += 1;
        }
        if len != guess {
            let mut header = Vec::with_capacity(16);
            write_header(&mut header, b'*', len);
            self.out.splice(start..items_at, header);
        }
    }

    /// Inserts a header before what was written since `start`.
    fn header_before(&mut self, start: usize, kind: u8, len: i64) {
        let mut header = Vec::with_capacity(16);
        write_header(&mut header, kind, len);
        self.out.splice(start..start, header);
    }

    fn boolean(&mut self, value: bool) {
        let text: &[u8] = match (self.script, self.client, value) {
            (ScriptResp::Resp2, _, false) => return self.null(),
            (ScriptResp::Resp3, ScriptResp::Resp3, true) => b"#t\r\n",
            (ScriptResp::Resp3, ScriptResp::Resp3, false) => b"#f\r\n",
            (_, _, true) => b":1\r\n",
            (ScriptResp::Resp3, ScriptResp::Resp2, false) => b":0\r\n",
        };
        self.out.extend_from_slice(text);
    }

    fn null(&mut self) {
        self.out.extend_from_slice(match self.client {
            ScriptResp::Resp2 => b"$-1\r\n",
            ScriptResp::Resp3 => b"_\r\n",
        });
    }

    fn header(&mut self, kind: u8, value: i64) {
        write_header(self.out, kind, value);
    }
}

fn write_header(out: &mut Vec<u8>, kind: u8, value: i64) {
    out.push(kind);
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_bulk(out: &mut Vec<u8>, text: &[u8]) {
    write_header(out, b'$', text.len() as i64);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}
