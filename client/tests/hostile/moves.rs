//! What has to follow when slots move: subscriptions, cached values, scans, listeners; and replicas
//! that fall behind.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tsubame_client::{Client, Error, Event, NodeAddr, ReadFrom, Slot, Subscription, TopologyEvent};

use crate::server::{Action, Hostile, bulk};

/// Longer than anything here takes; a test that reaches it fails by what it has not seen.
const LONG: Duration = Duration::from_secs(60);

async fn next(subscription: &mut Subscription) -> Event {
    tokio::time::timeout(LONG, subscription.next()).await.expect("an event").expect("no end")
}

fn addr(hostile: &Hostile, node: usize) -> NodeAddr {
    NodeAddr::new("127.0.0.1", hostile.world().ports[node])
}

fn publish(hostile: &Hostile, node: usize, payload: &str) {
    let (kind, channel) = (bulk("smessage"), bulk("ch"));
    hostile.push(node, format!(">3\r\n{kind}{channel}{}", bulk(payload)));
}

fn payload(event: Event) -> Bytes {
    match event {
        Event::Message(message) => message.payload,
        other => panic!("{other:?}"),
    }
}

async fn gap_and_move(subscription: &mut Subscription, to: NodeAddr) {
    match next(subscription).await {
        Event::Gap { reason } => assert_eq!(&*reason, "the slot moved"),
        other => panic!("{other:?}"),
    }
    assert_eq!(next(subscription).await, Event::Moved { to });
}

/// Invariant I19: a subscription whose slot moves goes along, whoever says that it moved: the node
/// that had it, or only the topology. Before the first message from there comes a gap.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_follows_its_slot() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    let slot = Slot::of(b"ch").get();
    let first = hostile.owner("ch");
    let mut messages = client.ssubscribe(["ch"]).await.unwrap();
    publish(&hostile, first, "one");
    assert_eq!(payload(next(&mut messages).await), "one");
    // The node ends the subscription itself.
    let second = (first + 1) % 3;
    hostile.give(slot, second);
    hostile.push(first, format!(">3\r\n{}{}:0\r\n", bulk("sunsubscribe"), bulk("ch")));
    gap_and_move(&mut messages, addr(&hostile, second)).await;
    publish(&hostile, second, "two");
    assert_eq!(payload(next(&mut messages).await), "two");
    // The node says nothing; a command meets the redirection.
    let third = (first + 2) % 3;
    hostile.give(slot, third);
    client.get("ch").await.unwrap();
    gap_and_move(&mut messages, addr(&hostile, third)).await;
    publish(&hostile, third, "three");
    assert_eq!(payload(next(&mut messages).await), "three");
    // Nobody says anything; only the next topology shows it.
    hostile.give(slot, first);
    client.refresh();
    gap_and_move(&mut messages, addr(&hostile, first)).await;
    publish(&hostile, first, "four");
    assert_eq!(payload(next(&mut messages).await), "four");
    drop(client);
    let end = tokio::time::timeout(LONG, messages.next()).await.expect("an end");
    assert_eq!(end, None, "a subscription ends with its client");
}

/// C10: nothing is ever due on a subscribed connection, so a node that has fallen silent is found out
/// by asking it.
#[tokio::test(start_paused = true)]
async fn a_silent_subscription_is_replaced() {
    let hostile = Hostile::start(1).await;
    let client =
        hostile.builder().unresponsive_after(Duration::from_millis(100)).connect().await.unwrap();
    let mut messages = client.subscribe(["ch"]).await.unwrap();
    // As long as it answers, it is left alone.
    while hostile.calls("PING") < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(hostile.calls("SUBSCRIBE"), 1);
    let mut first = None;
    hostile.script(move |call| {
        let silent =
            call.name == "PING" && *first.get_or_insert(call.connection) == call.connection;
        silent.then_some(Action::Silence)
    });
    match next(&mut messages).await {
        Event::Gap { reason } => assert_eq!(&*reason, "the server does not answer"),
        other => panic!("{other:?}"),
    }
    while hostile.calls("SUBSCRIBE") < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (kind, channel) = (bulk("message"), bulk("ch"));
    hostile.push(0, format!(">3\r\n{kind}{channel}{}", bulk("back")));
    assert_eq!(payload(next(&mut messages).await), "back");
}

/// Waits for an event that is `wanted`.
pub(crate) async fn until(
    events: &mut tsubame_client::TopologyEvents,
    wanted: impl Fn(&TopologyEvent) -> bool,
) {
    let seen = async {
        while let Some(event) = events.next().await {
            if wanted(&event) {
                return;
            }
        }
        panic!("the events ended");
    };
    tokio::time::timeout(LONG, seen).await.expect("the event comes");
}

/// Invariant I20: what was read from a node is forgotten with the slot, even if that node never says
/// a word about it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cached_value_goes_with_its_slot() {
    let hostile = Hostile::start(3).await;
    let client = hostile.builder().client_side_cache(1 << 20).connect().await.unwrap();
    let mut events = client.topology_events();
    let cached = client.cached(LONG);
    let slot = Slot::of(b"k");
    client.set("k", 0).await.unwrap();
    client.set("other", 0).await.unwrap();
    for round in 1..10 {
        assert_eq!(cached.get("k").await.unwrap().unwrap(), (round - 1).to_string());
        assert_eq!(cached.get("other").await.unwrap().unwrap(), "0");
        let hits = client.stats().cache_hits;
        cached.get("k").await.unwrap();
        cached.get("other").await.unwrap();
        assert_eq!(client.stats().cache_hits, hits + 2);
        // It moves, is written there by others, and only a redirection or a topology tells.
        let next = (hostile.owner("k") + 1 + round % 2) % 3;
        hostile.give(slot.get(), next);
        hostile.world().data.insert("k".to_owned(), round.to_string());
        if round % 3 == 0 {
            client.refresh();
        } else {
            client.get("{k}2").await.unwrap();
        }
        until(
            &mut events,
            |event| matches!(event, TopologyEvent::SlotsMoved(slots) if slots.contains(&slot)),
        )
        .await;
        assert_eq!(cached.get("k").await.unwrap().unwrap(), round.to_string());
        let hits = client.stats().cache_hits;
        cached.get("other").await.unwrap();
        assert_eq!(client.stats().cache_hits, hits + 1, "what did not move is kept");
    }
}

/// What a redirection taught ends when the nodes say that it is over, also if the slot is again where
/// the last whole topology had it.
#[tokio::test(start_paused = true)]
async fn a_slot_that_comes_back_is_known_to_be_back() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    let mut events = client.topology_events();
    let (slot, home) = (Slot::of(b"k"), hostile.owner("k"));
    let moved = |event: &TopologyEvent| matches!(event, TopologyEvent::SlotsMoved(slots) if slots.contains(&slot));
    hostile.script(|call| {
        let refused = call.name == "CLUSTER SLOTS";
        refused.then(|| crate::server::Action::Answer(b"-ERR not now\r\n".to_vec()))
    });
    hostile.give(slot.get(), (home + 1) % 3);
    client.set("k", 1).await.unwrap();
    until(&mut events, moved).await;
    hostile.give(slot.get(), home);
    hostile.world().script = None;
    client.refresh();
    until(&mut events, moved).await;
    client.get("k").await.unwrap();
    assert_eq!(client.stats().moved, 1, "nobody had to be sent back");
}

/// Who listens learns of slots that move and of nodes that go and come.
#[tokio::test(start_paused = true)]
async fn listeners_learn_what_happens() {
    let mut hostile = Hostile::start(2).await;
    let wait = Duration::from_millis(100);
    let client = hostile.builder().unavailable_wait(wait).connect().await.unwrap();
    let mut events = client.topology_events();
    hostile.world().owner[..100].fill(1);
    client.refresh();
    let moved: Vec<Slot> = (0..100).map(|n| Slot::new(n).unwrap()).collect();
    until(&mut events, |event| {
        matches!(event, TopologyEvent::Adopted { joined, left, .. }
        if joined.is_empty() && left.is_empty())
    })
    .await;
    assert_eq!(events.next().await, Some(TopologyEvent::SlotsMoved(moved.into())));
    let key = (0..).map(|n| format!("k{n}")).find(|key| hostile.owner(key) == 0).unwrap();
    client.get(&key).await.unwrap();
    hostile.stop(0);
    let node = addr(&hostile, 0);
    let down = |event: &TopologyEvent| matches!(event, TopologyEvent::Down { node: of, .. } if *of == node);
    let reading = tokio::spawn({
        let (client, key) = (client.clone(), key.clone());
        async move {
            loop {
                let _ = client.get(&key).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    until(&mut events, down).await;
    hostile.restart(0).await;
    until(&mut events, |event| *event == TopologyEvent::Up { node: node.clone() }).await;
    reading.abort();
}

async fn fill(client: &Client) {
    for n in 0..50 {
        client.set(format!("k{n}"), n).await.unwrap();
    }
}

/// A scan that can't find out whether slots have moved gives what it has found and says that it does
/// not know, instead of ending as if it did. It can be gone on with.
#[tokio::test(start_paused = true)]
async fn a_scan_that_can_not_know_says_so() {
    let hostile = Hostile::start(3).await;
    let client = hostile.builder().timeout(Duration::from_millis(500)).connect().await.unwrap();
    fill(&client).await;
    hostile.script(|call| {
        let denied = call.name == "CLUSTER SLOTS";
        denied.then(|| Action::Answer(b"-NOPERM no cluster for you\r\n".to_vec()))
    });
    let mut scan = client.scan();
    let mut found = HashSet::new();
    let error = loop {
        match scan.next().await.expect("an error before the end") {
            Ok(key) => found.insert(key),
            Err(error) => break error,
        };
    };
    assert_eq!(found.len(), 50);
    assert!(matches!(error, Error::ScanIncomplete { .. }) && error.is_retryable(), "{error:?}");
    assert!(matches!(client.scan().all().await, Err(Error::ScanIncomplete { .. })));
    hostile.script(|_| None);
    tokio::time::sleep(LONG).await;
    assert!(scan.next().await.is_none(), "now it knows");
}

/// Slots that never come to rest.
#[tokio::test(start_paused = true)]
async fn a_scan_over_slots_that_never_rest_says_so() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    fill(&client).await;
    let ports = hostile.world().ports.clone();
    let mut asked = 0;
    hostile.script(move |call| {
        if call.name != "CLUSTER SLOTS" {
            return None;
        }
        // Each answer names another owner of the first slots than the one before.
        asked += 1;
        let range = |(first, last, owner): (u16, u16, usize)| {
            let (port, id) = (ports[owner], bulk(&format!("node-{owner}")));
            format!("*3\r\n:{first}\r\n:{last}\r\n*3\r\n+127.0.0.1\r\n:{port}\r\n{id}")
        };
        let ranges = [(0, 2999, asked % 2), (3000, 9999, 1), (10000, 16383, 2)].map(range);
        Some(Action::Answer(format!("*3\r\n{}", ranges.concat()).into_bytes()))
    });
    let error = client.scan().all().await.unwrap_err();
    let Error::ScanIncomplete { cause } = error else { panic!("{error:?}") };
    assert_eq!(cause, "slots went on moving");
}

/// Reads go to no replica that is too far behind, or of which that is not known, and finding out
/// costs no more than the budget, whatever is read.
#[tokio::test(start_paused = true)]
async fn replicas_that_lag_are_not_read_from() {
    let hostile = Hostile::start_with_replicas(1, 2).await;
    let start = Instant::now();
    hostile.world().lag = [(1, (500, 0)), (2, (50, 1))].into();
    let builder = hostile.builder().read_from(ReadFrom::Replica).replica_lag_max(100);
    let client = builder.connect().await.unwrap();
    client.set("k", 1).await.unwrap();
    // Reads a hundred times once the last look is over; which node answered how often?
    let readers = async || {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let reads =
            |node| hostile.world().calls_at.get(&(node, "GET".to_owned())).copied().unwrap_or(0);
        let before = [reads(0), reads(1), reads(2)];
        for _ in 0..100 {
            assert_eq!(client.get("k").await.unwrap().unwrap(), "1");
        }
        [reads(0) - before[0], reads(1) - before[1], reads(2) - before[2]]
    };
    assert_eq!(readers().await, [0, 0, 100], "the one that is near enough");
    assert!(client.stats().lagging_reads >= 100);
    hostile.world().lag.insert(2, (101, 0));
    assert_eq!(readers().await, [100, 0, 0], "none is: the primary");
    hostile.world().lag = [(1, (0, 60)), (2, (100, 0))].into();
    assert_eq!(readers().await, [0, 0, 100], "one is cut off");
    hostile.world().lag.clear();
    assert_eq!(readers().await, [0, 50, 50]);
    hostile.script(|call| (call.name == "INFO").then(|| Action::Answer(b"-NOPERM\r\n".to_vec())));
    assert_eq!(readers().await, [100, 0, 0], "nothing is known any more");
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    let asked = (hostile.calls("INFO") + hostile.calls("CLUSTER SLOTS")) as f64;
    assert!(asked <= 15.0 * minutes.ceil() + 3.0, "{asked} in {minutes} minutes");
    assert_eq!(client.stats().lag_requests, hostile.calls("INFO"));
}
