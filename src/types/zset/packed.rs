//! Small sorted sets: a listpack of member, score, member, score in order.
//!
//! A score that is an integer is stored as one, any other as [`format_double`] prints it, as the peers do;
//! so -0 becomes 0 here.

use std::ops::Range;

use super::super::double::{as_integer, format_double};
use super::super::listpack::{Listpack, Value};
use super::score::order_key;

/// The score after a member.
pub(super) fn score_of(value: Value<'_>) -> f64 {
    match value {
        Value::Int(int) => int as f64,
        // From outside only: what is no number sorts first instead of failing.
        Value::Str(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok())
            .filter(|score: &f64| !score.is_nan())
            .unwrap_or(f64::NEG_INFINITY),
    }
}

/// Position of the member, and its score.
pub(super) fn find(pack: &Listpack, member: &[u8]) -> Option<(usize, f64)> {
    let pos = pack.find(member, 1)?;
    let score = pack.next(pos).map(|pos| score_of(pack.at(pos)))?;
    Some((pos, score))
}

/// Number of pairs before the one at `pos`.
pub(super) fn rank_of(pack: &Listpack, pos: usize) -> usize {
    pack.iter_until(pos).count() / 2
}

/// Number of pairs that `before` accepts; it must accept a prefix.
pub(super) fn rank_by(pack: &Listpack, mut before: impl FnMut(f64, Value<'_>) -> bool) -> usize {
    pack.pairs().take_while(|&(member, score)| before(score_of(score), member)).count()
}

/// Inserts a member that is not there where it belongs.
pub(super) fn insert(pack: &mut Listpack, score: f64, member: &[u8]) {
    let key = order_key(score);
    let mut digits = itoa::Buffer::new();
    let mut entries = pack.iter();
    let at = loop {
        let at = entries.offset();
        let (Some(other), Some(other_score)) = (entries.next(), entries.next()) else { break at };
        let other_key = order_key(score_of(other_score));
        if other_key > key || (other_key == key && other.bytes(&mut digits) > member) {
            break at;
        }
    };
    // The score first: the member then goes to the same position, before it.
    match as_integer(score) {
        Some(int) => pack.insert_int_before(at, int),
        None => {
            pack.insert_before(at, format_double(score).as_bytes());
        }
    }
    pack.insert_before(at, member);
}

pub(super) fn remove(pack: &mut Listpack, pos: usize) {
    pack.remove_at(pos, 2);
}

pub(super) fn remove_ranks(pack: &mut Listpack, ranks: Range<usize>) {
    pack.remove_range(2 * ranks.start as isize, 2 * ranks.len());
}
