//! Where the addresses come from that the topology is learned from.
//!
//! A source is asked when the client starts and whenever no node that is known can be reached; what
//! it gave before is never forgotten until it gives something else.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::credentials::{Credentials, Fetching};
use crate::net::{Purpose, Resolver, Resolving, dial};
use crate::protocol::next_reply;
use crate::request::Body;
use crate::topology::parse_sentinel;
use crate::value::Value;

/// A source of seed nodes; see [`ClientBuilder::seed_source`](crate::ClientBuilder::seed_source).
///
/// ```
/// # tsubame_client_testing::with_cluster(async |client| {
/// use std::sync::Arc;
/// use tsubame_client::{Client, Fetching, NodeAddr, Resolver, SeedSource};
///
/// /// Knows where the nodes are.
/// struct Registry(Vec<NodeAddr>);
///
/// impl SeedSource for Registry {
///     fn seeds<'a>(&'a self, _: &'a Arc<dyn Resolver>) -> Fetching<'a, Vec<NodeAddr>> {
///         Box::pin(async { Ok(self.0.clone()) })
///     }
/// }
/// # let registry = Registry(vec![client.topology().nodes()[0].addr.clone()]);
/// let client = Client::builder().seed_source(registry).connect().await?;
/// client.ping().await?;
/// # Ok(()) });
/// ```
pub trait SeedSource: Send + Sync + 'static {
    /// The addresses that are right now. An error or an empty list leaves the ones before.
    ///
    /// They may be names, which are resolved when they are dialled. A source that has to resolve names
    /// itself asks `resolver`, which is [the client's](crate::ClientBuilder::resolver).
    fn seeds<'a>(&'a self, resolver: &'a Arc<dyn Resolver>) -> Fetching<'a, Vec<NodeAddr>>;
}

/// All addresses behind a name, such as a headless service's, as the client's
/// [resolver](crate::ClientBuilder::resolver) knows them.
///
/// ```
/// use tsubame_client::{Client, DnsSeeds};
/// let builder = Client::builder().seed_source(DnsSeeds::new("cluster.example", 6379));
/// ```
#[derive(Debug, Clone)]
pub struct DnsSeeds {
    name: String,
    port: u16,
}

impl DnsSeeds {
    /// Asks for the A and AAAA records of `name`.
    ///
    /// ```
    /// let source = tsubame_client::DnsSeeds::new("cluster.example", 6379);
    /// ```
    pub fn new(name: &str, port: u16) -> Self {
        Self { name: name.to_owned(), port }
    }
}

impl SeedSource for DnsSeeds {
    fn seeds<'a>(&'a self, resolver: &'a Arc<dyn Resolver>) -> Fetching<'a, Vec<NodeAddr>> {
        Box::pin(async {
            let found = resolver.resolve(&self.name, self.port).await?.into_iter();
            Ok(found.map(|addr| NodeAddr::new(&addr.ip().to_string(), addr.port())).collect())
        })
    }
}

/// A file with an address on each line; empty lines and those that begin with `#` don't count.
///
/// ```
/// # tsubame_client_testing::with_url(async |url| {
/// use tsubame_client::{Client, FileSeeds};
/// let path = std::env::temp_dir().join(format!("seeds-{}", std::process::id()));
/// std::fs::write(&path, url.replace("unix://", "unix:")).unwrap();
/// let client = Client::builder().seed_source(FileSeeds::new(&path)).connect().await?;
/// client.ping().await?;
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct FileSeeds {
    path: PathBuf,
}

impl FileSeeds {
    /// Reads `path` each time.
    ///
    /// ```
    /// let source = tsubame_client::FileSeeds::new("/etc/shop/seeds");
    /// ```
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl SeedSource for FileSeeds {
    fn seeds<'a>(&'a self, _: &'a Arc<dyn Resolver>) -> Fetching<'a, Vec<NodeAddr>> {
        Box::pin(async {
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await;
            let text = read.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(|line| line.parse().map_err(|error: crate::Error| error.to_string()))
                .collect()
        })
    }
}

/// The primary that sentinels name. The client follows it when they name another.
///
/// ```
/// use tsubame_client::{Client, SentinelSeeds};
/// let source = SentinelSeeds::new(vec!["10.0.0.1:26379".parse()?], "mymaster");
/// let builder = Client::builder().seed_source(source);
/// # Ok::<(), tsubame_client::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SentinelSeeds {
    sentinels: Vec<NodeAddr>,
    primary: String,
    config: Config,
}

impl SentinelSeeds {
    /// Asks `sentinels` one after the other for the primary of that name, until one knows it.
    ///
    /// ```
    /// use tsubame_client::{Client, SentinelSeeds};
    /// let sentinels = vec!["10.0.0.1:26379".parse()?, "10.0.0.2:26379".parse()?];
    /// let source = SentinelSeeds::new(sentinels, "mymaster");
    /// let builder = Client::builder().seed_source(source);
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn new(sentinels: Vec<NodeAddr>, primary: &str) -> Self {
        Self { sentinels, primary: primary.to_owned(), config: Config::default() }
    }

    /// How to authenticate to the sentinels themselves.
    ///
    /// ```
    /// use tsubame_client::{Credentials, SentinelSeeds};
    /// let source = SentinelSeeds::new(vec!["10.0.0.1:26379".parse()?], "mymaster");
    /// let source = source.credentials(Credentials::password("secret"));
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.config.current = tokio::sync::watch::channel(Some(credentials)).1;
        self
    }

    /// Speaks TLS to the sentinels themselves.
    ///
    /// ```
    /// use tsubame_client::{SentinelSeeds, Tls};
    /// let source = SentinelSeeds::new(vec!["sentinel.example:26379".parse()?], "mymaster");
    /// let source = source.tls(Tls::system()?);
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::net::Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    async fn ask(&self, sentinel: &NodeAddr, config: &Config) -> Result<NodeAddr, Arc<str>> {
        let mut connection = dial(sentinel, config, Purpose::default()).await?;
        let mut body = Body::default();
        for word in ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", &self.primary] {
            body.push(word.as_bytes());
        }
        let mut out = BytesMut::new();
        body.write_frame(&mut out);
        connection.stream.write_all(&out).await.map_err(crate::protocol::text)?;
        match next_reply(&mut connection.stream, &mut connection.reader).await? {
            Value::Error(error) => Err(error.without_arguments().into()),
            Value::Null => Err("it does not know that name".into()),
            reply => parse_sentinel(&reply).ok_or_else(|| "its answer is no address".into()),
        }
    }
}

impl SeedSource for SentinelSeeds {
    fn seeds<'a>(&'a self, resolver: &'a Arc<dyn Resolver>) -> Fetching<'a, Vec<NodeAddr>> {
        Box::pin(async {
            let mut config = self.config.clone();
            config.seeds.resolver = Resolving(resolver.clone());
            let mut causes = Vec::new();
            for sentinel in &self.sentinels {
                let asking = timeout(config.connect_timeout, self.ask(sentinel, &config));
                match asking.await.unwrap_or_else(|_| Err("no answer in time".into())) {
                    Ok(primary) => return Ok(vec![primary]),
                    Err(why) => causes.push(format!("{sentinel}: {why}")),
                }
            }
            Err(causes.join("; "))
        })
    }
}

/// The seeds that the settings name, and the source that may know better.
#[derive(Clone, Default)]
pub(crate) struct Seeds {
    pub(crate) fixed: Vec<NodeAddr>,
    pub(crate) source: Option<Arc<dyn SeedSource>>,
    /// Knows the addresses behind names, of seeds and of all other nodes.
    pub(crate) resolver: Resolving,
}

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.fixed).finish()
    }
}

impl Seeds {
    /// The present list: fixed ones always, and what the source says.
    pub(crate) async fn list(&self) -> (Vec<NodeAddr>, Option<String>) {
        let mut list = self.fixed.clone();
        let Some(source) = &self.source else { return (list, None) };
        match source.seeds(&self.resolver.0).await {
            Ok(found) => {
                list.extend(found);
                list.sort();
                list.dedup();
                (list, None)
            }
            Err(why) => (list, Some(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use parking_lot::Mutex;

    use super::*;

    #[tokio::test]
    async fn a_file_is_read_each_time_and_nonsense_is_told() {
        let path = std::env::temp_dir().join(format!("tsubame-seeds-{}", std::process::id()));
        let (source, resolver) = (FileSeeds::new(&path), Resolving::default().0);
        assert!(source.seeds(&resolver).await.is_err());
        std::fs::write(&path, "# ours\n10.0.0.1:7000\n\n[::1]:7001\n").unwrap();
        let expected = [NodeAddr::new("10.0.0.1", 7000), NodeAddr::new("::1", 7001)];
        assert_eq!(source.seeds(&resolver).await.unwrap(), expected);
        std::fs::write(&path, "10.0.0.1:x\n").unwrap();
        assert!(source.seeds(&resolver).await.unwrap_err().contains("10.0.0.1:x"));
        std::fs::remove_file(&path).unwrap();
    }

    #[tokio::test]
    async fn a_name_gives_all_its_addresses() {
        let source = DnsSeeds::new("localhost", 7000);
        let found = source.seeds(&Resolving::default().0).await.unwrap();
        assert!(found.contains(&NodeAddr::new("127.0.0.1", 7000)), "{found:?}");
    }

    /// Says that every name stands for this address, and keeps the names that it was asked for.
    struct Names(SocketAddr, Mutex<Vec<String>>);

    impl Resolver for Names {
        fn resolve<'a>(&'a self, host: &'a str, _: u16) -> Fetching<'a, Vec<SocketAddr>> {
            self.1.lock().push(host.to_owned());
            Box::pin(async { Ok(vec![self.0]) })
        }
    }

    #[tokio::test]
    async fn the_clients_resolver_is_asked_for_all_names() {
        let sentinel = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let names = Arc::new(Names(sentinel.local_addr().unwrap(), Mutex::default()));
        let resolver: Arc<dyn Resolver> = names.clone();
        let expected = [NodeAddr::new("127.0.0.1", names.0.port())];
        assert_eq!(DnsSeeds::new("a.example", 1).seeds(&resolver).await.unwrap(), expected);
        let sentinels = vec![NodeAddr::new("b.example", 2), NodeAddr::new("c.example", 3)];
        let source = SentinelSeeds::new(sentinels, "mymaster");
        // Both sentinels hang up on whom they should greet.
        let greet = async {
            for _ in 0..2 {
                drop(sentinel.accept().await.unwrap());
            }
        };
        let (why, ()) = tokio::join!(source.seeds(&resolver), greet);
        assert!(why.unwrap_err().contains("c.example:3"));
        assert_eq!(*names.1.lock(), ["a.example", "b.example", "c.example"]);
    }
}
