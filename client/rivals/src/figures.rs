//! The figures: servers are started, clients run in turn, tables printed.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::servers::{self, Cluster, Hostile, Server, call, counted, seeds, worker};
use crate::table::{Table, median, thousands};
use crate::{number, option};

/// The servers to measure with: their names and programs.
fn server_programs() -> Vec<(String, PathBuf)> {
    option("--server", "valkey-server")
        .split(',')
        .map(|path| {
            let name = Path::new(path).file_name().unwrap_or_default();
            (name.to_string_lossy().into_owned(), PathBuf::from(path))
        })
        .collect()
}

fn client_names(default: &str) -> Vec<String> {
    option("--clients", default).split(',').map(str::to_owned).collect()
}

/// Each client in turn, A B C, C B A, …; what `measure` gives, by client.
fn in_turn(
    clients: &[String],
    mut measure: impl FnMut(&str) -> Option<Vec<f64>>,
) -> Vec<(String, Vec<Vec<f64>>)> {
    let mut results: Vec<(String, Vec<Vec<f64>>)> =
        clients.iter().map(|name| (name.clone(), Vec::new())).collect();
    for round in 0..number("--rounds", 5.0) as usize {
        let mut order: Vec<usize> = (0..clients.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            match measure(&clients[at]) {
                Some(row) if !row.is_empty() => results[at].1.push(row),
                _ => eprintln!("{}: no result", clients[at]),
            }
        }
    }
    results
}

fn column(rows: &[Vec<f64>], at: usize) -> (f64, f64, f64) {
    median(&rows.iter().filter_map(|row| row.get(at).copied()).collect::<Vec<_>>())
}

/// A worker's options for a load of this many seconds.
fn timed(load: &'static str) -> Vec<String> {
    let mut options = vec!["--load".to_owned(), load.to_owned()];
    for name in ["--seconds", "--concurrency", "--warmup"] {
        let value = option(name, "");
        if !value.is_empty() {
            options.extend([name.to_owned(), value]);
        }
    }
    options
}

fn run(client: &str, seeds: &str, options: &[String]) -> Option<Vec<f64>> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    Some(servers::numbers(worker(client, seeds, &options)?))
}

/// How busy the machine was, to be told with every figure.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("load {} on {cores} cores", text.split(' ').next().unwrap_or("unknown"))
}

/// GETs of 64 bytes by 64 tasks, one connection to each node, one thread.
pub(crate) fn speed() {
    let clients = client_names("tsubame,redis-rs,fred,rueidis,go-redis 9");
    for (server, program) in server_programs() {
        let cluster = Cluster::start(&program, 3, false);
        let seeds = seeds(&cluster.ports());
        servers::fill(&seeds);
        println!("\n{server}, {} tasks; {}", option("--concurrency", "64"), load());
        let results = in_turn(&clients, |client| run(client, &seeds, &timed("get")));
        let mut table = Table::new(&[
            "client",
            "GETs per CPU second (least..most)",
            "per second",
            "allocations per GET",
            "ours are so many times as many",
        ]);
        let ours = column(&results[0].1, 0).0;
        for (client, rows) in &results {
            let (per_cpu, least, most) = column(rows, 0);
            table.row(vec![
                client.clone(),
                format!("{} ({}..{})", thousands(per_cpu), thousands(least), thousands(most)),
                thousands(column(rows, 1).0),
                format!("{:.2}", column(rows, 2).0),
                format!("{:.2}", ours / per_cpu),
            ]);
        }
    }
}

/// What the servers are asked besides the commands. The nodes count; set-up is left out.
pub(crate) fn extra() {
    let clients =
        client_names("tsubame,redis-rs,fred,rueidis,go-redis 7.2,go-redis 7.4,go-redis 9");
    let mut table = Table::new(&["servers", "client", "extra per GET", "which", "GETs per second"]);
    for (server, program) in server_programs() {
        let cluster = Cluster::start(&program, 3, false);
        servers::fill(&seeds(&cluster.ports()));
        extra_rows(&format!("steady, {server}"), &clients, &cluster.ports(), &mut table);
    }
    let rows: [(&str, &[&str]); 8] = [
        ("steady, COMMAND of 6 elements", &["--command", "6"]),
        ("H1, 7 elements", &["--command", "7"]),
        ("H1, 10 elements", &["--command", "10"]),
        ("H1, 11 elements", &["--command", "11"]),
        ("H2, COMMAND refused", &["--command", "refused"]),
        ("H2, COMMAND never answered", &["--command", "silent"]),
        ("H3, CLUSTER SLOTS lengthened", &["--slots", "long"]),
        ("H11, all WRONGTYPE", &["--get", "wrongtype"]),
    ];
    for (name, faults) in rows {
        let hostile = Hostile::start(faults);
        extra_rows(name, &clients, &hostile.ports, &mut table);
    }
}

fn extra_rows(name: &str, clients: &[String], ports: &[u16], table: &mut Table) {
    let seconds = number("--seconds", 3.0);
    for client in clients {
        let seconds = seconds.to_string();
        let options = ["--load", "get", "--warmup", "1.5", "--seconds", &seconds];
        let Some(child) = worker(client, &seeds(ports), &options) else {
            eprintln!("{client}: cannot be built");
            continue;
        };
        // In the middle of its measurement, away from its start and its end.
        std::thread::sleep(Duration::from_secs_f64(1.0 + number("--seconds", 3.0) * 0.3));
        ports.iter().for_each(|port| drop(call(*port, "CONFIG RESETSTAT")));
        let start = Instant::now();
        std::thread::sleep(Duration::from_secs_f64(number("--seconds", 3.0) * 0.5));
        let seconds = start.elapsed().as_secs_f64();
        let counted = counted(ports);
        let mut child = child;
        let until = Instant::now() + Duration::from_secs(15);
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
        // The empty sum of floats is -0.0.
        let sum = counted.extra.iter().map(|(_, n)| n).sum::<f64>() + 0.0;
        let each = |n: f64| format!("{:.3}", n / counted.executed);
        let which: Vec<String> =
            counted.extra.iter().take(4).map(|(name, n)| format!("{name} {}", each(*n))).collect();
        let (extra, which) = match counted.executed > 0.0 {
            true => (each(sum), which.join(", ")),
            false => {
                let which = counted.extra.iter().map(|(name, n)| format!("{n:.0} {name}"));
                ("no GET succeeded".to_owned(), which.collect::<Vec<_>>().join(", "))
            }
        };
        table.row(vec![
            name.to_owned(),
            client.clone(),
            extra,
            which,
            thousands(counted.executed / seconds),
        ]);
    }
}

/// Batches of 32 keys over all slots.
pub(crate) fn batch() {
    let clients = client_names("tsubame,fred");
    for (server, program) in server_programs() {
        let cluster = Cluster::start(&program, 3, false);
        let seeds = seeds(&cluster.ports());
        servers::fill(&seeds);
        println!("\n{server}, one task, batches of 32; {}", load());
        let results = in_turn(&clients, |client| run(client, &seeds, &timed("batch")));
        let mut table =
            Table::new(&["client", "keys per second in batches", "one after the other", "times"]);
        for (client, rows) in &results {
            let times: Vec<f64> = rows.iter().map(|row| row[0] / row[1]).collect();
            let (times, least, most) = median(&times);
            table.row(vec![
                client.clone(),
                thousands(column(rows, 0).0),
                thousands(column(rows, 1).0),
                format!("{times:.1} ({least:.1}..{most:.1})"),
            ]);
        }
    }
}

/// Successes of a worker by shard: when each came, as time since the Unix epoch.
struct Series {
    successes: Vec<Vec<Duration>>,
    failures: Vec<u64>,
}

fn read_series(child: std::process::Child, shards: usize) -> Series {
    let mut series = Series { successes: vec![Vec::new(); shards], failures: vec![0; shards] };
    let mut child = child;
    let output = child.stdout.take().unwrap();
    for line in std::io::BufReader::new(output).lines().map_while(Result::ok) {
        if let Some(failures) = line.strip_prefix("failed ") {
            series.failures = failures.split(' ').map(|n| n.parse().unwrap()).collect();
        } else if let Some((shard, us)) = line.split_once(' ') {
            let at = Duration::from_micros(us.parse().unwrap());
            series.successes[shard.parse::<usize>().unwrap()].push(at);
        }
    }
    let _ = child.wait();
    for shard in &mut series.successes {
        shard.sort();
    }
    series
}

/// Least and median share of `rate` in the windows of 100 ms of `from..to`.
fn windows(times: &[Duration], from: Duration, to: Duration, rate: f64) -> (f64, f64) {
    let window = Duration::from_millis(100);
    let mut shares = Vec::new();
    let mut at = from;
    while at + window <= to {
        let count =
            times.partition_point(|t| *t < at + window) - times.partition_point(|t| *t < at);
        shares.push(count as f64 / (rate * 0.1));
        at += window;
    }
    let (middle, least, _) = median(&shares);
    (least, middle)
}

fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap()
}

/// Runs `event` in the middle of a load at a fixed rate for each shard.
fn disturbed<T>(
    client: &str,
    seeds: &str,
    shards: usize,
    seconds: f64,
    event: impl FnOnce() -> T,
) -> (Series, Duration, T) {
    let (count, rate, seconds) =
        (shards.to_string(), number("--rate", 3_000.0).to_string(), seconds.to_string());
    let options = ["--load", "windows", "--shards", &count, "--rate", &rate, "--seconds", &seconds];
    let child = worker(client, seeds, &options).unwrap();
    // The output is read while the worker runs, so that it never waits for a full pipe.
    let reader = std::thread::spawn(move || read_series(child, shards));
    std::thread::sleep(Duration::from_secs(4));
    let at = now();
    let told = event();
    (reader.join().unwrap(), at, told)
}

/// What the worst of `shards` had, in percent of `rate`: the least window before, the least after, the
/// median after.
fn shares(series: &Series, shards: std::ops::Range<usize>, at: Duration, rate: f64) -> [f64; 3] {
    let second = Duration::from_secs(1);
    let mut worst = [f64::INFINITY; 3];
    for shard in shards {
        let times = &series.successes[shard];
        let (before, _) = windows(times, at - second * 3, at, rate);
        let (after, middle) = windows(times, at, at + second * 5, rate);
        for (worst, share) in worst.iter_mut().zip([before, after, middle]) {
            *worst = worst.min(share * 100.0);
        }
    }
    worst
}

/// A row for each client: the medians (least..most) of the columns in their units.
fn rows_of_medians(rows: &[(String, Vec<Vec<f64>>)], units: &[&str], table: &mut Table) {
    for (client, rows) in rows {
        let cells = units.iter().enumerate().map(|(at, unit)| {
            let (middle, least, most) = column(rows, at);
            format!("{middle:.0}{unit} ({least:.0}..{most:.0})")
        });
        table.row(std::iter::once(client.clone()).chain(cells).collect());
    }
}

/// One of three primaries is killed; its replica is promoted by the cluster itself.
pub(crate) fn failover() {
    let clients = client_names("tsubame,redis-rs,fred");
    let rate = number("--rate", 3_000.0) / 3.0;
    for (server, program) in server_programs() {
        println!(
            "\n{server}, 3 primaries and 3 replicas, {rate:.0} GETs a second to each shard; {}",
            load()
        );
        let mut table = Table::new(&[
            "client",
            "others, least 100 ms window before",
            "after the kill",
            "median window after",
            "first reply after the promotion shows, ms",
            "without a reply for, ms",
            "failed of that shard",
        ]);
        let rows = in_turn(&clients, |client| {
            let cluster = Cluster::start(&program, 3, true);
            let ports = cluster.ports();
            servers::fill(&seeds(&ports));
            let replica = &cluster.servers[3];
            let (series, at, promoted) = disturbed(client, &seeds(&ports), 3, 12.0, || {
                cluster.primaries()[0].signal(libc::SIGKILL);
                let until = Instant::now() + Duration::from_secs(8);
                // As a client would see it: the node serves the slots.
                while !replica.call("GET key:000002").starts_with('$')
                    && !replica.call("ROLE").contains("master")
                {
                    assert!(Instant::now() < until, "no promotion");
                    std::thread::sleep(Duration::from_millis(2));
                }
                now()
            });
            let first = series.successes[0].iter().find(|t| **t > at + Duration::from_millis(50));
            let ms = |d: Duration| d.as_secs_f64() * 1e3;
            let back = first.map_or(f64::NAN, |first| ms(*first) - ms(promoted));
            let gap = first.map_or(f64::NAN, |first| ms(*first) - ms(at));
            let shares = shares(&series, 1..3, at, rate);
            Some([&shares[..], &[back, gap, series.failures[0] as f64]].concat())
        });
        rows_of_medians(&rows, &[" %", " %", " %", "", "", ""], &mut table);
    }
}

/// One of six primaries is stopped for some seconds: it answers nothing and closes nothing.
pub(crate) fn hung() {
    let clients = client_names("tsubame,redis-rs,fred");
    let rate = number("--rate", 3_000.0) / 6.0;
    for (server, program) in server_programs() {
        println!("\n{server}, 6 primaries, {rate:.0} GETs a second to each; {}", load());
        let mut table = Table::new(&[
            "client",
            "other five, least 100 ms window before",
            "while one hangs",
            "median window while one hangs",
        ]);
        let rows = in_turn(&clients, |client| {
            let cluster = Cluster::start(&program, 6, false);
            for server in &cluster.servers {
                // The cluster itself must not notice.
                server.call("CONFIG SET cluster-node-timeout 60000");
            }
            let ports = cluster.ports();
            servers::fill(&seeds(&ports));
            let (series, at, ()) = disturbed(client, &seeds(&ports), 6, 10.0, || {
                cluster.primaries()[0].signal(libc::SIGSTOP);
                std::thread::sleep(Duration::from_secs(5));
                cluster.primaries()[0].signal(libc::SIGCONT);
            });
            Some(shares(&series, 1..6, at, rate).to_vec())
        });
        rows_of_medians(&rows, &[" %"; 3], &mut table);
    }
}

/// Three nodes on one core, and one server on that core.
pub(crate) fn single() {
    for (server, program) in server_programs() {
        let cluster = Cluster::start(&program, 3, false);
        let alone = Server::start(&program, &[]);
        let all = seeds(&cluster.ports());
        let one = seeds(&[alone.port]);
        servers::fill(&all);
        servers::fill(&one);
        println!("\n{server}, all servers on one core, the client on another; {}", load());
        let clients = ["cluster of three", "one server"].map(str::to_owned);
        let results = in_turn(&clients, |client| {
            let seeds = if client == "one server" { &one } else { &all };
            run("tsubame", seeds, &timed("get"))
        });
        let mut table = Table::new(&["servers", "GETs per second (least..most)", "per CPU second"]);
        for (name, rows) in &results {
            let (rate, least, most) = column(rows, 1);
            table.row(vec![
                name.clone(),
                format!("{} ({}..{})", thousands(rate), thousands(least), thousands(most)),
                thousands(column(rows, 0).0),
            ]);
        }
        let ratio = column(&results[0].1, 1).0 / column(&results[1].1, 1).0;
        println!("\ncluster to single: {:.1} %", ratio * 100.0);
    }
}
