//! From an address to a connection that can take commands.

use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::Stream;
use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::observe::{Dialling, Open};
use crate::protocol::{Greeting, ReplyReader, handshake, text};

/// What a connection is opened for; it decides what is said after HELLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Purpose {
    /// Reads that may be answered by a replica: READONLY.
    pub(crate) replica_reads: bool,
    /// Reads that are cached: CLIENT TRACKING.
    pub(crate) tracking: bool,
}

/// A connection after its handshake.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) reader: ReplyReader,
    pub(crate) greeting: Greeting,
    /// Counts it as open while it lives.
    pub(crate) open: Open,
}

/// How long an idle connection may be dead before the kernel asks.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Opens a connection to `addr` and introduces us. The caller bounds the time.
pub(crate) async fn dial(
    addr: &NodeAddr,
    config: &Config,
    purpose: Purpose,
) -> Result<Connection, Arc<str>> {
    let dialling = Dialling::begin(addr, config);
    let mut stream = open(addr, config).await?;
    let mut reader = ReplyReader::new();
    let greeting = handshake(&mut stream, &mut reader, config, purpose).await?;
    Ok(Connection { stream, reader, greeting, open: dialling.done() })
}

async fn open(addr: &NodeAddr, config: &Config) -> Result<Stream, Arc<str>> {
    if let Some(path) = addr.unix_path() {
        #[cfg(unix)]
        return Ok(Stream::Unix(tokio::net::UnixStream::connect(path).await.map_err(text)?));
        #[cfg(not(unix))]
        return Err(format!("{path}: there are no unix sockets here").into());
    }
    let stream = tcp(addr, config).await?;
    #[cfg(feature = "tls")]
    if let Some(tls) = &config.tls {
        return Ok(Stream::Tls(Box::new(tls.connect(addr.host(), stream).await?)));
    }
    Ok(Stream::Tcp(stream))
}

async fn tcp(addr: &NodeAddr, config: &Config) -> Result<TcpStream, Arc<str>> {
    let stream = config.seeds.resolver.connect(addr).await?;
    stream.set_nodelay(true).map_err(text)?;
    let socket = SockRef::from(&stream);
    // Refusal of either is no reason to do without the connection.
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(2 * KEEPALIVE));
    Ok(stream)
}
