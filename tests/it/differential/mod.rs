//! One random script to two servers, and their replies, events and counts compared.
//!
//! The candidate is the server under test, the reference is named by `TSUBAME_REFERENCE` (Valkey 9.1).
//! `TSUBAME_DIFF_STEPS` is the number of commands, `TSUBAME_DIFF_SEED` the first seed (a number, or `random`),
//! `TSUBAME_DIFF_FAILURES` how many different commands may fail before the run stops. A failing case
//! is shrunk to the few commands that still show the difference.

mod compare;
mod generate;
mod observe;
mod shrink;
mod templates;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::generate::{Case, Command, Generator, Known};
use self::observe::Observer;
use self::templates::Rule;
use crate::support::{Client, Reply, Server, encode};

const CASE_COMMANDS: usize = 150;
/// Requests in flight: far fewer bytes than the socket buffers hold, so neither side waits for the other.
const CHUNK_COMMANDS: usize = 40;
/// Valkey looks at timeouts as often as its timer fires: at 10 Hz every BLPOP of the run would take 100 ms.
const OPTIONS: &[&str] =
    &["--hz", "500", "--enable-debug-command", "yes", "--notify-keyspace-events", "EAmn"];
const STEPS_DEFAULT: usize = 100_000;
const SHRINK_FOR: Duration = Duration::from_secs(6);

/// Commands of the table that this server does not have yet; each leaves this list when it lands.
const LATER: &[&str] = &[
    "DUMP",
    "RESTORE",
    "MIGRATE",
    "SORT",
    "SORT_RO",
    "FCALL",
    "FCALL_RO",
    "FUNCTION",
    "WAIT",
    "WAITAOF",
    "CLIENT TRACKING",
    "CLIENT CACHING",
    "CLIENT IMPORT-SOURCE",
    "CLIENT CAPA",
    "CLIENT TRACKINGINFO",
    "CLIENT GETREDIR",
    "SCRIPT DEBUG",
];
/// Containers that lack one of those subcommands, so that what COMMAND tells of them differs.
const PARTIAL: &[&str] = &["CLIENT", "SCRIPT"];
const GROUPS: &[&str] = &[
    "string",
    "generic",
    "list",
    "hash",
    "set",
    "sorted-set",
    "sorted_set",
    "transactions",
    "scripting",
    "connection",
    "pubsub",
];

fn known() -> Vec<Known> {
    let table = include_str!("../../data/commands-valkey-9.1.2.tsv");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let (name, arity, group) = (columns[0], columns[2], columns[9]);
            let later = PARTIAL.contains(&name)
                || LATER
                    .iter()
                    .any(|later| name == *later || name.starts_with(&format!("{later} ")));
            let arity = arity.parse().expect("the table has an arity in every row");
            (GROUPS.contains(&group) && !later).then(|| Known { name: name.to_uppercase(), arity })
        })
        .collect()
}

/// The two servers. One that ended is started again, so that a crash is one mismatch and not the rest of them.
struct Pair {
    reference_binary: PathBuf,
    candidate: Server,
    reference: Server,
}

impl Pair {
    fn start(reference_binary: PathBuf) -> Self {
        let candidate = Server::start(OPTIONS);
        let reference = Server::start_binary(&reference_binary, OPTIONS);
        Pair { reference_binary, candidate, reference }
    }

    fn revive(&mut self) {
        if self.candidate.has_ended() {
            println!("the candidate ended; its log:\n{}", self.candidate.log());
            self.candidate = Server::start(OPTIONS);
        }
        if self.reference.has_ended() {
            self.reference = Server::start_binary(&self.reference_binary, OPTIONS);
        }
    }
}

/// The first command of a case whose replies differ.
#[derive(Debug, Clone)]
struct Mismatch {
    index: usize,
    candidate: String,
    reference: String,
}

/// One connection of a case.
struct Side {
    client: Client,
}

impl Side {
    fn open(port: u16, resp3: bool) -> io::Result<Self> {
        let mut client = Client::connect(port)?;
        client.send(&["FLUSHALL"])?;
        client.read()?;
        client.send(&["SCRIPT", "FLUSH"])?;
        client.read()?;
        if resp3 {
            client.send(&["HELLO", "3"])?;
            client.read()?;
        }
        Ok(Side { client })
    }

    /// Replies to as many requests as the server answered; `Err` in the last place if it stopped.
    fn exchange(&mut self, request: &[u8], count: usize) -> Vec<Result<Reply, String>> {
        let mut replies = Vec::with_capacity(count);
        if let Err(error) = self.client.send_raw(request) {
            return vec![Err(format!("(no reply: {error})"))];
        }
        for _ in 0..count {
            let reply = self.client.read().map_err(|error| format!("(no reply: {error})"));
            let stopped = reply.is_err();
            replies.push(reply);
            if stopped {
                break;
            }
        }
        replies
    }
}

/// Sends a case to both servers; `None` if they agree to its end.
fn run_case(pair: &mut Pair, case: &Case) -> Option<Mismatch> {
    pair.revive();
    let open =
        |port| Side::open(port, case.resp3).map_err(|error| format!("(no connection: {error})"));
    let (mut candidate, mut reference) =
        match (open(pair.candidate.port), open(pair.reference.port)) {
            (Ok(candidate), Ok(reference)) => (candidate, reference),
            (Err(candidate), _) => {
                return Some(Mismatch { index: 0, candidate, reference: String::new() });
            }
            (_, Err(reference)) => {
                return Some(Mismatch { index: 0, candidate: String::new(), reference });
            }
        };
    let observers = Observer::begin(pair.candidate.port)
        .and_then(|ours| Ok((ours, Observer::begin(pair.reference.port)?)));
    let mut queued = Vec::new();
    let mut inside_multi = false;
    for (chunk_number, chunk) in case.commands.chunks(CHUNK_COMMANDS).enumerate() {
        let mut request = Vec::new();
        // Which replies of the chunk tell the encoding for the command after them.
        let mut plan: Vec<Option<usize>> = Vec::new();
        for (offset, command) in chunk.iter().enumerate() {
            let name = command.words[0].to_ascii_uppercase();
            let by_encoding = matches!(command.rule, Rule::MultisetIfTable | Rule::PairsIfTable);
            if by_encoding && !inside_multi && command.words.len() > 1 {
                encode(&mut request, &[b"OBJECT".as_slice(), b"ENCODING", &command.words[1]]);
                plan.push(None);
            }
            encode(&mut request, &command.words);
            plan.push(Some(offset));
            match name.as_slice() {
                b"MULTI" if command.words.len() == 1 => inside_multi = true,
                // With an argument too many it is an error that ends the transaction all the same.
                b"EXEC" => inside_multi = false,
                b"DISCARD" if command.words.len() == 1 => inside_multi = false,
                _ => {}
            }
        }
        let ours = candidate.exchange(&request, plan.len());
        let theirs = reference.exchange(&request, plan.len());
        let mut table_encoded = false;
        for (place, step) in plan.iter().enumerate() {
            let missing = || Err("(the connection was closed before)".to_owned());
            let ours = ours.get(place).cloned().unwrap_or_else(missing);
            let theirs = theirs.get(place).cloned().unwrap_or_else(missing);
            let Some(offset) = step else {
                table_encoded = theirs == Ok(Reply::Bulk(b"hashtable".to_vec()));
                continue;
            };
            let command = &chunk[*offset];
            let rule = rule_now(command.rule, table_encoded, &theirs);
            let same = match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => {
                    agree_after_exec(command, rule, &mut queued, ours, theirs)
                }
                _ => false,
            };
            if !same {
                let show = |reply: &Result<Reply, String>| match reply {
                    Ok(reply) => reply.to_string(),
                    Err(why) => why.clone(),
                };
                let index = chunk_number * CHUNK_COMMANDS + offset;
                return Some(Mismatch { index, candidate: show(&ours), reference: show(&theirs) });
            }
            table_encoded = false;
        }
    }
    let seen = observers.and_then(|(ours, theirs)| Ok((ours.end()?, theirs.end()?)));
    let (ours, theirs) = seen.unwrap_or_else(|error| (vec![error.to_string()], Vec::new()));
    let (candidate, reference) = observe::difference(&ours, &theirs)?;
    Some(Mismatch { index: case.commands.len() - 1, candidate, reference })
}

/// What `…IfTable` means for this reply. Inside MULTI the encoding is not known in time.
fn rule_now(rule: Rule, table_encoded: bool, theirs: &Result<Reply, String>) -> Rule {
    let queued = *theirs == Ok(Reply::Simple(b"QUEUED".to_vec()));
    match rule {
        Rule::MultisetIfTable if table_encoded || queued => Rule::Multiset,
        Rule::PairsIfTable if table_encoded || queued => Rule::Pairs,
        other => other,
    }
}

/// Compares, and for EXEC compares every reply under the rule of the command that was queued.
fn agree_after_exec(
    command: &Command,
    rule: Rule,
    queued: &mut Vec<Rule>,
    ours: &Reply,
    theirs: &Reply,
) -> bool {
    let name = command.words[0].to_ascii_uppercase();
    if *theirs == Reply::Simple(b"QUEUED".to_vec()) {
        queued.push(rule);
        return ours == theirs;
    }
    if name == b"EXEC" || name == b"DISCARD" {
        let rules = std::mem::take(queued);
        if let (Reply::Array(ours), Reply::Array(theirs)) = (ours, theirs)
            && rules.len() == theirs.len()
            && ours.len() == theirs.len()
        {
            return rules
                .iter()
                .zip(ours.iter().zip(theirs))
                .all(|(rule, (a, b))| compare::agree(*rule, a, b));
        }
        return ours == theirs;
    }
    compare::agree(rule, ours, theirs)
}

/// A request as redis-cli would take it.
fn as_line(command: &Command) -> String {
    let quote = |word: &Vec<u8>| {
        let plain = !word.is_empty()
            && word.iter().all(|byte| byte.is_ascii_graphic() && !b"\"'\\".contains(byte));
        let text = if word.len() > 400 { &word[..400] } else { word };
        let cut =
            if word.len() > 400 { format!("...({} bytes)", word.len()) } else { String::new() };
        if plain {
            format!("{}{cut}", String::from_utf8_lossy(text))
        } else {
            format!("\"{}{cut}\"", text.escape_ascii().to_string().replace("\\'", "'"))
        }
    };
    command.words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn number_from(name: &str, default: usize) -> usize {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number")),
        Err(_) => default,
    }
}

#[test]
#[ignore = "needs a reference server in TSUBAME_REFERENCE; scripts/test runs it"]
fn replies_agree_against_reference() {
    let reference =
        std::env::var_os("TSUBAME_REFERENCE").expect("TSUBAME_REFERENCE names a valkey-server");
    let steps = number_from("TSUBAME_DIFF_STEPS", STEPS_DEFAULT);
    let failures_max = number_from("TSUBAME_DIFF_FAILURES", 1);
    let first_seed = match std::env::var("TSUBAME_DIFF_SEED").as_deref() {
        Ok("random") => u64::from(rand::random::<u32>()),
        Ok(text) => text.parse().expect("TSUBAME_DIFF_SEED is a number or `random`"),
        Err(_) => 1,
    };
    let known = known();
    assert!(known.len() > 150, "the table of commands was read");
    let mut pair = Pair::start(PathBuf::from(reference));
    let started = Instant::now();
    let (mut sent, mut seed) = (0, first_seed);
    let mut failures = BTreeSet::new();
    while sent < steps && failures.len() < failures_max {
        let case = Generator::new(seed, &known).case(CASE_COMMANDS);
        if let Some(mismatch) = run_case(&mut pair, &case) {
            report(&mut pair, seed, &case, &mismatch, &mut failures);
        }
        sent += case.commands.len();
        seed += 1;
    }
    println!("{sent} commands from seed {first_seed} in {:.1} s", started.elapsed().as_secs_f64());
    assert!(
        failures.is_empty(),
        "replies differ for: {}",
        failures.into_iter().collect::<Vec<_>>().join(", ")
    );
}

/// Shrinks a failing case and prints it, once per command.
fn report(
    pair: &mut Pair,
    seed: u64,
    case: &Case,
    mismatch: &Mismatch,
    failures: &mut BTreeSet<String>,
) {
    let name = |command: &Command| {
        let first = String::from_utf8_lossy(&command.words[0]).to_uppercase();
        // A script that only forwards counts as what it forwards.
        match (first.as_str(), command.words.get(3)) {
            ("EVAL" | "EVAL_RO", Some(inner)) if command.words[2] == b"0" => {
                format!("{first} of {}", String::from_utf8_lossy(inner).to_uppercase())
            }
            _ => first,
        }
    };
    if failures.contains(&name(&case.commands[mismatch.index])) {
        return;
    }
    let deadline = Instant::now() + SHRINK_FOR;
    let head = Case { resp3: case.resp3, commands: case.commands[..=mismatch.index].to_vec() };
    let small =
        shrink::shrink(head, |case| Instant::now() < deadline && run_case(pair, case).is_some());
    let (shown, mismatch) = match run_case(pair, &small) {
        Some(mismatch) => (&small, mismatch),
        None => (case, mismatch.clone()),
    };
    if !failures.insert(name(&shown.commands[mismatch.index])) {
        return;
    }
    println!("\nseed {seed}, RESP{}:", if case.resp3 { 3 } else { 2 });
    for command in &shown.commands[..=mismatch.index] {
        println!("    {}", as_line(command));
    }
    let cut = |text: &str| text.chars().take(600).collect::<String>();
    println!(
        "  candidate: {}\n  reference: {}",
        cut(&mismatch.candidate),
        cut(&mismatch.reference)
    );
}
