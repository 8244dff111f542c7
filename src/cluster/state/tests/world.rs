//! The simulated network: connections that deliver in order, late, and sometimes break.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::cluster::message::{Message, NodeFlags};
use crate::cluster::node::LinkId;
use crate::cluster::nodes_conf::NodesConf;
use crate::cluster::settings::{ClusterSettings, Millis};
use crate::cluster::state::{Cluster, Output, TICK};
use crate::cluster::{SLOTS, SlotSet};

pub(super) struct SimNode {
    pub(super) cluster: Cluster,
    pub(super) alive: bool,
    pub(super) saved: NodesConf,
    pub(super) lost: Vec<SlotSet>,
    settings: ClusterSettings,
}

/// One end of a connection: the node and its link.
type End = (usize, LinkId);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Tick(usize),
    Connected(End),
    Closed(End),
    Arrived(End, Vec<u8>),
}

pub(super) struct World {
    pub(super) now: Millis,
    pub(super) nodes: Vec<SimNode>,
    pub(super) rng: StdRng,
    /// Of a hundred messages so many break their connection.
    pub(super) breaking: u32,
    /// Nodes that reach only each other.
    pub(super) island: BTreeSet<usize>,
    ends: BTreeMap<End, End>,
    /// When the last message arrives on a connection, so that the next comes later.
    last_arrival: BTreeMap<End, Millis>,
    queue: BinaryHeap<std::cmp::Reverse<(Millis, u64, Event)>>,
    serial: u64,
}

const PORT: u16 = 7000;

impl World {
    pub(super) fn new(seed: u64) -> World {
        World {
            now: 1_700_000_000_000,
            nodes: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
            breaking: 0,
            island: BTreeSet::new(),
            ends: BTreeMap::new(),
            last_arrival: BTreeMap::new(),
            queue: BinaryHeap::new(),
            serial: 0,
        }
    }

    pub(super) fn add(&mut self, change: impl Fn(&mut ClusterSettings)) -> usize {
        let index = self.nodes.len();
        let mut settings = ClusterSettings {
            port: PORT + index as u16,
            node_timeout: 2000,
            ..ClusterSettings::default()
        };
        change(&mut settings);
        let cluster = Cluster::new(Arc::new(settings.clone()), self.rng.random(), self.now);
        let saved = cluster.nodes_conf();
        self.nodes.push(SimNode { cluster, alive: true, saved, lost: Vec::new(), settings });
        let phase = self.rng.random_range(0..TICK);
        self.schedule(phase, Event::Tick(index));
        index
    }

    /// `count` nodes that know each other, the slots spread evenly.
    pub(super) fn formed(mut self, count: usize) -> World {
        for _ in 0..count {
            self.add(|_| {});
        }
        for node in 1..count {
            self.meet(0, node);
        }
        self.run(4000);
        for node in 0..count {
            let first = SLOTS as usize * node / count;
            let end = SLOTS as usize * (node + 1) / count;
            self.take_slots(node, first as u16, end as u16 - 1);
        }
        self.run(8000);
        self.expect_agreement();
        self.expect_ok(&(0..count).collect::<Vec<_>>());
        self
    }

    pub(super) fn meet(&mut self, from: usize, to: usize) {
        let port = self.nodes[to].settings.port;
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let now = self.now;
        self.nodes[from].cluster.meet(now, ip, port, port + 10000);
        self.settle(from);
    }

    pub(super) fn take_slots(&mut self, node: usize, first: u16, last: u16) {
        self.nodes[node].cluster.take_slots(first..=last).expect("free slots");
        self.settle(node);
    }

    pub(super) fn kill(&mut self, node: usize) {
        self.nodes[node].alive = false;
        let ends: Vec<End> = self.ends.keys().filter(|end| end.0 == node).copied().collect();
        for end in ends {
            self.hang_up(end);
        }
    }

    /// Starts a node again from what it had saved.
    pub(super) fn revive(&mut self, node: usize) {
        let seed = self.rng.random();
        let sim = &mut self.nodes[node];
        sim.alive = true;
        sim.cluster = Cluster::load(&sim.saved, Arc::new(sim.settings.clone()), seed, self.now);
        self.settle(node);
    }

    pub(super) fn run(&mut self, time: Millis) {
        let end = self.now + time;
        while let Some(std::cmp::Reverse((at, ..))) = self.queue.peek() {
            if *at > end {
                break;
            }
            let std::cmp::Reverse((at, _, event)) = self.queue.pop().expect("it was there");
            self.now = at;
            self.step(event);
        }
        self.now = end;
    }

    /// Runs until `done`, which must come about in `time`.
    #[track_caller]
    pub(super) fn run_until(&mut self, time: Millis, done: impl Fn(&World) -> bool) {
        let end = self.now + time;
        while !done(self) {
            if self.now >= end {
                self.dump();
                panic!("not reached in {time} ms");
            }
            self.run(TICK);
        }
    }

    fn schedule(&mut self, delay: Millis, event: Event) {
        self.serial += 1;
        self.queue.push(std::cmp::Reverse((self.now + delay, self.serial, event)));
    }

    fn step(&mut self, event: Event) {
        let now = self.now;
        let index = match event {
            Event::Tick(node) => {
                self.schedule(TICK, Event::Tick(node));
                if self.nodes[node].alive {
                    self.nodes[node].cluster.tick(now);
                }
                node
            }
            Event::Connected(end) => {
                if self.ends.contains_key(&end) {
                    self.nodes[end.0].cluster.connected(now, end.1);
                }
                end.0
            }
            Event::Closed(end) => {
                if self.nodes[end.0].alive {
                    self.nodes[end.0].cluster.closed(now, end.1);
                }
                end.0
            }
            Event::Arrived(end, bytes) => {
                if self.ends.contains_key(&end) {
                    let message = Message::decode(&bytes).expect("one of ours");
                    let cluster = &mut self.nodes[end.0].cluster;
                    cluster.received(now, end.1, bytes.len(), &message);
                }
                end.0
            }
        };
        if self.nodes[index].alive {
            self.settle(index);
        }
    }

    /// Does what a node wants done.
    pub(super) fn settle(&mut self, node: usize) {
        for output in self.nodes[node].cluster.flush(self.now) {
            match output {
                Output::Save { .. } => {
                    self.nodes[node].saved = self.nodes[node].cluster.nodes_conf();
                }
                Output::Connect { link, port, .. } => self.open(node, link, port),
                Output::Close { link } => self.hang_up((node, link)),
                Output::Send { link, bytes } => self.send((node, link), &bytes),
                Output::SlotsLost(slots) => self.nodes[node].lost.push(slots),
                Output::SlotsMoved(_)
                | Output::Publish { .. }
                | Output::Follow { .. }
                | Output::Lead => {}
            }
        }
        self.serial += 1;
        if self.serial.is_multiple_of(16) {
            check_invariants(&self.nodes[node].cluster);
        }
    }

    fn apart(&self, a: usize, b: usize) -> bool {
        self.island.contains(&a) != self.island.contains(&b)
    }

    fn open(&mut self, from: usize, link: LinkId, bus_port: u16) {
        let to = usize::from(bus_port - PORT - 10000);
        let delay = self.rng.random_range(1..20);
        let reachable = self.nodes.get(to).is_some_and(|node| node.alive);
        if !reachable || self.apart(from, to) {
            self.schedule(delay, Event::Closed((from, link)));
            return;
        }
        let ip = || "127.0.0.1".to_owned();
        let other = self.nodes[to].cluster.accepted(self.now, ip(), ip());
        self.ends.insert((from, link), (to, other));
        self.ends.insert((to, other), (from, link));
        self.schedule(delay, Event::Connected((from, link)));
    }

    fn hang_up(&mut self, end: End) {
        if let Some(other) = self.ends.remove(&end) {
            self.ends.remove(&other);
            let delay = self.rng.random_range(1..20);
            self.schedule(delay, Event::Closed(other));
        }
    }

    fn send(&mut self, end: End, bytes: &[u8]) {
        if let Some(queued) = self.nodes[end.0].cluster.queued(end.1) {
            queued.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
        let Some(&other) = self.ends.get(&end) else {
            return;
        };
        if self.apart(end.0, other.0) {
            // Lost without a word; the connection hangs until somebody gives it up.
            self.ends.remove(&other);
            self.ends.remove(&end);
            return;
        }
        if self.rng.random_range(0..100) < self.breaking {
            self.hang_up(end);
            self.schedule(1, Event::Closed(end));
            return;
        }
        let last = self.last_arrival.get(&other).copied().unwrap_or(0);
        let arrival = (self.now + self.rng.random_range(1..20)).max(last);
        self.last_arrival.insert(other, arrival);
        self.schedule(arrival - self.now, Event::Arrived(other, bytes.to_vec()));
    }

    /// All living nodes have the same idea of who serves what.
    pub(super) fn agreed(&self) -> bool {
        let views: Vec<_> = self.living().map(|node| view(&self.nodes[node].cluster)).collect();
        views.windows(2).all(|pair| pair[0] == pair[1])
    }

    pub(super) fn living(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].alive)
    }

    #[track_caller]
    pub(super) fn expect_agreement(&self) {
        if !self.agreed() {
            self.dump();
            panic!("the nodes disagree");
        }
    }

    #[track_caller]
    pub(super) fn expect_ok(&self, nodes: &[usize]) {
        for &node in nodes {
            if !self.nodes[node].cluster.is_ok() {
                self.dump();
                panic!("the cluster is not ok for node {node}");
            }
        }
    }

    /// Whether `by` has `flag` set for `node`.
    pub(super) fn flagged(&self, by: usize, node: usize, flag: NodeFlags) -> bool {
        let id = self.nodes[node].cluster.myself().id;
        let cluster = &self.nodes[by].cluster;
        cluster.find(&id).is_some_and(|key| cluster.node(key).is(flag))
    }

    pub(super) fn knows(&self, by: usize, node: usize) -> bool {
        self.nodes[by].cluster.find(&self.nodes[node].cluster.myself().id).is_some()
    }

    #[expect(clippy::print_stdout, reason = "shown when the test fails")]
    pub(super) fn dump(&self) {
        for node in &self.nodes {
            let ok = node.cluster.is_ok();
            println!("alive {} ok {ok}\n{}", node.alive, node.cluster.nodes_conf().to_text());
        }
    }
}

type NodeView = (String, u64, Vec<(u16, u16)>);

/// Ids, epochs and slots of all nodes but handshakes.
fn view(cluster: &Cluster) -> Vec<NodeView> {
    let mut view: Vec<_> = (cluster.nodes())
        .filter(|(_, node)| !node.is(NodeFlags::HANDSHAKE))
        .map(|(_, node)| (node.id.to_string(), node.config_epoch, node.slots.ranges()))
        .collect();
    view.sort();
    view
}

fn check_invariants(cluster: &Cluster) {
    let mut owned = 0;
    for (key, node) in cluster.nodes() {
        owned += node.slots.len() as usize;
        for slot in node.slots.iter() {
            assert_eq!(cluster.owner(slot), Some(key), "slot {slot}");
        }
        assert_eq!(cluster.find(&node.id), Some(key));
        assert!(node.slots.is_empty() || node.is_primary(), "{node} is no primary");
        for (link, inbound) in [(node.link, false), (node.inbound, true)] {
            if let Some(link) = link {
                let state = cluster.link(link).expect("a link of a node exists");
                assert_eq!((state.node, state.inbound), (Some(key), inbound));
            }
        }
        for replica in &node.replicas {
            assert_eq!(cluster.node(*replica).replica_of, Some(key));
        }
        if let Some(primary) = node.replica_of {
            assert!(cluster.node(primary).replicas.contains(&key));
        }
    }
    let assigned = (0..SLOTS).filter(|slot| cluster.owner(*slot).is_some()).count();
    assert_eq!(owned, assigned);
}
