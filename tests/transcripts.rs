//! Replays transcripts: commands with the replies and keyspace events of Valkey, in RESP2 and
//! RESP3, to a server of our own over a socket. See the files in `transcripts/` for the form.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server on a free port, stopped when the test ends.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(env!("CARGO_BIN_EXE_tsubame"))
            .args(["--port", &port.to_string(), "--threads", "2", "--save", ""])
            .args(["--notify-keyspace-events", "KEA"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, port };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, args: &[String]) {
        let mut request = format!("*{}\r\n", args.len());
        for arg in args {
            request += &format!("${}\r\n{arg}\r\n", arg.len());
        }
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    fn call(&mut self, args: &[String], sorted: bool) -> String {
        self.send(args);
        self.reply(sorted)
    }

    /// A reply as transcripts show it.
    fn reply(&mut self, sorted: bool) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let line = line.trim_end();
        let (kind, rest) = line.split_at(1);
        match kind {
            "$" | "*" if rest == "-1" => "nil".to_owned(),
            "_" => "nil".to_owned(),
            "$" => {
                let mut bytes = vec![0; rest.parse::<usize>().unwrap() + 2];
                self.0.read_exact(&mut bytes).unwrap();
                let text = String::from_utf8_lossy(&bytes[..bytes.len() - 2]).into_owned();
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            "*" | "~" | "%" | ">" => {
                let count = rest.parse::<usize>().unwrap() * if kind == "%" { 2 } else { 1 };
                let mut items: Vec<_> = (0..count).map(|_| self.reply(sorted)).collect();
                if sorted {
                    items.sort();
                }
                let prefix = if kind == "*" { "" } else { kind };
                format!("{prefix}[{}]", items.join(", "))
            }
            _ => line.to_owned(),
        }
    }
}

/// The arguments of a command line, which may be in single or double quotes.
fn arguments(line: &str) -> Vec<String> {
    let (mut args, mut rest) = (Vec::new(), line.trim_start());
    while let Some(first) = rest.chars().next() {
        let (arg, after) = if first == '\'' || first == '"' {
            rest[1..].split_once(first).expect("a closing quote")
        } else {
            rest.split_once(' ').unwrap_or((rest, ""))
        };
        args.push(arg.to_owned());
        rest = after.trim_start();
    }
    args
}

#[derive(Default)]
struct Step {
    command: String,
    replies: [String; 2],
    events: Vec<String>,
}

fn steps(transcript: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in transcript.lines().filter(|line| !line.starts_with('#')) {
        let Some(answer) = line.strip_prefix("  ") else {
            steps.push(Step { command: line.to_owned(), ..Step::default() });
            continue;
        };
        let step = steps.last_mut().expect("a command comes first");
        if let Some(reply) = answer.strip_prefix("3: ") {
            step.replies[1] = reply.to_owned();
        } else if let Some(event) = answer.strip_prefix("! ") {
            step.events.push(event.to_owned());
        } else {
            step.replies = [answer.to_owned(), answer.to_owned()];
        }
    }
    steps
}

fn check(transcript: &str) {
    for (version, reply_of) in [("2", 0), ("3", 1)] {
        let server = Server::start();
        let (mut client, mut events) = (Client::connect(&server), Client::connect(&server));
        client.call(&arguments(&format!("HELLO {version}")), false);
        events.call(&arguments("PSUBSCRIBE __keyevent@0__:* end"), false);
        events.reply(false);
        for step in steps(transcript) {
            let (line, sorted) = match step.command.strip_prefix('~') {
                Some(line) => (line, true),
                None => (step.command.as_str(), false),
            };
            let reply = client.call(&arguments(line), sorted);
            assert_eq!(reply, step.replies[reply_of], "RESP{version}: {line}");
            client.call(&arguments("PUBLISH end x"), false);
            for expected in step.events.iter().map(String::as_str).chain(["end"]) {
                let message = events.reply(false);
                let (event, key) = expected.split_once(' ').unwrap_or((expected, "x"));
                let told = message.ends_with(&format!("{event}\", \"{key}\"]"));
                assert!(told, "RESP{version}: {line}: {message} instead of {expected}");
            }
        }
    }
}

#[test]
fn hashes_answer_as_valkey_does() {
    check(include_str!("transcripts/hash.txt"));
}

#[test]
fn sets_answer_as_valkey_does() {
    check(include_str!("transcripts/set.txt"));
}

/// Fields expire by themselves, and the hash goes with the last of them.
#[test]
fn a_core_removes_expired_fields() {
    let server = Server::start();
    let (mut client, mut events) = (Client::connect(&server), Client::connect(&server));
    events.call(&arguments("PSUBSCRIBE *:hexpired *:del"), false);
    events.reply(false);
    for (line, reply) in [
        ("HSET h a 1 b 2", ":2"),
        ("HPEXPIRE h 20 FIELDS 1 a", "[:1]"),
        ("HSETEX other PX 20 FIELDS 1 c 3", ":1"),
    ] {
        assert_eq!(client.call(&arguments(line), false), reply);
    }
    // "h" loses a field, "other" its only one and with it the key.
    let mut told: Vec<_> = (0..3).map(|_| events.reply(false)).collect();
    told.sort();
    assert!(told[0].contains(":del\", \"other\""), "{told:?}");
    assert!(told[1].contains(":hexpired\", \"h\""), "{told:?}");
    assert!(told[2].contains(":hexpired\", \"other\""), "{told:?}");
    assert_eq!(client.call(&arguments("HLEN h"), false), ":1");
    assert_eq!(client.call(&arguments("EXISTS other"), false), ":0");
}
