//! Limits and ends: buffers of clients, the ceiling on memory, signals, and what INFO and CLIENT LIST
//! tell of them.

use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Client, Reply, Server, free_port, wait_until};

const DEBUG: [&str; 2] = ["--enable-debug-command", "yes"];

/// Sends a line of words and gives the reply as text.
fn call(client: &mut Client, line: &str) -> String {
    client.call(&line.split(' ').collect::<Vec<_>>()).to_string()
}

fn text(reply: Reply) -> String {
    match reply {
        Reply::Bulk(text) | Reply::Verbatim(text) => String::from_utf8_lossy(&text).into_owned(),
        other => other.to_string(),
    }
}

/// One number of INFO.
fn info(client: &mut Client, field: &str) -> u64 {
    number(&text(client.call(&["INFO", "everything"])), field)
}

/// A field of a page of INFO.
fn number(page: &str, field: &str) -> u64 {
    let line = page.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no number {field}"))
}

/// The line of CLIENT LIST with this name.
fn line_of(client: &mut Client, name: &str) -> Option<String> {
    let list = text(client.call(&["CLIENT", "LIST"]));
    list.lines().find(|line| line.contains(&format!("name={name} "))).map(str::to_owned)
}

fn field(line: &str, name: &str) -> u64 {
    let value = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line}"))
}

fn named(server: &Server, name: &str) -> Client {
    let mut client = server.client();
    assert_eq!(call(&mut client, &format!("CLIENT SETNAME {name}")), "+OK");
    client
}

pub(crate) fn is_closed(result: &io::Result<Reply>) -> bool {
    matches!(result, Err(error) if matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    ))
}

#[test]
fn lcs_takes_no_more_memory_than_a_string_may() {
    let server = Server::start(&["--proto-max-bulk-len", "1mb"]);
    let mut client = server.client();
    // Four bytes for each pair of prefixes, the empty ones among them.
    let refused = "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    for (len, told) in [(511, ":511"), (512, refused)] {
        call(&mut client, &format!("SET k {}", "x".repeat(len)));
        assert_eq!(call(&mut client, "LCS k k LEN"), told, "{len} bytes");
    }
    assert_eq!(call(&mut client, "LCS k nosuch LEN"), ":0");
}

#[test]
fn a_reply_over_the_hard_limit_is_not_sent_at_all() {
    let server = Server::start(&["--client-output-buffer-limit", "normal 100000 0 0"]);
    let mut client = server.client();
    client.call(&["SET", "big", &"x".repeat(150_000)]);
    client.send(&["GET", "big"]).expect("the server takes the request");
    assert!(is_closed(&client.read()));
    let mut client = server.client();
    call(&mut client, "HSET h field value");
    client.send(&["HRANDFIELD", "h", "-999999999"]).expect("the server takes the request");
    assert!(is_closed(&client.read()));
    let mut client = server.client();
    assert_eq!(info(&mut client, "client_output_buffer_limit_disconnections"), 2);
    // A transaction runs to its end before its client goes.
    for line in ["MULTI", "SET before 1", "GET big", "SET after 1"] {
        call(&mut client, line);
    }
    client.send(&["EXEC"]).expect("the server takes the request");
    assert!(is_closed(&client.read()));
    assert_eq!(call(&mut server.client(), "EXISTS before after"), ":2");
}

#[test]
fn a_pipeline_over_the_hard_limit_is_not_answered_at_all() {
    let server = Server::start(&["--client-output-buffer-limit", "normal 100000 0 0"]);
    server.client().call(&["SET", "big", &"x".repeat(10_000)]);
    let mut client = server.client();
    // All of it arrives at once, runs, and then has too much to be answered.
    client.send_raw("SET n 1\r\nGET big\r\n".repeat(15).as_bytes()).expect("the server reads");
    assert!(is_closed(&client.read()));
    assert_eq!(text(server.client().call(&["GET", "n"])), "1");
    // Not more than what is allowed is answered.
    let mut client = server.client();
    client.send_raw("GET big\r\n".repeat(9).as_bytes()).expect("the server reads");
    for _ in 0..9 {
        assert_eq!(text(client.read().expect("a reply")).len(), 10_000);
    }
}

/// Who knew no password could have all refusals kept that he did not read.
#[test]
fn a_client_that_is_not_authenticated_gets_few_replies_at_once() {
    let server = Server::start(&["--requirepass", "secret"]);
    let mut control = server.client();
    assert_eq!(call(&mut control, "AUTH secret"), "+OK");
    // A pipeline that is read at once: all of its replies, or none.
    let mut client = server.client();
    client.send_raw("PING\r\n".repeat(400).as_bytes()).expect("the server reads");
    for _ in 0..400 {
        assert_eq!(client.read().expect("a reply").to_string(), "-NOAUTH Authentication required.");
    }
    client.send_raw("PING\r\n".repeat(1000).as_bytes()).expect("the server reads");
    assert!(is_closed(&client.read()));
    assert_eq!(info(&mut control, "client_output_buffer_limit_disconnections"), 1);
    // A few at a time, and never read.
    let mut client = server.client();
    let few = "PING\r\n".repeat(100);
    let pushed = (0..1_000_000).take_while(|_| client.send_raw(few.as_bytes()).is_ok()).count();
    assert!(pushed < 1_000_000);
    wait_until("it is gone", || {
        info(&mut control, "client_output_buffer_limit_disconnections") == 2
    });
    // Who says the password first is a client like any other.
    let mut client = server.client();
    let pipeline = format!("AUTH secret\r\n{}", "PING\r\n".repeat(10_000));
    client.send_raw(pipeline.as_bytes()).expect("the server reads");
    assert_eq!(client.read().expect("a reply").to_string(), "+OK");
    for _ in 0..10_000 {
        assert_eq!(client.read().expect("a reply").to_string(), "+PONG");
    }
}

#[test]
fn a_query_over_its_limit_ends_the_connection() {
    let server = Server::start(&["--client-query-buffer-limit", "1mb"]);
    let mut client = server.client();
    // The server may close while we still write.
    let _ = client.send(&["SET", "key", &"x".repeat(2 << 20)]);
    assert!(is_closed(&client.read()));
    assert_eq!(info(&mut server.client(), "client_query_buffer_limit_disconnections"), 1);
}

#[test]
fn client_list_tells_what_lies_in_the_query_buffer() {
    let server = Server::start(&[]);
    let (mut watcher, mut client) = (server.client(), named(&server, "slow"));
    assert_eq!(field(&line_of(&mut watcher, "slow").expect("it is there"), "qbuf-free"), 0);
    client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nxxxxx").expect("it is sent");
    wait_until("what was sent is seen", || {
        let line = line_of(&mut watcher, "slow").expect("it is there");
        field(&line, "qbuf") == 5 && field(&line, "argv-mem") > 0
    });
    client.send_raw(b"x").expect("it is sent");
    wait_until("room is made for the announced value", || {
        let line = line_of(&mut watcher, "slow").expect("it is there");
        field(&line, "qbuf") + field(&line, "qbuf-free") >= 1_000_000
            && field(&line, "tot-mem") >= 1_000_000
    });
    wait_until("the room goes when the client is idle", || {
        field(&line_of(&mut watcher, "slow").expect("it is there"), "tot-mem") < 100_000
    });
}

#[test]
fn traffic_and_commands_are_counted_for_each_client() {
    let server = Server::start(&[]);
    let (mut watcher, mut client) = (server.client(), named(&server, "counted"));
    let before = line_of(&mut watcher, "counted").expect("it is there");
    assert_eq!(call(&mut client, "EVAL redis.call('ping') 0"), "$-1");
    let after = line_of(&mut watcher, "counted").expect("it is there");
    let grown = |name: &str| field(&after, name) - field(&before, name);
    assert_eq!(grown("tot-cmds"), 2, "the script and its command");
    assert_eq!(grown("tot-net-out"), 5);
    assert_eq!(
        grown("tot-net-in"),
        b"*3\r\n$4\r\nEVAL\r\n$18\r\n\r\n$1\r\n0\r\n".len() as u64 + 18
    );
}

#[test]
fn the_largest_clients_go_when_all_take_too_much() {
    let server = Server::start(&[]);
    let mut control = named(&server, "control");
    assert_eq!(call(&mut control, "CLIENT NO-EVICT on"), "+OK");
    let clients: Vec<Client> = [("small", 100_000), ("big", 2_000_000), ("bigger", 3_000_000)]
        .into_iter()
        .map(|(name, bytes)| {
            let mut client = named(&server, name);
            let start = format!("*2\r\n${}\r\n", bytes + 10);
            client.send_raw(start.as_bytes()).expect("it is sent");
            client.send_raw(&vec![b'x'; bytes]).expect("it is sent");
            wait_until("it is received", || {
                let line = line_of(&mut control, name).expect("nobody is evicted yet");
                field(&line, "qbuf") == bytes as u64
            });
            client
        })
        .collect();
    assert_eq!(call(&mut control, "CONFIG SET maxmemory-clients 2500000"), "+OK");
    assert!(line_of(&mut control, "bigger").is_none());
    assert!(line_of(&mut control, "big").is_some());
    assert_eq!(call(&mut control, "CONFIG SET maxmemory-clients 1mb"), "+OK");
    assert!(line_of(&mut control, "big").is_none());
    assert!(line_of(&mut control, "small").is_some());
    assert_eq!(info(&mut control, "evicted_clients"), 2);
    drop(clients);
}

#[test]
fn messages_are_sent_to_a_client_whose_replies_are_off() {
    let server = Server::start(&[]);
    let mut client = server.client();
    client.send(&["CLIENT", "REPLY", "OFF"]).expect("the server takes the request");
    assert_eq!(call(&mut client, "SUBSCRIBE news"), r#"["subscribe", "news", :1]"#);
    assert_eq!(call(&mut server.client(), "PUBLISH news hello"), ":1");
    let message = client.read().expect("the message comes");
    assert_eq!(message.to_string(), r#"["message", "news", "hello"]"#);
}

/// Fills the server beyond 4 MB above what it takes empty, and answers how many keys are left.
fn fill(policy: &str, expires: bool) -> u64 {
    let server = Server::start(&["--maxmemory-policy", policy]);
    let mut client = server.client();
    let limit = info(&mut client, "used_memory") + (4 << 20);
    assert_eq!(call(&mut client, &format!("CONFIG SET maxmemory {limit}")), "+OK");
    let value = "x".repeat(20_000);
    for n in 0..400 {
        let key = format!("key:{n}");
        let words: &[&str] = &["SET", &key, &value, "EX", "1000"];
        let reply = client.call(if expires { words } else { &words[..3] });
        assert_eq!(reply.to_string(), "+OK", "key {n} with {policy}");
    }
    let used = info(&mut client, "used_memory");
    assert!(used < limit + 200_000, "{used} of {limit} in use with {policy}");
    // In one transaction: keys may still be going.
    for words in ["MULTI", "INFO stats", "DBSIZE"] {
        call(&mut client, words);
    }
    let Reply::Array(replies) = client.call(&["EXEC"]) else { panic!("EXEC answers a list") };
    let [page, size]: [Reply; 2] = replies.try_into().expect("two replies");
    let Reply::Int(left) = size else { panic!("DBSIZE answers a number, not {size}") };
    let left = left as u64;
    assert_eq!(left + number(&text(page), "evicted_keys"), 400, "{policy}");
    left
}

#[test]
fn keys_are_evicted_by_every_policy_that_allows_it() {
    for (policy, expires) in [
        ("allkeys-lru", false),
        ("allkeys-lfu", false),
        ("allkeys-random", true),
        ("volatile-lru", true),
        ("volatile-lfu", true),
        ("volatile-random", true),
        ("volatile-ttl", true),
    ] {
        let left = fill(policy, expires);
        assert!((50..=210).contains(&left), "{left} keys left with {policy}");
    }
}

#[test]
fn keys_that_do_not_expire_stay_with_a_volatile_policy() {
    // A command's first call takes memory for its histogram of latencies, if those are tracked.
    // So does a second loop, which may begin only after the figure was taken.
    let options =
        ["--maxmemory-policy", "volatile-ttl", "--latency-tracking", "no", "--threads", "1"];
    let server = Server::start(&options);
    let mut client = server.client();
    client.call(&["SET", "late", &"x".repeat(100_000), "EX", "1000"]);
    client.call(&["SET", "soon", &"x".repeat(100_000), "EX", "100"]);
    client.call(&["SET", "stays", &"x".repeat(100_000)]);
    // Little enough is gained by one key.
    let limit = info(&mut client, "used_memory") - 50_000;
    assert_eq!(call(&mut client, &format!("CONFIG SET maxmemory {limit}")), "+OK");
    wait_until("a key is evicted", || call(&mut client, "DBSIZE") == ":2");
    assert_eq!(call(&mut client, "EXISTS late stays"), ":2");
    assert_eq!(call(&mut client, "CONFIG SET maxmemory 1"), "+OK");
    let refusal = r"-OOM command not allowed when used memory > \'maxmemory\'.";
    wait_until("nothing more can go", || call(&mut client, "SET more x") == refusal);
    assert_eq!(call(&mut client, "EXISTS late"), ":0");
    assert_eq!(call(&mut client, "STRLEN stays"), ":100000");
    assert_eq!(call(&mut client, "DEL stays"), ":1");
}

fn signal(server: &Server, name: &str) {
    let status = Command::new("kill").args(["-s", name, &server.pid().to_string()]).status();
    assert!(status.expect("there is a kill").success());
}

#[test]
fn a_signal_can_be_taken_back_until_the_cron_obeys_it() {
    let mut server = Server::start(&DEBUG);
    let mut client = server.client();
    assert_eq!(call(&mut client, "SHUTDOWN ABORT"), "-ERR No shutdown in progress.");
    assert_eq!(call(&mut client, "DEBUG PAUSE-CRON 1"), "+OK");
    signal(&server, "TERM");
    wait_until("the abort finds a shutdown", || call(&mut client, "SHUTDOWN ABORT") == "+OK");
    assert_eq!(call(&mut client, "DEBUG PAUSE-CRON 0"), "+OK");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(call(&mut client, "PING"), "+PONG");
    // A client that waits is no hindrance.
    client.send(&["BLPOP", "nothing", "0"]).expect("the server takes the request");
    signal(&server, "TERM");
    wait_until("the process ends", || server.has_ended());
    assert!(server.log().contains("ready to exit, bye bye"), "{}", server.log());
}

#[test]
fn an_expired_key_stays_during_a_pause_of_writers() {
    let server = Server::start(&DEBUG);
    let mut client = server.client();
    for (line, expected) in [
        ("DEBUG SET-ACTIVE-EXPIRE 0", "+OK"),
        ("SET k v PX 1", "+OK"),
        ("DEBUG SLEEP 0.01", "+OK"),
        ("CLIENT PAUSE 100000 WRITE", "+OK"),
        ("GET k", "$-1"),
        ("DBSIZE", ":1"),
        ("CLIENT UNPAUSE", "+OK"),
        ("GET k", "$-1"),
        ("DBSIZE", ":0"),
    ] {
        assert_eq!(call(&mut client, line), expected, "{line}");
    }
}

#[test]
fn scan_and_randomkey_leave_expired_keys_during_a_pause() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let mut check = |script: &[(&str, &str)]| {
        for (line, expected) in script {
            assert_eq!(call(&mut client, line), *expected, "{line}");
        }
    };
    check(&[("MULTI", "+OK"), ("SET k v PX 1", "+QUEUED")]);
    check(&[("CLIENT PAUSE 100000 WRITE", "+QUEUED"), ("EXEC", "[+OK, +OK]")]);
    wait_until("it expires", || call(&mut server.client(), "EXISTS k") == ":0");
    check(&[("SCAN 0", "[\"0\", []]"), ("DBSIZE", ":1")]);
    // All that could be answered has expired.
    check(&[("RANDOMKEY", "\"k\""), ("DBSIZE", ":1")]);
    check(&[("CLIENT UNPAUSE", "+OK"), ("RANDOMKEY", "$-1"), ("DBSIZE", ":0")]);

    // One key among many that have expired, and that cannot be removed, is found nevertheless.
    check(&[("SET live v", "+OK"), ("MULTI", "+OK")]);
    for number in 0..999 {
        check(&[(&format!("SET k{number} v PX 1"), "+QUEUED")]);
    }
    check(&[("CLIENT PAUSE 100000 WRITE", "+QUEUED")]);
    assert!(!call(&mut client, "EXEC").contains('-'));
    wait_until("they expire", || call(&mut client, "KEYS *") == "[\"live\"]");
    for _ in 0..20 {
        assert_eq!(call(&mut client, "RANDOMKEY"), "\"live\"");
    }
    assert_eq!(call(&mut client, "DBSIZE"), ":1000");
}

#[test]
fn a_paused_client_is_shown_as_one_that_waits() {
    let server = Server::start(&[]);
    let (mut control, mut client) = (server.client(), named(&server, "writer"));
    assert_eq!(call(&mut control, "CLIENT PAUSE 100000 WRITE"), "+OK");
    client.send(&["SET", "k", "v"]).expect("the server takes the request");
    wait_until("it is held back", || info(&mut control, "blocked_clients") == 1);
    assert!(line_of(&mut control, "writer").expect("it is there").contains(" flags=b "));
    assert_eq!(call(&mut control, "CLIENT UNPAUSE"), "+OK");
    assert_eq!(client.read().expect("it goes on").to_string(), "+OK");
    assert_eq!(info(&mut control, "blocked_clients"), 0);
}

/// Held commands used to wait for the cron, which does not run here.
#[test]
fn the_end_of_a_pause_is_told_to_every_core_at_once() {
    let server = Server::start(&["--enable-debug-command", "yes", "--threads", "3"]);
    let mut control = server.client();
    assert_eq!(call(&mut control, "DEBUG PAUSE-CRON 1"), "+OK");
    assert_eq!(call(&mut control, "CLIENT PAUSE 100000 WRITE"), "+OK");
    let mut held: Vec<Client> = (0..9).map(|_| server.client()).collect();
    for client in &mut held {
        client.send(&["INCR", "n"]).expect("the server takes the request");
    }
    let mut waiter = server.client();
    let id = call(&mut waiter, "CLIENT ID").replace(':', "");
    waiter.send(&["BLPOP", "nothing", "0"]).expect("the server takes the request");
    wait_until("they are held back", || info(&mut control, "blocked_clients") == 10);
    assert_eq!(call(&mut control, "CLIENT UNPAUSE"), "+OK");
    for client in &mut held {
        assert!(matches!(client.read().expect("it goes on"), Reply::Int(1..=9)));
    }
    let unblock = format!("CLIENT UNBLOCK {id}");
    wait_until("the waiter waits for its key", || call(&mut control, &unblock) == ":1");
    assert_eq!(waiter.read().expect("its wait ends"), Reply::NullArray);
}

#[test]
fn a_daemon_leaves_its_number_and_its_log() {
    let folder = std::env::temp_dir().join(format!("tsubame-daemon-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let port = free_port();
    let (pid_file, log) = (folder.join("server.pid"), folder.join("server.log"));
    let mut started = Command::new(env!("CARGO_BIN_EXE_tsubame"))
        .arg("-")
        .stdin(Stdio::piped())
        .spawn()
        .expect("the server is built");
    let config = format!(
        "port {port}\nbind 127.0.0.1\ndaemonize yes\nsave \"\"\npidfile {}\nlogfile {}\n",
        pid_file.display(),
        log.display()
    );
    let mut stdin = started.stdin.take().expect("it is piped");
    stdin.write_all(config.as_bytes()).expect("it reads its configuration");
    drop(stdin);
    assert!(started.wait().expect("the first process ends").success());
    let mut client = None;
    wait_until("the daemon listens", || {
        client = Client::connect(port).ok();
        client.is_some()
    });
    let mut client = client.expect("it listens");
    let pid = info(&mut client, "process_id");
    let text = std::fs::read_to_string(&pid_file).expect("the pid file is written");
    assert_eq!(text.trim(), pid.to_string());
    client.send(&["SHUTDOWN", "NOSAVE"]).expect("the server takes the request");
    assert!(is_closed(&client.read()));
    wait_until("the pid file goes", || !pid_file.exists());
    assert!(std::fs::read_to_string(&log).expect("there is a log").contains("Ready to accept"));
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn hello_is_answered_on_every_core_while_a_script_is_busy() {
    let server = Server::start(&["--enable-debug-command", "yes", "--busy-reply-threshold", "10"]);
    let (mut client, mut others) =
        (server.client(), [server.client(), server.client(), server.client(), server.client()]);
    assert_eq!(call(&mut client, "DEBUG SET-DISABLE-DENY-SCRIPTS 1"), "+OK");
    let script = "while not string.find(redis.call('client', 'list'), 'name=last ') do end";
    client.send(&["EVAL", script, "0"]).expect("the server takes the request");
    wait_until("the script is busy", || call(&mut others[0], "GET k").starts_with("-BUSY"));
    for (other, name) in others.iter_mut().zip(["a", "b", "c", "last"]) {
        let reply = call(other, &format!("HELLO 2 SETNAME {name}"));
        assert!(reply.starts_with(r#"["server", "valkey""#), "{reply}");
    }
    assert_eq!(client.read().expect("the script ends").to_string(), "$-1");
}

/// The names, or the numbers, of the groups that this process is of.
fn groups(how: &str) -> Vec<String> {
    let told = Command::new("id").arg(how).output().expect("every system has it");
    String::from_utf8_lossy(&told.stdout).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_unix_socket_has_the_group_and_the_rights_it_is_told() {
    let (names, ids) = (groups("-Gn"), groups("-G"));
    let (name, id) = (names.last().expect("there is one"), ids.last().expect("there is one"));
    let path = std::env::temp_dir().join(format!("tsubame-it-{}.sock", std::process::id()));
    let path_text = path.to_str().expect("ASCII");
    let options = ["--unixsocket", path_text, "--unixsocketgroup", name, "--unixsocketperm", "750"];
    let server = Server::start(&options);
    let about = std::fs::metadata(&path).expect("it is there");
    assert_eq!((about.gid().to_string(), about.mode() & 0o777), (id.clone(), 0o750));
    let mut socket = UnixStream::connect(&path).expect("it listens");
    socket.write_all(b"PING\r\n").expect("it reads");
    let mut reply = [0; 7];
    socket.read_exact(&mut reply).expect("it answers");
    assert_eq!(&reply, b"+PONG\r\n");
    drop(server);
    let _ = std::fs::remove_file(&path);
    let refused =
        Server::refused(&["--unixsocket", path_text, "--unixsocketgroup", "no-such-group"]);
    let reason = "Failed opening Unix socket: getgrnam error for group 'no-such-group'";
    assert!(refused.contains(reason), "{refused}");
}
