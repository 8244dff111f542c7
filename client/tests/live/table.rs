//! The facts that the command table is written out from, held against what servers declare.

use std::collections::HashMap;
use std::path::Path;

use tsubame_client::{Client, Mode, Value};

use crate::on_both_servers;
use crate::support::Server;

on_both_servers! {
    what_is_known_of_commands_is_what_the_server_declares,
}

/// Flags that the facts leave out do not matter to a client.
const FLAGS: [&str; 6] = ["admin", "blocking", "movablekeys", "pubsub", "readonly", "write"];

async fn what_is_known_of_commands_is_what_the_server_declares(binary: &Path) {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/commands.tsv");
    let facts = std::fs::read_to_string(facts).unwrap();
    let known: HashMap<&str, &str> =
        facts.lines().skip(1).filter_map(|line| Some((line.split('\t').next()?, line))).collect();
    let server = Server::start(binary, &[]);
    let builder = Client::builder().seed(&server.addr()).unwrap().mode(Mode::Standalone);
    let client = builder.connect().await.unwrap();
    // Only here: the library itself never asks for it.
    let declared = client.cmd("COMMAND").await.unwrap();
    let mut entries: Vec<&Value> = declared.as_slice().unwrap().iter().collect();
    let mut count = 0;
    while let Some(entry) = entries.pop() {
        let entry = entry.as_slice().unwrap();
        entries.extend(entry[9].as_slice().unwrap());
        let name = entry[0].as_str().unwrap().replace('|', " ").to_ascii_uppercase();
        let texts = |at: usize| entry[at].as_slice().unwrap().iter().filter_map(Value::as_str);
        let mut flags: Vec<&str> = texts(2).filter(|flag| FLAGS.contains(flag)).collect();
        flags.sort_unstable();
        let tips: Vec<&str> = texts(7).collect();
        let number = |at: usize| entry[at].as_int().unwrap();
        let line = format!(
            "{name}\t{}\t{}\t{}\t{}\t{}\t{}",
            number(1),
            flags.join(","),
            number(3),
            number(4),
            number(5),
            tips.join(";")
        );
        assert_eq!(known.get(name.as_str()), Some(&line.as_str()));
        count += 1;
    }
    assert!(count > 200, "only {count} commands are declared");
}
