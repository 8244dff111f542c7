//! Walking over members.

use smallvec::SmallVec;

use super::super::leaf::Leaf;
use super::super::member::MemberRef;
use super::inner::{Children, Inner, node};

/// A place in the order, from which to walk both ways.
#[derive(Clone)]
pub(in crate::types::zset) struct Cursor<'a> {
    pub(super) path: SmallVec<[(&'a Inner, usize); 6]>,
    pub(super) leaf: &'a Leaf,
    pub(super) at: usize,
}

/// Members ahead in the leaf whose memory is asked for while one is read.
const AHEAD: usize = 8;

impl Cursor<'_> {
    pub(in crate::types::zset) fn next(&mut self) -> Option<MemberRef> {
        if self.at == self.leaf.len() {
            if !self.move_leaf(true) {
                return None;
            }
            self.at = 0;
            (0..self.leaf.len().min(AHEAD)).for_each(|at| self.leaf.member(at).prefetch());
        }
        let member = self.leaf.member(self.at);
        self.at += 1;
        if self.at + AHEAD <= self.leaf.len() {
            self.leaf.member(self.at + AHEAD - 1).prefetch();
        }
        Some(member)
    }

    pub(in crate::types::zset) fn prev(&mut self) -> Option<MemberRef> {
        if self.at == 0 {
            if !self.move_leaf(false) {
                return None;
            }
            self.at = self.leaf.len();
            let start = self.at.saturating_sub(AHEAD);
            (start..self.at).for_each(|at| self.leaf.member(at).prefetch());
        }
        self.at -= 1;
        if let Some(ahead) = self.at.checked_sub(AHEAD) {
            self.leaf.member(ahead).prefetch();
        }
        Some(self.leaf.member(self.at))
    }

    /// Goes to the neighbouring leaf; false if there is none.
    fn move_leaf(&mut self, forward: bool) -> bool {
        let step = |inner: &Inner, index: usize| {
            if forward {
                Some(index + 1).filter(|&index| index < inner.len)
            } else {
                index.checked_sub(1)
            }
        };
        let Some(depth) =
            self.path.iter().rposition(|&(inner, index)| step(inner, index).is_some())
        else {
            return false;
        };
        let height = self.path.len();
        self.path.truncate(depth + 1);
        let (inner, index) = self.path[depth];
        self.path[depth].1 = step(inner, index).expect("looked for it above");
        loop {
            let (inner, index) = self.path[self.path.len() - 1];
            match &inner.children {
                Children::Leaves(leaves) => {
                    debug_assert_eq!(self.path.len(), height);
                    self.leaf = node(leaves, index);
                    return true;
                }
                Children::Inners(inners) => {
                    let child = node(inners, index);
                    self.path.push((child, if forward { 0 } else { child.len - 1 }));
                }
            }
        }
    }
}
