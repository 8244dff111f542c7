//! The handle that applications hold.

use std::sync::{Arc, Weak};

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::addr::NodeAddr;
use crate::builder::{ClientBuilder, Config, Mode};
use crate::cache::Cache;
use crate::credentials::{self, Current};
use crate::error::Result;
use crate::events::Events;
use crate::node::{CircuitState, NodeShared, Sending};
use crate::observe::log;
use crate::request::{Atomic, Batch, Command, RawKind, Request};
use crate::stats::{Counters, Stats};
use crate::topology::actor::Actor;
use crate::topology::boot::boot;
use crate::topology::hints::{Hint, Hints};
use crate::topology::source::SlotsSource;
use crate::topology::{Kind, Snapshot};
use crate::value::Value;
use crate::view::Core;

/// A client of a cluster or of a single server. Clones are cheap and share everything; all methods
/// take `&self`.
///
/// It works in the background on the tokio runtime on which it was connected, until its last clone
/// is dropped.
///
/// ```
/// # tsubame_client_testing::with_url(async |url| {
/// let client = tsubame_client::Client::connect(&url).await?; // "redis://127.0.0.1:7000"
/// client.set("greeting", "hello").ex(60).await?;
/// let greeting = client.get("greeting").await?;
/// assert_eq!(greeting.as_deref(), Some(&b"hello"[..]));
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What a client knows of a node; see [`Client::nodes`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// client.ping().await?;
/// for node in client.nodes() {
///     println!("{}: {} connections, {} requests", node.addr, node.connections, node.requests);
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeStatus {
    /// Where it is.
    pub addr: NodeAddr,
    /// Whether it is a replica; `None` if the topology does not name it.
    pub replica: Option<bool>,
    /// Open shared connections.
    pub connections: usize,
    /// Whether commands are sent to it at all.
    pub circuit: CircuitState,
    /// Commands that wait for it or for its replies.
    pub requests: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The availability zone that it named when it was dialled.
    pub availability_zone: Option<Arc<str>>,
}

/// Authenticates the open connections anew whenever the credentials change.
async fn reauthenticate(core: Weak<Core>, mut current: Current) {
    current.mark_unchanged();
    while current.changed().await.is_ok() {
        let Some(core) = core.upgrade() else { return };
        let Some(credentials) = current.borrow_and_update().clone() else { continue };
        let body = credentials.auth();
        let deadline = Instant::now() + core.config.timeout;
        for node in core.registry.all() {
            node.pool.forget_idle();
            for mux in node.muxes().filter(|mux| mux.is_connected()) {
                // On the connection itself, so that nothing that follows is sent as somebody else.
                let Ok(rx) = mux.submit(&body, Sending::now(deadline)) else { continue };
                let (core, addr) = (core.clone(), node.addr().clone());
                tokio::spawn(async move {
                    match rx.await {
                        Ok(Ok(Value::Error(error))) => {
                            log::authentication_refused(&addr, &error.without_arguments());
                        }
                        Ok(Ok(_)) => core.counters.reauthentications.add(1),
                        // The next connection uses the new credentials from the start.
                        Ok(Err(_)) | Err(_) => {}
                    }
                });
            }
        }
    }
}

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.core.hints.close();
        self.core.events.close();
    }
}

impl Client {
    /// Connects with default settings; see [`ClientBuilder::url`] for the form of `url`.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let client = tsubame_client::Client::connect(&url).await?;
    /// assert_eq!(client.ping().await?, "PONG");
    /// # Ok(()) });
    /// ```
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder().url(url)?.connect().await
    }

    /// Settings before connecting.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::Client;
    /// let client = Client::builder().url(&url)?.client_name("shop").connect().await?;
    /// # Ok(()) });
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) async fn start(mut config: Config) -> Result<Self> {
        config.current = credentials::start(&config.credentials).await?;
        let config = Arc::new(config);
        let counters = Arc::new(Counters::default());
        let cache = config.cache_bytes_max.map(|max| Arc::new(Cache::new(max, counters.clone())));
        let hints = Arc::new(Hints::default());
        let source = Arc::new(SlotsSource { config: config.clone() });
        let deadline = Instant::now() + config.boot_timeout;
        let first =
            boot(&config.seeds, &*source, &counters, config.topology_timeout, deadline).await?;
        let standalone = first.kind() == Kind::Standalone;
        let shared = Arc::new(NodeShared {
            config: config.clone(),
            counters: counters.clone(),
            hints: hints.clone(),
            events: Arc::new(Events::new()),
            cache,
            runtime: Handle::current(),
        });
        let core = Arc::new(Core::new(shared, first));
        let actor = Actor {
            hints,
            source,
            sink: core.clone(),
            counters,
            seeds: config.seeds.clone(),
            ask_timeout: config.topology_timeout,
            // A single server has no topology that could change.
            check_every: config
                .topology_check_every
                .filter(|_| !standalone && config.mode != Mode::Standalone),
            watches_lag: config.replica_lag_max.is_some() && !standalone,
        };
        tokio::spawn(actor.run());
        tokio::spawn(reauthenticate(Arc::downgrade(&core), config.current.clone()));
        Ok(Self { inner: Arc::new(Inner { core }) })
    }

    /// The nodes that the client knows, and what it knows of each.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.ping().await?;
    /// assert_eq!(client.nodes()[0].connections, 1);
    /// # Ok(()) });
    /// ```
    pub fn nodes(&self) -> Vec<NodeStatus> {
        let core = self.core();
        let snapshot = self.topology();
        let role = |addr: &NodeAddr| snapshot.nodes().iter().find(|node| node.addr == *addr);
        let mut nodes: Vec<_> = core
            .registry
            .all()
            .into_iter()
            .map(|handle| {
                let outstanding = handle.muxes().map(|mux| mux.outstanding());
                let (requests, bytes) =
                    outstanding.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                let open = handle.muxes().any(|mux| mux.circuit() == CircuitState::Open);
                NodeStatus {
                    addr: handle.addr().clone(),
                    replica: role(handle.addr()).map(|node| node.replica),
                    connections: handle.muxes().filter(|mux| mux.is_connected()).count(),
                    circuit: if open { CircuitState::Open } else { CircuitState::Closed },
                    requests,
                    bytes,
                    availability_zone: handle.facts.availability_zone(),
                }
            })
            .collect();
        nodes.sort_by(|a, b| a.addr.cmp(&b.addr));
        nodes
    }

    /// Any command, by name; its arguments follow one by one. Commands that this crate knows are
    /// routed by their keys; of others the keys have to be marked with
    /// [`key`](Command::key).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.cmd("SET").arg("k").arg(7).await?;
    /// let encoding: String = client.cmd("OBJECT ENCODING").arg("k").as_().await?;
    /// assert_eq!(encoding, "int");
    /// let unknown = client.cmd("JSON.SET").key("doc").arg("$").arg("{}"); // routed by its key
    /// # drop(unknown);
    /// # Ok(()) });
    /// ```
    pub fn cmd(&self, name: &str) -> Command<Value, RawKind, &Client> {
        Command::new(Request::raw(name), self)
    }

    /// An empty batch.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut batch = client.batch();
    /// let a = batch.push(commands::incr("a"));
    /// let b = batch.push(commands::incr("b"));
    /// let mut replies = batch.run().await;
    /// assert_eq!((replies.take(a)?, replies.take(b)?), (1, 1));
    /// # Ok(()) });
    /// ```
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    /// An empty transaction.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut both = client.atomic();
    /// both.push(commands::set("{x}a", 1));
    /// both.push(commands::set("{x}b", 2));
    /// both.run().await?;
    /// # Ok(()) });
    /// ```
    pub fn atomic(&self) -> Atomic<'_> {
        Atomic::new(self)
    }

    /// Asks for a refresh of the topology. It happens in the background, when the gate in front of
    /// all topology requests allows it.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.refresh(); // somebody said that the cluster has changed
    /// # Ok(()) });
    /// ```
    pub fn refresh(&self) {
        self.core().hints.raise(Hint::User);
    }

    /// What commands are routed by now.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let topology = client.topology();
    /// println!("{:?} with {} shards", topology.kind(), topology.shards().len());
    /// # Ok(()) });
    /// ```
    pub fn topology(&self) -> Arc<Snapshot> {
        self.core().view.load().snapshot.clone()
    }

    /// What the client did besides the application's commands.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.get("k").await?;
    /// let stats = client.stats();
    /// assert_eq!((stats.moved, stats.topology_requests), (0, 1));
    /// # Ok(()) });
    /// ```
    pub fn stats(&self) -> Stats {
        self.core().counters.read()
    }

    pub(crate) fn core_arc(&self) -> Arc<Core> {
        self.inner.core.clone()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.inner.core
    }
}
