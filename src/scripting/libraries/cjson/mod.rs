//! `cjson`: JSON, after Mark Pulford's lua-cjson 2.1.0.
//!
//! JSON's null is the light userdata `cjson.null`. Settings belong to the module table that
//! `cjson.new` makes, and, as in Valkey, outlive a script.

mod decode;
mod encode;

use super::super::lua::{Frame, Kind, LuaResult, Raised};
use super::super::sandbox::{add_function, add_library};

/// What a module table is set to.
#[derive(Debug, Clone, Copy)]
struct Settings {
    encode_max_depth: i32,
    encode_invalid_numbers: InvalidNumbers,
    /// Significant digits.
    encode_precision: i32,
    encode_keep_buffer: bool,
    sparse: Sparse,
    decode_max_depth: i32,
    decode_invalid_numbers: bool,
}

/// When a table with gaps counts as an array.
#[derive(Debug, Clone, Copy)]
struct Sparse {
    /// Too sparse a table becomes an object instead of an error.
    convert: bool,
    /// Too sparse: the largest index is above this many times the number of items (0: never) ...
    ratio: i32,
    /// ... and above this.
    safe: i32,
}

/// How NaN and infinities are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InvalidNumbers {
    Refused,
    Written,
    Null,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            encode_max_depth: 1000,
            encode_invalid_numbers: InvalidNumbers::Refused,
            encode_precision: 14,
            encode_keep_buffer: true,
            sparse: Sparse { convert: false, ratio: 2, safe: 10 },
            decode_max_depth: 1000,
            decode_invalid_numbers: true,
        }
    }
}

/// Adds the library to the globals on top of the stack.
pub(in crate::scripting) fn add_to(frame: &mut Frame<'_>) {
    push_module(frame);
    add_library(frame, &["cjson"]);
}

fn push_module(frame: &mut Frame<'_>) {
    frame.push_table(0, 16);
    frame.push_data(Settings::default());
    add_with_settings(frame, "encode", encode::encode);
    add_with_settings(frame, "decode", decode::decode);
    add_with_settings(frame, "encode_sparse_array", encode_sparse_array);
    add_with_settings(frame, "encode_max_depth", encode_max_depth);
    add_with_settings(frame, "decode_max_depth", decode_max_depth);
    add_with_settings(frame, "encode_number_precision", encode_number_precision);
    add_with_settings(frame, "encode_keep_buffer", encode_keep_buffer);
    add_with_settings(frame, "encode_invalid_numbers", encode_invalid_numbers);
    add_with_settings(frame, "decode_invalid_numbers", decode_invalid_numbers);
    frame.pop(1);
    add_function(frame, "new", |frame| {
        push_module(frame);
        Ok(1)
    });
    frame.push_light_userdata(0);
    frame.raw_set_field(-2, b"null");
    frame.push_bytes(b"cjson");
    frame.raw_set_field(-2, b"_NAME");
    frame.push_bytes(b"2.1.0");
    frame.raw_set_field(-2, b"_VERSION");
}

/// Adds a function that shares the settings on top of the stack to the table below them.
fn add_with_settings<F>(frame: &mut Frame<'_>, name: &str, function: F)
where
    F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
{
    frame.push_copy(-1);
    frame.push_function(function, 1);
    frame.raw_set_field(-3, name.as_bytes());
}

fn settings(frame: &Frame<'_>) -> Settings {
    frame.upvalue::<Settings>(1).get()
}

fn change(frame: &Frame<'_>, edit: impl FnOnce(&mut Settings)) {
    let cell = frame.upvalue::<Settings>(1);
    let mut settings = cell.get();
    edit(&mut settings);
    cell.set(settings);
}

// Settings ----------------------------------------------------------------------------------------

fn at_most(frame: &Frame<'_>, count: usize) -> Result<(), Raised> {
    if frame.arg_count() <= count {
        return Ok(());
    }
    Err(frame.arg_error(count + 1, "found too many arguments"))
}

/// Argument `n`, if given, as an integer within bounds.
fn integer_option(frame: &Frame<'_>, n: usize, min: i32, max: i32) -> Result<Option<i32>, Raised> {
    if frame.is_nil_or_none(n as i32) {
        return Ok(None);
    }
    let value = frame.check_integer(n)? as i32;
    if (min..=max).contains(&value) {
        return Ok(Some(value));
    }
    Err(frame.arg_error(1, &format!("expected integer between {min} and {max}")))
}

/// Argument `n`, if given, as the position of a word in `words`; booleans stand for the first two.
fn word_option(frame: &Frame<'_>, n: usize, words: &[&str]) -> Result<Option<usize>, Raised> {
    match frame.kind(n as i32) {
        Kind::None | Kind::Nil => Ok(None),
        Kind::Boolean => Ok(Some(frame.boolean(n as i32).into())),
        _ => {
            let word = frame.check_bytes(n)?;
            match words.iter().position(|known| known.as_bytes() == word) {
                Some(position) => Ok(Some(position)),
                None => {
                    let word = String::from_utf8_lossy(word);
                    Err(frame.arg_error(n, &format!("invalid option '{word}'")))
                }
            }
        }
    }
}

const OFF_ON: &[&str] = &["off", "on"];

fn encode_sparse_array(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 3)?;
    if let Some(convert) = word_option(frame, 1, OFF_ON)? {
        change(frame, |settings| settings.sparse.convert = convert == 1);
    }
    frame.push_boolean(settings(frame).sparse.convert);
    if let Some(ratio) = integer_option(frame, 2, 0, i32::MAX)? {
        change(frame, |settings| settings.sparse.ratio = ratio);
    }
    frame.push_number(settings(frame).sparse.ratio.into());
    if let Some(safe) = integer_option(frame, 3, 0, i32::MAX)? {
        change(frame, |settings| settings.sparse.safe = safe);
    }
    frame.push_number(settings(frame).sparse.safe.into());
    Ok(3)
}

fn encode_max_depth(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 1)?;
    if let Some(depth) = integer_option(frame, 1, 1, i32::MAX)? {
        change(frame, |settings| settings.encode_max_depth = depth);
    }
    frame.push_number(settings(frame).encode_max_depth.into());
    Ok(1)
}

fn decode_max_depth(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 1)?;
    if let Some(depth) = integer_option(frame, 1, 1, i32::MAX)? {
        change(frame, |settings| settings.decode_max_depth = depth);
    }
    frame.push_number(settings(frame).decode_max_depth.into());
    Ok(1)
}

fn encode_number_precision(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 1)?;
    if let Some(digits) = integer_option(frame, 1, 1, 14)? {
        change(frame, |settings| settings.encode_precision = digits);
    }
    frame.push_number(settings(frame).encode_precision.into());
    Ok(1)
}

/// Accepted and remembered; the buffer here is never kept by a module.
fn encode_keep_buffer(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 1)?;
    if let Some(keep) = word_option(frame, 1, OFF_ON)? {
        change(frame, |settings| settings.encode_keep_buffer = keep == 1);
    }
    frame.push_boolean(settings(frame).encode_keep_buffer);
    Ok(1)
}

fn encode_invalid_numbers(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 1)?;
    if let Some(choice) = word_option(frame, 1, &["off", "on", "null"])? {
        let choice = match choice {
            0 => InvalidNumbers::Refused,
            1 => InvalidNumbers::Written,
            _ => InvalidNumbers::Null,
        };
        change(frame, |settings| settings.encode_invalid_numbers = choice);
    }
    match settings(frame).encode_invalid_numbers {
        InvalidNumbers::Refused => frame.push_boolean(false),
        InvalidNumbers::Written => frame.push_boolean(true),
        InvalidNumbers::Null => frame.push_bytes(b"null"),
    }
    Ok(1)
}

fn decode_invalid_numbers(frame: &mut Frame<'_>) -> LuaResult {
    at_most(frame, 1)?;
    if let Some(allow) = word_option(frame, 1, OFF_ON)? {
        change(frame, |settings| settings.decode_invalid_numbers = allow == 1);
    }
    frame.push_boolean(settings(frame).decode_invalid_numbers);
    Ok(1)
}
