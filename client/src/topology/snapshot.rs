//! The immutable picture of the cluster that requests are routed by.

use std::collections::HashMap;
use std::sync::Arc;

use crate::addr::NodeAddr;
use crate::slot::{SLOT_COUNT, Slot};

const NOBODY: u16 = u16::MAX;

/// Whether there are slots at all.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// assert_eq!(client.topology().kind(), tsubame_client::Kind::Standalone);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Slots are spread over shards.
    Cluster,
    /// One server has every key.
    Standalone,
}

/// A node, as the topology names it.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// for node in client.topology().nodes() {
///     println!("{} in shard {}{}", node.addr, node.shard, if node.replica { ", a replica" } else { "" });
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node's identity, empty if the server did not say it.
    pub id: Arc<str>,
    /// Where clients reach it.
    pub addr: NodeAddr,
    /// Index of its shard in [`Snapshot::shards`].
    pub shard: usize,
    /// Whether it is a replica.
    pub replica: bool,
}

/// Nodes that hold the same slots.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let topology = client.topology();
/// let shard = &topology.shards()[0];
/// println!("{} with {} replicas", topology.nodes()[shard.primary].addr, shard.replicas.len());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Index of the primary in [`Snapshot::nodes`].
    pub primary: usize,
    /// Indexes of the replicas.
    pub replicas: Vec<usize>,
}

/// Who serves which slot. Never changed, only replaced.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let topology = client.topology();
/// let slot = tsubame_client::Slot::of(b"user:1");
/// println!("{:?} has it", topology.primary_of(slot).map(|at| &topology.nodes()[at].addr));
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Snapshot {
    version: u64,
    kind: Kind,
    owner: Box<[u16]>,
    shards: Vec<Shard>,
    nodes: Vec<Node>,
}

/// A topology as a node told it, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) kind: Kind,
    pub(crate) ranges: Vec<Range>,
}

/// Slots `first..=last` and who holds them, the primary first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) nodes: Vec<CandidateNode>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CandidateNode {
    pub(crate) id: Arc<str>,
    pub(crate) addr: NodeAddr,
}

impl Candidate {
    /// The topology of a server that is not part of a cluster.
    pub(crate) fn standalone(addr: NodeAddr) -> Self {
        let node = CandidateNode { id: "".into(), addr };
        let range = Range { first: 0, last: SLOT_COUNT as u16 - 1, nodes: vec![node] };
        Self { kind: Kind::Standalone, ranges: vec![range] }
    }
}

impl Snapshot {
    /// Builds the snapshot that `candidate` describes. Its ranges were validated.
    pub(crate) fn new(version: u64, candidate: &Candidate) -> Self {
        let mut this = Self {
            version,
            kind: candidate.kind,
            owner: vec![NOBODY; SLOT_COUNT].into(),
            shards: Vec::new(),
            nodes: Vec::new(),
        };
        let mut by_primary: HashMap<&NodeAddr, usize> = HashMap::new();
        for range in &candidate.ranges {
            let Some((primary, replicas)) = range.nodes.split_first() else { continue };
            let shard = *by_primary.entry(&primary.addr).or_insert_with(|| {
                let shard = this.shards.len();
                let mut add = |node: &CandidateNode, replica| {
                    let (id, addr) = (node.id.clone(), node.addr.clone());
                    this.nodes.push(Node { id, addr, shard, replica });
                    this.nodes.len() - 1
                };
                let primary = add(primary, false);
                let replicas = replicas.iter().map(|node| add(node, true)).collect();
                this.shards.push(Shard { primary, replicas });
                shard
            });
            for slot in range.first..=range.last {
                this.owner[usize::from(slot)] = shard as u16;
            }
        }
        this
    }

    /// Counts up with every topology that the client adopted.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.topology().version(), 1);
    /// # Ok(()) });
    /// ```
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Cluster or single server.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.topology().kind(), tsubame_client::Kind::Standalone);
    /// # Ok(()) });
    /// ```
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// All shards.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.topology().shards().len(), 1);
    /// # Ok(()) });
    /// ```
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// All nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.topology().nodes()[0].replica);
    /// # Ok(()) });
    /// ```
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The shard that holds `slot`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let slot = tsubame_client::Slot::of(b"k");
    /// assert!(client.topology().shard_of(slot).unwrap().replicas.is_empty());
    /// # Ok(()) });
    /// ```
    pub fn shard_of(&self, slot: Slot) -> Option<&Shard> {
        self.shards.get(usize::from(self.owner[slot.index()]))
    }

    /// Index of the primary that serves `slot`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.topology().primary_of(tsubame_client::Slot::of(b"k")), Some(0));
    /// # Ok(()) });
    /// ```
    pub fn primary_of(&self, slot: Slot) -> Option<usize> {
        self.shard_of(slot).map(|shard| shard.primary)
    }

    pub(crate) fn primary_addr(&self, slot: Slot) -> Option<&NodeAddr> {
        self.primary_of(slot).map(|node| &self.nodes[node].addr)
    }

    /// The same with `to`, a replica of `from`, in its place; `None` if it is not that.
    pub(crate) fn promoted(&self, from: &NodeAddr, to: &NodeAddr) -> Option<Self> {
        let mut new = self.clone();
        let nodes = &self.nodes;
        let shard = new.shards.iter_mut().find(|shard| nodes[shard.primary].addr == *from)?;
        let place = shard.replicas.iter_mut().find(|at| nodes[**at].addr == *to)?;
        std::mem::swap(place, &mut shard.primary);
        let (primary, replica) = (shard.primary, *place);
        new.nodes[primary].replica = false;
        new.nodes[replica].replica = true;
        new.version += 1;
        Some(new)
    }

    /// Indexes of all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.topology().primaries().count(), 1);
    /// # Ok(()) });
    /// ```
    pub fn primaries(&self) -> impl Iterator<Item = usize> + '_ {
        self.shards.iter().map(|shard| shard.primary)
    }

    /// Number of slots that some node serves.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.topology().slots_covered(), tsubame_client::SLOT_COUNT);
    /// # Ok(()) });
    /// ```
    pub fn slots_covered(&self) -> usize {
        self.owner.iter().filter(|owner| **owner != NOBODY).count()
    }

    /// Number of slots that another address serves in `other`.
    pub(crate) fn slots_changed(&self, other: &Snapshot) -> usize {
        (0..SLOT_COUNT as u16)
            .filter_map(Slot::new)
            .filter(|slot| self.primary_addr(*slot) != other.primary_addr(*slot))
            .count()
    }

    /// Whether nodes, roles and slots are the same.
    pub(crate) fn same_as(&self, other: &Snapshot) -> bool {
        self.kind == other.kind
            && self.nodes == other.nodes
            && self.shards == other.shards
            && self.owner == other.owner
    }
}
