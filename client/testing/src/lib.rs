//! Starts servers for an example of the documentation and runs the example against them.
//!
//! The server is the workspace's own. An example of something that it does not have yet is run again,
//! from its beginning, against Valkey; without either the example says so and passes. See [`servers`]
//! for where they are found.
//!
//! [`allocations`] counts what a program allocates.
//!
//! A crate of its own, so that the hundreds of examples share its compiled code.

pub mod allocations;
pub mod servers;

use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use servers::Server;
use tsubame_client::{Client, Mode, Result};

/// A second server that an example has, besides the one that its client is of.
#[derive(Debug)]
pub struct Other {
    /// A client of this server alone.
    pub client: Client,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

/// Runs `example` with a client of a fresh server, and panics if it fails.
pub fn with_server(example: impl AsyncFn(Client) -> Result<()> + 'static) {
    let example = Rc::new(example);
    run(1, false, &move |servers| {
        let (url, example) = (servers[0].url(), example.clone());
        Box::pin(async move { example(Client::connect(&url).await?).await })
    });
}

/// Runs `example` with the URL of a fresh server, and panics if it fails.
pub fn with_url(example: impl AsyncFn(String) -> Result<()> + 'static) {
    let example = Rc::new(example);
    run(1, false, &move |servers| {
        let (url, example) = (servers[0].url(), example.clone());
        Box::pin(async move { example(url).await })
    });
}

/// Runs `example`, which must not be in a runtime, with the URL of a fresh server, and panics if it
/// fails.
pub fn with_url_blocking(example: impl Fn(String) -> Result<()> + Send + Sync + 'static) {
    let example = Arc::new(example);
    run(1, false, &move |servers| {
        let (url, example) = (servers[0].url(), example.clone());
        Box::pin(async move {
            std::thread::spawn(move || example(url)).join().expect("the example does not panic")
        })
    });
}

/// Runs `example` with a client of a server and another server that knows nothing of the first, and
/// panics if it fails.
pub fn with_two_servers(example: impl AsyncFn(Client, Other) -> Result<()> + 'static) {
    let example = Rc::new(example);
    run(2, false, &move |servers| {
        let (first, second, example) = (servers[0].url(), other(&servers[1]), example.clone());
        Box::pin(async move { example(Client::connect(&first).await?, second.await?).await })
    });
}

/// Runs `example` with a client of a server and the replica of that server, and panics if it fails.
pub fn with_replica(example: impl AsyncFn(Client, Other) -> Result<()> + 'static) {
    let example = Rc::new(example);
    run(2, false, &move |servers| {
        let (first, port, second) = (servers[0].url(), servers[0].port, other(&servers[1]));
        let example = example.clone();
        Box::pin(async move {
            let (client, replica) = (Client::connect(&first).await?, second.await?);
            replica.client.replicaof("127.0.0.1", port).await?;
            until(async || Ok(client.info(["replication"]).await?.contains("state=online")))
                .await?;
            example(client, replica).await
        })
    });
}

/// Runs `example` with a client of a cluster of one node, and panics if it fails.
pub fn with_cluster(example: impl AsyncFn(Client) -> Result<()> + 'static) {
    let example = Rc::new(example);
    run(1, true, &move |servers| {
        let (first, example) = (other(&servers[0]), example.clone());
        Box::pin(async move { example(cluster(&first.await?).await?).await })
    });
}

/// Runs `example` with a client of a cluster of two nodes, of which `Other` is the one without slots,
/// and panics if it fails.
pub fn with_two_nodes(example: impl AsyncFn(Client, Other) -> Result<()> + 'static) {
    let example = Rc::new(example);
    run(2, true, &move |servers| {
        let (first, second) = (other(&servers[0]), other(&servers[1]));
        let example = example.clone();
        Box::pin(async move {
            let (first, second) = (first.await?, second.await?);
            let client = cluster(&first).await?;
            second.client.cluster_meet("127.0.0.1", first.port).await?;
            let met = async |node: &Other, slots: usize| -> Result<bool> {
                let nodes = node.client.cluster_nodes().await?;
                Ok(nodes.matches(" connected").count() == 2
                    && nodes.matches("0-16383").count() == slots
                    && !nodes.contains("handshake"))
            };
            until(async || Ok(met(&first, 1).await? && met(&second, 1).await?)).await?;
            example(client, second).await
        })
    });
}

/// A client of one server, whatever cluster it is in.
fn other(server: &Server) -> impl Future<Output = Result<Other>> + use<> {
    let (url, port) = (server.url(), server.port);
    async move {
        let client = Client::builder().url(&url)?.mode(Mode::Standalone).connect().await?;
        Ok(Other { client, port })
    }
}

/// Gives a node all slots and returns a client of the cluster that it is now.
async fn cluster(node: &Other) -> Result<Client> {
    node.client.cluster_addslotsrange([(0, 16383)]).await?;
    Client::connect(&format!("redis://127.0.0.1:{}", node.port)).await
}

/// Waits for something to become true.
async fn until(is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so().await? {
        assert!(Instant::now() < end, "the servers don't come together");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

type Running = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Starts `count` servers, which may become nodes of a cluster, and runs `example` with them.
fn run(count: usize, cluster: bool, example: &dyn Fn(&[Server]) -> Running) {
    let attempt = |binary: &Path| {
        let servers: Vec<Server> = (0..count).map(|_| Server::start(binary, cluster)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(example(&servers))
    };
    let missing = match servers::tsubame().map(|binary| attempt(&binary)) {
        None => "there is no server; set TSUBAME_TEST_SERVER".to_owned(),
        Some(Err(error)) if is_missing(&error.to_string()) => error.to_string(),
        Some(result) => return result.expect("the example succeeds"),
    };
    match servers::valkey() {
        None => eprintln!("skipped: {missing}; and TSUBAME_TEST_VALKEY names no valkey-server"),
        Some(binary) => {
            eprintln!("on Valkey: {missing}");
            attempt(&binary).expect("the example succeeds on Valkey");
        }
    }
}

/// Whether an error says that a server does not have something yet.
fn is_missing(error: &str) -> bool {
    ["unknown command", "unknown subcommand", "cannot follow a primary"]
        .iter()
        .any(|missing| error.to_lowercase().contains(missing))
}
