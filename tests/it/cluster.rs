//! Nodes of a cluster as real processes: they find each other, agree, redirect clients, and shrug off
//! garbage; with a Valkey node among them where `TSUBAME_REFERENCE` names one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Reply, Server};

const OPTIONS: &[&str] = &["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
const AGREES_WITHIN: Duration = Duration::from_secs(40);

pub(crate) fn node() -> Server {
    Server::start(OPTIONS)
}

/// Calls with words that a blank separates, and shows the reply.
pub(crate) fn call(server: &Server, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    server.client().call(&words).to_string()
}

pub(crate) fn text(server: &Server, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    match server.client().call(&words) {
        Reply::Bulk(text) | Reply::Verbatim(text) => {
            String::from_utf8(text).expect("cluster texts are plain")
        }
        other => panic!("{line}: {other}"),
    }
}

#[track_caller]
pub(crate) fn wait_for(what: &str, nodes: &[&Server], done: impl Fn() -> bool) {
    let deadline = Instant::now() + AGREES_WITHIN;
    while !done() {
        if Instant::now() > deadline {
            for node in nodes {
                eprintln!("{}\n{}", text(node, "CLUSTER NODES"), node.log());
            }
            panic!("{what}: not within {AGREES_WITHIN:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Id and slots of every node, as one node sees them.
fn view(server: &Server) -> Vec<String> {
    let text = text(server, "CLUSTER NODES");
    let mut view: Vec<String> = (text.lines())
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            format!("{} {}", words[0], words[8..].join(" "))
        })
        .collect();
    view.sort();
    view
}

/// Makes a cluster of the nodes, the slots spread evenly in their order.
pub(crate) fn form(nodes: &[&Server]) {
    for node in &nodes[1..] {
        assert_eq!(call(nodes[0], &format!("CLUSTER MEET 127.0.0.1 {}", node.port)), "+OK");
    }
    wait_for("all know all", nodes, || nodes.iter().all(|node| view(node).len() == nodes.len()));
    for (index, node) in nodes.iter().enumerate() {
        let first = 16384 * index / nodes.len();
        let last = 16384 * (index + 1) / nodes.len() - 1;
        assert_eq!(call(node, &format!("CLUSTER ADDSLOTSRANGE {first} {last}")), "+OK");
    }
    wait_for("the cluster is up", nodes, || {
        let up = |node: &&Server| text(node, "CLUSTER INFO").contains("cluster_state:ok\r\n");
        nodes.iter().all(up) && nodes.windows(2).all(|pair| view(pair[0]) == view(pair[1]))
    });
}

/// The slot of `foo` is 12182: the third of three nodes has it, the last of two.
#[test]
fn three_nodes_agree_and_send_clients_to_each_other() {
    let nodes = [node(), node(), node()];
    let [first, second, third] = &nodes;
    form(&[first, second, third]);
    let moved = format!("-MOVED 12182 127.0.0.1:{}", third.port);
    assert_eq!(call(first, "SET foo bar"), moved);
    assert_eq!(call(second, "GET foo"), moved);
    assert_eq!(call(third, "SET foo bar"), "+OK");
    assert_eq!(call(third, "GET foo"), "\"bar\"");
    assert_eq!(call(first, "MGET a b"), r"-CROSSSLOT Keys in request don\'t hash to the same slot");

    // A transaction is refused where its slot is not, and drops what was queued.
    let mut client = first.client();
    assert_eq!(client.call(&["MULTI"]).to_string(), "+OK");
    assert_eq!(client.call(&["SET", "foo", "1"]).to_string(), moved);
    assert!(client.call(&["EXEC"]).to_string().starts_with("-EXECABORT"));

    // What the links take is told.
    let page = text(first, "INFO memory");
    let links = page.lines().find_map(|line| line.strip_prefix("mem_cluster_links:"));
    assert!(
        links.is_some_and(|bytes| bytes.parse().is_ok_and(|bytes: u64| bytes > 0)),
        "{links:?}"
    );

    // A message that is published on one node is heard on another.
    let mut listener = third.client();
    listener.call(&["SUBSCRIBE", "news"]);
    call(first, "PUBLISH news hello");
    assert_eq!(
        listener.read().expect("a message").to_string(),
        "[\"message\", \"news\", \"hello\"]"
    );
}

const UNKNOWN: &str = r"-ERR unknown command \'NOSUCH\', with args beginning with: ";

#[test]
fn a_slot_on_its_way_is_served_key_by_key() {
    let nodes = [node(), node()];
    let [other, owner] = &nodes;
    form(&[other, owner]);
    let (owner_id, other_id) = (text(owner, "CLUSTER MYID"), text(other, "CLUSTER MYID"));
    assert_eq!(call(owner, "SET foo bar"), "+OK");
    assert_eq!(call(other, &format!("CLUSTER SETSLOT 12182 IMPORTING {owner_id}")), "+OK");
    assert_eq!(call(owner, &format!("CLUSTER SETSLOT 12182 MIGRATING {other_id}")), "+OK");

    assert_eq!(call(owner, "GET foo"), "\"bar\"");
    assert_eq!(call(owner, "GET {foo}x"), format!("-ASK 12182 127.0.0.1:{}", other.port));
    assert_eq!(
        call(owner, "MGET foo {foo}x"),
        "-TRYAGAIN Multiple keys request during rehashing of slot"
    );
    assert_eq!(call(other, "GET {foo}x"), format!("-MOVED 12182 127.0.0.1:{}", owner.port));
    let mut client = other.client();
    assert_eq!(client.call(&["ASKING"]).to_string(), "+OK");
    assert_eq!(client.call(&["SET", "{foo}x", "1"]).to_string(), "+OK");
    let again = client.call(&["GET", "{foo}x"]).to_string();
    assert!(again.starts_with("-MOVED"), "ASKING holds for one command: {again}");
    let moved = format!("-MOVED 12182 127.0.0.1:{}", owner.port);
    let aborted = "-EXECABORT Transaction discarded because of previous errors.";
    for (line, replies) in [
        ("ASKING, ASKING, GET {foo}x, GET {foo}x", ["+OK", "+OK", "\"1\"", &moved].as_slice()),
        ("ASKING, PING, GET {foo}x", &["+OK", "+PONG", &moved]),
        ("ASKING, NOSUCH, GET {foo}x", &["+OK", UNKNOWN, &moved]),
        (
            "ASKING, MULTI, GET {foo}x, PING, GET {foo}x, EXEC, GET {foo}x",
            &["+OK", "+OK", "+QUEUED", "+QUEUED", "+QUEUED", "[\"1\", +PONG, \"1\"]", &moved],
        ),
        ("ASKING, MULTI, DISCARD, GET {foo}x", &["+OK", "+OK", "+OK", &moved]),
        (
            "MULTI, ASKING, GET {foo}x, EXEC, GET {foo}x",
            &["+OK", "+QUEUED", &moved, aborted, &moved],
        ),
    ] {
        for (command, reply) in line.split(", ").zip(replies) {
            let words: Vec<_> = command.split(' ').collect();
            assert_eq!(client.call(&words).to_string(), *reply, "{command} of {line}");
        }
    }

    let give = format!("CLUSTER SETSLOT 12182 NODE {other_id}");
    assert!(call(owner, &give).starts_with(r"-ERR Can\'t assign hashslot 12182"));
    assert_eq!(call(owner, "CLUSTER GETKEYSINSLOT 12182 10"), "[\"foo\"]");
    let mut waiting = owner.client();
    waiting.send(&["BLPOP", "{foo}list", "0"]).expect("sent");
    // The wait was asked on, since the list is not here.
    assert!(waiting.read().expect("a reply").to_string().starts_with("-ASK 12182"));
    assert_eq!(call(owner, "DEL foo"), ":1");
    assert_eq!(call(other, &give), "+OK");
    assert_eq!(call(owner, &give), "+OK");
    assert_eq!(call(owner, "GET foo"), format!("-MOVED 12182 127.0.0.1:{}", other.port));
    assert_eq!(call(other, "GET {foo}x"), "\"1\"");
    wait_for("both see the slot move", &[owner, other], || view(owner) == view(other));
}

#[test]
fn a_client_that_waits_for_a_key_is_sent_after_its_slot() {
    let nodes = [node(), node()];
    let [other, owner] = &nodes;
    form(&[other, owner]);
    let mut waiting = owner.client();
    waiting.send(&["BLPOP", "foo", "0"]).expect("sent");
    std::thread::sleep(Duration::from_millis(200));
    let other_id = text(other, "CLUSTER MYID");
    assert_eq!(call(owner, &format!("CLUSTER SETSLOT 12182 NODE {other_id}")), "+OK");
    assert_eq!(
        waiting.read().expect("a reply").to_string(),
        format!("-MOVED 12182 127.0.0.1:{}", other.port)
    );
}

#[test]
fn garbage_on_the_bus_closes_its_connection_and_disturbs_nobody() {
    let mut node = node();
    assert_eq!(call(&node, "CLUSTER ADDSLOTSRANGE 0 16383"), "+OK");
    let bus = ("127.0.0.1", node.port + 10_000);
    let mut endless = b"RCmb".to_vec();
    endless.extend_from_slice(&u32::MAX.to_be_bytes());
    endless.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    let mut stranger = b"RCmb".to_vec();
    stranger.extend_from_slice(&2256u32.to_be_bytes());
    stranger.extend_from_slice(&[0, 1, 0, 0, 0, 2, 0, 0]);
    stranger.resize(2256, b'?');
    for garbage in [b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0; 5000], endless, stranger] {
        let mut link = TcpStream::connect(bus).expect("the bus listens");
        link.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout above zero");
        // The node may have closed the link before all is sent.
        let _ = link.write_all(&garbage);
        let mut rest = Vec::new();
        let closed = link.read_to_end(&mut rest);
        let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(closed.as_ref().map_or_else(reset, |_| true), "the link stays open: {closed:?}");
        assert!(rest.is_empty(), "garbage was answered");
    }
    wait_for("the node is up", &[&node], || {
        text(&node, "CLUSTER INFO").contains("cluster_state:ok")
    });
    assert_eq!(call(&node, "CLUSTER INFO").matches("cluster_known_nodes:1").count(), 1);
    assert!(!node.has_ended());
    assert!(node.log().contains("Cluster bus"), "it is logged: {}", node.log());
}

#[test]
fn a_node_keeps_the_cluster_in_its_file() {
    let nodes = [node(), node()];
    let [first, second] = &nodes;
    form(&[first, second]);
    assert_eq!(call(first, "CLUSTER SAVECONFIG"), "+OK");
    let saved = text(first, "CLUSTER MYID");
    let conf = first.folder().join("nodes.conf");
    let content = std::fs::read_to_string(&conf).expect("it was saved");
    assert!(content.contains(&format!("{saved} 127.0.0.1:{}@", first.port)), "{content}");
    assert!(content.contains("myself,master - 0 0 "), "{content}");
    assert!(content.ends_with(" lastVoteEpoch 0\n"), "{content}");
}

#[test]
fn a_valkey_node_and_ours_are_one_cluster() {
    let Some(valkey) = std::env::var_os("TSUBAME_REFERENCE") else {
        println!("skipped: TSUBAME_REFERENCE names no valkey-server");
        return;
    };
    let ours = node();
    let theirs = Server::start_binary(Path::new(&valkey), OPTIONS);
    form(&[&ours, &theirs]);
    assert_eq!(call(&ours, "GET foo"), format!("-MOVED 12182 127.0.0.1:{}", theirs.port));
    assert_eq!(call(&theirs, "GET b"), format!("-MOVED 3300 127.0.0.1:{}", ours.port));
    for (from, to) in [(&ours, &theirs), (&theirs, &ours)] {
        let mut listener = to.client();
        listener.call(&["SUBSCRIBE", "news"]);
        call(from, "PUBLISH news hello");
        let heard = listener.read().expect("a message").to_string();
        assert_eq!(heard, "[\"message\", \"news\", \"hello\"]");
    }
    // What one is told to forget the other hears of.
    let stranger = node();
    assert_eq!(call(&ours, &format!("CLUSTER MEET 127.0.0.1 {}", stranger.port)), "+OK");
    let nodes = [&ours, &theirs, &stranger];
    wait_for("three nodes", &nodes, || nodes.iter().all(|node| view(node).len() == 3));
    let nodes = [&ours, &theirs];
    let id = text(&stranger, "CLUSTER MYID");
    drop(stranger);
    assert_eq!(call(&theirs, &format!("CLUSTER FORGET {id}")), "+OK");
    wait_for("forgotten by both", &nodes, || nodes.iter().all(|node| view(node).len() == 2));
}
