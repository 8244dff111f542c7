//! JSON text to Lua values.

use super::{Settings, settings};
use crate::scripting::lua::{Frame, LuaResult, NESTING_MAX, NESTING_ROOM, Raised};

pub(super) fn decode(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() != 1 {
        return Err(frame.arg_error(1, "expected 1 argument"));
    }
    let text = frame.check_bytes(1)?;
    // In UTF-16 and UTF-32 one of the first two bytes of JSON is zero.
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err(frame.raise("JSON parser does not support UTF-16 or UTF-32"));
    }
    let mut decoder = Decoder { text, at: 0, settings: settings(frame), scratch: Vec::new() };
    let token = decoder.next();
    decoder.value(frame, token, 0)?;
    let token = decoder.next();
    if token.kind != TokenKind::End {
        return Err(decoder.unexpected(frame, "the end", &token));
    }
    Ok(1)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum TokenKind {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    /// Its text is in the scratch buffer.
    String,
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Error(&'static str),
}

impl TokenKind {
    /// The name that errors use.
    fn name(self) -> &'static str {
        match self {
            TokenKind::ObjectBegin => "T_OBJ_BEGIN",
            TokenKind::ObjectEnd => "T_OBJ_END",
            TokenKind::ArrayBegin => "T_ARR_BEGIN",
            TokenKind::ArrayEnd => "T_ARR_END",
            TokenKind::String => "T_STRING",
            TokenKind::Number(_) => "T_NUMBER",
            TokenKind::Boolean(_) => "T_BOOLEAN",
            TokenKind::Null => "T_NULL",
            TokenKind::Colon => "T_COLON",
            TokenKind::Comma => "T_COMMA",
            TokenKind::End => "T_END",
            TokenKind::Error(message) => message,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: TokenKind,
    /// Where it begins.
    at: usize,
}

struct Decoder<'t> {
    text: &'t [u8],
    at: usize,
    settings: Settings,
    /// The string of the last string token.
    scratch: Vec<u8>,
}

impl Decoder<'_> {
    fn unexpected(&self, frame: &Frame<'_>, expected: &str, found: &Token) -> Raised {
        let (name, character) = (found.kind.name(), found.at + 1);
        frame.raise(format!("Expected {expected} but found {name} at character {character}"))
    }

    /// Pushes the value that begins with `token`.
    fn value(&mut self, frame: &mut Frame<'_>, token: Token, depth: i32) -> Result<(), Raised> {
        match token.kind {
            TokenKind::String => frame.push_bytes(&self.scratch),
            TokenKind::Number(number) => frame.push_number(number),
            TokenKind::Boolean(value) => frame.push_boolean(value),
            TokenKind::Null => frame.push_light_userdata(0),
            TokenKind::ObjectBegin => self.object(frame, depth + 1)?,
            TokenKind::ArrayBegin => self.array(frame, depth + 1)?,
            _ => return Err(self.unexpected(frame, "value", &token)),
        }
        Ok(())
    }

    fn check_depth(&self, frame: &Frame<'_>, depth: i32) -> Result<(), Raised> {
        let depth_max = self.settings.decode_max_depth.min(NESTING_MAX as i32);
        if depth <= depth_max && frame.has_room(NESTING_ROOM) {
            return Ok(());
        }
        let at = self.at;
        Err(frame
            .raise(format!("Found too many nested data structures ({depth}) at character {at}")))
    }

    fn object(&mut self, frame: &mut Frame<'_>, depth: i32) -> Result<(), Raised> {
        self.check_depth(frame, depth)?;
        frame.push_table(0, 0);
        let mut token = self.next();
        if token.kind == TokenKind::ObjectEnd {
            return Ok(());
        }
        loop {
            if token.kind != TokenKind::String {
                return Err(self.unexpected(frame, "object key string", &token));
            }
            frame.push_bytes(&self.scratch);
            token = self.next();
            if token.kind != TokenKind::Colon {
                return Err(self.unexpected(frame, "colon", &token));
            }
            token = self.next();
            self.value(frame, token, depth)?;
            frame.raw_set(-3);
            token = self.next();
            match token.kind {
                TokenKind::ObjectEnd => return Ok(()),
                TokenKind::Comma => token = self.next(),
                _ => return Err(self.unexpected(frame, "comma or object end", &token)),
            }
        }
    }

    fn array(&mut self, frame: &mut Frame<'_>, depth: i32) -> Result<(), Raised> {
        self.check_depth(frame, depth)?;
        frame.push_table(0, 0);
        let mut token = self.next();
        if token.kind == TokenKind::ArrayEnd {
            return Ok(());
        }
        let mut len = 0;
        loop {
            self.value(frame, token, depth)?;
            len += 1;
            frame.raw_set_item(-2, len);
            token = self.next();
            match token.kind {
                TokenKind::ArrayEnd => return Ok(()),
                TokenKind::Comma => token = self.next(),
                _ => return Err(self.unexpected(frame, "comma or array end", &token)),
            }
        }
    }

    // Tokens ---------------------------------------------------------------------------------------

    fn next(&mut self) -> Token {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        let at = self.at;
        let kind = match self.text.get(at) {
            None | Some(0) => TokenKind::End,
            Some(b'{') => self.single(TokenKind::ObjectBegin),
            Some(b'}') => self.single(TokenKind::ObjectEnd),
            Some(b'[') => self.single(TokenKind::ArrayBegin),
            Some(b']') => self.single(TokenKind::ArrayEnd),
            Some(b',') => self.single(TokenKind::Comma),
            Some(b':') => self.single(TokenKind::Colon),
            Some(b'"') => return self.string(),
            Some(b'-' | b'0'..=b'9') => {
                if !self.settings.decode_invalid_numbers && self.is_invalid_number() {
                    TokenKind::Error("invalid number")
                } else {
                    self.number()
                }
            }
            Some(_) => self.word(),
        };
        Token { kind, at }
    }

    fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }

    fn word(&mut self) -> TokenKind {
        let rest = &self.text[self.at..];
        for (word, kind) in [
            (&b"true"[..], TokenKind::Boolean(true)),
            (b"false", TokenKind::Boolean(false)),
            (b"null", TokenKind::Null),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return kind;
            }
        }
        if self.settings.decode_invalid_numbers && self.is_invalid_number() {
            return self.number();
        }
        TokenKind::Error("invalid token")
    }

    /// Whether a number begins here that JSON does not have: hexadecimal, with leading zeros, not finite.
    fn is_invalid_number(&self) -> bool {
        let rest = &self.text[self.at..];
        if rest.first() == Some(&b'+') {
            return true;
        }
        let rest = rest.strip_prefix(b"-").unwrap_or(rest);
        match rest.first() {
            Some(b'0') => matches!(rest.get(1), Some(b'x' | b'X' | b'0'..=b'9')),
            Some(b'1'..=b'9') => false,
            _ => starts_with_ignoring_case(rest, b"inf") || starts_with_ignoring_case(rest, b"nan"),
        }
    }

    /// A number as C's `strtod` reads it.
    fn number(&mut self) -> TokenKind {
        match parse_number(&self.text[self.at..]) {
            Some((number, len)) => {
                self.at += len;
                TokenKind::Number(number)
            }
            None => TokenKind::Error("invalid number"),
        }
    }

    fn string(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        self.scratch.clear();
        loop {
            let plain = &self.text[self.at..];
            let plain_len = memchr::memchr3(b'"', b'\\', 0, plain).unwrap_or(plain.len());
            self.scratch.extend_from_slice(&plain[..plain_len]);
            self.at += plain_len;
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Token { kind: TokenKind::String, at: start };
                }
                Some(b'\\') => {
                    if let Err(message) = self.escape() {
                        return Token { kind: TokenKind::Error(message), at: self.at };
                    }
                }
                _ => {
                    return Token {
                        kind: TokenKind::Error("unexpected end of string"),
                        at: self.at,
                    };
                }
            }
        }
    }

    /// Decodes the escape that begins here.
    fn escape(&mut self) -> Result<(), &'static str> {
        let byte = match self.text.get(self.at + 1) {
            Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b't') => b'\t',
            Some(b'n') => b'\n',
            Some(b'f') => 0x0c,
            Some(b'r') => b'\r',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err("invalid escape code"),
        };
        self.scratch.push(byte);
        self.at += 2;
        Ok(())
    }

    fn unicode_escape(&mut self) -> Result<(), &'static str> {
        const INVALID: &str = "invalid unicode escape code";
        let mut code = self.hex_digits(self.at + 2).ok_or(INVALID)?;
        let mut len = 6;
        match code {
            0xd800..0xdc00 => {
                let second = self
                    .text
                    .get(self.at + 6..)
                    .filter(|rest| rest.starts_with(b"\\u"))
                    .and_then(|_| self.hex_digits(self.at + 8))
                    .filter(|second| (0xdc00..0xe000).contains(second))
                    .ok_or(INVALID)?;
                code = 0x1_0000 + ((code & 0x3ff) << 10 | (second & 0x3ff));
                len = 12;
            }
            0xdc00..0xe000 => return Err(INVALID),
            _ => {}
        }
        let character = char::from_u32(code).ok_or(INVALID)?;
        self.scratch.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += len;
        Ok(())
    }

    fn hex_digits(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))
    }
}

fn starts_with_ignoring_case(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The longest number that `text` begins with, and its length.
fn parse_number(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let sign_len = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let body = &text[sign_len..];
    let (magnitude, len) = if starts_with_ignoring_case(body, b"infinity") {
        (f64::INFINITY, 8)
    } else if starts_with_ignoring_case(body, b"inf") {
        (f64::INFINITY, 3)
    } else if starts_with_ignoring_case(body, b"nan") {
        (f64::NAN, 3)
    } else if let Some(hexadecimal) = parse_hexadecimal(body) {
        hexadecimal
    } else {
        parse_decimal(body)?
    };
    Some((if negative { -magnitude } else { magnitude }, sign_len + len))
}

fn parse_decimal(text: &[u8]) -> Option<(f64, usize)> {
    let digits_from =
        |at: usize| text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits_from(0);
    let mut len = whole;
    let mut fraction = 0;
    if text.get(len) == Some(&b'.') {
        fraction = digits_from(len + 1);
        len += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(text.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(len + 1), Some(b'-' | b'+')));
        let exponent = text.get(len + 1 + sign..).map_or(0, |_| digits_from(len + 1 + sign));
        if exponent > 0 {
            len += 1 + sign + exponent;
        }
    }
    let number = std::str::from_utf8(&text[..len]).ok()?.parse().ok()?;
    Some((number, len))
}

/// `0x`, digits with an optional point, an optional binary exponent.
fn parse_hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    if !starts_with_ignoring_case(text, b"0x") {
        return None;
    }
    let (mut len, mut digit_count, mut exponent) = (2, 0, 0);
    let mut mantissa = 0.0;
    let mut after_point = false;
    while let Some(&byte) = text.get(len) {
        match char::from(byte).to_digit(16) {
            Some(digit) => {
                mantissa = mantissa * 16.0 + f64::from(digit);
                digit_count += 1;
                exponent -= if after_point { 4 } else { 0 };
            }
            None if byte == b'.' && !after_point => after_point = true,
            None => break,
        }
        len += 1;
    }
    if digit_count == 0 {
        return Some((0.0, 1)); // only the zero is a number
    }
    if matches!(text.get(len), Some(b'p' | b'P')) {
        let sign = usize::from(matches!(text.get(len + 1), Some(b'-' | b'+')));
        let digits: Vec<u8> = text
            .get(len + 1 + sign..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(u8::is_ascii_digit)
            .collect();
        if !digits.is_empty() {
            let power: i32 = std::str::from_utf8(&digits)
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or(9999);
            exponent += if text[len + 1] == b'-' { -power } else { power };
            len += 1 + sign + digits.len();
        }
    }
    Some((mantissa * 2f64.powi(exponent), len))
}
