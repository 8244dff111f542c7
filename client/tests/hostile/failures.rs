//! Nodes that hang, die and are replaced. Under virtual time: what is measured is the client, not the
//! machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tsubame_client::{CircuitState, Client, Error, Slot};

use crate::server::{Action, Hostile};

/// A key of the shard of `node`.
fn key_of(hostile: &Hostile, node: usize) -> String {
    let world = hostile.world();
    let owner = |key: &String| world.owner[usize::from(Slot::of(key.as_bytes()).get())];
    (0..).map(|n| format!("k{n}")).find(|key| owner(key) == node).unwrap()
}

/// Successes and failures per window of 100 ms of tasks that read `key`.
struct Watched {
    windows: Arc<Vec<(AtomicU64, AtomicU64)>>,
    start: Instant,
    stop: Arc<AtomicBool>,
}

const WINDOW: Duration = Duration::from_millis(100);

impl Watched {
    fn start(client: &Client, key: &str, tasks: usize) -> Self {
        let windows: Vec<(AtomicU64, AtomicU64)> = (0..200).map(|_| Default::default()).collect();
        let (windows, start) = (Arc::new(windows), Instant::now());
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..tasks {
            let (client, key) = (client.clone(), key.to_owned());
            let (windows, stop) = (windows.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let ok = client.get(&key).await.is_ok();
                    let at = start.elapsed().as_millis() / WINDOW.as_millis();
                    let Some(window) = windows.get(at as usize) else { return };
                    if ok { &window.0 } else { &window.1 }.fetch_add(1, Ordering::Relaxed);
                    // An open loop's pace.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            });
        }
        Self { windows, start, stop }
    }

    /// Successes in each whole window between two times since the start.
    fn successes(&self, from: Duration, to: Duration) -> Vec<u64> {
        let at = |time: Duration| (time.as_millis() / WINDOW.as_millis()) as usize;
        self.windows[at(from) + 1..at(to)].iter().map(|w| w.0.load(Ordering::Relaxed)).collect()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Every window of `after` has 95 % of what the windows of `before` had at the middle.
fn unaffected(before: &[u64], after: &[u64], who: &str) {
    let mut sorted = before.to_vec();
    sorted.sort_unstable();
    let middle = sorted[sorted.len() / 2];
    assert!(middle > 0 && after.len() > 5, "{who}: {before:?}, {after:?}");
    let weak = after.iter().filter(|count| **count * 100 < middle * 95).count();
    assert_eq!(weak, 0, "{who}: before {before:?}, after {after:?}");
}

/// H8, invariant I8: one node of six hangs, connections and all. The others don't notice.
#[tokio::test(start_paused = true)]
async fn a_hung_node_concerns_nobody_else() {
    let hostile = Hostile::start(6).await;
    let timeout = Duration::from_millis(500);
    let client = hostile.builder().timeout(timeout).connect().await.unwrap();
    let others: Vec<_> =
        (1..6).map(|node| Watched::start(&client, &key_of(&hostile, node), 4)).collect();
    let victim = Watched::start(&client, &key_of(&hostile, 0), 4);
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let hung = victim.start.elapsed();
    hostile.script(|call| (call.node == 0).then_some(Action::Silence));
    tokio::time::sleep(Duration::from_millis(2000)).await;
    let end = victim.start.elapsed();
    for (node, other) in others.iter().enumerate() {
        let (before, after) =
            (other.successes(Duration::from_millis(200), hung), other.successes(hung, end));
        unaffected(&before, &after, &format!("node {}", node + 1));
        let failed: u64 = other.windows.iter().map(|w| w.1.load(Ordering::Relaxed)).sum();
        assert_eq!(failed, 0);
    }
    assert!(victim.windows.iter().any(|w| w.1.load(Ordering::Relaxed) > 0), "the node did hang");
}

/// Thousands wait for a node that is lost: woken together, they would keep the thread from the
/// replies of all other nodes. They are told a few at a time, and soon all the same.
#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_lost_node_wake_up_a_few_at_a_time() {
    const WAITING: usize = 3000;
    let hostile = Hostile::start(1).await;
    let silent_for = Duration::from_millis(200);
    let client = hostile.builder().unresponsive_after(silent_for).connect().await.unwrap();
    hostile.script(|call| (call.name == "INCR").then_some(Action::Silence));
    let start = Instant::now();
    let tasks: Vec<_> = (0..WAITING)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { (client.incr("k").await, start.elapsed()) })
        })
        .collect();
    let mut told = std::collections::BTreeMap::<Duration, usize>::new();
    for task in tasks {
        let (result, at) = task.await.unwrap();
        assert!(matches!(result, Err(Error::MaybeExecuted { .. })), "{result:?}");
        *told.entry(at).or_default() += 1;
    }
    assert!(told.values().all(|count| *count <= 50), "{told:?}");
    let (first, last) = (*told.keys().next().unwrap(), *told.keys().last().unwrap());
    assert!(first >= silent_for && last - first <= Duration::from_millis(150), "{told:?}");
}

/// A primary dies and its replica is promoted while nobody tells the topology any more: the client
/// finds the new primary by itself within a quarter of a second, and the other shards go on all the
/// time.
#[tokio::test(start_paused = true)]
async fn a_promoted_replica_is_found_without_the_topology() {
    let mut hostile = Hostile::start_with_replicas(3, 1).await;
    let client = hostile.client().await;
    assert_eq!(client.topology().nodes().len(), 6);
    let lost = Watched::start(&client, &key_of(&hostile, 0), 4);
    let other = Watched::start(&client, &key_of(&hostile, 1), 4);
    tokio::time::sleep(Duration::from_millis(800)).await;
    hostile.script(|call| {
        let denied = call.name == "CLUSTER SLOTS";
        denied.then(|| Action::Answer(b"-NOPERM no cluster for you\r\n".to_vec()))
    });
    let died = lost.start.elapsed();
    hostile.stop(0);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(client.stats().promotions, 0);
    hostile.world().owner.iter_mut().filter(|owner| **owner == 0).for_each(|owner| *owner = 3);
    let promoted = Instant::now();
    while client.stats().promotions == 0 {
        let took = promoted.elapsed();
        assert!(took <= Duration::from_millis(250), "{took:?} {:?}", client.stats());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    client.get(key_of(&hostile, 3)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (before, after) = (
        other.successes(Duration::from_millis(200), died),
        other.successes(died, other.start.elapsed()),
    );
    unaffected(&before, &after, "the other shard");
    // Ten a second looked at the replica, not every command.
    assert!(client.stats().probes <= 30, "{:?}", client.stats());
    let topology = client.topology();
    let shard = topology.shard_of(Slot::of(key_of(&hostile, 3).as_bytes())).unwrap();
    assert_eq!(topology.nodes()[shard.primary].addr.port(), hostile.world().ports[3]);
}

/// The circuit of a node that stays away opens: commands fail at once instead of waiting each, and
/// it closes again when the node comes back.
#[tokio::test(start_paused = true)]
async fn the_circuit_of_a_dead_node_opens() {
    let mut hostile = Hostile::start(2).await;
    let wait = Duration::from_millis(200);
    let client = hostile.builder().unavailable_wait(wait).connect().await.unwrap();
    let key = key_of(&hostile, 0);
    client.get(&key).await.unwrap();
    hostile.stop(0);
    let addr = format!("127.0.0.1:{}", hostile.world().ports[0]);
    let circuit = |client: &Client| {
        client.nodes().iter().find(|node| node.addr.to_string() == addr).unwrap().circuit
    };
    let end = Instant::now() + Duration::from_secs(5);
    while circuit(&client) == CircuitState::Closed {
        let error = client.get(&key).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        assert!(Instant::now() < end);
    }
    let start = Instant::now();
    for _ in 0..1000 {
        client.get(&key).await.unwrap_err();
    }
    // One in 100 ms is let through and waits; the others are refused at once.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(client.stats().circuit_rejected > 900, "{:?}", client.stats());
    hostile.restart(0).await;
    let end = Instant::now() + Duration::from_secs(5);
    while client.get(&key).await.is_err() {
        assert!(Instant::now() < end, "not used again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(circuit(&client), CircuitState::Closed);
}

/// Invariant I15: a connection whose write side is full still reads, so a server that answers
/// before it reads on can't be waited for for ever.
#[tokio::test(start_paused = true)]
async fn large_requests_and_large_replies_do_not_block_each_other() {
    let hostile = Hostile::start(1).await;
    let client = hostile.builder().timeout(Duration::from_secs(20)).connect().await.unwrap();
    let value = "x".repeat(1 << 20);
    // The server answers each GETRANGE with its own megabyte argument, one after the other, and
    // reads nothing while it writes.
    let tasks: Vec<_> = (0..24)
        .map(|n| {
            let (client, value) = (client.clone(), format!("{n}:{value}"));
            tokio::spawn(async move {
                assert_eq!(client.getrange("k", &value, 0).await.unwrap(), value.as_bytes());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Invariant I18: replies that nobody waits for are not read for ever.
#[tokio::test(start_paused = true)]
async fn a_connection_full_of_orphans_is_replaced() {
    let hostile = Hostile::start(1).await;
    let client = hostile.client().await;
    client.get("k").await.unwrap();
    let mut first = None;
    hostile.script(move |call| {
        let silent = call.name == "GET" && *first.get_or_insert(call.connection) == call.connection;
        silent.then_some(Action::Silence)
    });
    let tasks: Vec<_> = (0..1500)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move {
                let call = std::future::IntoFuture::into_future(client.get(format!("k{n}")));
                let _ = tokio::time::timeout(Duration::from_millis(200), call).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Sooner than the silence of the whole connection would be noticed.
    let start = Instant::now();
    while client.stats().disconnects == 0 {
        assert!(start.elapsed() < Duration::from_millis(2700), "{:?}", client.stats());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.get("k").await.unwrap();
}
