//! What servers tell of themselves and of others: CLUSTER SLOTS, HELLO, INFO replication,
//! redirections, sentinels' answers.

use bytes::Bytes;

use crate::addr::NodeAddr;
use crate::error::ServerError;
use crate::protocol::Greeting;
use crate::reply::read;
use crate::slot::Slot;
use crate::topology::{Change, Replication, Verdict, parse_sentinel, parse_slots, validate};
use crate::value::Value;

/// Takes each reply of `stream` for each of them: they are read or refused, and what a later server
/// may add changes nothing (invariant I6).
pub fn check(stream: &[u8]) {
    let asked = NodeAddr::new("asked", 1);
    for reply in read(stream, stream.len()).0 {
        match &reply {
            Value::Error(error) => redirection(error, &asked),
            value => {
                if let Some(text) = value.as_str() {
                    replication(text);
                    address(text);
                }
            }
        }
        if let Some(addr) = parse_sentinel(&reply) {
            assert!(addr.port() != 0 && !addr.host().is_empty());
        }
        greeting(&reply);
        slots(reply, &asked);
    }
}

/// No owner is invented, and a topology that was adopted is the same when it is told again.
fn slots(reply: Value, asked: &NodeAddr) {
    let Ok(candidate) = parse_slots(&reply, asked) else { return };
    assert_eq!(parse_slots(&lengthened(reply), asked).as_ref(), Ok(&candidate));
    let Verdict::Accept(snapshot, _) = validate(&candidate, None, 1) else { return };
    let told = candidate.ranges.iter().map(|range| usize::from(range.last - range.first) + 1);
    assert_eq!(snapshot.slots_covered(), told.sum::<usize>());
    for range in &candidate.ranges {
        for slot in [range.first, range.last] {
            let owner = Slot::new(slot).and_then(|slot| snapshot.primary_addr(slot));
            assert_eq!(owner, Some(&range.nodes[0].addr));
        }
    }
    let again = validate(&candidate, Some(&snapshot), 2);
    assert!(matches!(again, Verdict::Accept(_, Change::Same)));
    for shard in snapshot.shards() {
        let node = |at: usize| &snapshot.nodes()[at];
        for replica in &shard.replicas {
            let promoted = snapshot.promoted(&node(shard.primary).addr, &node(*replica).addr);
            assert!(promoted.is_none_or(|new| new.slots_covered() == snapshot.slots_covered()));
        }
    }
}

/// CLUSTER SLOTS with an element more in every range, and in every node that has all that is known.
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

fn greeting(hello: &Value) {
    let greeting = Greeting::read(hello);
    let Value::Map(pairs) = hello else { return };
    let mut longer = pairs.clone();
    longer.push((Value::Simple(Bytes::from_static(b"more")), Value::Array(vec![])));
    assert_eq!(Greeting::read(&Value::Map(longer)), greeting);
}

fn replication(text: &str) {
    let Some(told) = Replication::parse(text) else { return };
    for replica in &told.replicas {
        assert!(told.behind(replica) <= told.offset);
    }
    let longer = format!("{text}\r\nsome_new_field:1\r\n");
    assert_eq!(Replication::parse(&longer), Some(told));
}

fn redirection(error: &ServerError, asked: &NodeAddr) {
    let Some((slot, addr)) = error.redirection(asked) else { return };
    assert!(addr.port() != 0 && !addr.host().is_empty());
    let more = ServerError::new(format!("{} more", error.text()).as_bytes());
    assert_eq!(more.redirection(asked), Some((slot, addr)));
}

/// An address is written as it can be read.
fn address(text: &str) {
    let Ok(addr) = text.parse::<NodeAddr>() else { return };
    assert_eq!(addr.to_string().parse::<NodeAddr>().ok(), Some(addr));
}
