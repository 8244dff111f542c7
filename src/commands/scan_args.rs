//! What SCAN and its kin for one key have in common: cursor, MATCH, COUNT, and the reply.

use crate::commands::CommandError;
use crate::glob;
use crate::protocol::{Args, Reply, parse_i64};

/// Words that only some of the commands take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub novalues: bool,
    pub noscores: bool,
}

impl Words {
    pub const NONE: Self = Self { novalues: false, noscores: false };
    pub const NOVALUES: Self = Self { novalues: true, ..Self::NONE };
    pub const NOSCORES: Self = Self { noscores: true, ..Self::NONE };
}

/// The options of one call.
#[derive(Debug, Clone, Copy)]
pub struct ScanArgs<'a> {
    /// `None` lets everything through.
    pattern: Option<&'a [u8]>,
    /// About how many to visit; at least 1.
    pub count: usize,
    pub novalues: bool,
    pub noscores: bool,
}

impl<'a> ScanArgs<'a> {
    /// Reads the options behind the cursor.
    pub fn parse(args: &Args<'a>, words: Words) -> Result<Self, CommandError> {
        let mut options = Self { pattern: None, count: 10, novalues: false, noscores: false };
        let mut index = 0;
        while index < args.len() {
            let value = args.get(index + 1);
            if args.is(index, "count")
                && let Some(value) = value
            {
                let count = parse_i64(value).ok_or(CommandError::NotInteger)?;
                if count < 1 {
                    return Err(CommandError::Syntax);
                }
                options.count = count as usize;
                index += 2;
            } else if args.is(index, "match")
                && let Some(value) = value
            {
                options.pattern = (value != b"*").then_some(value);
                index += 2;
            } else if args.is(index, "novalues") {
                if !words.novalues {
                    let text = "NOVALUES option can only be used in HSCAN";
                    return Err(CommandError::err(text));
                }
                options.novalues = true;
                index += 1;
            } else if args.is(index, "noscores") {
                if !words.noscores {
                    let text = "NOSCORES option can only be used in ZSCAN";
                    return Err(CommandError::err(text));
                }
                options.noscores = true;
                index += 1;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// Whether MATCH lets a name through.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }
}

/// Reads a cursor as C's `strtoull` would, but for trailing bytes.
pub fn cursor(text: &[u8]) -> Result<u64, CommandError> {
    let digits = text.trim_ascii_start();
    let digits = digits.strip_prefix(b"+").unwrap_or(digits);
    let number = digits.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.filter(|_| !digits.is_empty()).ok_or(CommandError::err("invalid cursor"))
}

/// The reply for a key that is not there.
pub fn empty_reply(reply: &mut Reply<'_>) {
    Items::default().reply(reply, 0);
}

/// What a scan came upon, kept until the next cursor, which goes first, is known.
#[derive(Debug, Default)]
pub struct Items {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Items {
    pub fn push(&mut self, item: &[u8]) {
        self.bytes.extend_from_slice(item);
        self.ends.push(self.bytes.len());
    }

    /// Writes cursor and items.
    pub fn reply(&self, reply: &mut Reply<'_>, cursor: u64) {
        reply.array(2);
        reply.bulk(itoa::Buffer::new().format(cursor).as_bytes());
        reply.array(self.ends.len());
        let mut start = 0;
        for &end in &self.ends {
            reply.bulk(&self.bytes[start..end]);
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_loosely_as_valkey_does() {
        for (text, expected) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("007", Some(7)),
            ("+5", Some(5)),
            (" 5", Some(5)),
            ("5 ", None),
            ("", None),
            ("-1", None),
            ("0x5", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(cursor(text.as_bytes()).ok(), expected, "{text:?}");
        }
    }
}
