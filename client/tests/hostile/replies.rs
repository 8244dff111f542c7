//! Replies that are late, cut, senseless or missing.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tsubame_client::{Error, Executed};

use crate::server::{Action, Hostile};

/// Invariant I10: with replies that come late and in drops and callers that give up at random, each
/// caller that waits gets the reply to its own request. GETRANGE returns its second argument here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reply_reaches_its_own_request() {
    let hostile = Hostile::start(2).await;
    let client = hostile.client().await;
    hostile.script(|call| {
        if call.name != "GETRANGE" {
            return None;
        }
        match rand::random_range(0..200) {
            0 => Some(Action::Late(Duration::from_millis(5))),
            1 => Some(Action::Drip(Duration::from_micros(200))),
            2 if rand::random_range(0..20) == 0 => Some(Action::Truncate(3)),
            _ => None,
        }
    });
    let answered = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let (client, answered) = (client.clone(), answered.clone());
            tokio::spawn(async move {
                // How many lose their patience is the machine's affair: it goes on until both kinds
                // have been seen.
                for n in 0..100_000 {
                    let seen = answered.load(Ordering::Relaxed) > 500 && client.stats().orphans > 0;
                    if n >= 150 && seen {
                        return;
                    }
                    let id = format!("{task}:{n}");
                    let call = client.getrange(format!("key{n}"), &id, 0).into_future();
                    let patience = Duration::from_micros(rand::random_range(0..20_000));
                    if let Ok(Ok(reply)) = tokio::time::timeout(patience, call).await {
                        assert_eq!(reply, id.as_bytes());
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(answered.load(Ordering::Relaxed) > 500);
    assert!(client.stats().orphans > 0);
}

/// Nonsense ends in a typed error and a new connection, and the next command works.
#[tokio::test(start_paused = true)]
async fn nonsense_replaces_the_connection() {
    let nested = "*1\r\n".repeat(10_000);
    for nonsense in
        ["hello\r\n", "$-7\r\n", "*99999999999\r\n", "$2\r\nabcd\r\n", ":1\r\n:2\r\n", &nested]
    {
        let hostile = Hostile::start(1).await;
        let client = hostile.client().await;
        let (mut once, answer) = (false, nonsense.as_bytes().to_vec());
        hostile.script(move |call| {
            let now = call.name == "INCR" && !std::mem::replace(&mut once, true);
            now.then(|| Action::Answer(answer.clone()))
        });
        match client.incr("n").await {
            // Two replies to one request: the first is good, the second breaks the connection.
            Ok(n) => assert!(n == 1 && nonsense.starts_with(':'), "{nonsense:?}"),
            Err(error) => assert_eq!(error.executed(), Executed::Maybe, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(client.incr("n").await.is_ok(), "{nonsense:?}");
        assert_eq!(client.stats().disconnects, 1);
    }
}

/// Invariants I9 and I16: a node that never answers takes no more than its limit, requests end at
/// their deadlines, and the other node is not concerned.
#[tokio::test(start_paused = true)]
async fn a_silent_node_is_bounded_in_requests_and_time() {
    let hostile = Hostile::start(2).await;
    let client = hostile
        .builder()
        .requests_per_connection_max(100)
        .timeout(Duration::from_millis(300))
        .connect()
        .await
        .unwrap();
    hostile.script(|call| (call.name == "GET" && call.node == 0).then_some(Action::Silence));
    let owner = |key: &str| {
        let slot = tsubame_client::Slot::of(key.as_bytes()).get();
        hostile.world().owner[usize::from(slot)]
    };
    let keys: Vec<String> =
        (0..).map(|n| format!("k{n}")).filter(|k| owner(k) == 0).take(500).collect();
    let other = (0..).map(|n| format!("k{n}")).find(|k| owner(k) == 1).unwrap();
    let start = Instant::now();
    let tasks: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let client = client.clone();
            tokio::spawn(async move { client.get(key).await })
        })
        .collect();
    for _ in 0..50 {
        let start = Instant::now();
        client.get(&other).await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(200));
    }
    let (mut overloaded, mut timed_out) = (0, 0);
    for task in tasks {
        match task.await.unwrap().unwrap_err() {
            Error::Overloaded { .. } => overloaded += 1,
            Error::Timeout { sent: true } => timed_out += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((overloaded, timed_out), (400, 100));
    assert!(start.elapsed() < Duration::from_millis(600), "{:?}", start.elapsed());
}

/// C10: a connection on which nothing comes any more is replaced, so later commands work.
#[tokio::test(start_paused = true)]
async fn a_connection_that_fell_silent_is_replaced() {
    let hostile = Hostile::start(1).await;
    let client =
        hostile.builder().unresponsive_after(Duration::from_millis(200)).connect().await.unwrap();
    let mut first = None;
    hostile.script(move |call| {
        let silent = call.name == "GET" && *first.get_or_insert(call.connection) == call.connection;
        silent.then_some(Action::Silence)
    });
    let start = Instant::now();
    assert_eq!(client.get("k").await.unwrap(), None, "a read is sent again");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// H1 and H2, invariant I3: whatever a client does, it never sends COMMAND, so neither its length
/// nor its absence can matter. The server notes a violation if one comes, and answers HELLO with
/// more than is known.
#[tokio::test(start_paused = true)]
async fn command_is_never_sent_whatever_is_done() {
    let hostile = Hostile::start(3).await;
    hostile.script(|call| match call.name.as_str() {
        name if name.starts_with("COMMAND") => Some(Action::Silence),
        "HELLO" => {
            let text = "%4\r\n$4\r\nmode\r\n$7\r\ncluster\r\n$3\r\nnew\r\n*1\r\n*50\r\n";
            let more = ":1\r\n".repeat(50);
            let rest = "$4\r\nrole\r\n:7\r\n$1\r\nx\r\n%1\r\n_\r\n_\r\n";
            Some(Action::Answer(format!("{text}{more}{rest}").into()))
        }
        _ => None,
    });
    let client = hostile.client().await;
    let mut batch = client.batch();
    for n in 0..50 {
        client.set(format!("k{n}"), n).await.unwrap();
        client.cmd("GET").arg(format!("k{n}")).await.unwrap();
        client.cmd("MODULE.THING").key(format!("k{n}")).await.unwrap_err();
        batch.push(tsubame_client::commands::incr(format!("k{n}")));
    }
    batch.run().await.all::<i64>().unwrap();
    let keys = client.scan().all().await.unwrap();
    assert_eq!(keys.len(), 50);
    client.eval("return 1", ["k"], ["x"]).await.unwrap_err();
    client.ping().await.unwrap();
    client.refresh();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let known = ["HELLO", "CLIENT SETINFO", "CLUSTER SLOTS"];
    let world = hostile.world();
    let sent: u64 = world
        .calls
        .iter()
        .filter(|(name, _)| known.contains(&name.as_str()))
        .map(|(_, n)| *n)
        .sum();
    // Per connection three greetings; per topology request one more.
    assert!(sent <= 10 * 4, "{:?}", world.calls);
}
