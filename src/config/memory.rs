//! Memory sizes as configuration files spell them: `100`, `64kb` (1024), `5m` (1000 × 1000).

/// Reads a size with its unit; `None` if it is not one. Like Valkey, a product beyond 64 bits
/// wraps, and a unit without digits is not a size.
pub(crate) fn parse_memory(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    if number.is_empty() {
        // What strtoull makes of no digits at all: zero.
        return Some(0);
    }
    let number: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some(number.wrapping_mul(factor))
}

/// The shortest exact spelling with a unit, as CONFIG REWRITE writes it.
pub(crate) fn format_memory(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        n if n % (1 << 30) == 0 => format!("{}gb", n >> 30),
        n if n % (1 << 20) == 0 => format!("{}mb", n >> 20),
        n if n % (1 << 10) == 0 => format!("{}kb", n >> 10),
        n => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_decimal_or_binary() {
        assert_eq!(parse_memory(b"1k"), Some(1000));
        assert_eq!(parse_memory(b"1Kb"), Some(1024));
        assert_eq!(parse_memory(b"3GB"), Some(3 << 30));
        assert_eq!(parse_memory(b"12"), Some(12));
        assert_eq!(parse_memory(b"-1"), None);
        assert_eq!(parse_memory(b"1tb"), None);
        assert_eq!(parse_memory(b"18446744073709551616"), None);
    }

    #[test]
    fn rewriting_picks_the_largest_unit_that_is_exact() {
        assert_eq!(format_memory(100 << 20), "100mb");
        assert_eq!(format_memory(1025), "1025");
        assert_eq!(format_memory(0), "0");
        assert_eq!(format_memory(1 << 63), "8589934592gb");
        assert_eq!(format_memory(10_000_000_000_000_000_000), "9765625000000000kb");
    }
}
