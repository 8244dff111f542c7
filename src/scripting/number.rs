//! Numbers of Lua as text: as arguments of commands, and as C's `%g` writes them.

use std::io::Write;

use crate::types::double::{as_integer, format_double};

/// Appends the number as an argument of a command: digits if it is an integer, else the shortest text
/// that reads back as the same number.
pub(super) fn push_argument(out: &mut Vec<u8>, number: f64) {
    match as_integer(number) {
        Some(integer) => out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes()),
        // As C prints what 0/0 gives on x86-64.
        None if number.is_nan() && number.is_sign_negative() => out.extend_from_slice(b"-nan"),
        None => out.extend_from_slice(format_double(number).as_bytes()),
    }
}

/// Appends the number as C's `%.<precision>g` writes it.
pub(super) fn push_general(out: &mut Vec<u8>, number: f64, precision: usize) {
    if number.is_nan() || number.is_infinite() {
        if number.is_sign_negative() {
            out.push(b'-');
        }
        return out.extend_from_slice(if number.is_nan() { b"nan" } else { b"inf" });
    }
    let precision = precision.max(1);
    let text = format!("{number:.*e}", precision - 1);
    let (mantissa, exponent) = text.split_once('e').expect("Rust writes an exponent");
    let exponent: i32 = exponent.parse().expect("Rust writes a decimal exponent");
    if exponent < -4 || exponent >= precision as i32 {
        out.extend_from_slice(without_trailing_zeros(mantissa).as_bytes());
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "e{sign}{:02}", exponent.unsigned_abs()).expect("writing to a Vec");
    } else {
        let decimals = (precision as i32 - 1 - exponent) as usize;
        let text = format!("{number:.decimals$}");
        out.extend_from_slice(without_trailing_zeros(&text).as_bytes());
    }
}

fn without_trailing_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// Texts taken from Valkey 9.1: `redis.call('echo', number)`.
    #[test]
    fn an_argument_has_the_shortest_text() {
        for (number, expected) in [
            (3.0, "3"),
            (-0.0, "0"),
            (1e17, "100000000000000000"),
            (9_223_372_036_854_775_808.0, "9223372036854776000"),
            (1e19, "1e+19"),
            (1.5e25, "1.5e+25"),
            (1.234_567_890_123e20, "1.234567890123e+20"),
            (0.1, "0.1"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (1.23456e-5, "1.23456e-5"),
            (1.234_567_890_123_456_7e-3, "0.0012345678901234567"),
            (5e-324, "5e-324"),
            (123_456.789, "123456.789"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(text(|out| push_argument(out, number)), expected);
        }
    }

    #[test]
    fn general_notation_is_that_of_c() {
        for (number, precision, expected) in [
            (0.0, 14, "0"),
            (100_000.0, 14, "100000"),
            (1e15, 14, "1e+15"),
            (0.1, 14, "0.1"),
            (1.0 / 3.0, 14, "0.33333333333333"),
            (1e-5, 14, "1e-05"),
            (1234.5678, 3, "1.23e+03"),
            (9.99, 2, "10"),
            (-2.5, 14, "-2.5"),
            (1e300, 14, "1e+300"),
        ] {
            assert_eq!(text(|out| push_general(out, number, precision)), expected);
        }
    }
}
