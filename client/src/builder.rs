//! Settings of a client, each with its default.

use std::sync::Arc;
use std::time::Duration;

use crate::addr::NodeAddr;
use crate::client::Client;
use crate::error::{Error, Result};

/// What the seeds are part of.
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
    pub(crate) seeds: Vec<NodeAddr>,
    pub(crate) mode: Mode,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seeds: Vec::new(),
            mode: Mode::Auto,
            username: None,
            password: None,
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
        }
    }
}

/// Builds a [`Client`]; made by [`Client::builder`].
///
/// ```no_run
/// # async fn f() -> tsubame_client::Result<()> {
/// use std::time::Duration;
/// let client = tsubame_client::Client::builder()
///     .seed("10.0.0.1:7000")?
///     .seed("10.0.0.2:7000")?
///     .password("secret")
///     .timeout(Duration::from_millis(500))
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it connects"]
pub struct ClientBuilder {
    config: Config,
}

impl ClientBuilder {
    /// Reads `redis://[[user:]password@]host[:port][,host[:port]…][/database]`; the scheme may also
    /// be `valkey`. Without a scheme it is a list of addresses.
    pub fn url(mut self, url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("redis", url));
        if !matches!(scheme, "redis" | "valkey") {
            return Err(Error::Config(format!("scheme {scheme:?} is not supported")));
        }
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (login, hosts) = match rest.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, rest),
        };
        if let Some(login) = login {
            let (user, password) = login.split_once(':').unwrap_or(("", login));
            self.config.password = Some(percent_decode(password)?);
            self.config.username = (!user.is_empty()).then(|| percent_decode(user)).transpose()?;
        }
        let (hosts, database) = hosts.split_once('/').unwrap_or((hosts, ""));
        if !database.is_empty() {
            let bad = |_| Error::Config(format!("not a database number: {database:?}"));
            self.config.database = database.parse().map_err(bad)?;
        }
        for host in hosts.split(',') {
            self.config.seeds.push(host.parse()?);
        }
        Ok(self)
    }

    /// Adds an address to learn the topology from. Any node of the cluster will do; several are
    /// better than one. They are kept for ever and asked again when all known nodes fail.
    pub fn seed(mut self, addr: &str) -> Result<Self> {
        self.config.seeds.push(addr.parse()?);
        Ok(self)
    }

    /// What the seeds are part of. Default: what they say.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.config.mode = mode;
        self
    }

    /// User to authenticate as. Default: `default`.
    pub fn username(mut self, username: &str) -> Self {
        self.config.username = Some(username.to_owned());
        self
    }

    /// Password. Default: no authentication.
    pub fn password(mut self, password: &str) -> Self {
        self.config.password = Some(password.to_owned());
        self
    }

    /// Name of the connections, as CLIENT LIST shows it. Default: none.
    pub fn client_name(mut self, name: &str) -> Self {
        self.config.client_name = Some(name.to_owned());
        self
    }

    /// Database number. Default: 0.
    pub fn database(mut self, number: u32) -> Self {
        self.config.database = number;
        self
    }

    /// Deadline of a command, all redirections and retries included. Default: 5 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = timeout;
        self
    }

    /// Deadline of [`ClientBuilder::connect`]. Default: 5 s.
    pub fn boot_timeout(mut self, timeout: Duration) -> Self {
        self.config.boot_timeout = timeout;
        self
    }

    /// Bound of one attempt to open a connection. Default: 1 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// How long a command waits for a node that can't be reached, in the hope that it comes back or
    /// that another takes its place. Default: 1 s.
    pub fn unavailable_wait(mut self, wait: Duration) -> Self {
        self.config.unavailable_wait = wait;
        self
    }

    /// A connection on which replies are due and not one byte came for so long is replaced.
    /// Default: 3 s; longer than the longest script or `KEYS` that you run.
    pub fn unresponsive_after(mut self, silence: Duration) -> Self {
        self.config.unresponsive_after = silence;
        self
    }

    /// Connections to each node; commands of one slot share one. Default: 1.
    pub fn connections_per_node(mut self, count: usize) -> Self {
        self.config.connections_per_node = count;
        self
    }

    /// Most commands that may wait on one connection; more are [`Error::Overloaded`].
    /// Default: 10,000.
    pub fn requests_per_connection_max(mut self, count: usize) -> Self {
        self.config.requests_per_connection_max = count;
        self
    }

    /// Most bytes of commands that may wait on one connection. Default: 64 MiB.
    pub fn bytes_per_connection_max(mut self, bytes: usize) -> Self {
        self.config.bytes_per_connection_max = bytes;
        self
    }

    /// Most redirections of one command. Default: 5.
    pub fn redirects_max(mut self, count: u32) -> Self {
        self.config.redirects_max = count;
        self
    }

    /// Bound of one request for the topology. Default: 1 s.
    pub fn topology_timeout(mut self, timeout: Duration) -> Self {
        self.config.topology_timeout = timeout;
        self
    }

    /// Time between two checks of the topology without a cause, ± 25 %. Default: 60 s; `None`: none.
    pub fn topology_check_every(mut self, every: Option<Duration>) -> Self {
        self.config.topology_check_every = every;
        self
    }

    /// Learns the topology and gives the client. Connections to the nodes are opened when they are
    /// needed. Fails with what each seed said.
    pub async fn connect(self) -> Result<Client> {
        if self.config.seeds.is_empty() {
            return Err(Error::Config("no seed is given".to_owned()));
        }
        Client::start(Arc::new(self.config)).await
    }
}

fn percent_decode(text: &str) -> Result<String> {
    let bad = || Error::Config("bad percent encoding in the URL".to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || (rest.next()? as char).to_digit(16);
            let (high, low) = digit().zip(digit()).ok_or_else(bad)?;
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let read = |url| ClientBuilder::default().url(url).map(|builder| builder.config);
        let config = read("redis://user:p%40ss@h1:1,h2,[::1]:3/5").unwrap();
        let seeds: Vec<_> = config.seeds.iter().map(NodeAddr::to_string).collect();
        assert_eq!(seeds, ["h1:1", "h2:6379", "[::1]:3"]);
        assert_eq!(config.username.as_deref(), Some("user"));
        assert_eq!(config.password.as_deref(), Some("p@ss"));
        assert_eq!(config.database, 5);
        let config = read("valkey://secret@h").unwrap();
        assert_eq!((config.username, config.password.as_deref()), (None, Some("secret")));
        assert_eq!(read("h1:1,h2:2").unwrap().seeds.len(), 2);
        for url in ["http://h", "redis://", "redis://h/x", "redis://a%zz@h"] {
            assert!(read(url).is_err(), "{url}");
        }
    }
}
