//! What the configuration says about the cluster, as one value.
//!
//! The state machine and the bus see this value only, so neither depends on the configuration; the
//! bus takes a fresh one at every tick, which is how CONFIG SET reaches them.

/// Milliseconds; as a point in time, since the Unix epoch.
pub type Millis = u64;

/// How far the bus port lies above the client port unless `cluster-port` is set.
pub const BUS_PORT_OFFSET: u16 = 10000;

/// `cluster-preferred-endpoint-type`: what clients are told to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointType {
    #[default]
    Ip,
    Hostname,
    /// Nothing: the client stays with the address that it used.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSettings {
    /// `port`, as this process listens.
    pub port: u16,
    pub tls_port: u16,
    /// `tls-cluster`: which of the two ports comes first in what nodes tell each other.
    pub tls_cluster: bool,
    /// `cluster-port`; 0 is the client port + 10000.
    pub bus_port: u16,
    pub announce: AnnounceSettings,
    pub preferred_endpoint: EndpointType,
    pub node_timeout: Millis,
    /// 0 is half of `node_timeout`.
    pub ping_interval: Millis,
    /// Entries of gossip in a ping, in percent of the known nodes.
    pub gossip_percent: u32,
    pub require_full_coverage: bool,
    pub allow_reads_when_down: bool,
    pub allow_shard_publish_when_down: bool,
    pub replica_no_failover: bool,
    /// `cluster-allow-replica-migration`: a primary whose last slot went to another shard follows
    /// its new owner.
    pub allow_replica_migration: bool,
    /// The engine can replicate. Where it cannot, a primary never becomes a replica.
    pub can_follow: bool,
    /// Seconds.
    pub blacklist_ttl: u64,
    /// `cluster-link-sendbuf-limit` in bytes; 0 is none.
    pub link_buffer_max: usize,
}

/// `cluster-announce-*` and `availability-zone`; empty and 0 mean that nothing is announced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnnounceSettings {
    pub ip: String,
    pub port: u16,
    pub tls_port: u16,
    pub bus_port: u16,
    pub client: ClientAnnounce,
}

/// What a node announces for its clients' eyes and not for the bus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientAnnounce {
    pub hostname: String,
    pub human_nodename: String,
    pub ipv4: String,
    pub ipv6: String,
    pub port: u16,
    pub tls_port: u16,
    pub availability_zone: String,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        ClusterSettings {
            port: 6379,
            tls_port: 0,
            tls_cluster: false,
            bus_port: 0,
            announce: AnnounceSettings::default(),
            preferred_endpoint: EndpointType::Ip,
            node_timeout: 15_000,
            ping_interval: 0,
            gossip_percent: 10,
            require_full_coverage: true,
            allow_reads_when_down: false,
            allow_shard_publish_when_down: true,
            replica_no_failover: false,
            allow_replica_migration: true,
            can_follow: false,
            blacklist_ttl: 60,
            link_buffer_max: 0,
        }
    }
}

impl ClusterSettings {
    /// The port that the bus listens on.
    pub fn bus_listen_port(&self) -> u16 {
        let client = if self.tls_cluster { self.tls_port } else { self.port };
        if self.bus_port != 0 { self.bus_port } else { client.saturating_add(BUS_PORT_OFFSET) }
    }
}
