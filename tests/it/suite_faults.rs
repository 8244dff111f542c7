//! Faults that Valkey's and Redis's own test suites showed, told again as tests of ours. Every
//! expectation holds for Valkey 9.1 too (run with `TSUBAME_TEST_SERVER`), but for the thread counts.

use crate::support::{Client, Reply, Server, wait_until};

const DEBUG: [&str; 2] = ["--enable-debug-command", "yes"];

pub(crate) fn start(options: &[&str]) -> Server {
    let with_debug: Vec<&str> = DEBUG.iter().chain(options).copied().collect();
    Server::start(&with_debug)
}

/// Sends a line of words and gives the reply as text.
pub(crate) fn call(client: &mut Client, line: &str) -> String {
    client.call(&line.split(' ').collect::<Vec<_>>()).to_string()
}

/// Plays lines, each with the reply it must have.
pub(crate) fn play(client: &mut Client, script: &[(&str, &str)]) {
    for (line, expected) in script {
        assert_eq!(call(client, line), *expected, "{line}");
    }
}

/// One line of INFO, without its name.
pub(crate) fn info(client: &mut Client, section: &str, field: &str) -> String {
    let page = match client.call(&["INFO", section]) {
        Reply::Bulk(page) | Reply::Verbatim(page) => String::from_utf8_lossy(&page).into_owned(),
        other => panic!("INFO answers text, not {other}"),
    };
    let line = page.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_default().to_owned()
}

fn wait_for_blocked(client: &mut Client, count: &str) {
    wait_until("clients begin or end to wait", || {
        info(client, "clients", "blocked_clients") == count
    });
}

/// A key that expired, and that nobody has removed yet.
const STALE_X: [(&str, &str); 3] =
    [("DEL x", ":0"), ("SET x foo PX 1", "+OK"), ("DEBUG SLEEP 0.01", "+OK")];

#[test]
fn the_removal_of_a_key_that_was_expired_when_watched_does_not_spoil_a_transaction() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
    for remove in [("EXISTS x", ":0"), ("FLUSHDB", "+OK"), ("SWAPDB 0 1", "+OK")] {
        play(client, &STALE_X);
        play(client, &[("WATCH x", "+OK"), remove, ("MULTI", "+OK"), ("PING", "+QUEUED")]);
        assert_eq!(call(client, "EXEC"), "[+PONG]", "{remove:?}");
        play(client, &[("FLUSHALL", "+OK")]);
    }
    play(client, &STALE_X);
    play(client, &[("WATCH x", "+OK"), ("SET x bar", "+OK"), ("MULTI", "+OK"), ("EXEC", "*-1")]);
}

#[test]
fn an_expired_key_that_swapdb_brings_is_no_change_of_a_key_that_was_not_there() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
    play(client, &STALE_X);
    play(client, &[("SELECT 1", "+OK"), ("WATCH x", "+OK"), ("SWAPDB 0 1", "+OK")]);
    play(client, &[("MULTI", "+OK"), ("PING", "+QUEUED"), ("EXEC", "[+PONG]")]);
}

#[test]
fn scan_and_randomkey_remove_the_expired_keys_they_meet() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK"), ("DEBUG POPULATE 100", "+OK")]);
    play(client, &[("SET gone 1 PX 1", "+OK"), ("HSET hash f v", ":1"), ("PEXPIRE hash 1", ":1")]);
    play(client, &[("DEBUG SLEEP 0.01", "+OK"), ("DBSIZE", ":102")]);
    scan_all(client, "SCAN 0 COUNT 10 TYPE string");
    assert_eq!(call(client, "DBSIZE"), ":101", "a key of another type is passed over");
    scan_all(client, "SCAN 0 COUNT 10");
    assert_eq!(call(client, "DBSIZE"), ":100");
    play(client, &[("FLUSHALL", "+OK"), ("SET gone 1 PX 1", "+OK"), ("DEBUG SLEEP 0.01", "+OK")]);
    play(client, &[("RANDOMKEY", "$-1"), ("DBSIZE", ":0")]);
}

fn scan_all(client: &mut Client, line: &str) {
    let mut words: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    loop {
        let Reply::Array(parts) = client.call(&words) else { panic!("SCAN answers two parts") };
        let Reply::Bulk(cursor) = &parts[0] else { panic!("a cursor is text") };
        if cursor == b"0" {
            return;
        }
        words[1] = cursor.clone();
    }
}

#[test]
fn a_waiter_is_not_served_from_a_key_that_expired_in_the_transaction_that_made_it() {
    let server = start(&[]);
    let (waiter, client) = (&mut server.client(), &mut server.client());
    for (wait, push) in [("BLPOP k 1", "RPUSH k a"), ("BZPOPMIN k 1", "ZADD k 1 a")] {
        play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
        waiter.send(&wait.split(' ').collect::<Vec<_>>()).expect("the server listens");
        wait_for_blocked(client, "1");
        play(client, &[("MULTI", "+OK"), (push, "+QUEUED"), ("PEXPIRE k 20", "+QUEUED")]);
        play(client, &[("DEBUG SLEEP 0.1", "+QUEUED"), ("EXEC", "[:1, :1, +OK]")]);
        assert_eq!(waiter.read().expect("a timeout is answered"), Reply::NullArray, "{wait}");
        play(client, &[("FLUSHALL", "+OK")]);
    }
}

#[test]
fn a_command_that_waited_is_counted_once_however_the_wait_ends() {
    let server = start(&[]);
    let (waiter, client) = (&mut server.client(), &mut server.client());
    let calls = |client: &mut Client| {
        let line = info(client, "commandstats", "cmdstat_blpop");
        line.split(',').find_map(|part| part.strip_prefix("calls=")).unwrap_or("none").to_owned()
    };
    waiter.send(&["BLPOP", "list", "0"]).expect("the server listens");
    wait_for_blocked(client, "1");
    assert_eq!(calls(client), "none", "it is not over");
    play(client, &[("LPUSH list 1", ":1")]);
    waiter.read().expect("the list has an element");
    assert_eq!(calls(client), "1");
    assert_eq!(call(waiter, "BLPOP list 0.01"), "*-1");
    assert_eq!(calls(client), "2");
    play(client, &[("LPUSH list 1", ":1")]);
    assert_eq!(call(waiter, "BLPOP list 0"), "[\"list\", \"1\"]");
    assert_eq!(calls(client), "3");
}

/// Every other command went through all keys that somebody waits for, and through all shards for each.
#[test]
fn a_wait_for_very_many_keys_holds_nobody_up() {
    let server = start(&["--threads", "2"]);
    let (waiter, client) = (&mut server.client(), &mut server.client());
    let mut words = vec!["BLPOP".to_owned()];
    words.extend((0..20_000).map(|number| format!("key:{number}")));
    words.push("0".to_owned());
    for _ in 0..2 {
        waiter.send(&words).expect("the server listens");
        wait_for_blocked(client, "1");
        assert_eq!(info(client, "clients", "total_blocking_keys"), "20000");
        play(client, &[("LPUSH key:19999 1", ":1")]);
        assert_eq!(waiter.read().expect("it is served").to_string(), "[\"key:19999\", \"1\"]");
        wait_until("the keys are forgotten", || {
            info(client, "clients", "total_blocking_keys") == "0"
        });
    }
}

/// Of a wait in vain neither its time nor its place in the slow log was told, and one that CLIENT
/// UNBLOCK ended with an error had failed instead of being refused.
#[test]
fn a_wait_in_vain_is_told_of_like_any_other_call() {
    let server = start(&["--slowlog-log-slower-than", "0"]);
    let (waiter, client) = (&mut server.client(), &mut server.client());
    let stats = |client: &mut Client| {
        let page = info(client, "commandstats", "cmdstat_blpop");
        let fields: Vec<&str> = page.split(',').filter(|field| !field.contains("usec")).collect();
        let timed =
            call(client, "LATENCY HISTOGRAM blpop").starts_with("[\"blpop\", [\"calls\", :1,");
        let logged = call(client, "SLOWLOG GET -1").matches("[\"BLPOP\", \"list\"").count();
        play(client, &[("CONFIG RESETSTAT", "+OK"), ("SLOWLOG RESET", "+OK")]);
        (fields.join(" "), timed, logged)
    };
    let called = ("calls=1 rejected_calls=0 failed_calls=0".to_owned(), true, 1);
    let refused = ("calls=1 rejected_calls=1 failed_calls=0".to_owned(), true, 1);
    assert_eq!(call(waiter, "BLPOP list 0.01"), "*-1");
    assert_eq!(stats(client), called, "its time is up");
    let id = call(waiter, "CLIENT ID").replace(':', "");
    for (end, expected) in [
        (format!("CLIENT UNBLOCK {id}"), &called),
        (format!("CLIENT UNBLOCK {id} ERROR"), &refused),
        ("LPUSH list 1".to_owned(), &called),
    ] {
        waiter.send(&["BLPOP", "list", "0"]).expect("the server listens");
        wait_for_blocked(client, "1");
        play(client, &[(&end, ":1")]);
        waiter.read().expect("the wait ends");
        assert_eq!(stats(client), *expected, "{end}");
    }
}

/// Of a wait that was served only the serving was in the histogram, though both were in the sum.
#[test]
fn what_a_command_took_before_it_waited_is_part_of_its_latency() {
    let server = start(&["--latency-tracking-info-percentiles", "100"]);
    let (waiter, client) = (&mut server.client(), &mut server.client());
    // Keys enough that to look for them takes longer than to serve one.
    let mut words = vec!["BLPOP".to_owned()];
    words.extend((0..100).map(|number| format!("key:{number}")));
    words.push("0".to_owned());
    waiter.send(&words).expect("the server listens");
    wait_for_blocked(client, "1");
    play(client, &[("LPUSH key:99 1", ":1")]);
    waiter.read().expect("it is served");
    let usec: f64 = info(client, "commandstats", "cmdstat_blpop")
        .split(',')
        .find_map(|part| part.strip_prefix("usec=")?.parse().ok())
        .expect("it was called");
    let latency: f64 = info(client, "latencystats", "latency_percentiles_usec_blpop")
        .strip_prefix("p100=")
        .and_then(|value| value.parse().ok())
        .expect("it was called");
    assert!((latency - usec).abs() <= usec / 50.0 + 1.0, "{latency} of {usec}");
}

#[test]
fn over_the_memory_limit_writes_are_refused_and_transactions_can_still_be_dropped() {
    let server = start(&[]);
    let client = &mut server.client();
    const OOM: &str = "-OOM command not allowed when used memory > \\'maxmemory\\'.";
    play(client, &[("SET kept 1", "+OK"), ("CONFIG SET maxmemory 1", "+OK")]);
    play(client, &[("SET x 1", OOM), ("GET kept", "\"1\""), ("DEL kept", ":1")]);
    play(client, &[("MULTI", "+OK"), ("GET kept", "+QUEUED"), ("DISCARD", "+OK")]);
    play(client, &[("MULTI", "+OK"), ("SET x 1", OOM)]);
    let aborted = "-EXECABORT Transaction discarded because of previous errors.";
    play(client, &[("EXEC", aborted)]);
    // A script may go on with what it has begun, but not begin.
    let eval = |client: &mut Client, script: &str| {
        client.call(&["EVAL", script, "2", "x", "y"]).to_string()
    };
    let refused = eval(client, "return redis.call('set', KEYS[1], 1)");
    assert!(refused.starts_with(OOM), "{refused}");
    let both = "redis.call('del', KEYS[2]) return redis.call('set', KEYS[1], 1)";
    assert_eq!(eval(client, both), "+OK");
    assert_eq!(eval(client, "#!lua\nreturn 1"), OOM);
    assert_eq!(eval(client, "#!lua flags=allow-oom\nreturn 1"), ":1");
    play(client, &[("CONFIG SET maxmemory 0", "+OK"), ("SET x 2", "+OK")]);
}

#[test]
fn transactions_are_begun_and_spoilt_while_a_script_is_busy_on_whatever_thread() {
    check_transactions_beside_a_busy_script(false);
    check_transactions_beside_a_busy_script(true);
}

fn check_transactions_beside_a_busy_script(began_before: bool) {
    let server = start(&["--lua-time-limit", "10"]);
    let (runner, killer) = (&mut server.client(), &mut server.client());
    // Enough for each thread to have one of them.
    let mut clients: Vec<Client> = (0..4).map(|_| server.client()).collect();
    clients.iter_mut().for_each(|client| assert_eq!(call(client, "PING"), "+PONG"));
    play(killer, &[("SET n 1", "+OK")]);
    if began_before {
        clients.iter_mut().for_each(|client| play(client, &[("MULTI", "+OK")]));
    }
    runner.send(&["EVAL", "while true do end", "0"]).expect("the server listens");
    wait_until("the script is busy", || call(killer, "PING").starts_with("-BUSY"));
    for client in &mut clients {
        if !began_before {
            assert_eq!(call(client, "MULTI"), "+OK");
        }
        assert!(call(client, "INCR n").starts_with("-BUSY"));
    }
    play(&mut clients[0], &[("DISCARD", "+OK")]);
    let refused = call(&mut clients[1], "EXEC");
    assert!(refused.starts_with("-EXECABORT Transaction discarded because of: BUSY"), "{refused}");
    play(killer, &[("SCRIPT KILL", "+OK")]);
    runner.read().expect("a killed script answers");
    assert_eq!(call(&mut clients[0], "INCR n"), ":2");
    assert_eq!(call(&mut clients[1], "GET n"), "\"2\"");
    for client in &mut clients[2..] {
        let aborted = "-EXECABORT Transaction discarded because of previous errors.";
        play(client, &[("INCR n", "+QUEUED"), ("EXEC", aborted), ("PING", "+PONG")]);
    }
    play(killer, &[("GET n", "\"2\"")]);
}

#[test]
fn large_elements_of_lists_get_nodes_of_their_own_from_the_size_debug_sets() {
    let server = start(&[]);
    let client = &mut server.client();
    let nodes = |client: &mut Client| {
        let line = call(client, "DEBUG OBJECT l");
        let nodes = line.split(' ').find_map(|word| word.strip_prefix("ql_nodes:"));
        nodes.unwrap_or("none").to_owned()
    };
    play(client, &[("CONFIG SET list-max-listpack-size 3", "+OK"), ("RPUSH l a b c d", ":4")]);
    assert_eq!(nodes(client), "2");
    play(client, &[("RPUSH l 1234567890", ":5")]);
    assert_eq!(nodes(client), "2");
    play(client, &[("DEBUG QUICKLIST-PACKED-THRESHOLD 10", "+OK"), ("RPUSH l 123456789", ":6")]);
    assert_eq!(nodes(client), "2");
    play(client, &[("RPUSH l 1234567890", ":7"), ("RPUSH l e", ":8")]);
    assert_eq!(nodes(client), "4");
    play(client, &[("DEBUG QUICKLIST-PACKED-THRESHOLD 0", "+OK")]);
}

#[test]
fn the_process_is_titled_by_its_template() {
    let server = start(&[]);
    let client = &mut server.client();
    let port = server.port;
    let title = |client: &mut Client| {
        let pid = info(client, "server", "process_id");
        let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).expect("the process runs");
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).trim_end().to_owned()
    };
    assert!(title(client).ends_with(&format!(" 127.0.0.1:{port}")), "{}", title(client));
    let long = "x".repeat(300);
    let template = format!("{{port}} {{tls-port}} {long} {{listen-addr}}");
    client.call(&["CONFIG", "SET", "proc-title-template", &template]);
    assert_eq!(title(client), format!("{port} 0 {long} 127.0.0.1:{port}"));
    client.call(&["CONFIG", "SET", "proc-title-template", "short"]);
    assert_eq!(title(client), "short");
    let refused = call(client, "CONFIG SET proc-title-template {what}");
    assert!(refused.contains("template format is invalid"), "{refused}");
}

#[test]
fn removed_and_renamed_commands_are_told_as_such() {
    let renames = ["--rename-command", "get", "", "--rename-command", "client", "klient"];
    let server = start(&renames);
    let client = &mut server.client();
    assert_eq!(call(client, "COMMAND INFO get"), "[$-1]");
    let listed = call(client, "COMMAND LIST");
    assert!(!listed.contains("\"get\"") && listed.contains("\"set\""), "{listed}");
    let refused = call(client, "KLIENT nothing");
    assert_eq!(refused, "-ERR unknown subcommand \\'nothing\\'. Try KLIENT HELP.");
}

#[test]
fn set_reads_its_key_only_with_get() {
    let server = start(&[]);
    let client = &mut server.client();
    let flags =
        |client: &mut Client, line: &str| call(client, &format!("COMMAND GETKEYSANDFLAGS {line}"));
    assert_eq!(flags(client, "SET k v"), "[[\"k\", [+OW, +update]]]");
    assert_eq!(flags(client, "SET k v IFEQ w"), "[[\"k\", [+OW, +update]]]");
    assert_eq!(flags(client, "SET k v GET"), "[[\"k\", [+RW, +access, +update]]]");
}

#[test]
fn writes_are_refused_where_more_replicas_are_asked_for_than_there_are() {
    let server = start(&[]);
    let client = &mut server.client();
    const REFUSED: &str = "-NOREPLICAS Not enough good replicas to write.";
    play(client, &[("SET n 1", "+OK"), ("MULTI", "+OK"), ("INCR n", "+QUEUED")]);
    play(&mut server.client(), &[("CONFIG SET min-replicas-to-write 1", "+OK")]);
    let exec = call(client, "EXEC");
    assert!(exec.starts_with("-EXECABORT Transaction discarded because of: NOREPLICAS"), "{exec}");
    play(client, &[("INCR n", REFUSED), ("GET n", "\"1\""), ("PING", "+PONG")]);
    let in_script = client.call(&["EVAL", "return redis.call('incr', 'n')", "0"]).to_string();
    assert!(in_script.starts_with(REFUSED), "{in_script}");
    assert_eq!(client.call(&["EVAL", "#!lua\nreturn 1", "0"]).to_string(), REFUSED);
    assert_eq!(client.call(&["EVAL", "#!lua flags=no-writes\nreturn 1", "0"]).to_string(), ":1");
    play(client, &[("CONFIG SET min-replicas-max-lag 0", "+OK"), ("INCR n", ":2")]);
}

#[test]
fn modules_cannot_be_loaded_and_are_told_so() {
    let server = start(&["--enable-module-command", "yes"]);
    let client = &mut server.client();
    let failed = "-ERR Error loading the extension. Please check the server logs.";
    play(client, &[("MODULE LOAD /nowhere.so", failed)]);
    play(client, &[("MODULE LOADEX /nowhere.so CONFIG a b ARGS c", failed)]);
    let unknown = "-ERR Error unloading module: no such module with that name";
    play(client, &[("MODULE UNLOAD nothing", unknown)]);
    let server = start(&[]);
    let refused = call(&mut server.client(), "MODULE LOAD /nowhere.so");
    assert!(refused.starts_with("-ERR MODULE command not allowed."), "{refused}");
}

#[test]
fn a_reply_is_skipped_after_every_skip_and_none_after_reply_on() {
    let server = start(&[]);
    let client = &mut server.client();
    let silent = |client: &mut Client, line: &str| {
        client.send(&line.split(' ').collect::<Vec<_>>()).expect("the server listens");
    };
    silent(client, "CLIENT REPLY SKIP");
    play(client, &[("CLIENT REPLY ON", "+OK"), ("PING", "+PONG")]);
    silent(client, "CLIENT REPLY SKIP");
    silent(client, "CLIENT REPLY SKIP");
    silent(client, "ECHO skipped");
    play(client, &[("PING", "+PONG")]);
    silent(client, "CLIENT REPLY SKIP");
    silent(client, "NOSUCH");
    play(client, &[("PING", "+PONG")]);
    silent(client, "CLIENT REPLY OFF");
    silent(client, "CLIENT REPLY SKIP");
    silent(client, "PING");
    play(client, &[("CLIENT REPLY ON", "+OK"), ("PING", "+PONG")]);
}

#[test]
fn script_kill_in_a_transaction_is_queued_beside_a_busy_script_on_whatever_thread() {
    let server = start(&["--lua-time-limit", "10"]);
    let (runner, killer) = (&mut server.client(), &mut server.client());
    let mut clients: Vec<Client> = (0..4).map(|_| server.client()).collect();
    clients.iter_mut().for_each(|client| assert_eq!(call(client, "PING"), "+PONG"));
    runner.send(&["EVAL", "while true do end", "0"]).expect("the server listens");
    wait_until("the script is busy", || call(killer, "PING").starts_with("-BUSY"));
    for client in &mut clients {
        let name = ("CLIENT SETNAME queued", "+QUEUED");
        play(client, &[("MULTI", "+OK"), ("SCRIPT KILL", "+QUEUED"), name]);
    }
    let refused = call(&mut clients[0], "EXEC");
    assert!(refused.starts_with("-EXECABORT Transaction discarded because of: BUSY"), "{refused}");
    play(&mut clients[1], &[("DISCARD", "+OK"), ("MULTI", "+OK")]);
    play(killer, &[("SCRIPT KILL", "+OK")]);
    runner.read().expect("a killed script answers");
    play(&mut clients[0], &[("PING", "+PONG"), ("CLIENT GETNAME", "$-1")]);
    play(&mut clients[1], &[("PING", "+QUEUED"), ("EXEC", "[+PONG]")]);
    for client in &mut clients[2..] {
        let notbusy = "[-NOTBUSY No scripts in execution right now., +OK]";
        play(client, &[("EXEC", notbusy), ("CLIENT GETNAME", "\"queued\"")]);
    }
}

#[test]
fn monitors_see_exec_after_what_it_ran_and_select_in_its_new_database() {
    let server = start(&[]);
    let (client, monitor) = (&mut server.client(), &mut server.client());
    play(monitor, &[("MONITOR", "+OK")]);
    play(client, &[("MULTI", "+OK"), ("SET a 1", "+QUEUED"), ("EXEC", "[+OK]")]);
    play(client, &[("SELECT 3", "+OK"), ("GET a", "$-1")]);
    for (db, line) in [
        ("[0 ", "MULTI"),
        ("[0 ", "SET a 1"),
        ("[0 ", "EXEC"),
        ("[3 ", "SELECT 3"),
        ("[3 ", "GET a"),
    ] {
        let told = monitor.read().expect("a monitor is told").to_string();
        let told = told.replace(['\\', '"'], "");
        assert!(told.contains(db) && told.ends_with(line), "{told}: {db}{line}");
    }
}

#[test]
fn commands_that_need_no_keys_have_none_and_no_error_about_it() {
    let server = start(&[]);
    let client = &mut server.client();
    let invalid = "-ERR Invalid arguments specified for command";
    for (line, keys) in [
        ("COMMAND GETKEYS EVAL script 0", "[]"),
        ("COMMAND GETKEYS EVAL script 1 k", "[\"k\"]"),
        ("COMMAND GETKEYS EVALSHA_RO sha -1", "[]"),
        ("COMMAND GETKEYSANDFLAGS EVAL script 7 k", "[]"),
        ("COMMAND GETKEYS ZUNION 0 a", invalid),
        ("COMMAND GETKEYS SINTERCARD 3 a", invalid),
        ("COMMAND GETKEYS PING", "-ERR The command has no key arguments"),
    ] {
        assert_eq!(call(client, line), keys, "{line}");
    }
}

#[test]
fn script_flush_empties_the_interpreters_of_all_threads() {
    let server = start(&["--threads", "2"]);
    let mut clients: Vec<Client> = (0..8).map(|_| server.client()).collect();
    let fill = "local t = {} for i = 1, 30000 do t[i] = 'entry' .. i end return #t";
    for client in &mut clients {
        assert_eq!(client.call(&["EVAL", fill, "0"]).to_string(), ":30000");
    }
    let client = &mut clients[0];
    let bytes = |client: &mut Client| -> u64 {
        info(client, "memory", "used_memory_lua").trim().parse().expect("a number")
    };
    assert!(bytes(client) > 1_000_000);
    play(client, &[("SCRIPT FLUSH", "+OK")]);
    wait_until("the memory is given back", || bytes(client) < 200_000);
}

#[test]
fn a_deadline_in_the_past_expires_a_key_at_once_but_msetex_leaves_it_to_be_met() {
    let server = start(&["--notify-keyspace-events", "EA"]);
    let (client, listener) = (&mut server.client(), &mut server.client());
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK"), ("GET none", "$-1")]);
    listener.call(&["PSUBSCRIBE", "*"]);
    let mut check = |line: &str, events: &[&str], keys: &str, expired: u64| {
        let count = |client: &mut Client| -> u64 {
            info(client, "stats", "expired_keys").trim().parse().expect("a number")
        };
        play(client, &[("SET k old", "+OK")]);
        let before = count(client);
        call(client, line);
        assert_eq!(call(client, "DBSIZE"), keys, "{line}");
        assert_eq!(count(client) - before, expired, "{line}");
        for event in ["set"].iter().chain(events) {
            let told = listener.read().expect("an event").to_string();
            assert!(told.contains(&format!(":{event}\"")), "{line}: {told} is not {event}");
        }
    };
    check("SET k v PXAT 1000", &["expired"], ":0", 1);
    check("GETEX k EXAT 1", &["expired"], ":0", 1);
    check("PEXPIREAT k 1000", &["expired"], ":0", 1);
    check("EXPIRE k -1", &["expired"], ":0", 1);
    check("MSETEX 1 k v PXAT 1000", &["set", "expire"], ":1", 0);
    play(client, &[("GET k", "$-1"), ("DBSIZE", ":0")]);
}

#[test]
fn users_of_the_configuration_log_in_with_their_passwords() {
    // The second is the password x.
    let lines = "--user default on >first >second ~* &* +@all \
                 --user bob on #2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 \
                 ~* &* +@all --user eve off nopass ~* &* +@all";
    let server = start(&lines.split(' ').collect::<Vec<_>>());
    let client = &mut server.client();
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
    let refused = "-NOAUTH Authentication required.";
    play(client, &[("PING", refused), ("AUTH third", wrong), ("AUTH bob y", wrong)]);
    play(client, &[("AUTH eve x", wrong), ("AUTH mallory x", wrong), ("PING", refused)]);
    play(client, &[("AUTH second", "+OK"), ("AUTH default first", "+OK"), ("AUTH bob x", "+OK")]);
    assert!(call(client, "CLIENT INFO").contains(" user=bob "));
    assert_eq!(info(client, "stats", "acl_access_denied_auth").trim(), "4");
    assert!(call(client, "CLIENT LIST USER bob").contains(" user=bob "));
    play(client, &[("CLIENT KILL USER eve", ":0")]);
    assert!(call(client, "CLIENT LIST USER mallory").contains("No such user"));
    play(client, &[("RESET", "+RESET"), ("PING", refused)]);
    play(client, &[("AUTH first", "+OK"), ("CONFIG SET requirepass new", "+OK")]);
    play(&mut server.client(), &[("AUTH first", wrong), ("AUTH new", "+OK")]);
    play(client, &[("CONFIG SET requirepass ", "+OK")]);
    play(&mut server.client(), &[("PING", "+PONG")]);
    let mistaken = call(client, "AUTH any");
    assert!(mistaken.starts_with("-ERR AUTH <password> called without any password"), "{mistaken}");
}

/// Found by comparing events and counts over random commands.
#[test]
fn what_is_counted_as_changed_is_what_was_changed() {
    let server = start(&[]);
    let client = &mut server.client();
    let mut check = |before: &str, line: &str, changes: u64| {
        let dirty = |client: &mut Client| -> u64 {
            let text = info(client, "persistence", "rdb_changes_since_last_save");
            text.trim().parse().expect("a number")
        };
        play(client, &[("FLUSHALL", "+OK")]);
        call(client, before);
        let count = dirty(client);
        call(client, line);
        assert_eq!(dirty(client) - count, changes, "{before}; {line}");
    };
    check("PING", "FLUSHALL", 0);
    check("MSET a 1 b 2 c 3", "FLUSHALL", 3);
    check("MSET a 1 b 2 c 3", "FLUSHDB ASYNC", 3);
    check("PING", "HSETEX h PXAT 3 FIELDS 2 a 1 b 2", 0);
    check("HSET h a 0 c 3", "HSETEX h PXAT 3 FIELDS 2 a 1 b 2", 1);
    check("HSET h a 0 b 1", "HSETEX h PXAT 3 FIELDS 2 a 1 b 2", 2);
}

#[test]
fn a_key_of_another_type_ends_the_look_at_the_operands() {
    let server = start(&["--notify-keyspace-events", "EAmn"]);
    let (client, listener) = (&mut server.client(), &mut server.client());
    listener.call(&["PSUBSCRIBE", "*"]);
    play(client, &[("SET s text", "+OK")]);
    for line in ["ZUNION 2 s n", "SDIFF s n", "SUNIONSTORE d s n", "ZINTERCARD 2 s n"] {
        assert!(call(client, line).starts_with("-WRONGTYPE"), "{line}");
    }
    play(client, &[("DELIFEQ none x", ":0"), ("MOVE s 1", ":1")]);
    let told = ["0__:new", "0__:set", "1__:new", "0__:move_from", "1__:move_to"];
    for event in told {
        let heard = listener.read().expect("an event").to_string();
        assert!(heard.contains(event), "{heard} is not {event}");
    }
}

/// Found by random commands.
#[test]
fn lset_takes_32_bits_of_its_index() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("RPUSH l a b", ":2"), ("LSET l 9223372036854775807 z", "+OK")]);
    play(client, &[("LSET l 4294967296 y", "+OK"), ("LRANGE l 0 -1", "[\"y\", \"z\"]")]);
    play(client, &[("LSET l 2 x", "-ERR index out of range")]);
}

#[test]
fn scripts_that_may_write_wait_while_writers_are_paused() {
    let server = start(&[]);
    let client = &mut server.client();
    let mut waiting: Vec<Client> = (0..3).map(|_| server.client()).collect();
    assert_eq!(call(&mut waiting[2], "MULTI"), "+OK");
    assert_eq!(waiting[2].call(&["EVAL", "return 1", "0"]).to_string(), "+QUEUED");
    play(client, &[("CLIENT PAUSE 60000 WRITE", "+OK")]);
    waiting[0].send(&["EVAL", "return 1", "0"]).expect("the server listens");
    waiting[1].send(&["EVAL", "#!lua\nreturn 1", "0"]).expect("the server listens");
    waiting[2].send(&["EXEC"]).expect("the server listens");
    wait_for_blocked(client, "3");
    for (command, script) in [("EVAL", "#!lua flags=no-writes\nreturn 1"), ("EVAL_RO", "return 1")]
    {
        assert_eq!(client.call(&[command, script, "0"]).to_string(), ":1", "{command}");
    }
    play(client, &[("CLIENT UNPAUSE", "+OK")]);
    for client in &mut waiting {
        assert!(client.read().expect("a reply").to_string().contains(":1"));
    }
}

/// Found by random commands that say an option twice.
#[test]
fn an_expiry_said_twice_in_one_unit_is_the_last() {
    let server = start(&[]);
    let client = &mut server.client();
    for (line, reply) in [
        ("SET k v EXAT 9000000000 EXAT 8000000000", "+OK"),
        ("GETEX k EXAT 9000000000 EXAT 8000000000", "\"v\""),
        ("MSETEX 1 k v EXAT 9000000000 EXAT 8000000000", ":1"),
        ("SET k v PXAT abc PXAT 8000000000000", "+OK"),
    ] {
        play(client, &[(line, reply), ("EXPIRETIME k", ":8000000000")]);
    }
    for line in [
        "SET k v EX 10 PX 10",
        "SET k v EXAT 9000000000 EX 10",
        "SET k v EX 10 KEEPTTL",
        "SET k v EX 10 EX",
        "GETEX k EX 10 PERSIST",
        "MSETEX 2147483647 k v",
    ] {
        play(client, &[(line, "-ERR syntax error")]);
    }
    let range = "-ERR invalid numkeys value or out of range";
    play(client, &[("MSETEX 2147483648 k v", range), ("MSETEX 0 k v", range)]);
}

#[test]
fn a_copy_of_a_string_that_was_changed_in_place_is_as_raw_as_the_string() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("SET a inf", "+OK"), ("COPY a b", ":1"), ("OBJECT ENCODING b", "\"embstr\"")]);
    play(client, &[("APPEND a 255", ":6"), ("OBJECT ENCODING a", "\"raw\"")]);
    play(client, &[("COPY a c", ":1"), ("OBJECT ENCODING c", "\"raw\""), ("GET c", "\"inf255\"")]);
}

/// The keys were seen to be gone by another thread before the thread that freed them had told how
/// long it took.
#[test]
fn whoever_sees_that_a_large_key_expired_finds_the_latency_event_of_its_expiry() {
    let server = start(&["--threads", "2", "--lazyfree-lazy-expire", "no"]);
    let client = &mut server.client();
    play(client, &[("CONFIG SET latency-monitor-threshold 1", "+OK")]);
    for round in 0..6 {
        let key = format!("large{round}");
        add_large_set(client, &key, 100);
        call(client, "LATENCY RESET");
        play(client, &[(&format!("PEXPIRE {key} 20"), ":1")]);
        while call(client, "DBSIZE") != ":0" {}
        let told = call(client, "LATENCY LATEST");
        assert!(told.contains("expire-cycle"), "round {round}: {told}");
    }
}

/// A set of so many thousands of members.
fn add_large_set(client: &mut Client, key: &str, thousands: usize) {
    for part in 0..thousands {
        let members: Vec<String> = (0..1000).map(|i| format!("{part}.{i}")).collect();
        let request: Vec<&str> =
            ["SADD", key].into_iter().chain(members.iter().map(String::as_str)).collect();
        assert_eq!(client.call(&request).to_string(), ":1000");
    }
}

#[test]
fn freeing_a_large_value_at_once_is_told_to_latency() {
    let server = start(&["--lazyfree-lazy-expire", "no", "--lazyfree-lazy-eviction", "no"]);
    let client = &mut server.client();
    let latest = |client: &mut Client| {
        let told = call(client, "LATENCY LATEST");
        call(client, "LATENCY RESET");
        told
    };
    play(client, &[("CONFIG SET latency-monitor-threshold 1", "+OK")]);
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
    add_large_set(client, "large", 400);
    play(client, &[("PEXPIRE large 1", ":1")]);
    latest(client);
    wait_until("the large key expired", || call(client, "EXISTS large") == ":0");
    let told = latest(client);
    assert!(told.contains("expire-del"), "{told}");

    add_large_set(client, "large", 400);
    latest(client);
    play(client, &[("CONFIG SET maxmemory-policy allkeys-lru maxmemory 4mb", "+OK")]);
    wait_until("the large key is evicted", || call(client, "DBSIZE") == ":0");
    let told = latest(client);
    assert!(told.contains("eviction-del") && told.contains("eviction-cycle"), "{told}");
}

#[test]
fn resetstat_forgets_evicted_scripts_and_the_time_above_the_ceiling_but_no_changes() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("MSET a 1 b 2", "+OK"), ("SET c 3", "+OK")]);
    for n in 0..=500 {
        client.call(&["EVAL", &format!("return {n}"), "0"]);
    }
    assert_eq!(info(client, "stats", "evicted_scripts"), "1");
    play(client, &[("CONFIG SET maxmemory 1", "+OK")]);
    wait_until("the time above the ceiling is told", || {
        call(client, "SET d 4");
        info(client, "stats", "total_eviction_exceeded_time") != "0"
    });
    play(client, &[("CONFIG SET maxmemory 0", "+OK"), ("CONFIG RESETSTAT", "+OK")]);
    assert_eq!(info(client, "stats", "evicted_scripts"), "0");
    assert_eq!(info(client, "stats", "total_eviction_exceeded_time"), "0");
    assert_eq!(info(client, "persistence", "rdb_changes_since_last_save"), "3");
}

#[test]
fn fields_that_a_deadline_in_the_past_takes_out_are_counted_as_expired() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("HSET h a 1 b 2 c 3 d 4 e 5 f 6 g 7 i 8 j 9 stays 1", ":10")]);
    for (line, reply, count) in [
        ("HEXPIRE h 0 FIELDS 1 a", "[:2]", "1"),
        ("HPEXPIRE h 0 FIELDS 1 b", "[:2]", "2"),
        ("HEXPIREAT h 1 FIELDS 2 c none", "[:2, :-2]", "3"),
        ("HPEXPIREAT h 1 FIELDS 2 d e", "[:2, :2]", "5"),
        ("HGETEX h EXAT 1 FIELDS 2 f none", "[\"6\", $-1]", "6"),
        ("HSETEX h EXAT 1 FIELDS 2 g 1 new 2", ":1", "8"),
        ("HSETEX none EXAT 1 FIELDS 2 a 1 b 2", ":1", "10"),
        ("HEXPIRE h 0 GT FIELDS 1 i", "[:0]", "10"),
    ] {
        assert_eq!(call(client, line), reply, "{line}");
        assert_eq!(info(client, "stats", "expired_fields"), count, "{line}");
    }
}

#[test]
fn a_hash_is_volatile_until_its_last_deadline_is_gone_by_whatever_command() {
    let server = start(&[]);
    let client = &mut server.client();
    let has_volatile = |client: &mut Client| {
        let line = info(client, "keyspace", "db0");
        line.ends_with("keys_with_volatile_items=1")
    };
    for line in [
        "HPERSIST h FIELDS 1 a",
        "HGETEX h PERSIST FIELDS 1 a",
        "HGETEX h EXAT 1 FIELDS 1 a",
        "HSET h a 1",
        "HMSET h a 1",
        "HDEL h a",
        "HGETDEL h FIELDS 1 a",
        "HEXPIRE h 0 FIELDS 1 a",
        "HSETEX h FIELDS 1 a 1",
        "HSETEX h EXAT 1 FIELDS 1 a 1",
        "HDEL h a b",
    ] {
        call(client, "DEL h");
        play(client, &[("HSET h a 1 b 2", ":2"), ("SET k v", "+OK")]);
        call(client, "HEXPIRE h 1000 FIELDS 1 a");
        assert!(has_volatile(client), "{line}");
        call(client, "HDEL h b none");
        call(client, "HSET h b 1");
        call(client, "HINCRBY h a 1");
        assert!(has_volatile(client), "{line} comes only now");
        call(client, line);
        assert!(!has_volatile(client), "{line}");
    }
}

#[test]
fn a_hash_is_not_volatile_once_what_had_expired_is_written_over() {
    let server = start(&[]);
    let client = &mut server.client();
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
    for line in ["HINCRBY h a 1", "HINCRBYFLOAT h a 1", "HSETNX h a 1"] {
        play(client, &[("DEL h", ":0"), ("HSET h a 1 b 2", ":2")]);
        call(client, "HPEXPIRE h 1 FIELDS 1 a");
        call(client, "DEBUG SLEEP 0.01");
        call(client, line);
        let told = info(client, "keyspace", "db0");
        assert!(told.ends_with("keys_with_volatile_items=0"), "{line}: {told}");
        call(client, "DEL h");
    }
}

#[test]
fn with_extended_compatibility_the_server_says_it_is_redis() {
    let server = start(&["--busy-reply-threshold", "10"]);
    let (client, other) = (&mut server.client(), &mut server.client());
    let mut check = |value: &str, [name, version, there, not_there]: [&str; 4]| {
        let set = format!("CONFIG SET extended-redis-compatibility {value}");
        assert_eq!(call(client, &set), "+OK");
        let hello = call(client, "HELLO 2");
        let start =
            format!("[\"server\", \"{}\", \"version\", \"{version}\",", name.to_lowercase());
        assert!(hello.starts_with(&start), "{hello}");
        let drawn = call(client, "LOLWUT");
        assert!(drawn.contains(&format!("{name} ver. {version}")), "{drawn}");
        assert_eq!(info(client, "server", there), "standalone");
        assert_eq!(info(client, "server", not_there), "");
        assert_eq!(info(client, "server", "redis_version"), "7.2.4");
        other.send(&["EVAL", "while true do end", "0"]).expect("it is sent");
        let busy = format!("-BUSY {name} is busy running a script.");
        wait_until("the script is busy", || call(client, "PING").starts_with(&busy));
        assert_eq!(call(client, "SCRIPT KILL"), "+OK");
        other.read().expect("the script is answered");
    };
    check("no", ["Valkey", "9.1.2", "server_mode", "redis_mode"]);
    check("yes", ["Redis", "7.2.4", "redis_mode", "server_mode"]);
}

#[test]
fn memory_stats_lists_the_databases_that_were_ever_chosen() {
    let server = start(&[]);
    let client = &mut server.client();
    let check = |client: &mut Client, line: &str, expected: &[&str]| {
        call(client, line);
        let told = call(client, "MEMORY STATS");
        let names = told.split('"').filter(|word| word.starts_with("db."));
        let names: Vec<&str> = names.filter(|word| !word.ends_with("count")).collect();
        assert_eq!(names, expected, "{line}");
    };
    check(client, "PING", &["db.0"]);
    check(client, "SELECT 99", &["db.0"]);
    check(client, "SELECT 9", &["db.0", "db.9"]);
    call(client, "SET k v");
    check(client, "DEL k", &["db.0", "db.9"]);
    check(client, "SWAPDB 2 3", &["db.0", "db.2", "db.3", "db.9"]);
    check(client, "MOVE none 4", &["db.0", "db.2", "db.3", "db.4", "db.9"]);
    call(client, "COPY none other DB 1");
    check(client, "FLUSHALL", &["db.0", "db.1", "db.2", "db.3", "db.4", "db.9"]);
}

/// The last ID was the only one that counted.
#[test]
fn numbers_of_clients_add_up_and_other_filters_replace_each_other() {
    let server = Server::start(&[]);
    let client = &mut server.client();
    let mut others: Vec<Client> = (0..3).map(|_| server.client()).collect();
    let ids: Vec<String> =
        others.iter_mut().map(|other| call(other, "CLIENT ID").replace(':', "")).collect();
    let all = ids.iter().map(|id| format!(" ID {id}")).collect::<String>();
    let listed = |client: &mut Client, filter: &str| {
        call(client, &format!("CLIENT LIST{filter}")).matches("laddr=").count()
    };
    play(client, &[("CLIENT SETNAME me", "+OK")]);
    assert_eq!(listed(client, &all), 3);
    assert_eq!(listed(client, &all.replace("ID", "NOT-ID")), 1);
    assert_eq!(listed(client, " NAME me NAME nobody"), 0);
    assert_eq!(listed(client, " NAME nobody NAME me"), 1);
    assert_eq!(call(client, &format!("CLIENT KILL{all}")), ":3");
}

#[test]
fn statistics_tell_how_many_keys_were_freed_later_and_not_at_once() {
    let server = start(&[]);
    let client = &mut server.client();
    let freed = |client: &mut Client| -> String { info(client, "memory", "lazyfreed_objects") };
    for (flush, count) in
        [("FLUSHALL", "2"), ("FLUSHALL SYNC", "2"), ("FLUSHDB ASYNC", "4"), ("FLUSHDB", "6")]
    {
        play(client, &[("MSET a 1 b 2", "+OK"), (flush, "+OK")]);
        wait_until(flush, || info(client, "memory", "lazyfree_pending_objects") == "0");
        assert_eq!(freed(client), count, "{flush}");
    }
    play(
        client,
        &[
            ("CONFIG SET lazyfree-lazy-user-flush no", "+OK"),
            ("SET a 1", "+OK"),
            ("FLUSHDB", "+OK"),
        ],
    );
    assert_eq!(freed(client), "6");
    // Large ones alone are freed later.
    let members: Vec<String> = (0..200).map(|n| format!("a{n}")).collect();
    for key in ["s", "t"] {
        client.call(
            &[&["SADD", key], &members.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat(),
        );
    }
    play(client, &[("UNLINK s", ":1"), ("SET u 1", "+OK"), ("DEL t u", ":2")]);
    wait_until("they are freed", || freed(client) == "8");
    play(client, &[("CONFIG RESETSTAT", "+OK")]);
    assert_eq!(freed(client), "0");
}
