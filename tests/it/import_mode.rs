//! `import-mode`: what has expired stays, and import sources see it. Every expectation holds for
//! Valkey 9.1 too (run with `TSUBAME_TEST_SERVER`).

use crate::suite_faults::{call, info, play, start};
use crate::support::{Client, wait_until};

/// Words for another client come after `other: `.
fn play_both(source: &mut Client, other: &mut Client, script: &[(&str, &str)]) {
    for (line, expected) in script {
        let reply = match line.strip_prefix("other: ") {
            Some(line) => call(other, line),
            None => call(source, line),
        };
        assert_eq!(reply, *expected, "{line}");
    }
}

#[test]
fn in_import_mode_expired_keys_stay_and_a_source_sees_them() {
    let server = start(&[]);
    let (source, other) = (&mut server.client(), &mut server.client());
    let refusal = "-ERR Server is not in import mode";
    play(source, &[("CLIENT IMPORT-SOURCE ON", refusal), ("CLIENT IMPORT-SOURCE x", refusal)]);
    play(source, &[("CLIENT IMPORT-SOURCE OFF", "+OK"), ("CONFIG SET import-mode yes", "+OK")]);
    play(source, &[("CLIENT IMPORT-SOURCE x", "-ERR syntax error")]);
    play(source, &[("CLIENT IMPORT-SOURCE ON", "+OK")]);
    assert!(call(source, "CLIENT INFO").contains(" flags=I "));
    play_both(
        source,
        other,
        &[
            ("SET k v EXAT 1", "+OK"),
            ("other: EXISTS k", ":0"),
            ("other: GET k", "$-1"),
            ("other: KEYS *", "[]"),
            ("other: SCAN 0", "[\"0\", []]"),
            ("other: RANDOMKEY", "\"k\""),
            ("other: DBSIZE", ":1"),
            ("GET k", "\"v\""),
            ("PTTL k", ":0"),
            ("KEYS *", "[\"k\"]"),
            ("SCAN 0", "[\"0\", [\"k\"]]"),
            ("APPEND k w", ":2"),
            ("EVAL return(redis.call('get','k')) 0", "\"vw\""),
            ("RENAME k l", "+OK"),
            ("other: GETEX l EX 100", "$-1"),
            ("other: COPY l m", ":0"),
            ("GET l", "\"vw\""),
            ("EXPIRE l 100", ":1"),
            ("PEXPIRE l -1", ":1"),
            ("GETEX l EXAT 1", "\"vw\""),
            ("DBSIZE", ":1"),
            // Who writes to such a key begins anew.
            ("other: APPEND l x", ":1"),
            ("other: TTL l", ":-1"),
            ("EXPIREAT l 1", ":1"),
            ("other: DEL l", ":1"),
            ("DBSIZE", ":0"),
            ("SET k v EXAT 1", "+OK"),
            ("CONFIG SET import-mode no", "+OK"),
            ("GET k", "$-1"),
            ("CONFIG SET import-mode yes", "+OK"),
            ("SET k v EXAT 1", "+OK"),
            ("EXISTS k", ":1"),
            ("CLIENT IMPORT-SOURCE OFF", "+OK"),
            ("EXISTS k", ":0"),
        ],
    );
}

#[test]
fn in_import_mode_expired_fields_stay_and_a_source_sees_them() {
    let server = start(&["--import-mode", "yes"]);
    let (source, other) = (&mut server.client(), &mut server.client());
    play_both(
        source,
        other,
        &[
            ("CLIENT IMPORT-SOURCE ON", "+OK"),
            ("HSET h a 1 b 2 c 3 stays 4", ":4"),
            ("HSETEX h EXAT 0 FIELDS 1 d 5", ":1"),
            ("HPEXPIREAT h 1 FIELDS 1 a", "[:1]"),
            ("HEXPIREAT h 1 FIELDS 1 b", "[:1]"),
            ("HGETEX h EXAT 1 FIELDS 1 c", "[\"3\"]"),
            ("other: HKEYS h", "[\"stays\"]"),
            ("other: HMGET h a b c d", "[$-1, $-1, $-1, $-1]"),
            ("other: HLEN h", ":5"),
            ("HMGET h a b c d", "[\"1\", \"2\", \"3\", \"5\"]"),
            ("HPTTL h FIELDS 1 a", "[:0]"),
            ("HINCRBY h a 1", ":2"),
            ("HTTL h FIELDS 1 a", "[:0]"),
            ("other: HSETNX h b 9", ":1"),
            ("HTTL h FIELDS 1 b", "[:-1]"),
            ("HDEL h c", ":1"),
            ("HLEN h", ":4"),
        ],
    );
    assert_eq!(info(source, "stats", "expired_fields"), "0");
    play(source, &[("CONFIG SET import-mode no", "+OK")]);
    wait_until("the fields expire", || call(source, "HLEN h") == ":2");
}

#[test]
fn import_mode_holds_back_active_expiry_and_eviction() {
    let server = start(&["--import-mode", "yes", "--maxmemory-policy", "allkeys-lru"]);
    let client = &mut server.client();
    play(client, &[("SET k v EXAT 1", "+OK"), ("SET l v", "+OK"), ("HSET h a 1 b 2", ":2")]);
    play(client, &[("HEXPIREAT h 1 FIELDS 1 a", "[:1]")]);
    // Active expiry has several turns within a second.
    let since = info(client, "server", "uptime_in_seconds");
    wait_until("a second passes", || info(client, "server", "uptime_in_seconds") != since);
    play(client, &[("DBSIZE", ":3"), ("HLEN h", ":2"), ("CONFIG SET maxmemory 1", "+OK")]);
    wait_until("the limit is noticed", || call(client, "SET m v").starts_with("-OOM "));
    play(client, &[("CONFIG SET maxmemory 0", "+OK"), ("DBSIZE", ":3")]);
    assert_eq!(info(client, "stats", "evicted_keys"), "0");
    play(client, &[("CONFIG SET import-mode no", "+OK")]);
    wait_until("the expired ones go", || {
        call(client, "DBSIZE") == ":2" && call(client, "HLEN h") == ":1"
    });
}
