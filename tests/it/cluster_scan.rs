//! CLUSTERSCAN, and other commands that a node judges by whom a slot belongs to.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;

use crate::cluster::{call, form, node, text, wait_for};
use crate::support::{Reply, Server, wait_until};

/// Cursor and names that CLUSTERSCAN answers, or its error.
fn scan(server: &Server, words: &[&str]) -> Result<(String, Vec<String>), String> {
    let words = [&["CLUSTERSCAN"], words].concat();
    let bulk = |reply: &Reply| match reply {
        Reply::Bulk(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("{other}"),
    };
    match server.client().call(&words) {
        Reply::Array(parts) => {
            let [cursor, Reply::Array(names)] = &parts[..] else { panic!("{parts:?}") };
            Ok((bulk(cursor), names.iter().map(bulk).collect()))
        }
        other => Err(other.to_string()),
    }
}

fn pair() -> [Server; 2] {
    let nodes = [node(), node()];
    form(&[&nodes[0], &nodes[1]]);
    nodes
}

/// Goes on with the node that the cursor's slot belongs to, as a cluster client would.
fn scan_all(nodes: &[Server], options: &[&str]) -> Vec<String> {
    let (mut cursor, mut found) = ("0".to_owned(), Vec::new());
    for _ in 0..40_000 {
        let words = [&[cursor.as_str()], options].concat();
        let (next, names) =
            nodes.iter().find_map(|node| scan(node, &words).ok()).expect("one of them serves it");
        found.extend(names);
        if next == "0" {
            return found;
        }
        cursor = next;
    }
    panic!("no end is in sight at {cursor}");
}

#[test]
fn a_scan_of_the_cluster_finds_every_key_of_every_node_once() {
    let nodes = pair();
    let mut all = BTreeSet::new();
    for index in 0..300 {
        let name = format!("key:{index}");
        let line = format!("SET {name} v");
        assert!(nodes.iter().any(|node| call(node, &line) == "+OK"), "{line}");
        all.insert(name);
    }
    for index in 0..100 {
        let name = format!("{{06S}}{index}");
        assert_eq!(call(&nodes[0], &format!("SADD {name} v")), ":1");
        all.insert(name);
    }
    let tagged = |name: &&String| name.starts_with("{06S}");
    for (options, expected) in [
        (&[][..], all.iter().collect::<Vec<_>>()),
        (&["COUNT", "1000"], all.iter().collect()),
        (&["TYPE", "set"], all.iter().filter(tagged).collect()),
        (&["MATCH", "{06S}*", "COUNT", "7"], all.iter().filter(tagged).collect()),
    ] {
        let mut found = scan_all(&nodes, options);
        found.sort();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{options:?}");
    }
}

#[test]
fn a_cursor_leads_to_the_slot_where_the_scan_goes_on() {
    let nodes = pair();
    let start = |cursor: &str| Ok((cursor.to_owned(), Vec::new()));
    // "0" only says where to begin; it is routed like a key of that name (slot 13907).
    assert_eq!(scan(&nodes[1], &["0"]), start("0-{06S}-0"));
    assert_eq!(scan(&nodes[1], &["0", "SLOT", "100"]), start("0-{0or}-0"));
    assert_eq!(scan(&nodes[1], &["0", "MATCH", "{Qi}*"]), start("0-{Qi}-0"));
    assert_eq!(scan(&nodes[1], &["0", "MATCH", "{Qi}*", "SLOT", "0"]), start("0"));
    // The row of slots of a node ends where the other's begins, and after the last is nothing.
    let (cursor, _) = scan(&nodes[0], &["0-{06S}-0"]).expect("its own slot");
    assert_eq!(call(&nodes[0], &format!("CLUSTER KEYSLOT {cursor}")), ":8192");
    assert_eq!(scan(&nodes[1], &[&cursor]), start("0"));
    assert_eq!(scan(&nodes[0], &["0-{06S}-0", "SLOT", "0"]), start("0"));
    assert_eq!(scan(&nodes[0], &["0-{Qi}-0", "MATCH", "{06S}*"]), start("0"));
    // A slot that is done leads to the next that is not empty, not to 51.
    for name in ["{4ZG}a", "{0or}a"] {
        assert_eq!(call(&nodes[0], &format!("SET {name} v")), "+OK");
    }
    let (cursor, names) = scan(&nodes[0], &["0-{4ZG}-0", "COUNT", "1"]).expect("its own slot");
    assert_eq!(names, ["{4ZG}a"]);
    assert!(cursor.contains("-{0or}-") && !cursor.starts_with("0-"), "{cursor}");
    // Of another process the position means nothing: the slot is begun anew.
    let (_, names) = scan(&nodes[0], &["abc-{0or}-46913927774208"]).expect("its own slot");
    assert_eq!(names, ["{0or}a"]);
    let moved = format!("-MOVED 0 127.0.0.1:{}", nodes[0].port);
    assert_eq!(scan(&nodes[1], &["0-{06S}-0"]), Err(moved));
}

#[test]
fn a_scan_of_the_cluster_that_makes_no_sense_is_refused() {
    let nodes = pair();
    for (words, error) in [
        (&["0-{06S}-0", "SLOT", "1"][..], "Cursor slot mismatch with SLOT argument"),
        (&["0-{06S}-0", "SLOT", "16384"], "Invalid or out of range slot"),
        (&["0-{06S}-0", "SLOT", "0", "SLOT", "0"], "SLOT option can only be specified once"),
        (&["0-{06S}-0", "SLOT"], "syntax error"),
        (&["0-{06S}-0", "COUNT", "0"], "syntax error"),
        (&["0-{06S}-0", "TYPE", "nosuch"], r"unknown type name \'nosuch\'"),
        (&["0-{06S}", "COUNT", "5"], "Invalid cursor"),
    ] {
        assert_eq!(scan(&nodes[0], words), Err(format!("-ERR {error}")), "{words:?}");
    }
    let alone = Server::start(&[]);
    let error = "-ERR This instance has cluster support disabled".to_owned();
    assert_eq!(scan(&alone, &["abc", "BAD"]), Err(error));
}

/// Since keys are found out once per command, those of a script's commands were not looked at:
/// a script read nothing, and wrote, where another node serves the slot.
#[test]
fn a_script_does_not_touch_keys_of_other_nodes() {
    let nodes = pair();
    let error = |line: &str| format!("-ERR Attempted to access a non local key {line}");
    for script in [
        "return redis.call('get', '{6ZJ}')",
        "return redis.call('set', '{6ZJ}', 'x')",
        "return redis.call('spublish', '{6ZJ}', 'x')",
        "return redis.call('clusterscan', '0-{6ZJ}-0')",
        "redis.call('set', '{06S}', 'x') return redis.call('get', '{6ZJ}')",
    ] {
        for keys in [&["0"][..], &["1", "{06S}"]] {
            let words = [&["EVAL", script], keys].concat();
            let reply = nodes[0].client().call(&words).to_string();
            let expected = error("in a cluster node script: on @user_script:1.");
            assert!(reply.starts_with(&expected), "{script}: {reply}");
        }
    }
    let script = "redis.call('set', '{06S}', '1') return redis.call('get', '{06S}')";
    assert_eq!(nodes[0].client().call(&["EVAL", script, "0"]).to_string(), "\"1\"");
    assert_eq!(call(&nodes[1], "EXISTS {6ZJ}"), ":0");
}

#[test]
fn a_primary_that_votes_does_not_shut_down_if_that_is_to_be_safe() {
    let mut nodes = pair();
    let error = "-ERR Errors trying to SHUTDOWN. Check logs.";
    assert_eq!(call(&nodes[0], "SHUTDOWN SAFE"), error);
    assert_eq!(call(&nodes[0], "SHUTDOWN NOSAVE NOW SAFE"), error);
    assert!(nodes[0].log().contains("This is a voting primary"));
    assert_eq!(call(&nodes[0], "PING"), "+PONG");
    // Without slots nobody misses it.
    assert_eq!(call(&nodes[0], "CLUSTER DELSLOTSRANGE 0 8191"), "+OK");
    let [leaving, _] = &mut nodes;
    leaving.client().send(&["SHUTDOWN", "SAFE"]).expect("the server takes the request");
    wait_until("it is gone", || TcpStream::connect(("127.0.0.1", leaving.port)).is_err());
}

#[test]
fn the_counters_of_the_bus_count_nonsense_and_are_reset() {
    let nodes = pair();
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} in {text}"))
    };
    // An idle link is above a limit of one byte, as with Valkey, whose empty queues take 48.
    assert_eq!(call(&nodes[0], "CONFIG SET cluster-link-sendbuf-limit 1"), "+OK");
    wait_for("links are closed", &[&nodes[0]], || {
        let info = text(&nodes[0], "CLUSTER INFO");
        field(&info, "total_cluster_links_buffer_limit_exceeded") > 0
            && field(&info, "cluster_stats_messages_sent") > 0
    });
    let mut client = nodes[0].client();
    for line in [&["MULTI"][..], &["CONFIG", "RESETSTAT"], &["CLUSTER", "INFO"]] {
        client.call(line);
    }
    let Reply::Array(replies) = client.call(&["EXEC"]) else { panic!("it is executed") };
    let Some(Reply::Bulk(info) | Reply::Verbatim(info)) = replies.last() else { panic!("a text") };
    let info = String::from_utf8_lossy(info);
    for name in [
        "cluster_stats_messages_sent",
        "cluster_stats_messages_received",
        "total_cluster_links_buffer_limit_exceeded",
    ] {
        assert_eq!(field(&info, name), 0, "{name}");
    }

    // A MEET that announces a hundred nodes and names none.
    let alone = node();
    let mut packet = b"RCmb\0\0\x08\xd0\0\x01\0\x01\0\x02\0\x64".to_vec();
    packet.resize(0x8d0, 0);
    packet[40..80].fill(b'a');
    let mut bus = TcpStream::connect(("127.0.0.1", alone.port + 10_000)).expect("the bus listens");
    bus.write_all(&packet).expect("it reads");
    wait_for("it is counted", &[&alone], || {
        field(&text(&alone, "CLUSTER INFO"), "cluster_stats_messages_received") == 1
    });
}
