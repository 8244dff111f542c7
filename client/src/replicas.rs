//! Which node of a shard answers a read.

use std::sync::Arc;

/// Who may answer commands that only read, in clusters with replicas.
///
/// Replicas lag behind their primary, so a read may miss a write that was acknowledged. Commands
/// that write go to the primary whatever is set here.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::ReadFrom;
/// client.get("k").read_from(ReadFrom::Zone("eu-1a".into())).await?;
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReadFrom {
    /// The primary only.
    #[default]
    Primary,
    /// The replicas in turn; the primary while none of them can be reached.
    Replica,
    /// All nodes of the shard in turn.
    Any,
    /// The replicas of this availability zone in turn, else the primary if it is in the zone, else
    /// other replicas, else the primary. Nodes tell their zone when they are dialled (Valkey's
    /// `availability-zone`).
    Zone(Arc<str>),
}

/// A node that may answer.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) primary: bool,
    pub(crate) usable: bool,
    pub(crate) zone: Option<Arc<str>>,
}

/// The index of the node that answers the `turn`-th read; `nodes` has the primary and its replicas.
pub(crate) fn choose(from: &ReadFrom, nodes: &[Choice], turn: usize) -> Option<usize> {
    let in_turn = |wanted: &dyn Fn(&Choice) -> bool| {
        let fit = || (0..nodes.len()).filter(|at| nodes[*at].usable && wanted(&nodes[*at]));
        let count = fit().count();
        if count == 0 { None } else { fit().nth(turn % count) }
    };
    let primary = || nodes.iter().position(|node| node.primary);
    match from {
        ReadFrom::Primary => primary(),
        ReadFrom::Replica => in_turn(&|node| !node.primary).or_else(primary),
        ReadFrom::Any => in_turn(&|_| true).or_else(primary),
        ReadFrom::Zone(zone) => {
            // A node whose zone is not known yet is as good: it tells it when it is dialled.
            let near = |node: &Choice| node.zone.as_ref().is_none_or(|of| of == zone);
            in_turn(&|node| !node.primary && near(node))
                .or_else(|| in_turn(&|node| node.primary && near(node)))
                .or_else(|| in_turn(&|node| !node.primary))
                .or_else(primary)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: ReadFrom, nodes: &[(&str, bool)], expected: &[usize]) {
        let nodes: Vec<Choice> = nodes
            .iter()
            .enumerate()
            .map(|(at, (zone, usable))| Choice {
                primary: at == 0,
                usable: *usable,
                zone: (!zone.is_empty()).then(|| (*zone).into()),
            })
            .collect();
        let found: Vec<_> = (0..4).map(|turn| choose(&from, &nodes, turn).unwrap()).collect();
        assert_eq!(found, expected, "{from:?} {nodes:?}");
    }

    #[test]
    fn reads_take_turns_among_those_who_may_answer() {
        let all = [("a", true), ("b", true), ("c", true)];
        check(ReadFrom::Primary, &all, &[0, 0, 0, 0]);
        check(ReadFrom::Replica, &all, &[1, 2, 1, 2]);
        check(ReadFrom::Any, &all, &[0, 1, 2, 0]);
        let one_down = [("a", true), ("b", false), ("c", true)];
        check(ReadFrom::Replica, &one_down, &[2, 2, 2, 2]);
        let alone = [("a", false), ("b", false)];
        check(ReadFrom::Replica, &alone, &[0, 0, 0, 0]);
        check(ReadFrom::Any, &alone, &[0, 0, 0, 0]);
    }

    #[test]
    fn the_own_zone_comes_first() {
        let zone = || ReadFrom::Zone("b".into());
        check(zone(), &[("a", true), ("b", true), ("c", true)], &[1, 1, 1, 1]);
        check(zone(), &[("b", true), ("a", true), ("c", true)], &[0, 0, 0, 0]);
        check(zone(), &[("a", true), ("a", true), ("c", true)], &[1, 2, 1, 2]);
        check(zone(), &[("a", true), ("", true), ("c", true)], &[1, 1, 1, 1]);
        check(zone(), &[("a", true), ("b", false), ("c", false)], &[0, 0, 0, 0]);
    }
}
