//! Quicklist: a long list as a deque of listpacks.
//!
//! The second representation of a LIST value, see [`super::list`]. Each node packs entries up to the limit
//! of `list-max-listpack-size`; an entry too large to be packed is a *plain* node of its own. Push and pop
//! at an end are O(1) plus a move inside one node; an index is found by adding up the nodes' counts,
//! which lie side by side in the deque (16 bytes a node), so a thousand nodes are a few microseconds.
//! Nodes split and merge by the rules of Valkey, so DEBUG and RDB show the same shapes.
//!
//! # Invariants
//! - No node is empty, so an empty `nodes` means that the key is to be deleted.
//! - `count` is the sum of `Node::len` over all nodes, and a packed node's `count` is its listpack's.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::listpack::{Listpack, Needle, Value};
use super::table::prefetch_line;
use super::thin::{Format, Thin};

/// Sizes that `list-max-listpack-size` -1 to -5 stand for.
const SIZE_LEVELS: [usize; 5] = [4096, 8192, 16384, 32768, 65536];
/// A node limited by its number of entries must still stay below this size.
const SIZE_SAFETY_LIMIT: usize = 8192;
/// What an entry is assumed to add to its own length; an overestimate mostly.
const ENTRY_OVERHEAD: usize = 8;
/// Header and end mark, of which a merge saves one.
const LISTPACK_OVERHEAD: usize = 7;

/// The entry size from which `DEBUG QUICKLIST-PACKED-THRESHOLD` wants plain nodes; 0 means by the limit.
static PACKED_THRESHOLD: AtomicUsize = AtomicUsize::new(0);

/// For tests of other people that want plain nodes without large entries.
pub fn set_packed_threshold(bytes: usize) {
    PACKED_THRESHOLD.store(bytes, Ordering::Relaxed);
}

/// The value of `list-max-listpack-size`: entries if positive, a size level if negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeLimit(i32);

impl NodeLimit {
    pub fn new(list_max_listpack_size: i64) -> Self {
        let size = list_max_listpack_size.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        Self(size as i32)
    }

    /// A quicklist keeps the limit it was made with, in the narrower range of the peers.
    fn of_nodes(self) -> Self {
        Self(self.0.clamp(-5, 0x7FFF))
    }

    /// Bytes and entries a node may have; the one that does not apply is `usize::MAX`.
    fn bounds(self) -> (usize, usize) {
        match self.0 {
            0 => (usize::MAX, 1),
            count @ 1.. => (usize::MAX, count as usize),
            level => (SIZE_LEVELS[(level.unsigned_abs() as usize - 1).min(4)], usize::MAX),
        }
    }

    /// Whether a node of this size is beyond the limit.
    pub(super) fn exceeded(self, bytes: usize, count: usize) -> bool {
        let (bytes_max, count_max) = self.bounds();
        if bytes_max != usize::MAX {
            bytes > bytes_max
        } else {
            bytes > SIZE_SAFETY_LIMIT || count > count_max
        }
    }

    /// Whether a shrinking list is small enough, with some distance, to be one listpack again.
    pub(super) fn fits(self, bytes: usize, count: usize, half: bool) -> bool {
        let (bytes_max, count_max) = self.bounds();
        let divisor = if half { 2 } else { 1 };
        bytes <= bytes_max / divisor && count <= count_max / divisor
    }

    fn is_large(self, len: usize) -> bool {
        match PACKED_THRESHOLD.load(Ordering::Relaxed) {
            0 if self.0 >= 0 => len > SIZE_SAFETY_LIMIT,
            0 => len > self.bounds().0,
            threshold => len >= threshold,
        }
    }
}

/// The length before the bytes of a plain node.
struct PlainHeader;

impl Format for PlainHeader {
    const HEADER: usize = 8;

    fn total(header: &[u8]) -> usize {
        let len = u64::from_le_bytes(header[..8].try_into().expect("eight bytes"));
        8 + len as usize
    }
}

/// Entries stored together. Compressed nodes (`list-compress-depth`) would be a third variant.
#[derive(Clone)]
enum Node {
    /// The count is kept here too: an index walks over nodes without touching their listpacks.
    Packed {
        count: u32,
        entries: Listpack,
    },
    Plain(Plain),
}

#[derive(Clone)]
struct Plain(Thin<PlainHeader>);

impl Plain {
    fn new(value: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(8 + value.len());
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value);
        Self(Thin::new(&bytes))
    }

    fn value(&self) -> &[u8] {
        &self.0.as_slice()[PlainHeader::HEADER..]
    }
}

/// A node as RDB sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeRef<'a> {
    Packed(&'a Listpack),
    Plain(&'a [u8]),
}

impl Node {
    fn packed(entries: Listpack) -> Self {
        let count = entries.len() as u32;
        Self::Packed { count, entries }
    }

    fn with(value: &[u8], limit: NodeLimit) -> Self {
        if limit.is_large(value.len()) {
            Self::Plain(Plain::new(value))
        } else {
            let mut entries = Listpack::new();
            entries.push_back(value);
            Self::Packed { count: 1, entries }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Packed { count, .. } => *count as usize,
            Self::Plain(_) => 1,
        }
    }

    fn as_ref(&self) -> NodeRef<'_> {
        match self {
            Self::Packed { entries, .. } => NodeRef::Packed(entries),
            Self::Plain(plain) => NodeRef::Plain(plain.value()),
        }
    }

    fn value(&self, offset: usize) -> Value<'_> {
        match self {
            Self::Packed { entries, .. } => entries.get(offset as isize).expect("offset in node"),
            Self::Plain(plain) => Value::Str(plain.value()),
        }
    }

    /// The listpack, if an entry as long as `value` may join it.
    fn room_for(&mut self, value: &[u8], limit: NodeLimit) -> Option<(&mut u32, &mut Listpack)> {
        match self {
            Self::Packed { count, entries } if !limit.is_large(value.len()) => {
                let bytes = entries.bytes() + value.len() + ENTRY_OVERHEAD;
                (!limit.exceeded(bytes, *count as usize + 1)).then_some((count, entries))
            }
            _ => None,
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Packed { entries, .. } => entries.heap_bytes(),
            Self::Plain(plain) => plain.0.heap_bytes(),
        }
    }
}

/// See the module documentation.
#[derive(Clone)]
pub(super) struct Quicklist {
    nodes: VecDeque<Node>,
    count: usize,
    limit: NodeLimit,
}

impl Quicklist {
    pub(super) fn new(limit: NodeLimit) -> Self {
        Self { nodes: VecDeque::new(), count: 0, limit: limit.of_nodes() }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Fetches what lies `depth` pointers behind the structure into the cache: its nodes, then what
    /// lies at the head of the first and the last.
    #[inline]
    pub(super) fn prefetch(&self, depth: u32) {
        for node in [self.nodes.front(), self.nodes.back()].into_iter().flatten() {
            match node {
                _ if depth == 0 => prefetch_line((&raw const *node).cast()),
                Node::Packed { entries, .. } => entries.prefetch(),
                Node::Plain(plain) => prefetch_line(plain.0.address()),
            }
        }
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, index: usize) -> NodeRef<'_> {
        self.nodes[index].as_ref()
    }

    pub(super) fn nodes(&self) -> impl ExactSizeIterator<Item = NodeRef<'_>> {
        self.nodes.iter().map(Node::as_ref)
    }

    pub(super) fn append_listpack(&mut self, entries: Listpack) {
        if !entries.is_empty() {
            self.count += entries.len();
            self.nodes.push_back(Node::packed(entries));
        }
    }

    pub(super) fn append_plain(&mut self, value: &[u8]) {
        self.count += 1;
        self.nodes.push_back(Node::Plain(Plain::new(value)));
    }

    /// The listpack, if it is all there is and `accepts` it.
    pub(super) fn take_single_listpack(
        &mut self,
        accepts: impl Fn(usize, usize) -> bool,
    ) -> Option<Listpack> {
        match self.nodes.front()? {
            Node::Packed { entries, .. }
                if self.nodes.len() == 1 && accepts(entries.bytes(), self.count) => {}
            _ => return None,
        }
        self.count = 0;
        match self.nodes.pop_front() {
            Some(Node::Packed { entries, .. }) => Some(entries),
            _ => None,
        }
    }

    /// The node that holds entry `index`, and the entry's offset in it.
    pub(super) fn locate(&self, index: usize) -> (usize, usize) {
        debug_assert!(index < self.count);
        if index < self.count / 2 {
            let mut offset = index;
            for (at, node) in self.nodes.iter().enumerate() {
                match offset.checked_sub(node.len()) {
                    Some(rest) => offset = rest,
                    None => return (at, offset),
                }
            }
        } else {
            let mut from_end = self.count - 1 - index;
            for (at, node) in self.nodes.iter().enumerate().rev() {
                match from_end.checked_sub(node.len()) {
                    Some(rest) => from_end = rest,
                    None => return (at, node.len() - 1 - from_end),
                }
            }
        }
        unreachable!("count is the sum of the nodes' lengths")
    }

    pub(super) fn get(&self, index: usize) -> Value<'_> {
        let (node, offset) = self.locate(index);
        self.nodes[node].value(offset)
    }

    // --- ends -----------------------------------------------------------------------------------

    pub(super) fn push_front(&mut self, value: &[u8]) {
        self.count += 1;
        match self.nodes.front_mut().and_then(|node| node.room_for(value, self.limit)) {
            Some((count, entries)) => {
                entries.push_front(value);
                *count += 1;
            }
            None => {
                // The old head changes at its head no more.
                if let Some(Node::Packed { entries, .. }) = self.nodes.front_mut() {
                    entries.release_front();
                }
                self.nodes.push_front(Node::with(value, self.limit));
            }
        }
    }

    pub(super) fn push_back(&mut self, value: &[u8]) {
        self.count += 1;
        match self.nodes.back_mut().and_then(|node| node.room_for(value, self.limit)) {
            Some((count, entries)) => {
                entries.push_back(value);
                *count += 1;
            }
            None => self.nodes.push_back(Node::with(value, self.limit)),
        }
    }

    // --- in the middle --------------------------------------------------------------------------

    /// Inserts beside the entry at `offset` of `node`, behind it if `after`.
    pub(super) fn insert(&mut self, node: usize, offset: usize, value: &[u8], after: bool) {
        self.count += 1;
        let limit = self.limit;
        let at = offset + usize::from(after);
        let at_edge = at == 0 || at == self.nodes[node].len();
        if let Some((count, entries)) = self.nodes[node].room_for(value, limit) {
            insert_at(entries, at, value);
            *count += 1;
            return;
        }
        let new_index = node + usize::from(after);
        if at_edge {
            let neighbour = if after { Some(node + 1) } else { node.checked_sub(1) };
            let room = neighbour
                .and_then(|index| self.nodes.get_mut(index))
                .and_then(|neighbour| neighbour.room_for(value, limit));
            match room {
                Some((count, entries)) => {
                    if after {
                        entries.push_front(value);
                    } else {
                        entries.push_back(value);
                    }
                    *count += 1;
                }
                None => self.nodes.insert(new_index, Node::with(value, limit)),
            }
            return;
        }
        self.split(node, at);
        if limit.is_large(value.len()) {
            self.nodes.insert(node + 1, Node::with(value, limit));
            return;
        }
        // The new entry goes to the part without the pivot; the part with it is the centre of merging.
        let (target, centre) = if after { (node + 1, node) } else { (node, node + 1) };
        if let Node::Packed { count, entries } = &mut self.nodes[target] {
            if after {
                entries.push_front(value);
            } else {
                entries.push_back(value);
            }
            *count += 1;
        }
        self.merge_around(centre);
    }

    pub(super) fn replace(&mut self, index: usize, value: &[u8]) {
        let (node, offset) = self.locate(index);
        let large = self.limit.is_large(value.len());
        match &mut self.nodes[node] {
            Node::Packed { entries, .. } if !large => {
                let pos = entries.seek(offset as isize).expect("offset in node");
                entries.replace(pos, value);
            }
            Node::Plain(plain) if large => *plain = Plain::new(value),
            Node::Plain(_) => {
                self.insert(node, 0, value, true);
                self.nodes.remove(node);
                self.count -= 1;
            }
            Node::Packed { .. } => {
                if offset + 1 < self.nodes[node].len() {
                    self.split(node, offset + 1);
                }
                self.nodes.insert(node + 1, Node::with(value, self.limit));
                let gone = self.remove_in_node(node, offset, 1);
                self.count += 1;
                if gone == 0 {
                    self.merge_around(node + 1);
                }
            }
        }
    }

    /// Cuts a packed node before entry `at`, which is neither its first nor behind its last.
    fn split(&mut self, node: usize, at: usize) {
        if let Node::Packed { count, entries } = &mut self.nodes[node] {
            let rest = entries.split(at);
            let rest_count = *count - at as u32;
            *count = at as u32;
            self.nodes.insert(node + 1, Node::Packed { count: rest_count, entries: rest });
        }
    }

    /// Merges the two nodes before `centre`, the two behind it, then `centre` with its neighbours.
    fn merge_around(&mut self, centre: usize) {
        let mut centre = centre;
        if centre >= 2 && self.merge(centre - 2) {
            centre -= 1;
        }
        self.merge(centre + 1);
        if centre >= 1 && self.merge(centre - 1) {
            centre -= 1;
        }
        self.merge(centre);
    }

    /// Merges a node with the next if the result stays within the limit.
    fn merge(&mut self, left: usize) -> bool {
        let (
            Some(Node::Packed { count: a, entries: a_entries }),
            Some(Node::Packed { count: b, entries: b_entries }),
        ) = (self.nodes.get(left), self.nodes.get(left + 1))
        else {
            return false;
        };
        let bytes = a_entries.bytes() + b_entries.bytes() - LISTPACK_OVERHEAD;
        if self.limit.exceeded(bytes, (a + b) as usize) {
            return false;
        }
        let right = self.nodes.remove(left + 1);
        if let (
            Some(Node::Packed { count: more, entries: tail }),
            Node::Packed { count, entries },
        ) = (right, &mut self.nodes[left])
        {
            entries.concat(&tail);
            *count += more;
        }
        true
    }

    // --- removing -------------------------------------------------------------------------------

    /// Removes up to `len` entries of one node, and the node with its last; returns how many nodes went.
    fn remove_in_node(&mut self, node: usize, offset: usize, len: usize) -> usize {
        let in_node = self.nodes[node].len();
        if offset == 0 && len >= in_node {
            self.nodes.remove(node);
            self.count -= in_node;
            return 1;
        }
        if let Node::Packed { count, entries } = &mut self.nodes[node] {
            let removed = entries.remove_range(offset as isize, len);
            *count -= removed as u32;
            self.count -= removed;
        }
        0
    }

    /// Removes `len` entries from `start` on; both lie within the list.
    pub(super) fn remove_range(&mut self, start: usize, len: usize) {
        if len == 0 {
            return;
        }
        let (mut node, mut offset) = self.locate(start);
        let mut left = len;
        // Whole nodes go at once: one shift of the deque instead of one per node.
        while left > 0 {
            let whole = if offset == 0 { self.whole_nodes(node, left) } else { (0, 0) };
            if whole.0 > 0 {
                self.nodes.drain(node..node + whole.0);
                self.count -= whole.1;
                left -= whole.1;
                continue;
            }
            let here = left.min(self.nodes[node].len() - offset);
            let gone = self.remove_in_node(node, offset, here);
            left -= here;
            node += 1 - gone;
            offset = 0;
        }
        self.release_spare();
    }

    /// How many nodes from `node` on lie wholly in the next `len` entries, and how many entries they have.
    fn whole_nodes(&self, node: usize, len: usize) -> (usize, usize) {
        let (mut nodes, mut entries) = (0, 0);
        for next in self.nodes.range(node..) {
            if entries + next.len() > len {
                break;
            }
            entries += next.len();
            nodes += 1;
        }
        (nodes, entries)
    }

    /// Removes entries equal to `value`, at most `max`, from the head or from the tail on.
    pub(super) fn remove_value(&mut self, value: &[u8], max: usize, from_tail: bool) -> usize {
        let needle = Needle::new(value);
        let mut removed = 0;
        let mut node = if from_tail { self.nodes.len().wrapping_sub(1) } else { 0 };
        while removed < max && node < self.nodes.len() {
            let here = match &mut self.nodes[node] {
                Node::Packed { count, entries } => {
                    let here = entries.remove_matching(&needle, max - removed, from_tail);
                    *count -= here as u32;
                    here
                }
                Node::Plain(plain) => usize::from(plain.value() == value),
            };
            removed += here;
            self.count -= here;
            let empty = match &self.nodes[node] {
                Node::Packed { count, .. } => *count == 0,
                Node::Plain(_) => here == 1,
            };
            if empty {
                self.nodes.remove(node);
            }
            node = match (from_tail, empty) {
                (true, _) => node.wrapping_sub(1),
                (false, true) => node,
                (false, false) => node + 1,
            };
        }
        self.release_spare();
        removed
    }

    /// A queue that was long once does not keep its deque for ever.
    fn release_spare(&mut self) {
        if self.nodes.capacity() > 64 && self.nodes.len() < self.nodes.capacity() / 4 {
            self.nodes.shrink_to(self.nodes.len() * 2);
        }
    }

    /// Heap bytes, from the first `samples` nodes (all if 0).
    pub(super) fn heap_bytes(&self, samples: usize) -> usize {
        let deque = self.nodes.capacity() * size_of::<Node>();
        let sampled = if samples == 0 { self.nodes.len() } else { samples.min(self.nodes.len()) };
        let bytes: usize = self.nodes.iter().take(sampled).map(Node::heap_bytes).sum();
        deque + bytes * self.nodes.len() / sampled.max(1)
    }

    #[cfg(test)]
    pub(super) fn check_invariants(&self) {
        assert_eq!(self.nodes.iter().map(Node::len).sum::<usize>(), self.count);
        for node in &self.nodes {
            if let Node::Packed { count, entries } = node {
                assert_eq!(entries.len(), *count as usize);
                assert!(*count > 0, "no node is empty");
            }
        }
    }
}

fn insert_at(entries: &mut Listpack, at: usize, value: &[u8]) {
    match entries.seek(at as isize) {
        Some(pos) => {
            entries.insert_before(pos, value);
        }
        None => entries.push_back(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_two_words() {
        assert_eq!(size_of::<Node>(), 16);
    }

    #[test]
    fn limits_are_entries_or_size_levels() {
        let check = |setting, bounds| assert_eq!(NodeLimit::new(setting).bounds(), bounds);
        check(0, (usize::MAX, 1));
        check(128, (usize::MAX, 128));
        check(-1, (4096, usize::MAX));
        check(-2, (8192, usize::MAX));
        check(-5, (65536, usize::MAX));
        check(-6, (65536, usize::MAX));
        assert!(NodeLimit::new(128).exceeded(8193, 1), "the safety limit");
        assert!(!NodeLimit::new(-5).exceeded(65536, 1));
    }

    /// Entry counts of the nodes, a plain node being 0.
    fn shape(list: &Quicklist) -> Vec<usize> {
        list.check_invariants();
        list.nodes()
            .map(|node| match node {
                NodeRef::Packed(entries) => entries.len(),
                NodeRef::Plain(_) => 0,
            })
            .collect()
    }

    fn filled(limit: i64, entries: usize) -> Quicklist {
        let mut list = Quicklist::new(NodeLimit::new(limit));
        (0..entries).for_each(|i| list.push_back(i.to_string().as_bytes()));
        list
    }

    #[test]
    fn pushing_fills_a_node_before_the_next_begins() {
        let mut list = filled(3, 7);
        assert_eq!(shape(&list), [3, 3, 1]);
        list.push_front(b"x");
        assert_eq!(shape(&list), [1, 3, 3, 1]);
    }

    #[test]
    fn an_insertion_into_a_full_node_splits_it_and_merges_what_fits() {
        let mut list = filled(4, 12);
        list.insert(1, 1, b"x", true);
        assert_eq!(shape(&list), [4, 2, 3, 4]);
        list.insert(1, 1, b"y", true);
        assert_eq!(shape(&list), [4, 3, 3, 4]);
        list.insert(0, 0, b"z", true);
        assert_eq!(shape(&list), [1, 4, 3, 3, 4]);
    }

    #[test]
    fn an_insertion_at_the_edge_of_a_full_node_uses_the_neighbour() {
        let mut list = filled(3, 7);
        list.insert(1, 2, b"x", true);
        assert_eq!(shape(&list), [3, 3, 2]);
        list.insert(0, 2, b"y", true);
        assert_eq!(shape(&list), [3, 1, 3, 2]);
    }

    #[test]
    fn a_large_entry_has_a_plain_node() {
        let large = vec![b'x'; 5000];
        let mut list = filled(-1, 4);
        list.insert(0, 1, &large, false);
        assert_eq!(shape(&list), [1, 0, 3]);
        list.push_back(&large);
        list.push_back(b"tail");
        assert_eq!(shape(&list), [1, 0, 3, 0, 1]);
        list.replace(1, b"small");
        assert_eq!(shape(&list), [1, 4, 0, 1]);
        list.replace(2, &large);
        assert_eq!(shape(&list), [2, 0, 2, 0, 1]);
    }
}
