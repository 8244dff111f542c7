//! Bytes of a client inside the text of an error.
//!
//! Errors are text, and arguments need not be. So a byte that is no UTF-8 travels as a character of its own,
//! in the last 256 of Unicode, which are for private use; the writer of replies turns it back. An argument
//! that has such a character itself travels as its bytes.

use std::borrow::Cow;

const FIRST: u32 = 0x0010_ff00;
/// All of these characters begin with this byte in UTF-8, and hardly any other does.
const LEAD: u8 = 0xf4;

/// An argument as part of an error, up to its first zero byte, where C's text ends in the peers.
pub fn shown(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    let mut text = String::with_capacity(end);
    let byte = |byte: &u8| char::from_u32(FIRST + u32::from(*byte)).unwrap_or('?');
    for chunk in bytes[..end].utf8_chunks() {
        for character in chunk.valid().chars() {
            if u32::from(character) >= FIRST {
                text.extend(character.encode_utf8(&mut [0; 4]).as_bytes().iter().map(byte));
            } else {
                text.push(character);
            }
        }
        text.extend(chunk.invalid().iter().map(byte));
    }
    text
}

/// The bytes that a text stands for.
pub(super) fn bytes_of(text: &str) -> Cow<'_, [u8]> {
    if memchr::memchr(LEAD, text.as_bytes()).is_none() {
        return text.as_bytes().into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u32::from(character).checked_sub(FIRST) {
            Some(byte) => bytes.push(byte as u8),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_back_as_they_were() {
        let private = "\u{10ff41}\u{10ffff}\u{10feff}".as_bytes();
        for bytes in [&b"plain"[..], "\u{e9}\u{1f600}".as_bytes(), b"\xc1\xff a\x80", private, b""]
        {
            assert_eq!(*bytes_of(&shown(bytes)), *bytes, "{bytes:?}");
        }
        let all: Vec<u8> = (1..=255).collect();
        assert_eq!(*bytes_of(&shown(&all)), *all);
        assert_eq!(shown(b"cut\0off"), "cut");
    }
}
