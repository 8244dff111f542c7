//! Every declaration of a command says what Valkey 9.1 says of that command.

use std::collections::{BTreeMap, BTreeSet};

use tsubame::commands::{Command, CommandTable};

/// One line of the table of facts, by column.
type Facts = BTreeMap<&'static str, &'static str>;

/// Commands that Valkey does not have, with the server that has them.
const ELSEWHERE: [(&str, &str); 0] = [];

fn facts() -> BTreeMap<String, Facts> {
    let mut lines = include_str!("data/commands-valkey-9.1.2.tsv").lines();
    let columns: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    lines
        .map(|line| {
            let facts: Facts = columns.iter().copied().zip(line.split('\t')).collect();
            (facts["name"].to_ascii_lowercase().replace(' ', "|"), facts)
        })
        .collect()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split([',', ';']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    names.map(str::to_owned).collect()
}

/// What differs between a declaration and the facts.
fn differences(command: &Command, facts: &Facts) -> Vec<String> {
    let spec = command.spec;
    let mut found = Vec::new();
    let mut check = |column: &str, ours: String| {
        if ours != facts[column] {
            found.push(format!("{column}: {ours:?}, not {:?}", facts[column]));
        }
    };
    let (first, last, step) = spec.key_range();
    check("arity", spec.arity.number().to_string());
    check("first_key", first.to_string());
    check("last_key", last.to_string());
    check("key_step", step.to_string());
    check("since", spec.since.to_owned());
    check("group", spec.group.name().to_owned());
    check("complexity", spec.complexity.to_owned());
    let mut check_set = |column: &str, ours: BTreeSet<String>| {
        if ours != words(facts[column]) {
            found.push(format!("{column}: {ours:?}, not {:?}", words(facts[column])));
        }
    };
    check_set("flags", names(command.flags.names()));
    let categories = spec.acl_categories().names().map(|name| format!("@{name}"));
    check_set("acl_categories", categories.collect());
    check_set("command_tips", names(spec.tips.iter().copied()));
    found
}

#[test]
fn declarations_agree_with_valkey() {
    let facts = facts();
    let mut wrong = Vec::new();
    for command in CommandTable::get().all() {
        match facts.get(&command.full_name) {
            Some(facts) => {
                for difference in differences(command, facts) {
                    wrong.push(format!("{}: {difference}", command.full_name));
                }
            }
            None if ELSEWHERE.iter().any(|(name, _)| *name == command.full_name) => {}
            None => wrong.push(format!("{} is no command of Valkey", command.full_name)),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_declaration_is_documented() {
    for command in CommandTable::get().all() {
        let summary = command.spec.summary;
        assert!(summary.ends_with('.'), "{}: {summary:?}", command.full_name);
    }
}
