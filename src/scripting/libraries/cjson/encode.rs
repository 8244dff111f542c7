//! Lua values to JSON text.

use super::{InvalidNumbers, Settings, settings};
use crate::scripting::lua::{Frame, Kind, LuaResult, NESTING_MAX, NESTING_ROOM, Raised};
use crate::scripting::number;
use crate::types::double::as_integer;

pub(super) fn encode(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() != 1 {
        return Err(frame.arg_error(1, "expected 1 argument"));
    }
    let mut encoder = Encoder { settings: settings(frame), out: Vec::with_capacity(256) };
    frame.push_copy(1);
    encoder.value(frame, 0)?;
    frame.pop(1);
    frame.push_bytes(&encoder.out);
    Ok(1)
}

struct Encoder {
    settings: Settings,
    out: Vec<u8>,
}

impl Encoder {
    /// Appends the value on top of the stack.
    fn value(&mut self, frame: &mut Frame<'_>, depth: i32) -> Result<(), Raised> {
        match frame.kind(-1) {
            Kind::String => self.text(frame.bytes(-1).unwrap_or_default()),
            Kind::Number => self.number(frame)?,
            Kind::Boolean => {
                self.out.extend_from_slice(if frame.boolean(-1) { b"true" } else { b"false" });
            }
            Kind::Table => self.table(frame, depth + 1)?,
            Kind::Nil => self.out.extend_from_slice(b"null"),
            Kind::LightUserdata if frame.light_userdata(-1) == Some(0) => {
                self.out.extend_from_slice(b"null");
            }
            _ => return Err(refuse(frame, "type not supported")),
        }
        Ok(())
    }

    fn number(&mut self, frame: &Frame<'_>) -> Result<(), Raised> {
        let number = frame.number(-1).unwrap_or_default();
        match self.settings.encode_invalid_numbers {
            InvalidNumbers::Refused if !number.is_finite() => {
                return Err(refuse(frame, "must not be NaN or Inf"));
            }
            InvalidNumbers::Written if number.is_nan() => self.out.extend_from_slice(b"nan"),
            InvalidNumbers::Null if !number.is_finite() => self.out.extend_from_slice(b"null"),
            _ => self.finite(number),
        }
        Ok(())
    }

    fn finite(&mut self, number: f64) {
        let precision = self.settings.encode_precision as usize;
        // Integers below 10^precision are the common case, and their digits are the whole text.
        match as_integer(number) {
            Some(integer)
                if integer.unsigned_abs() < 10u64.pow(precision as u32)
                    && !(integer == 0 && number.is_sign_negative()) =>
            {
                self.out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
            }
            _ => number::push_general(&mut self.out, number, precision),
        }
    }

    fn table(&mut self, frame: &mut Frame<'_>, depth: i32) -> Result<(), Raised> {
        let depth_max = self.settings.encode_max_depth.min(NESTING_MAX as i32);
        if depth > depth_max || !frame.has_room(NESTING_ROOM) {
            return Err(frame.raise(format!("Cannot serialise, excessive nesting ({depth})")));
        }
        match self.array_len(frame)? {
            Some(len) => self.array(frame, len, depth),
            None => self.object(frame, depth),
        }
    }

    /// The length of the table on top if it is to be an array: not empty, keys positive integers, and not
    /// too sparse.
    fn array_len(&self, frame: &mut Frame<'_>) -> Result<Option<i32>, Raised> {
        let (mut largest, mut count) = (0.0_f64, 0.0_f64);
        frame.push_nil();
        while frame.next(-2) {
            frame.pop(1);
            let key = (frame.kind(-1) == Kind::Number).then(|| frame.number(-1)).flatten();
            match key {
                Some(key) if key >= 1.0 && key.floor() == key => {
                    largest = largest.max(key);
                    count += 1.0;
                }
                _ => {
                    frame.pop(1);
                    return Ok(None);
                }
            }
        }
        let sparse = self.settings.sparse;
        if sparse.ratio > 0
            && largest > count * f64::from(sparse.ratio)
            && largest > f64::from(sparse.safe)
        {
            if !sparse.convert {
                return Err(refuse(frame, "excessively sparse array"));
            }
            return Ok(None);
        }
        Ok((largest > 0.0).then_some(largest as i32))
    }

    fn array(&mut self, frame: &mut Frame<'_>, len: i32, depth: i32) -> Result<(), Raised> {
        self.out.push(b'[');
        for n in 1..=len {
            if n > 1 {
                self.out.push(b',');
            }
            frame.raw_get_item(-1, n);
            self.value(frame, depth)?;
            frame.pop(1);
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, frame: &mut Frame<'_>, depth: i32) -> Result<(), Raised> {
        self.out.push(b'{');
        let mut first = true;
        frame.push_nil();
        while frame.next(-2) {
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            match frame.kind(-2) {
                Kind::String => self.text(frame.bytes(-2).unwrap_or_default()),
                Kind::Number => {
                    self.out.push(b'"');
                    frame.push_copy(-2);
                    self.number(frame)?;
                    frame.pop(1);
                    self.out.push(b'"');
                }
                _ => {
                    frame.push_copy(-2);
                    return Err(refuse(frame, "table key must be a number or string"));
                }
            }
            self.out.push(b':');
            self.value(frame, depth)?;
            frame.pop(1);
        }
        self.out.push(b'}');
        Ok(())
    }

    fn text(&mut self, text: &[u8]) {
        self.out.push(b'"');
        let mut plain_from = 0;
        for (at, &byte) in text.iter().enumerate() {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'/' => b"\\/",
                0x08 => b"\\b",
                b'\t' => b"\\t",
                b'\n' => b"\\n",
                0x0c => b"\\f",
                b'\r' => b"\\r",
                0..0x20 | 0x7f => b"",
                _ => continue,
            };
            self.out.extend_from_slice(&text[plain_from..at]);
            plain_from = at + 1;
            if escape.is_empty() {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                self.out.extend_from_slice(b"\\u00");
                self.out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            } else {
                self.out.extend_from_slice(escape);
            }
        }
        self.out.extend_from_slice(&text[plain_from..]);
        self.out.push(b'"');
    }
}

/// The error about the value on top of the stack.
fn refuse(frame: &Frame<'_>, reason: &str) -> Raised {
    let kind = frame.kind(-1).name();
    frame.raise(format!("Cannot serialise {kind}: {reason}"))
}
