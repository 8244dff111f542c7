//! Inner nodes.

use std::cmp::Ordering;

use super::super::leaf::{Bound, Leaf, partition};
use super::super::member::MemberRef;
use super::node::{Edges, Node, Summary};

/// Children of an inner node, which takes 1 KiB.
pub(super) const FAN_OUT: usize = 36;
const INNER_MERGE_BELOW: usize = FAN_OUT / 3;
const INNER_MERGED_MAX: usize = FAN_OUT * 3 / 4;

pub(super) enum Children {
    Leaves([Option<Box<Leaf>>; FAN_OUT]),
    Inners([Option<Box<Inner>>; FAN_OUT]),
}

pub(super) struct Inner {
    pub(super) len: usize,
    pub(super) keys: [u64; FAN_OUT],
    pub(super) counts: [u32; FAN_OUT],
    pub(super) firsts: [Option<MemberRef>; FAN_OUT],
    pub(super) children: Children,
}

/// A place for each child kind to do the same work.
macro_rules! with_children {
    ($node:expr, $children:ident => $body:expr) => {
        match &mut $node.children {
            Children::Leaves($children) => $body,
            Children::Inners($children) => $body,
        }
    };
}

/// Inserts at `index` of the first `len` slots.
fn insert_slot<T>(slots: &mut [T], len: usize, index: usize, value: T) {
    slots[len] = value;
    slots[index..=len].rotate_right(1);
}

/// Removes the slots `start..end` of the first `len`; they end up behind those that remain.
fn remove_slots<T>(slots: &mut [T], len: usize, start: usize, end: usize) {
    slots[start..len].rotate_left(end - start);
}

impl Inner {
    pub(super) fn new(children: Children) -> Self {
        Self { len: 0, keys: [0; FAN_OUT], counts: [0; FAN_OUT], firsts: [None; FAN_OUT], children }
    }

    pub(super) fn first(&self, index: usize) -> MemberRef {
        self.firsts[..self.len][index].expect("every child has a first entry")
    }

    /// The child where the bound lies, or the first.
    pub(super) fn child_at(&self, bound: Bound<'_>) -> usize {
        let before = match bound {
            Bound::Key(bound) => partition(self.len, |index| self.keys[index] < bound),
            Bound::Entry(..) => partition(self.len, |index| {
                bound.order_of(|| self.keys[index], self.first(index)) != Ordering::Greater
            }),
        };
        before.saturating_sub(1)
    }

    /// The child with the entry of this rank, and the rank within the child.
    pub(super) fn child_of_rank(&self, rank: usize) -> (usize, usize) {
        let mut rest = rank;
        for (index, &count) in self.counts[..self.len].iter().enumerate() {
            match rest.checked_sub(count as usize) {
                Some(less) => rest = less,
                None => return (index, rest),
            }
        }
        panic!("the rank is below the number of members")
    }

    pub(super) fn count_before(&self, index: usize) -> usize {
        self.counts[..index].iter().map(|&count| count as usize).sum()
    }

    fn set_summary(&mut self, index: usize, summary: Summary) {
        self.keys[index] = summary.key;
        self.counts[index] = summary.count;
        self.firsts[index] = Some(summary.first);
    }

    /// Adds what the arrays hold besides the child itself; `children` has it already.
    fn insert_summary(&mut self, index: usize, summary: Summary) {
        insert_slot(&mut self.keys, self.len, index, summary.key);
        insert_slot(&mut self.counts, self.len, index, summary.count);
        insert_slot(&mut self.firsts, self.len, index, Some(summary.first));
        self.len += 1;
    }

    fn refresh(&mut self, index: usize) {
        let summary = match &self.children {
            Children::Leaves(leaves) => node(leaves, index).summary(),
            Children::Inners(inners) => node(inners, index).summary(),
        };
        self.set_summary(index, summary);
    }

    /// Drops the children `start..end`, which are empty or were collected.
    fn drop_children(&mut self, start: usize, end: usize) {
        let len = self.len;
        remove_slots(&mut self.keys, len, start, end);
        remove_slots(&mut self.counts, len, start, end);
        remove_slots(&mut self.firsts, len, start, end);
        with_children!(self, children => {
            remove_slots(children, len, start, end);
            children[len - (end - start)..len].fill_with(|| None);
        });
        self.len -= end - start;
    }

    /// Moves the children from `at` on to a new node.
    fn split_off(&mut self, at: usize) -> Box<Inner> {
        let moved = self.len - at;
        let children = match &mut self.children {
            Children::Leaves(leaves) => Children::Leaves(take_tail(leaves, at)),
            Children::Inners(inners) => Children::Inners(take_tail(inners, at)),
        };
        let mut right = Box::new(Inner::new(children));
        right.keys[..moved].copy_from_slice(&self.keys[at..self.len]);
        right.counts[..moved].copy_from_slice(&self.counts[at..self.len]);
        right.firsts[..moved].copy_from_slice(&self.firsts[at..self.len]);
        right.len = moved;
        self.len = at;
        right
    }

    /// Merges child `index` with a neighbour if it has few entries; true if it did.
    fn tidy(&mut self, index: usize) -> bool {
        if index >= self.len {
            return false;
        }
        let left = with_children!(self, children => {
            if !node(children, index).is_sparse() {
                return false;
            }
            let fits = |left: usize| {
                left + 1 < self.len && node(children, left).may_merge(node(children, left + 1).width())
            };
            let Some(left) = [Some(index), index.checked_sub(1)].into_iter().flatten().find(|&l| fits(l))
            else {
                return false;
            };
            let next = children[left + 1].take().expect("a child in each of the first slots");
            node_mut(children, left).append(next);
            left
        });
        self.drop_children(left + 1, left + 2);
        self.refresh(left);
        true
    }
}

pub(super) fn node<N>(children: &[Option<Box<N>>], index: usize) -> &N {
    children[index].as_deref().expect("a child in each of the first slots")
}

fn node_mut<N>(children: &mut [Option<Box<N>>], index: usize) -> &mut N {
    children[index].as_deref_mut().expect("a child in each of the first slots")
}

fn take_tail<N>(children: &mut [Option<Box<N>>; FAN_OUT], at: usize) -> [Option<Box<N>>; FAN_OUT] {
    let mut tail = [const { None }; FAN_OUT];
    for (to, from) in tail.iter_mut().zip(&mut children[at..]) {
        *to = from.take();
    }
    tail
}

impl Node for Inner {
    fn width(&self) -> usize {
        self.len
    }

    fn summary(&self) -> Summary {
        let count = self.count_before(self.len) as u32;
        Summary { key: self.keys[0], count, first: self.first(0) }
    }

    fn insert(&mut self, key: u64, member: MemberRef, edges: Edges) -> Option<Box<Inner>> {
        let index = self.child_at(Bound::Entry(key, member.bytes()));
        let below =
            Edges { left: edges.left && index == 0, right: edges.right && index + 1 == self.len };
        // The new child has to have room beside its sibling: a full node is split before.
        let at = if below.right { FAN_OUT - 1 } else { FAN_OUT / 2 };
        let will_split = self.len == FAN_OUT;
        let right_summary = with_children!(self, children => {
            match node_mut(children, index).insert(key, member, below) {
                None => None,
                Some(child) => {
                    let summary = child.summary();
                    if !will_split {
                        insert_slot(children, self.len, index + 1, Some(child));
                        Some((summary, None))
                    } else {
                        Some((summary, Some(Child::from(child))))
                    }
                }
            }
        });
        match right_summary {
            None => {
                self.counts[index] += 1;
                if index == 0 {
                    // Only the first child's first entry can change.
                    self.refresh_first(key, member);
                }
                None
            }
            Some((summary, None)) => {
                self.refresh(index);
                self.insert_summary(index + 1, summary);
                None
            }
            Some((summary, Some(child))) => {
                self.refresh(index);
                let mut right = self.split_off(at);
                if index < at {
                    self.insert_child(index + 1, summary, child);
                } else {
                    right.insert_child(index + 1 - at, summary, child);
                }
                Some(right)
            }
        }
    }

    fn remove(&mut self, start: usize, count: usize, removed: &mut Vec<MemberRef>) {
        let (mut index, mut from) = self.child_of_rank(start);
        let mut left = count;
        let touched = index;
        let mut gone: Option<(usize, usize)> = None;
        while left > 0 {
            let size = self.counts[index] as usize;
            let here = left.min(size - from);
            if here == size {
                with_children!(self, children => node(children, index).collect(removed));
                gone = Some((gone.map_or(index, |(first, _)| first), index + 1));
            } else {
                with_children!(self, children => {
                    node_mut(children, index).remove(from, here, removed);
                });
                self.refresh(index);
            }
            left -= here;
            index += 1;
            from = 0;
        }
        if let Some((first, end)) = gone {
            self.drop_children(first, end);
        }
        // At most two children were cut, beside each other now.
        if !self.tidy(touched) {
            self.tidy(touched + 1);
        } else {
            self.tidy(touched);
        }
    }

    fn collect(&self, out: &mut Vec<MemberRef>) {
        for index in 0..self.len {
            match &self.children {
                Children::Leaves(leaves) => node(leaves, index).collect(out),
                Children::Inners(inners) => node(inners, index).collect(out),
            }
        }
    }

    fn append(&mut self, mut next: Box<Inner>) {
        let (len, more) = (self.len, next.len);
        self.keys[len..len + more].copy_from_slice(&next.keys[..more]);
        self.counts[len..len + more].copy_from_slice(&next.counts[..more]);
        self.firsts[len..len + more].copy_from_slice(&next.firsts[..more]);
        match (&mut self.children, &mut next.children) {
            (Children::Leaves(to), Children::Leaves(from)) => {
                to[len..len + more].swap_with_slice(&mut from[..more]);
            }
            (Children::Inners(to), Children::Inners(from)) => {
                to[len..len + more].swap_with_slice(&mut from[..more]);
            }
            _ => unreachable!("neighbours are at the same depth"),
        }
        self.len += more;
    }

    fn is_sparse(&self) -> bool {
        self.len < INNER_MERGE_BELOW
    }

    fn may_merge(&self, width: usize) -> bool {
        self.len + width <= INNER_MERGED_MAX
    }
}

/// A child on its way into a node of its kind.
pub(super) enum Child {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

impl Inner {
    fn refresh_first(&mut self, key: u64, member: MemberRef) {
        let bound = Bound::Entry(key, member.bytes());
        if bound.order_of(|| self.keys[0], self.first(0)) == Ordering::Greater {
            self.keys[0] = key;
            self.firsts[0] = Some(member);
        }
    }

    pub(super) fn insert_child(&mut self, index: usize, summary: Summary, child: Child) {
        match (&mut self.children, child) {
            (Children::Leaves(leaves), Child::Leaf(child)) => {
                insert_slot(leaves, self.len, index, Some(child));
            }
            (Children::Inners(inners), Child::Inner(child)) => {
                insert_slot(inners, self.len, index, Some(child));
            }
            _ => unreachable!("siblings are at the same depth"),
        }
        self.insert_summary(index, summary);
    }
}

impl From<Box<Leaf>> for Child {
    fn from(leaf: Box<Leaf>) -> Self {
        Self::Leaf(leaf)
    }
}

impl From<Box<Inner>> for Child {
    fn from(inner: Box<Inner>) -> Self {
        Self::Inner(inner)
    }
}
