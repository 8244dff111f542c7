//! A cluster of nodes in one process that answer as badly as they are told to, and count what they are
//! asked. Their GET costs next to nothing, so that what a client does besides shows.
//!
//! `--ports A,B,C`; `--command N` (elements of an entry of COMMAND; default 6), `--command refused`,
//! `--command silent`; `--slots long` (elements that no version has); `--get wrongtype`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tsubame_client::{SLOT_COUNT, Slot};

use crate::option;

struct World {
    ports: Vec<u16>,
    command: Option<Vec<u8>>,
    silent: bool,
    long_slots: bool,
    wrong_type: bool,
    calls: RefCell<BTreeMap<String, u64>>,
    rejected: RefCell<u64>,
}

pub(crate) async fn run() {
    let ports: Vec<u16> =
        option("--ports", "7000,7001,7002").split(',').map(|port| port.parse().unwrap()).collect();
    let command = option("--command", "6");
    let world = Rc::new(World {
        ports: ports.clone(),
        command: command.parse().ok().map(command_reply),
        silent: command == "silent",
        long_slots: option("--slots", "") == "long",
        wrong_type: option("--get", "") == "wrongtype",
        calls: RefCell::default(),
        rejected: RefCell::default(),
    });
    let local = LocalSet::new();
    for (node, port) in ports.into_iter().enumerate() {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let world = world.clone();
        local.spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(serve(stream, node, world.clone()));
            }
        });
    }
    local.await;
}

async fn serve(mut stream: TcpStream, node: usize, world: Rc<World>) {
    let _ = stream.set_nodelay(true);
    let (mut input, mut output) = (Vec::new(), Vec::new());
    loop {
        let mut at = 0;
        while let Some((args, len)) = parse(&input[at..]) {
            if !world.answer(node, &args, &mut output) {
                let _ = stream.write_all(&output).await;
                return;
            }
            at += len;
        }
        input.drain(..at);
        if stream.write_all(&output).await.is_err() {
            return;
        }
        output.clear();
        if !matches!(stream.read_buf(&mut input).await, Ok(n) if n > 0) {
            return;
        }
    }
}

/// One command and its length.
fn parse(input: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let line = |at: usize| -> Option<(usize, usize)> {
        let end = at + input.get(at..)?.iter().position(|byte| *byte == b'\n')?;
        Some((std::str::from_utf8(&input[at + 1..end - 1]).ok()?.parse().ok()?, end + 1))
    };
    let (count, mut at) = line(0)?;
    let mut args = Vec::with_capacity(count);
    for _ in 0..count {
        let (len, start) = line(at)?;
        args.push(input.get(start..start + len)?);
        at = start + len + 2;
    }
    (at <= input.len()).then_some((args, at))
}

impl World {
    /// Whether the connection stays open.
    fn answer(&self, node: usize, args: &[&[u8]], out: &mut Vec<u8>) -> bool {
        let word = |at: usize| {
            String::from_utf8_lossy(args.get(at).copied().unwrap_or_default()).to_ascii_lowercase()
        };
        let name = word(0);
        if name == "get" {
            let slot = usize::from(Slot::of(args[1]).get());
            let owner = (0..self.ports.len())
                .find(|node| slot < SLOT_COUNT * (node + 1) / self.ports.len());
            if owner != Some(node) {
                *self.rejected.borrow_mut() += 1;
                let port = self.ports[owner.unwrap_or_default()];
                out.extend_from_slice(format!("-MOVED {slot} 127.0.0.1:{port}\r\n").as_bytes());
                return true;
            }
        }
        *self.calls.borrow_mut().entry(name.clone()).or_default() += 1;
        match name.as_str() {
            "get" if self.wrong_type => out.extend_from_slice(
                b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
            ),
            "get" => {
                out.extend_from_slice(b"$64\r\n");
                out.extend_from_slice(&[b'v'; 64]);
                out.extend_from_slice(b"\r\n");
            }
            "hello" => out.extend_from_slice(&hello(&word(1))),
            "cluster" if word(1) == "slots" => out.extend_from_slice(self.slots().as_bytes()),
            "cluster" if word(1) == "info" => bulk(out, "cluster_state:ok\r\n"),
            "cluster" => out.extend_from_slice(b"-ERR unknown subcommand\r\n"),
            "command" => match &self.command {
                Some(reply) => out.extend_from_slice(reply),
                None if self.silent => {}
                None => out.extend_from_slice(b"-ERR unknown command 'COMMAND'\r\n"),
            },
            "config" => {
                self.calls.borrow_mut().clear();
                *self.rejected.borrow_mut() = 0;
                out.extend_from_slice(b"+OK\r\n");
            }
            "info" if word(1) == "commandstats" => bulk(out, &self.stats(node)),
            "info" => bulk(out, "# Server\r\nredis_version:6.0.0\r\nredis_mode:cluster\r\n"),
            "ping" => out.extend_from_slice(b"+PONG\r\n"),
            "quit" => {
                out.extend_from_slice(b"+OK\r\n");
                return false;
            }
            _ => out.extend_from_slice(b"+OK\r\n"),
        }
        true
    }

    /// All nodes count together, so only the first tells.
    fn stats(&self, node: usize) -> String {
        if node > 0 {
            return String::new();
        }
        let calls = self.calls.borrow();
        let line = |(name, calls): (&String, &u64)| {
            let rejected = if name == "get" { *self.rejected.borrow() } else { 0 };
            format!("cmdstat_{name}:calls={calls},rejected_calls={rejected},failed_calls=0\r\n")
        };
        calls.iter().map(line).collect()
    }

    fn slots(&self) -> String {
        let count = self.ports.len();
        let mut text = format!("*{count}\r\n");
        for (node, port) in self.ports.iter().enumerate() {
            let (first, end) = (SLOT_COUNT * node / count, SLOT_COUNT * (node + 1) / count);
            let (more_nodes, more) = if self.long_slots { (1, 2) } else { (0, 0) };
            text += &format!("*{}\r\n:{first}\r\n:{}\r\n", 3 + more_nodes, end - 1);
            text +=
                &format!("*{}\r\n$9\r\n127.0.0.1\r\n:{port}\r\n$40\r\n{node:040}\r\n", 3 + more);
            if self.long_slots {
                text += "*0\r\n*1\r\n$3\r\nnew\r\n"; // a 4th and a 5th element of the node
                text += "*2\r\n$6\r\nfuture\r\n:1\r\n"; // and one of the range that is no node
            }
        }
        text
    }
}

fn bulk(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(format!("${}\r\n{text}\r\n", text.len()).as_bytes());
}

fn hello(version: &str) -> Vec<u8> {
    let head = if version == "3" { "%4" } else { "*8" };
    format!(
        "{head}\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n6.0.0\r\n$5\r\nproto\r\n:{}\r\n\
         $4\r\nmode\r\n$7\r\ncluster\r\n",
        if version == "3" { 3 } else { 2 }
    )
    .into_bytes()
}

/// What COMMAND answers, each entry with so many elements: 6 up to Redis 5, 7 in Redis 6, 10 in Redis
/// 7 and Valkey, more in nobody's version so far.
fn command_reply(elements: usize) -> Vec<u8> {
    let commands: Vec<Vec<&str>> = include_str!("../../data/commands.tsv")
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|columns| !columns[0].contains(' '))
        .collect();
    let mut text = format!("*{}\r\n", commands.len());
    for columns in commands {
        let name = columns[0].to_ascii_lowercase();
        let flags: Vec<&str> =
            columns[2].split([',', ' ']).filter(|flag| !flag.is_empty()).collect();
        text += &format!("*{elements}\r\n${}\r\n{name}\r\n:{}\r\n", name.len(), columns[1]);
        text += &format!("*{}\r\n", flags.len());
        flags.iter().for_each(|flag| text += &format!("+{flag}\r\n"));
        columns[3..6].iter().for_each(|number| text += &format!(":{number}\r\n"));
        (6..elements).for_each(|_| text += "*0\r\n");
    }
    text.into_bytes()
}
