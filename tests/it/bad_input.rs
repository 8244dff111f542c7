//! Input that no client should send: the exact error text, then a close where Valkey closes, and nobody
//! else disturbed. Every expectation was read from Valkey 9.1 (run with `TSUBAME_TEST_SERVER`).

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Reply, Server};

/// What the server does after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Closes,
    StaysOpen,
}
use Then::{Closes, StaysOpen};

/// How long a connection that must stay open is watched for a close or for stray bytes.
const WATCHED_FOR: Duration = Duration::from_millis(60);

/// Sends `input` on a connection of its own and checks all that comes back.
fn check(server: &Server, what: &str, input: &[u8], answer: &str, then: Then) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout above zero is valid");
    // A server that closes early may reset the connection while we still send.
    let _ = stream.write_all(input);
    let mut got = Vec::new();
    let mut chunk = [0; 64 * 1024];
    let end = loop {
        if then == StaysOpen && got.len() >= answer.len() {
            stream.set_read_timeout(Some(WATCHED_FOR)).expect("a timeout above zero is valid");
        }
        match stream.read(&mut chunk) {
            Ok(0) => break Closes,
            Ok(length) => got.extend_from_slice(&chunk[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break Closes,
            Err(_) => break StaysOpen,
        }
    };
    assert_eq!(
        got.escape_ascii().to_string(),
        answer.as_bytes().escape_ascii().to_string(),
        "{what}"
    );
    assert_eq!(end, then, "{what}");
}

/// After whatever happened on other connections, an ordinary client is served.
fn check_undisturbed(server: &mut Server) {
    assert!(!server.has_ended(), "the server ended: {}", server.log());
    assert_eq!(server.client().call(&["PING"]), Reply::Simple(b"PONG".to_vec()));
}

fn protocol_error(text: &str) -> String {
    format!("-ERR Protocol error: {text}\r\n")
}

#[test]
fn malformed_lengths_get_an_error_and_a_close() {
    let mut server = Server::start(&[]);
    let multibulk = protocol_error("invalid multibulk length");
    for input in [
        "*abc\r\n",
        "*2147483648\r\n",
        "*99999999999999999999\r\n",
        "*\r\n",
        "*1 \r\n",
        "*+1\r\n",
        "*01\r\n",
        "*-\r\n",
    ] {
        check(&server, input, input.as_bytes(), &multibulk, Closes);
    }
    let bulk = protocol_error("invalid bulk length");
    for length in ["abc", "-1", "536870913", "99999999999999999999", "", "+4", "04", "4 "] {
        let input = format!("*1\r\n${length}\r\nPING\r\n");
        check(&server, &input, input.as_bytes(), &bulk, Closes);
    }
    check(
        &server,
        "no dollar",
        b"*1\r\nPING\r\n",
        &protocol_error("expected '$', got 'P'"),
        Closes,
    );
    check(
        &server,
        "no end of line",
        b"*1\r\n$4\r\nPINGxx",
        &protocol_error("invalid CRLF in request"),
        Closes,
    );
    check(
        &server,
        "a line feed only",
        b"*1\r\n$4\r\nPING\n\n",
        &protocol_error("invalid CRLF in request"),
        Closes,
    );
    // The line's end is looked at before what the line says, but after what it begins with.
    for input in ["*1\rx$4\r\nPING\r\n", "*0\rx", "*\rx", "*1\r\n$4\rxPING\r\n", "*1\r\n$x\rx"] {
        let refused = protocol_error("invalid CRLF in request");
        check(&server, input, input.as_bytes(), &refused, Closes);
    }
    let refused = protocol_error("expected '$', got 'x'");
    check(&server, "neither", b"*1\r\nx\rx", &refused, Closes);
    check_undisturbed(&mut server);
}

#[test]
fn lengths_at_the_limit_and_below_zero_are_taken() {
    let mut server = Server::start(&[]);
    for input in ["*1048577\r\n", "*2147483647\r\n", "*1\r\n$536870912\r\n"] {
        check(&server, input, input.as_bytes(), "", StaysOpen);
    }
    for input in ["*-5\r\nPING\r\n", "*0\r\nPING\r\n", "*-1\r\n*1\r\n$4\r\nPING\r\n"] {
        check(&server, input, input.as_bytes(), "+PONG\r\n", StaysOpen);
    }
    check_undisturbed(&mut server);
}

#[test]
fn replies_before_a_protocol_error_are_sent() {
    let server = Server::start(&[]);
    let refused = format!("+PONG\r\n{}", protocol_error("expected '$', got 'B'"));
    check(&server, "good, bad, good", b"PING\r\n*1\r\nBAD\r\nPING\r\n", &refused, Closes);
    let refused = format!("+OK\r\n{}", protocol_error("invalid multibulk length"));
    check(
        &server,
        "SET, then garbage",
        b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*x\r\nPING\r\n",
        &refused,
        Closes,
    );
    assert_eq!(server.client().call(&["GET", "a"]), Reply::Bulk(b"b".to_vec()));
}

#[test]
fn lines_without_an_end_are_cut_at_64_kib() {
    let mut server = Server::start(&[]);
    let long = |start: &str, fill: char, length: usize| {
        [start, &fill.to_string().repeat(length)].concat().into_bytes()
    };
    check(
        &server,
        "inline",
        &long("", 'A', 65_537),
        &protocol_error("too big inline request"),
        Closes,
    );
    check(&server, "inline at the limit", &long("", 'A', 65_536), "", StaysOpen);
    let header = protocol_error("too big mbulk count string");
    check(&server, "multibulk header", &long("*", '1', 65_537), &header, Closes);
    let header = protocol_error("too big bulk count string");
    check(&server, "bulk header", &long("*1\r\n$", '1', 65_537), &header, Closes);
    check_undisturbed(&mut server);
}

#[test]
fn inline_requests_are_split_as_a_shell_would() {
    let mut server = Server::start(&[]);
    let unbalanced = protocol_error("unbalanced quotes in request");
    check(&server, "an open double quote", b"SET a \"b\r\n", &unbalanced, Closes);
    check(&server, "an open single quote", b"SET a 'b\r\n", &unbalanced, Closes);
    check(&server, "text after a quote", b"SET a \"b\"c\r\n", "+OK\r\n", StaysOpen);
    check(
        &server,
        "quotes inside of a word",
        b"ECHO a'b c'\"d\"\r\n",
        "$5\r\nab cd\r\n",
        StaysOpen,
    );
    check(&server, "an empty line", b"\r\nPING\r\n", "+PONG\r\n", StaysOpen);
    check(&server, "blanks", b"  PING  \r\n", "+PONG\r\n", StaysOpen);
    check(&server, "a line feed only", b"PING\n", "+PONG\r\n", StaysOpen);
    check(&server, "escapes", b"ECHO \"\\x41\\n\\t\\\"\"\r\n", "$4\r\nA\n\t\"\r\n", StaysOpen);
    check(&server, "single quotes", b"ECHO 'a\\'b\\n'\r\n", "$5\r\na'b\\n\r\n", StaysOpen);
    check_undisturbed(&mut server);
}

#[test]
fn an_http_request_is_dropped_without_an_answer() {
    let mut server = Server::start(&[]);
    check(&server, "POST", b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "", Closes);
    check(&server, "Host:", b"Host: localhost\r\n", "", Closes);
    check_undisturbed(&mut server);
}

#[test]
fn unknown_commands_are_quoted_safely_and_shortly() {
    let server = Server::start(&[]);
    let unknown = |name: &str, args: &str| {
        format!("-ERR unknown command '{name}', with args beginning with: {args}\r\n")
    };
    check(&server, "empty", b"*1\r\n$0\r\n\r\n", &unknown("", ""), StaysOpen);
    check(
        &server,
        "line ends",
        b"*2\r\n$6\r\nNO\r\nUC\r\n$3\r\na\nb\r\n",
        &unknown("NO  UC", "'a b' "),
        StaysOpen,
    );
    check(&server, "RESP3 out of place", b"%1\r\n", &unknown("%1", ""), StaysOpen);
    let long = format!("NOSUCH {}\r\n", "x".repeat(300));
    check(
        &server,
        "a long argument",
        long.as_bytes(),
        &unknown("NOSUCH", &format!("'{}' ", "x".repeat(128))),
        StaysOpen,
    );
    let long = format!("NOSUCH \"ab\\x00{}\" {}\r\n", "c".repeat(100), "x".repeat(200));
    check(
        &server,
        "a zero byte, behind which nothing is shown nor counted",
        long.as_bytes(),
        &unknown("NOSUCH", &format!("'ab' '{}' ", "x".repeat(123))),
        StaysOpen,
    );
    let long = format!("{} a\r\n", "c".repeat(150));
    check(&server, "a long name", long.as_bytes(), &unknown(&"c".repeat(128), "'a' "), StaysOpen);
}

#[test]
fn strangers_may_send_little() {
    let server = Server::start(&["--requirepass", "secret"]);
    let refused = protocol_error("unauthenticated multibulk length");
    check(&server, "11 words", b"*11\r\n", &refused, Closes);
    check(&server, "10 words", b"*10\r\n", "", StaysOpen);
    let refused = protocol_error("unauthenticated bulk length");
    check(&server, "16385 bytes", b"*1\r\n$16385\r\n", &refused, Closes);
    check(&server, "16384 bytes", b"*1\r\n$16384\r\n", "", StaysOpen);
    let noauth = "-NOAUTH Authentication required.\r\n";
    for request in ["PING\r\n", "GET a\r\n", "GET\r\n", "NOSUCH\r\n", "MULTI\r\n"] {
        check(&server, request, request.as_bytes(), noauth, StaysOpen);
    }
    check(&server, "QUIT", b"QUIT\r\n", "+OK\r\n", Closes);
    check(&server, "RESET", b"RESET\r\n", "+RESET\r\n", StaysOpen);
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    check(&server, "a wrong password", b"AUTH wrong\r\n", wrong, StaysOpen);
    let many = ["AUTH secret\r\n*12\r\n$6\r\nEXISTS\r\n", &"$1\r\na\r\n".repeat(11)].concat();
    check(&server, "after AUTH", many.as_bytes(), "+OK\r\n:0\r\n", StaysOpen);
}

#[test]
fn one_client_too_many_is_told_so() {
    let server = Server::start(&["--maxclients", "2"]);
    // The connection that waited for the start may be closing still.
    let mut clients = Vec::new();
    while clients.len() < 2 {
        let mut client = server.client();
        let taken = client.send(&["PING"]).is_ok()
            && client.read().is_ok_and(|reply| reply == Reply::Simple(b"PONG".to_vec()));
        if taken {
            clients.push(client);
        }
    }
    check(&server, "the third", b"", "-ERR max number of clients reached\r\n", Closes);
    for client in &mut clients {
        assert_eq!(client.call(&["PING"]), Reply::Simple(b"PONG".to_vec()));
    }
    let Reply::Bulk(stats) = clients[0].call(&["INFO", "stats"]) else {
        panic!("INFO is a bulk string")
    };
    let stats = String::from_utf8_lossy(&stats).into_owned();
    assert!(!stats.contains("rejected_connections:0"), "{stats}");
}

#[test]
fn a_query_buffer_over_its_limit_is_closed() {
    let mut server = Server::start(&["--client-query-buffer-limit", "1mb"]);
    let mut huge = b"*1\r\n$100000000\r\n".to_vec();
    huge.resize(3_000_000, b'x');
    check(&server, "3 MB of an argument", &huge, "", Closes);
    let mut fits = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$900000\r\n".to_vec();
    fits.resize(fits.len() + 900_000, b'x');
    fits.extend_from_slice(b"\r\n");
    check(&server, "900 KB", &fits, "+OK\r\n", StaysOpen);
    check_undisturbed(&mut server);
}

#[test]
fn strings_end_at_proto_max_bulk_len() {
    let server = Server::start(&["--proto-max-bulk-len", "1mb"]);
    check(
        &server,
        "a longer argument",
        b"*1\r\n$1048577\r\n",
        &protocol_error("invalid bulk length"),
        Closes,
    );
    let over = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
    check(&server, "SETRANGE over it", b"SETRANGE a 1048576 x\r\n", over, StaysOpen);
    check(&server, "SETRANGE up to it", b"SETRANGE a 1048575 x\r\n", ":1048576\r\n", StaysOpen);
    check(&server, "APPEND over it", b"APPEND a xxxxx\r\n", over, StaysOpen);
}

#[test]
fn announced_lengths_reserve_no_memory() {
    let server = Server::start(&[]);
    let used = || {
        let Reply::Bulk(info) = server.client().call(&["INFO", "memory"]) else {
            panic!("INFO is a bulk string")
        };
        let info = String::from_utf8_lossy(&info).into_owned();
        let field = info.lines().find_map(|line| line.strip_prefix("used_memory_rss:"));
        field
            .and_then(|bytes| bytes.trim().parse::<u64>().ok())
            .expect("INFO memory has used_memory_rss")
    };
    let before = used();
    let mut open = Vec::new();
    for _ in 0..50 {
        let mut client = server.client();
        client.send_raw(b"*1000000\r\n$3\r\nDEL\r\n").expect("the server reads");
        open.push(client);
        let mut client = server.client();
        client.send_raw(b"*1\r\n$500000000\r\nx").expect("the server reads");
        open.push(client);
    }
    std::thread::sleep(Duration::from_millis(200));
    let grown = used().saturating_sub(before);
    // Announced were 25 GB; Valkey reserves 16 bytes a word, which is what the limit leaves room for.
    assert!(grown < 200 << 20, "100 connections that sent 20 bytes each hold {grown} bytes");
}

#[test]
fn random_bytes_disturb_nobody() {
    let mut server = Server::start(&[]);
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut rng: rand::rngs::StdRng = rand::SeedableRng::seed_from_u64(seed);
    let mut witness = server.client();
    for _ in 0..300 {
        let length = rand::Rng::random_range(&mut rng, 1..400);
        let alphabet = b"*$\r\n0123456789-+ \"'PINGSETx\x00\xff";
        let garbage: Vec<u8> = (0..length)
            .map(|_| alphabet[rand::Rng::random_range(&mut rng, 0..alphabet.len())])
            .collect();
        let mut stream =
            TcpStream::connect(("127.0.0.1", server.port)).expect("the server accepts");
        // The server may close while we send.
        let _ = stream.write_all(&garbage);
        assert_eq!(witness.call(&["PING"]), Reply::Simple(b"PONG".to_vec()), "seed {seed}");
    }
    check_undisturbed(&mut server);
}

#[test]
fn errors_show_the_bytes_that_were_sent() {
    let server = Server::start(&[]);
    let mut client = server.client();
    for (request, reply) in [
        (&b"EXPIRE k 1 \"\\xc1\\xff\\n\"\r\n"[..], &b"ERR Unsupported option \xc1\xff"[..]),
        (b"\"\\xfe\\xff\"\r\n", b"ERR unknown command '\xfe\xff', with args beginning with: "),
        (b"SCAN 0 TYPE \"\\xf4\\x8f\\xbd\\x81\"\r\n", b"ERR unknown type name '\xf4\x8f\xbd\x81'"),
    ] {
        client.send_raw(request).expect("the server listens");
        assert_eq!(client.read().expect("an error"), Reply::Error(reply.to_vec()));
    }
}

#[test]
fn what_follows_a_zero_byte_in_a_name_is_kept_and_neither_checked_nor_listed() {
    let server = Server::start(&[]);
    let mut client = server.client();
    for words in [
        ["CLIENT", "SETNAME", "seen\0 of it"].as_slice(),
        &["CLIENT", "SETINFO", "LIB-NAME", "library\0 of it"],
        &["CLIENT", "SETINFO", "LIB-VER", "\0 of it"],
    ] {
        assert_eq!(client.call(words), Reply::Simple("OK".into()), "{words:?}");
    }
    assert_eq!(client.call(&["CLIENT", "GETNAME"]), Reply::Bulk(b"seen\0 of it".to_vec()));
    let listed = client.call(&["CLIENT", "INFO"]).to_string();
    for part in [" name=seen age", " lib-name=library lib-ver= tot"] {
        assert!(listed.contains(part), "{listed}");
    }
    let refused = client.call(&["CLIENT", "SETNAME", "a b\0"]);
    let text = "ERR Client names cannot contain spaces, newlines or special characters.";
    assert_eq!(refused, Reply::Error(text.into()));
}
