//! One measurement of one client, in a process of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::LocalSet;
use tsubame_client::{SLOT_COUNT, Slot};
use tsubame_client_testing::allocations::count;

use crate::clients::{self, Rival};
use crate::{number, option};

pub(crate) const KEYS: usize = 10_000;

pub(crate) fn key(n: usize) -> String {
    format!("key:{:06}", n % KEYS)
}

pub(crate) async fn run() {
    let seeds = option("--seeds", "127.0.0.1:7000");
    match option("--client", "tsubame").as_str() {
        "tsubame" => load(clients::tsubame(&seeds).await).await,
        "redis-rs" => load(clients::redis_rs(&seeds).await).await,
        "fred" => load(clients::fred(&seeds).await).await,
        "single" => {
            let seed = seeds.split(',').next().unwrap_or_default();
            load(clients::tsubame(seed).await).await;
        }
        other => panic!("no client {other}"),
    }
}

async fn load(client: impl Rival) {
    match option("--load", "get").as_str() {
        "get" => closed(client).await,
        "batch" => batches(client).await,
        "windows" => LocalSet::new().run_until(windows(client)).await,
        other => panic!("no load {other}"),
    }
}

/// Seconds of CPU time of this process so far.
fn cpu_seconds() -> f64 {
    // SAFETY: all zeroes is a valid value of this struct of numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is valid for writing for the whole call.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// GETs by so many tasks at once. Prints: commands per CPU second, commands per second, allocations per
/// command, commands, and how many failed.
///
/// The tasks are the runtime's, as an application's are. A `LocalSet` would run 61 of them and then let
/// the connections write, so that no write would have more than two such portions, of all nodes together.
async fn closed(client: impl Rival) {
    let (done, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    for task in 0..number("--concurrency", 64.0) as usize {
        let (client, done, failed) = (client.clone(), done.clone(), failed.clone());
        tokio::spawn(async move {
            for n in task * 7919.. {
                if client.get(key(n)).await.is_err() {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(Duration::from_secs_f64(number("--warmup", 1.0))).await;
    let before = (done.load(Ordering::Relaxed), cpu_seconds(), count());
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs_f64(number("--seconds", 3.0))).await;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before.1);
    let allocations = (count() - before.2) as f64;
    let done = (done.load(Ordering::Relaxed) - before.0) as f64;
    let failed = failed.load(Ordering::Relaxed);
    println!("{} {} {} {done} {failed}", done / cpu, done / wall, allocations / done);
}

/// Batches of 32 keys of all slots, and the same keys one after the other. Prints: keys per second in
/// batches, keys per second in sequence.
async fn batches(client: impl Rival) {
    let time = Duration::from_secs_f64(number("--seconds", 3.0) / 10.0);
    let (mut batched, mut sequential) = ((0, 0.0), (0, 0.0));
    // In turn, so that both have the same share of what else the machine does.
    for round in 0..11 {
        let start = Instant::now();
        let mut count = 0;
        while start.elapsed() < time / 2 {
            let keys = (0..32).map(|n| key(count + n * 7919)).collect();
            assert_eq!(client.get_many(keys).await, Ok(32));
            count += 32;
        }
        let batch = (count, start.elapsed().as_secs_f64());
        let start = Instant::now();
        let mut count = 0;
        while start.elapsed() < time / 2 {
            for n in 0..32 {
                client.get(key(count + n * 7919)).await.unwrap();
            }
            count += 32;
        }
        if round > 0 {
            batched = (batched.0 + batch.0, batched.1 + batch.1);
            sequential = (sequential.0 + count, sequential.1 + start.elapsed().as_secs_f64());
        }
    }
    println!("{} {}", f64::from(batched.0 as u32) / batched.1, sequential.0 as f64 / sequential.1);
}

/// Keys whose slots belong to part `part` of `parts` equal ones.
fn keys_of(part: usize, parts: usize) -> Vec<String> {
    let owner = |key: &String| {
        let slot = usize::from(Slot::of(key.as_bytes()).get());
        (0..parts).find(|part| slot < SLOT_COUNT * (part + 1) / parts)
    };
    (0..KEYS).map(key).filter(|key| owner(key) == Some(part)).collect()
}

/// Each shard has its own GETs at a fixed rate that no reply delays. Prints a line for each success:
/// shard, µs since the Unix epoch; and at the end one with the number of failures of each shard.
async fn windows(client: impl Rival) {
    let shards = number("--shards", 3.0) as usize;
    let gap = Duration::from_secs_f64(shards as f64 / number("--rate", 3_000.0));
    let end = Duration::from_secs_f64(number("--seconds", 10.0));
    let epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let start = Instant::now();
    let successes = Rc::new(RefCell::new(Vec::<(usize, Duration)>::new()));
    let failures = Rc::new(RefCell::new(vec![0u64; shards]));
    let mut pacers = Vec::new();
    for shard in 0..shards {
        let (client, keys) = (client.clone(), Rc::new(keys_of(shard, shards)));
        let (successes, failures) = (successes.clone(), failures.clone());
        pacers.push(tokio::task::spawn_local(async move {
            let mut n = 0u32;
            while gap * n < end {
                tokio::time::sleep_until((start + gap * n).into()).await;
                let (client, key) = (client.clone(), keys[n as usize % keys.len()].clone());
                let (successes, failures) = (successes.clone(), failures.clone());
                tokio::task::spawn_local(async move {
                    match client.get(key).await {
                        Ok(_) => successes.borrow_mut().push((shard, start.elapsed())),
                        Err(_) => failures.borrow_mut()[shard] += 1,
                    }
                });
                n += 1;
            }
        }));
    }
    for pacer in pacers {
        pacer.await.unwrap();
    }
    let mut out = String::new();
    for (shard, at) in successes.borrow().iter() {
        out += &format!("{shard} {}\n", (epoch + *at).as_micros());
    }
    let failures: Vec<String> = failures.borrow().iter().map(u64::to_string).collect();
    println!("{out}failed {}", failures.join(" "));
}
