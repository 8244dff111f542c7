//! Splitting a line into words and quoting a value: the syntax shared by configuration files,
//! the command line and inline commands.

/// Splits `line` at white space; words may be quoted with `"` (escapes `\n \r \t \b \a \xHH \c`)
/// or `'` (only `\'` is an escape). `None` if quotes do not balance, or if a closing quote is
/// followed by something other than white space.
pub fn split_words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        while let [first, tail @ ..] = rest {
            if !is_space(*first) {
                break;
            }
            rest = tail;
        }
        if matches!(rest, [] | [0, ..]) {
            return Some(words);
        }
        let (word, tail) = take_word(rest)?;
        words.push(word);
        rest = tail;
    }
}

/// One word, from its first byte: plain text in which quoted parts may start anywhere.
fn take_word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        match rest {
            [] | [0 | b' ' | b'\n' | b'\r' | b'\t', ..] => return Some((word, rest)),
            [b'"', tail @ ..] => return take_quoted(tail, word, b'"'),
            [b'\'', tail @ ..] => return take_quoted(tail, word, b'\''),
            [byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
        }
    }
}

/// The quoted part of a word, which ends the word.
fn take_quoted(mut rest: &[u8], mut word: Vec<u8>, quote: u8) -> Option<(Vec<u8>, &[u8])> {
    loop {
        match rest {
            [] => return None,
            [byte, tail @ ..] if *byte == quote => {
                return match tail {
                    [] => Some((word, tail)),
                    [next, ..] if is_space(*next) => Some((word, tail)),
                    _ => None,
                };
            }
            [b'\\', b'x', high, low, tail @ ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                rest = tail;
            }
            [b'\\', escaped, tail @ ..] if quote == b'"' => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = tail;
            }
            [b'\\', b'\'', tail @ ..] if quote == b'\'' => {
                word.push(b'\'');
                rest = tail;
            }
            [0, ..] => return None,
            [byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
        }
    }
}

fn hex(digit: u8) -> u8 {
    (digit as char).to_digit(16).map_or(0, |d| d as u8)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0b | 0x0c)
}

/// The value between double quotes, with everything that is not printable ASCII escaped.
pub fn quote(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 2);
    out.push(b'"');
    for &byte in value {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            7 => out.extend(b"\\a"),
            8 => out.extend(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(line: &str, words: &[&str]) {
        let got = split_words(line.as_bytes()).expect("the quotes balance");
        assert_eq!(got, words.iter().map(|w| w.as_bytes().to_vec()).collect::<Vec<_>>());
    }

    #[test]
    fn words_may_be_quoted() {
        check("port 6379", &["port", "6379"]);
        check("  save \"\"  ", &["save", ""]);
        check(r#"a "b c\x41\n" 'd\'e\n'"#, &["a", "b cA\n", "d'e\\n"]);
        check("x\"y z\"", &["xy z"]);
        check("", &[]);
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        for line in ["a \"b", "a 'b", "\"a\"b", "'a'b"] {
            assert_eq!(split_words(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_value_reads_back(value in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(split_words(&quote(&value)), Some(vec![value]));
        }
    }
}
