//! `cmsgpack`: MessagePack, after Salvatore Sanfilippo's lua-cmsgpack.
//!
//! This is the old format, without binary and extension types. A table whose keys are exactly 1 to n is an array, any other a map. What MessagePack has no form for
//! is nil, and so is a table nested deeper than [`NESTING_MAX`].

use crate::scripting::lua::{self, Frame, Kind, LuaResult, NESTING_ROOM, Raised, truncate};
use crate::scripting::sandbox::{add_function, add_library};

const NESTING_MAX: usize = 16;

/// Adds the library to the globals on top of the stack.
pub(in crate::scripting) fn add_to(frame: &mut Frame<'_>) {
    frame.push_table(0, 8);
    add_function(frame, "pack", pack);
    add_function(frame, "unpack", unpack);
    add_function(frame, "unpack_one", unpack_one);
    add_function(frame, "unpack_limit", unpack_limit);
    for (name, text) in [
        ("_NAME", "cmsgpack"),
        ("_VERSION", "lua-cmsgpack 0.4.0"),
        ("_COPYRIGHT", "Copyright (C) 2012, Redis Ltd."),
        ("_DESCRIPTION", "MessagePack C implementation for Lua"),
    ] {
        frame.push_bytes(text.as_bytes());
        frame.raw_set_field(-2, name.as_bytes());
    }
    add_library(frame, &["cmsgpack"]);
}

// Packing -----------------------------------------------------------------------------------------

fn pack(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() == 0 {
        return Err(frame.arg_error(0, "MessagePack pack needs input."));
    }
    if !frame.has_room(frame.arg_count()) {
        return Err(frame.arg_error(0, "Too many arguments for MessagePack pack."));
    }
    let mut out = Vec::new();
    for n in 1..=frame.arg_count() {
        frame.push_copy(n as i32);
        pack_value(frame, &mut out, 0)?;
        frame.pop(1);
    }
    frame.push_bytes(&out);
    Ok(1)
}

/// Appends the value on top of the stack.
fn pack_value(frame: &mut Frame<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Raised> {
    match frame.kind(-1) {
        Kind::String => {
            let text = frame.bytes(-1).unwrap_or_default();
            match text.len() {
                len @ ..32 => out.push(0xa0 | len as u8),
                len => push_len(out, len, Some(0xd9), 0xda, 0xdb),
            }
            out.extend_from_slice(text);
        }
        Kind::Boolean => out.push(if frame.boolean(-1) { 0xc3 } else { 0xc2 }),
        Kind::Number => pack_number(out, frame.number(-1).unwrap_or_default()),
        Kind::Table if depth < NESTING_MAX => {
            if !frame.has_room(NESTING_ROOM) {
                return Err(frame.raise("stack overflow (in function mp_encode_lua_table)"));
            }
            match array_len(frame) {
                Some(len) => pack_array(frame, out, len, depth)?,
                None => pack_map(frame, out, depth)?,
            }
        }
        _ => out.push(0xc0),
    }
    Ok(())
}

fn push_len(out: &mut Vec<u8>, len: usize, tag8: Option<u8>, tag16: u8, tag32: u8) {
    match (tag8, len) {
        (Some(tag8), ..=0xff) => out.extend_from_slice(&[tag8, len as u8]),
        (_, ..=0xffff) => {
            out.push(tag16);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            out.push(tag32);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
}

fn pack_number(out: &mut Vec<u8>, number: f64) {
    let integer = truncate(number);
    // 2^63 does not fit, though its conversion back would say so.
    if integer as f64 == number && !(integer == i64::MAX || number >= 9_223_372_036_854_775_808.0) {
        return pack_integer(out, integer);
    }
    let single = number as f32;
    if f64::from(single) == number {
        out.push(0xca);
        out.extend_from_slice(&single.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn pack_integer(out: &mut Vec<u8>, integer: i64) {
    match integer {
        0..=0x7f => out.push(integer as u8),
        -32..0 => out.push(integer as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, integer as u8]),
        -0x80..-32 => out.extend_from_slice(&[0xd0, integer as u8]),
        0x100..=0xffff => tagged(out, 0xcd, (integer as u16).to_be_bytes()),
        -0x8000..-0x80 => tagged(out, 0xd1, (integer as i16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => tagged(out, 0xce, (integer as u32).to_be_bytes()),
        -0x8000_0000..-0x8000 => tagged(out, 0xd2, (integer as i32).to_be_bytes()),
        0x1_0000_0000.. => tagged(out, 0xcf, integer.to_be_bytes()),
        _ => tagged(out, 0xd3, integer.to_be_bytes()),
    }
}

fn tagged<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

/// The length of the table on top if its keys are exactly 1 to n.
fn array_len(frame: &mut Frame<'_>) -> Option<usize> {
    let (mut count, mut largest): (usize, i64) = (0, 0);
    frame.push_nil();
    while frame.next(-2) {
        frame.pop(1);
        let key = (frame.kind(-1) == Kind::Number).then(|| frame.number(-1)).flatten();
        match key {
            Some(key) if key > 0.0 && truncate(key) as f64 == key => {
                count += 1;
                largest = largest.max(truncate(key));
            }
            _ => {
                frame.pop(1);
                return None;
            }
        }
    }
    (largest == count as i64).then_some(count)
}

fn pack_array(
    frame: &mut Frame<'_>,
    out: &mut Vec<u8>,
    len: usize,
    depth: usize,
) -> Result<(), Raised> {
    match len {
        ..16 => out.push(0x90 | len as u8),
        _ => push_len(out, len, None, 0xdc, 0xdd),
    }
    for n in 1..=len {
        frame.raw_get_item(-1, n as i32);
        pack_value(frame, out, depth + 1)?;
        frame.pop(1);
    }
    Ok(())
}

fn pack_map(frame: &mut Frame<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Raised> {
    let mut len = 0;
    frame.push_nil();
    while frame.next(-2) {
        frame.pop(1);
        len += 1;
    }
    match len {
        ..16 => out.push(0x80 | len as u8),
        _ => push_len(out, len, None, 0xde, 0xdf),
    }
    frame.push_nil();
    while frame.next(-2) {
        frame.push_copy(-2);
        pack_value(frame, out, depth + 1)?;
        frame.pop(1);
        pack_value(frame, out, depth + 1)?;
        frame.pop(1);
    }
    Ok(())
}

// Unpacking ---------------------------------------------------------------------------------------

fn unpack(frame: &mut Frame<'_>) -> LuaResult {
    unpack_some(frame, 0, 0)
}

fn unpack_one(frame: &mut Frame<'_>) -> LuaResult {
    let offset = optional_integer(frame, 2, 0)?;
    frame.drop_numbers_after(1);
    unpack_some(frame, 1, offset)
}

fn unpack_limit(frame: &mut Frame<'_>) -> LuaResult {
    let limit = frame.check_integer(2)? as i32;
    let offset = optional_integer(frame, 3, 0)?;
    frame.drop_numbers_after(1);
    unpack_some(frame, limit, offset)
}

fn optional_integer(frame: &Frame<'_>, n: usize, default: i32) -> Result<i32, Raised> {
    if frame.is_nil_or_none(n as i32) {
        return Ok(default);
    }
    frame.check_integer(n).map(|integer| integer as i32)
}

/// Returns the offset to go on from, -1 at the end, and then the values; only the values if all are asked
/// for, which limit and offset 0 mean.
fn unpack_some(frame: &mut Frame<'_>, limit: i32, offset: i32) -> LuaResult {
    let (count, end) = unpack_values(frame, limit, offset)?;
    if limit == 0 && offset == 0 {
        return Ok(count);
    }
    if !frame.has_room(1) {
        return Err(frame.raise("stack overflow (in function mp_unpack_full)"));
    }
    frame.push_number(end.map_or(-1.0, |end| end as f64));
    frame.insert(-(count as i32) - 1);
    Ok(count + 1)
}

/// Pushes up to `limit` values from `offset` on, all if both are 0; also returns where the input goes on.
fn unpack_values(
    frame: &mut Frame<'_>,
    limit: i32,
    offset: i32,
) -> Result<(usize, Option<usize>), Raised> {
    let input = frame.check_bytes(1)?;
    if offset < 0 || limit < 0 {
        return Err(frame.raise(format!(
            "Invalid request to unpack with offset of {offset} and limit of {}.",
            input.len()
        )));
    }
    if offset as usize > input.len() {
        return Err(frame
            .raise(format!("Start offset {offset} greater than input length {}.", input.len())));
    }
    let unlimited = limit == 0 && offset == 0;
    let mut reader = Reader { input, at: offset as usize, depth: 0 };
    let mut count = 0;
    while reader.at < input.len() && (unlimited || count < limit as usize) {
        reader.push_value(frame)?;
        count += 1;
    }
    let end = (reader.at < input.len()).then_some(reader.at);
    Ok((count, end))
}

struct Reader<'i> {
    input: &'i [u8],
    at: usize,
    depth: u32,
}

impl<'i> Reader<'i> {
    fn take(&mut self, frame: &Frame<'_>, len: usize) -> Result<&'i [u8], Raised> {
        let bytes = self
            .at
            .checked_add(len)
            .and_then(|end| self.input.get(self.at..end))
            .ok_or_else(|| frame.raise("Missing bytes in input."))?;
        self.at += len;
        Ok(bytes)
    }

    fn unsigned(&mut self, frame: &Frame<'_>, len: usize) -> Result<u64, Raised> {
        let bytes = self.take(frame, len)?;
        Ok(bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn signed(&mut self, frame: &Frame<'_>, len: usize) -> Result<i64, Raised> {
        let unused_bits = 64 - 8 * len as u32;
        Ok((self.unsigned(frame, len)? << unused_bits) as i64 >> unused_bits)
    }

    fn push_value(&mut self, frame: &mut Frame<'_>) -> Result<(), Raised> {
        let room = if self.depth == 0 { 1 } else { NESTING_ROOM };
        if self.depth >= lua::NESTING_MAX || !frame.has_room(room) {
            return Err(frame.raise(
                "stack overflow (too many return values at once; \
                 use unpack_one or unpack_limit instead.)",
            ));
        }
        self.depth += 1;
        let pushed = self.push_nested(frame);
        self.depth -= 1;
        pushed
    }

    fn push_nested(&mut self, frame: &mut Frame<'_>) -> Result<(), Raised> {
        let tag = self.take(frame, 1)?[0];
        match tag {
            0..=0x7f => frame.push_number(tag.into()),
            0xe0..=0xff => frame.push_number((tag as i8).into()),
            0x80..=0x8f => self.push_map(frame, usize::from(tag & 15))?,
            0x90..=0x9f => self.push_array(frame, usize::from(tag & 15))?,
            0xa0..=0xbf => self.push_text(frame, usize::from(tag & 31))?,
            0xc0 => frame.push_nil(),
            0xc2 | 0xc3 => frame.push_boolean(tag == 0xc3),
            0xca => {
                let bits = self.unsigned(frame, 4)? as u32;
                frame.push_number(f32::from_bits(bits).into());
            }
            0xcb => {
                let bits = self.unsigned(frame, 8)?;
                frame.push_number(f64::from_bits(bits));
            }
            0xcc..=0xcf => {
                let value = self.unsigned(frame, 1 << (tag - 0xcc))?;
                frame.push_number(value as f64);
            }
            0xd0..=0xd3 => {
                let value = self.signed(frame, 1 << (tag - 0xd0))?;
                frame.push_number(value as f64);
            }
            0xd9..=0xdb => self.sized(frame, 1 << (tag - 0xd9), Self::push_text)?,
            0xdc | 0xdd => self.sized(frame, 2 << (tag - 0xdc), Self::push_array)?,
            0xde | 0xdf => self.sized(frame, 2 << (tag - 0xde), Self::push_map)?,
            0xc1 | 0xc4..=0xc9 | 0xd4..=0xd8 => {
                return Err(frame.raise("Bad data format in input."));
            }
        }
        Ok(())
    }

    /// Reads a length and then what has that length.
    fn sized(
        &mut self,
        frame: &mut Frame<'_>,
        len_bytes: usize,
        push: fn(&mut Self, &mut Frame<'_>, usize) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        let len = self.unsigned(frame, len_bytes)? as usize;
        push(self, frame, len)
    }

    fn push_text(&mut self, frame: &mut Frame<'_>, len: usize) -> Result<(), Raised> {
        let text = self.take(frame, len)?;
        frame.push_bytes(text);
        Ok(())
    }

    fn push_array(&mut self, frame: &mut Frame<'_>, len: usize) -> Result<(), Raised> {
        // A length is only believed as far as there is input for it.
        frame.push_table(len.min(self.input.len() - self.at), 0);
        for n in 1..=len {
            self.push_value(frame)?;
            frame.raw_set_item(-2, n as i32);
        }
        Ok(())
    }

    fn push_map(&mut self, frame: &mut Frame<'_>, len: usize) -> Result<(), Raised> {
        frame.push_table(0, len.min((self.input.len() - self.at) / 2));
        for _ in 0..len {
            self.push_value(frame)?;
            self.push_value(frame)?;
            match frame.kind(-2) {
                Kind::Nil => return Err(frame.raise_plain("table index is nil")),
                Kind::Number if frame.number(-2).is_some_and(f64::is_nan) => {
                    return Err(frame.raise_plain("table index is NaN"));
                }
                _ => frame.raw_set(-3),
            }
        }
        Ok(())
    }
}
