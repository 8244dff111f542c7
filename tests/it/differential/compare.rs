//! Whether two servers' replies to one command agree, under the rule of the command.

use super::templates::Rule;
use crate::support::Reply;

const TIME_LEFT_SLACK_MS: i64 = 2000;

pub(crate) fn agree(rule: Rule, ours: &Reply, theirs: &Reply) -> bool {
    if ours == theirs || same_error(ours, theirs) {
        return true;
    }
    // An error, a null or a wrong type is never a matter of order.
    match rule {
        Rule::Exact | Rule::MultisetIfTable | Rule::PairsIfTable => false,
        Rule::Multiset => sorted(ours) == sorted(theirs) && is_collection(ours),
        Rule::Pairs => in_pairs(ours).is_some() && in_pairs(ours) == in_pairs(theirs),
        Rule::EncodingAfterScript => is_short_string(ours) && is_short_string(theirs),
        Rule::Scan => scan(ours, theirs, Rule::Multiset),
        Rule::ScanPairs => scan(ours, theirs, Rule::Pairs),
        Rule::CommandTable => with_sorted_subcommands(ours) == with_sorted_subcommands(theirs),
        Rule::Shape => same_shape(ours, theirs),
        Rule::Deadline => same_deadlines(ours, theirs),
        Rule::TimeLeft => within_slack(ours, theirs),
    }
}

/// An error is text: bytes of a request that are no UTF-8 are shown as replacement characters.
fn same_error(ours: &Reply, theirs: &Reply) -> bool {
    match (ours, theirs) {
        (Reply::Error(ours), Reply::Error(theirs)) => {
            String::from_utf8_lossy(ours) == String::from_utf8_lossy(theirs)
        }
        _ => false,
    }
}

fn is_short_string(encoding: &Reply) -> bool {
    [b"int".as_slice(), b"embstr"].iter().any(|name| *encoding == Reply::Bulk(name.to_vec()))
}

fn is_collection(reply: &Reply) -> bool {
    matches!(reply, Reply::Array(_) | Reply::Set(_) | Reply::Map(_))
}

fn sorted(reply: &Reply) -> Reply {
    match reply {
        Reply::Array(items) => Reply::Array(sorted_items(items)),
        Reply::Set(items) => Reply::Set(sorted_items(items)),
        Reply::Map(pairs) => {
            let mut pairs = pairs.clone();
            pairs.sort();
            Reply::Map(pairs)
        }
        other => other.clone(),
    }
}

fn sorted_items(items: &[Reply]) -> Vec<Reply> {
    let mut items = items.to_vec();
    items.sort();
    items
}

/// The sorted pairs of a map, or of a flat array that stands for one.
fn in_pairs(reply: &Reply) -> Option<Reply> {
    match reply {
        Reply::Map(_) => Some(sorted(reply)),
        Reply::Array(items) if items.len() % 2 == 0 => {
            let mut pairs: Vec<Reply> =
                items.chunks(2).map(|pair| Reply::Array(pair.to_vec())).collect();
            pairs.sort();
            Some(Reply::Array(pairs))
        }
        _ => None,
    }
}

/// COMMAND DOCS names the subcommands, in COMMAND INFO they are the tenth element of an entry.
fn with_sorted_subcommands(reply: &Reply) -> Reply {
    let named = |key: &Reply| *key == Reply::Bulk(b"subcommands".to_vec());
    let sentence = |key: &Reply| {
        [b"summary".as_slice(), b"complexity", b"history", b"notes"]
            .iter()
            .any(|name| *key == Reply::Bulk(name.to_vec()))
    };
    let arranged = |key: &Reply, value: &Reply| {
        let value = with_sorted_subcommands(value);
        if named(key) { in_pairs(&value).unwrap_or(value) } else { value }
    };
    match reply {
        Reply::Map(pairs) => {
            let kept = pairs.iter().filter(|(key, _)| !sentence(key));
            Reply::Map(kept.map(|(key, value)| (key.clone(), arranged(key, value))).collect())
        }
        Reply::Array(items) => {
            let mut kept: Vec<Reply> = Vec::new();
            let mut index = 0;
            while index < items.len() {
                if sentence(&items[index]) {
                    index += 2;
                    continue;
                }
                let before = kept.last().cloned().unwrap_or(Reply::Null);
                kept.push(arranged(&before, &items[index]));
                index += 1;
            }
            if kept.len() == 10 && matches!(kept[9], Reply::Array(_) | Reply::Set(_)) {
                kept[9] = sorted(&kept[9]);
            }
            Reply::Array(kept)
        }
        Reply::Set(items) => Reply::Set(items.iter().map(with_sorted_subcommands).collect()),
        other => other.clone(),
    }
}

fn scan(ours: &Reply, theirs: &Reply, elements: Rule) -> bool {
    match (ours, theirs) {
        (Reply::Array(ours), Reply::Array(theirs)) => match (ours.as_slice(), theirs.as_slice()) {
            ([our_cursor, ours], [their_cursor, theirs]) => {
                our_cursor == their_cursor && agree(elements, ours, theirs)
            }
            _ => false,
        },
        _ => false,
    }
}

fn same_shape(ours: &Reply, theirs: &Reply) -> bool {
    match (ours, theirs) {
        (Reply::Bulk(_), Reply::Bulk(_)) => true,
        (Reply::Array(ours), Reply::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| match (ours, theirs) {
                    (Reply::Double(_), Reply::Double(_)) => true,
                    _ => same_shape(ours, theirs),
                })
        }
        _ => false,
    }
}

/// The generator's absolute times lie beyond what its relative ones reach, in seconds and in
/// milliseconds, but for the longest of these.
fn is_absolute(reply: &Reply) -> bool {
    match reply {
        Reply::Int(time) => {
            (4_000_000_000..1_000_000_000_000).contains(time)
                || (4_000_000_000_000..9_000_000_000_000).contains(time)
        }
        _ => false,
    }
}

/// Each deadline by itself: fields of one hash may have got theirs in both ways.
fn same_deadlines(ours: &Reply, theirs: &Reply) -> bool {
    match (ours, theirs) {
        (Reply::Array(ours), Reply::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| same_deadlines(ours, theirs))
        }
        _ => ours == theirs || (!is_absolute(theirs) && within_slack(ours, theirs)),
    }
}

fn within_slack(ours: &Reply, theirs: &Reply) -> bool {
    match (ours, theirs) {
        (Reply::Int(ours), Reply::Int(theirs)) => {
            *ours > 0 && *theirs > 0 && ours.abs_diff(*theirs) <= TIME_LEFT_SLACK_MS as u64
        }
        (Reply::Array(ours), Reply::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| ours == theirs || within_slack(ours, theirs))
        }
        _ => false,
    }
}
