//! Errors as scripts and their callers see them.
//!
//! An error of the server is a table `{err = "CODE message"}`. When one leaves a script, the error
//! handler adds where it happened, and the reply tells it.

use super::lua::{Frame, Kind, LuaResult, Raised};

/// Pushes an error table.
pub(super) fn push_error(frame: &mut Frame<'_>, message: &[u8]) {
    frame.push_table(0, 2);
    frame.push_bytes(message);
    frame.raw_set_field(-2, b"err");
}

/// An error of the server itself, with the code `ERR`.
pub(super) fn raise_error(frame: &mut Frame<'_>, message: &str) -> Raised {
    push_error(frame, format!("ERR {message}").as_bytes());
    Raised
}

/// An error line as scripts get it: one without a code, that is without a space, gets `ERR`.
pub(super) fn with_code(line: &[u8]) -> Vec<u8> {
    let (code, message) = match memchr::memchr(b' ', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (&b"ERR"[..], line),
    };
    let is_newline = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = message.iter().position(|byte| !is_newline(byte)).unwrap_or(message.len());
    let end = message.iter().rposition(|byte| !is_newline(byte)).map_or(start, |at| at + 1);
    [code, b" ", &message[start..end]].concat()
}

/// The error handler of every script: makes a table of the error and adds its position.
pub(super) fn handle(frame: &mut Frame<'_>) -> LuaResult {
    if frame.kind(1) == Kind::Table {
        frame.push_copy(1);
    } else {
        let mut message = b"ERR ".to_vec();
        push_as_text(frame, &mut message);
        push_error(frame, &message);
    }
    add_position(frame)
}

/// Adds source and line of whoever raised the error to the table on top.
fn add_position(frame: &mut Frame<'_>) -> LuaResult {
    let mut raiser = frame.caller(1);
    if raiser.as_ref().is_some_and(|caller| caller.native) {
        raiser = frame.caller(2);
    }
    if let Some(raiser) = raiser {
        frame.push_bytes(&raiser.source);
        frame.raw_set_field(-2, b"source");
        frame.push_number(raiser.line.into());
        frame.raw_set_field(-2, b"line");
    }
    Ok(1)
}

/// Appends argument 1 as Lua's `tostring` would write it.
fn push_as_text(frame: &Frame<'_>, out: &mut Vec<u8>) {
    match frame.kind(1) {
        Kind::None | Kind::Nil => out.extend_from_slice(b"nil"),
        Kind::Boolean => out.extend_from_slice(if frame.boolean(1) { b"true" } else { b"false" }),
        Kind::String | Kind::Number => {
            out.extend_from_slice(frame.arg_bytes(1).unwrap_or_default())
        }
        kind => out.extend_from_slice(kind.name().as_bytes()),
    }
}

/// The reply for the error on top of the stack, without the leading `-` and the line end.
pub(super) fn describe(frame: &mut Frame<'_>) -> Vec<u8> {
    if frame.kind(-1) != Kind::Table {
        // The handler itself failed: no table, no position.
        let message = frame.bytes(-1).unwrap_or(b"execution failure");
        let message = &message[..message.len().min(100)];
        let text = [b"ERR Error running script, ", message].concat();
        return one_line(&text);
    }
    let mut text = field_text(frame, b"err").unwrap_or_else(|| b"ERR unknown error".to_vec());
    let source = field_text(frame, b"source");
    let line = field_text(frame, b"line");
    if let (Some(source), Some(line)) = (source, line) {
        text.extend_from_slice(b" script: on ");
        text.extend_from_slice(&source);
        text.push(b':');
        text.extend_from_slice(&line);
        text.push(b'.');
    }
    one_line(&text)
}

/// Whether the error on top of the stack came from a command, which counted it already.
pub(super) fn was_counted(frame: &mut Frame<'_>) -> bool {
    if frame.kind(-1) != Kind::Table {
        return false;
    }
    frame.raw_get_field(-1, b"ignore_error_stats_update");
    let counted = frame.boolean(-1);
    frame.pop(1);
    counted
}

/// A field of the table on top, if it is a string (cut at a zero byte) or a number.
fn field_text(frame: &mut Frame<'_>, name: &[u8]) -> Option<Vec<u8>> {
    frame.raw_get_field(-1, name);
    let text = match frame.kind(-1) {
        Kind::String => frame.bytes(-1).map(|text| until_zero(text).to_vec()),
        Kind::Number => frame.number(-1).map(|number| {
            let mut text = Vec::new();
            super::number::push_general(&mut text, number, 14);
            text
        }),
        _ => None,
    };
    frame.pop(1);
    text
}

/// The text before the first zero byte.
pub(super) fn until_zero(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(0, text).unwrap_or(text.len())]
}

/// The text with line ends turned into spaces, so that it fits in one line of RESP.
pub(super) fn one_line(text: &[u8]) -> Vec<u8> {
    text.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }).collect()
}
