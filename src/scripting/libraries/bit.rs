//! `bit`: operations on the low 32 bits of numbers, after BitOp 1.0.2.

use crate::scripting::lua::{Frame, LuaResult, Raised};
use crate::scripting::sandbox::{add_function, add_library};

/// Adds the library to the globals on top of the stack.
pub(in crate::scripting) fn add_to(frame: &mut Frame<'_>) {
    frame.push_table(0, 12);
    add_function(frame, "tobit", |frame| {
        let bits = argument(frame, 1)?;
        result(frame, bits)
    });
    add_function(frame, "bnot", |frame| {
        let bits = argument(frame, 1)?;
        result(frame, !bits)
    });
    add_function(frame, "bswap", |frame| {
        let bits = argument(frame, 1)?;
        result(frame, bits.swap_bytes())
    });
    add_function(frame, "band", |frame| fold(frame, |a, b| a & b));
    add_function(frame, "bor", |frame| fold(frame, |a, b| a | b));
    add_function(frame, "bxor", |frame| fold(frame, |a, b| a ^ b));
    add_function(frame, "lshift", |frame| shift(frame, |bits, by| bits << by));
    add_function(frame, "rshift", |frame| shift(frame, |bits, by| bits >> by));
    add_function(frame, "arshift", |frame| shift(frame, |bits, by| (bits as i32 >> by) as u32));
    add_function(frame, "rol", |frame| shift(frame, u32::rotate_left));
    add_function(frame, "ror", |frame| shift(frame, u32::rotate_right));
    add_function(frame, "tohex", tohex);
    add_library(frame, &["bit"]);
}

/// The low 32 bits of argument `n`, rounded to the nearest integer.
fn argument(frame: &Frame<'_>, n: usize) -> Result<u32, Raised> {
    // Adding 2^52 + 2^51 leaves the integer in the low bits of the double, whatever its sign.
    const BIAS: f64 = 6_755_399_441_055_744.0;
    frame.check_number(n).map(|number| (number + BIAS).to_bits() as u32)
}

fn result(frame: &mut Frame<'_>, bits: u32) -> LuaResult {
    frame.push_number((bits as i32).into());
    Ok(1)
}

fn fold(frame: &mut Frame<'_>, operation: impl Fn(u32, u32) -> u32) -> LuaResult {
    let mut bits = argument(frame, 1)?;
    for n in 2..=frame.arg_count() {
        bits = operation(bits, argument(frame, n)?);
    }
    result(frame, bits)
}

fn shift(frame: &mut Frame<'_>, operation: impl Fn(u32, u32) -> u32) -> LuaResult {
    let bits = argument(frame, 1)?;
    let by = argument(frame, 2)? & 31;
    result(frame, operation(bits, by))
}

/// As many hexadecimal digits as argument 2 says, capitals if it is negative.
fn tohex(frame: &mut Frame<'_>) -> LuaResult {
    let bits = argument(frame, 1)?;
    let digit_count = if frame.arg_count() < 2 { 8 } else { argument(frame, 2)? as i32 };
    let text = if digit_count < 0 { format!("{bits:08X}") } else { format!("{bits:08x}") };
    let shown = digit_count.unsigned_abs().min(8) as usize;
    frame.push_bytes(&text.as_bytes()[8 - shown..]);
    Ok(1)
}
