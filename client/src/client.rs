//! The handle that applications hold.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::builder::{ClientBuilder, Config, Mode};
use crate::error::Result;
use crate::node::NodeShared;
use crate::request::{Batch, Command, RawKind, Request};
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
/// ```no_run
/// # #[tokio::main] async fn main() -> tsubame_client::Result<()> {
/// let client = tsubame_client::Client::connect("redis://127.0.0.1:7000").await?;
/// client.set("greeting", "hello").ex(60).await?;
/// let greeting = client.get("greeting").await?;
/// assert_eq!(greeting.as_deref(), Some(&b"hello"[..]));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.core.hints.close();
    }
}

impl Client {
    /// Connects with default settings; see [`ClientBuilder::url`] for the form of `url`.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder().url(url)?.connect().await
    }

    /// Settings before connecting.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) async fn start(config: Arc<Config>) -> Result<Self> {
        let counters = Arc::new(Counters::default());
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
        };
        tokio::spawn(actor.run());
        Ok(Self { inner: Arc::new(Inner { core }) })
    }

    /// Any command, by name; its arguments follow one by one. Commands that this crate knows are
    /// routed by their keys; of others the keys have to be marked with
    /// [`key`](Command::key).
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// let encoding: String = client.cmd("OBJECT ENCODING").arg("k").as_().await?;
    /// client.cmd("JSON.SET").key("doc").arg("$").arg("{}").await?;
    /// # Ok(()) }
    /// ```
    pub fn cmd(&self, name: &str) -> Command<Value, RawKind, &Client> {
        Command::new(Request::raw(name), self)
    }

    /// An empty batch.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    /// Asks for a refresh of the topology. It happens in the background, when the gate in front of
    /// all topology requests allows it.
    pub fn refresh(&self) {
        self.core().hints.raise(Hint::User);
    }

    /// What commands are routed by now.
    pub fn topology(&self) -> Arc<Snapshot> {
        self.core().view.load().snapshot.clone()
    }

    /// What the client did besides the application's commands.
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
