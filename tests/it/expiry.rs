//! Active expiry: what nobody asks for goes too, wherever it lies and however its time came to be.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::suite_faults::{call, info, play};
use crate::support::{Client, Server, encode, wait_until};

fn start(threads: &str) -> Server {
    let mut options = vec!["--enable-debug-command", "yes"];
    // Valkey, which these tests hold for too, does not know the option.
    if std::env::var_os("TSUBAME_TEST_SERVER").is_none() {
        options.extend(["--threads", threads]);
    }
    Server::start(&options)
}

/// Waits until a database has this many keys, those counted that expired and that nobody met.
fn wait_for_keys(client: &mut Client, count: &str) {
    wait_until(&format!("the database comes to have {count} keys"), || {
        call(client, "DBSIZE") == count
    });
}

#[test]
fn keys_go_whatever_gave_them_their_time() {
    for threads in ["1", "2"] {
        let server = start(threads);
        let client = &mut server.client();
        let alone =
            ["SET a v PX 20", "MSETEX 1 b v PX 20", "PSETEX c 20 v", "HSETEX h PX 20 FIELDS 1 f v"];
        for line in alone {
            call(client, line);
            wait_for_keys(client, ":0");
        }
        // A later time, then a sooner one; a time that goes with the key or the hash.
        let together = [
            "SET a v EX 100000",
            "PEXPIRE a 20",
            "SADD b m",
            "EXPIRE b 100000",
            "PEXPIRE b 20",
            "SET c v PX 150",
            "RENAME c d",
            "SET e v PX 150",
            "COPY e f",
            "HSET g f v",
            "HPEXPIRE g 150 FIELDS 1 f",
            "COPY g h",
            "RENAME g i",
            "SET j v EX 100000",
            "GETEX j PX 20",
            "LPUSH k v",
            "SET k v PX 20",
            "SET l v PX 20",
            "APPEND l v",
            "SET stays v",
            "SET later v EX 100000",
            "HSETEX last EX 100000 FIELDS 1 f v",
        ];
        for line in together {
            call(client, line);
        }
        wait_for_keys(client, ":3");
        // Once more, after the shards had nothing to do for a while.
        play(client, &[("SET again v PX 10", "+OK")]);
        wait_for_keys(client, ":3");
        let fields = info(client, "stats", "expired_fields");
        assert_eq!(fields.trim(), "3", "threads {threads}");
    }
}

#[test]
fn keys_go_from_every_database_and_after_databases_were_exchanged() {
    let server = start("2");
    let client = &mut server.client();
    for db in ["0", "3", "15"] {
        call(client, &format!("SELECT {db}"));
        for key in 0..50 {
            call(client, &format!("SET {key} v PX {}", 10 + key));
        }
        wait_for_keys(client, ":0");
    }
    play(client, &[("SELECT 9", "+OK"), ("SET k v PX 300", "+OK"), ("SWAPDB 9 14", "+OK")]);
    play(
        client,
        &[("DBSIZE", ":0"), ("SWAPDB 5 6", "+OK"), ("SELECT 14", "+OK"), ("DBSIZE", ":1")],
    );
    wait_for_keys(client, ":0");
    play(client, &[("SET m v PX 300", "+OK"), ("MOVE m 7", ":1"), ("SELECT 7", "+OK")]);
    play(client, &[("DBSIZE", ":1"), ("TTL nosuch", ":-2")]);
    wait_for_keys(client, ":0");
    play(client, &[("FLUSHALL", "+OK"), ("SET n v PX 20", "+OK")]);
    wait_for_keys(client, ":0");
}

#[test]
fn the_share_of_stale_keys_rises_with_them_and_is_forgotten() {
    let server = start("1");
    let client = &mut server.client();
    let stale = |client: &mut Client, field: &str| -> f64 {
        info(client, "stats", field).trim().parse().expect("a number")
    };
    let (keys, hashes) = ("expired_stale_perc", "expired_keys_with_volatile_items_stale_perc");
    assert_eq!((stale(client, keys), stale(client, hashes)), (0.0, 0.0));
    play(client, &[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
    for key in 0..100 {
        call(client, &format!("SET {key} v PX 1"));
        call(client, &format!("HSETEX h{key} PX 1 FIELDS 1 f v"));
    }
    play(client, &[("DEBUG SLEEP 0.01", "+OK"), ("DEBUG SET-ACTIVE-EXPIRE 1", "+OK")]);
    wait_for_keys(client, ":0");
    // All were stale in one tick, which counts for a twentieth.
    let (top, top_hashes) = (stale(client, keys), stale(client, hashes));
    assert!(0.0 < top && top <= 5.0, "{top}");
    assert!(0.0 < top_hashes && top_hashes <= 5.0, "{top_hashes}");
    wait_until("the share falls", || stale(client, keys) < top / 2.0);
}

/// The time was read once for all that was ready, however long that took.
#[test]
fn deadlines_count_from_when_a_command_begins_and_not_from_before_a_slow_one() {
    let server = start("1");
    let client = &mut server.client();
    // Long enough for both to be there when the first begins.
    let mut after_slow = |words: &[&str]| {
        let began = SystemTime::now();
        let mut sent = Vec::new();
        encode(&mut sent, &["DEBUG", "SLEEP", "0.3"]);
        encode(&mut sent, words);
        client.send_raw(&sent).unwrap();
        assert_eq!(client.read().unwrap().to_string(), "+OK");
        (began, client.read().unwrap().to_string())
    };
    let script =
        "redis.call('SET', KEYS[1], '', 'PX', 100) return redis.call('PEXPIRETIME', KEYS[1])";
    let (began, deadline) = after_slow(&["EVAL", script, "1", "k"]);
    let began_ms = began.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let deadline: u64 = deadline[1..].parse().unwrap();
    assert!(deadline >= began_ms + 300 + 100, "{deadline} of {began_ms}");

    let (began, popped) = after_slow(&["BLPOP", "list", "0.2"]);
    assert_eq!(popped, "*-1");
    let waited = began.elapsed().unwrap();
    assert!(waited >= Duration::from_millis(495), "{waited:?}");
}

#[test]
fn time_goes_on_for_a_script_that_waits_for_it_too_long() {
    let server = Server::start(&["--busy-reply-threshold", "50"]);
    let script = "local from = redis.call('TIME')[1] \
                  repeat until redis.call('TIME')[1] ~= from return 'over'";
    assert_eq!(server.client().call(&["EVAL", script, "0"]).to_string(), "\"over\"");
}
