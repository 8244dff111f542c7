//! What a connection that waits costs.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::support::Server;

const CONNECTIONS: u64 = 10_000;
/// Files of this process and of the server that are no client's socket.
const OTHER_FILES: u64 = 100;

fn rss_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux says so");
    let kib: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kib * 1024
}

#[test]
fn an_idle_connection_takes_less_than_two_kib() {
    // The server's own files are counted by its own limit, which it inherits from here.
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard }).expect("up to the limit");
    let connections = hard.map_or(CONNECTIONS, |hard| CONNECTIONS.min(hard - OTHER_FILES));
    println!("{connections} connections");
    // Pages of 2 MB would round what is measured up to so many, by chance.
    let options = ["--maxclients", "10100", "--threads", "1", "--huge-pages", "no"];
    let server = Server::start(&options);
    let mut first = server.client();
    first.call(&["PING"]);
    let before = rss_bytes(server.pid());
    let mut idle = Vec::new();
    for number in 0..connections {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port))
            .unwrap_or_else(|error| panic!("connection {number}: {error}"));
        // It has done something, as real ones have: buffers it keeps would show.
        stream.write_all(b"*2\r\n$4\r\nPING\r\n$3\r\nabc\r\n").expect("the server reads");
        let mut reply = [0; 9];
        stream.read_exact(&mut reply).expect("the server answers");
        assert_eq!(&reply, b"$3\r\nabc\r\n");
        idle.push(stream);
    }
    let each = (rss_bytes(server.pid()) - before) / connections;
    println!("{each} bytes each");
    assert!(each <= 2048, "{each} bytes for each of {connections} idle connections");
    first.call(&["PING"]);
}
