//! Who serves which slot, as an immutable value that every core reads without a lock.
//!
//! The bus publishes a new one whenever something changed. A command asks [`SlotMap::route`]; for a
//! slot that is being moved the answer depends on which of its keys are here, see
//! [`Route::with_keys`].

use std::collections::HashMap;
use std::fmt;

use super::message::NodeFlags;
use super::node::{Node, NodeKey};
use super::settings::{ClientAnnounce, EndpointType};
use super::state::Cluster;
use super::{NodeId, SLOTS, SlotSet};

/// Who asks: addresses are told in the form that the client can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewer {
    pub tls: bool,
    pub ipv6: bool,
}

/// How clients reach a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub id: NodeId,
    ip: String,
    port: u16,
    tls_port: u16,
    announce: ClientAnnounce,
}

impl Endpoint {
    pub fn of(node: &Node) -> Endpoint {
        Endpoint {
            id: node.id,
            ip: node.address.ip.clone(),
            port: node.address.port,
            tls_port: node.address.tls_port,
            announce: node.announce.clone(),
        }
    }

    pub fn ip(&self, viewer: Viewer) -> &str {
        let announced = if viewer.ipv6 { &self.announce.ipv6 } else { &self.announce.ipv4 };
        if announced.is_empty() { &self.ip } else { announced }
    }

    pub fn port(&self, viewer: Viewer) -> u16 {
        let (announced, real) = if viewer.tls {
            (self.announce.tls_port, self.tls_port)
        } else {
            (self.announce.port, self.port)
        };
        if announced != 0 { announced } else { real }
    }

    /// Empty if none is announced.
    pub fn hostname(&self) -> &str {
        &self.announce.hostname
    }

    /// Empty if none is announced.
    pub fn availability_zone(&self) -> &str {
        &self.announce.availability_zone
    }

    /// What stands before the port in a redirection. Where it is empty the client keeps the host
    /// that it has.
    pub fn host(&self, viewer: Viewer, preferred: EndpointType) -> &str {
        match preferred {
            EndpointType::Ip => self.ip(viewer),
            EndpointType::Hostname if self.announce.hostname.is_empty() => "?",
            EndpointType::Hostname => &self.announce.hostname,
            EndpointType::Unknown => "",
        }
    }
}

/// What a command does, as far as routing is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Access {
    pub write: bool,
    /// A command of sharded publish and subscribe.
    pub shard_pubsub: bool,
    /// The client sent ASKING just before, or the command implies it.
    pub asking: bool,
    /// The client sent READONLY.
    pub readonly: bool,
}

/// Why nobody serves a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// The slot has no owner.
    Unbound,
    State,
    /// Reads would be served.
    ReadOnly,
}

/// Where a command on one slot is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// Here.
    Mine,
    Moved(&'a Endpoint),
    /// The slot is being handed over to this node: what is not here any more is there.
    Migrating(&'a Endpoint),
    /// The slot is being taken over, and the client was sent here for it.
    Importing,
    Down(Down),
}

/// What a client is told instead of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirect<'a> {
    Moved(&'a Endpoint),
    Ask(&'a Endpoint),
    TryAgain,
    Down(Down),
}

impl<'a> Route<'a> {
    /// The decision, given the command's keys of the slot: how many are here, how many are not,
    /// and whether they are all one and the same key. Only an open slot needs them counted.
    pub fn with_keys(
        self,
        present: usize,
        missing: usize,
        one_key: bool,
    ) -> Result<(), Redirect<'a>> {
        match self {
            Route::Mine => Ok(()),
            Route::Moved(owner) => Err(Redirect::Moved(owner)),
            Route::Down(reason) => Err(Redirect::Down(reason)),
            Route::Migrating(_) if missing == 0 => Ok(()),
            Route::Migrating(_) if present > 0 => Err(Redirect::TryAgain),
            Route::Migrating(target) => Err(Redirect::Ask(target)),
            Route::Importing if missing > 0 && !one_key => Err(Redirect::TryAgain),
            Route::Importing => Ok(()),
        }
    }
}

/// No owner.
const NOBODY: u16 = u16::MAX;

/// See the module.
#[derive(Debug, Clone)]
pub struct SlotMap {
    /// Grows with every change.
    pub version: u64,
    ok: bool,
    reads_when_down: bool,
    shard_pubsub_when_down: bool,
    preferred: EndpointType,
    /// Index into `nodes` for each slot.
    owners: Box<[u16]>,
    nodes: Vec<Endpoint>,
    myself: u16,
    /// This node, or the one at the head of its shard.
    my_primary: u16,
    migrating: HashMap<u16, u16>,
    importing: HashMap<u16, u16>,
    /// Served here whatever the command is: mine, not being moved, the cluster ok.
    settled: SlotSet,
}

impl SlotMap {
    pub fn of(cluster: &Cluster) -> SlotMap {
        let mut index: HashMap<NodeKey, u16> = HashMap::new();
        let mut nodes = Vec::new();
        for (key, node) in cluster.nodes() {
            index.insert(key, nodes.len() as u16);
            nodes.push(Endpoint::of(node));
        }
        let at = |key: NodeKey| index.get(&key).copied().unwrap_or(NOBODY);
        let owners: Box<[u16]> =
            (0..SLOTS).map(|slot| cluster.owner(slot).map_or(NOBODY, at)).collect();
        let open = |slots: &std::collections::BTreeMap<u16, NodeKey>| {
            slots.iter().map(|(slot, key)| (*slot, at(*key))).collect::<HashMap<u16, u16>>()
        };
        let (migrating, importing) = (open(cluster.migrating()), open(cluster.importing()));
        let myself = at(cluster.my_key());
        let settled = |slot: &u16| {
            cluster.is_ok()
                && owners[*slot as usize] == myself
                && !migrating.contains_key(slot)
                && !importing.contains_key(slot)
        };
        let settings = cluster.settings();
        SlotMap {
            version: cluster.version(),
            ok: cluster.is_ok(),
            reads_when_down: settings.allow_reads_when_down,
            shard_pubsub_when_down: settings.allow_shard_publish_when_down,
            preferred: settings.preferred_endpoint,
            settled: (0..SLOTS).filter(settled).collect(),
            my_primary: at(cluster.primary_of(cluster.my_key())),
            owners,
            nodes,
            myself,
            migrating,
            importing,
        }
    }

    /// Whether the cluster is up.
    pub fn is_ok(&self) -> bool {
        self.ok
    }

    pub fn my_id(&self) -> &NodeId {
        &self.nodes[self.myself as usize].id
    }

    /// Whether this node, or the primary that it follows, serves the slot.
    pub fn is_of_my_shard(&self, slot: u16) -> bool {
        self.owners[slot as usize] == self.my_primary
    }

    /// Served here, whatever the command is: ours and not being moved, and the cluster is up.
    #[inline]
    pub fn is_settled(&self, slot: u16) -> bool {
        self.settled.contains(slot)
    }

    /// Whether any slot is being moved from or to here.
    pub fn has_open_slots(&self) -> bool {
        !self.migrating.is_empty() || !self.importing.is_empty()
    }

    pub fn is_open(&self, slot: u16) -> bool {
        self.migrating.contains_key(&slot) || self.importing.contains_key(&slot)
    }

    fn i_am_primary(&self) -> bool {
        self.myself == self.my_primary
    }

    /// Where a command on `slot` is to be run.
    #[inline]
    pub fn route(&self, slot: u16, access: Access) -> Route<'_> {
        if self.settled.contains(slot) {
            return Route::Mine;
        }
        self.route_unsettled(slot, access)
    }

    #[cold]
    fn route_unsettled(&self, slot: u16, access: Access) -> Route<'_> {
        let owner = self.owners[slot as usize];
        let Some(endpoint) = self.nodes.get(owner as usize) else {
            return Route::Down(Down::Unbound);
        };
        if let Some(reason) = self.refused_while_down(access) {
            return Route::Down(reason);
        }
        if self.i_am_primary() || access.readonly {
            let target = self.migrating.get(&slot).filter(|_| owner == self.my_primary);
            if let Some(target) = target.and_then(|target| self.nodes.get(*target as usize)) {
                return Route::Migrating(target);
            }
            if access.asking && self.importing.contains_key(&slot) {
                return Route::Importing;
            }
        }
        let reads_here = (access.readonly || access.shard_pubsub) && !access.write;
        if owner == self.myself || (reads_here && owner == self.my_primary) {
            return Route::Mine;
        }
        Route::Moved(endpoint)
    }

    fn refused_while_down(&self, access: Access) -> Option<Down> {
        if self.ok {
            return None;
        }
        match access {
            Access { shard_pubsub: true, .. } => {
                (!self.shard_pubsub_when_down).then_some(Down::State)
            }
            _ if !self.reads_when_down => Some(Down::State),
            Access { write: true, .. } => Some(Down::ReadOnly),
            _ => None,
        }
    }

    /// For a client that waits for keys of `slot`: why it must not wait any longer.
    pub fn ends_wait(&self, slot: u16, access: Access) -> Option<Redirect<'_>> {
        if !self.ok {
            return Some(Redirect::Down(Down::State));
        }
        let owner = self.owners[slot as usize];
        let here = owner == self.myself
            || self.importing.contains_key(&slot)
            || (access.readonly && !access.write && owner == self.my_primary);
        match self.nodes.get(owner as usize) {
            _ if here => None,
            None => Some(Redirect::Down(Down::Unbound)),
            Some(owner) => Some(Redirect::Moved(owner)),
        }
    }

    /// `host:port` as it stands in a redirection.
    pub fn host_and_port(&self, endpoint: &Endpoint, viewer: Viewer) -> String {
        format!("{}:{}", endpoint.host(viewer, self.preferred), endpoint.port(viewer))
    }

    /// The error that tells a client.
    pub fn error(&self, slot: u16, redirect: Redirect<'_>, viewer: Viewer) -> RedirectError {
        match redirect {
            Redirect::Moved(endpoint) => {
                RedirectError::Moved { slot, endpoint: self.host_and_port(endpoint, viewer) }
            }
            Redirect::Ask(endpoint) => {
                RedirectError::Ask { slot, endpoint: self.host_and_port(endpoint, viewer) }
            }
            Redirect::TryAgain => RedirectError::TryAgain,
            Redirect::Down(reason) => RedirectError::Down(reason),
        }
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Down {
    /// Behind `CLUSTERDOWN`.
    pub fn text(self) -> &'static str {
        match self {
            Down::Unbound => "Hash slot not served",
            Down::State => "The cluster is down",
            Down::ReadOnly => "The cluster is down and only accepts read commands",
        }
    }
}

/// The error line of a redirection, in the words of Valkey 9.1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    #[error("MOVED {slot} {endpoint}")]
    Moved { slot: u16, endpoint: String },
    #[error("ASK {slot} {endpoint}")]
    Ask { slot: u16, endpoint: String },
    #[error("TRYAGAIN Multiple keys request during rehashing of slot")]
    TryAgain,
    #[error("CLUSTERDOWN {0}")]
    Down(Down),
}

/// Whether a node may be shown to clients at all.
pub fn is_shown(node: &Node) -> bool {
    !node.is(NodeFlags::HANDSHAKE)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    use super::*;
    use crate::cluster::nodes_conf::NodesConf;
    use crate::cluster::settings::ClusterSettings;
    use crate::cluster::state::SetSlot;

    const ME: &str = "1111111111111111111111111111111111111111";
    const OTHER: &str = "2222222222222222222222222222222222222222";

    /// This node has 0-8191 and hands 100 over; the other has 8192-16382 and 9000 is taken over
    /// from it. Nobody has 16383.
    fn cluster(change: impl Fn(&mut ClusterSettings), ok: bool) -> Cluster {
        let conf = format!(
            "{ME} 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-8191 [100->-{OTHER}] \
             [9000-<-{OTHER}]\n{OTHER} 10.0.0.2:7001@17001,two.example,client-ipv4=8.8.8.8 master \
             - 0 0 2 connected 8192-16382\nvars currentEpoch 2 lastVoteEpoch 0\n"
        );
        let conf = NodesConf::parse(&conf).expect("well-formed");
        let mut settings = ClusterSettings {
            require_full_coverage: false,
            port: 7000,
            ..ClusterSettings::default()
        };
        change(&mut settings);
        let mut cluster = Cluster::load(&conf, Arc::new(settings), 1, 1_000_000);
        if ok {
            for now in [1_000_000, 1_010_000] {
                cluster.tick(now);
                cluster.flush(now);
            }
        }
        assert_eq!(cluster.is_ok(), ok);
        cluster
    }

    fn shown(map: &SlotMap, slot: u16, access: Access, keys: (usize, usize, bool)) -> String {
        match map.route(slot, access).with_keys(keys.0, keys.1, keys.2) {
            Ok(()) => "here".to_owned(),
            Err(redirect) => map.error(slot, redirect, Viewer::default()).to_string(),
        }
    }

    const ASKING: Access =
        Access { asking: true, write: false, shard_pubsub: false, readonly: false };

    #[test]
    fn commands_go_where_their_slot_is() {
        let map = SlotMap::of(&cluster(|_| {}, true));
        let plain = Access::default();
        let one = (0, 1, true);
        assert_eq!(shown(&map, 0, plain, one), "here");
        assert_eq!(shown(&map, 8192, plain, one), "MOVED 8192 8.8.8.8:7001");
        assert_eq!(shown(&map, 16383, plain, one), "CLUSTERDOWN Hash slot not served");

        assert_eq!(shown(&map, 100, plain, (1, 0, true)), "here");
        assert_eq!(shown(&map, 100, plain, (0, 2, false)), "ASK 100 8.8.8.8:7001");
        assert_eq!(
            shown(&map, 100, plain, (1, 1, false)),
            "TRYAGAIN Multiple keys request during rehashing of slot"
        );

        assert_eq!(shown(&map, 9000, plain, one), "MOVED 9000 8.8.8.8:7001");
        assert_eq!(shown(&map, 9000, ASKING, one), "here");
        assert_eq!(shown(&map, 9000, ASKING, (2, 0, false)), "here");
        assert_eq!(
            shown(&map, 9000, ASKING, (1, 1, false)),
            "TRYAGAIN Multiple keys request during rehashing of slot"
        );
        assert_eq!(shown(&map, 8192, ASKING, one), "MOVED 8192 8.8.8.8:7001");
    }

    #[test]
    fn the_host_of_a_redirection_follows_the_preferred_endpoint() {
        let moved = |preferred, viewer| {
            let map = SlotMap::of(&cluster(|s| s.preferred_endpoint = preferred, true));
            let redirect = map.route(8192, Access::default()).with_keys(0, 0, true);
            map.error(8192, redirect.expect_err("not here"), viewer).to_string()
        };
        let v4 = Viewer::default();
        assert_eq!(moved(EndpointType::Hostname, v4), "MOVED 8192 two.example:7001");
        assert_eq!(moved(EndpointType::Unknown, v4), "MOVED 8192 :7001");
        let v6 = Viewer { ipv6: true, ..v4 };
        assert_eq!(moved(EndpointType::Ip, v6), "MOVED 8192 10.0.0.2:7001");
        let tls = Viewer { tls: true, ..v4 };
        assert_eq!(moved(EndpointType::Ip, tls), "MOVED 8192 8.8.8.8:0");
    }

    #[test]
    fn a_cluster_that_is_down_serves_what_it_was_told_to_serve() {
        let read = Access::default();
        let write = Access { write: true, ..read };
        let spublish = Access { shard_pubsub: true, ..read };
        let keys = (0, 1, true);
        let map = SlotMap::of(&cluster(|_| {}, false));
        assert_eq!(shown(&map, 0, read, keys), "CLUSTERDOWN The cluster is down");
        assert_eq!(shown(&map, 0, spublish, keys), "here");
        assert_eq!(shown(&map, 16383, read, keys), "CLUSTERDOWN Hash slot not served");
        let map = SlotMap::of(&cluster(
            |settings| {
                settings.allow_reads_when_down = true;
                settings.allow_shard_publish_when_down = false;
            },
            false,
        ));
        assert_eq!(shown(&map, 0, read, keys), "here");
        assert_eq!(
            shown(&map, 0, write, keys),
            "CLUSTERDOWN The cluster is down and only accepts read commands"
        );
        assert_eq!(shown(&map, 0, spublish, keys), "CLUSTERDOWN The cluster is down");
    }

    #[test]
    fn waiting_ends_where_the_slot_goes_away() {
        let mut cluster = cluster(|_| {}, true);
        let access = Access { write: true, ..Access::default() };
        let map = SlotMap::of(&cluster);
        assert_eq!(map.ends_wait(100, access), None, "still ours");
        assert_eq!(map.ends_wait(9000, access), None, "being taken over");
        cluster.set_slot(100, SetSlot::Node(OTHER.as_bytes()), 0).expect("both are known");
        let map = SlotMap::of(&cluster);
        let redirect = map.ends_wait(100, access).expect("gone");
        let error = map.error(100, redirect, Viewer::default()).to_string();
        assert_eq!(error, "MOVED 100 8.8.8.8:7001");
    }

    #[test]
    fn handshakes_are_not_shown() {
        let mut cluster = cluster(|_| {}, true);
        cluster.meet(2_000_000, IpAddr::V4(Ipv4Addr::LOCALHOST), 1, 2);
        assert_eq!(cluster.nodes().filter(|(_, node)| is_shown(node)).count(), 2);
    }
}
