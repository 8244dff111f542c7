//! The tool against a real server: `TSUBAME_TEST_SERVER`, else the workspace's own. Where there is none,
//! the tests say so and pass.

#[path = "../../tests/support/tls.rs"]
mod tls;

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tsubame_client_testing::servers;

/// A server and the tool's runs against its unix socket.
struct Server(servers::Server);

impl Server {
    fn start() -> Option<Server> {
        let Some(binary) = servers::tsubame() else {
            eprintln!("skipped: no server; set TSUBAME_TEST_SERVER");
            return None;
        };
        Some(Server(servers::Server::start(&binary, false)))
    }

    fn bench(&self, args: &[&str]) -> Output {
        bench(&self.0.url(), args)
    }

    /// The JSON of a run that succeeds.
    fn json(&self, args: &[&str]) -> Value {
        let output = self.bench(&[args, &["--json", "-"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the standard output is JSON")
    }
}

fn bench(seed: &str, args: &[&str]) -> Output {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_tsubame-bench"));
    tool.arg(seed).args(args).output().expect("the tool runs")
}

#[test]
fn a_closed_loop_sends_what_it_was_told_to() {
    let Some(server) = Server::start() else { return };
    let line = ["--requests", "2000", "--tasks", "8", "--fill", "--keys", "500", "--sets", "25"];
    let more = ["--seed", "7", "--batch", "3", "--interval", "10m"]; // one step
    let result = server.json(&[&line[..], &more].concat());
    assert_eq!(result["all"]["count"], 2000);
    assert_eq!(result["all"]["failed"], 0);
    assert_eq!(result["seed"], 7);
    let sets = result["commands"][1]["count"].as_u64().unwrap();
    assert!((400..600).contains(&sets), "{sets} SETs of 500");
    assert_eq!(result["besides"]["moved"], 0);
    let series = result["series"].as_array().unwrap();
    assert_eq!(series.iter().map(|step| step["count"].as_u64().unwrap()).sum::<u64>(), 2000);
    // Any command will do, also one without a key.
    let result = server.json(&["--requests", "1", "--command", "DBSIZE"]);
    assert_eq!(result["all"]["count"], 1);
}

#[test]
fn an_open_loop_keeps_its_schedule() {
    let Some(server) = Server::start() else { return };
    let line = ["--rate", "2000", "--duration", "1s", "--warmup", "0s", "--distribution", "zipf"];
    let result = server.json(&[&line[..], &["--interval", "100ms", "--by-shard"]].concat());
    let (sent, unsent) = (&result["all"]["count"], &result["unsent"]);
    let total = sent.as_u64().unwrap() + unsent.as_u64().unwrap();
    assert!((1_990..=2_000).contains(&total), "{sent} sent and {unsent} not");
    assert!(!result["series"].as_array().unwrap().is_empty());
    assert_eq!(result["shards"][0]["count"], *sent);
}

#[test]
fn failures_are_counted_and_told() {
    let Some(server) = Server::start() else { return };
    let line = ["--requests", "10", "--command", "NOSUCH {key}", "--quiet"];
    let output = server.bench(&line);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("failed: 10 ERR, the first with: ERR unknown command"), "{text}");
}

#[test]
fn tls_is_spoken_to_whom_it_trusts() {
    let Some(server) = Server::start() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let socket = PathBuf::from(server.0.url().strip_prefix("unix://").expect("a unix socket"));
    let ca = socket.with_extension("crt");
    let behind = move || tokio::net::UnixStream::connect(socket.clone());
    let (port, pem) = runtime.block_on(tls::terminator("db.example", behind));
    std::fs::write(&ca, pem).unwrap();
    let seed = format!("127.0.0.1:{port}");
    let run = ["--requests", "100", "--command", "INCR n", "--json", "-"];
    let trusting = ["--ca", ca.to_str().unwrap(), "--server-name", "db.example"];
    let output = bench(&seed, &[&run[..], &trusting].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["all"]["count"], &result["all"]["failed"]), (&100.into(), &0.into()));
    // Another name than the certificate has.
    let other = ["--ca", ca.to_str().unwrap(), "--server-name", "other.example"];
    let output = bench(&seed, &[&run[..], &other].concat());
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("certificate"), "{told}");
}

#[test]
fn without_a_server_it_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_tsubame-bench"))
        .args(["unix:///nonexistent/tsubame.sock", "--requests", "1"])
        .output()
        .expect("the tool runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("tsubame-bench: "));
}
