//! Settings of a client, each with its default.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::client::Client;
use crate::credentials::{Credentials, CredentialsConfig, CredentialsProvider, Current};
use crate::error::{Error, Result};
use crate::net::{Resolver, Resolving};
use crate::observe::Sink;
use crate::replicas::ReadFrom;
use crate::seeds::{SeedSource, Seeds};

/// What the seeds are part of.
///
/// ```
/// # tsubame_client_testing::with_url(async |url| {
/// use tsubame_client::{Client, Kind, Mode};
/// let client = Client::builder().url(&url)?.mode(Mode::Standalone).connect().await?;
/// assert_eq!(client.topology().kind(), Kind::Standalone);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// What the servers say they are.
    #[default]
    Auto,
    /// A cluster, even if HELLO does not say so (proxies).
    Cluster,
    /// A single server.
    Standalone,
}

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) seeds: Seeds,
    pub(crate) mode: Mode,
    pub(crate) credentials: CredentialsConfig,
    /// What `credentials` gives now; set when the client starts.
    pub(crate) current: Current,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::net::Tls>,
    pub(crate) client_name: Option<String>,
    pub(crate) database: u32,
    pub(crate) timeout: Duration,
    pub(crate) boot_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) unavailable_wait: Duration,
    pub(crate) unresponsive_after: Duration,
    pub(crate) connections_per_node: usize,
    pub(crate) requests_per_connection_max: usize,
    pub(crate) bytes_per_connection_max: usize,
    pub(crate) redirects_max: u32,
    pub(crate) topology_timeout: Duration,
    pub(crate) topology_check_every: Option<Duration>,
    pub(crate) exclusive_connections_max: usize,
    pub(crate) read_from: ReadFrom,
    pub(crate) replica_lag_max: Option<u64>,
    pub(crate) cache_bytes_max: Option<usize>,
    /// Who observes.
    #[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "empty then"))]
    pub(crate) sink: Sink,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seeds: Seeds::default(),
            mode: Mode::Auto,
            credentials: CredentialsConfig::None,
            current: watch::channel(None).1,
            #[cfg(feature = "tls")]
            tls: None,
            client_name: None,
            database: 0,
            timeout: Duration::from_secs(5),
            boot_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(1),
            unavailable_wait: Duration::from_secs(1),
            unresponsive_after: Duration::from_secs(3),
            connections_per_node: 1,
            requests_per_connection_max: 10_000,
            bytes_per_connection_max: 64 << 20,
            redirects_max: 5,
            topology_timeout: Duration::from_secs(1),
            topology_check_every: Some(Duration::from_secs(60)),
            exclusive_connections_max: 64,
            read_from: ReadFrom::Primary,
            replica_lag_max: None,
            cache_bytes_max: None,
            sink: Sink::default(),
        }
    }
}

/// Builds a [`Client`]; made by [`Client::builder`].
///
/// ```
/// # tsubame_client_testing::with_cluster(async |client| {
/// # let node = client.topology().nodes()[0].addr.to_string();
/// use std::time::Duration;
/// let client = tsubame_client::Client::builder()
///     .seed(&node)? // such as "10.0.0.1:7000"
///     .client_name("checkout")
///     .timeout(Duration::from_millis(500))
///     .connect()
///     .await?;
/// assert_eq!(client.client_getname().await?.as_deref(), Some("checkout"));
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it connects"]
pub struct ClientBuilder {
    pub(crate) config: Config,
}

impl ClientBuilder {
    /// Reads `redis://[[user:]password@]host[:port][,host[:port]…][/database]`; the scheme may also
    /// be `valkey`, and `rediss` or `valkeys` for TLS. `unix:///path` is a unix socket, whose database
    /// and login are said by `?db=3&user=ada&pass=secret`. Without a scheme it is a list of addresses.
    ///
    /// Credentials are percent-encoded. Parameters that are not known are refused, not overlooked.
    ///
    /// ```
    /// use tsubame_client::Client;
    /// let builder = Client::builder().url("redis://ada:secret@10.0.0.1:7000,10.0.0.2:7000/0")?;
    /// let socket = Client::builder().url("unix:///run/db.sock?db=3")?;
    /// assert!(Client::builder().url("http://10.0.0.1").is_err());
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn url(mut self, url: &str) -> Result<Self> {
        crate::url::read(url, &mut self.config)?;
        Ok(self)
    }

    /// Adds an address to learn the topology from. Any node of the cluster will do; several are
    /// better than one. They are kept for ever and asked again when all known nodes fail.
    ///
    /// ```
    /// let builder = tsubame_client::Client::builder().seed("10.0.0.1:7000")?.seed("10.0.0.2:7000")?;
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn seed(mut self, addr: &str) -> Result<Self> {
        self.config.seeds.fixed.push(addr.parse()?);
        Ok(self)
    }

    /// Asks `resolver` for the addresses behind names instead of the system: those of nodes, whenever
    /// one is dialled, and those that the [source of seeds](Self::seed_source) knows.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use tsubame_client::{Client, Fetching, Resolver};
    /// struct Tunnel;
    /// impl Resolver for Tunnel {
    ///     fn resolve<'a>(&'a self, _: &'a str, port: u16) -> Fetching<'a, Vec<SocketAddr>> {
    ///         Box::pin(async move { Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]) })
    ///     }
    /// }
    /// let builder = Client::builder().seed("db.example:7000")?.resolver(Tunnel);
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.config.seeds.resolver = Resolving(Arc::new(resolver));
        self
    }

    /// Asks `source` for seeds, besides those that were added.
    ///
    /// ```
    /// use tsubame_client::{Client, DnsSeeds};
    /// let builder = Client::builder().seed_source(DnsSeeds::new("cluster.example", 6379));
    /// ```
    pub fn seed_source(mut self, source: impl SeedSource) -> Self {
        self.config.seeds.source = Some(Arc::new(source));
        self
    }

    /// What the seeds are part of. Default: what they say.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::{Client, Mode};
    /// let client = Client::builder().url(&url)?.mode(Mode::Auto).connect().await?;
    /// # Ok(()) });
    /// ```
    pub fn mode(mut self, mode: Mode) -> Self {
        self.config.mode = mode;
        self
    }

    /// User and password to authenticate with. Default: no authentication.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::{Client, Credentials};
    /// let admin = Client::connect(&url).await?;
    /// admin.cmd("ACL SETUSER").arg("ada").arg("on").arg(">secret").arg("~*").arg("+@all").await?;
    /// let ada = Credentials::new("ada", "secret");
    /// let client = Client::builder().url(&url)?.credentials(ada).connect().await?;
    /// assert_eq!(client.cmd("ACL WHOAMI").as_::<String>().await?, "ada");
    /// # Ok(()) });
    /// ```
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.config.credentials = CredentialsConfig::Fixed(credentials);
        self
    }

    /// The default user's password.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::Client;
    /// let admin = Client::connect(&url).await?;
    /// admin.cmd("CONFIG SET").arg("requirepass").arg("secret").await?;
    /// let client = Client::builder().url(&url)?.password("secret").connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn password(self, password: &str) -> Self {
        self.credentials(Credentials::password(password))
    }

    /// Authenticates with what `provider` gives, and anew whenever that changes.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::{Client, Credentials, CredentialsProvider, Fetching, Issued};
    /// struct Vault;
    /// impl CredentialsProvider for Vault {
    ///     fn fetch(&self) -> Fetching<'_, Issued> {
    ///         let credentials = Credentials::password("of today");
    ///         Box::pin(async { Ok(Issued { credentials, valid_for: None }) })
    ///     }
    /// }
    /// # Client::connect(&url).await?.cmd("CONFIG SET").arg("requirepass").arg("of today").await?;
    /// let client = Client::builder().url(&url)?.credentials_provider(Vault).connect().await?;
    /// # Ok(()) });
    /// ```
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider) -> Self {
        self.config.credentials = CredentialsConfig::Provided(Arc::new(provider));
        self
    }

    /// Encrypts all connections. Default: only for `rediss` and `valkeys` URLs.
    ///
    /// ```
    /// use tsubame_client::{Client, Tls};
    /// let builder = Client::builder().seed("db.example:6380")?.tls(Tls::system()?);
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::net::Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Name of the connections, as CLIENT LIST shows it. Default: none.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let client = tsubame_client::Client::builder().url(&url)?.client_name("shop").connect().await?;
    /// assert_eq!(client.cmd("CLIENT GETNAME").as_::<String>().await?, "shop");
    /// # Ok(()) });
    /// ```
    pub fn client_name(mut self, name: &str) -> Self {
        self.config.client_name = Some(name.to_owned());
        self
    }

    /// Database number. Default: 0.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let client = tsubame_client::Client::builder().url(&url)?.database(3).connect().await?;
    /// client.set("k", "v").await?;
    /// # Ok(()) });
    /// ```
    pub fn database(mut self, number: u32) -> Self {
        self.config.database = number;
        self
    }

    /// Deadline of a command, all redirections and retries included. Default: 5 s.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.timeout(Duration::from_millis(500)).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = timeout;
        self
    }

    /// Deadline of [`ClientBuilder::connect`]. Default: 5 s.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.boot_timeout(Duration::from_secs(10)).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn boot_timeout(mut self, timeout: Duration) -> Self {
        self.config.boot_timeout = timeout;
        self
    }

    /// Bound of one attempt to open a connection. Default: 1 s.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.connect_timeout(Duration::from_millis(300)).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// How long a command waits for a node that can't be reached, in the hope that it comes back or
    /// that another takes its place. Default: 1 s.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.unavailable_wait(Duration::from_millis(200)).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn unavailable_wait(mut self, wait: Duration) -> Self {
        self.config.unavailable_wait = wait;
        self
    }

    /// A connection on which replies are due and not one byte came for so long is replaced.
    /// Default: 3 s; longer than the longest script or `KEYS` that you run.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.unresponsive_after(Duration::from_secs(30)).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn unresponsive_after(mut self, silence: Duration) -> Self {
        self.config.unresponsive_after = silence;
        self
    }

    /// Connections to each node; commands of one slot share one. Default: 1.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.connections_per_node(2).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn connections_per_node(mut self, count: usize) -> Self {
        self.config.connections_per_node = count;
        self
    }

    /// Most commands that may wait on one connection; more are [`Error::Overloaded`].
    /// Default: 10,000.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.requests_per_connection_max(1_000).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn requests_per_connection_max(mut self, count: usize) -> Self {
        self.config.requests_per_connection_max = count;
        self
    }

    /// Bytes of commands that may wait on one connection: once there are more, further commands are
    /// [`Error::Overloaded`]. A single command may be larger. Default: 64 MiB.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.bytes_per_connection_max(8 << 20).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn bytes_per_connection_max(mut self, bytes: usize) -> Self {
        self.config.bytes_per_connection_max = bytes;
        self
    }

    /// Most redirections of one command. Default: 5.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.redirects_max(3).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn redirects_max(mut self, count: u32) -> Self {
        self.config.redirects_max = count;
        self
    }

    /// Bound of one request for the topology. Default: 1 s.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.topology_timeout(Duration::from_millis(500)).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn topology_timeout(mut self, timeout: Duration) -> Self {
        self.config.topology_timeout = timeout;
        self
    }

    /// Time between two checks of the topology without a cause, ± 25 %. Default: 60 s; `None`: none.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.topology_check_every(Some(Duration::from_secs(300))).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn topology_check_every(mut self, every: Option<Duration>) -> Self {
        self.config.topology_check_every = every;
        self
    }

    /// Most connections to each node for commands that wait on the server and for watched
    /// transactions; more are [`Error::Overloaded`]. Default: 64.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.exclusive_connections_max(8).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn exclusive_connections_max(mut self, count: usize) -> Self {
        self.config.exclusive_connections_max = count;
        self
    }

    /// Who may answer commands that only read. Default: the primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::{Client, ReadFrom};
    /// let builder = Client::builder().url(&url)?.read_from(ReadFrom::Replica);
    /// let client = builder.connect().await?;
    /// client.get("k").await?; // from a replica, if there is one
    /// # Ok(()) });
    /// ```
    pub fn read_from(mut self, from: ReadFrom) -> Self {
        self.config.read_from = from;
        self
    }

    /// Reads from no replica that is more than `bytes` of the replication stream behind its primary,
    /// or that has not acknowledged anything for five seconds, or of which neither is known. If no
    /// replica of a shard is left, its primary answers. Default: no bound.
    ///
    /// The client asks one primary at a time (INFO replication, on the connection that it has
    /// anyway), at most every five seconds and only with what the budget of topology requests
    /// leaves, so the bound holds as of a look that is some seconds old: about five for each shard.
    /// Replicas acknowledge once a second; `bytes` should be more than is written in that time.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// let builder = tsubame_client::Client::builder().url(&url)?;
    /// let client = builder.replica_lag_max(1 << 20).connect().await?;
    /// client.ping().await?;
    /// # Ok(()) });
    /// ```
    pub fn replica_lag_max(mut self, bytes: u64) -> Self {
        self.config.replica_lag_max = Some(bytes);
        self
    }

    /// Keeps up to so many bytes of values that are read through
    /// [`Client::cached`]. The servers must know CLIENT TRACKING. Default: no cache.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use std::time::Duration;
    /// let builder = tsubame_client::Client::builder().url(&url)?.client_side_cache(16 << 20);
    /// let client = builder.connect().await?;
    /// let cached = client.cached(Duration::from_secs(60));
    /// cached.get("k").await?;
    /// cached.get("k").await?;
    /// assert_eq!(client.stats().cache_hits, 1);
    /// # Ok(()) });
    /// ```
    pub fn client_side_cache(mut self, bytes_max: usize) -> Self {
        self.config.cache_bytes_max = Some(bytes_max);
        self
    }

    /// Learns the topology and gives the client. Connections to the nodes are opened when they are
    /// needed. Fails with what each seed said.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// use tsubame_client::Client;
    /// let client = Client::builder().url(&url)?.connect().await?;
    /// let nobody = Client::builder().seed("127.0.0.1:1")?.boot_timeout(std::time::Duration::ZERO);
    /// assert_eq!(nobody.connect().await.unwrap_err().kind(), "topology");
    /// # Ok(()) });
    /// ```
    pub async fn connect(self) -> Result<Client> {
        if self.config.seeds.fixed.is_empty() && self.config.seeds.source.is_none() {
            return Err(Error::Config("no seed is given".to_owned()));
        }
        Client::start(self.config).await
    }
}
