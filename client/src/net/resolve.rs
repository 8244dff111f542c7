//! From a host name to the addresses behind it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::addr::NodeAddr;
use crate::credentials::Fetching;
use crate::protocol::text;

/// Finds the addresses behind names in the system's place; see
/// [`ClientBuilder::resolver`](crate::ClientBuilder::resolver).
///
/// ```
/// use std::net::SocketAddr;
/// use tsubame_client::{Fetching, Resolver};
///
/// struct Registry;
///
/// impl Resolver for Registry {
///     fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Fetching<'a, Vec<SocketAddr>> {
///         Box::pin(async move {
///             let ip = match host {
///                 "db.example" => [10, 0, 0, 1],
///                 _ => return Err(format!("no such host: {host}")),
///             };
///             Ok(vec![SocketAddr::from((ip, port))])
///         })
///     }
/// }
/// let builder = tsubame_client::Client::builder().seed("db.example:7000")?.resolver(Registry);
/// # Ok::<(), tsubame_client::Error>(())
/// ```
pub trait Resolver: Send + Sync + 'static {
    /// The addresses that stand for `host` right now; they are tried in this order. `host` may be an
    /// IP address too.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Fetching<'a, Vec<SocketAddr>>;
}

/// The system's own.
struct System;

impl Resolver for System {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Fetching<'a, Vec<SocketAddr>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, port)).await;
            Ok(found.map_err(|error| error.to_string())?.collect())
        })
    }
}

/// The resolver of the settings.
#[derive(Clone)]
pub(crate) struct Resolving(pub(crate) Arc<dyn Resolver>);

impl Default for Resolving {
    fn default() -> Self {
        Self(Arc::new(System))
    }
}

impl fmt::Debug for Resolving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolving").finish_non_exhaustive()
    }
}

impl Resolving {
    /// Resolves the name anew, because addresses behind names change, and tries what it stands for
    /// one after the other.
    pub(super) async fn connect(&self, addr: &NodeAddr) -> Result<TcpStream, Arc<str>> {
        let found = self.0.resolve(addr.host(), addr.port()).await?;
        TcpStream::connect(&found[..]).await.map_err(text)
    }
}
