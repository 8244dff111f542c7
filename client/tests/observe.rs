//! What observers see of operations: the spans and measurements that OpenTelemetry's conventions ask
//! for, and (invariant I23) no argument and no secret, whatever goes wrong.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]
#![allow(unreachable_pub, reason = "the server is written as the library that it will become")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tsubame_client::{
    Client, ConnectionEvent, Credentials, Metrics, Operation, Route, Script, Slot, commands,
};

#[allow(dead_code, reason = "another test file uses the rest")]
#[path = "hostile/server.rs"]
mod server;

use server::{Action, Hostile};

/// What must never be seen.
const SECRETS: [&str; 2] = ["pass-word-secret", "argument-secret"];

type Fields = BTreeMap<String, String>;

/// Keeps everything that any span or log line of the process says.
#[derive(Default)]
struct Capture {
    spans: Mutex<Vec<Fields>>,
    lines: Mutex<Vec<String>>,
}

struct Take<'a>(&'a mut Fields);

impl Visit for Take<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

struct Shared(Arc<Capture>);

impl Subscriber for Shared {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        fields.insert("target".to_owned(), span.metadata().target().to_owned());
        fields.insert("span".to_owned(), span.metadata().name().to_owned());
        span.record(&mut Take(&mut fields));
        let mut spans = self.0.spans.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let at = span.into_u64() as usize - 1;
        values.record(&mut Take(&mut self.0.spans.lock().unwrap()[at]));
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Take(&mut fields));
        let line = format!("{} {fields:?}", event.metadata().target());
        self.0.lines.lock().unwrap().push(line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn capture() -> (Arc<Capture>, tracing::Dispatch) {
    let capture = Arc::new(Capture::default());
    (capture.clone(), tracing::Dispatch::new(Shared(capture)))
}

impl Capture {
    /// The client's spans since the last time.
    fn take(&self) -> Vec<Fields> {
        let mut spans = self.spans.lock().unwrap().clone();
        spans.retain(|span| span["target"] == "tsubame_client");
        // Their numbers go on counting, so they stay.
        self.spans.lock().unwrap().iter_mut().for_each(|span| {
            span.insert("target".to_owned(), "taken".to_owned());
        });
        spans
    }
}

/// One of everything that an application can ask for, with secrets for arguments.
async fn everything(client: &Client) {
    let key = "argument-secret-key";
    let value = "argument-secret";
    let _ = client.set(key, value).await;
    let _ = client.get(key).await;
    let _ = client.getrange(key, value, 0).await;
    let _ = client.mget((0..20).map(|n| format!("{key}{n}"))).await;
    let _ = client.cmd("GET").arg(key).await;
    let _ = client.cmd("argument-secret!").key(key).arg(value).await;
    let _ = client.cmd("NO.SUCH").arg(value).await;
    let _ = client.cmd("ECHO").arg(value).on(Route::AllNodes).await;
    let _ = client.eval("return 'argument-secret'", [key], [value]).await;
    let _ =
        Script::new("return 'argument-secret'").call(client).key(key).arg(value).run::<()>().await;
    let mut batch = client.batch();
    batch.push(commands::set(key, value));
    batch.push(commands::getrange(key, value, 0));
    batch.run().await;
    let mut atomic = client.atomic();
    atomic.push(commands::set(key, value));
    let _ = atomic.run().await;
    if let Ok(mut watch) = client.watch([key]).await {
        let _ = watch.run(commands::get(key)).await;
        watch.push(commands::set(key, value));
        let _ = watch.exec().await;
    }
    let blocking = client.blocking().timeout(Duration::from_millis(50));
    let _ = blocking.blpop([key], 0).await;
    let _ = client.cached(Duration::from_secs(1)).get(key).await;
    let _ = client.ssubscribe([key]).await;
    let _ = client.spublish(key, value).await;
    let _ = client.set(key, value).as_::<u64>().await;
}

/// What goes wrong, by its name.
type Fault = (&'static str, fn(&server::Call) -> Option<Action>);

/// Invariant I23.
#[tokio::test]
async fn no_secret_and_no_argument_is_ever_seen() {
    let (capture, dispatch) = capture();
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let faults: [Fault; 7] = [
        ("none", |_| None),
        ("errors that quote", |call| {
            let quoted = format!(
                "-ERR unknown command '{}', with args beginning with: '{}'\r\n",
                call.name,
                call.args.join("' '")
            );
            Some(Action::Answer(quoted.into_bytes()))
        }),
        ("errors with a code of one's own", |call| {
            let error = b"-argument-secret, says the script\r\n".to_vec();
            (!call.name.starts_with(['H', 'C'])).then_some(Action::Answer(error))
        }),
        ("loss", |call| (call.name != "HELLO").then_some(Action::ExecuteAndHangUp)),
        ("nonsense", |call| {
            let nonsense = b"argument-secret\r\n".to_vec();
            (call.name != "HELLO").then_some(Action::Answer(nonsense))
        }),
        ("silence", |call| {
            let late = Action::Late(Duration::from_secs(5));
            (call.name != "HELLO" && !call.name.starts_with("CLIENT")).then_some(late)
        }),
        ("refused credentials", |call| {
            let error = format!("-WRONGPASS not {:?}\r\n", call.name).into_bytes();
            (call.name == "HELLO").then_some(Action::Answer(error))
        }),
    ];
    for (name, fault) in faults {
        let hostile = Hostile::start(2).await;
        let credentials = Credentials::new("ada", SECRETS[0]);
        let client = hostile
            .builder()
            .credentials(credentials)
            .client_side_cache(1 << 20)
            .timeout(Duration::from_millis(100))
            .unavailable_wait(Duration::from_millis(50))
            .connect()
            .await
            .unwrap();
        hostile.script(fault);
        if name == "refused credentials" {
            hostile.hang_up();
        }
        everything(&client).await;
        client.refresh();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let spans = capture.take();
        assert!(spans.len() >= 18, "{name}: {} spans", spans.len());
        for seen in spans.iter().map(|span| format!("{span:?}")) {
            assert!(SECRETS.iter().all(|secret| !seen.contains(secret)), "{name}: {seen}");
        }
        let lines = std::mem::take(&mut *capture.lines.lock().unwrap());
        for line in lines.iter().filter(|line| line.starts_with("tsubame_client")) {
            assert!(SECRETS.iter().all(|secret| !line.contains(secret)), "{name}: {line}");
        }
    }
}

fn expect(spans: &[Fields], name: &str, wanted: &[(&str, &str)]) {
    let found: Vec<&Fields> =
        spans.iter().filter(|span| span["db.operation.name"] == name).collect();
    let has = |span: &&&Fields| {
        let is = |field: &str| span.get(field).map(String::as_str);
        // An empty value means that the field is not there.
        wanted
            .iter()
            .all(|(field, value)| is(field) == Some(value).filter(|v| !v.is_empty()).copied())
    };
    assert!(found.iter().any(|span| has(&span)), "{name} with {wanted:?}: {found:#?}");
}

#[tokio::test]
async fn spans_say_what_the_conventions_ask_for() {
    let (capture, dispatch) = capture();
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let hostile = Hostile::start(2).await;
    let client = hostile.builder().timeout(Duration::from_millis(300)).connect().await.unwrap();
    let owner = hostile.owner("k");
    let port = hostile.world().ports[owner].to_string();
    let there = [
        ("span", "redis"),
        ("otel.kind", "client"),
        ("db.system.name", "redis"),
        ("db.namespace", "0"),
        ("server.address", "127.0.0.1"),
        ("server.port", port.as_str()),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&there[..], more].concat();
    let good = [("error.type", ""), ("otel.status_code", ""), ("db.operation.batch.size", "")];
    client.set("k", 1).await.unwrap();
    expect(&capture.take(), "SET", &with(&good));
    client.lpush("k", ["x"]).await.unwrap_err();
    let bad =
        [("error.type", "ERR"), ("db.response.status_code", "ERR"), ("otel.status_code", "ERROR")];
    expect(&capture.take(), "LPUSH", &with(&bad));
    let mut batch = client.batch();
    for n in 0..3 {
        batch.push(commands::set("k", n));
    }
    batch.run().await.all::<()>().unwrap();
    expect(&capture.take(), "PIPELINE SET", &with(&[("db.operation.batch.size", "3")]));
    let mut batch = client.batch();
    for n in 0..30 {
        batch.push(commands::set(format!("k{n}"), n));
    }
    batch.push(commands::get("k"));
    batch.run().await.into_results();
    let several = [("db.operation.batch.size", "31"), ("server.address", ""), ("error.type", "")];
    expect(&capture.take(), "PIPELINE", &several);
    let mut atomic = client.atomic();
    atomic.push(commands::incr("k"));
    atomic.push(commands::get("k"));
    atomic.run().await.unwrap();
    expect(&capture.take(), "MULTI", &with(&[("db.operation.batch.size", "2")]));
    // A redirected command says where it ended, and is one span.
    let slot = Slot::of(b"k").get();
    let other = 1 - owner;
    hostile.give(slot, other);
    client.get("k").await.unwrap();
    let port = hostile.world().ports[other].to_string();
    let spans = capture.take();
    expect(&spans, "GET", &[("server.port", &port), ("error.type", "")]);
    assert_eq!(spans.len(), 1, "{spans:?}");
    client.cmd("NO.SUCH").arg("x").await.unwrap_err();
    let nowhere =
        [("error.type", "no_route"), ("server.address", ""), ("db.response.status_code", "")];
    expect(&capture.take(), "NO.SUCH", &nowhere);
    hostile.script(|call| (call.name == "GET").then_some(Action::Silence));
    client.get("k").await.unwrap_err();
    expect(&capture.take(), "GET", &[("error.type", "timeout"), ("db.response.status_code", "")]);
    let call = std::future::IntoFuture::into_future(client.get("k"));
    tokio::time::timeout(Duration::from_millis(20), call).await.unwrap_err();
    expect(&capture.take(), "GET", &[("error.type", "cancelled")]);
}

/// Counts as a metrics library would.
#[derive(Default)]
struct Counted {
    operations: Mutex<Vec<Vec<(&'static str, String)>>>,
    /// Opened, closed, failed.
    connections: Mutex<[usize; 3]>,
}

struct Counting(Arc<Counted>);

impl Metrics for Counting {
    fn operation(&self, operation: &Operation<'_>) {
        assert!(operation.duration < Duration::from_secs(60));
        let attributes = operation.attributes().map(|(name, value)| (name, value.into_owned()));
        self.0.operations.lock().unwrap().push(attributes.collect());
    }

    fn connection_opened(&self, _: &ConnectionEvent<'_>) {
        self.0.connections.lock().unwrap()[0] += 1;
    }

    fn connection_closed(&self, _: &ConnectionEvent<'_>) {
        self.0.connections.lock().unwrap()[1] += 1;
    }

    fn connection_failed(&self, connection: &ConnectionEvent<'_>) {
        assert_eq!(connection.node.host(), "127.0.0.1");
        self.0.connections.lock().unwrap()[2] += 1;
    }
}

#[tokio::test]
async fn measurements_are_given_for_operations_and_connections() {
    // A place in the code that is first passed on a thread without a subscriber would count as
    // interesting to nobody, on the threads of the other tests too.
    let _guard = tracing::dispatcher::set_default(&capture().1);
    let counted = Arc::new(Counted::default());
    let mut hostile = Hostile::start(1).await;
    let wait = Duration::from_millis(100);
    let builder = hostile.builder().metrics(Counting(counted.clone())).unavailable_wait(wait);
    let client = builder.connect().await.unwrap();
    client.set("k", 1).await.unwrap();
    let mut atomic = client.atomic();
    for _ in 0..2 {
        atomic.push(commands::incr("k"));
    }
    atomic.run().await.unwrap();
    client.lpush("k", ["x"]).await.unwrap_err();
    let port = hostile.world().ports[0].to_string();
    let attributes = |name: &str, more: &[(&'static str, &str)]| {
        let all = [
            ("db.system.name", "redis"),
            ("db.operation.name", name),
            ("db.namespace", "0"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
        ];
        let mut all: Vec<_> = all.iter().chain(more).map(|(k, v)| (*k, (*v).to_owned())).collect();
        all.sort();
        all
    };
    let mut seen = counted.operations.lock().unwrap().clone();
    seen.iter_mut().for_each(|attributes| attributes.sort());
    let error = [("error.type", "ERR"), ("db.response.status_code", "ERR")];
    assert_eq!(
        seen,
        [
            attributes("SET", &[]),
            attributes("MULTI INCR", &[("db.operation.batch.size", "2")]),
            attributes("LPUSH", &error),
        ]
    );
    // One connection for the topology, which is closed, and one for commands.
    assert_eq!(*counted.connections.lock().unwrap(), [2, 1, 0]);
    hostile.stop(0);
    while counted.connections.lock().unwrap()[2] == 0 {
        client.get("k").await.unwrap_err();
    }
    assert_eq!(counted.connections.lock().unwrap()[..2], [2, 2]);
    hostile.restart(0).await;
    while client.get("k").await.is_err() {}
    drop(client);
    let all_are_closed = || {
        let connections = counted.connections.lock().unwrap();
        connections[0] == connections[1]
    };
    while !all_are_closed() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
