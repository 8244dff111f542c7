//! Where a command goes: a pure function of the command and an immutable snapshot.
//!
//! No I/O, no lock, no wait. What is not known is refused here, before anything is sent: a guess
//! would cost a misroute, and misroutes are how refresh storms begin.

use crate::error::Error;
use crate::request::KeySlot;
use crate::slot::Slot;
use crate::table::{CommandInfo, Flags, RequestPolicy, ResponsePolicy};
use crate::topology::{Kind, SlotOverlay, Snapshot};

/// What the router has to know of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query {
    pub(crate) info: Option<&'static CommandInfo>,
    pub(crate) slot: KeySlot,
    /// It would wait on the server.
    pub(crate) blocking: bool,
}

/// Where it goes. `T` is what the overlay maps slots to.
#[derive(Debug)]
pub(crate) enum Plan<'a, T> {
    /// To the node with this index in the snapshot.
    Node(usize),
    /// To an owner that a redirection taught.
    Learned(&'a T),
    /// To some primary; all are equally right.
    AnyPrimary,
    /// To several nodes, and their replies are joined.
    FanOut,
    /// In parts, one for each slot.
    Split,
    Refuse(Error),
}

pub(crate) fn route<'a, T: Clone>(
    query: &Query,
    snapshot: &Snapshot,
    overlay: &'a SlotOverlay<T>,
) -> Plan<'a, T> {
    let flags = query.info.map_or(Flags::NONE, |info| info.flags);
    if query.blocking {
        return Plan::Refuse(Error::NoRoute(
            "a blocking command would hold up every request on a shared connection",
        ));
    }
    if flags.has(Flags::CONNECTION) {
        return Plan::Refuse(Error::NoRoute(
            "the command would change the state of a shared connection",
        ));
    }
    let standalone = snapshot.kind() == Kind::Standalone;
    match query.slot {
        KeySlot::One(slot) => by_slot(slot, snapshot, overlay),
        KeySlot::Several if standalone => Plan::AnyPrimary,
        KeySlot::Several => match query.info.map(|info| info.request) {
            Some(RequestPolicy::MultiShard) => Plan::Split,
            _ => Plan::Refuse(Error::CrossSlot),
        },
        KeySlot::None => match query.info {
            None => Plan::Refuse(Error::NoRoute(
                "the command is unknown: mark its keys with key(), or say where with on()",
            )),
            Some(_) if standalone => Plan::AnyPrimary,
            Some(info) => match (info.request, info.response) {
                (RequestPolicy::One | RequestPolicy::MultiShard, _) => Plan::AnyPrimary,
                (RequestPolicy::Special, _) | (_, ResponsePolicy::Special) => {
                    Plan::Refuse(Error::NoRoute(
                        "the command means something else on each node: say which with on()",
                    ))
                }
                _ => Plan::FanOut,
            },
        },
    }
}

fn by_slot<'a, T: Clone>(
    slot: Slot,
    snapshot: &Snapshot,
    overlay: &'a SlotOverlay<T>,
) -> Plan<'a, T> {
    if let Some(owner) = overlay.get(slot) {
        return Plan::Learned(owner);
    }
    match snapshot.primary_of(slot) {
        Some(node) => Plan::Node(node),
        None => Plan::Refuse(Error::SlotNotCovered(slot)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::NodeAddr;
    use crate::request::Request;
    use crate::topology::{Candidate, CandidateNode, Range};

    fn snapshot(kind: Kind) -> Snapshot {
        let range = |first, last, id: &str| Range {
            first,
            last,
            nodes: vec![CandidateNode { id: id.into(), addr: NodeAddr::new(id, 1) }],
        };
        // bar is in slot 5061, foo in 12182; nobody has 16000 and above.
        let ranges = vec![range(0, 8000, "a"), range(8001, 15999, "b")];
        Snapshot::new(1, &Candidate { kind, ranges })
    }

    fn check(kind: Kind, command: &str, expected: &str) {
        let mut words = command.split(' ');
        let mut request = Request::raw(words.next().unwrap());
        words.for_each(|word| request.arg(word));
        let mut overlay = SlotOverlay::default();
        overlay.set(Slot::of(b"learned"), "c");
        let found = match route(&request.query(), &snapshot(kind), &overlay) {
            Plan::Node(node) => format!("node {node}"),
            Plan::Learned(node) => format!("learned {node}"),
            Plan::AnyPrimary => "any".to_owned(),
            Plan::FanOut => "all".to_owned(),
            Plan::Split => "split".to_owned(),
            Plan::Refuse(error) => error.to_string().chars().take(8).collect(),
        };
        assert_eq!(found, expected, "{command}");
    }

    #[test]
    fn every_kind_of_command_has_its_place() {
        let cluster = |command, expected| check(Kind::Cluster, command, expected);
        cluster("GET bar", "node 0");
        cluster("get foo", "node 1");
        cluster("GET learned", "learned c");
        cluster("MGET {foo}1 {foo}2", "node 1");
        cluster("MGET foo bar", "split");
        cluster("RENAME foo bar", "the keys");
        cluster("PUBLISH c m", "any");
        cluster("EVAL s 0", "any");
        cluster("EVAL s 1 foo", "node 1");
        cluster("DBSIZE", "all");
        cluster("SCRIPT LOAD x", "all");
        cluster("SCAN 0", "no route");
        cluster("NONSENSE foo", "no route");
        cluster("XREAD STREAMS foo 0", "node 1");
    }

    #[test]
    fn a_single_server_takes_everything_that_shares_a_connection() {
        check(Kind::Standalone, "RENAME foo bar", "any");
        check(Kind::Standalone, "DBSIZE", "any");
        check(Kind::Standalone, "SCAN 0", "any");
    }

    /// Invariant I17: no blocking command and none that changes the connection is ever put on a
    /// shared connection.
    #[test]
    fn what_must_not_share_a_connection_is_refused() {
        for kind in [Kind::Cluster, Kind::Standalone] {
            for command in [
                "BLPOP foo 0",
                "XREAD BLOCK 0 STREAMS foo 0",
                "WAIT 1 0",
                "MULTI",
                "SUBSCRIBE c",
                "SELECT 1",
                "ASKING",
                "CLIENT REPLY OFF",
            ] {
                check(kind, command, "no route");
            }
        }
    }

    #[test]
    fn a_slot_that_nobody_serves_is_an_error_and_no_guess() {
        let key = (0..).map(|n| n.to_string()).find(|k| Slot::of(k.as_bytes()).get() >= 16000);
        check(Kind::Cluster, &format!("GET {}", key.unwrap()), "no node ");
    }
}
