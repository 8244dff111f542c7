//! Servers and worker processes: started, pinned, asked, stopped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::option;

/// A command that runs on one core, if taskset is there.
pub(crate) fn pinned(program: &Path, core: &str) -> Command {
    if core.is_empty() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

pub(crate) fn server_core() -> String {
    option("--server-core", "0")
}

pub(crate) fn client_core() -> String {
    option("--client-core", "1")
}

/// One server process; killed when it is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) port: u16,
    dir: PathBuf,
}

impl Server {
    pub(crate) fn start(binary: &Path, extra: &[&str]) -> Server {
        let port = free_port();
        let dir = std::env::temp_dir().join(format!("rivals-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let port_text = port.to_string();
        let mut command = pinned(binary, &server_core());
        command.args(["--port", &port_text, "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--daemonize", "no", "--appendonly", "no", "--dir"]).arg(&dir).args(extra);
        if binary.file_name().is_some_and(|name| name.to_string_lossy().contains("tsubame")) {
            command.args(["--threads", "1"]); // as many as the rivals' servers have
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Server { child, port, dir };
        wait("the server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        server
    }

    pub(crate) fn call(&self, words: &str) -> String {
        call(self.port, words)
    }

    /// Sends a signal to the server's process.
    pub(crate) fn signal(&self, signal: i32) {
        // taskset becomes the program it starts, so this is the server's own id.
        let pid = i32::try_from(self.child.id()).unwrap();
        // SAFETY: kill has no memory effects on this process; the id is of our own child.
        unsafe { libc::kill(pid, signal) };
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// What a server answers to a command within a moment, raw.
pub(crate) fn call(port: u16, words: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
    let args: Vec<&str> = words.split_whitespace().collect();
    let mut request = format!("*{}\r\n", args.len());
    for arg in &args {
        request += &format!("${}\r\n{arg}\r\n", arg.len());
    }
    // It answers QUIT too and hangs up, so the end of the stream is the end of the reply.
    request += "*1\r\n$4\r\nQUIT\r\n";
    if stream.write_all(request.as_bytes()).is_err() {
        return String::new();
    }
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

/// A port whose bus port (10,000 above) is free too.
fn free_port() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let base = 21_000 + (std::process::id() % 900 * 30) as u16;
    loop {
        let port = base + NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}

pub(crate) fn wait(what: &str, mut ready: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !ready() {
        assert!(Instant::now() < until, "not in a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A cluster of real servers, the primaries first.
pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    primaries: usize,
}

impl Cluster {
    pub(crate) fn start(binary: &Path, primaries: usize, replicas: bool) -> Cluster {
        // Without "no", all nodes refuse all commands while one shard has no primary.
        let coverage = ["--cluster-require-full-coverage", "no"];
        let flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
        let flags = [&flags[..], &coverage].concat();
        let count = if replicas { primaries * 2 } else { primaries };
        let servers: Vec<Server> = (0..count).map(|_| Server::start(binary, &flags)).collect();
        for (n, server) in servers.iter().enumerate() {
            if n < primaries {
                let (first, end) = (16384 * n / primaries, 16384 * (n + 1) / primaries);
                server.call(&format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
            }
            server.call(&format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1));
            server.call(&format!("CLUSTER MEET 127.0.0.1 {}", servers[0].port));
        }
        let told = |server: &Server| server.call("CLUSTER SLOTS").matches("127.0.0.1").count();
        wait("all nodes know the slots", || servers.iter().all(|it| told(it) == primaries));
        if replicas {
            for n in 0..primaries {
                let id = servers[n].call("CLUSTER MYID").lines().nth(1).unwrap().to_owned();
                let replica = &servers[primaries + n];
                wait("the replica knows its primary", || {
                    replica.call(&format!("CLUSTER REPLICATE {id}")).starts_with("+OK")
                });
            }
            wait("all nodes know the replicas", || servers.iter().all(|it| told(it) == count));
            wait("replication", || {
                let up = |it: &Server| it.call("INFO replication").contains("link_status:up");
                servers[primaries..].iter().all(up)
            });
        }
        wait("the cluster is up", || {
            servers.iter().all(|it| it.call("CLUSTER INFO").contains("cluster_state:ok"))
        });
        Cluster { servers, primaries }
    }

    pub(crate) fn ports(&self) -> Vec<u16> {
        self.servers.iter().map(|server| server.port).collect()
    }

    pub(crate) fn primaries(&self) -> &[Server] {
        &self.servers[..self.primaries]
    }
}

pub(crate) fn seeds(ports: &[u16]) -> String {
    ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
}

/// Sets all keys of the load.
pub(crate) fn fill(seeds: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = tsubame_client::Client::connect(seeds).await.unwrap();
        let mut batch = client.batch();
        for n in 0..crate::worker::KEYS {
            batch.push(tsubame_client::commands::set(crate::worker::key(n), "v".repeat(64)));
        }
        batch.run().await.all::<tsubame_client::Value>().unwrap();
    });
}

/// The hostile nodes in a process of their own.
pub(crate) struct Hostile {
    child: Child,
    pub(crate) ports: Vec<u16>,
}

impl Hostile {
    pub(crate) fn start(faults: &[&str]) -> Hostile {
        let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let list = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
        let own = std::env::current_exe().unwrap();
        let child = pinned(&own, &server_core())
            .args(["hostile", "--ports", &list])
            .args(faults)
            .spawn()
            .unwrap();
        wait("the hostile nodes listen", || TcpStream::connect(("127.0.0.1", ports[0])).is_ok());
        Hostile { child, ports }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Commands that nodes counted: those of the load that were executed, and all others by name.
pub(crate) struct Counted {
    pub(crate) executed: f64,
    pub(crate) extra: Vec<(String, f64)>,
}

pub(crate) fn counted(ports: &[u16]) -> Counted {
    let mut counted = Counted { executed: 0.0, extra: Vec::new() };
    for port in ports {
        let text = call(*port, "INFO commandstats");
        for line in text.lines().filter_map(|line| line.strip_prefix("cmdstat_")) {
            let Some((name, facts)) = line.split_once(':') else { continue };
            let fact = |name: &str| -> f64 {
                let found = facts.split(',').find_map(|fact| fact.strip_prefix(name));
                found.and_then(|number| number.parse().ok()).unwrap_or(0.0)
            };
            let mut add =
                |name: &str, n: f64| match counted.extra.iter_mut().find(|it| it.0 == name) {
                    Some((_, sum)) => *sum += n,
                    None if n > 0.0 => counted.extra.push((name.to_owned(), n)),
                    None => {}
                };
            match name {
                "get" => {
                    counted.executed += fact("calls=");
                    add("MOVED", fact("rejected_calls="));
                }
                // Ours, and what the nodes say to each other.
                "info" | "quit" | "config|resetstat" | "config" | "psync" | "replconf" => {}
                _ => add(name, fact("calls=") + fact("rejected_calls=")),
            }
        }
    }
    counted.extra.sort_by(|a, b| b.1.total_cmp(&a.1));
    counted
}

/// The program of the clients in Go; built beside this one if there is a Go compiler.
pub(crate) fn go_program(founding: bool) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("go");
    let name = if founding { "rivals-go-founding" } else { "rivals-go" };
    let program = std::env::current_exe().ok()?.with_file_name(name);
    let newer = |a: &Path, b: &Path| {
        Some(a.metadata().ok()?.modified().ok()? > b.metadata().ok()?.modified().ok()?)
    };
    if newer(&program, &source.join("main.go")) == Some(true) {
        return Some(program);
    }
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).current_dir(source);
    if founding {
        build.arg("-modfile=founding.mod");
    }
    build.arg(".").status().is_ok_and(|status| status.success()).then_some(program)
}

/// Runs a client against nodes, and gives what it printed.
pub(crate) fn worker(client: &str, seeds: &str, options: &[&str]) -> Option<Child> {
    let core = client_core();
    let mut command = match client {
        "go-redis 7.2" => pinned(&go_program(true)?, &core),
        "go-redis 7.4" | "go-redis 9" | "rueidis" => pinned(&go_program(false)?, &core),
        _ => {
            let mut command = pinned(&std::env::current_exe().unwrap(), &core);
            command.arg("worker");
            command
        }
    };
    command.args(["--client", client, "--seeds", seeds]).args(options);
    Some(command.stdout(Stdio::piped()).spawn().unwrap())
}

/// Its numbers, when it has ended.
pub(crate) fn numbers(child: Child) -> Vec<f64> {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}
