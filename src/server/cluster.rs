//! The cluster's place in the process: its settings from the configuration, its start and its end,
//! and what the bus wants done by the cores.

use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::cluster::bus::{self, BusHost};
use crate::cluster::nodes_conf::{NodesConfError, NodesFile};
use crate::cluster::settings::{AnnounceSettings, ClientAnnounce, ClusterSettings, EndpointType};
use crate::cluster::state::Cluster;
use crate::cluster::{ClusterHandle, NodeId, SlotSet};
use crate::config::{self, Config, ConfigSaveBehavior};
use crate::keyspace::key_slot;
use crate::session::Message;
use crate::sys::unix_ms;

use super::Server;

/// Why a node of a cluster does not start.
#[derive(Debug, thiserror::Error)]
pub enum ClusterStartError {
    #[error(transparent)]
    NodesConf(#[from] NodesConfError),
    #[error(
        "Tsubame port number too high. Cluster communication port is 10,000 port numbers higher \
         than your Tsubame port. Your Tsubame port number must be 55535 or less."
    )]
    PortTooHigh,
    #[error("No bind address is configured, but it is required for the Cluster bus.")]
    NoAddress,
    // Test suites look for this text.
    #[error("Failed listening on port {0} (cluster), aborting.")]
    Listen(u16),
    #[error("Fatal: can't update cluster config file: {0}")]
    Save(io::Error),
    #[error("tls-cluster is not supported by this build")]
    Tls,
}

/// A node that is ready to talk to others.
pub(super) struct Prepared {
    pub(super) handle: Arc<ClusterHandle>,
    listeners: Vec<TcpListener>,
}

/// Reads or makes `nodes.conf` and binds the bus port.
pub(super) fn prepare(config: &Config) -> Result<Prepared, ClusterStartError> {
    let settings = Arc::new(settings(config));
    if settings.tls_cluster {
        return Err(ClusterStartError::Tls);
    }
    let (file, conf) = NodesFile::open(&config.cluster_config_file.path())?;
    if settings.bus_port == 0 && settings.port > u16::MAX - 10_000 {
        return Err(ClusterStartError::PortTooHigh);
    }
    let (seed, now) = (rand::random(), unix_ms());
    let cluster = match conf {
        Some(conf) => Cluster::load(&conf, settings.clone(), seed, now),
        None => Cluster::new(settings.clone(), seed, now),
    };
    let handle = ClusterHandle::new(cluster, file, unix_ms);
    handle.save(true).map_err(ClusterStartError::Save)?;
    let addresses = config.bind.get();
    if addresses.is_empty() {
        return Err(ClusterStartError::NoAddress);
    }
    let port = settings.bus_listen_port();
    let listeners = bus::bind(addresses.iter(), port).map_err(|error| {
        tracing::warn!("Could not create the cluster bus listening socket: {error}");
        ClusterStartError::Listen(port)
    })?;
    Ok(Prepared { handle: Arc::new(handle), listeners })
}

/// Starts the bus of a node.
pub(super) fn start(server: Arc<Server>, prepared: Prepared) -> io::Result<JoinHandle<()>> {
    let source = server.config.bind_source_addr.string().parse::<IpAddr>().ok();
    let Prepared { handle, listeners } = prepared;
    bus::start(handle, Arc::new(Host { server }), listeners, source)
}

impl Server {
    /// The configuration has changed: what the node tells of itself follows at once, not at the
    /// next tick of the bus.
    pub fn apply_cluster_settings(&self) {
        if let Some(cluster) = &self.cluster {
            let settings = Arc::new(settings(&self.config));
            cluster.with(|cluster, _| cluster.set_settings(settings));
        }
    }
}

/// The configuration as the cluster sees it.
fn settings(config: &Config) -> ClusterSettings {
    let port = |value: i64| u16::try_from(value).unwrap_or(0);
    let client = ClientAnnounce {
        hostname: config.cluster_announce_hostname.string(),
        human_nodename: config.cluster_announce_human_nodename.string(),
        ipv4: config.cluster_announce_client_ipv4.string(),
        ipv6: config.cluster_announce_client_ipv6.string(),
        port: port(config.cluster_announce_client_port.get()),
        tls_port: port(config.cluster_announce_client_tls_port.get()),
        availability_zone: config.availability_zone.string(),
    };
    ClusterSettings {
        port: port(config.port.get()),
        tls_port: port(config.tls_port.get()),
        tls_cluster: config.tls_cluster.get(),
        bus_port: port(config.cluster_port.get()),
        announce: AnnounceSettings {
            ip: config.cluster_announce_ip.string(),
            port: port(config.cluster_announce_port.get()),
            tls_port: port(config.cluster_announce_tls_port.get()),
            bus_port: port(config.cluster_announce_bus_port.get()),
            client,
        },
        preferred_endpoint: match config.cluster_preferred_endpoint_type.get() {
            config::EndpointType::Ip => EndpointType::Ip,
            config::EndpointType::Hostname => EndpointType::Hostname,
            config::EndpointType::UnknownEndpoint => EndpointType::Unknown,
        },
        node_timeout: config.cluster_node_timeout.get().max(0) as u64,
        ping_interval: config.cluster_ping_interval.get().max(0) as u64,
        gossip_percent: config.cluster_message_gossip_perc.get() as u32,
        require_full_coverage: config.cluster_require_full_coverage.get(),
        allow_reads_when_down: config.cluster_allow_reads_when_down.get(),
        allow_shard_publish_when_down: config.cluster_allow_pubsubshard_when_down.get(),
        replica_no_failover: config.cluster_replica_no_failover.get(),
        allow_replica_migration: config.cluster_allow_replica_migration.get(),
        can_follow: false,
        blacklist_ttl: config.cluster_blacklist_ttl.get().max(0) as u64,
        link_buffer_max: config.cluster_link_sendbuf_limit.get() as usize,
    }
}

struct Host {
    server: Arc<Server>,
}

impl BusHost for Host {
    fn settings(&self) -> ClusterSettings {
        settings(&self.server.config)
    }

    fn goes_on_without_saving(&self) -> bool {
        self.server.config.cluster_config_save_behavior.get() == ConfigSaveBehavior::BestEffort
    }

    fn repl_offset(&self) -> u64 {
        0 // Nothing is replicated yet, so the stream is empty.
    }

    fn published(&self, sharded: bool, channel: &[u8], message: &[u8]) {
        let server = &self.server;
        server.pubsub.publish(sharded, channel, message, |core, mail| server.post(core, mail));
    }

    fn slots_lost(&self, slots: &SlotSet) {
        for core in 0..self.server.cores() {
            self.server.post(core, Message::SlotsLost(Box::new(slots.clone())));
        }
    }

    fn slots_moved(&self, slots: &SlotSet) {
        for slot in slots.iter() {
            self.server.stats.iter().for_each(|core| core.slots.reset_slot(slot));
        }
        self.server.end_shard_channels(|channel| slots.contains(key_slot(channel)));
    }

    fn follow(&self, primary: NodeId, ip: &str, port: u16) {
        unreachable!("told to follow {primary} at {ip}:{port}, which `can_follow` rules out")
    }

    fn lead(&self) {}
}
