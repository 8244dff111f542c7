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
use crate::net::{Purpose, dial};
use crate::protocol::next_reply;
use crate::request::Body;
use crate::topology::parse_sentinel;
use crate::value::Value;

/// A source of seed nodes; see [`ClientBuilder::seed_source`](crate::ClientBuilder::seed_source).
///
/// ```
/// use tsubame_client::{Fetching, NodeAddr, SeedSource};
///
/// struct Registry;
///
/// impl SeedSource for Registry {
///     fn seeds(&self) -> Fetching<'_, Vec<NodeAddr>> {
///         Box::pin(async { Ok(vec![NodeAddr::new("10.0.0.1", 6379)]) })
///     }
/// }
/// ```
pub trait SeedSource: Send + Sync + 'static {
    /// The addresses that are right now. An error or an empty list leaves the ones before.
    fn seeds(&self) -> Fetching<'_, Vec<NodeAddr>>;
}

/// All addresses behind a name, such as a headless service's.
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
    fn seeds(&self) -> Fetching<'_, Vec<NodeAddr>> {
        Box::pin(async {
            let found = tokio::net::lookup_host((self.name.as_str(), self.port)).await;
            let found = found.map_err(|error| error.to_string())?;
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
    fn seeds(&self) -> Fetching<'_, Vec<NodeAddr>> {
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
    config: Arc<Config>,
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
        Self { sentinels, primary: primary.to_owned(), config: Arc::default() }
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
        let mut config = Config::clone(&self.config);
        config.current = tokio::sync::watch::channel(Some(credentials)).1;
        self.config = Arc::new(config);
        self
    }

    async fn ask(&self, sentinel: &NodeAddr) -> Result<NodeAddr, Arc<str>> {
        let mut connection = dial(sentinel, &self.config, Purpose::default()).await?;
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
    fn seeds(&self) -> Fetching<'_, Vec<NodeAddr>> {
        Box::pin(async {
            let mut causes = Vec::new();
            for sentinel in &self.sentinels {
                let asking = timeout(self.config.connect_timeout, self.ask(sentinel));
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
        match source.seeds().await {
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
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_each_time_and_nonsense_is_told() {
        let path = std::env::temp_dir().join(format!("tsubame-seeds-{}", std::process::id()));
        let source = FileSeeds::new(&path);
        assert!(source.seeds().await.is_err());
        std::fs::write(&path, "# ours\n10.0.0.1:7000\n\n[::1]:7001\n").unwrap();
        let expected = [NodeAddr::new("10.0.0.1", 7000), NodeAddr::new("::1", 7001)];
        assert_eq!(source.seeds().await.unwrap(), expected);
        std::fs::write(&path, "10.0.0.1:x\n").unwrap();
        assert!(source.seeds().await.unwrap_err().contains("10.0.0.1:x"));
        std::fs::remove_file(&path).unwrap();
    }

    #[tokio::test]
    async fn a_name_gives_all_its_addresses() {
        let found = DnsSeeds::new("localhost", 7000).seeds().await.unwrap();
        assert!(found.contains(&NodeAddr::new("127.0.0.1", 7000)), "{found:?}");
    }
}
