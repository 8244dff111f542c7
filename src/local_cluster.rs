//! `tsubame local-cluster`: a working cluster on loopback from nothing.
//!
//! Starts nodes as processes of this same binary in a folder of their own, gives each its share of
//! the slots, lets them meet, waits until every node calls the cluster `ok`, and then shows one
//! line of status until it is interrupted. Ending it ends the nodes.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::shard::SLOTS;

const USAGE: &str = "\
Usage: tsubame local-cluster [--port N] [--nodes N] [--dir PATH] [directives for every node]

Starts a cluster on 127.0.0.1, by default three nodes on ports 7000 to 7002 with their files in a
temporary folder, and stops it on Ctrl-C. Other options go to every node: --threads 2, say.
";

/// How long nodes may take to start, and to agree.
const START_LIMIT: Duration = Duration::from_secs(30);

struct Options {
    port: u16,
    nodes: u16,
    dir: Option<PathBuf>,
    directives: Vec<String>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self, String> {
        let mut options = Self { port: 7000, nodes: 3, dir: None, directives: Vec::new() };
        let mut rest = args.iter();
        while let Some(word) = rest.next() {
            let mut number = |what: &str| {
                let value = rest.next().and_then(|text| text.parse::<u16>().ok());
                value.ok_or_else(|| format!("{what} takes a number"))
            };
            match word.as_str() {
                "--port" => options.port = number("--port")?,
                "--nodes" => options.nodes = number("--nodes")?,
                "--dir" => options.dir = rest.next().map(PathBuf::from),
                other => options.directives.push(other.to_owned()),
            }
        }
        let last_bus = u32::from(options.port) + u32::from(options.nodes) + 10_000;
        if options.nodes == 0 || options.port == 0 || last_bus > 65_535 {
            return Err("the ports of the nodes and of their bus must lie in 1..65535".to_owned());
        }
        Ok(options)
    }
}

/// Runs a local cluster until it is interrupted.
pub fn main(args: &[String]) -> ExitCode {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return say(USAGE, ExitCode::SUCCESS);
    }
    match Options::parse(args).and_then(|options| run(&options).map_err(|e| e.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "tsubame local-cluster: {error}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str, code: ExitCode) -> ExitCode {
    // A reader that went away wants no more.
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    code
}

/// A node's process; it ends with its handle.
struct Node {
    process: Child,
    port: u16,
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.process.id() as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(options: &Options) -> io::Result<()> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, interrupted.clone())?;
    }
    let (dir, is_temporary) = match &options.dir {
        Some(dir) => (dir.clone(), false),
        None => {
            let name = format!("tsubame-cluster-{}", std::process::id());
            (std::env::temp_dir().join(name), true)
        }
    };
    let result = serve(options, &dir, &interrupted);
    if is_temporary && result.is_ok() {
        let _ = fs::remove_dir_all(&dir);
    }
    result
}

fn serve(options: &Options, dir: &Path, interrupted: &AtomicBool) -> io::Result<()> {
    let mut nodes = Vec::new();
    for index in 0..options.nodes {
        nodes.push(start(options, &dir.join(format!("node-{index}")), options.port + index)?);
    }
    for node in &mut nodes {
        wait_until(interrupted, &format!("node {} to answer", node.port), || {
            if let Some(status) = node.process.try_wait()? {
                return Err(io::Error::other(format!(
                    "the node on port {} ended ({status}); its log is in {}",
                    node.port,
                    dir.display()
                )));
            }
            Ok(Link::open(node.port).and_then(|mut link| link.call(&["PING"])).is_ok())
        })?;
    }
    form(&nodes, interrupted)?;
    announce(options, &nodes, dir);
    show_status(&nodes, interrupted);
    say("\nStopping.\n", ExitCode::SUCCESS);
    Ok(())
}

fn start(options: &Options, dir: &Path, port: u16) -> io::Result<Node> {
    fs::create_dir_all(dir)?;
    let log = fs::File::create(dir.join("tsubame.log"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.current_dir(dir).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.args(["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]);
    command.args(["--save", "", "--appendonly", "no"]);
    command.args(&options.directives);
    Ok(Node { process: command.spawn()?, port })
}

/// Deals the slots and introduces the nodes, unless they remember a cluster from an earlier run.
fn form(nodes: &[Node], interrupted: &AtomicBool) -> io::Result<()> {
    let share = SLOTS / nodes.len();
    for (index, node) in nodes.iter().enumerate() {
        let mut link = Link::open(node.port)?;
        if !link.call(&["CLUSTER", "INFO"])?.contains("cluster_slots_assigned:0") {
            continue;
        }
        let first = index * share;
        let last = if index + 1 == nodes.len() { SLOTS - 1 } else { first + share - 1 };
        link.call(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()])?;
        // A collision of epochs would be resolved, but later.
        let _ = link.call(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
    }
    let mut first = Link::open(nodes[0].port)?;
    for node in &nodes[1..] {
        first.call(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()])?;
    }
    let known = format!("cluster_known_nodes:{}", nodes.len());
    wait_until(interrupted, "the nodes to agree", || {
        for node in nodes {
            let info = Link::open(node.port)?.call(&["CLUSTER", "INFO"])?;
            if !info.contains("cluster_state:ok") || !info.contains(&known) {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

fn announce(options: &Options, nodes: &[Node], dir: &Path) {
    let ports: Vec<String> = nodes.iter().map(|node| node.port.to_string()).collect();
    say(
        &format!(
            "The cluster is up: {} nodes on 127.0.0.1, ports {}.\n\n    \
             redis-cli -c -p {}\n    \
             redis-benchmark -p {} --cluster -t get,set -P 16 -q\n    \
             redis-cli --cluster check 127.0.0.1:{}\n\n\
             Files and logs are in {}. Ctrl-C stops it.\n\n",
            nodes.len(),
            ports.join(", "),
            options.port,
            options.port,
            options.port,
            dir.display()
        ),
        ExitCode::SUCCESS,
    );
}

/// Rewrites one line about every second until the interrupt; a line each where nobody watches.
fn show_status(nodes: &[Node], interrupted: &AtomicBool) {
    let is_terminal = rustix::termios::isatty(io::stdout());
    let mut links: Vec<Option<Link>> =
        nodes.iter().map(|node| Link::open(node.port).ok()).collect();
    let (mut last_total, mut last_time) = (None, Instant::now());
    while !interrupted.load(Ordering::Relaxed) {
        let (mut keys, mut clients, mut commands, mut bytes, mut up) = (0, 0, 0, 0, 0);
        for (node, link) in nodes.iter().zip(&mut links) {
            if link.is_none() {
                *link = Link::open(node.port).ok();
            }
            let Some(open) = link else { continue };
            let (Ok(size), Ok(info)) = (open.call(&["DBSIZE"]), open.call(&["INFO"])) else {
                *link = None;
                continue;
            };
            up += 1;
            keys += size.parse::<u64>().unwrap_or(0);
            clients += field(&info, "connected_clients").saturating_sub(1);
            commands += field(&info, "total_commands_processed");
            bytes += field(&info, "used_memory");
        }
        let elapsed = last_time.elapsed().as_secs_f64();
        let rate = last_total.map_or(0.0, |last| commands.saturating_sub(last) as f64 / elapsed);
        (last_total, last_time) = (Some(commands), Instant::now());
        let line = format!(
            "{up}/{} nodes up | {keys} keys | {clients} clients | {rate:.0} commands/s | {:.1} MiB",
            nodes.len(),
            bytes as f64 / f64::from(1 << 20)
        );
        if is_terminal {
            say(&format!("\r\x1b[K{line}"), ExitCode::SUCCESS);
        } else {
            say(&format!("{line}\n"), ExitCode::SUCCESS);
        }
        for _ in 0..if is_terminal { 10 } else { 100 } {
            if interrupted.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn field(info: &str, name: &str) -> u64 {
    info.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(field, _)| *field == name)
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

fn wait_until(
    interrupted: &AtomicBool,
    what: &str,
    mut done: impl FnMut() -> io::Result<bool>,
) -> io::Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while !done()? {
        if interrupted.load(Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        if Instant::now() > deadline {
            return Err(io::Error::other(format!("gave up waiting for {what}")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// A blocking connection that asks one thing at a time.
struct Link {
    stream: BufReader<TcpStream>,
}

impl Link {
    fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a command; answers its status, integer or bulk string as text, an error as `Err`.
    fn call(&mut self, words: &[&str]) -> io::Result<String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let line = line.trim_end();
        match line.split_at_checked(1) {
            Some(("+" | ":", text)) => Ok(text.to_owned()),
            Some(("-", text)) => Err(io::Error::other(text.to_owned())),
            Some(("$", len)) => {
                let len: usize = len.parse().map_err(io::Error::other)?;
                let mut bytes = vec![0; len + 2];
                io::Read::read_exact(&mut self.stream, &mut bytes)?;
                bytes.truncate(len);
                String::from_utf8(bytes).map_err(io::Error::other)
            }
            _ => Err(io::Error::other(format!("unexpected reply {line:?}"))),
        }
    }
}
