//! fred: a client in RESP2 and RESP3, a subscriber client, and the clustered client.

use std::collections::BTreeSet;
use std::time::Duration;

use fred_client::prelude::*;
use fred_client::types::scan::Scanner;
use fred_client::types::{ClusterHash, CustomCommand, RespVersion, Value};
use serde_json::{Value as Json, json};

fn say(step: &str, reply: Json) {
    println!("{}", json!({ "step": step, "reply": reply }));
}

/// Prints the reply, or the error: an error is a reply like any other.
fn attempt(step: &str, reply: Result<Value, Error>) {
    match reply {
        Ok(reply) => say(step, json!(show(&reply))),
        Err(error) => say(step, json!(format!("error: {error}"))),
    }
}

/// A reply with its type; the order of a map is fred's own, so maps are sorted here.
fn show(reply: &Value) -> String {
    match reply {
        Value::Map(map) => {
            let mut pairs: Vec<String> = map
                .clone()
                .inner()
                .iter()
                .map(|(key, value)| format!("{:?}: {}", key.as_str_lossy(), show(value)))
                .collect();
            pairs.sort();
            format!("Map {{{}}}", pairs.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

async fn custom(client: &Client, command: &str) -> Result<Value, Error> {
    let mut parts = command.split(' ').map(String::from);
    let name = parts.next().unwrap_or_default();
    client
        .custom(
            CustomCommand::new(name, ClusterHash::FirstKey, false),
            parts.collect::<Vec<String>>(),
        )
        .await
}

const SCRIPTED: &[&str] = &[
    "SET k v",
    "GET k",
    "GET missing",
    "SET k w NX",
    "SET k x PX 100000 GET",
    "TTL k",
    "APPEND k yz",
    "INCRBY n 41",
    "INCRBYFLOAT n 0.5",
    "INCR k",
    "HSET h a 1 b 2 c x",
    "HGETALL h",
    "HMGET h a zz",
    "HINCRBYFLOAT h a 0.25",
    "RPUSH l a b c d",
    "LRANGE l 1 -2",
    "LPOS l c",
    "SADD s a",
    "SMEMBERS s",
    "SMISMEMBER s a z",
    "ZADD z 1 a 2.5 b inf c",
    "ZRANGE z 0 -1 WITHSCORES",
    "ZSCORE z c",
    "ZINCRBY z 0.25 a",
    "ZPOPMIN z",
    "LPUSH z x",
    "GET a b",
    "TYPE z",
    "EXISTS k",
    "PEXPIREAT k 4000000000000",
    "PEXPIRETIME k",
    "ZADD z nan a",
    "GETDEL k",
    "HSCAN h 0",
];

async fn commands(client: &Client, p: &str) -> Result<(), Error> {
    for command in SCRIPTED {
        attempt(&format!("{p} {command}"), custom(client, command).await);
    }
    attempt(
        &format!("{p} typed set"),
        client.set("typed", "v", Some(Expiration::EX(100)), Some(SetOptions::NX), false).await,
    );
    attempt(&format!("{p} typed mget"), client.mget(vec!["{t}x", "{t}y"]).await);
    attempt(&format!("{p} typed blpop"), client.blpop("l", 1.0).await);
    attempt(&format!("{p} typed blpop timeout"), client.blpop("nothing", 0.05).await);
    attempt(&format!("{p} typed hset"), client.hset("h2", ("f", "v")).await);
    attempt(&format!("{p} typed zrange"), client.zrange("z", 0, -1, None, false, None, true).await);
    attempt(
        &format!("{p} 1 MB"),
        client.set("big", "b".repeat(1_000_000), None, None, false).await,
    );
    say(&format!("{p} 1 MB back"), json!(client.get::<String, _>("big").await?.len()));
    attempt(
        &format!("{p} eval"),
        client.eval("return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", "n", "x").await,
    );
    attempt(
        &format!("{p} script error"),
        client.eval("return redis.error_reply('MY error')", "n", "x").await,
    );
    attempt(&format!("{p} evalsha missing"), client.evalsha("0".repeat(40), "n", "x").await);
    let pipeline = client.pipeline();
    for i in 0..1000 {
        let _: () = pipeline.set(format!("{{p}}{}", i % 50), i, None, None, false).await?;
        let _: () = pipeline.get(format!("{{p}}{}", i % 50)).await?;
    }
    let answers: Vec<Value> = pipeline.all().await?;
    say(&format!("{p} 1000 deep"), json!([answers.len(), answers.last().map(show)]));
    let multi = client.multi();
    let _: () = multi.set("{t}a", 1, None, None, false).await?;
    let _: () = multi.incr("{t}a").await?;
    attempt(&format!("{p} multi"), multi.exec(true).await);
    client.set::<(), _, _>("soon", 1, Some(Expiration::PX(30)), None, false).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    attempt(&format!("{p} expired"), client.exists("soon").await);
    Ok(())
}

async fn connect(url: &str, version: RespVersion) -> Result<Client, Error> {
    let mut config = Config::from_url(url)?;
    config.version = version;
    let client = Builder::from_config(config).build()?;
    client.init().await?;
    Ok(client)
}

async fn pubsub(client: &Client, url: &str, p: &str, sharded: bool) -> Result<(), Error> {
    let subscriber = Builder::from_config(Config::from_url(url)?).build_subscriber_client()?;
    subscriber.init().await?;
    let mut messages = subscriber.message_rx();
    if sharded {
        subscriber.ssubscribe("channel").await?;
        attempt(&format!("{p} spublish"), client.spublish("channel", "hello").await);
    } else {
        subscriber.subscribe("channel").await?;
        subscriber.psubscribe("chan*").await?;
        client.publish::<(), _, _>("channel", "hello").await?;
    }
    // fred calls itself subscribed before the server has said so: until then messages pass by.
    let wanted = if sharded { 1 } else { 2 };
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        while seen.len() < wanted {
            match tokio::time::timeout(Duration::from_millis(250), messages.recv()).await {
                Ok(Ok(message)) => seen
                    .insert(format!("{:?} {} {:?}", message.kind, message.channel, message.value)),
                _ => break,
            };
        }
        if seen.len() == wanted {
            break;
        }
        if sharded {
            client.spublish::<(), _, _>("channel", "hello").await?;
        } else {
            client.publish::<(), _, _>("channel", "hello").await?;
        }
    }
    say(&format!("{p} messages"), json!(seen));
    subscriber.quit().await
}

async fn single(address: &str) -> Result<(), Error> {
    let url = format!("redis://{address}");
    for version in [RespVersion::RESP2, RespVersion::RESP3] {
        let p = format!("{version:?}");
        let client = connect(&url, version).await?;
        client.flushall::<()>(false).await?;
        attempt(&format!("{p} ping"), client.ping(None).await);
        commands(&client, &p).await?;
        attempt(&format!("{p} unknown"), custom(&client, "NOSUCH a").await);
        attempt(
            &format!("{p} client setname"),
            client.client_setname("me").await.map(|()| Value::Null),
        );
        attempt(&format!("{p} client getname"), client.client_getname().await);
        pubsub(&client, &url, &p, false).await?;
        let other = connect(&url, RespVersion::RESP2).await?;
        let waiting = tokio::spawn(async move { other.blpop::<Value, _>("queue", 5.0).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        client.rpush::<(), _, _>("queue", "job").await?;
        attempt(&format!("{p} blpop wakes"), waiting.await.expect("the task does not panic"));
        client.quit().await?;
    }
    Ok(())
}

async fn cluster(address: &str) -> Result<(), Error> {
    let url = format!("redis-cluster://{address}");
    for version in [RespVersion::RESP2, RespVersion::RESP3] {
        let p = format!("{version:?}");
        let client = connect(&url, version).await?;
        client.flushall_cluster().await?;
        commands(&client, &p).await?;
        attempt(&format!("{p} cross slot mget"), client.mget(vec!["a", "b"]).await);
        for i in 0..100 {
            client.set::<(), _, _>(format!("key:{i}"), i, None, None, false).await?;
        }
        let mut seen = std::collections::HashSet::new();
        let mut pages = client.scan_cluster("key:*", Some(9), None);
        while let Some(page) = futures_page(&mut pages).await {
            let mut page = page?;
            for key in page.take_results().unwrap_or_default() {
                seen.insert(key.as_str_lossy().into_owned());
            }
            page.next();
        }
        say(&format!("{p} scan of all nodes"), json!(seen.len()));
        pubsub(&client, &url, &p, false).await?;
        pubsub(&client, &url, &format!("{p} sharded"), true).await?;
        client.quit().await?;
    }
    Ok(())
}

/// The next page of a scan.
async fn futures_page<T>(pages: &mut (impl futures_core::Stream<Item = T> + Unpin)) -> Option<T> {
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *pages).poll_next(cx)).await
}

async fn traffic(address: &str) -> Result<(), Error> {
    let client = connect(&format!("redis-cluster://{address}"), RespVersion::RESP2).await?;
    let count: usize =
        std::env::var("TRAFFIC_COMMANDS").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    for i in 0..count / 2 {
        client.set::<(), _, _>(format!("key:{}", i % 500), i as i64, None, None, false).await?;
        client.get::<String, _>(format!("key:{}", i % 500)).await?;
    }
    client.quit().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let address = format!("{}:{}", arguments[2], arguments[3]);
    match arguments[1].as_str() {
        "single" => single(&address).await?,
        "cluster" => cluster(&address).await?,
        _ => traffic(&address).await?,
    }
    println!("{}", json!({ "step": "done" }));
    Ok(())
}
