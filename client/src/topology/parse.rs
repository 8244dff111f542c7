//! Reads the replies that tell where nodes are: CLUSTER SLOTS, and sentinels'. Servers have lengthened it before and will again, so what is
//! not known is ignored: one bad entry costs that entry, never the reply.

use super::snapshot::{Candidate, CandidateNode, Kind, Range};
use crate::addr::NodeAddr;
use crate::slot::SLOT_COUNT;
use crate::value::Value;

/// Reads what `asked` answered. An error only if it is no array at all.
pub(crate) fn parse_slots(reply: &Value, asked: &NodeAddr) -> Result<Candidate, &'static str> {
    let Value::Array(entries) = reply else { return Err("the reply is not an array") };
    let ranges = entries.iter().filter_map(|entry| range(entry, asked)).collect();
    Ok(Candidate { kind: Kind::Cluster, ranges })
}

/// `[first, last, primary, replica…, anything else…]`
fn range(entry: &Value, asked: &NodeAddr) -> Option<Range> {
    let entry = entry.as_slice()?;
    let slot = |value: &Value| {
        value.as_int().and_then(|n| u16::try_from(n).ok()).filter(|n| usize::from(*n) < SLOT_COUNT)
    };
    let (first, last) = (slot(entry.first()?)?, slot(entry.get(1)?)?);
    if first > last {
        return None;
    }
    // Without its primary the range is worthless: the first replica is no primary.
    let mut nodes = vec![node(entry.get(2)?, asked)?];
    nodes.extend(entry[3..].iter().filter_map(|value| node(value, asked)));
    Some(Range { first, last, nodes })
}

/// `[host, port, id, metadata, anything else…]`. No host or an empty one means the node that was
/// asked; `?` means that the server does not know either.
fn node(value: &Value, asked: &NodeAddr) -> Option<CandidateNode> {
    let Value::Array(fields) = value else { return None };
    let port = fields.get(1)?.as_int().and_then(|n| u16::try_from(n).ok()).filter(|n| *n != 0)?;
    let host = match fields.first()? {
        Value::Null => asked.host(),
        other => match other.as_str()? {
            "" => asked.host(),
            "?" => return None,
            host => host,
        },
    };
    let id = fields.get(2).and_then(Value::as_str).unwrap_or_default();
    Some(CandidateNode { id: id.into(), addr: NodeAddr::new(host, port) })
}

/// Reads a sentinel's `[host, port]`.
pub(crate) fn parse_sentinel(reply: &Value) -> Option<NodeAddr> {
    let fields = reply.as_slice()?;
    let host = fields.first()?.as_str().filter(|host| !host.is_empty())?;
    // An address with port 0 would be a unix socket.
    let port = fields.get(1)?.as_int().and_then(|n| u16::try_from(n).ok()).filter(|n| *n != 0)?;
    Some(NodeAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Bulk(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn node_value(host: Value, port: i64, id: &str) -> Vec<Value> {
        vec![host, Value::Int(port), text(id), Value::Array(vec![])]
    }

    fn asked() -> NodeAddr {
        NodeAddr::new("asked", 1)
    }

    fn good() -> Vec<Value> {
        let node = |port, id| Value::Array(node_value(text("10.0.0.1"), port, id));
        vec![
            Value::Array(vec![Value::Int(0), Value::Int(99), node(1, "a"), node(2, "b")]),
            Value::Array(vec![Value::Int(100), Value::Int(16383), node(3, "c")]),
        ]
    }

    #[test]
    fn hosts_that_are_missing_mean_the_node_that_was_asked() {
        for (host, expected) in [
            (Value::Null, Some("asked")),
            (text(""), Some("asked")),
            (text("h"), Some("h")),
            (text("?"), None),
        ] {
            let found = node(&Value::Array(node_value(host, 7, "x")), &asked());
            assert_eq!(found.as_ref().map(|node| node.addr.host()), expected);
        }
    }

    #[test]
    fn a_bad_entry_costs_only_itself() {
        let mut entries = good();
        let whole = parse_slots(&Value::Array(entries.clone()), &asked()).unwrap();
        entries.insert(1, Value::Array(vec![Value::Int(5), Value::Int(4), Value::Null]));
        entries.push(Value::Int(3));
        assert_eq!(parse_slots(&Value::Array(entries), &asked()).unwrap(), whole);
        assert!(parse_slots(&Value::Null, &asked()).is_err());
    }

    /// Port 0 once made a unix socket of the host that a sentinel named.
    #[test]
    fn a_sentinel_tells_a_host_and_a_port() {
        let read = |fields: &[&str]| {
            parse_sentinel(&Value::Array(fields.iter().map(|field| text(field)).collect()))
        };
        assert_eq!(read(&["10.0.0.1", "7000"]), Some(NodeAddr::new("10.0.0.1", 7000)));
        assert_eq!(read(&["10.0.0.1", "7000", "more"]), read(&["10.0.0.1", "7000"]));
        for fields in [&["10.0.0.1", "0"][..], &["", "7000"], &["10.0.0.1", "70000"], &["h"], &[]] {
            assert_eq!(read(fields), None, "{fields:?}");
        }
    }

    fn junk() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_map(Value::Double),
            ".*".prop_map(|s| text(&s)),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Set),
                prop::collection::vec((inner.clone(), inner.clone()), 0..5).prop_map(Value::Map),
                prop::collection::vec(inner, 0..2).prop_map(Value::Array),
            ]
        })
    }

    proptest! {
        /// Invariant I6: what a later server may add changes nothing.
        #[test]
        fn unknown_trailing_elements_change_nothing(
            in_node in prop::collection::vec(junk(), 0..4), in_range in prop::collection::vec(junk(), 0..4),
        ) {
            let plain = parse_slots(&Value::Array(good()), &asked()).unwrap();
            let mut entries = good();
            for entry in &mut entries {
                let Value::Array(entry) = entry else { unreachable!() };
                for node in &mut entry[2..] {
                    let Value::Array(node) = node else { unreachable!() };
                    node.extend(in_node.iter().cloned());
                }
                entry.extend(in_range.iter().cloned());
            }
            prop_assert_eq!(parse_slots(&Value::Array(entries), &asked()).unwrap(), plain);
        }

        /// The parser is total, and invents no owner.
        #[test]
        fn any_reply_is_read_without_a_panic(replies in prop::collection::vec(junk(), 0..6)) {
            let _ = parse_slots(&Value::Array(replies), &asked());
        }
    }
}
