//! Active expiry: what nobody asks for goes too, wherever it lies and however its time came to be.

use crate::suite_faults::{call, info, play};
use crate::support::{Client, Server, wait_until};

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
