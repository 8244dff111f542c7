//! Entrances for the fuzz targets in `fuzz/`: the parsers of what servers send. Only built for them.
#![allow(missing_docs, clippy::missing_panics_doc, reason = "nobody else sees it")]

use bytes::Bytes;

use crate::addr::NodeAddr;
use crate::protocol::ReplyReader;
use crate::slot::Slot;
use crate::topology::{Change, Replication, Verdict, parse_slots, validate};
use crate::value::Value;

/// What is read of `stream` when it comes in pieces of `step` bytes, and how that ends.
fn read(stream: &[u8], step: usize) -> (Vec<Value>, Option<&'static str>) {
    let mut reader = ReplyReader::new();
    let mut values = Vec::new();
    for piece in stream.chunks(step.max(1)) {
        reader.space().extend_from_slice(piece);
        loop {
            match reader.next() {
                Ok(Some(value)) => values.push(value),
                Ok(None) => break,
                Err(error) => return (values, Some(error.0)),
            }
        }
    }
    (values, None)
}

/// The decoder: how the stream is cut changes nothing of what is read of it.
pub fn replies(stream: &[u8], step: usize) {
    let (whole, pieces) = (read(stream, stream.len()), read(stream, step));
    // As text, because a NaN is not equal to itself.
    assert_eq!(format!("{:?}", whole.0), format!("{:?}", pieces.0), "cut into {step}");
    // What is too long or has no end may be refused sooner or later.
    assert_eq!(whole.1.is_some(), pieces.1.is_some(), "{:?} and {:?}", whole.1, pieces.1);
}

/// CLUSTER SLOTS: no owner is invented, and what a later server may add changes nothing.
pub fn slots(stream: &[u8]) {
    let asked = NodeAddr::new("asked", 1);
    for reply in read(stream, stream.len()).0 {
        let Ok(candidate) = parse_slots(&reply, &asked) else { continue };
        assert_eq!(parse_slots(&lengthened(reply), &asked).as_ref(), Ok(&candidate));
        let Verdict::Accept(snapshot, _) = validate(&candidate, None, 1) else { continue };
        let told: usize =
            candidate.ranges.iter().map(|range| usize::from(range.last - range.first) + 1).sum();
        assert_eq!(snapshot.slots_covered(), told);
        for slot in Slot::all() {
            let range = candidate.ranges.iter().find(|r| (r.first..=r.last).contains(&slot.get()));
            let owner = range.map(|range| &range.nodes[0].addr);
            assert_eq!(snapshot.primary_addr(slot), owner);
        }
        let again = validate(&candidate, Some(&snapshot), 2);
        assert!(matches!(again, Verdict::Accept(_, Change::Same)));
    }
}

/// The reply with an element more in every range and every node that has all that is known.
fn lengthened(mut reply: Value) -> Value {
    let more = || Value::Bulk(Bytes::from_static(b"more"));
    let Value::Array(ranges) = &mut reply else { return reply };
    for range in ranges {
        let Value::Array(fields) = range else { continue };
        for node in fields.iter_mut().skip(2) {
            match node {
                Value::Array(fields) if fields.len() >= 3 => fields.push(more()),
                _ => {}
            }
        }
        fields.push(more());
    }
    reply
}

/// INFO replication.
pub fn replication(text: &str) {
    let Some(told) = Replication::parse(text) else { return };
    for replica in &told.replicas {
        assert!(told.behind(replica) <= told.offset);
    }
    let longer = format!("{text}\r\nsome_new_field:1\r\n");
    assert_eq!(Replication::parse(&longer), Some(told));
}
