//! Transactions, blocking commands, scans, replicas, failover and the client-side cache.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tsubame_client::{Client, Error, ReadFrom, Route, ScanOptions, Slot, Value, commands};

use crate::on_both_servers;
use crate::support::{Cluster, LONG, Server};

on_both_servers! {
    a_transaction_is_executed_as_one,
    a_watched_key_that_changes_aborts,
    a_blocking_command_holds_up_nobody,
    a_scan_gives_every_key,
    replicas_answer_reads_and_take_over,
    a_cached_value_is_forgotten_when_it_changes,
}

fn b(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

async fn a_transaction_is_executed_as_one(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let client = cluster.client().await;
    let mut atomic = client.atomic();
    let set = atomic.push(commands::set("{a}1", "x"));
    let wrong = atomic.push(commands::incr("{a}1"));
    let length = atomic.push(commands::rpush("{a}2", ["1", "2"]));
    let mut replies = atomic.run().await.unwrap();
    assert_eq!(replies.take(set).unwrap(), Some(b("OK")));
    assert_eq!(replies.take(wrong).unwrap_err().code(), Some("ERR"));
    assert_eq!(replies.take(length).unwrap(), 2);
    // What the server does not accept keeps all of it from being executed.
    let mut atomic = client.atomic();
    atomic.push(commands::set("{a}3", "x"));
    atomic.push(client.cmd("NOSUCHCOMMAND").key("{a}3"));
    let error = atomic.run().await.unwrap_err();
    assert!(error.to_string().contains("unknown command"), "{error}");
    assert_eq!(client.get("{a}3").await.unwrap(), None);
    // Others share the connection all the time and are never in the transaction.
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    if task % 2 == 0 {
                        let mut atomic = client.atomic();
                        let a = atomic.push(commands::incr("{a}n"));
                        let b = atomic.push(commands::incr("{a}n"));
                        let mut replies = atomic.run().await.unwrap();
                        assert_eq!(replies.take(a).unwrap() + 1, replies.take(b).unwrap());
                    } else {
                        client.incr("{a}n").await.unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(client.get("{a}n").as_::<i64>().await.unwrap(), 16 * 50 * 3);
}

async fn a_watched_key_that_changes_aborts(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let client = cluster.client().await;
    client.set("stock", 5).await.unwrap();
    let mut watch = client.watch(["stock"]).await.unwrap();
    assert_eq!(watch.run(commands::get("stock").as_::<i64>()).await.unwrap(), 5);
    watch.push(commands::decr("stock"));
    client.set("stock", 100).await.unwrap();
    assert!(matches!(watch.exec().await, Err(Error::Aborted)));
    let mut watch = client.watch(["stock"]).await.unwrap();
    let left = watch.push(commands::decr("stock"));
    assert_eq!(watch.exec().await.unwrap().take(left).unwrap(), 99);
    assert_eq!(client.stats().exclusive_dials, 1, "the connection was used again");
    // A watch that is dropped leaves no trace on the next user's connection.
    drop(client.watch(["stock"]).await.unwrap());
    client.incr("stock").await.unwrap();
    let mut watch = client.watch(["other"]).await.unwrap();
    watch.push(commands::set("other", 1));
    watch.exec().await.unwrap();
    let mut foreign = client.watch(["{a}"]).await.unwrap();
    assert!(matches!(foreign.run(commands::get("{b}")).await, Err(Error::CrossSlot)));
    // Many that race: each decrement happens once.
    client.set("stock", 0).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    loop {
                        let mut watch = client.watch(["stock"]).await.unwrap();
                        let n: i64 = watch.run(commands::get("stock").as_()).await.unwrap();
                        watch.push(commands::set("stock", n + 1));
                        match watch.exec().await {
                            Ok(_) => break,
                            Err(Error::Aborted) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(client.get("stock").as_::<i64>().await.unwrap(), 80);
}

async fn a_blocking_command_holds_up_nobody(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let client = cluster.client().await;
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.blocking().blpop(["{q}a", "{q}b"], 0).await }
    });
    for n in 0..100 {
        client.set(format!("{{q}}{n}"), n).await.unwrap();
    }
    client.rpush("{q}b", ["job"]).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), Some((b("{q}b"), b("job"))));
    let start = Instant::now();
    assert_eq!(client.blocking().blpop(["{q}a"], 0.2).await.unwrap(), None);
    // Servers count in whole milliseconds, from a time that they read one ago.
    assert!(start.elapsed() >= Duration::from_millis(195), "{:?}", start.elapsed());
    // On a shared connection it is refused before it is sent.
    assert!(matches!(client.cmd("BLPOP").arg("q").arg(0).await, Err(Error::NoRoute(_))));
    // A future that is dropped stops the server's waiting too.
    let blocking = client.blocking();
    let call = blocking.blpop(["{q}a"], 0);
    assert!(tokio::time::timeout(Duration::from_millis(100), call).await.is_err());
    let blocked = || {
        cluster.servers.iter().any(|s| !s.call(&["INFO", "clients"]).contains("blocked_clients:0"))
    };
    let until = Instant::now() + LONG;
    while blocked() {
        assert!(Instant::now() < until, "the server still waits");
    }
    client.rpush("{q}a", ["kept"]).await.unwrap();
    assert_eq!(client.llen("{q}a").await.unwrap(), 1);
    let timeout = client.blocking().timeout(Duration::from_millis(50)).blpop(["{q}c"], 0).await;
    assert!(matches!(timeout, Err(Error::Timeout { sent: true })), "{timeout:?}");
}

async fn a_scan_gives_every_key(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let client = cluster.client().await;
    let mut batch = client.batch();
    for n in 0..2000 {
        batch.push(commands::set(format!("key:{n}"), n));
    }
    batch.run().await.all::<()>().unwrap();
    client.rpush("list", ["x"]).await.unwrap();
    let all: HashSet<Bytes> = client.scan().all().await.unwrap().into_iter().collect();
    assert_eq!(all.len(), 2001);
    let some = ScanOptions::new().matching("key:1*").count(1000);
    let some: HashSet<Bytes> = client.scan_with(some).all().await.unwrap().into_iter().collect();
    assert_eq!(some.len(), 1111);
    let lists = client.scan_with(ScanOptions::new().of_type("list")).all().await.unwrap();
    assert_eq!(lists, [b("list")]);
    let single = Server::start(binary, &[]);
    let client = Client::connect(&single.addr()).await.unwrap();
    client.set("a", 1).await.unwrap();
    assert_eq!(client.scan().all().await.unwrap(), [b("a")]);
}

/// Reads go to replicas when that is wished; when a primary dies, its replica's promotion is found.
async fn replicas_answer_reads_and_take_over(binary: &Path) {
    let Some(mut cluster) = Cluster::start_with_replicas(binary, 3) else {
        return eprintln!("skipped: the server's replicas don't come up");
    };
    let client = cluster
        .builder()
        .read_from(ReadFrom::Replica)
        // What each server says of its replicas is understood, or none would be read from.
        .replica_lag_max(1 << 20)
        .timeout(Duration::from_secs(20))
        .unavailable_wait(Duration::from_secs(15))
        .connect()
        .await
        .unwrap();
    assert_eq!(client.topology().nodes().len(), 6);
    client.set("k", 7).await.unwrap();
    let until = Instant::now() + LONG;
    while client.get("k").await.unwrap() != Some(b("7")) {
        assert!(Instant::now() < until, "not replicated");
    }
    let until = Instant::now() + LONG;
    while client.stats().replica_reads == 0 {
        client.get("k").await.unwrap();
        assert!(Instant::now() < until, "no replica is known to be near: {:?}", client.stats());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(client.get("k").await.unwrap(), Some(b("7")));
    assert_eq!(client.stats().moved, 0, "the connection to the replica said READONLY");
    let topology = client.topology();
    let shard = topology.shard_of(Slot::of(b"k")).unwrap();
    let (old, replica) = (shard.primary, shard.replicas[0]);
    let (old, replica) = (topology.nodes()[old].addr.port(), topology.nodes()[replica].addr.port());
    cluster.servers.iter_mut().find(|server| server.port == old).unwrap().kill();
    // What is asked meanwhile waits for the promotion and is executed after it. It may reach the
    // connection before its end does, so the risk of a repetition is taken.
    client.set("k", 8).idempotent().await.unwrap();
    let now = client.topology();
    let shard = now.shard_of(Slot::of(b"k")).unwrap();
    assert_eq!(now.nodes()[shard.primary].addr.port(), replica);
    let value = client.get("k").read_from(ReadFrom::Primary).await.unwrap();
    assert_eq!(value, Some(b("8")));
    let stats = client.stats();
    assert!(stats.topology_requests <= 3 + 15, "{stats:?}");
}

/// Invariant I20, with real servers: what one client was told is written is what the cache of
/// another gives soon after.
async fn a_cached_value_is_forgotten_when_it_changes(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let Some(client) = cluster.caching_client().await else { return };
    let other = cluster.client().await;
    let cached = client.cached(100 * LONG);
    for key in ["a", "b", "c"] {
        other.set(key, 0).await.unwrap();
        assert_eq!(cached.get(key).await.unwrap(), Some(b("0")));
        assert_eq!(cached.get(key).await.unwrap(), Some(b("0")));
    }
    assert_eq!((client.stats().cache_misses, client.stats().cache_hits), (3, 3));
    for n in 1..50 {
        for key in ["a", "b", "c"] {
            other.set(key, n).await.unwrap();
            let until = Instant::now() + LONG;
            while cached.get(key).await.unwrap() != Some(b(&n.to_string())) {
                assert!(Instant::now() < until, "{key} stays stale");
                tokio::task::yield_now().await;
            }
        }
    }
    assert!(client.stats().cache_invalidations >= 100, "{:?}", client.stats());
    // A missing key and an error.
    assert_eq!(cached.get("missing").await.unwrap(), None);
    other.rpush("list", ["x"]).await.unwrap();
    for _ in 0..2 {
        assert_eq!(cached.get("list").await.unwrap_err().code(), Some("WRONGTYPE"));
    }
    // Other commands that read, and one that does not.
    other.hset("h", [("f", 1)]).await.unwrap();
    assert_eq!(cached.run(commands::hget("h", "f")).await.unwrap(), Some(b("1")));
    other.del(["h"]).await.unwrap();
    let until = Instant::now() + LONG;
    while cached.run(commands::hget("h", "f")).await.unwrap().is_some() {
        assert!(Instant::now() < until);
    }
    assert_eq!(cached.run(commands::incr("n")).await.unwrap(), 1);
    assert_eq!(cached.run(commands::incr("n")).await.unwrap(), 2);
    // What changes without a write is not kept, nor what is asked of a certain node.
    let hits = client.stats().cache_hits;
    for _ in 0..2 {
        assert_eq!(cached.run(commands::ttl("b")).await.unwrap(), -1);
        let anywhere = Route::Slot(Slot::of(b"b"));
        assert_eq!(cached.run(commands::get("b").on(anywhere)).await.unwrap(), Some(b("49")));
    }
    assert_eq!(client.stats().cache_hits, hits);
    // A connection that is lost takes what was read on it along.
    let hits = client.stats().cache_hits;
    cluster.servers.iter().for_each(|server| {
        server.call(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    cached.get("a").await.unwrap();
    assert_eq!(client.stats().cache_hits, hits);
    // A flush.
    assert!(matches!(client.cmd("GET").arg("b").await.unwrap(), Value::Bulk(_)));
    cached.get("b").await.unwrap();
    other.flushall().await.unwrap();
    let until = Instant::now() + LONG;
    while cached.get("b").await.unwrap().is_some() {
        assert!(Instant::now() < until, "stale after a flush");
    }
}
