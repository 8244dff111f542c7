//! What a command's look at a key leaves behind: hits and misses in INFO, the time of last use, and
//! the event of a key that is not there. Every expectation holds for Valkey 9.1 too.

use crate::support::{Client, Reply, Server};

fn call(client: &mut Client, line: &str) -> String {
    client.call(&line.split(' ').collect::<Vec<_>>()).to_string()
}

/// Hits and misses so far.
fn looks(client: &mut Client) -> (u64, u64) {
    let page = match client.call(&["INFO", "stats"]) {
        Reply::Bulk(page) | Reply::Verbatim(page) => String::from_utf8_lossy(&page).into_owned(),
        other => panic!("INFO answers text, not {other}"),
    };
    let field = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|text| text.trim().parse().ok()).expect("a number")
    };
    (field("keyspace_hits"), field("keyspace_misses"))
}

#[track_caller]
fn check(client: &mut Client, line: &str, hits: u64, misses: u64) {
    let before = looks(client);
    call(client, line);
    let after = looks(client);
    assert_eq!((after.0 - before.0, after.1 - before.1), (hits, misses), "{line}");
}

#[test]
fn commands_that_ask_about_a_key_count_as_looks_and_those_that_change_it_do_not() {
    let server = Server::start(&[]);
    let client = &mut server.client();
    for line in ["SET s text", "SET t text", "HSET h f v"] {
        call(client, line);
    }
    for about in ["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "TYPE", "EXISTS", "TOUCH"] {
        check(client, &format!("{about} s"), 1, 0);
        check(client, &format!("{about} none"), 0, 1);
    }
    for about in ["ENCODING", "REFCOUNT", "IDLETIME", "FREQ"] {
        check(client, &format!("OBJECT {about} s"), 1, 0);
        check(client, &format!("OBJECT {about} none"), 0, 1);
    }
    check(client, "LCS s t", 2, 0);
    check(client, "LCS s none", 1, 1);
    check(client, "HGETEX h FIELDS 1 f", 1, 0);
    check(client, "HGETEX none FIELDS 1 f", 0, 1);
    for change in ["RENAME s r", "RENAME none r", "RENAMENX r t", "MOVE r 1", "MOVE none 1"] {
        check(client, change, 0, 0);
    }
}

#[test]
fn to_be_asked_about_is_no_use_but_to_be_touched_is_one_even_for_clients_that_do_not_touch() {
    let server = Server::start(&["--enable-debug-command", "yes"]);
    let client = &mut server.client();
    call(client, "SET key value");
    call(client, "DEBUG SLEEP 2.1");
    for line in ["EXISTS key", "TYPE key", "TTL key", "PTTL key", "OBJECT ENCODING key"] {
        call(client, line);
    }
    assert!(["2", "3"].contains(&call(client, "OBJECT IDLETIME key").trim_start_matches(':')));
    call(client, "CLIENT NO-TOUCH ON");
    call(client, "GET key");
    assert!(["2", "3"].contains(&call(client, "OBJECT IDLETIME key").trim_start_matches(':')));
    call(client, "TOUCH key");
    assert_eq!(call(client, "OBJECT IDLETIME key"), ":0");
}

#[test]
fn who_asks_about_a_missing_key_is_heard_but_object_rename_and_move_are_not() {
    let server = Server::start(&["--notify-keyspace-events", "Em"]);
    let (client, listener) = (&mut server.client(), &mut server.client());
    call(listener, "PSUBSCRIBE *");
    let lines = [
        "OBJECT ENCODING a",
        "TTL b",
        "RENAME c x",
        "TYPE d",
        "MOVE e 1",
        "LCS f g",
        "EXISTS h",
        "HGETEX i FIELDS 1 f",
    ];
    for line in lines {
        call(client, line);
    }
    for missed in ["b", "d", "f", "g", "h", "i"] {
        let event = listener.read().expect("an event").to_string();
        assert!(event.contains("keymiss") && event.contains(&format!("\"{missed}\"")), "{event}");
    }
}
