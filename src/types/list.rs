//! List: the value of a LIST key.
//!
//! While small it is one listpack (`listpack` to OBJECT ENCODING), beyond `list-max-listpack-size` a
//! deque of them (`quicklist`). Push and pop at an end are O(1), an index is O(nodes). The change of
//! representation follows Valkey: growing looks at what is about to be added, shrinking waits until half
//! of the limit, so a list around the limit does not flip with each command.
//! Knows nothing of keys, clients or RESP.

use std::iter;

use super::listpack::{self, Listpack, Needle, Value};
use super::quicklist::Quicklist;
pub use super::quicklist::{NodeLimit, NodeRef, set_packed_threshold};
use super::table::prefetch_line;

/// Which end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Head,
    Tail,
}

#[derive(Clone)]
enum Repr {
    Packed(Listpack),
    Nodes(Box<Quicklist>),
}

/// See the module documentation. An empty one means that the key is to be deleted.
#[derive(Clone)]
pub struct List {
    repr: Repr,
}

impl Default for List {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl List {
    /// Fetches what lies `depth` pointers behind the list into the cache.
    #[inline]
    pub fn prefetch(&self, depth: u32) {
        match &self.repr {
            Repr::Packed(pack) if depth == 0 => pack.prefetch(),
            Repr::Packed(_) => {}
            Repr::Nodes(nodes) if depth == 0 => prefetch_line((&raw const **nodes).cast()),
            Repr::Nodes(nodes) => nodes.prefetch(depth - 1),
        }
    }

    pub fn new() -> Self {
        Self { repr: Repr::Packed(Listpack::new()) }
    }

    /// A list of nodes as RDB has them; [`List::settle`] then chooses the representation.
    pub fn from_nodes(limit: NodeLimit) -> ListLoader {
        ListLoader { nodes: Quicklist::new(limit) }
    }

    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Packed(entries) => entries.len(),
            Repr::Nodes(nodes) => nodes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Packed(_) => "listpack",
            Repr::Nodes(_) => "quicklist",
        }
    }

    /// The nodes, a small list being one: what RDB writes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        (0..self.node_count()).map(|index| self.node(index))
    }

    pub fn node_count(&self) -> usize {
        match &self.repr {
            Repr::Packed(_) => 1,
            Repr::Nodes(nodes) => nodes.node_count(),
        }
    }

    fn node(&self, index: usize) -> NodeRef<'_> {
        match &self.repr {
            Repr::Packed(entries) => NodeRef::Packed(entries),
            Repr::Nodes(nodes) => nodes.node(index),
        }
    }

    /// Heap bytes, estimated from the first `samples` nodes (exact if 0).
    pub fn heap_bytes(&self, samples: usize) -> usize {
        match &self.repr {
            Repr::Packed(entries) => entries.heap_bytes(),
            Repr::Nodes(nodes) => size_of::<Quicklist>() + nodes.heap_bytes(samples),
        }
    }

    /// From a possibly negative index to one in the list.
    fn resolve(&self, index: i64) -> Option<usize> {
        let len = self.len();
        let index = if index < 0 {
            len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
        } else {
            usize::try_from(index).ok()?
        };
        (index < len).then_some(index)
    }

    // --- reading --------------------------------------------------------------------------------

    /// The entry at `index`; negative counts from the tail.
    pub fn get(&self, index: i64) -> Option<Value<'_>> {
        match &self.repr {
            Repr::Packed(entries) => entries.get(index as isize),
            Repr::Nodes(nodes) => self.resolve(index).map(|index| nodes.get(index)),
        }
    }

    pub fn peek(&self, end: End) -> Option<Value<'_>> {
        match end {
            End::Head => self.get(0),
            End::Tail => self.get(-1),
        }
    }

    pub fn iter(&self) -> Iter<'_> {
        Iter { list: self, node: 0, entries: self.entries_of(0), forward: true }
    }

    /// From entry `index`, which must be in the list, to the tail.
    pub fn iter_from(&self, index: usize) -> Iter<'_> {
        self.iter_at(index, true)
    }

    /// From entry `index`, which must be in the list, back to the head.
    pub fn iter_back_from(&self, index: usize) -> Iter<'_> {
        self.iter_at(index, false)
    }

    fn iter_at(&self, index: usize, forward: bool) -> Iter<'_> {
        let (node, offset) = match &self.repr {
            Repr::Packed(_) => (0, index),
            Repr::Nodes(nodes) => nodes.locate(index),
        };
        let entries = match self.node(node) {
            NodeRef::Plain(value) => Entries::Plain(Some(value)),
            NodeRef::Packed(entries) => {
                let pos = entries.seek(offset as isize).expect("the index is in the list");
                Entries::Packed(if forward {
                    entries.iter_from(pos)
                } else {
                    entries
                        .next(pos)
                        .map_or_else(|| entries.iter(), |next| entries.iter_until(next))
                })
            }
        };
        Iter { list: self, node, entries, forward }
    }

    fn entries_of(&self, node: usize) -> Entries<'_> {
        if node >= self.node_count() {
            return Entries::Plain(None);
        }
        match self.node(node) {
            NodeRef::Packed(entries) => Entries::Packed(entries.iter()),
            NodeRef::Plain(value) => Entries::Plain(Some(value)),
        }
    }

    /// Indexes of entries equal to `value` as LPOS wants them: from the `rank`-th match on (1 is the first;
    /// negative ranks look from the tail), at most `count` (0 for all) among `maxlen` entries (0 for all).
    pub fn positions(&self, value: &[u8], rank: i64, count: usize, maxlen: usize) -> Vec<usize> {
        let len = self.len();
        if len == 0 {
            return Vec::new();
        }
        let backward = rank < 0;
        let skip = rank.unsigned_abs().saturating_sub(1) as usize;
        let needle = Needle::new(value);
        let entries = if backward { self.iter_back_from(len - 1) } else { self.iter() };
        let all_if_zero = |limit| if limit == 0 { usize::MAX } else { limit };
        entries
            .take(all_if_zero(maxlen))
            .enumerate()
            .filter(|&(_, entry)| needle.matches(entry))
            .skip(skip)
            .take(all_if_zero(count))
            .map(|(at, _)| if backward { len - 1 - at } else { at })
            .collect()
    }

    // --- changing -------------------------------------------------------------------------------

    /// Pushes the values one by one, so that at the head the last one comes to be the first entry.
    pub fn push<'v, I>(&mut self, end: End, values: I, limit: NodeLimit)
    where
        I: IntoIterator<Item = &'v [u8]>,
        I::IntoIter: Clone,
    {
        let values = values.into_iter();
        let (bytes, count) =
            values.clone().fold((0, 0), |(bytes, count), value| (bytes + value.len(), count + 1));
        self.prepare_growth(bytes, count, limit);
        for value in values {
            match (&mut self.repr, end) {
                (Repr::Packed(entries), End::Head) => entries.push_front(value),
                (Repr::Packed(entries), End::Tail) => entries.push_back(value),
                (Repr::Nodes(nodes), End::Head) => nodes.push_front(value),
                (Repr::Nodes(nodes), End::Tail) => nodes.push_back(value),
            }
        }
    }

    /// Removes the entry at an end, after it was read with [`List::peek`]; false if there is none.
    pub fn drop_end(&mut self, end: End, limit: NodeLimit) -> bool {
        let len = self.len();
        if len > 0 {
            self.remove_range(if end == End::Head { 0 } else { len - 1 }, 1, limit);
        }
        len > 0
    }

    pub fn pop(&mut self, end: End, limit: NodeLimit) -> Option<Vec<u8>> {
        let value = self.peek(end)?.to_vec();
        self.drop_end(end, limit);
        Some(value)
    }

    /// Moves an entry from one end to the other (or to the same), and returns it. Not the same as popping and
    /// pushing: the list is not taken for a shrinking one in between.
    pub fn rotate(&mut self, from: End, to: End, limit: NodeLimit) -> Option<Vec<u8>> {
        let value = self.peek(from)?.to_vec();
        self.cut(if from == End::Head { 0 } else { self.len() - 1 }, 1);
        self.push(to, [&value[..]], limit);
        self.shrink(limit);
        Some(value)
    }

    /// Replaces the entry at `index` (negative from the tail); false if it is out of range.
    pub fn set(&mut self, index: i64, value: &[u8], limit: NodeLimit) -> bool {
        self.prepare_growth(value.len(), 1, limit);
        let Some(index) = self.resolve(index) else { return false };
        match &mut self.repr {
            Repr::Packed(entries) => {
                let pos = entries.seek(index as isize).expect("the index is in the list");
                entries.replace(pos, value);
            }
            Repr::Nodes(nodes) => nodes.replace(index, value),
        }
        self.shrink(limit);
        true
    }

    /// Inserts beside the first entry equal to `pivot`, before it or after it; false if there is none.
    pub fn insert(&mut self, pivot: &[u8], value: &[u8], after: bool, limit: NodeLimit) -> bool {
        // Before the search, as with the peers: it may convert the list for nothing.
        self.prepare_growth(value.len(), 1, limit);
        match &mut self.repr {
            Repr::Packed(entries) => {
                let Some(pos) = entries.find(pivot, 0) else { return false };
                if after {
                    entries.insert_after(pos, value);
                } else {
                    entries.insert_before(pos, value);
                }
            }
            Repr::Nodes(nodes) => {
                let needle = Needle::new(pivot);
                let found = nodes.nodes().enumerate().find_map(|(at, node)| {
                    let offset = match node {
                        NodeRef::Packed(entries) => {
                            entries.iter().position(|entry| needle.matches(entry))
                        }
                        NodeRef::Plain(entry) => (entry == pivot).then_some(0),
                    };
                    offset.map(|offset| (at, offset))
                });
                let Some((node, offset)) = found else { return false };
                nodes.insert(node, offset, value, after);
            }
        }
        true
    }

    /// Removes at most `max` entries equal to `value`, beginning at an end; returns how many.
    pub fn remove(&mut self, value: &[u8], max: usize, from: End, limit: NodeLimit) -> usize {
        let from_tail = from == End::Tail;
        let removed = match &mut self.repr {
            Repr::Packed(entries) => entries.remove_matching(&Needle::new(value), max, from_tail),
            Repr::Nodes(nodes) => nodes.remove_value(value, max, from_tail),
        };
        if removed > 0 {
            self.shrink(limit);
        }
        removed
    }

    /// Removes `len` entries from `start` on; a range that leaves the list is cut.
    pub fn remove_range(&mut self, start: usize, len: usize, limit: NodeLimit) {
        self.cut(start, len);
        self.shrink(limit);
    }

    fn cut(&mut self, start: usize, len: usize) {
        let start = start.min(self.len());
        let len = len.min(self.len() - start);
        match &mut self.repr {
            Repr::Packed(entries) => {
                entries.remove_range(start as isize, len);
            }
            Repr::Nodes(nodes) => nodes.remove_range(start, len),
        }
    }

    /// Keeps `len` entries from `start` on.
    pub fn trim(&mut self, start: usize, len: usize, limit: NodeLimit) {
        let end = start.saturating_add(len).min(self.len());
        self.remove_range(end, usize::MAX, limit);
        self.remove_range(0, start, limit);
    }

    /// Becomes a quicklist if `count` more entries of `bytes` bytes together would exceed the limit.
    fn prepare_growth(&mut self, bytes: usize, count: usize, limit: NodeLimit) {
        if let Repr::Packed(entries) = &mut self.repr
            && limit.exceeded(entries.bytes() + bytes, entries.len() + count)
        {
            let mut nodes = Box::new(Quicklist::new(limit));
            nodes.append_listpack(std::mem::take(entries));
            self.repr = Repr::Nodes(nodes);
        }
    }

    /// Becomes a listpack again if one node remains, of half the limit.
    fn shrink(&mut self, limit: NodeLimit) {
        self.pack_if(|bytes, count| limit.fits(bytes, count, true));
    }

    /// Takes the representation that suits the present size; for a list just built.
    pub fn settle(&mut self, limit: NodeLimit) {
        self.prepare_growth(0, 0, limit);
        self.pack_if(|bytes, count| limit.fits(bytes, count, false));
    }

    fn pack_if(&mut self, accepts: impl Fn(usize, usize) -> bool) {
        if let Repr::Nodes(nodes) = &mut self.repr
            && let Some(entries) = nodes.take_single_listpack(accepts)
        {
            self.repr = Repr::Packed(entries);
        }
    }

    #[cfg(test)]
    fn check_invariants(&self) {
        if let Repr::Nodes(nodes) = &self.repr {
            nodes.check_invariants();
        }
    }
}

/// Collects the nodes of a list that is being loaded.
pub struct ListLoader {
    nodes: Quicklist,
}

impl ListLoader {
    pub fn listpack(&mut self, entries: Listpack) {
        self.nodes.append_listpack(entries);
    }

    pub fn plain(&mut self, value: &[u8]) {
        self.nodes.append_plain(value);
    }

    pub fn finish(self, limit: NodeLimit) -> List {
        let mut list = List { repr: Repr::Nodes(Box::new(self.nodes)) };
        list.settle(limit);
        list
    }
}

#[derive(Clone)]
enum Entries<'a> {
    Packed(listpack::Iter<'a>),
    Plain(Option<&'a [u8]>),
}

impl<'a> Entries<'a> {
    fn step(&mut self, forward: bool) -> Option<Value<'a>> {
        match self {
            Self::Packed(entries) if forward => entries.next(),
            Self::Packed(entries) => entries.next_back(),
            Self::Plain(value) => value.take().map(Value::Str),
        }
    }
}

/// Entries of a list in one direction.
#[derive(Clone)]
pub struct Iter<'a> {
    list: &'a List,
    node: usize,
    entries: Entries<'a>,
    forward: bool,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        loop {
            if let Some(value) = self.entries.step(self.forward) {
                return Some(value);
            }
            // Backwards the index wraps around and is no node's.
            let next =
                if self.forward { self.node.saturating_add(1) } else { self.node.wrapping_sub(1) };
            if next >= self.list.node_count() {
                return None;
            }
            self.node = next;
            self.entries = self.list.entries_of(next);
        }
    }
}

impl iter::FusedIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a List {
    type Item = Value<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn list_of(values: &[&str], limit: NodeLimit) -> List {
        let mut list = List::new();
        list.push(End::Tail, values.iter().map(|value| value.as_bytes()), limit);
        list
    }

    #[test]
    fn a_list_is_two_words() {
        assert_eq!(size_of::<List>(), 16);
    }

    #[test]
    fn growing_converts_beyond_the_limit_and_shrinking_at_half_of_it() {
        let limit = NodeLimit::new(4);
        let mut list = list_of(&["a", "b", "c", "d"], limit);
        assert_eq!(list.encoding(), "listpack");
        list.push(End::Tail, [&b"e"[..]], limit);
        assert_eq!(list.encoding(), "quicklist");
        for (len, encoding) in [(4, "quicklist"), (3, "quicklist"), (2, "listpack")] {
            assert!(list.drop_end(End::Tail, limit));
            assert_eq!((list.len(), list.encoding()), (len, encoding));
        }
        // All the arguments of one command count before the first of them is pushed.
        let mut sudden = List::new();
        sudden.push(End::Tail, ["1", "2", "3", "4", "5"].map(str::as_bytes), limit);
        assert_eq!(sudden.encoding(), "quicklist");
    }

    #[test]
    fn a_rotation_does_not_count_as_shrinking() {
        let limit = NodeLimit::new(4);
        let mut list = list_of(&["a", "b", "c", "d", "e"], limit);
        list.remove_range(3, 2, limit);
        assert_eq!((list.len(), list.encoding()), (3, "quicklist"));
        assert_eq!(list.rotate(End::Head, End::Tail, limit), Some(b"a".to_vec()));
        assert_eq!((list.len(), list.encoding()), (3, "quicklist"));
        assert_eq!(list.iter().map(Value::to_vec).collect::<Vec<_>>(), [b"b", b"c", b"a"]);
        assert_eq!(List::new().rotate(End::Head, End::Tail, limit), None);
    }

    #[test]
    fn a_failed_insertion_may_still_convert() {
        let limit = NodeLimit::new(2);
        let mut list = list_of(&["a", "b"], limit);
        assert!(!list.insert(b"no such", b"x", true, limit));
        assert_eq!((list.len(), list.encoding()), (2, "quicklist"));
    }

    #[test]
    fn positions_follow_rank_count_and_maxlen() {
        for limit in [-2, 2] {
            let list = list_of(&["a", "b", "c", "1", "2", "3", "c", "c"], NodeLimit::new(limit));
            let check = |rank, count, maxlen, expected: &[usize]| {
                assert_eq!(list.positions(b"c", rank, count, maxlen), expected);
            };
            check(1, 1, 0, &[2]);
            check(2, 1, 0, &[6]);
            check(4, 1, 0, &[]);
            check(-1, 1, 0, &[7]);
            check(-3, 1, 0, &[2]);
            check(1, 0, 0, &[2, 6, 7]);
            check(-1, 2, 0, &[7, 6]);
            check(-1, 0, 2, &[7, 6]);
            check(1, 0, 2, &[]);
            check(i64::MIN, 0, 0, &[]);
        }
    }

    #[derive(Debug, Clone)]
    enum Op {
        Push(bool, Vec<Vec<u8>>),
        Pop(bool),
        Insert(usize, Vec<u8>, bool),
        Set(i64, Vec<u8>),
        Remove(usize, usize, bool),
        RemoveRange(usize, usize),
        Trim(usize, usize),
    }

    fn end(tail: bool) -> End {
        if tail { End::Tail } else { End::Head }
    }

    impl Op {
        fn apply(self, list: &mut List, model: &mut VecDeque<Vec<u8>>, limit: NodeLimit) {
            let len = model.len();
            match self {
                Op::Push(tail, values) => {
                    list.push(end(tail), values.iter().map(Vec::as_slice), limit);
                    for value in values {
                        if tail { model.push_back(value) } else { model.push_front(value) }
                    }
                }
                Op::Pop(tail) => {
                    let expected = if tail { model.pop_back() } else { model.pop_front() };
                    assert_eq!(list.pop(end(tail), limit), expected);
                }
                Op::Insert(at, value, after) => {
                    let pivot = model.get(at % len.max(1)).cloned().unwrap_or_default();
                    let found = model.iter().position(|entry| *entry == pivot);
                    assert_eq!(list.insert(&pivot, &value, after, limit), found.is_some());
                    if let Some(found) = found {
                        model.insert(found + usize::from(after), value);
                    }
                }
                Op::Set(index, value) => {
                    let at = if index < 0 { index + len as i64 } else { index };
                    let slot = usize::try_from(at).ok().and_then(|at| model.get_mut(at));
                    assert_eq!(list.set(index, &value, limit), slot.is_some());
                    if let Some(slot) = slot {
                        *slot = value;
                    }
                }
                Op::Remove(at, max, tail) => {
                    let value = model.get(at % len.max(1)).cloned().unwrap_or_default();
                    let mut expected = 0;
                    while expected < max {
                        let found = if tail {
                            model.iter().rposition(|entry| *entry == value)
                        } else {
                            model.iter().position(|entry| *entry == value)
                        };
                        let Some(found) = found else { break };
                        model.remove(found);
                        expected += 1;
                    }
                    assert_eq!(list.remove(&value, max, end(tail), limit), expected);
                }
                Op::RemoveRange(start, count) => {
                    list.remove_range(start, count, limit);
                    let start = start.min(len);
                    model.drain(start..(start + count).min(len));
                }
                Op::Trim(start, count) => {
                    let start = start % (len + 1);
                    list.trim(start, count, limit);
                    model.truncate(start + count);
                    model.drain(..start.min(model.len()));
                }
            }
        }
    }

    fn value() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            6 => (0u8..12).prop_map(|int| int.to_string().into_bytes()),
            3 => proptest::collection::vec(any::<u8>(), 0..20),
            1 => (4080usize..4110).prop_map(|len| vec![b'x'; len]),
            1 => (8180usize..8200).prop_map(|len| vec![b'y'; len]),
        ]
    }

    fn op() -> impl Strategy<Value = Op> {
        let at = 0usize..64;
        prop_oneof![
            5 => (any::<bool>(), proptest::collection::vec(value(), 1..5))
                .prop_map(|(tail, values)| Op::Push(tail, values)),
            3 => any::<bool>().prop_map(Op::Pop),
            4 => (at.clone(), value(), any::<bool>()).prop_map(|(a, v, b)| Op::Insert(a, v, b)),
            3 => (-20i64..20, value()).prop_map(|(index, value)| Op::Set(index, value)),
            1 => (at.clone(), 1usize..4, any::<bool>()).prop_map(|(a, n, b)| Op::Remove(a, n, b)),
            1 => (at.clone(), 0usize..9).prop_map(|(start, n)| Op::RemoveRange(start, n)),
            1 => (at, 0usize..30).prop_map(|(start, n)| Op::Trim(start, n)),
        ]
    }

    fn limit() -> impl Strategy<Value = NodeLimit> {
        prop_oneof![Just(-1), Just(-2), 0i64..6].prop_map(NodeLimit::new)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Whatever the node limit, a list holds what a plain deque would hold.
        #[test]
        fn agrees_with_a_deque(limit in limit(), ops in proptest::collection::vec(op(), 0..80)) {
            let (mut list, mut model) = (List::new(), VecDeque::new());
            for op in ops {
                op.apply(&mut list, &mut model, limit);
                list.check_invariants();
                let entries: Vec<_> = list.iter().map(Value::to_vec).collect();
                prop_assert!(entries.iter().eq(&model), "{entries:?} is not {model:?}");
                prop_assert_eq!(list.len(), model.len());
            }
            for (index, value) in model.iter().enumerate() {
                let read = list.get(index as i64).map(Value::to_vec);
                prop_assert_eq!(read.as_ref(), Some(value));
                let from: Vec<_> = list.iter_from(index).map(Value::to_vec).collect();
                prop_assert!(from.iter().eq(model.range(index..)));
                let back: Vec<_> = list.iter_back_from(index).map(Value::to_vec).collect();
                prop_assert!(back.iter().eq(model.range(..=index).rev()));
                let positions = list.positions(value, 1, 0, 0);
                prop_assert!(positions.iter().all(|&at| model[at] == *value));
                prop_assert!(positions.contains(&index));
            }
            prop_assert_eq!(list.get(model.len() as i64), None);
        }
    }
}
