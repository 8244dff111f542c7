//! Starts real servers for the tests and stops them again.
//!
//! [`tsubame`] is the server of this workspace: `TSUBAME_TEST_SERVER` if that is set, else the
//! binary next to the test, which is built first unless it is newer than the sources. [`valkey`] is found as the
//! examples of the documentation find it. Where a server can't be had, the test says so and passes.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

pub mod tls;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use tsubame_client::{Client, ClientBuilder, Slot};
use tsubame_client_testing::servers::free_port;

/// Longer than anything that a test waits for takes, on however busy a machine.
pub const LONG: Duration = Duration::from_secs(60);

/// The server of this workspace.
pub fn tsubame() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            std::env::var_os("TSUBAME_TEST_SERVER").map_or_else(build, |path| Some(path.into()))
        })
        .clone()
}

/// When the newest file of a folder was changed.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    entries
        .filter_map(|entry| match entry.file_type().ok()? {
            kind if kind.is_dir() => newest(&entry.path()),
            _ => entry.metadata().ok()?.modified().ok(),
        })
        .max()
}

/// Builds the server with the test's own profile, unless it is up to date. Cargo alone would build
/// it anew, because the tests of the whole workspace ask for other features of what it depends on.
fn build() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    if !workspace.join("src/main.rs").is_file() {
        eprintln!(
            "skipped: the server's sources are not here; set TSUBAME_TEST_SERVER to its binary"
        );
        return None;
    }
    // …/target/PROFILE/deps/this-test
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let name = profile.file_name().unwrap().to_str().unwrap();
    let binary = profile.join("tsubame");
    let built = binary.metadata().and_then(|it| it.modified()).ok();
    if built.is_some() && built > newest(&workspace.join("src")) {
        return Some(binary);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--bin", "tsubame", "--profile"])
        .arg(if name == "debug" { "dev" } else { name })
        .arg("--manifest-path")
        .arg(workspace.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "the server can't be built");
    Some(binary)
}

/// A Valkey server, or `None` and a line that says so.
pub fn valkey() -> Option<PathBuf> {
    let found = tsubame_client_testing::servers::valkey();
    if found.is_none() {
        eprintln!("skipped: no valkey-server (set TSUBAME_TEST_VALKEY)");
    }
    found
}

/// Makes of each async function, which takes a server binary, a test on Tsubame and one on Valkey.
#[macro_export]
macro_rules! on_both_servers {
    ($($name:ident,)*) => {
        mod on_tsubame {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(binary) = $crate::support::tsubame() {
                        super::$name(&binary).await;
                    }
                }
            )*
        }
        mod on_valkey {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(binary) = $crate::support::valkey() {
                        super::$name(&binary).await;
                    }
                }
            )*
        }
    };
}

/// A server process; killed when it is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    dir: PathBuf,
}

impl Server {
    pub fn start(binary: &Path, extra: &[&str]) -> Server {
        for _ in 0..20 {
            let port = free_port();
            let dir =
                std::env::temp_dir().join(format!("tsubame-client-{}-{port}", std::process::id()));
            std::fs::create_dir_all(&dir).unwrap();
            let mut child = Command::new(binary)
                .args([
                    "--port",
                    &port.to_string(),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--daemonize",
                ])
                .args(["no", "--appendonly", "no", "--dir", dir.to_str().unwrap()])
                .args(extra)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let until = Instant::now() + Duration::from_secs(10);
            while Instant::now() < until {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Server { child, port, dir };
                }
                if child.try_wait().unwrap().is_some() {
                    break; // the port was taken meanwhile
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("{} does not start", binary.display());
    }

    pub fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One command by hand; the raw reply.
    pub fn call(&self, args: &[&str]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        // A server that hangs is killed by nobody else.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut request = format!("*{}\r\n", args.len());
        for arg in args {
            request.push_str(&format!("${}\r\n{arg}\r\n", arg.len()));
        }
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        let mut buffer = [0; 65536];
        while reply_end(&reply).is_none() {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(n) => reply.extend_from_slice(&buffer[..n]),
            }
        }
        String::from_utf8_lossy(&reply).into_owned()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Calls of commands whose name begins with one of `prefixes`, by INFO commandstats.
    pub fn calls(&self, prefixes: &[&str]) -> u64 {
        let stats = self.call(&["INFO", "commandstats"]);
        stats
            .lines()
            .filter_map(|line| line.strip_prefix("cmdstat_"))
            .filter(|line| prefixes.iter().any(|prefix| line.starts_with(prefix)))
            .filter_map(|line| line.split("calls=").nth(1)?.split(',').next()?.parse::<u64>().ok())
            .sum()
    }
}

/// Where a reply of RESP2 ends, once all of it is there.
fn reply_end(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let count: i64 = std::str::from_utf8(&bytes[1..line - 2]).ok()?.parse().unwrap_or(-1);
    match bytes[0] {
        b'$' if count >= 0 => {
            let end = line + count as usize + 2;
            (bytes.len() >= end).then_some(end)
        }
        b'*' => (0..count).try_fold(line, |at, _| Some(at + reply_end(&bytes[at..])?)),
        _ => Some(line),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A cluster of `n` primaries.
pub struct Cluster {
    pub servers: Vec<Server>,
}

impl Cluster {
    pub fn start(binary: &Path, n: usize) -> Cluster {
        let flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
        let servers: Vec<Server> = (0..n).map(|_| Server::start(binary, &flags)).collect();
        for (index, server) in servers.iter().enumerate() {
            let first = (16384 * index / n).to_string();
            let last = (16384 * (index + 1) / n - 1).to_string();
            assert!(server.call(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]).starts_with("+OK"));
            server.call(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
            for other in &servers {
                server.call(&["CLUSTER", "MEET", "127.0.0.1", &other.port.to_string()]);
            }
        }
        let until = Instant::now() + Duration::from_secs(30);
        let complete = |server: &Server| {
            server.call(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
                && server.call(&["CLUSTER", "NODES"]).matches("connected").count() == n
                && server.call(&["CLUSTER", "SLOTS"]).matches("127.0.0.1").count() == n
        };
        while !servers.iter().all(complete) {
            assert!(Instant::now() < until, "the cluster does not form");
            std::thread::sleep(Duration::from_millis(100));
        }
        Cluster { servers }
    }

    /// A cluster of `n` primaries with a replica each; `None` if the server can't replicate.
    pub fn start_with_replicas(binary: &Path, n: usize) -> Option<Cluster> {
        let mut cluster = Cluster::start(binary, n);
        let flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
        let first = cluster.servers[0].port.to_string();
        let replicas: Vec<Server> = (0..n).map(|_| Server::start(binary, &flags)).collect();
        for replica in &replicas {
            replica.call(&["CLUSTER", "MEET", "127.0.0.1", &first]);
        }
        let until = Instant::now() + Duration::from_secs(20);
        for (replica, primary) in replicas.iter().zip(&cluster.servers) {
            let id = primary.call(&["CLUSTER", "MYID"]).lines().nth(1)?.to_owned();
            loop {
                let told = replica.call(&["CLUSTER", "REPLICATE", &id]);
                if told.starts_with("+OK") {
                    break;
                }
                if !told.to_lowercase().contains("unknown node") || Instant::now() > until {
                    eprintln!("CLUSTER REPLICATE: {told}");
                    return None;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        let complete = |server: &Server| {
            server.call(&["CLUSTER", "SLOTS"]).matches("127.0.0.1").count() == 2 * n
        };
        let synced =
            |server: &Server| server.call(&["INFO", "replication"]).contains("link_status:up");
        // A client may ask any of them.
        let ready = |replica: &Server| complete(replica) && synced(replica);
        while !cluster.servers.iter().all(complete) || !replicas.iter().all(ready) {
            if Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        cluster.servers.extend(replicas);
        Some(cluster)
    }

    pub fn builder(&self) -> ClientBuilder {
        self.servers
            .iter()
            .fold(Client::builder(), |builder, server| builder.seed(&server.addr()).unwrap())
    }

    pub async fn client(&self) -> Client {
        self.builder().connect().await.unwrap()
    }

    /// A client with a cache; `None` where the servers can't keep it coherent.
    pub async fn caching_client(&self) -> Option<Client> {
        let told = self.servers[0].call(&["CLIENT", "TRACKING", "OFF"]);
        if !told.starts_with("+OK") {
            eprintln!("skipped: the server has no CLIENT TRACKING: {told}");
            return None;
        }
        Some(self.builder().client_side_cache(1 << 20).timeout(LONG).connect().await.unwrap())
    }

    /// Gives `slot`, in which are `keys`, from one server to another, in the old way: key by key. An
    /// error if the servers can't.
    pub fn move_slot(&self, slot: Slot, from: u16, to: u16, keys: &[&str]) -> Result<(), String> {
        let id =
            |port| self.server(port).call(&["CLUSTER", "MYID"]).lines().nth(1).map(str::to_owned);
        let (from_id, to_id) = (id(from).ok_or("no id")?, id(to).ok_or("no id")?);
        let slot = slot.to_string();
        let tell = |port, args: &[&str]| match self.server(port).call(args) {
            reply if reply.starts_with('+') => Ok(()),
            reply => Err(format!("{args:?}: {reply}")),
        };
        tell(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id])?;
        tell(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id])?;
        for key in keys {
            tell(from, &["MIGRATE", "127.0.0.1", &to.to_string(), key, "0", "5000"])?;
        }
        tell(to, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id])?;
        tell(from, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id])
    }

    /// Says to all servers again whose `slot` is.
    pub fn settle(&self, slot: Slot, owner: u16) {
        let id = self.server(owner).call(&["CLUSTER", "MYID"]);
        let (slot, id) = (slot.to_string(), id.lines().nth(1).unwrap());
        for server in &self.servers {
            server.call(&["CLUSTER", "SETSLOT", &slot, "NODE", id]);
        }
    }

    pub fn server(&self, port: u16) -> &Server {
        self.servers.iter().find(|server| server.port == port).unwrap()
    }
}
