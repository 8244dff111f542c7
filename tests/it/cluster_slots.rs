//! What a node of a cluster tells of its slots, and what its clients are told when slots leave.

use std::time::Duration;

use crate::cluster::{call, form, node, text, wait_for};
use crate::support::{Client, Reply, Server, wait_until};

/// The slot of `foo`.
const SLOT: u16 = 12182;

/// A node that serves all slots alone.
fn alone(options: &[&str]) -> Server {
    let options = [&["--cluster-enabled", "yes"], options].concat();
    let server = Server::start(&options);
    assert_eq!(call(&server, "CLUSTER ADDSLOTSRANGE 0 16383"), "+OK");
    wait_for("the node is up", &[&server], || {
        text(&server, "CLUSTER INFO").contains("cluster_state:ok")
    });
    server
}

/// Key count, bytes in and bytes out of the slot of `foo`, and whether it took time.
fn usage(server: &Server) -> (i64, i64, i64, bool) {
    let slot = SLOT.to_string();
    let reply = server.client().call(&["CLUSTER", "SLOT-STATS", "SLOTSRANGE", &slot, &slot]);
    let Reply::Array(slots) = &reply else { panic!("{reply}") };
    let [Reply::Array(slot)] = &slots[..] else { panic!("{reply}") };
    let Reply::Array(metrics) = &slot[1] else { panic!("{reply}") };
    let value = |name: &str| {
        let at = metrics.iter().position(|m| *m == Reply::Bulk(name.into())).expect("a metric");
        let Reply::Int(value) = metrics[at + 1] else { panic!("{reply}") };
        value
    };
    let time = value("cpu-usec");
    (value("key-count"), value("network-bytes-in"), value("network-bytes-out"), time > 0)
}

fn cpu_usec(server: &Server) -> f64 {
    let reply = call(server, "CLUSTER SLOT-STATS SLOTSRANGE 12182 12182");
    let (_, usec) = reply.split_once("\"cpu-usec\", :").expect("it is counted");
    usec.split(',').next().and_then(|usec| usec.parse().ok()).expect("a number")
}

#[track_caller]
fn check(server: &Server, bytes_in: i64, bytes_out: i64) {
    let (_, got_in, got_out, _) = usage(server);
    assert_eq!((got_in, got_out), (bytes_in, bytes_out));
    assert_eq!(call(server, "CONFIG RESETSTAT"), "+OK");
    let (_, got_in, got_out, time) = usage(server);
    assert_eq!((got_in, got_out, time), (0, 0, false), "not reset");
}

#[test]
fn what_commands_cost_their_slots_is_counted() {
    let server = alone(&["--cluster-slot-stats-enabled", "yes"]);
    let mut client = server.client();
    assert_eq!(client.call(&["SET", "foo", "value"]).to_string(), "+OK");
    assert_eq!(client.call(&["GET", "foo"]).to_string(), "\"value\"");
    check(&server, 33 + 22, 5 + 11);

    // Commands on no slot, or on channels that belong to none.
    client.call(&["PUBLISH", "foo", "x"]);
    client.call(&["INFO"]);
    client.call(&["GET"]);
    check(&server, 0, 0);

    // What a transaction does counts once it is executed, and MULTI for the slot that it then has.
    client.call(&["MULTI"]);
    client.call(&["SET", "foo", "value"]);
    let (_, bytes_in, bytes_out, time) = usage(&server);
    assert_eq!((bytes_in, bytes_out, time), (33, 0, false), "before EXEC");
    assert_eq!(client.call(&["EXEC"]).to_string(), "[+OK]");
    let (_, bytes_in, bytes_out, _) = usage(&server);
    // Valkey 9.1 counts the replies within EXEC's twice.
    assert!(bytes_in == 15 + 33 + 14 && bytes_out >= 9, "{bytes_in} {bytes_out}");
    client.call(&["CONFIG", "RESETSTAT"]);

    // A script without declared keys counts for the slot that it keeps to.
    let script = "#!lua\nfor _ = 1, 5000 do redis.call('set', 'foo', 'x') end";
    assert_eq!(client.call(&["EVAL", script, "0"]).to_string(), "$-1");
    let (keys, _, bytes_out, time) = usage(&server);
    // As above.
    assert!(keys == 1 && bytes_out >= 5 && time, "{keys} {bytes_out} {time}");
    let across = "#!lua flags=allow-cross-slot-keys\nredis.call('get', 'foo')";
    client.call(&["CONFIG", "RESETSTAT"]);
    client.call(&["EVAL", across, "0"]);
    let (_, bytes_in, _, time) = usage(&server);
    assert_eq!((bytes_in, time), (0, false));
    client.call(&["CONFIG", "RESETSTAT"]);

    let message = ["SPUBLISH", "foo", "hello"];
    let mut listener = server.client();
    listener.call(&["SSUBSCRIBE", "foo"]);
    check(&server, 30, 34);
    assert_eq!(client.call(&message).to_string(), ":1");
    check(&server, 38, 4 + 38);
}

#[test]
fn a_wait_is_counted_when_it_ends() {
    let server = alone(&["--cluster-slot-stats-enabled", "yes"]);
    let mut waiting = server.client();
    waiting.send(&["BLPOP", "foo", "0"]).expect("sent");
    wait_for("it waits", &[&server], || {
        text(&server, "INFO clients").contains("blocked_clients:1")
    });
    assert_eq!(usage(&server), (0, 0, 0, false));
    assert!(!text(&server, "INFO commandstats").contains("cmdstat_blpop"), "counted already");
    assert_eq!(call(&server, "LPUSH foo value"), ":1");
    assert_eq!(waiting.read().expect("served").to_string(), "[\"foo\", \"value\"]");
    assert!(text(&server, "INFO commandstats").contains("cmdstat_blpop:calls=1,"));
    let time = |line: &str| -> f64 {
        let stats = text(&server, "INFO commandstats");
        let usec =
            stats.lines().find(|l| l.starts_with(line)).and_then(|l| l.split(['=', ',']).nth(3));
        usec.and_then(|usec| usec.parse().ok()).expect("a number")
    };
    let spent = time("cmdstat_blpop") + time("cmdstat_lpush");
    let slot = cpu_usec(&server);
    assert!((slot - spent).abs() <= 2.0, "{slot} µs of the slot, {spent} µs of its commands");
    check(&server, 31 + 35, 24 + 4);

    assert_eq!(waiting.call(&["BLPOP", "foo", "0.1"]).to_string(), "*-1");
    assert!(text(&server, "INFO commandstats").contains("cmdstat_blpop:calls=1,"));
    // A wait in vain has cost no bytes.
    check(&server, 0, 0);
}

#[test]
fn slots_are_ranked_by_every_metric_that_is_counted() {
    let server = alone(&["--cluster-slot-stats-enabled", "yes"]);
    let mut client = server.client();
    for (key, length) in [("foo", 10), ("bar", 3000), ("baz", 200)] {
        client.call(&["SET", key, &"x".repeat(length)]);
    }
    let mut ranked = |metric: &str, order: &str| {
        let words = ["CLUSTER", "SLOT-STATS", "ORDERBY", metric, "LIMIT", "3", order];
        let Reply::Array(slots) = client.call(&words) else { panic!("{metric}") };
        let slot = |reply: &Reply| match reply {
            Reply::Array(parts) => parts[0].to_string(),
            other => panic!("{other}"),
        };
        slots.iter().map(slot).collect::<Vec<_>>().join(" ")
    };
    // bar: 5061, baz: 4813.
    assert_eq!(ranked("network-bytes-in", "DESC"), ":5061 :4813 :12182");
    assert_eq!(ranked("network-bytes-out", "DESC"), ":4813 :5061 :12182");
    assert_eq!(ranked("key-count", "ASC"), ":0 :1 :2");
    assert_eq!(ranked("cpu-usec", "ASC").split(' ').count(), 3);
    client.call(&["CONFIG", "SET", "cluster-slot-stats-enabled", "no"]);
    assert_eq!(
        call(&server, "CLUSTER SLOT-STATS ORDERBY cpu-usec"),
        "-ERR Unrecognized sort metric for ORDERBY."
    );
    assert_eq!(
        call(&server, "CLUSTER SLOT-STATS SLOTSRANGE 12182 12182"),
        "[[:12182, [\"key-count\", :1]]]"
    );
}

#[test]
fn a_slot_that_comes_back_has_cost_nothing_yet() {
    let server = alone(&["--cluster-slot-stats-enabled", "yes"]);
    call(&server, "SET bar x");
    call(&server, "SET foo x");
    assert_eq!(call(&server, "CLUSTER DELSLOTS 12182"), "+OK");
    assert_eq!(call(&server, "CLUSTER ADDSLOTS 12182"), "+OK");
    let (_, bytes_in, bytes_out, time) = usage(&server);
    assert_eq!((bytes_in, bytes_out, time), (0, 0, false));
}

#[test]
fn who_listens_to_a_shard_channel_is_told_when_its_slot_leaves() {
    let nodes = [node(), node()];
    let [other, owner] = &nodes;
    form(&[other, owner]);
    let listener = |hello: &str| {
        let mut client = owner.client();
        client.call(&["HELLO", hello]);
        client.call(&["SSUBSCRIBE", "foo", "{foo}2"]);
        client.read().expect("the second subscription");
        client.call(&["SUBSCRIBE", "news"]);
        client
    };
    let (mut old, mut new) = (listener("2"), listener("3"));
    let other_id = text(other, "CLUSTER MYID");
    assert_eq!(call(owner, &format!("CLUSTER SETSLOT 12182 NODE {other_id}")), "+OK");
    let told = |client: &mut Client| {
        let mut told = [0; 2].map(|_| client.read().expect("a message").to_string());
        for line in &mut told {
            *line = line.replace("{foo}2", "foo");
        }
        told.sort();
        told
    };
    assert_eq!(told(&mut old), [0, 1].map(|n| format!("[\"sunsubscribe\", \"foo\", :{n}]")));
    assert_eq!(told(&mut new).map(|line| line.starts_with(">[\"sunsubscribe\"")), [true; 2]);
    assert_eq!(call(owner, "PUBSUB SHARDCHANNELS"), "[]");
    // The other subscriptions stay.
    assert_eq!(call(owner, "PUBLISH news x"), ":2");
    assert_eq!(old.read().expect("a message").to_string(), "[\"message\", \"news\", \"x\"]");
    assert_eq!(
        call(owner, "SSUBSCRIBE foo"),
        format!("-MOVED 12182 127.0.0.1:{}", other.port),
        "and nobody new is let in"
    );
}

#[test]
fn a_slot_that_gossip_takes_away_ends_its_shard_channels_too() {
    let nodes = [node(), node()];
    let [other, owner] = &nodes;
    form(&[other, owner]);
    let mut listener = owner.client();
    listener.call(&["SSUBSCRIBE", "foo"]);
    let (owner_id, other_id) = (text(owner, "CLUSTER MYID"), text(other, "CLUSTER MYID"));
    assert_eq!(call(other, &format!("CLUSTER SETSLOT 12182 IMPORTING {owner_id}")), "+OK");
    assert_eq!(call(other, &format!("CLUSTER SETSLOT 12182 NODE {other_id}")), "+OK");
    assert_eq!(listener.read().expect("a message").to_string(), "[\"sunsubscribe\", \"foo\", :0]");
    // It is no subscriber any more, so it may ask anything. Of two nodes that both own slots, one that is
    // kept waiting for the other says for a while that the cluster is down.
    let moved = format!("-MOVED 12182 127.0.0.1:{}", other.port);
    wait_until("the slot has moved", || listener.call(&["GET", "foo"]).to_string() == moved);
}

#[test]
fn what_a_node_announces_changes_with_its_configuration_at_once() {
    let server = alone(&[]);
    for (directive, value, shown) in [
        ("cluster-announce-port", "1234", ":1234@"),
        ("cluster-announce-bus-port", "4321", "@4321"),
        ("cluster-announce-ip", "10.1.2.3", " 10.1.2.3:1234@4321 "),
        ("cluster-announce-hostname", "me.example", "10.1.2.3:1234@4321,me.example "),
    ] {
        assert_eq!(call(&server, &format!("CONFIG SET {directive} {value}")), "+OK");
        let nodes = text(&server, "CLUSTER NODES");
        assert!(nodes.contains(shown), "{directive}: {nodes}");
    }
    let first_host = || match server.client().call(&["CLUSTER", "SLOTS"]) {
        Reply::Array(ranges) => ranges[0].to_string(),
        other => panic!("{other}"),
    };
    assert!(first_host().starts_with("[:0, :16383, [\"10.1.2.3\", :1234, "), "{}", first_host());
    call(&server, "CONFIG SET cluster-preferred-endpoint-type hostname");
    assert!(first_host().starts_with("[:0, :16383, [\"me.example\", :1234, "), "{}", first_host());
}

#[test]
fn redirections_name_the_preferred_endpoint() {
    let nodes = [node(), node()];
    let [first, owner] = &nodes;
    form(&[first, owner]);
    call(first, "CONFIG SET cluster-preferred-endpoint-type hostname");
    assert_eq!(call(first, "GET foo"), format!("-MOVED 12182 ?:{}", owner.port));
    call(owner, "CONFIG SET cluster-announce-hostname owner.example");
    wait_for("the name is heard of", &[first, owner], || {
        text(first, "CLUSTER NODES").contains("owner.example")
    });
    let moved = format!("-MOVED 12182 owner.example:{}", owner.port);
    let mut client = first.client();
    assert_eq!(client.call(&["GET", "foo"]).to_string(), moved);
    client.call(&["HELLO", "3"]);
    assert_eq!(client.call(&["GET", "foo"]).to_string(), moved);
    call(first, "CONFIG SET cluster-preferred-endpoint-type unknown-endpoint");
    assert_eq!(call(first, "GET foo"), format!("-MOVED 12182 :{}", owner.port));
}

/// Whoever was told that slots are assigned finds them assigned after a crash.
#[test]
fn the_file_is_written_before_the_reply() {
    let server = Server::start(&["--cluster-enabled", "yes"]);
    let conf = server.folder().join("nodes.conf");
    for slot in [1, 3, 5, 7] {
        assert_eq!(call(&server, &format!("CLUSTER ADDSLOTS {slot}")), "+OK");
        let content = std::fs::read_to_string(&conf).expect("it exists");
        let line = content.lines().next().unwrap_or_default();
        assert!(line.ends_with(&format!(" {slot}")), "{content}");
    }
    assert_eq!(call(&server, "CLUSTER BUMPEPOCH"), "+BUMPED 1");
    let content = std::fs::read_to_string(&conf).expect("it exists");
    assert!(content.contains("vars currentEpoch 1 "), "{content}");
}

#[test]
fn a_node_asks_to_be_known_until_it_is_heard() {
    let options = ["--cluster-enabled", "yes", "--enable-debug-command", "yes"];
    let (deaf, asking) = (Server::start(&options), Server::start(&options));
    assert_eq!(call(&deaf, "DEBUG DROP-CLUSTER-PACKET-FILTER 2"), "+OK");
    assert_eq!(call(&deaf, "DEBUG CLOSE-CLUSTER-LINK-ON-PACKET-DROP 1"), "+OK");
    assert_eq!(call(&asking, &format!("CLUSTER MEET 127.0.0.1 {}", deaf.port)), "+OK");
    let nodes = [&deaf, &asking];
    let received = || {
        let info = text(&deaf, "CLUSTER INFO");
        let line =
            info.lines().find(|line| line.starts_with("cluster_stats_messages_meet_received"));
        line.and_then(|line| line.split(':').nth(1)?.parse::<u32>().ok()).unwrap_or(0)
    };
    wait_for("it asks again", &nodes, || received() >= 3);
    let lines = |server| text(server, "CLUSTER NODES").lines().count();
    assert_eq!(lines(&deaf), 1, "a dropped MEET makes no acquaintance");
    assert_eq!(call(&deaf, "DEBUG DROP-CLUSTER-PACKET-FILTER -1"), "+OK");
    std::thread::sleep(Duration::from_millis(100));
    // The handshake may have been given up meanwhile.
    wait_for("both know each other", &nodes, || {
        let known = lines(&deaf) == 2 && lines(&asking) == 2;
        if !known && lines(&asking) == 1 {
            call(&asking, &format!("CLUSTER MEET 127.0.0.1 {}", deaf.port));
        }
        known
    });
}

#[test]
fn broken_links_are_made_anew() {
    let options = ["--cluster-enabled", "yes", "--enable-debug-command", "yes"];
    let nodes = [Server::start(&options), Server::start(&options)];
    let [first, second] = &nodes;
    form(&[first, second]);
    let id = text(second, "CLUSTER MYID");
    let links = || match first.client().call(&["CLUSTER", "LINKS"]) {
        Reply::Array(links) => links.iter().map(Reply::to_string).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    wait_for("both links stand", &[first, second], || links().len() == 2);
    let before = links();
    assert_eq!(call(first, &format!("DEBUG CLUSTERLINK KILL all {id}")), "+OK");
    wait_for("two others stand", &[first, second], || {
        let now = links();
        now.len() == 2 && now.iter().all(|link| !before.contains(link))
    });
    let unknown = format!("DEBUG CLUSTERLINK KILL to {}", "0".repeat(40));
    assert_eq!(call(first, &unknown), format!("-ERR Unknown node {}", "0".repeat(40)));
    assert_eq!(
        call(first, &format!("DEBUG CLUSTERLINK KILL up {id}")),
        "-ERR Unknown direction up"
    );
}

#[test]
fn the_slots_of_a_range_are_looked_at_before_the_next_range_is_read() {
    let server = Server::start(&["--cluster-enabled", "yes"]);
    let mut client = server.client();
    let mut check = |line: &str, expected: &str| {
        let words: Vec<&str> = std::iter::once("CLUSTER").chain(line.split(' ')).collect();
        assert_eq!(client.call(&words).to_string(), expected, "{line}");
    };
    check("ADDSLOTSRANGE 0 5 5 6 9 8", "-ERR Slot 5 specified multiple times");
    check("ADDSLOTSRANGE 0 5 9 8", "-ERR start slot number 9 is greater than end slot number 8");
    check("ADDSLOTSRANGE 0 5", "+OK");
    check("ADDSLOTSRANGE 2 3 x 4", "-ERR Slot 2 is already busy");
    check("ADDSLOTSRANGE 7 8 x 4", "-ERR Invalid or out of range slot");
    check("ADDSLOTS 2 x", "-ERR Invalid or out of range slot");
    check("DELSLOTSRANGE 7 8 3 1", "-ERR Slot 7 is already unassigned");
    check("DELSLOTSRANGE 0 1 3 1", "-ERR start slot number 3 is greater than end slot number 1");
    check("DELSLOTSRANGE 0 1 x 1", "-ERR Invalid or out of range slot");
    check("DELSLOTSRANGE 0 1 2 5", "+OK");
}
