//! DEBUG: what tests need to look inside, to hold still and to fill up.

mod digest;
mod keys;
mod protocol;
mod switches;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::commands::{Arity, CommandError, CommandResult, CommandSpec, Flags, Group, Run};
use crate::config::ProtectedAction;
use crate::dispatch::Flow;
use crate::glob;
use crate::protocol::{Args, parse_i64};
use crate::types::list::set_packed_threshold;

static DEBUG: CommandSpec = CommandSpec {
    name: "debug",
    summary: "Groups the commands for testing and finding faults.",
    since: "1.0.0",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    is_system: true,
    run: Run::Flow(debug),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&DEBUG];

/// Switches of parts that this server does not have, or that it never turns on: accepted, because
/// suites set them before what they really test, and without effect.
const WITHOUT_EFFECT: [&str; 8] = [
    "aof-flush-sleep",
    "client-enforce-reply-list",
    "delay-rdb-client-free-second",
    "dict-resizing",
    "hashtable-can-abort-shrink",
    "pause-after-fork",
    "replicate",
    "set-skip-checksum-validation",
];

fn debug(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let allowed: ProtectedAction = flow.core.server.config.enable_debug_command.get();
    if !allowed.allows(super::is_local(flow.client)) {
        return Err(CommandError::err(
            "DEBUG command not allowed. If the enable-debug-command option is set to \"local\", \
             you can run it from a local connection, otherwise you need to set this option in the \
             configuration file, and then restart the server.",
        ));
    }
    let name = args.at(1).to_ascii_lowercase();
    let name = std::str::from_utf8(&name).unwrap_or_default();
    match (name, args.len()) {
        ("help", 2) => help(flow),
        ("sleep", 3) => sleep(flow, args.at(2))?,
        ("error", 3) => {
            let text = String::from_utf8_lossy(args.at(2)).into_owned();
            return Err(CommandError::Line(text));
        }
        ("log", 3) => {
            tracing::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.at(2)));
            flow.reply().ok();
        }
        ("set-active-expire", 3) => {
            flow.core.server.testing.active_expire.store(args.at(2) != b"0", Relaxed);
            flow.reply().ok();
        }
        ("quicklist-packed-threshold", 3) => packed_threshold(flow, args.at(2))?,
        ("stringmatch-len", 4) => stringmatch_len(flow, args)?,
        ("stringmatch-test", 2) => {
            flow.reply().simple("Apparently the server did not crash: test passed");
        }
        ("protocol", 3) => protocol::reply(&mut flow.reply(), args.at(2))?,
        ("object", 3 | 4) => keys::object(flow, args.at(2))?,
        ("listpack", 3) => keys::listpack(flow, args.at(2))?,
        ("sdslen", 3) => keys::sdslen(flow, args.at(2))?,
        ("htstats-key", 3 | 4) => keys::htstats_key(flow, args.at(2))?,
        ("htstats", 3 | 4) => keys::htstats(flow, args.at(2))?,
        ("populate", 3..=5) => keys::populate(flow, args)?,
        ("digest", 2) => digest::all(flow)?,
        ("digest-value", _) => digest::values(flow, args)?,
        (
            "drop-cluster-packet-filter"
            | "close-cluster-link-on-packet-drop"
            | "disable-cluster-random-ping"
            | "disable-cluster-reconnection",
            3,
        ) => set_bus_fault(flow, name, args.at(2)),
        ("clusterlink", 5) if args.is(2, "kill") => break_links(flow, args)?,
        ("set-disable-deny-scripts", 3) => switches::set_disable_deny_scripts(flow, args.at(2)),
        ("pause-cron", 3) => switches::pause_cron(flow, args.at(2)),
        ("replybuffer", 4) => switches::replybuffer(flow, args)?,
        ("mallctl", 3) => switches::mallctl(flow, args.at(2))?,
        ("mallctl-str", 4) if args.is(3, "void") => switches::mallctl_str(flow, args.at(2))?,
        ("panic", 2) => panic!("DEBUG PANIC was called"),
        ("change-repl-id", 2) => flow.reply().ok(),
        ("leak" | "structsize", _) => flow.reply().ok(),
        (name, 3..) if WITHOUT_EFFECT.contains(&name) => flow.reply().ok(),
        _ => {
            return Err(CommandError::text(format!(
                "unknown subcommand or wrong number of arguments for '{}'. Try DEBUG HELP.",
                String::from_utf8_lossy(args.at(1))
            )));
        }
    }
    Ok(())
}

/// DEBUG CLUSTERLINK KILL direction node.
fn break_links(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let Some(cluster) = &flow.core.server.cluster else {
        return Err(CommandError::err(
            "Debug option only available for cluster mode enabled setup!",
        ));
    };
    let (to, from) = match () {
        () if args.is(3, "to") => (true, false),
        () if args.is(3, "from") => (false, true),
        () if args.is(3, "all") => (true, true),
        () => {
            let direction = String::from_utf8_lossy(args.at(3));
            return Err(CommandError::text(format!("Unknown direction {direction}")));
        }
    };
    if !cluster.with(|cluster, _| cluster.break_links(args.at(4), to, from)) {
        let node = String::from_utf8_lossy(args.at(4));
        return Err(CommandError::text(format!("Unknown node {node}")));
    }
    flow.reply().ok();
    Ok(())
}

/// Faults of the cluster bus. Outside of a cluster they are taken and mean nothing; what is not a
/// number is zero.
fn set_bus_fault(flow: &mut Flow<'_>, name: &str, value: &[u8]) {
    let value = parse_i64(value).and_then(|value| i32::try_from(value).ok()).unwrap_or(0);
    if let Some(cluster) = &flow.core.server.cluster {
        cluster.with(|cluster, _| {
            let faults = cluster.faults();
            match name {
                "drop-cluster-packet-filter" => {
                    faults.dropped_kind = Some(value).filter(|kind| *kind != -1);
                }
                "close-cluster-link-on-packet-drop" => faults.close_on_drop = value != 0,
                "disable-cluster-random-ping" => faults.no_random_ping = value != 0,
                _ => faults.no_reconnection = value != 0,
            }
        });
    }
    flow.reply().ok();
}

/// Holds all cores still, as the peers hold still. What is not a number is zero.
fn sleep(flow: &mut Flow<'_>, seconds: &[u8]) -> CommandResult {
    let seconds: f64 =
        std::str::from_utf8(seconds).ok().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    if let Ok(duration) = Duration::try_from_secs_f64(seconds) {
        flow.with_gate(|_, _, _| std::thread::sleep(duration))?;
    }
    flow.reply().ok();
    Ok(())
}

/// The size from which an element gets a node of its own in a list; 0 leaves it to the node limit.
fn packed_threshold(flow: &mut Flow<'_>, size: &[u8]) -> CommandResult {
    match crate::config::parse_memory(size) {
        Some(size) if size < 1 << 32 => {
            set_packed_threshold(size as usize);
            flow.reply().ok();
            Ok(())
        }
        _ => Err(CommandError::err(
            "argument must be a memory value bigger than 1 and smaller than 4gb",
        )),
    }
}

/// Matches a pattern of `*a` many times over against a long text, which must not take long.
fn stringmatch_len(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let matched = glob::matches(args.at(2), args.at(3));
    flow.reply().int(i64::from(matched));
    Ok(())
}

fn help(flow: &mut Flow<'_>) {
    super::help(
        &mut flow.reply(),
        "DEBUG",
        &[
            "CHANGE-REPL-ID",
            "    Takes a new replication id.",
            "CLOSE-CLUSTER-LINK-ON-PACKET-DROP <0|1>",
            "    Whether a dropped packet of the cluster bus ends its link.",
            "CLUSTERLINK KILL <to|from|all> <node-id>",
            "    Breaks connections of the cluster bus to or from a node, which are made anew.",
            "DIGEST",
            "    A hexadecimal signature of the whole dataset.",
            "DIGEST-VALUE <key> [<key> ...]",
            "    Hexadecimal signatures of the values of these keys.",
            "DISABLE-CLUSTER-RANDOM-PING <0|1>",
            "    Leaves out the pings of nodes that were not heard of for long.",
            "DISABLE-CLUSTER-RECONNECTION <0|1>",
            "    Leaves nodes of the cluster alone whose link broke.",
            "DROP-CLUSTER-PACKET-FILTER <packet-type>",
            "    Ignores packets of this type on the cluster bus; -1: none, -2: all.",
            "ERROR <string>",
            "    Answers <string> as an error.",
            "LOG <message>",
            "    Writes <message> to the server's log.",
            "HTSTATS <dbid> [full]",
            "    How the tables of a database are filled.",
            "HTSTATS-KEY <key> [full]",
            "    How the table of a value is filled.",
            "LISTPACK <key>",
            "    The entries of a value in its packed form.",
            "MALLCTL <name>",
            "    A number that the allocator knows by this name.",
            "MALLCTL-STR <name> VOID",
            "    Has the allocator do what it knows by this name.",
            "OBJECT <key> [fast]",
            "    Low level details of a key and its value.",
            "PANIC",
            "    Ends the server as a fault in it would.",
            "PAUSE-CRON <0|1>",
            "    Whether nothing is done by the clock.",
            "POPULATE <count> [<prefix>] [<size>]",
            "    Makes <count> string keys named key:<num>, or <prefix>:<num>.",
            "PROTOCOL <type>",
            "    Answers an example of a type of the protocol: string, integer, double, bignum,",
            "    null, array, set, map, attrib, push, verbatim, true, false.",
            "QUICKLIST-PACKED-THRESHOLD <size>",
            "    Elements of lists of at least <size> bytes get a node of their own; 0: the usual.",
            "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>",
            "    For how long the most that a client's replies took is remembered.",
            "REPLYBUFFER RESIZING <0|1>",
            "    Whether the room for a client's replies follows what they take.",
            "SDSLEN <key>",
            "    Lengths of a key and its string.",
            "SET-ACTIVE-EXPIRE <0|1>",
            "    Whether keys expire without being looked at.",
            "SET-DISABLE-DENY-SCRIPTS <0|1>",
            "    Whether scripts may run the commands that they usually may not.",
            "SLEEP <seconds>",
            "    Holds the server still. Decimals allowed.",
            "STRINGMATCH-LEN <pattern> <string>",
            "    Whether a glob-style pattern matches a string.",
        ],
    );
}
