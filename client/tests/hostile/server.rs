//! A cluster in this process that can be told to misbehave.
//!
//! Each node is a listening socket and a task per connection over one shared [`World`]. Left alone
//! it behaves like a cluster of primaries that knows GET, SET, INCR, MGET, ECHO and PING. A
//! *script* sees every command before it is answered and may have it answered otherwise: with any
//! bytes, late, in drops, never, or by hanging up. Everything is counted and logged, so a test can
//! say afterwards what the client did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tsubame_client::{Client, ClientBuilder, Slot};

/// A command as it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// Index of the node.
    pub node: usize,
    /// Number of the connection, counted over all nodes.
    pub connection: usize,
    /// The arguments; the name in capitals, subcommands in capitals after a space.
    pub name: String,
    pub args: Vec<String>,
    /// It came directly after ASKING.
    pub asking: bool,
    /// Its connection has said READONLY.
    pub readonly: bool,
}

/// What a script does with a command.
#[derive(Debug, Clone)]
pub enum Action {
    /// Answers these bytes and does not execute it.
    Answer(Vec<u8>),
    /// Executes and answers it after a time; what comes behind it waits too.
    Late(Duration),
    /// Executes it and sends the answer one byte at a time.
    Drip(Duration),
    /// Executes it and hangs up instead of answering.
    ExecuteAndHangUp,
    /// Executes it and sends only so many bytes of the answer before hanging up.
    Truncate(usize),
    /// Never answers, neither this nor what comes behind it.
    Silence,
}

type Script = Box<dyn FnMut(&Call) -> Option<Action> + Send>;

pub struct World {
    pub ports: Vec<u16>,
    /// Which node serves each slot; the truth.
    pub owner: Vec<usize>,
    /// Slots that are being imported, by node: ASKING gives access.
    pub importing: HashMap<u16, usize>,
    /// What CLUSTER SLOTS says, by node, instead of the truth: (first, last, owner).
    pub told: HashMap<usize, Vec<(u16, u16, usize)>>,
    /// Raw elements appended to every node entry and every range of CLUSTER SLOTS.
    pub lengthen: Option<String>,
    pub data: HashMap<String, String>,
    pub script: Option<Script>,
    /// Executed commands in their order.
    pub executed: Vec<Call>,
    /// Replicas of each node, which are nodes too; they own no slot.
    pub replicas: HashMap<usize, Vec<usize>>,
    /// What primaries say of a replica: how many bytes it is behind, and for how many seconds it has
    /// not acknowledged anything.
    pub lag: HashMap<usize, (u64, u64)>,
    /// Calls by command name.
    pub calls: HashMap<String, u64>,
    /// Calls by node and command name.
    pub calls_at: HashMap<(usize, String), u64>,
    pub connections: usize,
    /// What a client must never do.
    pub violations: Vec<String>,
}

/// Tests that measure time have the machine to themselves, as far as this process goes.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
type AloneGuard = tokio::sync::MutexGuard<'static, ()>;

pub struct Hostile {
    pub world: Arc<Mutex<World>>,
    nodes: Vec<JoinHandle<()>>,
    /// Counts how often all connections were closed.
    hang_up: watch::Sender<u64>,
    /// Bytes for all connections of a node that have subscribed to something.
    pushes: broadcast::Sender<(usize, Vec<u8>)>,
    _alone: AloneGuard,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.nodes.iter().for_each(JoinHandle::abort);
        if !std::thread::panicking() {
            assert_eq!(self.world().violations, Vec::<String>::new());
        }
    }
}

impl Hostile {
    /// `n` nodes that share the slots evenly.
    pub async fn start(n: usize) -> Self {
        Self::start_with_replicas(n, 0).await
    }

    /// `n` primaries and for each of them `replicas` replicas: those of node 0 are `n`, `n + 1`, ….
    pub async fn start_with_replicas(n: usize, replicas: usize) -> Self {
        let alone = ALONE.lock().await;
        let mut listeners = Vec::new();
        for _ in 0..n * (1 + replicas) {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let world = Arc::new(Mutex::new(World {
            ports: listeners.iter().map(|l| l.local_addr().unwrap().port()).collect(),
            owner: (0..16384).map(|slot| slot * n / 16384).collect(),
            importing: HashMap::new(),
            told: HashMap::new(),
            lengthen: None,
            data: HashMap::new(),
            script: None,
            executed: Vec::new(),
            replicas: HashMap::new(),
            lag: HashMap::new(),
            calls: HashMap::new(),
            calls_at: HashMap::new(),
            connections: 0,
            violations: Vec::new(),
        }));
        world.lock().unwrap().replicas =
            (0..n).map(|at| (at, (n + at * replicas..n + (at + 1) * replicas).collect())).collect();
        let hang_up = watch::Sender::new(0);
        let pushes = broadcast::Sender::new(1000);
        let nodes = listeners
            .into_iter()
            .enumerate()
            .map(|(node, listener)| {
                let world = world.clone();
                tokio::spawn(listen(node, listener, world, hang_up.subscribe(), pushes.clone()))
            })
            .collect();
        Self { world, nodes, hang_up, pushes, _alone: alone }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Installs a script.
    pub fn script(&self, script: impl FnMut(&Call) -> Option<Action> + Send + 'static) {
        self.world().script = Some(Box::new(script));
    }

    pub fn builder(&self) -> ClientBuilder {
        let ports = self.world().ports.clone();
        ports.iter().fold(Client::builder(), |builder, port| {
            builder.seed(&format!("127.0.0.1:{port}")).unwrap()
        })
    }

    pub async fn client(&self) -> Client {
        self.builder().connect().await.unwrap()
    }

    /// Calls so far of a command.
    pub fn calls(&self, name: &str) -> u64 {
        self.world().calls.get(name).copied().unwrap_or(0)
    }

    /// Closes all connections of all nodes, which go on listening.
    pub fn hang_up(&self) {
        self.hang_up.send_modify(|count| *count += 1);
    }

    /// Listens again on the port of a node that was stopped.
    pub async fn restart(&mut self, node: usize) {
        let port = self.world().ports[node];
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let (world, hang_up) = (self.world.clone(), self.hang_up.subscribe());
        let task = listen(node, listener, world, hang_up, self.pushes.clone());
        self.nodes[node] = tokio::spawn(task);
    }

    /// Sends bytes to every subscriber of a node.
    pub fn push(&self, node: usize, bytes: impl Into<Vec<u8>>) {
        let _ = self.pushes.send((node, bytes.into()));
    }

    /// Gives a slot to a node. Nobody is told.
    pub fn give(&self, slot: u16, node: usize) {
        self.world().owner[usize::from(slot)] = node;
    }

    /// Who has the slot of a key.
    pub fn owner(&self, key: &str) -> usize {
        self.world().owner[usize::from(Slot::of(key.as_bytes()).get())]
    }

    /// Moves all nodes to other ports, or back to `ports`: nobody answers at the ones before.
    pub async fn move_house(&mut self, ports: Option<Vec<u16>>) {
        for node in &mut self.nodes {
            node.abort();
            let _ = node.await;
        }
        for node in 0..self.nodes.len() {
            let port = ports.as_ref().map_or(0, |ports| ports[node]);
            let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
            self.world().ports[node] = listener.local_addr().unwrap().port();
            let (world, hang_up) = (self.world.clone(), self.hang_up.subscribe());
            let task = listen(node, listener, world, hang_up, self.pushes.clone());
            self.nodes[node] = tokio::spawn(task);
        }
    }

    /// Stops a node: its port refuses connections from now on.
    pub fn stop(&mut self, node: usize) {
        self.nodes[node].abort();
    }
}

async fn listen(
    node: usize,
    listener: TcpListener,
    world: Arc<Mutex<World>>,
    hang_up: watch::Receiver<u64>,
    pushes: broadcast::Sender<(usize, Vec<u8>)>,
) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let connection = {
            let mut world = world.lock().unwrap();
            world.connections += 1;
            world.connections
        };
        let (world, mut hang_up, pushes) = (world.clone(), hang_up.clone(), pushes.subscribe());
        hang_up.mark_unchanged();
        connections.spawn(async move {
            tokio::select! {
                () = serve(node, connection, stream, world, pushes) => {}
                _ = hang_up.changed() => {}
            }
        });
    }
}

async fn serve(
    node: usize,
    connection: usize,
    mut stream: TcpStream,
    world: Arc<Mutex<World>>,
    mut pushes: broadcast::Receiver<(usize, Vec<u8>)>,
) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    let (mut asking, mut readonly, mut subscribed) = (false, false, false);
    // Commands since MULTI, and whether one of them was refused.
    let mut queued: Option<(Vec<Call>, bool)> = None;
    loop {
        while let Some((args, len)) = parse(&buffer) {
            buffer.drain(..len);
            let (name, args) = name(args);
            readonly |= name == "READONLY";
            subscribed |= name.ends_with("SUBSCRIBE");
            let call = Call { node, connection, name, args, asking, readonly };
            let (action, reply) = {
                let mut world = world.lock().unwrap();
                world.note(&call);
                let transacts = call.name == "MULTI" || queued.is_some();
                asking = call.name == "ASKING";
                let mut script = world.script.take();
                let action = script.as_mut().and_then(|script| script(&call));
                world.script = world.script.take().or(script);
                let executes = !matches!(action, Some(Action::Answer(_) | Action::Silence));
                let reply = match executes {
                    true if transacts => world.transact(&call, &mut queued).into_bytes(),
                    true => world.execute(&call),
                    false => Vec::new(),
                };
                (action, reply)
            };
            let sent = match action {
                None => stream.write_all(&reply).await,
                Some(Action::Answer(bytes)) => stream.write_all(&bytes).await,
                Some(Action::Late(time)) => {
                    tokio::time::sleep(time).await;
                    stream.write_all(&reply).await
                }
                Some(Action::Drip(every)) => {
                    for byte in reply {
                        if stream.write_all(&[byte]).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(every).await;
                    }
                    Ok(())
                }
                Some(Action::ExecuteAndHangUp) => return,
                Some(Action::Truncate(len)) => {
                    let _ = stream.write_all(&reply[..len.min(reply.len())]).await;
                    return;
                }
                Some(Action::Silence) => std::future::pending().await,
            };
            if sent.is_err() {
                return;
            }
        }
        tokio::select! {
            read = stream.read_buf(&mut buffer) => match read {
                Ok(n) if n > 0 => {}
                _ => return,
            },
            Ok((to, bytes)) = pushes.recv() => {
                if to == node && subscribed && stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// One command of the request stream, and its length.
fn parse(buffer: &[u8]) -> Option<(Vec<String>, usize)> {
    let mut at = 0;
    let mut number = |kind: u8| -> Option<usize> {
        let end = buffer[at..].iter().position(|byte| *byte == b'\n')? + at;
        assert_eq!(buffer[at], kind, "the client sent {:?}", String::from_utf8_lossy(buffer));
        let text = std::str::from_utf8(&buffer[at + 1..end - 1]).unwrap();
        at = end + 1;
        Some(text.parse().unwrap())
    };
    let argc = number(b'*')?;
    let mut args = Vec::new();
    let mut start = at;
    for _ in 0..argc {
        let mut at = start;
        let end = buffer[at..].iter().position(|byte| *byte == b'\n')? + at;
        let len: usize = std::str::from_utf8(&buffer[at + 1..end - 1]).unwrap().parse().unwrap();
        at = end + 1;
        let arg = buffer.get(at..at + len)?;
        buffer.get(at + len..at + len + 2)?;
        args.push(String::from_utf8_lossy(arg).into_owned());
        start = at + len + 2;
    }
    Some((args, start))
}

fn name(mut args: Vec<String>) -> (String, Vec<String>) {
    let mut name = args.remove(0).to_ascii_uppercase();
    if matches!(name.as_str(), "CLUSTER" | "CLIENT" | "COMMAND" | "SCRIPT") && !args.is_empty() {
        name = format!("{name} {}", args.remove(0).to_ascii_uppercase());
    }
    (name, args)
}

impl World {
    fn note(&mut self, call: &Call) {
        *self.calls.entry(call.name.clone()).or_default() += 1;
        *self.calls_at.entry((call.node, call.name.clone())).or_default() += 1;
        if call.name.starts_with("COMMAND") {
            self.violations.push(format!("{call:?}: COMMAND is never to be sent"));
        }
        // Invariant I13: what follows ASKING is the command that was redirected here.
        if call.asking {
            let slot = call.args.first().map(|key| Slot::of(key.as_bytes()).get());
            let importing = slot.and_then(|slot| self.importing.get(&slot));
            let owns = slot.is_some_and(|slot| self.owner[usize::from(slot)] == call.node);
            if importing != Some(&call.node) && !owns {
                self.violations.push(format!("{call:?} follows ASKING but was not asked for"));
            }
        }
    }

    fn execute(&mut self, call: &Call) -> Vec<u8> {
        let text = match call.name.as_str() {
            "HELLO" => {
                "%2\r\n$6\r\nserver\r\n$7\r\nhostile\r\n$4\r\nmode\r\n$7\r\ncluster\r\n".to_owned()
            }
            "CLUSTER SLOTS" => self.slots(call.node),
            "CLIENT SETINFO" | "CLIENT TRACKING" | "CLIENT CACHING" | "ASKING" | "READONLY" => {
                "+OK\r\n".to_owned()
            }
            "INFO" => bulk(&self.replication(call.node)),
            "SSUBSCRIBE" => self.subscribe(call),
            "SUBSCRIBE" => confirm("subscribe", &call.args),
            "PING" => "+PONG\r\n".to_owned(),
            "SCAN" => self.scan(call),
            _ => self.execute_keyed(call),
        };
        text.into_bytes()
    }

    /// MULTI, what follows it, and EXEC.
    fn transact(&mut self, call: &Call, queued: &mut Option<(Vec<Call>, bool)>) -> String {
        let (calls, refused) = queued.get_or_insert_default();
        match call.name.as_str() {
            "MULTI" => "+OK\r\n".to_owned(),
            "EXEC" => {
                let (calls, refused) = queued.take().unwrap();
                if refused {
                    return "-EXECABORT Transaction discarded because of previous errors.\r\n"
                        .to_owned();
                }
                let replies: String = calls.iter().map(|call| self.execute_keyed(call)).collect();
                format!("*{}\r\n{replies}", calls.len())
            }
            _ => {
                let slot = Slot::of(call.args[0].as_bytes()).get();
                let owner = self.owner[usize::from(slot)];
                if owner != call.node {
                    *refused = true;
                    return format!("-MOVED {slot} 127.0.0.1:{}\r\n", self.ports[owner]);
                }
                calls.push(call.clone());
                "+QUEUED\r\n".to_owned()
            }
        }
    }

    fn execute_keyed(&mut self, call: &Call) -> String {
        let Some(key) = call.args.first().cloned() else {
            return "-ERR wrong number of arguments\r\n".to_owned();
        };
        let slot = Slot::of(key.as_bytes()).get();
        let owner = self.owner[usize::from(slot)];
        let importing = self.importing.get(&slot).copied();
        let asked_here = call.asking && importing == Some(call.node);
        let is_replica = self.replicas.get(&owner).is_some_and(|of| of.contains(&call.node));
        if call.name == "GET" && call.readonly && is_replica {
            return self.data.get(&key).map_or("_\r\n".to_owned(), |value| bulk(value));
        }
        if owner != call.node && !asked_here {
            return format!("-MOVED {slot} 127.0.0.1:{}\r\n", self.ports[owner]);
        }
        if let Some(target) = importing.filter(|_| !asked_here && !self.data.contains_key(&key)) {
            return format!("-ASK {slot} 127.0.0.1:{}\r\n", self.ports[target]);
        }
        self.executed.push(call.clone());
        match call.name.as_str() {
            "GET" => match self.data.get(&key) {
                Some(value) => bulk(value),
                None => "_\r\n".to_owned(),
            },
            "SET" => {
                self.data.insert(key, call.args[1].clone());
                "+OK\r\n".to_owned()
            }
            "INCR" => {
                let value = self.data.entry(key).or_insert_with(|| "0".to_owned());
                *value = (value.parse::<i64>().unwrap() + 1).to_string();
                format!(":{value}\r\n")
            }
            // Returns its own argument: the reply says which request it belongs to.
            "GETRANGE" => bulk(&call.args[1]),
            _ => format!("-ERR unknown command '{}'\r\n", call.name),
        }
    }

    fn subscribe(&mut self, call: &Call) -> String {
        let slot = Slot::of(call.args[0].as_bytes()).get();
        match self.owner[usize::from(slot)] {
            owner if owner == call.node => confirm("ssubscribe", &call.args),
            owner => format!("-MOVED {slot} 127.0.0.1:{}\r\n", self.ports[owner]),
        }
    }

    /// INFO replication of a primary.
    fn replication(&self, node: usize) -> String {
        let replicas = self.replicas.get(&node).cloned().unwrap_or_default();
        let mut text = format!("role:master\r\nconnected_slaves:{}\r\n", replicas.len());
        for (n, replica) in replicas.into_iter().enumerate() {
            let (behind, silent) = self.lag.get(&replica).copied().unwrap_or_default();
            let (port, offset) = (self.ports[replica], 1_000_000 - behind);
            text += &format!("slave{n}:ip=127.0.0.1,port={port},state=online,");
            text += &format!("offset={offset},lag={silent},type=replica\r\n");
        }
        text + "master_repl_offset:1000000\r\n"
    }

    /// Two keys a page; the cursor is the number of keys that were given.
    fn scan(&self, call: &Call) -> String {
        let owned =
            |key: &&String| self.owner[usize::from(Slot::of(key.as_bytes()).get())] == call.node;
        let mut keys: Vec<&String> = self.data.keys().filter(owned).collect();
        keys.sort();
        let cursor: usize = call.args[0].parse().unwrap();
        let page: Vec<_> = keys.iter().skip(cursor).take(2).collect();
        let next = if cursor + page.len() >= keys.len() { 0 } else { cursor + page.len() };
        let mut text = format!("*2\r\n{}*{}\r\n", bulk(&next.to_string()), page.len());
        page.iter().for_each(|key| text += &bulk(key));
        text
    }

    fn slots(&self, node: usize) -> String {
        let truth;
        let ranges = match self.told.get(&node) {
            Some(told) => told,
            None => {
                truth = self.ranges();
                &truth
            }
        };
        let (count, more) = match &self.lengthen {
            Some(junk) => (1, junk.as_str()),
            None => (0, ""),
        };
        let mut text = format!("*{}\r\n", ranges.len());
        for (first, last, owner) in ranges {
            let replicas = self.replicas.get(owner).cloned().unwrap_or_default();
            text += &format!("*{}\r\n:{first}\r\n:{last}\r\n", 3 + replicas.len() + count);
            for node in std::iter::once(*owner).chain(replicas) {
                let (port, id) =
                    (self.ports.get(node).copied().unwrap_or(1), format!("node-{node}"));
                text += &format!("*{}\r\n$9\r\n127.0.0.1\r\n:{port}\r\n", 4 + count);
                text += &format!("{}*0\r\n{more}", bulk(&id));
            }
            text += more;
        }
        text
    }

    /// The truth as ranges.
    pub fn ranges(&self) -> Vec<(u16, u16, usize)> {
        let mut ranges: Vec<(u16, u16, usize)> = Vec::new();
        for (slot, owner) in self.owner.iter().enumerate() {
            match ranges.last_mut() {
                Some((_, last, of)) if of == owner => *last = slot as u16,
                _ => ranges.push((slot as u16, slot as u16, *owner)),
            }
        }
        ranges
    }
}

fn confirm(kind: &str, channels: &[String]) -> String {
    let one = |(n, channel): (usize, &String)| {
        format!(">3\r\n{}{}:{}\r\n", bulk(kind), bulk(channel), n + 1)
    };
    channels.iter().enumerate().map(one).collect()
}

pub fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}
