//! GETs of 64 bytes by three clients, each in a process of its own; see the README.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: [&str; 3] = ["tsubame", "redis-rs", "fred"];
const KEYS: usize = 10_000;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's obligations are the system allocator's.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from the system's allocator with this layout.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: `at` came from the system's allocator with this layout.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn option(name: &str, default: &str) -> String {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|arg| arg == name);
    at.and_then(|at| args.get(at + 1)).map_or_else(|| default.to_owned(), Clone::clone)
}

fn main() {
    let worker = option("--worker", "");
    if worker.is_empty() {
        return orchestrate();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work(&worker));
}

/// Runs the clients in turn and prints what they did, medians and extremes.
fn orchestrate() {
    let rounds: usize = option("--rounds", "5").parse().unwrap();
    let mut results: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
    for round in 0..rounds {
        let mut order = CLIENTS;
        if round % 2 == 1 {
            order.reverse();
        }
        for client in order {
            let own = std::env::args().skip(1).collect::<Vec<_>>();
            let child = Command::new(std::env::current_exe().unwrap())
                .args(own)
                .args(["--worker", client])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let numbers = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            results.entry(client).or_default().push(numbers);
        }
    }
    println!("client      ops/cpu-s (min..max)           ops/s   allocations/op  extra/op");
    for client in CLIENTS {
        let column = |at: usize| {
            let mut values: Vec<f64> = results[client].iter().map(|row| row[at]).collect();
            values.sort_by(f64::total_cmp);
            (values[values.len() / 2], values[0], values[values.len() - 1])
        };
        let (per_cpu, least, most) = column(0);
        println!(
            "{client:<9} {per_cpu:>9.0} ({least:.0}..{most:.0}) {:>12.0} {:>12.2} {:>13.4}",
            column(1).0,
            column(2).0,
            column(3).0
        );
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

/// Sends a command to each server and gives what they answer within a moment.
fn ask(seeds: &str, request: &str) -> Vec<String> {
    let ask = |addr: &str| {
        let mut stream = std::net::TcpStream::connect(addr).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    seeds.split(',').map(ask).collect()
}

/// What the servers were sent besides the load's own command and our questions.
fn extra_commands(seeds: &str) -> u64 {
    let calls = |line: &str| line.split("calls=").nth(1)?.split(',').next()?.parse::<u64>().ok();
    let ours = ["cmdstat_get:", "cmdstat_info:", "cmdstat_config|"];
    ask(seeds, "*2\r\n$4\r\nINFO\r\n$12\r\ncommandstats\r\n")
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| line.starts_with("cmdstat_"))
        .filter(|line| !ours.iter().any(|prefix| line.starts_with(prefix)))
        .filter_map(calls)
        .sum()
}

fn key(n: usize) -> String {
    format!("key:{:06}", n % KEYS)
}

/// Warms up, measures, and prints: commands per CPU second, per second, allocations and extra
/// commands per command.
async fn work(client: &str) {
    let seeds = option("--seeds", "127.0.0.1:7000");
    let concurrency: usize = option("--concurrency", "64").parse().unwrap();
    let seconds: f64 = option("--seconds", "3").parse().unwrap();
    match client {
        "tsubame" => {
            let client = tsubame_client::Client::connect(&seeds).await.unwrap();
            for n in 0..KEYS {
                client.set(key(n), "v".repeat(64)).await.unwrap();
            }
            measure(&seeds, concurrency, seconds, move |n| {
                let client = client.clone();
                async move {
                    assert_eq!(client.get(key(n)).await.unwrap().unwrap().len(), 64);
                }
            })
            .await;
        }
        "redis-rs" => {
            let nodes: Vec<String> =
                seeds.split(',').map(|seed| format!("redis://{seed}")).collect();
            let client = redis::cluster::ClusterClient::new(nodes).unwrap();
            let connection = client.get_async_connection().await.unwrap();
            measure(&seeds, concurrency, seconds, move |n| {
                let mut connection = connection.clone();
                async move {
                    let value: Vec<u8> =
                        redis::cmd("GET").arg(key(n)).query_async(&mut connection).await.unwrap();
                    assert_eq!(value.len(), 64);
                }
            })
            .await;
        }
        "fred" => {
            use fred::prelude::*;
            let config = Config::from_url_clustered(&format!("redis-cluster://{}", {
                let mut seeds = seeds.split(',');
                let first = seeds.next().unwrap().to_owned();
                let rest: Vec<String> = seeds.map(|seed| format!("node={seed}")).collect();
                format!("{first}?{}", rest.join("&"))
            }))
            .unwrap();
            let client = Builder::from_config(config).build().unwrap();
            client.init().await.unwrap();
            measure(&seeds, concurrency, seconds, move |n| {
                let client = client.clone();
                async move {
                    let value: Vec<u8> = client.get(key(n)).await.unwrap();
                    assert_eq!(value.len(), 64);
                }
            })
            .await;
        }
        other => panic!("{other}"),
    }
}

async fn measure<F: Future<Output = ()> + 'static>(
    seeds: &str,
    concurrency: usize,
    seconds: f64,
    get: impl Fn(usize) -> F + Clone + 'static,
) {
    static STOP: AtomicBool = AtomicBool::new(false);
    static DONE: AtomicU64 = AtomicU64::new(0);
    let local = tokio::task::LocalSet::new();
    for task in 0..concurrency {
        let get = get.clone();
        local.spawn_local(async move {
            let mut n = task * 7919;
            while !STOP.load(Ordering::Relaxed) {
                get(n).await;
                n += 1;
                DONE.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    local
        .run_until(async {
            tokio::time::sleep(Duration::from_secs_f64(seconds / 3.0)).await;
            ask(seeds, "*2\r\n$6\r\nCONFIG\r\n$9\r\nRESETSTAT\r\n");
            let (done, cpu, allocations) =
                (DONE.load(Ordering::Relaxed), cpu_seconds(), ALLOCATIONS.load(Ordering::Relaxed));
            let start = Instant::now();
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
            let allocations = ALLOCATIONS.load(Ordering::Relaxed) - allocations;
            let done = (DONE.load(Ordering::Relaxed) - done) as f64;
            println!(
                "{} {} {} {}",
                done / cpu,
                done / wall,
                allocations as f64 / done,
                extra_commands(seeds) as f64 / done
            );
            STOP.store(true, Ordering::Relaxed);
        })
        .await;
}
