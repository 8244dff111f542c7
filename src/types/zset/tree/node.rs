//! What leaves and inner nodes have in common.

use super::super::leaf::{self, Bound, Leaf};
use super::super::member::MemberRef;

/// Nodes that fell below a third are merged with a neighbour if together they stay below three quarters,
/// so that the next insertion does not split them again.
const LEAF_MERGE_BELOW: usize = leaf::CAPACITY / 3;
const LEAF_MERGED_MAX: usize = leaf::CAPACITY * 3 / 4;

/// What a parent knows of a child.
#[derive(Clone, Copy)]
pub(super) struct Summary {
    pub(super) key: u64,
    pub(super) count: u32,
    pub(super) first: MemberRef,
}

/// Whether a node is at an end of its level: where appending should leave full nodes behind.
#[derive(Clone, Copy)]
pub(super) struct Edges {
    pub(super) left: bool,
    pub(super) right: bool,
}

/// What the two kinds of nodes have in common.
pub(super) trait Node: Sized {
    /// Entries of a leaf, children of an inner node.
    fn width(&self) -> usize;
    fn summary(&self) -> Summary;
    fn insert(&mut self, key: u64, member: MemberRef, edges: Edges) -> Option<Box<Self>>;
    /// Removes the members of these ranks; they may be all, and the node is empty then.
    fn remove(&mut self, start: usize, count: usize, removed: &mut Vec<MemberRef>);
    fn collect(&self, out: &mut Vec<MemberRef>);
    fn append(&mut self, next: Box<Self>);
    /// Whether to look for a neighbour to merge with, and whether to merge with one of that width.
    fn is_sparse(&self) -> bool;
    fn may_merge(&self, width: usize) -> bool;
}

impl Node for Leaf {
    fn width(&self) -> usize {
        self.len()
    }

    fn summary(&self) -> Summary {
        let first = self.member(0);
        Summary { key: first.key(), count: self.len() as u32, first }
    }

    fn insert(&mut self, key: u64, member: MemberRef, edges: Edges) -> Option<Box<Leaf>> {
        let index = self.rank(Bound::Entry(key, member.bytes()));
        if self.len() < leaf::CAPACITY {
            self.insert_at(index, key, member);
            return None;
        }
        // At an end of the tree nodes stay full: what was appended once is appended again.
        let at = match index {
            0 if edges.left => 0,
            leaf::CAPACITY if edges.right => leaf::CAPACITY,
            _ => leaf::CAPACITY / 2,
        };
        let mut right = self.split_off(at);
        if index < at || at == 0 {
            self.insert_at(index, key, member);
        } else {
            right.insert_at(index - at, key, member);
        }
        Some(right)
    }

    fn remove(&mut self, start: usize, count: usize, removed: &mut Vec<MemberRef>) {
        removed.extend((start..start + count).map(|index| self.member(index)));
        self.remove_at(start, count);
    }

    fn collect(&self, out: &mut Vec<MemberRef>) {
        out.extend((0..self.len()).map(|index| self.member(index)));
    }

    fn append(&mut self, next: Box<Leaf>) {
        self.take_all(&next);
    }

    fn is_sparse(&self) -> bool {
        self.len() < LEAF_MERGE_BELOW
    }

    fn may_merge(&self, width: usize) -> bool {
        self.len() + width <= LEAF_MERGED_MAX
    }
}
