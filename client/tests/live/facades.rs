//! The client behind other faces: without async, and as a connection of redis-rs.

use std::path::Path;
use std::time::Duration;

use redis::AsyncCommands;
use tsubame_client::{Event, commands};

use crate::on_both_servers;
use crate::support::Cluster;

on_both_servers! {
    code_for_redis_rs_runs_on_the_client,
    the_client_works_without_async,
}

async fn code_for_redis_rs_runs_on_the_client(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let mut connection = cluster.client().await.redis_rs();
    let _: () = connection.set("user:1", "Ada").await.unwrap();
    let name: String = connection.get("user:1").await.unwrap();
    assert_eq!(name, "Ada");
    let missing: Option<String> = connection.get("user:2").await.unwrap();
    assert_eq!(missing, None);
    let _: () = connection.hset_multiple("h", &[("a", 1), ("b", 2)]).await.unwrap();
    let all: std::collections::HashMap<String, i64> = connection.hgetall("h").await.unwrap();
    assert_eq!(all["b"], 2);
    // A pipeline over all slots, which redis-rs' own cluster connection refuses.
    let mut pipe = redis::pipe();
    for n in 0..50 {
        pipe.set(format!("k{n}"), n).ignore();
    }
    for n in 0..50 {
        pipe.get(format!("k{n}"));
    }
    let values: Vec<i64> = pipe.query_async(&mut connection).await.unwrap();
    assert_eq!(values, (0..50).collect::<Vec<_>>());
    let mut atomic = redis::pipe();
    atomic.atomic().incr("{t}a", 1).incr("{t}b", 2);
    let sums: (i64, i64) = atomic.query_async(&mut connection).await.unwrap();
    assert_eq!(sums, (1, 2));
    let error = connection.incr::<_, _, i64>("user:1", 1).await.unwrap_err();
    assert!(error.to_string().contains("not an integer"), "{error}");
    let script = redis::Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    let n: i64 = script.key("n").arg(5).invoke_async(&mut connection).await.unwrap();
    assert_eq!(n, 5);
    let keys: i64 = redis::cmd("DBSIZE").query_async(&mut connection).await.unwrap();
    assert_eq!(keys, 50 + 5);
}

async fn the_client_works_without_async(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    let builder = cluster.builder();
    let thread = std::thread::spawn(move || {
        let client = tsubame_client::sync::Client::build(builder).unwrap();
        client.run(commands::set("a", 1)).unwrap();
        assert_eq!(client.run(commands::incr("a")).unwrap(), 2);
        let mut batch = client.batch();
        let tickets: Vec<_> =
            (0..100).map(|n| batch.push(commands::incr(format!("k{n}")))).collect();
        let mut replies = batch.run();
        assert!(tickets.into_iter().all(|ticket| replies.take(ticket).unwrap() == 1));
        let mut atomic = client.atomic();
        let n = atomic.push(commands::incr("a"));
        assert_eq!(atomic.run().unwrap().take(n).unwrap(), 3);
        let blocked = client.run_blocking(commands::blpop(["q"], 0.01)).unwrap();
        assert_eq!(blocked, None);
        let mut messages = client.subscribe(["c"]).unwrap();
        client.run(commands::publish("c", "m")).unwrap();
        assert!(matches!(messages.next(Duration::from_secs(5)), Some(Event::Message(_))));
        assert!(messages.next(Duration::from_millis(10)).is_none());
        let error = client.run(commands::lpush("a", ["x"])).unwrap_err();
        assert_eq!(error.code(), Some("WRONGTYPE"));
        // From several threads.
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let client = client.clone();
                std::thread::spawn(move || {
                    for _ in 0..100 {
                        client.run(commands::incr("n")).unwrap();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(client.run(commands::get("n").as_::<i64>()).unwrap(), 400);
    });
    tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
}
