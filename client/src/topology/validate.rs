//! Whether a topology that one node told is to be believed.

use super::snapshot::{Candidate, Kind, Snapshot};
use crate::slot::SLOT_COUNT;

/// How a believable topology differs from the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Not at all.
    Same,
    /// Coverage is not reduced and at most half of the slots change hands: one node's word is enough.
    Benign,
    /// Other nodes have to say the same.
    Destructive,
}

#[derive(Debug)]
pub(crate) enum Verdict {
    Accept(Box<Snapshot>, Change),
    Reject(&'static str),
}

/// Judges `candidate`. With no current snapshot, everything that makes sense in itself is accepted.
pub(crate) fn validate(candidate: &Candidate, current: Option<&Snapshot>, version: u64) -> Verdict {
    if candidate.ranges.is_empty() {
        return Verdict::Reject("it names no slot");
    }
    let mut ranges: Vec<_> = candidate.ranges.iter().map(|r| (r.first, r.last)).collect();
    ranges.sort_unstable();
    if ranges.iter().any(|(first, last)| first > last || usize::from(*last) >= SLOT_COUNT) {
        return Verdict::Reject("a range is out of bounds");
    }
    if ranges.windows(2).any(|pair| pair[1].0 <= pair[0].1) {
        return Verdict::Reject("ranges overlap");
    }
    let snapshot = Box::new(Snapshot::new(version, candidate));
    let Some(current) = current else { return Verdict::Accept(snapshot, Change::Benign) };
    if current.same_as(&snapshot) {
        return Verdict::Accept(snapshot, Change::Same);
    }
    if candidate.kind == Kind::Cluster && current.kind() == Kind::Cluster {
        let knows = |id: &str| current.nodes().iter().any(|node| *node.id == *id);
        let any_ids = current.nodes().iter().any(|node| !node.id.is_empty());
        if any_ids && !snapshot.nodes().iter().any(|node| !node.id.is_empty() && knows(&node.id)) {
            return Verdict::Reject("it shares no node with what is known: another cluster");
        }
    }
    let reduced = snapshot.slots_covered() < current.slots_covered();
    let moved = snapshot.slots_changed(current) > SLOT_COUNT / 2;
    let change = if reduced || moved || candidate.kind != current.kind() {
        Change::Destructive
    } else {
        Change::Benign
    };
    Verdict::Accept(snapshot, change)
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::{CandidateNode, Range};
    use super::*;
    use crate::addr::NodeAddr;

    /// Ranges as `(first, last, owner)`; the owner's letter is its id and host.
    fn candidate(ranges: &[(u16, u16, &str)]) -> Candidate {
        let node = |id: &str| CandidateNode { id: id.into(), addr: NodeAddr::new(id, 1) };
        let ranges = ranges
            .iter()
            .map(|(first, last, id)| Range { first: *first, last: *last, nodes: vec![node(id)] })
            .collect();
        Candidate { kind: Kind::Cluster, ranges }
    }

    fn check(ranges: &[(u16, u16, &str)], expected: Result<Change, &str>) {
        let thirds = [(0, 5460, "a"), (5461, 10922, "b"), (10923, 16383, "c")];
        let current = Snapshot::new(1, &candidate(&thirds));
        let found = match validate(&candidate(ranges), Some(&current), 2) {
            Verdict::Accept(_, change) => Ok(change),
            Verdict::Reject(why) => Err(why),
        };
        assert_eq!(found, expected, "{ranges:?}");
    }

    /// Invariant I7: what is empty, overlapping or foreign never gets in, what is less or much
    /// different not on one node's word.
    #[test]
    fn only_sensible_topologies_get_in() {
        check(&[(0, 5460, "a"), (5461, 10922, "b"), (10923, 16383, "c")], Ok(Change::Same));
        check(&[(0, 5459, "a"), (5460, 10922, "b"), (10923, 16383, "c")], Ok(Change::Benign));
        check(&[(0, 5460, "a"), (5461, 10922, "b"), (10923, 16383, "new")], Ok(Change::Benign));
        check(&[(0, 16383, "a")], Ok(Change::Destructive));
        check(&[(0, 5460, "a"), (5461, 10922, "b")], Ok(Change::Destructive));
        check(&[], Err("it names no slot"));
        check(&[(0, 100, "a"), (100, 200, "b")], Err("ranges overlap"));
        check(&[(0, 16383, "x")], Err("it shares no node with what is known: another cluster"));
        check(&[(200, 100, "a")], Err("a range is out of bounds"));
    }
}
