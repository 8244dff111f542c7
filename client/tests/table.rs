//! Writes out `src/table/generated.rs` from `data/commands.tsv`, and keeps the two equal.
//!
//! After a change of the facts: `TSUBAME_BLESS=1 cargo test -p tsubame-client --test table`.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fmt::Write as _;
use std::path::Path;

/// Key positions of the commands whose facts only say that the keys move.
const MOVABLE: &[(&str, &str)] = &[
    ("BLMPOP", "counted(2, 1, 0)"),
    ("BZMPOP", "counted(2, 1, 0)"),
    ("EVAL", "counted(2, 1, 0)"),
    ("EVALSHA", "counted(2, 1, 0)"),
    ("EVALSHA_RO", "counted(2, 1, 0)"),
    ("EVAL_RO", "counted(2, 1, 0)"),
    ("FCALL", "counted(2, 1, 0)"),
    ("FCALL_RO", "counted(2, 1, 0)"),
    ("LMPOP", "counted(1, 1, 0)"),
    ("MSETEX", "counted(1, 2, 0)"),
    ("SINTERCARD", "counted(1, 1, 0)"),
    ("XREAD", "KeySpec::Streams"),
    ("XREADGROUP", "KeySpec::Streams"),
    ("ZDIFF", "counted(1, 1, 0)"),
    ("ZDIFFSTORE", "counted(2, 1, 1)"),
    ("ZINTER", "counted(1, 1, 0)"),
    ("ZINTERCARD", "counted(1, 1, 0)"),
    ("ZINTERSTORE", "counted(2, 1, 1)"),
    ("ZMPOP", "counted(1, 1, 0)"),
    ("ZUNION", "counted(1, 1, 0)"),
    ("ZUNIONSTORE", "counted(2, 1, 1)"),
];

/// Commands that change the state of their connection or answer out of order.
const CONNECTION: &[&str] = &[
    "ASKING",
    "AUTH",
    "CLIENT CACHING",
    "CLIENT CAPA",
    "CLIENT IMPORT-SOURCE",
    "CLIENT NO-EVICT",
    "CLIENT NO-TOUCH",
    "CLIENT REPLY",
    "CLIENT TRACKING",
    "DISCARD",
    "EXEC",
    "HELLO",
    "MONITOR",
    "MULTI",
    "PSUBSCRIBE",
    "PSYNC",
    "PUNSUBSCRIBE",
    "QUIT",
    "READONLY",
    "READWRITE",
    "REPLCONF",
    "RESET",
    "SELECT",
    "SSUBSCRIBE",
    "SUBSCRIBE",
    "SUNSUBSCRIBE",
    "SYNC",
    "UNSUBSCRIBE",
    "UNWATCH",
    "WATCH",
];

/// Writes that leave the same data and give a usable reply when they are executed twice in a row.
/// SET is not here: between the two executions another client may have written, and with NX, GET or
/// IFEQ the second answer differs.
const IDEMPOTENT: &[&str] = &["PING", "ECHO", "TIME", "SCRIPT LOAD", "SCRIPT EXISTS", "PUBSUB"];

fn generate(facts: &str) -> String {
    let mut rows: Vec<Vec<&str>> =
        facts.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    rows.sort_by_key(|row| row[0].as_bytes());
    let mut out = String::from(
        "//! Written out by `tests/table.rs` from `data/commands.tsv`; do not edit.\n\n\
         use super::{CommandInfo, Flags, KeySpec, RequestPolicy, ResponsePolicy};\n\n\
         const fn range(first: u8, last: i8, step: u8) -> KeySpec {\n    \
         KeySpec::Range { first, last, step }\n}\n\n\
         const fn counted(count: u8, step: u8, fixed: u8) -> KeySpec {\n    \
         KeySpec::Counted { count, step, fixed }\n}\n\n\
         /// A constant for each command, named as it is.\n\
         #[rustfmt::skip]\n#[allow(dead_code, reason = \"the table is whole, the typed commands are not yet\")]\n\
         pub(crate) mod commands {\n    use super::*;\n\n",
    );
    for row in &rows {
        let [name, arity, flags, first, last, step, policies] = row[..] else {
            panic!("{row:?}");
        };
        let keys = match MOVABLE.iter().find(|(movable, _)| *movable == name) {
            Some((_, keys)) => (*keys).to_owned(),
            None if first == "0" => "KeySpec::None".to_owned(),
            None => format!("range({first}, {last}, {step})"),
        };
        let mut set = String::from("Flags::NONE");
        for (flag, constant) in
            [("readonly", "READONLY"), ("write", "WRITE"), ("blocking", "BLOCKING")]
        {
            if flags.split(',').any(|f| f == flag) {
                write!(set, ".or(Flags::{constant})").unwrap();
            }
        }
        if CONNECTION.contains(&name) {
            set.push_str(".or(Flags::CONNECTION)");
        }
        if IDEMPOTENT.contains(&name) || name.starts_with("PUBSUB ") || name.starts_with("OBJECT ")
        {
            set.push_str(".or(Flags::IDEMPOTENT)");
        }
        let policy = |kind: &str| policies.split(';').find_map(|p| p.strip_prefix(kind));
        let request = match policy("request_policy:") {
            None => "One",
            Some("all_shards") => "AllShards",
            Some("all_nodes") => "AllNodes",
            Some("multi_shard") => "MultiShard",
            Some("special") => "Special",
            other => panic!("{other:?}"),
        };
        let response = match policy("response_policy:") {
            None => "Default",
            Some("all_succeeded") => "AllSucceeded",
            Some("one_succeeded") => "OneSucceeded",
            Some("agg_sum") => "Sum",
            Some("agg_min") => "Min",
            Some("agg_logical_and") => "LogicalAnd",
            Some("special") => "Special",
            other => panic!("{other:?}"),
        };
        let words: Vec<&str> = name.split(' ').collect();
        let encoded: String =
            words.iter().map(|word| format!("${}\\r\\n{word}\\r\\n", word.len())).collect();
        let ident = name.replace([' ', '-', '|'], "_");
        writeln!(
            out,
            "    pub(crate) static {ident}: CommandInfo = CommandInfo {{ name: \"{name}\", encoded: b\"{encoded}\", \
             words: {}, arity: {arity}, keys: {keys}, flags: {set}, request: RequestPolicy::{request}, \
             response: ResponsePolicy::{response} }};",
            words.len()
        )
        .unwrap();
    }
    out.push_str("}\n\n/// All commands, sorted by name.\n#[rustfmt::skip]\npub(super) static TABLE: &[&CommandInfo] = &[\n");
    for row in &rows {
        writeln!(out, "    &commands::{},", row[0].replace([' ', '-', '|'], "_")).unwrap();
    }
    out.push_str("];\n");
    out
}

#[test]
fn the_checked_in_table_is_what_the_facts_give() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facts = std::fs::read_to_string(root.join("data/commands.tsv")).unwrap();
    let path = root.join("src/table/generated.rs");
    let text = generate(&facts);
    if std::env::var_os("TSUBAME_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text,
        "src/table/generated.rs is not what data/commands.tsv gives; run this test with TSUBAME_BLESS=1"
    );
}
