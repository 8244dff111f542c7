//! `struct`: numbers and strings packed into bytes by a format, after Roberto Ierusalimschy's struct.
//!
//! A format is a sequence of options: `<` `>` byte order, `!n` alignment, `x` a zero byte, `b` `h` `i`*n* `l`
//! `T` integers (capitals unsigned), `f` `d` floating point, `s` a zero-terminated string, `c`*n* *n* bytes.

use crate::scripting::lua::{Frame, Kind, LuaResult, Raised, truncate};
use crate::scripting::sandbox::{add_function, add_library};

/// The largest `n` of `i`*n* and `I`*n*.
const INTEGER_BYTES_MAX: usize = 32;
/// What `!` alone aligns to.
const NATIVE_ALIGNMENT: usize = 8;

/// Adds the library to the globals on top of the stack.
pub(in crate::scripting) fn add_to(frame: &mut Frame<'_>) {
    frame.push_table(0, 4);
    add_function(frame, "pack", pack);
    add_function(frame, "unpack", unpack);
    add_function(frame, "size", size);
    add_library(frame, &["struct"]);
}

/// One element of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Padding,
    Integer {
        signed: bool,
    },
    Float,
    Double,
    /// Bytes up to a zero.
    Zero,
    /// A fixed number of bytes; 0 means "as many as there are", or "as the number before says".
    Chars,
}

/// The formats' settings so far and what remains.
struct Format<'f> {
    rest: &'f [u8],
    big_endian: bool,
    alignment: usize,
    /// `size` takes an unknown letter for no data at all.
    skips_unknown_letters: bool,
}

impl<'f> Format<'f> {
    fn new(text: &'f [u8]) -> Format<'f> {
        // The format is a C string to the original.
        let rest = crate::scripting::errors::until_zero(text);
        Format { rest, big_endian: false, alignment: 1, skips_unknown_letters: false }
    }

    fn count(&mut self, frame: &Frame<'_>, default: usize) -> Result<usize, Raised> {
        if !self.rest.first().is_some_and(u8::is_ascii_digit) {
            return Ok(default);
        }
        let mut count: usize = 0;
        while let Some((digit, rest)) = self.rest.split_first().filter(|(d, _)| d.is_ascii_digit())
        {
            self.rest = rest;
            let digit = usize::from(digit - b'0');
            count = count
                .checked_mul(10)
                .and_then(|count| count.checked_add(digit))
                .filter(|&count| count <= i32::MAX as usize)
                .ok_or_else(|| frame.raise("integral size overflow"))?;
        }
        Ok(count)
    }

    /// The next element, its size, and the padding that brings it to its alignment at `offset`.
    fn next(
        &mut self,
        frame: &Frame<'_>,
        offset: usize,
    ) -> Result<Option<(Item, usize, usize)>, Raised> {
        while let Some((&option, rest)) = self.rest.split_first() {
            self.rest = rest;
            let (item, size) = match option {
                b'x' => (Item::Padding, 1),
                b'b' | b'B' => (Item::Integer { signed: option == b'b' }, 1),
                b'h' | b'H' => (Item::Integer { signed: option == b'h' }, 2),
                b'l' | b'L' => (Item::Integer { signed: option == b'l' }, 8),
                b'T' => (Item::Integer { signed: false }, 8),
                b'i' | b'I' => {
                    let size = self.count(frame, 4)?;
                    if size > INTEGER_BYTES_MAX {
                        return Err(frame.raise(format!(
                            "integral size {size} is larger than limit of {INTEGER_BYTES_MAX}"
                        )));
                    }
                    (Item::Integer { signed: option == b'i' }, size)
                }
                b'f' => (Item::Float, 4),
                b'd' => (Item::Double, 8),
                b's' => (Item::Zero, 0),
                b'c' => (Item::Chars, self.count(frame, 1)?),
                _ => {
                    self.set(frame, option)?;
                    continue;
                }
            };
            let padding = if size == 0 || item == Item::Chars {
                0
            } else {
                let alignment = size.min(self.alignment);
                // Odd integer sizes are aligned by the same mask, as the original does.
                alignment.wrapping_sub(offset & (alignment - 1)) & (alignment - 1)
            };
            return Ok(Some((item, size, padding)));
        }
        Ok(None)
    }

    /// An option that stands for no data.
    fn set(&mut self, frame: &Frame<'_>, option: u8) -> Result<(), Raised> {
        match option {
            b' ' => {}
            _ if self.skips_unknown_letters && option.is_ascii_alphanumeric() => {}
            b'>' => self.big_endian = true,
            b'<' => self.big_endian = false,
            b'!' => {
                let alignment = self.count(frame, NATIVE_ALIGNMENT)?;
                if !alignment.is_power_of_two() {
                    return Err(frame.raise(format!("alignment {alignment} is not a power of 2")));
                }
                self.alignment = alignment;
            }
            _ => {
                let option = char::from(option);
                return Err(frame.arg_error(1, &format!("invalid format option '{option}'")));
            }
        }
        Ok(())
    }
}

fn pack(frame: &mut Frame<'_>) -> LuaResult {
    let mut format = Format::new(frame.check_bytes(1)?);
    let mut out = Vec::new();
    let mut arg = 2;
    while let Some((item, size, padding)) = format.next(frame, out.len())? {
        out.resize(out.len() + padding, 0);
        match item {
            Item::Padding => {
                out.push(0);
                continue;
            }
            Item::Integer { .. } => {
                let number = number_argument(frame, arg)?;
                push_integer(&mut out, number, size, format.big_endian);
            }
            Item::Float => {
                let bytes = (number_argument(frame, arg)? as f32).to_le_bytes();
                push_ordered(&mut out, bytes, format.big_endian);
            }
            Item::Double => {
                let bytes = number_argument(frame, arg)?.to_le_bytes();
                push_ordered(&mut out, bytes, format.big_endian);
            }
            Item::Zero => {
                out.extend_from_slice(text_argument(frame, arg)?);
                out.push(0);
            }
            Item::Chars => {
                let text = text_argument(frame, arg)?;
                let size = if size == 0 { text.len() } else { size };
                // The original has moved on to the next argument when it complains.
                let text =
                    text.get(..size).ok_or_else(|| frame.arg_error(arg + 1, "string too short"))?;
                out.extend_from_slice(text);
            }
        }
        arg += 1;
    }
    frame.push_bytes(&out);
    Ok(1)
}

/// To the original the first missing argument is a nil of its own.
fn check_present(frame: &Frame<'_>, n: usize, expected: &str) -> Result<(), Raised> {
    if n == frame.arg_count() + 1 {
        return Err(frame.arg_error(n, &format!("{expected} expected, got nil")));
    }
    Ok(())
}

fn number_argument(frame: &Frame<'_>, n: usize) -> Result<f64, Raised> {
    check_present(frame, n, "number")?;
    frame.check_number(n)
}

fn text_argument<'l>(frame: &Frame<'l>, n: usize) -> Result<&'l [u8], Raised> {
    check_present(frame, n, "string")?;
    frame.check_bytes(n)
}

fn push_ordered<const N: usize>(out: &mut Vec<u8>, mut little: [u8; N], big_endian: bool) {
    if big_endian {
        little.reverse();
    }
    out.extend_from_slice(&little);
}

fn push_integer(out: &mut Vec<u8>, number: f64, size: usize, big_endian: bool) {
    let value = if number < 0.0 { truncate(number) as u64 } else { truncate_unsigned(number) };
    let mut bytes = [0; INTEGER_BYTES_MAX];
    bytes[..8].copy_from_slice(&value.to_le_bytes());
    let bytes = &mut bytes[..size];
    if big_endian {
        bytes.reverse();
    }
    out.extend_from_slice(bytes);
}

/// The conversion of a non-negative double to 64 unsigned bits that x86-64 makes in C.
fn truncate_unsigned(number: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if number < HALF {
        truncate(number) as u64
    } else {
        (truncate(number - HALF) as u64) ^ (1 << 63)
    }
}

fn unpack(frame: &mut Frame<'_>) -> LuaResult {
    let mut format = Format::new(frame.check_bytes(1)?);
    let data = frame.check_bytes(2)?;
    let start = if frame.is_nil_or_none(3) { 1 } else { frame.check_integer(3)? };
    if start == 0 {
        return Err(frame.arg_error(3, "offset must be 1 or greater"));
    }
    // A negative offset is one beyond any data.
    let mut at = start.wrapping_sub(1) as usize;
    let mut value_count: usize = 0;
    while let Some((item, size, padding)) = format.next(frame, at)? {
        at = at.saturating_add(padding);
        let too_short = |frame: &Frame<'_>| frame.arg_error(2, "data string too short");
        if size > data.len() || at > data.len() - size {
            return Err(too_short(frame));
        }
        // One for the value, one for the position at the end.
        if !frame.has_room(2) {
            return Err(frame.raise("stack overflow (too many results)"));
        }
        let bytes = &data[at..at + size];
        at += size;
        match item {
            Item::Padding => continue,
            Item::Integer { signed } => {
                frame.push_number(read_integer(bytes, signed, format.big_endian));
            }
            Item::Float => {
                let bytes: [u8; 4] = ordered(bytes, format.big_endian);
                frame.push_number(f32::from_le_bytes(bytes).into());
            }
            Item::Double => {
                frame.push_number(f64::from_le_bytes(ordered(bytes, format.big_endian)))
            }
            Item::Zero => {
                let Some(len) = memchr::memchr(0, &data[at..]) else {
                    return Err(frame.raise("unfinished string in data"));
                };
                frame.push_bytes(&data[at..at + len]);
                at += len + 1;
            }
            Item::Chars if size == 0 => {
                if value_count == 0 || frame.kind(-1) != Kind::Number {
                    return Err(frame.raise("format 'c0' needs a previous size"));
                }
                let size = frame.number(-1).map_or(0, truncate) as u64 as usize;
                frame.pop(1);
                if size > data.len() || at > data.len() - size {
                    return Err(too_short(frame));
                }
                frame.push_bytes(&data[at..at + size]);
                at += size;
                continue; // in place of the number
            }
            Item::Chars => frame.push_bytes(bytes),
        }
        value_count += 1;
    }
    frame.push_number(at.wrapping_add(1) as i64 as f64);
    Ok(value_count + 1)
}

fn ordered<const N: usize>(bytes: &[u8], big_endian: bool) -> [u8; N] {
    let mut little = [0; N];
    little.copy_from_slice(bytes);
    if big_endian {
        little.reverse();
    }
    little
}

fn read_integer(bytes: &[u8], signed: bool, big_endian: bool) -> f64 {
    let mut value: u64 = 0;
    let mut add = |byte: u8| value = value << 8 | u64::from(byte);
    if big_endian {
        bytes.iter().for_each(|&byte| add(byte));
    } else {
        bytes.iter().rev().for_each(|&byte| add(byte));
    }
    if !signed {
        return value as f64;
    }
    let unused_bits = 64u32.saturating_sub(8 * bytes.len() as u32);
    if unused_bits == 64 {
        return 0.0;
    }
    (((value << unused_bits) as i64) >> unused_bits) as f64
}

fn size(frame: &mut Frame<'_>) -> LuaResult {
    let mut format = Format::new(frame.check_bytes(1)?);
    format.skips_unknown_letters = true;
    let mut total: usize = 0;
    while let Some((item, size, padding)) = format.next(frame, total)? {
        if item == Item::Zero {
            return Err(frame.arg_error(1, "option 's' has no fixed size"));
        }
        if item == Item::Chars && size == 0 {
            return Err(frame.arg_error(1, "option 'c0' has no fixed size"));
        }
        total += padding + size;
    }
    frame.push_number(total as f64);
    Ok(1)
}
