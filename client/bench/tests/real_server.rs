//! The tool against a real server: `TSUBAME_TEST_SERVER`, else the workspace's own binary next to the
//! test's. Where there is none, the tests say so and pass.

#[path = "../../tests/support/tls.rs"]
mod tls;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A server on a unix socket; killed when it is dropped.
struct Server {
    child: Child,
    socket: PathBuf,
}

impl Server {
    fn start(name: &str) -> Option<Server> {
        let Some(binary) = binary() else {
            eprintln!("skipped: no server; set TSUBAME_TEST_SERVER or build the workspace's");
            return None;
        };
        let folder = std::env::temp_dir();
        let socket = folder.join(format!("tsubame-bench-{}-{name}.sock", std::process::id()));
        let child = Command::new(binary)
            .args(["--port", "0", "--save", "", "--daemonize", "no", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let server = Server { child, socket };
        let until = Instant::now() + Duration::from_secs(60);
        while std::os::unix::net::UnixStream::connect(&server.socket).is_err() {
            assert!(Instant::now() < until, "the server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }

    fn bench(&self, args: &[&str]) -> Output {
        bench(&format!("unix://{}", self.socket.display()), args)
    }

    /// The JSON of a run that succeeds.
    fn json(&self, args: &[&str]) -> Value {
        let output = self.bench(&[args, &["--json", "-"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the standard output is JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn bench(seed: &str, args: &[&str]) -> Output {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_tsubame-bench"));
    tool.arg(seed).args(args).output().expect("the tool runs")
}

fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TSUBAME_TEST_SERVER") {
        return Some(path.into());
    }
    let tool = Path::new(env!("CARGO_BIN_EXE_tsubame-bench"));
    Some(tool.with_file_name("tsubame")).filter(|path| path.is_file())
}

#[test]
fn a_closed_loop_sends_what_it_was_told_to() {
    let Some(server) = Server::start("closed") else { return };
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
    let Some(server) = Server::start("open") else { return };
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
    let Some(server) = Server::start("failures") else { return };
    let line = ["--requests", "10", "--command", "NOSUCH {key}", "--quiet"];
    let output = server.bench(&line);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("failed: 10 ERR, the first with: ERR unknown command"), "{text}");
}

#[test]
fn tls_is_spoken_to_whom_it_trusts() {
    let Some(server) = Server::start("tls") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let socket = server.socket.clone();
    let behind = move || tokio::net::UnixStream::connect(socket.clone());
    let (port, pem) = runtime.block_on(tls::terminator("db.example", behind));
    let ca = server.socket.with_extension("crt");
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
    std::fs::remove_file(&ca).unwrap();
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
