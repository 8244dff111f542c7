//! INFO: what the server tells of itself, in sections.

mod commands;
mod memory;
mod sections;
mod stats;

use std::fmt::{Display, Write as _};

use super::KeyCount;
use crate::commands::{Acl, Arg, Arity, CommandResult, CommandSpec, Flags, Group, Run};
use crate::dispatch::Flow;
use crate::protocol::Args;
use crate::server::Server;

static INFO: CommandSpec = CommandSpec {
    name: "info",
    summary: "Reports on the server, section by section.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::AtLeast(1),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::DANGEROUS,
    args: &[Arg::string("section").optional().multiple()],
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    history: &[("7.0.0", "Takes several sections.")],
    run: Run::Flow(info),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&INFO];

/// A section: its name, whether it is shown when none is asked for, and what writes it.
struct Section {
    name: &'static str,
    is_default: bool,
    write: fn(&mut Page<'_>),
}

const fn section(name: &'static str, is_default: bool, write: fn(&mut Page<'_>)) -> Section {
    Section { name, is_default, write }
}

/// In the order in which they are shown.
static SECTIONS: &[Section] = &[
    section("server", true, sections::server),
    section("tls", false, sections::tls),
    section("clients", true, sections::clients),
    section("memory", true, memory::memory),
    section("persistence", true, sections::persistence),
    section("threads", false, sections::threads),
    section("stats", true, stats::stats),
    section("replication", true, sections::replication),
    section("cpu", true, sections::cpu),
    section("modules", true, sections::modules),
    section("commandstats", false, commands::commandstats),
    section("errorstats", true, commands::errorstats),
    section("latencystats", false, commands::latencystats),
    section("cluster", true, sections::cluster),
    section("cluster_info", false, sections::cluster_info),
    section("scriptingengines", false, sections::scripting_engines),
    section("keyspace", true, sections::keyspace),
    section("debug", false, stats::debug),
];

/// Shown only to those who ask for it by name.
const HIDDEN: &str = "debug";

/// What is written, and what it is written from.
struct Page<'a> {
    server: &'a Server,
    /// By database; empty unless the keyspace section is asked for.
    keys: &'a [KeyCount],
    /// Keys that clients wait for; 0 unless the section about clients is asked for.
    blocking_keys: usize,
    now_ms: u64,
    text: String,
}

impl Page<'_> {
    /// The line that begins a section.
    fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push_str("\r\n");
        }
        // Writing to a string does not fail, here and below.
        let _ = write!(self.text, "# {title}\r\n");
    }

    fn line(&mut self, name: impl Display, value: impl Display) {
        let _ = write!(self.text, "{name}:{value}\r\n");
    }
}

/// Which sections the arguments ask for.
fn chosen(args: &Args<'_>) -> impl Fn(&Section) -> bool {
    let words: Vec<Vec<u8>> = args.from(1).iter().map(<[u8]>::to_ascii_lowercase).collect();
    let has = move |name: &str| words.iter().any(|word| word == name.as_bytes());
    let everything = has("all") || has("everything");
    let default = args.len() == 1 || has("default");
    move |section| {
        everything && section.name != HIDDEN || default && section.is_default || has(section.name)
    }
}

fn info(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let is_chosen = chosen(args);
    let wants = |name| SECTIONS.iter().any(|section| section.name == name && is_chosen(section));
    let (wants_keys, wants_clients) = (wants("keyspace"), wants("clients"));
    let databases = flow.core.server.store.databases();
    let keys = if wants_keys { super::key_counts(flow, 0..databases)? } else { Vec::new() };
    let blocking_keys = if wants_clients { super::blocking_keys(flow)? } else { 0 };
    let server = flow.core.server.clone();
    let now_ms = flow.core.now_ms;
    let mut page =
        Page { server: &server, keys: &keys, blocking_keys, now_ms, text: String::new() };
    for section in SECTIONS.iter().filter(|section| is_chosen(section)) {
        (section.write)(&mut page);
    }
    let text = std::mem::take(&mut page.text);
    flow.reply().verbatim("txt", text.as_bytes());
    Ok(())
}
