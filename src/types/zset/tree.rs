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

use std::cmp::Ordering;

use smallvec::SmallVec;

use super::leaf::{self, Bound, Leaf, partition};
use super::member::MemberRef;

/// Children of an inner node, which takes 1 KiB.
const FAN_OUT: usize = 36;
/// Nodes that fell below a third are merged with a neighbour if together they stay below three quarters,
/// so that the next insertion does not split them again.
const LEAF_MERGE_BELOW: usize = leaf::CAPACITY / 3;
const LEAF_MERGED_MAX: usize = leaf::CAPACITY * 3 / 4;
const INNER_MERGE_BELOW: usize = FAN_OUT / 3;
const INNER_MERGED_MAX: usize = FAN_OUT * 3 / 4;

enum Children {
    Leaves([Option<Box<Leaf>>; FAN_OUT]),
    Inners([Option<Box<Inner>>; FAN_OUT]),
}

struct Inner {
    len: usize,
    keys: [u64; FAN_OUT],
    counts: [u32; FAN_OUT],
    firsts: [Option<MemberRef>; FAN_OUT],
    children: Children,
}

enum Root {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

pub(super) struct Tree {
    root: Root,
    len: usize,
}

/// What a parent knows of a child.
#[derive(Clone, Copy)]
struct Summary {
    key: u64,
    count: u32,
    first: MemberRef,
}

/// Whether a node is at an end of its level: where appending should leave full nodes behind.
#[derive(Clone, Copy)]
struct Edges {
    left: bool,
    right: bool,
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

/// What the two kinds of nodes have in common.
trait Node: Sized {
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
    fn new(children: Children) -> Self {
        Self { len: 0, keys: [0; FAN_OUT], counts: [0; FAN_OUT], firsts: [None; FAN_OUT], children }
    }

    fn first(&self, index: usize) -> MemberRef {
        self.firsts[..self.len][index].expect("every child has a first entry")
    }

    /// The child where the bound lies, or the first.
    fn child_at(&self, bound: Bound<'_>) -> usize {
        let before = match bound {
            Bound::Key(bound) => partition(self.len, |index| self.keys[index] < bound),
            Bound::Entry(..) => partition(self.len, |index| {
                bound.order_of(|| self.keys[index], self.first(index)) != Ordering::Greater
            }),
        };
        before.saturating_sub(1)
    }

    /// The child with the entry of this rank, and the rank within the child.
    fn child_of_rank(&self, rank: usize) -> (usize, usize) {
        let mut rest = rank;
        for (index, &count) in self.counts[..self.len].iter().enumerate() {
            match rest.checked_sub(count as usize) {
                Some(less) => rest = less,
                None => return (index, rest),
            }
        }
        panic!("the rank is below the number of members")
    }

    fn count_before(&self, index: usize) -> usize {
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

fn node<N>(children: &[Option<Box<N>>], index: usize) -> &N {
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
enum Child {
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

    fn insert_child(&mut self, index: usize, summary: Summary, child: Child) {
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

/// A place in the order, from which to walk both ways.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    path: SmallVec<[(&'a Inner, usize); 6]>,
    leaf: &'a Leaf,
    at: usize,
}

/// Members ahead in the leaf whose memory is asked for while one is read.
const AHEAD: usize = 8;

impl Cursor<'_> {
    pub(super) fn next(&mut self) -> Option<MemberRef> {
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

    pub(super) fn prev(&mut self) -> Option<MemberRef> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_fill_their_size_classes() {
        assert_eq!(size_of::<Leaf>(), 512);
        assert!(size_of::<Inner>() <= 1024);
    }
}
