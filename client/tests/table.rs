//! Writes out `src/table/generated.rs` from `data/commands.tsv` and the typed commands of
//! `src/commands/` from `data/typed.txt`, and keeps them equal.
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

/// Reads whose answers change without a write of which clients that track their keys are told, though
/// no tip says so: those that tell the time that is left, the state of consumers (a reader of the
/// group changes it) and the memory of the server, and one whose purpose is what it does to the server.
const CHANGING: &[&str] =
    &["HPTTL", "HTTL", "MEMORY USAGE", "TOUCH", "XINFO GROUPS", "XINFO STREAM"];

/// The tip that an answer may differ though nothing was written.
const NONDETERMINISTIC: &str = "nondeterministic_output";

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
        let [name, arity, flags, first, last, step, tips] = row[..] else {
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
        let told = tips.split(';').any(|tip| tip == NONDETERMINISTIC);
        assert!(!told || !CHANGING.contains(&name), "{name}: the tip says it already");
        if told || CHANGING.contains(&name) {
            set.push_str(".or(Flags::CHANGING)");
        }
        let policy = |kind: &str| tips.split(';').find_map(|tip| tip.strip_prefix(kind));
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

/// Commands without a method of their own, and why.
const UNTYPED: &[(&str, &str)] = &[
    ("ACL", "a container"),
    ("ASKING", "sent by redirections"),
    ("AUTH", "the handshake's; see Credentials"),
    ("CLIENT", "a container"),
    ("CLIENT CACHING", "sent by the cache"),
    ("CLIENT CAPA", "changes a shared connection"),
    ("CLIENT IMPORT-SOURCE", "changes a shared connection"),
    ("CLIENT NO-EVICT", "changes a shared connection"),
    ("CLIENT NO-TOUCH", "changes a shared connection"),
    ("CLIENT REPLY", "changes a shared connection"),
    ("CLIENT SETINFO", "the handshake's"),
    ("CLIENT SETNAME", "see ClientBuilder::client_name"),
    ("CLIENT TRACKING", "see ClientBuilder::client_side_cache"),
    ("CLUSTER", "a container"),
    ("CLUSTER SYNCSLOTS", "between servers"),
    ("CLUSTERSCAN", "see Client::scan"),
    ("COMMAND", "never sent: what it tells is compiled in"),
    ("COMMANDLOG", "a container"),
    ("CONFIG", "a container"),
    ("DEBUG", "for tests of servers; use Client::cmd"),
    ("DISCARD", "see Client::watch"),
    ("EXEC", "see Client::atomic"),
    ("FUNCTION", "a container"),
    ("HELLO", "the handshake's"),
    ("LATENCY", "a container"),
    ("MEMORY", "a container"),
    ("MODULE", "a container"),
    ("MONITOR", "answers out of order for ever"),
    ("MULTI", "see Client::atomic"),
    ("OBJECT", "a container"),
    ("PFDEBUG", "for tests of servers"),
    ("PFSELFTEST", "for tests of servers"),
    ("PSUBSCRIBE", "see Client::psubscribe"),
    ("PSYNC", "between servers"),
    ("PUBSUB", "a container"),
    ("PUNSUBSCRIBE", "dropping a Subscription"),
    ("QUIT", "dropping the Client"),
    ("READONLY", "see ReadFrom"),
    ("READWRITE", "see ReadFrom"),
    ("REPLCONF", "between servers"),
    ("RESET", "changes a shared connection"),
    ("RESTORE-ASKING", "between servers"),
    ("SCAN", "see Client::scan"),
    ("SCRIPT", "a container"),
    ("SCRIPT DEBUG", "changes a shared connection"),
    ("SELECT", "see ClientBuilder::database"),
    ("SLOWLOG", "a container"),
    ("SSUBSCRIBE", "see Client::ssubscribe"),
    ("SUBSCRIBE", "see Client::subscribe"),
    ("SUNSUBSCRIBE", "dropping a Subscription"),
    ("SYNC", "between servers"),
    ("UNSUBSCRIBE", "dropping a Subscription"),
    ("UNWATCH", "dropping a Watch"),
    ("WATCH", "see Client::watch"),
    ("XGROUP", "a container"),
    ("XINFO", "a container"),
];

/// A command of `data/typed.txt`.
#[derive(Default)]
struct Typed<'a> {
    /// `GET get(key: key) -> Option<Bytes>`
    declaration: String,
    name: String,
    blocking: bool,
    says: &'a str,
    /// `with_cluster: client`: what starts the example's servers, and what it is given.
    setting: Option<&'a str>,
    example: Vec<&'a str>,
}

/// A module of `data/typed.txt`.
struct Module<'a> {
    name: &'a str,
    about: &'a str,
    commands: Vec<Typed<'a>>,
    options: Vec<&'a str>,
}

fn modules(text: &str) -> Vec<Module<'_>> {
    let mut modules: Vec<Module<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(head) = line.strip_prefix("== ") {
            let (name, about) = head.split_once(": ").unwrap();
            modules.push(Module { name, about, commands: Vec::new(), options: Vec::new() });
            continue;
        }
        let module = modules.last_mut().unwrap();
        if let Some(rust) = line.strip_prefix('|') {
            module.options.push(rust.strip_prefix(' ').unwrap_or(rust));
        } else if let Some(rest) = line.strip_prefix("  ") {
            let command = module.commands.last_mut().unwrap();
            if let Some(code) = rest.strip_prefix("> ") {
                command.example.push(code);
            } else if let Some(setting) = rest.strip_prefix("@ ") {
                command.setting = Some(setting);
            } else {
                command.says = rest;
            }
        } else {
            let (blocking, line) = match line.strip_prefix('!') {
                Some(line) => (true, line),
                None => (false, line),
            };
            let (words, _) = line.split_once('(').unwrap();
            let (name, method) = words.rsplit_once(' ').unwrap();
            let rest = &line[words.len()..];
            let declaration = format!("{} {method}{rest}", name.replace([' ', '-'], "_"));
            let name = name.to_owned();
            module.commands.push(Typed { declaration, name, blocking, ..Typed::default() });
        }
    }
    modules
}

/// The file of a module.
fn write_module(module: &Module<'_>) -> String {
    let mut body = String::new();
    for (blocking, macro_name) in [(false, "commands"), (true, "blocking_commands")] {
        let mut commands = module.commands.iter().filter(|c| c.blocking == blocking).peekable();
        if commands.peek().is_none() {
            continue;
        }
        writeln!(body, "\n{macro_name}! {{").unwrap();
        for command in commands {
            let says = command.says;
            writeln!(body, "    /// `{}`: {says}.\n    ///", command.name).unwrap();
            let setting = command.setting.unwrap_or("with_server: client");
            let (start, given) = setting.split_once(": ").unwrap();
            body.push_str("    /// ```\n");
            writeln!(body, "    /// # tsubame_client_testing::{start}(async |{given}| {{").unwrap();
            command.example.iter().for_each(|code| writeln!(body, "    /// {code}").unwrap());
            writeln!(body, "    /// # Ok(()) }});\n    /// ```\n    {};", command.declaration)
                .unwrap();
        }
        body.push_str("}\n");
    }
    let options = module.options.join("\n");
    let all = format!("{body}{options}");
    let mut out = format!(
        "//! {}\n//!\n//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.\n\n",
        module.about
    );
    let has = |word: &str| all.contains(word);
    let collections: Vec<&str> =
        ["HashMap", "HashSet"].into_iter().filter(|name| has(&format!("{name}<"))).collect();
    match collections[..] {
        [] => {}
        [one] => writeln!(out, "use std::collections::{one};\n").unwrap(),
        _ => writeln!(out, "use std::collections::{{{}}};\n", collections.join(", ")).unwrap(),
    }
    if has("Bytes") {
        out.push_str("use bytes::Bytes;\n\n");
    }
    let (uses, rest): (Vec<&str>, Vec<&str>) =
        module.options.iter().partition(|line| line.starts_with("use "));
    uses.iter().for_each(|line| writeln!(out, "{line}").unwrap());
    let macros: Vec<&str> = ["blocking_commands", "commands", "options"]
        .into_iter()
        .filter(|name| has(&format!("\n{name}! {{")) || options.starts_with(&format!("{name}!")))
        .collect();
    match macros[..] {
        [one] => writeln!(out, "use super::{one};").unwrap(),
        _ => writeln!(out, "use super::{{{}}};", macros.join(", ")).unwrap(),
    }
    let ours: Vec<&str> = [("Command", "Command<"), ("Value", "Value")]
        .into_iter()
        .filter(|(_, used)| has(used))
        .map(|(name, _)| name)
        .collect();
    match ours[..] {
        [] => {}
        [one] => writeln!(out, "use crate::{one};").unwrap(),
        _ => writeln!(out, "use crate::{{{}}};", ours.join(", ")).unwrap(),
    }
    out.push_str(&body);
    let rest = rest.join("\n");
    let rest = rest.trim();
    if !rest.is_empty() {
        write!(out, "\n{rest}\n").unwrap();
    }
    out
}

#[test]
fn the_checked_in_typed_commands_are_what_their_source_gives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("data/typed.txt")).unwrap();
    for module in modules(&text) {
        let path = root.join("src/commands").join(module.name).with_extension("rs");
        let text = write_module(&module);
        if std::env::var_os("TSUBAME_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap_or_default() == text,
            "{} is not what data/typed.txt gives; run this test with TSUBAME_BLESS=1",
            path.display()
        );
    }
}

/// The whole command set is typed, but for what is named with a reason.
#[test]
fn every_command_has_a_method_or_a_reason_to_have_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let typed = std::fs::read_to_string(root.join("data/typed.txt")).unwrap();
    let modules = modules(&typed);
    let has = |name: &str| modules.iter().any(|m| m.commands.iter().any(|c| c.name == name));
    let facts = std::fs::read_to_string(root.join("data/commands.tsv")).unwrap();
    let names: Vec<&str> =
        facts.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    for name in &names {
        let excused = UNTYPED.iter().any(|(other, _)| other == name) || name.ends_with(" HELP");
        assert!(has(name) != excused, "{name}: typed {}, excused {excused}", has(name));
    }
    for name in CHANGING {
        assert!(names.contains(name), "{name} is said to change but does not exist");
    }
    for (name, _) in UNTYPED {
        assert!(names.contains(name), "{name} is excused but does not exist");
    }
    for command in modules.iter().flat_map(|module| &module.commands) {
        assert!(names.contains(&command.name.as_str()), "{} does not exist", command.name);
        assert!(!command.example.is_empty(), "{} has no example", command.name);
    }
}
