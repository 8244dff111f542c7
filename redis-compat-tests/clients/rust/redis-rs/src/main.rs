//! redis-rs: the blocking connection in RESP2 and RESP3, the multiplexed async one, and both clusters.

use std::time::Duration;

use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::{AsyncCommands, Commands, ConnectionLike, ProtocolVersion, RedisResult, Value};
use serde_json::{Value as Json, json};

fn say(step: &str, reply: Json) {
    println!("{}", json!({ "step": step, "reply": reply }));
}

/// Prints the reply, or the error: an error is a reply like any other.
fn attempt<T: Into<Json>>(step: &str, reply: RedisResult<T>) {
    match reply {
        Ok(reply) => say(step, reply.into()),
        Err(error) => say(step, json!(format!("error: {error}"))),
    }
}

/// A reply as the wire had it, type and all.
fn raw(step: &str, reply: RedisResult<Value>) {
    attempt(step, reply.map(|reply| format!("{reply:?}")));
}

fn words(command: &str) -> redis::Cmd {
    let mut parts = command.split(' ');
    let mut cmd = redis::cmd(parts.next().unwrap_or_default());
    for part in parts {
        cmd.arg(part);
    }
    cmd
}

const SCRIPTED: &[&str] = &[
    "SET k v",
    "GET k",
    "GET missing",
    "SET k w NX",
    "SET k x PX 100000 GET",
    "TTL k",
    "GETEX k PERSIST",
    "APPEND k yz",
    "GETRANGE k 0 -2",
    "STRLEN k",
    "INCRBY n 41",
    "INCRBYFLOAT n 0.5",
    "INCR k",
    "PEXPIREAT k 4000000000000",
    "PEXPIRETIME k",
    "TYPE k",
    "EXISTS k",
    "HSET h a 1 b 2 c x",
    "HGETALL h",
    "HMGET h a zz",
    "HINCRBYFLOAT h a 0.25",
    "HDEL h a zz",
    "RPUSH l a b c d e",
    "LRANGE l 1 -2",
    "LPOS l c",
    "LMPOP 1 l LEFT COUNT 2",
    "BLPOP l 1",
    "BLPOP nothing 0.05",
    "SADD s a",
    "SMEMBERS s",
    "SISMEMBER s a",
    "SMISMEMBER s a z",
    "ZADD z 1 a 2.5 b inf c",
    "ZRANGE z 0 -1 WITHSCORES",
    "ZSCORE z c",
    "ZINCRBY z 0.25 a",
    "ZRANK z b WITHSCORE",
    "ZPOPMIN z",
    "BZPOPMAX z 1",
    "LPUSH z x",
    "ZADD z nan a",
    "OBJECT ENCODING h",
    "GET a b",
    "EVALSHA 0000000000000000000000000000000000000000 1 k",
    "HSCAN h 0",
    "COPY {t}a {t}b",
    "LMOVE l l LEFT RIGHT",
    "GETDEL k",
    "SPOP nothing",
    "ZRANGESTORE {z}d {z}s 0 -1",
];

fn commands(con: &mut impl ConnectionLike, p: &str) {
    for command in SCRIPTED {
        raw(&format!("{p} {command}"), words(command).query(con));
    }
    let big = "b".repeat(1_000_000);
    attempt(&format!("{p} 1 MB"), con.set::<_, _, String>("big", &big));
    attempt(&format!("{p} 1 MB back"), con.get::<_, String>("big").map(|value| value == big));
    let binary: Vec<u8> = (0..=255).collect();
    attempt(&format!("{p} binary"), con.set::<_, _, String>("bin", &binary));
    attempt(&format!("{p} binary back"), con.get::<_, Vec<u8>>("bin").map(|value| value == binary));
    attempt(&format!("{p} soon"), con.pset_ex::<_, _, String>("soon", 1, 30));
    std::thread::sleep(Duration::from_millis(100));
    attempt(&format!("{p} expired"), con.exists::<_, bool>("soon"));
    let script = redis::Script::new("return {KEYS[1], ARGV[1], 3, redis.call('INCR', KEYS[1])}");
    for turn in ["first", "second"] {
        raw(&format!("{p} script {turn}"), script.key("{t}n").arg("x").invoke(con));
    }
    raw(
        &format!("{p} script error"),
        redis::Script::new("return redis.error_reply('MY error')").key("k").invoke(con),
    );
    let mut pipe = redis::pipe();
    for i in 0..1000 {
        pipe.cmd("SET")
            .arg(format!("{{p}}{}", i % 50))
            .arg(i)
            .cmd("GET")
            .arg(format!("{{p}}{}", i % 50));
    }
    let answers: RedisResult<Vec<Value>> = pipe.query(con);
    attempt(
        &format!("{p} 1000 deep"),
        answers.map(|all| format!("{} {:?}", all.len(), all.last())),
    );
    raw(
        &format!("{p} multi"),
        redis::pipe().atomic().set("{t}a", 1).incr("{t}a", 1).get("{t}a").query(con),
    );
}

fn url(address: &str, protocol: ProtocolVersion) -> String {
    let suffix = if protocol == ProtocolVersion::RESP3 { "?protocol=resp3" } else { "" };
    format!("redis://{address}/{suffix}")
}

fn single(address: &str) -> RedisResult<()> {
    for protocol in [ProtocolVersion::RESP2, ProtocolVersion::RESP3] {
        let p = format!("{protocol:?}");
        let client = redis::Client::open(url(address, protocol))?;
        let mut con = client.get_connection()?;
        raw(&format!("{p} flushall"), words("FLUSHALL").query(&mut con));
        commands(&mut con, &p);
        for command in [
            "CLIENT SETNAME me",
            "CLIENT GETNAME",
            "NOSUCH a",
            "SELECT 3",
            "SELECT 99",
            "DBSIZE",
            "SELECT 0",
            "COMMAND INFO get nosuch",
        ] {
            raw(&format!("{p} {command}"), words(command).query(&mut con));
        }
        for i in 0..100 {
            con.set::<_, _, ()>(format!("scan:{i}"), i)?;
        }
        let seen: std::collections::HashSet<String> =
            con.scan_match("scan:*")?.collect::<RedisResult<_>>()?;
        say(&format!("{p} scan"), json!(seen.len()));
        raw(&format!("{p} WATCH"), words("WATCH {t}a").query(&mut con));
        client.get_connection()?.set::<_, _, ()>("{t}a", "changed")?;
        raw(
            &format!("{p} watched multi"),
            redis::pipe().atomic().set("{t}a", "mine").query(&mut con),
        );

        let mut listening = client.get_connection()?;
        let mut pubsub = listening.as_pubsub();
        pubsub.subscribe("channel")?;
        pubsub.psubscribe("chan*")?;
        raw(&format!("{p} publish"), words("PUBLISH channel hello").query(&mut con));
        for _ in 0..2 {
            let message = pubsub.get_message()?;
            say(
                &format!("{p} message"),
                json!([
                    message.get_channel_name(),
                    message.get_payload::<String>()?,
                    message.from_pattern()
                ]),
            );
        }
        let waiting = client.clone();
        let thread = std::thread::spawn(move || {
            waiting.get_connection()?.blpop::<_, Vec<String>>("queue", 5.0)
        });
        std::thread::sleep(Duration::from_millis(100));
        con.rpush::<_, _, ()>("queue", "job")?;
        attempt(
            &format!("{p} blpop wakes"),
            thread.join().expect("the thread does not panic").map(|job| json!(job)),
        );
    }
    asynchronously(async {
        let client = redis::Client::open(format!("redis://{address}/"))?;
        let con = client.get_multiplexed_async_connection().await?;
        let calls = (0..500).map(|i| {
            let mut con = con.clone();
            async move { con.set::<_, _, String>(format!("async:{i}"), i).await }
        });
        let answers = futures_util::future::join_all(calls).await;
        say("500 at once", json!(answers.iter().filter(|answer| answer.is_ok()).count()));
        let mut con = con.clone();
        raw(
            "async multi",
            redis::pipe().atomic().set("x", 1).incr("x", 1).query_async(&mut con).await,
        );
        Ok(())
    })
}

fn cluster(address: &str) -> RedisResult<()> {
    for protocol in [ProtocolVersion::RESP2, ProtocolVersion::RESP3] {
        let p = format!("{protocol:?}");
        let client = ClusterClientBuilder::new([format!("redis://{address}/")])
            .use_protocol(protocol)
            .build()?;
        let mut con = client.get_connection()?;
        raw(&format!("{p} flushall"), words("FLUSHALL").query(&mut con));
        commands(&mut con, &p);
        for i in 0..100 {
            con.set::<_, _, ()>(format!("key:{i}"), i)?;
        }
        attempt(
            &format!("{p} keys of all"),
            words("KEYS key:*").query::<Vec<String>>(&mut con).map(|keys| keys.len()),
        );
        raw(&format!("{p} cross slot rename"), words("RENAMENX a b").query(&mut con));
        raw(&format!("{p} mset over slots"), words("MSET a 1 b 2 c 3").query(&mut con));
        raw(&format!("{p} mget over slots"), words("MGET a b c").query(&mut con));
        raw(&format!("{p} keyslot"), words("CLUSTER KEYSLOT foo{bar}").query(&mut con));
    }
    asynchronously(async {
        let client = ClusterClient::new([format!("redis://{address}/")])?;
        let con = client.get_async_connection().await?;
        let calls = (0..500).map(|i| {
            let mut con = con.clone();
            async move { con.set::<_, _, String>(format!("async:{i}"), i).await }
        });
        let answers = futures_util::future::join_all(calls).await;
        say("500 at once", json!(answers.iter().filter(|answer| answer.is_ok()).count()));
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let client = ClusterClientBuilder::new([format!("redis://{address}/")])
            .use_protocol(ProtocolVersion::RESP3)
            .push_sender(sender)
            .build()?;
        let mut subscriber = client.get_async_connection().await?;
        subscriber.ssubscribe("shard-channel").await?;
        let mut con = con.clone();
        raw("spublish", words("SPUBLISH shard-channel hello").query_async(&mut con).await);
        for _ in 0..2 {
            match tokio::time::timeout(Duration::from_secs(2), receiver.recv()).await {
                Ok(Some(push)) => say("push", json!(format!("{:?} {:?}", push.kind, push.data))),
                _ => say("push", json!("none")),
            }
        }
        Ok(())
    })
}

fn traffic(address: &str) -> RedisResult<()> {
    let mut con = ClusterClient::new([format!("redis://{address}/")])?.get_connection()?;
    let count: usize =
        std::env::var("TRAFFIC_COMMANDS").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    for i in 0..count / 2 {
        con.set::<_, _, ()>(format!("key:{}", i % 500), i)?;
        con.get::<_, String>(format!("key:{}", i % 500))?;
    }
    Ok(())
}

fn asynchronously(work: impl Future<Output = RedisResult<()>>) -> RedisResult<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(work)
}

fn main() -> RedisResult<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let address = format!("{}:{}", arguments[2], arguments[3]);
    match arguments[1].as_str() {
        "single" => single(&address)?,
        "cluster" => cluster(&address)?,
        _ => traffic(&address)?,
    }
    say_done();
    Ok(())
}

fn say_done() {
    println!("{}", json!({ "step": "done" }));
}
