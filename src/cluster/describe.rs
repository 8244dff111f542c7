//! What CLUSTER NODES, INFO, SLOTS, SHARDS and LINKS show, in Valkey's form but not yet as RESP.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use super::NodeId;
use super::message::{Kind, NodeFlags};
use super::node::{Node, NodeKey};
use super::nodes_conf::{OpenSlot, flag_names, push_slots};
use super::settings::{EndpointType, Millis};
use super::slot_map::{Endpoint, Viewer, is_shown};
use super::state::Cluster;

/// CLUSTER NODES: a line per node.
pub fn nodes(cluster: &Cluster, viewer: Viewer) -> String {
    let mut out = String::new();
    for (key, _) in cluster.nodes() {
        out.push_str(&node_line(cluster, key, viewer));
        out.push('\n');
    }
    out
}

/// One line of CLUSTER NODES and CLUSTER REPLICAS, without its end.
pub fn node_line(cluster: &Cluster, key: NodeKey, viewer: Viewer) -> String {
    let node = cluster.node(key);
    let endpoint = Endpoint::of(node);
    let mut out = format!(
        "{} {}:{}@{}",
        node.id,
        endpoint.ip(viewer),
        endpoint.port(viewer),
        node.address.bus_port
    );
    if !endpoint.hostname().is_empty() {
        out.push(',');
        out.push_str(endpoint.hostname());
    }
    let primary = node.replica_of.map(|primary| cluster.node(primary).id);
    let connected = node.link.is_some() || key == cluster.my_key();
    let _ = write!(
        out,
        " {} {} {} {} {} {}",
        flag_names(node.flags),
        primary.as_ref().map_or("-", NodeId::as_str),
        node.ping_sent,
        node.pong_received,
        cluster.epoch_of(key),
        if connected { "connected" } else { "disconnected" }
    );
    push_slots(&mut out, &node.slots);
    if key == cluster.my_key() {
        for OpenSlot { slot, peer, importing } in cluster.open_slots() {
            let arrow = if importing { "-<-" } else { "->-" };
            let _ = write!(out, " [{slot}{arrow}{peer}]");
        }
    }
    out
}

/// CLUSTER INFO: `field:value` lines.
pub fn info(cluster: &Cluster) -> String {
    #[derive(Default)]
    struct Count {
        assigned: usize,
        ok: usize,
        pfail: usize,
        fail: usize,
        nodes_pfail: usize,
        nodes_fail: usize,
        voting_pfail: usize,
        voting_fail: usize,
    }
    let mut count = Count::default();
    for (_, node) in cluster.nodes() {
        let slots = usize::from(node.slots.len());
        let (pfail, fail) = (node.is(NodeFlags::PFAIL), node.is(NodeFlags::FAIL));
        count.assigned += slots;
        match (fail, pfail) {
            (true, _) => count.fail += slots,
            (_, true) => count.pfail += slots,
            _ => count.ok += slots,
        }
        let voting = usize::from(node.is_voting());
        if pfail {
            count.nodes_pfail += 1;
            count.voting_pfail += voting;
        }
        if fail {
            count.nodes_fail += 1;
            count.voting_fail += voting;
        }
    }
    let mut out = String::new();
    let mut line = |field: &str, value: u64| {
        let _ = write!(out, "{field}:{value}\r\n");
    };
    line("cluster_slots_assigned", count.assigned as u64);
    line("cluster_slots_ok", count.ok as u64);
    line("cluster_slots_pfail", count.pfail as u64);
    line("cluster_slots_fail", count.fail as u64);
    line("cluster_nodes_pfail", count.nodes_pfail as u64);
    line("cluster_nodes_fail", count.nodes_fail as u64);
    line("cluster_voting_nodes_pfail", count.voting_pfail as u64);
    line("cluster_voting_nodes_fail", count.voting_fail as u64);
    line("cluster_known_nodes", cluster.nodes().count() as u64);
    line("cluster_size", cluster.size() as u64);
    line("cluster_current_epoch", cluster.current_epoch());
    line("cluster_my_epoch", cluster.epoch_of(cluster.my_key()));
    let stats = cluster.stats();
    for (counts, direction) in [(&stats.sent, "sent"), (&stats.received, "received")] {
        for kind in Kind::ALL {
            let count = counts[kind as usize];
            if count > 0 {
                line(&format!("cluster_stats_messages_{}_{direction}", kind.name()), count);
            }
        }
        line(&format!("cluster_stats_messages_{direction}"), counts.iter().sum());
    }
    let (sent, received) = (stats.bytes_sent, stats.bytes_received);
    line("cluster_stats_bytes_sent", sent.total);
    line("cluster_stats_bytes_received", received.total);
    line("cluster_stats_pubsub_bytes_sent", sent.pubsub);
    line("cluster_stats_pubsub_bytes_received", received.pubsub);
    line("cluster_stats_module_bytes_sent", sent.module);
    line("cluster_stats_module_bytes_received", received.module);
    line("total_cluster_links_buffer_limit_exceeded", stats.links_over_limit);
    let state = if cluster.is_ok() { "ok" } else { "fail" };
    format!("cluster_state:{state}\r\n{out}")
}

/// A run of slots and the nodes that serve it, the primary first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRange {
    pub first: u16,
    pub last: u16,
    pub nodes: Vec<SlotNode>,
}

/// A node in CLUSTER SLOTS. These are always four elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotNode {
    /// Null where clients are to keep the host they have.
    pub host: Option<String>,
    pub port: u16,
    pub id: NodeId,
    /// What is known of it besides the preferred endpoint.
    pub more: Vec<(&'static str, String)>,
}

/// CLUSTER SLOTS.
pub fn slots(cluster: &Cluster, viewer: Viewer) -> Vec<SlotRange> {
    let mut ranges: Vec<(u16, u16, NodeKey)> = Vec::new();
    for (key, node) in cluster.nodes() {
        ranges.extend(node.slots.ranges().into_iter().map(|(first, last)| (first, last, key)));
    }
    ranges.sort_unstable();
    let of = |(first, last, key): (u16, u16, NodeKey)| {
        // Replicas that have not synchronised yet have nothing to answer.
        let available = |key: &&NodeKey| {
            !cluster.node(**key).is(NodeFlags::FAIL) && cluster.repl_offset_of(**key) != 0
        };
        let replicas = cluster.node(key).replicas.iter().filter(available);
        let nodes = std::iter::once(&key)
            .chain(replicas)
            .map(|key| slot_node(cluster.node(*key), cluster.preferred_endpoint(), viewer))
            .collect();
        SlotRange { first, last, nodes }
    };
    ranges.into_iter().map(of).collect()
}

fn slot_node(node: &Node, preferred: EndpointType, viewer: Viewer) -> SlotNode {
    let endpoint = Endpoint::of(node);
    let mut more = Vec::new();
    if preferred != EndpointType::Ip {
        more.push(("ip", endpoint.ip(viewer).to_owned()));
    }
    if preferred != EndpointType::Hostname && !endpoint.hostname().is_empty() {
        more.push(("hostname", endpoint.hostname().to_owned()));
    }
    if !endpoint.availability_zone().is_empty() {
        more.push(("availability-zone", endpoint.availability_zone().to_owned()));
    }
    let host = match preferred {
        EndpointType::Unknown => None,
        _ => Some(endpoint.host(viewer, preferred).to_owned()),
    };
    SlotNode { host, port: endpoint.port(viewer), id: node.id, more }
}

/// A shard in CLUSTER SHARDS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    pub id: NodeId,
    /// First and last slot of each run.
    pub slots: Vec<(u16, u16)>,
    pub nodes: Vec<ShardNode>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardNode {
    pub id: NodeId,
    pub port: Option<u16>,
    pub tls_port: Option<u16>,
    pub ip: String,
    pub endpoint: String,
    pub hostname: Option<String>,
    pub role: &'static str,
    pub replication_offset: u64,
    pub health: &'static str,
    pub availability_zone: Option<String>,
}

/// CLUSTER SHARDS, in the order in which the shards came to be known.
pub fn shards(cluster: &Cluster, viewer: Viewer) -> Vec<Shard> {
    let mut shards: Vec<Shard> = Vec::new();
    for (key, node) in cluster.nodes().filter(|(_, node)| is_shown(node)) {
        let at = shards.iter().position(|shard| shard.id == node.shard).unwrap_or_else(|| {
            shards.push(Shard { id: node.shard, slots: Vec::new(), nodes: Vec::new() });
            shards.len() - 1
        });
        let shard = &mut shards[at];
        if shard.slots.is_empty() {
            shard.slots = node.slots.ranges();
        }
        shard.nodes.push(shard_node(cluster, key, viewer));
    }
    shards
}

fn shard_node(cluster: &Cluster, key: NodeKey, viewer: Viewer) -> ShardNode {
    let node = cluster.node(key);
    let endpoint = Endpoint::of(node);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let port = |real: u16, tls: bool| (real != 0).then(|| endpoint.port(Viewer { tls, ..viewer }));
    let offset = cluster.repl_offset_of(key);
    let health = if node.is(NodeFlags::FAIL) {
        "fail"
    } else if node.is_replica() && offset == 0 {
        "loading"
    } else {
        "online"
    };
    ShardNode {
        id: node.id,
        port: port(node.address.port, false),
        tls_port: port(node.address.tls_port, true),
        ip: endpoint.ip(viewer).to_owned(),
        endpoint: endpoint.host(viewer, cluster.preferred_endpoint()).to_owned(),
        hostname: text(endpoint.hostname()),
        role: if node.is_replica() { "replica" } else { "master" },
        replication_offset: offset,
        health,
        availability_zone: text(endpoint.availability_zone()),
    }
}

/// A connection in CLUSTER LINKS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInfo {
    pub direction: &'static str,
    pub node: NodeId,
    pub created: Millis,
    /// `r`, and `w` while something waits to be sent.
    pub events: &'static str,
    pub buffered: usize,
}

/// CLUSTER LINKS.
pub fn links(cluster: &Cluster) -> Vec<LinkInfo> {
    let mut links = Vec::new();
    for (_, node) in cluster.nodes() {
        for (link, direction) in [(node.link, "to"), (node.inbound, "from")] {
            let Some(link) = link.and_then(|link| cluster.link(link)) else {
                continue;
            };
            let events = match (link.connected, link.queued.load(Ordering::Relaxed)) {
                (false, _) => "",
                (true, 0) => "r",
                (true, _) => "rw",
            };
            links.push(LinkInfo {
                direction,
                node: node.id,
                created: link.created,
                events,
                buffered: link.buffered(),
            });
        }
    }
    links
}
