//! Slots that move between real servers while something depends on them.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tsubame_client::{Error, Event, Result, Slot};

use crate::on_both_servers;
use crate::support::{Cluster, LONG};

on_both_servers! {
    a_sharded_subscription_announces_what_it_may_have_lost,
    a_cache_stays_coherent_while_its_slot_moves,
}

/// Where a slot is, and where it goes next.
fn ports(cluster: &Cluster, round: usize) -> (u16, u16) {
    let port = |n: usize| cluster.servers[n % 3].port;
    (port(round), port(round + 1))
}

/// A slot at whose owner the rounds begin, as a hash tag.
fn tag_of_first(cluster: &Cluster, client: &tsubame_client::Client) -> String {
    let topology = client.topology();
    let is_first = |tag: &String| {
        let owner = topology.primary_of(Slot::of(tag.as_bytes())).unwrap();
        topology.nodes()[owner].addr.port() == cluster.servers[0].port
    };
    (0..).map(|n| format!("{{t{n}}}")).find(is_first).unwrap()
}

/// Invariant I19: numbered messages while the slot of the channel moves. Where numbers are missing,
/// the stream has said so before the next one; and messages come again after each move.
async fn a_sharded_subscription_announces_what_it_may_have_lost(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let client = cluster.client().await;
    let channel = format!("{}news", tag_of_first(&cluster, &client));
    let slot = Slot::of(channel.as_bytes());
    let mut messages = client.ssubscribe([&channel]).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let publishing = tokio::spawn({
        let (client, channel, stop) = (client.clone(), channel.clone(), stop.clone());
        async move {
            let mut n = 0u64;
            while !stop.load(Ordering::Relaxed) {
                client.spublish(&*channel, n).await.unwrap();
                n += 1;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let (mut last, mut gap, mut moves, mut missing) = (None, false, 0, 0);
    for round in 0..6 {
        // Some messages, the last of them after everything that the move may bring.
        let mut some = 0;
        while some < 50 {
            match timeout(LONG, messages.next()).await.expect("messages come again").unwrap() {
                Event::Message(message) => {
                    let n: u64 = std::str::from_utf8(&message.payload).unwrap().parse().unwrap();
                    let lost = last.map_or(0, |last: u64| n - last - 1);
                    assert!(lost == 0 || gap, "{lost} messages were lost in silence before {n}");
                    missing += lost;
                    (last, gap, some) = (Some(n), false, some + 1);
                }
                Event::Gap { .. } => gap = true,
                Event::Moved { to } => {
                    moves += 1;
                    assert!(gap, "a move without a gap");
                    assert_eq!(to.port(), ports(&cluster, round).0);
                }
                other => panic!("{other:?}"),
            }
        }
        let (from, to) = ports(&cluster, round);
        cluster.move_slot(slot, from, to, &[]).unwrap();
        // What was published until now is read before the next round looks for the move.
        some = 0;
        while moves <= round && some < 100_000 {
            match timeout(LONG, messages.next()).await.expect("the move is noticed").unwrap() {
                Event::Moved { to: port } => {
                    moves += 1;
                    assert_eq!(port.port(), to);
                }
                Event::Gap { .. } => gap = true,
                Event::Message(message) => {
                    let n: u64 = std::str::from_utf8(&message.payload).unwrap().parse().unwrap();
                    let lost = last.map_or(0, |last: u64| n - last - 1);
                    assert!(lost == 0 || gap, "{lost} messages were lost in silence before {n}");
                    (last, gap, some) = (Some(n), false, some + 1);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    publishing.await.unwrap();
    eprintln!("{} messages, {missing} missing, {moves} moves", last.unwrap());
    assert_eq!(moves, 6);
}

/// Invariant I20, C11: what others have written and were told is written is what a cached read gives
/// soon after, also when the key has moved to another server meanwhile.
async fn a_cache_stays_coherent_while_its_slot_moves(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let Some(client) = cluster.caching_client().await else { return };
    let other = cluster.client().await;
    let cached = client.cached(Duration::from_secs(3600));
    let tag = tag_of_first(&cluster, &client);
    let (key, still) = (format!("{tag}k"), "still");
    other.set(still, "here").await.unwrap();
    let mut n = 0;
    for round in 0..9 {
        let (from, to) = ports(&cluster, round);
        let settle = || cluster.settle(Slot::of(key.as_bytes()), from);
        for _ in 0..3 {
            n += 1;
            once_agreed(settle, async || other.set(&*key, n).await).await;
            let until = Instant::now() + LONG;
            loop {
                let seen = once_agreed(settle, async || cached.get(&*key).await).await.unwrap();
                if seen == n.to_string() {
                    break;
                }
                assert!(Instant::now() < until, "round {round}: {seen:?} instead of {n}");
                tokio::task::yield_now().await;
            }
            assert_eq!(cached.get(still).await.unwrap().unwrap(), "here");
        }
        // It is kept when its slot moves. The last write's message may still have been on its way.
        let (hits, until) = (client.stats().cache_hits, Instant::now() + LONG);
        while client.stats().cache_hits == hits {
            once_agreed(settle, async || cached.get(&*key).await).await;
            assert!(Instant::now() < until, "nothing is kept");
        }
        if let Err(why) = cluster.move_slot(Slot::of(key.as_bytes()), from, to, &[&key]) {
            return eprintln!("skipped: slots can't be moved key by key: {why}");
        }
    }
}

/// Asks, and has the servers agree on the slot's owner if they send a client to one another: where moves
/// by hand outrun gossip, an older claim may arrive after the order, and then nobody claims the slot.
async fn once_agreed<T: Debug>(settle: impl Fn(), ask: impl AsyncFn() -> Result<T>) -> T {
    let until = Instant::now() + LONG;
    loop {
        match ask().await {
            Err(Error::TooManyRedirects { .. }) if Instant::now() < until => {
                settle();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            answer => return answer.unwrap(),
        }
    }
}
