//! One connection of the bus: a task that reads whole messages and writes what it is handed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::time::timeout;

use super::Event;
use crate::cluster::handle::ClusterHandle;
use crate::cluster::message::{
    DecodeError, FrameError, LIGHT_HEADER_LEN, Message, frame_len, kind_of,
};
use crate::cluster::node::LinkId;

/// Who has not told a known node's name sends nothing longer than this.
const STRANGER_MESSAGE_MAX: usize = 1 << 20;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("connection closed")]
    Closed,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("Bad message length or signature received on the Cluster bus: {0}")]
    Frame(#[from] FrameError),
    #[error("Message not understood on the Cluster bus: {0}")]
    Decode(#[from] DecodeError),
    #[error("Message of {0} bytes from an unknown node on the Cluster bus")]
    StrangerTooLong(usize),
}

pub(super) struct Target {
    pub(super) ip: String,
    pub(super) port: u16,
    pub(super) source: Option<IpAddr>,
    pub(super) timeout: Duration,
}

/// Connects, and then serves.
pub(super) async fn connect(
    link: LinkId,
    target: Target,
    events: Sender<Event>,
    handle: Arc<ClusterHandle>,
    inbox: UnboundedReceiver<Arc<[u8]>>,
) {
    let connected = timeout(target.timeout, open(&target)).await;
    let stream = match connected.map_err(io::Error::from).flatten() {
        Ok(stream) => stream,
        Err(error) => {
            let Target { ip, port, .. } = target;
            tracing::debug!("Unable to connect to Cluster Node [{ip}]:{port} -> {error}");
            // The loop has ended if nobody listens.
            let _ = events.send(Event::Closed(link)).await;
            return;
        }
    };
    if events.send(Event::Connected(link)).await.is_ok() {
        serve(link, stream, events, handle, inbox).await;
    }
}

async fn open(target: &Target) -> io::Result<TcpStream> {
    let name = (target.ip.as_str(), target.port);
    let address = match target.ip.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, target.port),
        // An announced host name; the resolver has a thread of its own.
        Err(_) => tokio::net::lookup_host(name)
            .await?
            .next()
            .ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?,
    };
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = target.source.filter(|source| source.is_ipv4() == address.is_ipv4()) {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(address).await
}

/// Reads and writes until the connection ends or the task is aborted.
pub(super) async fn serve(
    link: LinkId,
    stream: TcpStream,
    events: Sender<Event>,
    handle: Arc<ClusterHandle>,
    mut inbox: UnboundedReceiver<Arc<[u8]>>,
) {
    let peer = stream.peer_addr();
    let queued = handle.with(|cluster, _| cluster.queued(link)).unwrap_or_default();
    // Small messages that are waited for; nothing is lost if it cannot be set.
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.into_split();
    let write = async {
        while let Some(bytes) = inbox.recv().await {
            let written = writer.write_all(&bytes).await;
            take_off(&queued, bytes.len());
            written?;
        }
        Err::<(), LinkError>(LinkError::Closed)
    };
    let read = async {
        loop {
            let (len, message) = read_message(link, &mut reader, &handle).await?;
            let Some(message) = message else { continue };
            if events.send(Event::Message { link, len, message }).await.is_err() {
                return Err::<(), LinkError>(LinkError::Closed);
            }
        }
    };
    let ended = tokio::select! {
        ended = read => ended,
        ended = write => ended,
    };
    if let Err(error) = ended {
        match (&error, peer) {
            (LinkError::Closed | LinkError::Io(_), _) => {
                tracing::debug!(?link, "Cluster link ended: {error}");
            }
            (_, Ok(peer)) => tracing::warn!("{error} (from {peer}); the link is closed"),
            (_, Err(_)) => tracing::warn!("{error}; the link is closed"),
        }
    }
    // The loop has ended if nobody listens.
    let _ = events.send(Event::Closed(link)).await;
}

fn take_off(queued: &AtomicUsize, len: usize) {
    queued.fetch_sub(len, Ordering::Relaxed);
}

/// The next message and its length, `None` if it is to be passed over.
async fn read_message(
    link: LinkId,
    reader: &mut (impl AsyncReadExt + Unpin),
    handle: &ClusterHandle,
) -> Result<(usize, Option<Message>), LinkError> {
    let mut start = [0; LIGHT_HEADER_LEN];
    match reader.read_exact(&mut start).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(LinkError::Closed);
        }
        Err(error) => return Err(error.into()),
    }
    let len = frame_len(&start)?;
    let is_stranger =
        || handle.with(|cluster, _| cluster.link(link).is_none_or(|link| link.node.is_none()));
    if len > STRANGER_MESSAGE_MAX && is_stranger() {
        return Err(LinkError::StrangerTooLong(len));
    }
    // Grows with what comes in, not with what was announced.
    let mut bytes = start.to_vec();
    let rest = (len - LIGHT_HEADER_LEN) as u64;
    reader.take(rest).read_to_end(&mut bytes).await?;
    if bytes.len() < len {
        return Err(LinkError::Closed);
    }
    match Message::decode(&bytes) {
        Ok(message) => Ok((len, Some(message))),
        Err(error) => {
            let kind = kind_of(&start);
            handle.with(|cluster, _| cluster.received_nonsense(kind, len));
            if is_stranger() {
                return Err(error.into());
            }
            // A later version may say more than we understand.
            tracing::warn!(?link, "Message not understood on the Cluster bus: {error}");
            Ok((len, None))
        }
    }
}
