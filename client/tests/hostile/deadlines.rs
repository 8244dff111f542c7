//! Invariants I9 and I16 under virtual time: whatever a cluster does, every future of the client ends
//! by its deadline, and what waits for a node stays within its bounds.

use std::fmt::Debug;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tsubame_client::{Client, Error, Result, Route, Script, Slot, commands};

use crate::server::{Action, Call, Hostile};

const TIMEOUT: Duration = Duration::from_millis(700);
/// The ticks of a connection that is not there (10 ms), the pause in telling 50 requests that they are lost
/// (1 ms), and the timer's own resolution, which each of them and the deadline itself is rounded up to.
const SLACK: Duration = Duration::from_millis(10 + 1 + 3);
/// A future that is still there then never ends.
const NEVER: Duration = Duration::from_secs(600);

fn is_greeting(call: &Call) -> bool {
    matches!(&*call.name, "HELLO" | "CLIENT SETINFO" | "CLIENT TRACKING" | "READONLY")
}

fn redirect(call: &Call, code: &str, ports: &[u16]) -> Action {
    let slot = Slot::of(call.args.first().map_or("", |key| key).as_bytes());
    let next = ports[(call.node + 1) % ports.len()];
    Action::Answer(format!("-{code} {slot} 127.0.0.1:{next}\r\n").into_bytes())
}

/// What goes wrong, from some moment on and for ever.
const FAULTS: &[&str] = &[
    "refused",
    "mute",
    "silent",
    "drips",
    "hangs up",
    "truncates",
    "nonsense",
    "loading",
    "tryagain",
    "moved ring",
    "ask ring",
    "moved to nowhere",
    "readonly",
    "mute and ring",
];

fn inflict(fault: &'static str, hostile: &mut Hostile) {
    let ports = hostile.world().ports.clone();
    let nodes = ports.len();
    hostile.script(move |call| {
        let error = |text: &str| Action::Answer(format!("-{text}\r\n").into_bytes());
        match fault {
            "mute" => return Some(Action::Silence),
            _ if is_greeting(call) => return None,
            _ => {}
        }
        Some(match fault {
            "silent" => Action::Silence,
            "drips" => Action::Drip(Duration::from_millis(300)),
            "hangs up" => Action::ExecuteAndHangUp,
            "truncates" => Action::Truncate(2),
            "nonsense" => Action::Answer(b"nonsense\r\n".to_vec()),
            "loading" => error("LOADING for ever"),
            "tryagain" => error("TRYAGAIN for ever"),
            "readonly" => error("READONLY for ever"),
            "moved ring" => redirect(call, "MOVED", &ports),
            "ask ring" if call.name != "ASKING" => redirect(call, "ASK", &ports),
            "moved to nowhere" => error("MOVED 7 127.0.0.1:1"),
            "mute and ring" if call.node == 0 => Action::Silence,
            "mute and ring" => redirect(call, "MOVED", &ports),
            _ => return None,
        })
    });
    match fault {
        "refused" => (0..nodes).for_each(|node| hostile.stop(node)),
        // Connections that are open don't show whether new ones are waited for.
        "mute" => hostile.hang_up(),
        _ => {}
    }
}

type Running<'c> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'c>>;
type Kind = (&'static str, fn(&Client) -> Running<'_>);

macro_rules! kinds {
    ($($name:literal: |$client:ident| $body:expr,)*) => {
        &[$(($name, |$client| Box::pin(async move { $body; Ok(()) }))),*]
    };
}

/// One of each kind of future that an application can await.
const KINDS: &[Kind] = kinds! {
    "a read": |client| client.get("k").await?,
    "a write": |client| client.incr("k").await?,
    "a raw command": |client| client.cmd("GET").key("k").await?,
    "a large write": |client| client.set("k", "x".repeat(16 << 20)).await?,
    "a split command": |client| client.mget((0..50).map(|n| format!("k{n}"))).await?,
    "a command for all": |client| client.dbsize().await?,
    "a command for all nodes": |client| client.cmd("PING").on(Route::AllNodes).await?,
    "a batch": |client| {
        let mut batch = client.batch();
        (0..50).for_each(|n| { batch.push(commands::incr(format!("k{n}"))); });
        batch.run().await.all::<i64>()?
    },
    "a transaction": |client| {
        let mut atomic = client.atomic();
        atomic.push(commands::incr("k"));
        atomic.run().await?
    },
    "a watch": |client| {
        let mut watch = client.watch(["k"]).await?;
        watch.run(commands::get("k")).await?;
        watch.push(commands::incr("k"));
        watch.exec().await?
    },
    "a blocking command": |client| client.blocking().timeout(TIMEOUT).blpop(["k"], 0).await?,
    "a script": |client| {
        Script::new("return 1").call(client).key("k").run::<i64>().await?
    },
    "a cached read": |client| client.cached(NEVER).get("k").await?,
    "a subscription": |client| client.subscribe(["ch"]).await?,
    "a sharded subscription": |client| client.ssubscribe(["ch"]).await?,
    "a page of a scan": |client| if let Some(key) = client.scan().next().await {
        key?;
    },
};

async fn within<T: Debug>(limit: Duration, what: &str, call: impl IntoFuture<Output = T>) -> T {
    let start = Instant::now();
    let result = tokio::time::timeout(NEVER, call.into_future()).await;
    let took = start.elapsed();
    assert!(took <= limit + SLACK, "{what} took {took:?}: {result:?}");
    result.expect("within the limit")
}

/// Invariant I16.
#[tokio::test(start_paused = true)]
async fn every_future_ends_by_its_deadline() {
    let (mut late, mut succeeded) = (Vec::new(), 0);
    for fault in FAULTS {
        for (name, call) in KINDS {
            let mut hostile = Hostile::start(2).await;
            let builder = hostile.builder().timeout(TIMEOUT).client_side_cache(1 << 20);
            let client = builder.connect().await.unwrap();
            // Half of the connections are open when it begins.
            client.set("warm", 1).await.unwrap();
            inflict(fault, &mut hostile);
            let start = Instant::now();
            let result = tokio::time::timeout(NEVER, call(&client)).await;
            let took = start.elapsed();
            if took > TIMEOUT + SLACK {
                late.push(format!("{fault}: {name} took {took:?}: {result:?}"));
            }
            succeeded += usize::from(matches!(result, Ok(Ok(()))));
            // Nobody imports the slot of this ring: that is the fault.
            hostile.world().violations.retain(|_| *fault != "ask ring");
        }
    }
    assert!(late.is_empty(), "{late:#?}");
    // Some faults don't concern some commands.
    let all = FAULTS.len() * KINDS.len();
    assert!(succeeded * 3 < all, "{succeeded} of {all} succeeded: the faults do too little");
}

/// Invariant I16 for the first topology.
#[tokio::test(start_paused = true)]
async fn connecting_ends_by_its_deadline() {
    for fault in
        ["refused", "mute", "silent", "drips", "hangs up", "truncates", "nonsense", "loading"]
    {
        let mut hostile = Hostile::start(4).await;
        inflict(fault, &mut hostile);
        let connecting = hostile.builder().boot_timeout(TIMEOUT).connect();
        let error = within(TIMEOUT, fault, connecting).await.unwrap_err();
        assert!(matches!(error, Error::Topology(_)), "{fault}: {error:?}");
    }
}

/// Invariant I9: while a node answers nothing, what waits for it stays within the bounds of its
/// connection in number and bytes, what is more is refused at once, and everything is given back.
#[tokio::test(start_paused = true)]
async fn a_black_hole_takes_no_more_than_its_bounds() {
    const REQUESTS_MAX: usize = 200;
    const BYTES_MAX: usize = 1 << 20;
    const VALUE_BYTES: usize = 100 << 10;
    let hostile = Hostile::start(2).await;
    let client = hostile
        .builder()
        .requests_per_connection_max(REQUESTS_MAX)
        .bytes_per_connection_max(BYTES_MAX)
        .timeout(TIMEOUT)
        .connect()
        .await
        .unwrap();
    let key = |node| (0..).map(|n| format!("k{n}")).find(|key| hostile.owner(key) == node).unwrap();
    let (key, other) = (key(0), key(1));
    hostile.script(|call| (call.node == 0 && !is_greeting(call)).then_some(Action::Silence));
    let waits = || {
        let port = hostile.world().ports[0];
        let nodes = client.nodes();
        let node = nodes.iter().find(|node| node.addr.port() == port).unwrap();
        (node.requests, node.bytes)
    };
    for (value, bound) in [(1, "requests"), (VALUE_BYTES, "bytes")] {
        let tasks: Vec<_> = (0..10_000)
            .map(|_| {
                let (client, key) = (client.clone(), key.clone());
                let value = Bytes::from(vec![b'x'; value]);
                tokio::spawn(async move { client.set(&*key, value).await.map(drop) })
            })
            .collect();
        let (mut requests_max, mut bytes_max) = (0, 0);
        for _ in 0..100 {
            let (requests, bytes) = waits();
            (requests_max, bytes_max) = (requests_max.max(requests), bytes_max.max(bytes));
            within(Duration::ZERO, "the other node", client.get(&other)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(requests_max <= REQUESTS_MAX, "{bound}: {requests_max} requests");
        // One more than the bound may be there, because the last one in is not measured before.
        assert!(bytes_max <= BYTES_MAX + VALUE_BYTES + 100, "{bound}: {bytes_max} bytes");
        let is_full = match bound {
            "requests" => requests_max == REQUESTS_MAX,
            _ => bytes_max > BYTES_MAX && requests_max < REQUESTS_MAX,
        };
        assert!(is_full, "{bound}: {requests_max} requests, {bytes_max} bytes");
        let (mut overloaded, mut late) = (0, 0);
        for task in tasks {
            match task.await.unwrap().unwrap_err() {
                Error::Overloaded { .. } => overloaded += 1,
                Error::Timeout { .. } => late += 1,
                other => panic!("{bound}: {other:?}"),
            }
        }
        assert_eq!(late, requests_max, "{bound}");
        assert_eq!(overloaded + late, 10_000, "{bound}");
        // The silent connection is replaced, and takes nothing any more.
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(waits(), (0, 0), "{bound}");
    }
    assert_eq!(client.stats().overloaded as usize, 20_000 - client.stats().timeouts as usize);
}
