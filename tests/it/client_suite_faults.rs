//! Faults that the test suites of client libraries showed, told again as tests of ours. Every
//! expectation holds for Valkey 9.1 too.

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::suite_faults::{call, info, play};
use crate::support::{Client, Server, wait_until};

/// What a client that says nothing more gets after `replies`: the end.
fn assert_ends(mut client: Client, replies: &[&str], story: &str) {
    for expected in replies {
        assert_eq!(client.read().expect("a reply").to_string(), *expected, "{story}");
    }
    let error = client.read().expect_err("the connection has ended");
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{story}");
}

/// ioredis: the end that came in one event with the last requests went unseen, and the client that
/// BLPOP was waiting for stayed for ever, to be given an element that nobody got.
#[test]
fn a_connection_that_ends_together_with_its_last_requests_is_closed() {
    let server = Server::start(&["--enable-debug-command", "yes", "--threads", "1"]);
    let busy = &mut server.client();
    for (request, replies) in [
        ("PING\r\n", ["+PONG"].as_slice()),
        ("PING\r\nPIN", &["+PONG"]),
        ("BLPOP l 0\r\n", &[]),
        ("BLPOP l 0\r\nSET k 1\r\nINCR k\r\n", &[]),
        ("CLIENT REPLY OFF\r\nPING\r\n", &[]),
    ] {
        let mut client = server.client();
        assert_eq!(call(&mut client, "PING"), "+PONG");
        // Both are there when the server looks at its connections again.
        busy.send(&["DEBUG", "SLEEP", "0.2"]).expect("the server takes the request");
        std::thread::sleep(Duration::from_millis(50));
        client.send_raw(request.as_bytes()).expect("the server takes the request");
        client.finish().expect("a connection ends");
        assert_eq!(busy.read().expect("a reply").to_string(), "+OK");
        assert_ends(client, replies, request);
        wait_until("the client is gone", || info(busy, "clients", "connected_clients") == "1");
        play(busy, &[("EXISTS k", ":0"), ("LPUSH l 1", ":1"), ("DEL l", ":1")]);
    }
}

/// ioredis: EVALSHA of a script that is not there.
#[test]
fn monitors_see_calls_of_scripts_that_do_not_begin() {
    let server = Server::start(&[]);
    let (client, monitor) = (&mut server.client(), &mut server.client());
    play(monitor, &[("MONITOR", "+OK")]);
    let missing = "EVALSHA ffffffffffffffffffffffffffffffffffffffff 0";
    for (line, error) in [
        (missing, "-NOSCRIPT"),
        ("EVALSHA_RO f 0", "-NOSCRIPT"),
        ("EVAL return 1", "-ERR"),
        ("EVALSHA_RO f -1", "-NOSCRIPT"),
        ("EVAL ) 0", "-ERR"),
    ] {
        assert!(call(client, line).starts_with(error), "{line}");
        let told = monitor.read().expect("a monitor is told").to_string();
        assert!(told.replace(['\\', '"'], "").ends_with(line), "{told}");
    }
}

/// go-redis: the length of `bar` in a file is 4.
#[test]
fn debug_object_tells_how_long_a_string_is_in_a_file() {
    let server = Server::start(&["--enable-debug-command", "yes"]);
    let client = &mut server.client();
    let long: String = ('!'..='`').collect();
    for (value, bytes) in [
        ("bar", 4),
        ("127", 2),
        ("-129", 3),
        ("32768", 5),
        ("2147483648", 11),
        ("01", 3),
        (&long[1..], 64),
        (&long, 66),
    ] {
        play(client, &[(&format!("SET k {value}"), "+OK")]);
        let told = call(client, "DEBUG OBJECT k");
        assert!(told.contains(&format!(" serializedlength:{bytes} ")), "{value}: {told}");
    }
}

/// redis-rs: by the number behind `v=` its harness decides which options a server knows.
#[test]
fn the_version_is_one_that_tools_know() {
    let server = env!("CARGO_BIN_EXE_tsubame");
    for option in ["-v", "--version"] {
        let told = Command::new(server).arg(option).output().expect("the server is built");
        assert!(told.status.success(), "{option}");
        let line = String::from_utf8(told.stdout).expect("text");
        let version = line.split_once(" v=").expect("a version").1;
        assert!(version.starts_with("9.1.2 "), "{line}");
        assert_eq!(line.matches('\n').count(), 1, "{line}");
    }
}
