//! Replies that break the protocol, one test for each kind. The caller gets a typed error, the
//! connection is replaced, and nobody gets what was meant for somebody else: many callers share the
//! connection, and GETRANGE returns its own second argument here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tsubame_client::{Error, Executed};

use crate::server::{Action, Hostile, bulk};

const TASKS: usize = 32;

/// Poisons one reply of a busy connection with what `poison` makes of it. The writes that were lost
/// with the connection have an error of which `wanted` holds.
async fn check(what: &str, poison: impl Fn(String) -> Action, wanted: fn(&Error) -> bool) {
    let hostile = Hostile::start(1).await;
    let client = hostile.client().await;
    // Long before the poison, so that it meets callers that wait.
    let warm: Vec<_> =
        (0..TASKS).map(|task| client.getrange(format!("k{task}"), task, 0)).collect();
    for call in warm {
        call.await.unwrap();
    }
    let (armed, poison) = (Arc::new(AtomicBool::new(false)), poison(bulk("wrong caller")));
    hostile.script({
        let armed = armed.clone();
        move |call| {
            let now = call.name == "GETRANGE" && armed.swap(false, Ordering::SeqCst);
            now.then(|| poison.clone())
        }
    });
    let failed = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (client, failed, armed) = (client.clone(), failed.clone(), armed.clone());
            tokio::spawn(async move {
                for n in 0..100 {
                    if (task, n) == (0, 50) {
                        armed.store(true, Ordering::SeqCst);
                    }
                    let id = format!("{task}:{n}");
                    match client.getrange(format!("k{task}"), &id, 0).no_retry().await {
                        Ok(reply) => assert_eq!(reply, id.as_bytes(), "meant for another"),
                        Err(error) => failed.lock().unwrap().push(error),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let failed = std::mem::take(&mut *failed.lock().unwrap());
    assert!(!failed.is_empty() && failed.len() <= 2 * TASKS, "{what}: {} failed", failed.len());
    assert!(failed.iter().any(wanted), "{what}: {failed:?}");
    for error in &failed {
        // Those that waited behind it are lost with the connection, and may have been executed.
        let typed = wanted(error) || matches!(error, Error::MaybeExecuted { .. });
        assert!(typed && error.executed() == Executed::Maybe, "{what}: {error:?}");
    }
    assert_eq!(client.stats().disconnects, 1, "{what}: the connection was replaced, once");
    assert_eq!(client.getrange("k", "after", 0).await.unwrap(), "after");
    assert_eq!(hostile.calls("CLUSTER SLOTS"), 1, "{what}: no reason to ask for the topology");
}

fn broken(error: &Error) -> bool {
    matches!(error, Error::MaybeExecuted { .. } | Error::Protocol(_))
}

fn answer(text: &str) -> impl Fn(String) -> Action {
    let text = text.to_owned();
    move |_| Action::Answer(text.clone().into_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_reply() {
    for len in [1, 3, 6] {
        check("truncated", move |_| Action::Truncate(len), broken).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_of_no_type() {
    for text in ["hello\r\n", "\r\n", "\0\0\0\0\r\n", "$1\nx\r\n", "@1\r\n:1\r\n"] {
        check(text, answer(text), broken).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_nested_ten_thousand_deep() {
    for open in ["*1\r\n", "%1\r\n:1\r\n", "|1\r\n:1\r\n", "~1\r\n", ">1\r\n"] {
        check(open, answer(&open.repeat(10_000)), broken).await;
    }
}

/// Lengths that nobody has memory for are refused when they are read, not when they are filled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_of_a_huge_length() {
    for text in [
        "$99999999999999999999\r\n",
        "$2147483648\r\n",
        "*4294967296\r\n",
        "%9223372036854775807\r\n",
        "$-7\r\n",
        "*-2\r\n",
    ] {
        check(text, answer(text), broken).await;
    }
}

/// A length that is allowed is believed only as far as bytes come: the connection is given up by its
/// silence, and no memory is taken for what is not there.
#[tokio::test(start_paused = true)]
async fn a_reply_that_promises_more_than_it_has() {
    for text in ["*268435456\r\n:1\r\n", "$1000000000\r\nabc"] {
        let hostile = Hostile::start(1).await;
        let client = hostile.client().await;
        let (mut once, answer) = (false, text.as_bytes().to_vec());
        hostile.script(move |call| {
            let now = call.name == "INCR" && !std::mem::replace(&mut once, true);
            now.then(|| Action::Answer(answer.clone()))
        });
        let error = client.incr("n").await.unwrap_err();
        assert_eq!(error.executed(), Executed::Maybe, "{error:?}");
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(client.incr("n").await.unwrap(), 1);
        assert_eq!(client.stats().disconnects, 1);
    }
}

/// A bulk string that is longer than it says: what follows it is not read as the next reply.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_longer_than_it_says() {
    check("longer", answer("$2\r\nabcdef\r\n"), broken).await;
}

/// Replies ahead of their requests: two to the only request there is, or one to none. What comes
/// before a request was written is nobody's reply.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_out_of_order() {
    let hostile = Hostile::start(1).await;
    let client = hostile.client().await;
    client.getrange("k", "first", 0).await.unwrap();
    let mut once = false;
    hostile.script(move |call| {
        let now = call.name == "GETRANGE" && !std::mem::replace(&mut once, true);
        let two = bulk("own") + &bulk("somebody else's");
        now.then(|| Action::Answer(two.into_bytes()))
    });
    assert_eq!(client.getrange("k", "own", 0).await.unwrap(), "own");
    while client.stats().disconnects == 0 {
        tokio::task::yield_now().await;
    }
    for n in 0..100 {
        let id = n.to_string();
        assert_eq!(client.getrange("k", &id, 0).await.unwrap(), id.as_bytes());
    }
    assert_eq!(client.stats().disconnects, 1);
}

/// A reply of another type than the command has is a typed error; the framing is whole, so the
/// connection stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_of_the_wrong_type() {
    let hostile = Hostile::start(1).await;
    let client = hostile.client().await;
    for text in [":1\r\n", "*1\r\n:1\r\n", "%1\r\n+a\r\n_\r\n", "#t\r\n", ",1.5\r\n", "~0\r\n"] {
        hostile.script(move |call| {
            (call.name == "INCR").then(|| Action::Answer(b"%1\r\n+a\r\n*0\r\n".to_vec()))
        });
        let error = client.incr("n").await.unwrap_err();
        assert!(matches!(error, Error::Convert { .. }), "{error:?}");
        assert_eq!(error.executed(), Executed::Yes);
        hostile.script(move |call| {
            (call.name == "HGETALL").then(|| Action::Answer(text.as_bytes().to_vec()))
        });
        let map = client.hgetall("h").as_::<std::collections::HashMap<String, Vec<u8>>>().await;
        if let Err(error) = map {
            assert!(matches!(error, Error::Convert { .. }), "{error:?}");
        }
        assert_eq!(client.getrange("k", "next", 0).await.unwrap(), "next");
    }
    assert_eq!(client.stats().disconnects, 0);
}

/// Metadata of every wrong shape: the client stays with what it knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_of_the_wrong_shape() {
    let nested = "*1\r\n".repeat(10_000);
    for text in [
        "+OK\r\n",
        "_\r\n",
        "*0\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*0\r\n",
        "*1\r\n*2\r\n:0\r\n:5\r\n",
        "*1\r\n*3\r\n:0\r\n:99999\r\n*0\r\n",
        "*1\r\n*3\r\n:5\r\n:1\r\n*2\r\n+h\r\n:1\r\n",
        "%1\r\n+a\r\n:1\r\n",
        "$5\r\nab",
        &nested,
        "*99999999999\r\n",
    ] {
        let hostile = Hostile::start(2).await;
        let client = hostile.client().await;
        let before = client.topology();
        let answer = text.as_bytes().to_vec();
        hostile.script(move |call| {
            (call.name == "CLUSTER SLOTS").then(|| Action::Answer(answer.clone()))
        });
        client.refresh();
        while hostile.calls("CLUSTER SLOTS") < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for n in 0..20 {
            client.set(format!("k{n}"), n).await.unwrap();
        }
        assert_eq!(client.topology().version(), before.version(), "{text:?}");
        assert_eq!(client.stats().moved, 0);
    }
}
