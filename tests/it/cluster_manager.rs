//! `redis-cli --cluster` as operators use it: what it does to a cluster without keys on the way.
//!
//! Skipped, saying so, where there is no redis-cli (`TSUBAME_REDIS_CLI` names one that is not in the
//! path).

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::cluster::{call, node, text, wait_for};
use crate::support::Server;

/// The tool; `None` where it is not installed.
struct Manager {
    program: std::ffi::OsString,
}

impl Manager {
    fn find() -> Option<Manager> {
        let program = std::env::var_os("TSUBAME_REDIS_CLI").unwrap_or_else(|| "redis-cli".into());
        let found = Command::new(&program).arg("--version").stdout(Stdio::null()).status();
        if found.is_err() {
            println!("skipped: redis-cli is not installed");
        }
        found.ok().map(|_| Manager { program })
    }

    /// Runs `redis-cli --cluster …`, which has to succeed, and answers what it printed.
    #[track_caller]
    fn run(&self, words: &[&str]) -> String {
        let mut child = Command::new(&self.program)
            .arg("--cluster")
            .args(words)
            .arg("--cluster-yes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was found");
        // Some questions it asks whatever the options.
        let mut input = child.stdin.take().expect("it is piped");
        let _ = input.write_all(b"yes\nyes\n");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {text}\n{errors}");
        text
    }
}

fn address(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port)
}

/// What the nodes know of each other comes to be the same, as the tool expects.
fn settled(nodes: &[&Server]) {
    let owners = |node: &&Server| {
        let mut lines: Vec<String> = (text(node, "CLUSTER NODES").lines())
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                format!("{} {} {}", words[0], words[6], words[8..].join(" "))
            })
            .collect();
        lines.sort();
        lines
    };
    wait_for("all nodes agree", nodes, || {
        let first = owners(&nodes[0]);
        first.len() == nodes.len() && nodes.iter().all(|node| owners(node) == first)
    });
}

#[test]
fn a_cluster_is_made_grown_mended_and_shrunk() {
    let Some(manager) = Manager::find() else { return };
    let nodes = [node(), node(), node()];
    let [first, second, third] = &nodes;
    let made = manager.run(&["create", &address(first), &address(second), &address(third)]);
    assert!(made.contains("[OK] All 16384 slots covered."), "{made}");
    settled(&[first, second, third]);
    let at = address(first);
    let checked = manager.run(&["check", &at]);
    assert!(checked.contains("[OK] All nodes agree about slots configuration."), "{checked}");
    let info = manager.run(&["info", &at]);
    assert!(info.contains("[OK] 0 keys in 3 masters."), "{info}");
    assert_eq!(manager.run(&["call", &at, "PING"]).matches("PONG").count(), 3);

    // An import and a migration that were left open are closed.
    let ids: Vec<String> = nodes.iter().map(|node| text(node, "CLUSTER MYID")).collect();
    assert_eq!(call(first, &format!("CLUSTER SETSLOT 5 MIGRATING {}", ids[1])), "+OK");
    assert_eq!(call(second, &format!("CLUSTER SETSLOT 5 IMPORTING {}", ids[0])), "+OK");
    assert_eq!(call(third, &format!("CLUSTER SETSLOT 7 IMPORTING {}", ids[0])), "+OK");
    let fixed = manager.run(&["fix", &at]);
    assert!(fixed.contains("[OK] All 16384 slots covered."), "{fixed}");
    settled(&[first, second, third]);
    assert!(!manager.run(&["check", &at]).contains("[WARNING]"));
    // Slots that nobody serves are given to somebody.
    assert_eq!(call(first, "CLUSTER DELSLOTS 0 1 2"), "+OK");
    assert_eq!(call(second, "CLUSTER DELSLOTS 0 1 2"), "+OK");
    assert_eq!(call(third, "CLUSTER DELSLOTS 0 1 2"), "+OK");
    let fixed = manager.run(&["fix", &at]);
    assert!(fixed.contains("Covering slot 2 with"), "{fixed}");
    settled(&[first, second, third]);
    assert!(manager.run(&["check", &at]).contains("[OK] All 16384 slots covered."));

    let fourth = node();
    let added = manager.run(&["add-node", &address(&fourth), &at]);
    assert!(added.contains("[OK] New node added correctly."), "{added}");
    let all = [first, second, third, &fourth];
    settled(&all);
    let (from, to) = (ids[1].as_str(), text(&fourth, "CLUSTER MYID"));
    let reshard = |from: &str, to: &str| {
        let options = ["--cluster-from", from, "--cluster-to", to, "--cluster-slots", "20"];
        manager.run(&[&["reshard", &at][..], &options].concat());
    };
    reshard(from, &to);
    settled(&all);
    let slots_of_fourth = |node: &Server| {
        let nodes = text(node, "CLUSTER NODES");
        let line = nodes.lines().find(|line| line.starts_with(&to)).unwrap_or_default();
        line.split(' ').skip(8).map(str::to_owned).collect::<Vec<_>>()
    };
    for node in all {
        let ranges = slots_of_fourth(node);
        let count = |range: &String| {
            let (low, high) = range.split_once('-').unwrap_or((range, range));
            let slot = |text: &str| text.parse::<u16>().expect("a slot");
            slot(high) - slot(low) + 1
        };
        assert_eq!(ranges.iter().map(count).sum::<u16>(), 20, "{ranges:?}");
    }
    reshard(&to, from);
    settled(&all);
    assert!(slots_of_fourth(first).is_empty());
    manager.run(&["del-node", &at, &to]);
    wait_for("the others forget it", &[first, second, third], || {
        [first, second, third].iter().all(|node| !text(node, "CLUSTER NODES").contains(&to))
    });
    assert!(manager.run(&["check", &at]).contains("[OK] All 16384 slots covered."));
}
