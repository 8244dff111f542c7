//! Commands on sorted sets.

mod add;
mod combine;
mod pop;
mod random;
mod range;
mod read;
mod remove;
mod scan;

use super::{CommandError, CommandSpec, Cx};
use crate::protocol::Reply;
use crate::types::double::{format_double, parse_bound};
use crate::types::listpack::Value;
use crate::types::zset::{LexBound, Limits, ScoreBound};

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[
    add::COMMANDS,
    combine::COMMANDS,
    pop::COMMANDS,
    random::COMMANDS,
    range::COMMANDS,
    read::COMMANDS,
    remove::COMMANDS,
    scan::COMMANDS,
];

fn limits(cx: &Cx<'_>) -> Limits {
    let size = |value: i64| usize::try_from(value).unwrap_or(0);
    Limits {
        entries: size(cx.server.config.zset_max_listpack_entries.get()),
        value_bytes: size(cx.server.config.zset_max_listpack_value.get()),
    }
}

fn write_score(reply: &mut Reply<'_>, score: f64) {
    reply.double_text(format_double(score).as_bytes());
}

fn write_member(reply: &mut Reply<'_>, member: Value<'_>) {
    match member {
        Value::Str(bytes) => reply.bulk(bytes),
        Value::Int(int) => reply.bulk_int(int),
    }
}

/// The head of an array of members: with scores it is flat in RESP2 and made of pairs in RESP3.
fn begin_members(reply: &mut Reply<'_>, count: usize, with_scores: bool) {
    reply.array(if with_scores && !reply.is_resp3() { count * 2 } else { count });
}

fn write_entry(reply: &mut Reply<'_>, (member, score): (Value<'_>, f64), with_scores: bool) {
    if with_scores && reply.is_resp3() {
        reply.array(2);
    }
    write_member(reply, member);
    if with_scores {
        write_score(reply, score);
    }
}

/// `1.5` or `(1.5`.
fn score_bound(text: &[u8]) -> Option<ScoreBound> {
    let (text, exclusive) = match text {
        [b'(', rest @ ..] => (rest, true),
        _ => (text, false),
    };
    parse_bound(text).map(|score| ScoreBound { score, exclusive })
}

fn score_bounds(min: &[u8], max: &[u8]) -> Result<(ScoreBound, ScoreBound), CommandError> {
    score_bound(min).zip(score_bound(max)).ok_or(CommandError::err("min or max is not a float"))
}

/// `-`, `+`, `[member` or `(member`.
fn lex_bound(text: &[u8]) -> Option<LexBound<'_>> {
    match text {
        // The peers look no further than a NUL here.
        [b'-'] | [b'-', 0, ..] => Some(LexBound::Min),
        [b'+'] | [b'+', 0, ..] => Some(LexBound::Max),
        [b'[', member @ ..] => Some(LexBound::Inclusive(member)),
        [b'(', member @ ..] => Some(LexBound::Exclusive(member)),
        _ => None,
    }
}

fn lex_bounds<'a>(
    min: &'a [u8],
    max: &'a [u8],
) -> Result<(LexBound<'a>, LexBound<'a>), CommandError> {
    lex_bound(min)
        .zip(lex_bound(max))
        .ok_or(CommandError::err("min or max not valid string range item"))
}
