//! The thread of the cluster bus: sockets, timers and `nodes.conf` around the state machine.
//!
//! One thread with a runtime of its own. Every connection has a task that reads whole messages and
//! writes what it is handed; one loop feeds the state machine and does what it asks for. No command
//! runs here and the loop waits for nothing but the disk, so heartbeats go out however busy the
//! cores are. The disk it must wait for: what was promised to others has to be safe first.

mod link;
mod listen;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

pub use listen::bind;

use super::NodeId;
use super::SlotSet;
use super::handle::ClusterHandle;
use super::message::Message;
use super::node::LinkId;
use super::settings::ClusterSettings;
use super::state::{Output, TICK};

/// Messages and connections that may wait for the loop; then their tasks wait.
const EVENTS_MAX: usize = 1024;
/// At most so many are handled before something is sent.
const EVENTS_PER_ROUND: usize = 256;
/// A disk that cannot be written is complained of this often.
const SAVE_COMPLAINT_INTERVAL: Duration = Duration::from_secs(30);

/// What the bus needs from the server, and tells it.
pub trait BusHost: Send + Sync + 'static {
    /// The settings as they are now; asked for at every tick.
    fn settings(&self) -> ClusterSettings;

    /// `cluster-config-save-behavior best-effort`: go on when `nodes.conf` cannot be written.
    fn goes_on_without_saving(&self) -> bool;

    /// Where the replication stream of this node is.
    fn repl_offset(&self) -> u64;

    /// Another node published; deliver to our subscribers.
    fn published(&self, sharded: bool, channel: &[u8], message: &[u8]);

    /// These slots are served elsewhere now; drop their keys.
    fn slots_lost(&self, slots: &SlotSet);

    /// These slots have another owner, or none.
    fn slots_moved(&self, slots: &SlotSet);

    /// Replicate from there.
    fn follow(&self, primary: NodeId, ip: &str, port: u16);

    /// Stop to replicate.
    fn lead(&self);
}

enum Event {
    Accepted { stream: TcpStream, peer: SocketAddr, local: SocketAddr },
    Connected(LinkId),
    Message { link: LinkId, len: usize, message: Message },
    Closed(LinkId),
}

/// Starts the thread. `listeners` come from [`bind`]; `source` is `bind-source-addr`.
pub fn start(
    handle: Arc<ClusterHandle>,
    host: Arc<dyn BusHost>,
    listeners: Vec<std::net::TcpListener>,
    source: Option<IpAddr>,
) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("cluster-bus".into()).spawn(move || {
        let listening = {
            let _guard = runtime.enter();
            listeners.into_iter().map(tokio::net::TcpListener::from_std).collect()
        };
        match listening {
            Ok(listeners) => runtime.block_on(Bus::new(handle, host, source).run(listeners)),
            Err(error) => tracing::error!("The cluster bus cannot listen: {error}"),
        }
    })
}

struct Bus {
    handle: Arc<ClusterHandle>,
    host: Arc<dyn BusHost>,
    source: Option<IpAddr>,
    links: HashMap<LinkId, OpenLink>,
    events: mpsc::Sender<Event>,
    inbox: mpsc::Receiver<Event>,
    save_complained: Option<tokio::time::Instant>,
}

/// The task of a connection ends when this goes.
struct OpenLink {
    messages: mpsc::UnboundedSender<Arc<[u8]>>,
    task: AbortHandle,
}

impl Drop for OpenLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bus {
    fn new(handle: Arc<ClusterHandle>, host: Arc<dyn BusHost>, source: Option<IpAddr>) -> Bus {
        let (events, inbox) = mpsc::channel(EVENTS_MAX);
        let links = HashMap::new();
        Bus { handle, host, source, links, events, inbox, save_complained: None }
    }

    async fn run(mut self, listeners: Vec<tokio::net::TcpListener>) {
        for listener in listeners {
            tokio::spawn(accept(listener, self.events.clone()));
        }
        let mut ticks = interval(Duration::from_millis(TICK));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let handle = self.handle.clone();
        while !handle.is_stopping() {
            let mut events = Vec::new();
            let mut ticked = false;
            tokio::select! {
                _ = ticks.tick() => ticked = true,
                _ = self.inbox.recv_many(&mut events, EVENTS_PER_ROUND) => {}
                () = handle.woken() => {}
            }
            self.round(events, ticked).await;
        }
        tracing::info!("Saving the cluster configuration file before exiting.");
        if let Err(error) = handle.save(true) {
            tracing::warn!("The cluster configuration file could not be saved: {error}");
        }
    }

    /// Feeds the state machine and does what it wants.
    async fn round(&mut self, events: Vec<Event>, ticked: bool) {
        let handle = self.handle.clone();
        let settings = ticked.then(|| Arc::new(self.host.settings()));
        let repl_offset = self.host.repl_offset();
        let mut accepted = Vec::new();
        let outputs = handle.with_outputs(|cluster, now| {
            cluster.set_repl_offset(repl_offset);
            for event in events {
                match event {
                    Event::Accepted { stream, peer, local } => {
                        let link = cluster.accepted(now, plain_ip(peer.ip()), plain_ip(local.ip()));
                        accepted.push((link, stream));
                    }
                    Event::Connected(link) => cluster.connected(now, link),
                    Event::Message { link, len, message } => {
                        cluster.received(now, link, len, &message);
                    }
                    Event::Closed(link) => cluster.closed(now, link),
                }
            }
            if let Some(settings) = settings {
                cluster.set_settings(settings);
                cluster.tick(now);
            }
        });
        for (link, stream) in accepted {
            self.open(link, |events, handle, inbox| {
                tokio::spawn(link::serve(link, stream, events, handle, inbox)).abort_handle()
            });
        }
        for output in outputs {
            self.perform(output).await;
        }
        self.links.retain(|_, link| !link.task.is_finished());
    }

    async fn perform(&mut self, output: Output) {
        match output {
            Output::Save { fsync } => self.save(fsync).await,
            Output::Connect { link, ip, port } => {
                let (source, timeout) = (self.source, self.connect_timeout());
                self.open(link, |events, handle, inbox| {
                    let target = link::Target { ip, port, source, timeout };
                    tokio::spawn(link::connect(link, target, events, handle, inbox)).abort_handle()
                });
            }
            Output::Close { link } => {
                self.links.remove(&link);
            }
            Output::Send { link, bytes } => {
                if let Some(link) = self.links.get(&link) {
                    // A task that has just ended tells so itself.
                    let _ = link.messages.send(bytes);
                }
            }
            Output::Publish { sharded, channel, message } => {
                self.host.published(sharded, &channel, &message);
            }
            Output::SlotsLost(slots) => self.host.slots_lost(&slots),
            Output::SlotsMoved(slots) => self.host.slots_moved(&slots),
            Output::Follow { primary, ip, port } => self.host.follow(primary, &ip, port),
            Output::Lead => self.host.lead(),
        }
    }

    fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.host.settings().node_timeout.max(1000))
    }

    fn open(
        &mut self,
        link: LinkId,
        spawn: impl FnOnce(
            mpsc::Sender<Event>,
            Arc<ClusterHandle>,
            mpsc::UnboundedReceiver<Arc<[u8]>>,
        ) -> AbortHandle,
    ) {
        let (messages, inbox) = mpsc::unbounded_channel();
        let task = spawn(self.events.clone(), self.handle.clone(), inbox);
        self.links.insert(link, OpenLink { messages, task });
    }

    async fn save(&mut self, fsync: bool) {
        let handle = self.handle.clone();
        let saved = tokio::task::spawn_blocking(move || handle.save_pending(fsync)).await;
        let error = match saved {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(error) => io::Error::other(error),
        };
        if !self.host.goes_on_without_saving() {
            tracing::error!("Fatal: can't update cluster config file: {error}");
            std::process::exit(1);
        }
        let now = tokio::time::Instant::now();
        if self.save_complained.is_none_or(|last| now - last > SAVE_COMPLAINT_INTERVAL) {
            tracing::warn!(
                "Cluster config updated even though writing the cluster config file to disk \
                 failed: {error}"
            );
            self.save_complained = Some(now);
        }
    }
}

/// IPv4 addresses that come in over an IPv6 socket are written as IPv4.
fn plain_ip(ip: IpAddr) -> String {
    ip.to_canonical().to_string()
}

async fn accept(listener: tokio::net::TcpListener, events: mpsc::Sender<Event>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Ok(local) = stream.local_addr() else { continue };
                tracing::debug!("Accepting cluster node connection from {peer}");
                if events.send(Event::Accepted { stream, peer, local }).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                // Most likely no descriptor is free; the next try would fail at once again.
                tracing::warn!("Error accepting cluster node: {error}");
                tokio::time::sleep(Duration::from_millis(TICK)).await;
            }
        }
    }
}
