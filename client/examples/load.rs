//! Loads a cluster (or a single server) and says what it took.
//!
//! ```text
//! cargo run --release -p tsubame-client --example load -- --seeds 127.0.0.1:7000,127.0.0.1:7001 \
//!     --concurrency 64 --pipeline 1 --seconds 10 --value-size 64 --keys 100000 --sets 20
//! ```
//!
//! Prints throughput, latencies, and what the client asked the servers besides the load.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tsubame_client::{Client, Error, commands};

struct Options {
    seeds: String,
    concurrency: usize,
    pipeline: usize,
    seconds: f64,
    /// Ends after so many commands, whatever the time; 0: by time only.
    requests: u64,
    value_size: usize,
    keys: u64,
    /// Percent of the commands that write.
    sets: u32,
    connections: usize,
}

const USAGE: &str = "options: --seeds HOST:PORT[,…] --concurrency N --pipeline N --seconds S \
    --requests N --value-size BYTES --keys N --sets PERCENT --connections N";

fn options() -> Result<Options, String> {
    let mut options = Options {
        seeds: "127.0.0.1:7000".to_owned(),
        concurrency: 64,
        pipeline: 1,
        seconds: 5.0,
        requests: 0,
        value_size: 64,
        keys: 100_000,
        sets: 10,
        connections: 1,
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value; {USAGE}"))?;
        let bad = || format!("{name} {value}: not a number");
        match name.as_str() {
            "--seeds" => options.seeds = value,
            "--concurrency" => options.concurrency = value.parse().map_err(|_| bad())?,
            "--pipeline" => options.pipeline = value.parse().map_err(|_| bad())?,
            "--seconds" => options.seconds = value.parse().map_err(|_| bad())?,
            "--requests" => options.requests = value.parse().map_err(|_| bad())?,
            "--value-size" => options.value_size = value.parse().map_err(|_| bad())?,
            "--keys" => options.keys = value.parse().map_err(|_| bad())?,
            "--sets" => options.sets = value.parse().map_err(|_| bad())?,
            "--connections" => options.connections = value.parse().map_err(|_| bad())?,
            _ => return Err(format!("unknown option {name}; {USAGE}")),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Arc::new(options()?);
    let client = Client::builder()
        .url(&options.seeds)?
        .connections_per_node(options.connections)
        .connect()
        .await?;
    let topology = client.topology();
    println!(
        "{:?}: {} shards, {} nodes, {} of 16384 slots covered",
        topology.kind(),
        topology.shards().len(),
        topology.nodes().len(),
        topology.slots_covered()
    );
    let (done, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let before = client.stats();
    let start = Instant::now();
    let workers: Vec<_> = (0..options.concurrency)
        .map(|_| {
            let (client, options) = (client.clone(), options.clone());
            let (done, failed) = (done.clone(), failed.clone());
            tokio::spawn(worker(client, options, start, done, failed))
        })
        .collect();
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut first_error = None;
    for worker in workers {
        let (histogram, error) = worker.await?;
        latencies.add(histogram)?;
        first_error = first_error.or(error);
    }
    let (seconds, done) = (start.elapsed().as_secs_f64(), done.load(Ordering::Relaxed));
    let unit = if options.pipeline > 1 { "batch" } else { "command" };
    println!("{done} commands in {seconds:.2} s: {:.0} per second", done as f64 / seconds);
    let at = |q| latencies.value_at_quantile(q) as f64 / 1000.0;
    println!(
        "ms per {unit}: mean {:.3}, p50 {:.3}, p95 {:.3}, p99 {:.3}, p99.9 {:.3}, max {:.3}",
        latencies.mean() / 1000.0,
        at(0.5),
        at(0.95),
        at(0.99),
        at(0.999),
        latencies.max() as f64 / 1000.0
    );
    let stats = client.stats();
    println!(
        "topology requests: {} ({} before the load); MOVED {}, ASK {}, pauses {}, retries {}, dials {}",
        stats.topology_requests,
        before.topology_requests,
        stats.moved,
        stats.ask,
        stats.backoffs,
        stats.retries,
        stats.dials
    );
    let failed = failed.load(Ordering::Relaxed);
    println!("errors: {failed}{}", first_error.map_or(String::new(), |e| format!(", first: {e}")));
    Ok(())
}

/// Sends until the time or the number is up; gives its latencies in µs and its first error.
async fn worker(
    client: Client,
    options: Arc<Options>,
    start: Instant,
    done: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
) -> (Histogram<u64>, Option<Error>) {
    let mut latencies = Histogram::new(3).expect("3 digits are allowed");
    let mut first_error = None;
    let value = vec![b'x'; options.value_size];
    let end = Duration::from_secs_f64(options.seconds);
    let batch_len = options.pipeline.max(1) as u64;
    loop {
        let over = if options.requests > 0 {
            done.fetch_add(batch_len, Ordering::Relaxed) >= options.requests
        } else {
            start.elapsed() >= end
        };
        if over {
            break;
        }
        let sent = Instant::now();
        let mut note = |result: Result<(), Error>| {
            if let Err(error) = result {
                failed.fetch_add(1, Ordering::Relaxed);
                first_error.get_or_insert(error);
            }
        };
        let key = || format!("key:{:010}", rand::random_range(0..options.keys));
        let is_set = || rand::random_range(0..100) < options.sets;
        if options.pipeline > 1 {
            let mut batch = client.batch();
            for _ in 0..options.pipeline {
                if is_set() {
                    batch.push(commands::set(key(), &value));
                } else {
                    batch.push(commands::get(key()));
                }
            }
            for result in batch.run().await.into_results() {
                note(result.map(drop));
            }
        } else if is_set() {
            note(client.set(key(), &value).await.map(drop));
        } else {
            note(client.get(key()).await.map(drop));
        }
        let _ = latencies.record(sent.elapsed().as_micros() as u64);
        if options.requests == 0 {
            done.fetch_add(batch_len, Ordering::Relaxed);
        }
    }
    if options.requests > 0 {
        done.fetch_sub(batch_len, Ordering::Relaxed);
    }
    (latencies, first_error)
}
