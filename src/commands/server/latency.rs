//! LATENCY: events that took long, and how long commands take.

use super::reply::find;
use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::protocol::Args;
use crate::stats::{Distribution, Series};

static LATENCY: CommandSpec = CommandSpec {
    name: "latency",
    summary: "Groups the commands about latency.",
    since: "2.8.13",
    complexity: "Depends on subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[
        &LATENCY_DOCTOR,
        &LATENCY_GRAPH,
        &LATENCY_HELP,
        &LATENCY_HISTOGRAM,
        &LATENCY_HISTORY,
        &LATENCY_LATEST,
        &LATENCY_RESET,
    ],
    ..CommandSpec::DEFAULT
};

static LATENCY_DOCTOR: CommandSpec = CommandSpec {
    name: "doctor",
    summary: "Reports on the latency events in plain words.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    run: Run::Local(doctor),
    ..CommandSpec::DEFAULT
};

static LATENCY_GRAPH: CommandSpec = CommandSpec {
    name: "graph",
    summary: "Draws the history of a latency event.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("event")],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    run: Run::Local(graph),
    ..CommandSpec::DEFAULT
};

static LATENCY_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Explains the subcommands.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    run: Run::Local(help),
    ..CommandSpec::DEFAULT
};

static LATENCY_HISTOGRAM: CommandSpec = CommandSpec {
    name: "histogram",
    summary: "Answers how the durations of commands are distributed.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of commands with latency information being retrieved.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("command").optional().multiple()],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    run: Run::Local(histogram),
    ..CommandSpec::DEFAULT
};

static LATENCY_HISTORY: CommandSpec = CommandSpec {
    name: "history",
    summary: "Answers the samples of a latency event.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("event")],
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    run: Run::Local(history),
    ..CommandSpec::DEFAULT
};

static LATENCY_LATEST: CommandSpec = CommandSpec {
    name: "latest",
    summary: "Answers the newest sample of every latency event.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    run: Run::Local(latest),
    ..CommandSpec::DEFAULT
};

static LATENCY_RESET: CommandSpec = CommandSpec {
    name: "reset",
    summary: "Forgets latency events.",
    since: "2.8.13",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("event").optional().multiple()],
    tips: &["request_policy:all_nodes", "response_policy:agg_sum"],
    run: Run::Local(reset),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&LATENCY];

fn latest(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let events = cx.server.journal.events.list();
    cx.reply.array(events.len());
    for (name, series) in events {
        let last = series.samples.back().copied();
        cx.reply.array(6);
        cx.reply.bulk_str(name);
        cx.reply.int(last.map_or(0, |sample| sample.time as i64));
        cx.reply.int(last.map_or(0, |sample| sample.millis as i64));
        cx.reply.int(series.max as i64);
        cx.reply.int(series.sum as i64);
        cx.reply.int(series.count as i64);
    }
    Ok(())
}

fn history(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let found = cx.server.journal.events.get(args.at(2));
    let samples = found.map(|(_, series)| series.samples).unwrap_or_default();
    cx.reply.array(samples.len());
    for sample in samples {
        cx.reply.array(2);
        cx.reply.int(sample.time as i64);
        cx.reply.int(sample.millis as i64);
    }
    Ok(())
}

fn reset(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let events = &cx.server.journal.events;
    let count = match args.len() {
        2 => events.reset(None),
        _ => args.from(2).iter().map(|name| events.reset(Some(name))).sum(),
    };
    cx.reply.len_int(count);
    Ok(())
}

/// The samples as columns whose height is the duration, the time below.
fn graph(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let Some((name, series)) = cx.server.journal.events.get(args.at(2)) else {
        let name = String::from_utf8_lossy(args.at(2));
        return Err(CommandError::text(format!("No samples available for event '{name}'")));
    };
    let text = draw(name, &series, cx.ks.now_ms / 1000);
    cx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn draw(name: &str, series: &Series, now: u64) -> String {
    const HEIGHT: u64 = 4;
    const MARKS: [char; 4] = [' ', '_', 'o', '#'];
    let values = series.samples.iter().map(|sample| sample.millis);
    let (low, high) = (values.clone().min().unwrap_or(0), values.max().unwrap_or(0));
    let mut text = format!(
        "{name} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        series.max,
        "-".repeat(80)
    );
    // Each row shows the columns that reach it: full, or by a third or two.
    for row in (0..HEIGHT).rev() {
        for sample in &series.samples {
            let thirds = (sample.millis - low) * HEIGHT * 3 / (high - low).max(1);
            let here = thirds.saturating_sub(row * 3).min(3);
            let at_bottom = row == 0 && here == 0;
            text.push(if at_bottom { '_' } else { MARKS[here as usize] });
        }
        text.push('\n');
    }
    let ages: Vec<Vec<char>> =
        series.samples.iter().map(|s| age(now.saturating_sub(s.time)).chars().collect()).collect();
    let longest = ages.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..longest {
        text.push('\n');
        text.extend(ages.iter().map(|age| age.get(row).copied().unwrap_or(' ')));
    }
    text.push('\n');
    text
}

fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn histogram(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let all = cx.server.commands.all();
    let mut wanted: Vec<usize> = Vec::new();
    for name in args.from(2).iter() {
        let Some(command) = find(name) else { continue };
        wanted.push(command.id);
        // A container stands for its subcommands.
        wanted.extend(all.iter().filter(|c| c.parent == Some(command.id)).map(|c| c.id));
    }
    if args.len() == 2 {
        wanted = (0..all.len()).collect();
    }
    let found: Vec<(usize, Distribution)> = wanted
        .into_iter()
        .map(|id| {
            let cores = cx.server.stats.iter().map(|core| &core.commands[id].latency);
            (id, Distribution::sum(cores))
        })
        .filter(|(_, distribution)| distribution.total() > 0)
        .collect();
    cx.reply.map(found.len());
    for (id, distribution) in found {
        cx.reply.bulk_str(&all[id].full_name);
        cx.reply.map(2);
        cx.reply.bulk_str("calls");
        cx.reply.int(distribution.total() as i64);
        cx.reply.bulk_str("histogram_usec");
        let steps = distribution.cumulative();
        cx.reply.map(steps.len());
        for (micros, count) in steps {
            cx.reply.int(micros as i64);
            cx.reply.int(count as i64);
        }
    }
    Ok(())
}

fn doctor(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    let threshold = cx.server.config.latency_monitor_threshold.get();
    let events = cx.server.journal.events.list();
    let text = if threshold == 0 {
        "Events are not being watched: set latency-monitor-threshold to the milliseconds from \
         which they matter to you (CONFIG SET latency-monitor-threshold <milliseconds>).\n"
            .to_owned()
    } else if events.is_empty() {
        format!("No event took {threshold} milliseconds or longer.\n")
    } else {
        let mut text = String::from("These events took long:\n\n");
        for (name, series) in &events {
            let mean = series.sum / series.count.max(1);
            text.push_str(&format!(
                "- {name}: {} times, {mean} ms on average, {} ms at worst.\n",
                series.count, series.max
            ));
        }
        if events.iter().any(|(name, _)| matches!(*name, "command" | "fast-command")) {
            text.push_str("\nSLOWLOG GET shows which commands are slow.\n");
        }
        text
    };
    cx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    super::help(
        &mut cx.reply,
        "LATENCY",
        &[
            "DOCTOR",
            "    A report on the events that took long.",
            "GRAPH <event>",
            "    A drawing of the samples of an event.",
            "HISTORY <event>",
            "    The samples of an event.",
            "LATEST",
            "    The newest sample of every event.",
            "RESET [<event> ...]",
            "    Forgets these events, or all.",
            "HISTOGRAM [COMMAND ...]",
            "    How the durations of these commands are distributed, or of all.",
        ],
    );
    Ok(())
}
