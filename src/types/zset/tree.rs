//! The order of a large sorted set: a B+tree with counts.
//!
//! Leaves name members in order of score, then bytes. Inner nodes have up to 36 children, and of each the
//! number of members below it and its first entry; so the rank of an entry, or the entry of a rank,
//! is found on the way down, in three or four nodes for a million members. Ranges of score or
//! of bytes are turned into ranges of rank, and there is one way to read or to remove those.
//! Members are owned by somebody else ([`super::member`]).
//!
//! Compared with the peers' skiplist: no pointers per level and no 20 dependent misses a lookup.
//!
//! # Invariants
//! - All leaves are at the same depth. No node is empty; an inner root has at least two children.
//! - `counts[i]` is the number of members below child `i`; `keys[i]` and `firsts[i]` are its first entry.

mod cursor;
mod inner;
mod node;

use smallvec::SmallVec;

pub(super) use self::cursor::Cursor;
use self::inner::{Child, Children, FAN_OUT, Inner, node};
use self::node::{Edges, Node};
use super::leaf::{Bound, Leaf, partition};
use super::member::MemberRef;

enum Root {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

pub(super) struct Tree {
    root: Root,
    len: usize,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { root: Root::Leaf(Box::new(Leaf::new())), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a member that is not in the tree, with the score it has now.
    pub(super) fn insert(&mut self, member: MemberRef) {
        let key = member.key();
        let edges = Edges { left: true, right: true };
        self.len += 1;
        let grown = match &mut self.root {
            Root::Leaf(leaf) => leaf.insert(key, member, edges).map(Child::Leaf),
            Root::Inner(inner) => inner.insert(key, member, edges).map(Child::Inner),
        };
        let Some(right) = grown else { return };
        // The root was split: a new one above the two halves.
        let empty = Root::Leaf(Box::new(Leaf::new()));
        let mut root = match std::mem::replace(&mut self.root, empty) {
            Root::Leaf(left) => {
                let mut root = Inner::new(Children::Leaves([const { None }; FAN_OUT]));
                root.insert_child(0, left.summary(), Child::Leaf(left));
                root
            }
            Root::Inner(left) => {
                let mut root = Inner::new(Children::Inners([const { None }; FAN_OUT]));
                root.insert_child(0, left.summary(), Child::Inner(left));
                root
            }
        };
        let summary = match &right {
            Child::Leaf(leaf) => leaf.summary(),
            Child::Inner(inner) => inner.summary(),
        };
        root.insert_child(1, summary, right);
        self.root = Root::Inner(Box::new(root));
    }

    /// Removes the members with ranks `start..start + count` and appends them to `removed`.
    pub(super) fn remove_ranks(
        &mut self,
        start: usize,
        count: usize,
        removed: &mut Vec<MemberRef>,
    ) {
        if count == 0 {
            return;
        }
        assert!(start + count <= self.len);
        self.len -= count;
        if self.len == 0 {
            match &self.root {
                Root::Leaf(leaf) => leaf.collect(removed),
                Root::Inner(inner) => inner.collect(removed),
            }
            self.root = Root::Leaf(Box::new(Leaf::new()));
            return;
        }
        match &mut self.root {
            Root::Leaf(leaf) => leaf.remove(start, count, removed),
            Root::Inner(inner) => inner.remove(start, count, removed),
        }
        while let Root::Inner(inner) = &mut self.root
            && inner.len == 1
        {
            self.root = match &mut inner.children {
                Children::Leaves(leaves) => Root::Leaf(leaves[0].take().expect("the only child")),
                Children::Inners(inners) => Root::Inner(inners[0].take().expect("the only child")),
            };
        }
    }

    /// Number of members before the bound.
    pub(super) fn rank(&self, bound: Bound<'_>) -> usize {
        let mut inner = match &self.root {
            Root::Leaf(leaf) => return leaf.rank(bound),
            Root::Inner(inner) => inner,
        };
        let mut rank = 0;
        loop {
            let index = inner.child_at(bound);
            rank += inner.count_before(index);
            match &inner.children {
                Children::Leaves(leaves) => return rank + node(leaves, index).rank(bound),
                Children::Inners(inners) => {
                    inner = inners[index].as_ref().expect("a child in each of the first slots");
                }
            }
        }
    }

    /// Number of members for which `before` holds; it must hold for a prefix.
    pub(super) fn rank_by(&self, mut before: impl FnMut(MemberRef) -> bool) -> usize {
        let mut inner = match &self.root {
            Root::Leaf(leaf) => return leaf.rank_by(before),
            Root::Inner(inner) => inner,
        };
        let mut rank = 0;
        loop {
            let index = partition(inner.len, |index| before(inner.first(index))).saturating_sub(1);
            rank += inner.count_before(index);
            match &inner.children {
                Children::Leaves(leaves) => return rank + node(leaves, index).rank_by(before),
                Children::Inners(inners) => {
                    inner = inners[index].as_ref().expect("a child in each of the first slots");
                }
            }
        }
    }

    /// A place between the member of this rank and the one before it.
    pub(super) fn cursor(&self, rank: usize) -> Cursor<'_> {
        debug_assert!(rank <= self.len);
        let mut path = SmallVec::new();
        let mut inner = match &self.root {
            Root::Leaf(leaf) => return Cursor { path, leaf, at: rank },
            Root::Inner(inner) => inner,
        };
        // Behind the last member means behind the last of its leaf.
        let (mut rest, behind) = if rank == self.len { (rank - 1, 1) } else { (rank, 0) };
        loop {
            let (index, within) = inner.child_of_rank(rest);
            path.push((&**inner, index));
            rest = within;
            match &inner.children {
                Children::Leaves(leaves) => {
                    return Cursor { path, leaf: node(leaves, index), at: rest + behind };
                }
                Children::Inners(inners) => {
                    inner = inners[index].as_ref().expect("a child in each of the first slots");
                }
            }
        }
    }

    /// Bytes of the nodes.
    pub(super) fn heap_bytes(&self) -> usize {
        fn inner_bytes(inner: &Inner) -> usize {
            let below = match &inner.children {
                Children::Leaves(_) => inner.len * size_of::<Leaf>(),
                Children::Inners(inners) => inners.iter().flatten().map(|i| inner_bytes(i)).sum(),
            };
            size_of::<Inner>() + below
        }
        match &self.root {
            Root::Leaf(_) => size_of::<Leaf>(),
            Root::Inner(inner) => inner_bytes(inner),
        }
    }

    #[cfg(test)]
    pub(super) fn check_invariants(&self) {
        fn check(inner: &Inner, root: bool) -> usize {
            assert!(inner.len >= if root { 2 } else { 1 });
            let mut depth = None;
            for index in 0..inner.len {
                let (summary, below) = match &inner.children {
                    Children::Leaves(leaves) => {
                        let leaf = node(leaves, index);
                        leaf.check_invariants();
                        assert!(leaf.len() > 0);
                        (leaf.summary(), 0)
                    }
                    Children::Inners(inners) => {
                        let child = node(inners, index);
                        (child.summary(), check(child, false))
                    }
                };
                assert_eq!(*depth.get_or_insert(below), below);
                assert_eq!(inner.counts[index], summary.count);
                assert_eq!(inner.keys[index], summary.key);
                assert_eq!(inner.firsts[index], Some(summary.first));
            }
            depth.unwrap_or(0) + 1
        }
        let count = match &self.root {
            Root::Leaf(leaf) => {
                leaf.check_invariants();
                leaf.len()
            }
            Root::Inner(inner) => {
                check(inner, true);
                inner.count_before(inner.len)
            }
        };
        assert_eq!(count, self.len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_fill_their_size_classes() {
        assert_eq!(size_of::<Leaf>(), 512);
        assert!(size_of::<Inner>() <= 1024);
    }
}
