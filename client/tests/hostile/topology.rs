//! What the client asks for, and what it believes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tsubame_client::{Client, Error, Fetching, NodeAddr, Resolver, SeedSource};

use crate::server::{Action, Hostile};

/// GETs from `tasks` tasks for `time`, at most 16 of them in a millisecond; gives successes and errors.
/// The pauses let virtual time pass.
pub async fn load(client: &Client, tasks: usize, time: Duration) -> (u64, u64) {
    let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let workers: Vec<_> = (0..tasks)
        .map(|task| {
            let (client, counts) = (client.clone(), counts.clone());
            tokio::spawn(async move {
                let end = Instant::now() + time;
                let mut n = task;
                while Instant::now() < end {
                    n += tasks;
                    let ok = client.get(format!("key{n}")).await.is_ok();
                    if ok { &counts.0 } else { &counts.1 }.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(tasks.div_ceil(16) as u64)).await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    (counts.0.load(Ordering::Relaxed), counts.1.load(Ordering::Relaxed))
}

/// H3, invariant I6: a longer reply is read like the plain one.
#[tokio::test]
async fn a_lengthened_topology_reply_changes_nothing() {
    let hostile = Hostile::start(3).await;
    let plain = hostile.client().await.topology();
    for junk in ["$3\r\nnew\r\n", "*2\r\n:1\r\n*0\r\n", "%1\r\n$1\r\na\r\n_\r\n", "_\r\n"] {
        hostile.world().lengthen = Some(junk.to_owned());
        let longer = hostile.client().await.topology();
        assert_eq!(longer.nodes(), plain.nodes(), "{junk:?}");
        assert_eq!(longer.slots_covered(), 16384);
    }
}

/// H4 and H14, invariants I1, I2 and I3: with a topology that can't be had any more and half of the
/// slots elsewhere, the client works on, and how often it asks has nothing to do with how many
/// tasks it serves.
#[tokio::test(start_paused = true)]
async fn a_refused_topology_request_is_not_repeated_by_the_load() {
    for tasks in [1, 64, 10_000] {
        let hostile = Hostile::start(3).await;
        let client = hostile.client().await;
        hostile.script(|call| {
            let denied = call.name == "CLUSTER SLOTS";
            denied.then(|| Action::Answer(b"-NOPERM no cluster for you\r\n".to_vec()))
        });
        hostile.world().owner.iter_mut().for_each(|owner| *owner = (*owner + 1) % 3);
        let asked = hostile.calls("CLUSTER SLOTS");
        let (done, failed) = load(&client, tasks, Duration::from_secs(2)).await;
        assert!(done > 100 && failed == 0, "{tasks} tasks: {done} done, {failed} failed");
        let asked = hostile.calls("CLUSTER SLOTS") - asked;
        assert!((1..=3).contains(&asked), "{tasks} tasks: {asked} requests");
        // HELLO counts dials: one for each node, one for each topology request.
        let hello = hostile.calls("HELLO");
        assert!(hello <= 3 + 3 + asked, "{hello} connections");
        assert!(client.stats().topology_in_flight_max <= 3);
    }
}

/// H5: what a seed says is what the user reads, and the seeds are not stormed meanwhile.
#[tokio::test(start_paused = true)]
async fn a_topology_that_can_never_be_had_fails_with_the_servers_words() {
    let hostile = Hostile::start(2).await;
    hostile.script(|call| {
        let denied = call.name == "CLUSTER SLOTS";
        denied.then(|| Action::Answer(b"-NOPERM no cluster for you\r\n".to_vec()))
    });
    let start = Instant::now();
    let error = hostile.builder().boot_timeout(Duration::from_secs(1)).connect().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_millis(2500));
    assert!(matches!(&error, Error::Topology(_)), "{error:?}");
    assert_eq!(error.to_string().matches("NOPERM no cluster for you").count(), 2, "{error}");
    let steps = hostile.calls("CLUSTER SLOTS") / 2;
    assert!((2..=30).contains(&steps), "{steps} steps in a second");
}

/// H6, invariant I7: a node that lies is not believed while the others say otherwise.
#[tokio::test(start_paused = true)]
async fn a_lying_node_is_not_believed() {
    let lies: [Vec<(u16, u16, usize)>; 4] = [
        vec![],
        vec![(0, 16383, 0)],
        vec![(0, 5461, 0), (5462, 8000, 1)],
        vec![(0, 9000, 0), (8000, 16383, 1)],
    ];
    for lie in lies {
        let hostile = Hostile::start(3).await;
        let client = hostile.client().await;
        let before = client.topology();
        // One node lies; whichever is asked first, two others tell the truth.
        hostile.world().told.insert(0, lie.clone());
        for _ in 0..3 {
            client.refresh();
            let (_, failed) = load(&client, 4, Duration::from_millis(300)).await;
            assert_eq!(failed, 0);
        }
        let after = client.topology();
        assert_eq!((after.nodes(), after.slots_covered()), (before.nodes(), 16384), "{lie:?}");
        assert_eq!(client.stats().moved, 0, "{lie:?}");
        assert_eq!(client.stats().disconnects, 0, "healthy connections stay: {lie:?}");
    }
}

/// A change that two nodes confirm is believed, however large.
#[tokio::test(start_paused = true)]
async fn a_confirmed_change_is_believed() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    hostile.world().owner.iter_mut().for_each(|owner| *owner = 2);
    client.refresh();
    let end = Instant::now() + Duration::from_secs(5);
    while client.topology().shards().len() != 1 {
        assert!(Instant::now() < end, "{:?}", client.stats());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    load(&client, 4, Duration::from_millis(100)).await;
    assert_eq!(client.stats().moved, 0);
}

/// H11: errors of the application's own making are no reason to ask for anything.
#[tokio::test(start_paused = true)]
async fn application_errors_cost_no_metadata() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    load(&client, 8, Duration::from_millis(100)).await;
    let mut n = 0;
    hostile.script(move |call| {
        n += 1;
        let errors = ["-WRONGTYPE x\r\n", "-ERR x\r\n", "-NOSCRIPT x\r\n", "-OOM x\r\n"];
        (call.name == "GET").then(|| Action::Answer(errors[n % errors.len()].into()))
    });
    let meta = |hostile: &Hostile| -> u64 {
        let world = hostile.world();
        world.calls.iter().filter(|(name, _)| *name != "GET").map(|(_, calls)| *calls).sum()
    };
    let before = meta(&hostile);
    let (done, failed) = load(&client, 64, Duration::from_millis(500)).await;
    assert!(done == 0 && failed > 100);
    assert_eq!(meta(&hostile), before);
}

/// H9, invariant I14: a node that refuses connections is dialled by the schedule, not by the load,
/// and the other nodes go on.
#[tokio::test(start_paused = true)]
async fn a_dead_node_is_dialled_by_the_schedule() {
    let mut hostile = Hostile::start(3).await;
    let wait = Duration::from_millis(100);
    let client = hostile.builder().unavailable_wait(wait).connect().await.unwrap();
    load(&client, 8, Duration::from_millis(100)).await;
    hostile.stop(1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let dials = client.stats().dials;
    let (done, failed) = load(&client, 64, Duration::from_secs(2)).await;
    let dials = client.stats().dials - dials;
    // Pauses of 50, 100, 200, … ms, at least half of each: at most 8 fit into two seconds.
    assert!((2..=8).contains(&dials), "{dials} dials");
    assert!(done > 0 && failed > 0, "{done} done, {failed} failed");
    assert!(client.stats().topology_requests <= 3 + 4, "{:?}", client.stats());
}

/// H10, invariants I14 and I24: all connections are lost at once.
#[tokio::test(start_paused = true)]
async fn a_loss_of_all_connections_is_over_in_a_second() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    load(&client, 64, Duration::from_millis(200)).await;
    let (dials, asked) = (client.stats().dials, hostile.calls("CLUSTER SLOTS"));
    let load = tokio::spawn({
        let client = client.clone();
        async move { load(&client, 64, Duration::from_secs(2)).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    hostile.hang_up();
    let start = Instant::now();
    for shard in ["a", "b", "c"] {
        client.get(shard).await.unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let (done, failed) = load.await.unwrap();
    assert!(done > 100 && failed == 0, "{done} done, {failed} failed: reads are sent again");
    let dials = client.stats().dials - dials;
    assert!((3..=6).contains(&dials), "{dials} dials for three nodes");
    assert!(hostile.calls("CLUSTER SLOTS") - asked <= 3);
}

/// H15: two hundred clients that start together, and that lose a node together, spread their
/// questions over the nodes and over time.
#[tokio::test(start_paused = true)]
async fn many_clients_do_not_ask_the_same_node_at_the_same_time() {
    const CLIENTS: u64 = 200;
    let mut hostile = Hostile::start(6).await;
    let check = |hostile: &Hostile, before: &[u64], what: &str| -> Vec<u64> {
        let world = hostile.world();
        let at = |node| world.calls_at.get(&(node, "CLUSTER SLOTS".to_owned())).copied();
        let now: Vec<u64> = (0..6).map(|node| at(node).unwrap_or(0)).collect();
        let asked: Vec<u64> = now.iter().zip(before).map(|(now, before)| now - before).collect();
        let asked_nodes = asked.iter().filter(|count| **count > 0).count() as u64;
        let mean = asked.iter().sum::<u64>() as f64 / asked_nodes.max(1) as f64;
        let max = *asked.iter().max().unwrap() as f64;
        assert!(max <= 2.0 * mean, "{what}: {asked:?}");
        assert!(asked.iter().sum::<u64>() <= 3 * CLIENTS, "{what}: {asked:?}");
        now
    };
    let starting: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(hostile.builder().connect())).collect();
    let mut clients = Vec::new();
    for client in starting {
        clients.push(client.await.unwrap().unwrap());
    }
    let before = check(&hostile, &[0; 6], "start");
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    hostile.script({
        let times = times.clone();
        move |call| {
            if call.name == "CLUSTER SLOTS" {
                times.lock().unwrap().push(Instant::now());
            }
            None
        }
    });
    hostile.stop(5);
    let lost = (0..).map(|n| format!("k{n}")).find(|key| {
        hostile.world().owner[usize::from(tsubame_client::Slot::of(key.as_bytes()).get())] == 5
    });
    let lost = lost.unwrap();
    let asking: Vec<_> = clients
        .iter()
        .map(|client| {
            let (client, key) = (client.clone(), lost.clone());
            tokio::spawn(async move { client.get(key).timeout(Duration::from_millis(600)).await })
        })
        .collect();
    for asking in asking {
        asking.await.unwrap().unwrap_err();
    }
    check(&hostile, &before, "loss");
    let times = times.lock().unwrap();
    let spread = *times.iter().max().unwrap() - *times.iter().min().unwrap();
    assert!(spread >= Duration::from_millis(40), "all within {spread:?}");
}

/// Seeds that a test says.
#[derive(Clone)]
struct Told(Arc<Mutex<Result<Vec<NodeAddr>, String>>>);

impl SeedSource for Told {
    fn seeds<'a>(&'a self, _: &'a Arc<dyn Resolver>) -> Fetching<'a, Vec<NodeAddr>> {
        let seeds = self.0.lock().unwrap().clone();
        Box::pin(async move { seeds })
    }
}

/// Invariant I24: when all nodes are gone, the seeds are asked for anew; and those that were given at
/// the beginning are there for ever, whatever a source says later.
#[tokio::test(start_paused = true)]
async fn a_cluster_that_moved_house_is_found_through_its_seeds() {
    let mut hostile = Hostile::start(3).await;
    let told = Told(Arc::new(Mutex::new(Err("it knows nothing yet".to_owned()))));
    let client = hostile.builder().seed_source(told.clone()).connect().await.unwrap();
    client.set("k", 1).await.unwrap();
    let first = hostile.world().ports.clone();
    let found = async |where_to: &str| {
        let start = Instant::now();
        while client.get("k").await.is_err() {
            // A token of the gate for each of two witnesses, and pauses between dials.
            assert!(start.elapsed() < Duration::from_secs(60), "not found {where_to}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    hostile.move_house(None).await;
    let second = hostile.world().ports.clone();
    let addrs = second.iter().map(|port| NodeAddr::new("127.0.0.1", *port)).collect();
    *told.0.lock().unwrap() = Ok(addrs);
    found("where the source says").await;
    let addrs = |ports: &[u16]| -> Vec<u16> {
        client
            .topology()
            .nodes()
            .iter()
            .map(|n| n.addr.port())
            .filter(|p| ports.contains(p))
            .collect()
    };
    assert_eq!(addrs(&second).len(), 3);
    *told.0.lock().unwrap() = Err("it has forgotten everything".to_owned());
    hostile.move_house(Some(first.clone())).await;
    found("where it was at first").await;
    assert_eq!(addrs(&first).len(), 3);
}

/// The address behind each port of `db.example`; counts what it is asked.
#[derive(Clone, Default)]
struct Names {
    behind: Arc<Mutex<HashMap<u16, u16>>>,
    asked: Arc<AtomicU64>,
}

impl Names {
    /// Port `700n` of the name stands for node `n`.
    fn set(&self, ports: &[u16]) {
        *self.behind.lock().unwrap() = (7000..).zip(ports.iter().copied()).collect();
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Fetching<'a, Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let behind = self.behind.lock().unwrap().get(&port).copied();
        Box::pin(async move {
            let behind = behind.filter(|_| host == "db.example").ok_or("no such name")?;
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], behind))])
        })
    }
}

/// Invariant I24: a name is resolved at each dial. The nodes are known by names, seeds and CLUSTER SLOTS
/// alike; what the names stand for changes, the topology does not.
#[tokio::test(start_paused = true)]
async fn a_name_whose_address_changes_is_followed() {
    let mut hostile = Hostile::start(2).await;
    let names = Names::default();
    names.set(&hostile.world().ports);
    let node = |n: u16| format!("*3\r\n$10\r\ndb.example\r\n:{}\r\n$1\r\n{n}\r\n", 7000 + n);
    let slots =
        format!("*2\r\n*3\r\n:0\r\n:8191\r\n{}*3\r\n:8192\r\n:16383\r\n{}", node(0), node(1));
    hostile.script(move |call| {
        (call.name == "CLUSTER SLOTS").then(|| Action::Answer(slots.clone().into_bytes()))
    });
    let builder = Client::builder().seed("db.example:7000").unwrap().resolver(names.clone());
    let client = builder.connect().await.unwrap();
    let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
    for key in &keys {
        client.set(key, 1).await.unwrap();
    }
    let (asked, version) = (names.asked.load(Ordering::Relaxed), client.topology().version());
    for key in &keys {
        client.get(key).await.unwrap();
    }
    assert_eq!(names.asked.load(Ordering::Relaxed), asked, "asked for more than dials");
    hostile.move_house(None).await;
    names.set(&hostile.world().ports);
    let start = Instant::now();
    for key in &keys {
        while client.get(key).await.is_err() {
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", client.stats());
        }
    }
    assert!(names.asked.load(Ordering::Relaxed) > asked);
    assert_eq!(client.topology().version(), version, "the same nodes by the same names");
}
