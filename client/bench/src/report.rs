//! The result for people.

use std::fmt::Write;

use tsubame_client::{Client, Kind};

use crate::load::{Outcome, Plan, Shared};
use crate::options::{Distribution, Options};
use crate::record::Latencies;

const QUANTILES: [f64; 4] = [0.5, 0.95, 0.99, 0.999];

/// What is loaded, and with what.
pub(crate) fn about(options: &Options, plan: &Plan, client: &Client) -> String {
    let topology = client.topology();
    let mut text = match topology.kind() {
        Kind::Standalone => format!("A single server, {}", topology.nodes()[0].addr),
        Kind::Cluster => {
            let (shards, nodes) = (topology.shards().len(), topology.nodes().len());
            let covered = match topology.slots_covered() {
                16_384 => "all slots served".to_owned(),
                n => format!("only {n} of 16384 slots served"),
            };
            format!("A cluster of {shards} shards and {nodes} nodes, {covered}")
        }
    };
    let loop_ = match options.rate {
        Some(rate) => format!("open loop, {} commands a second", grouped(rate as u64)),
        None => format!("closed loop, {} tasks", options.tasks),
    };
    let batches =
        if options.batch > 1 { format!(", batches of {}", options.batch) } else { String::new() };
    let connections = match options.connections {
        1 => "1 connection".to_owned(),
        n => format!("{n} connections"),
    };
    let _ = writeln!(text, "\nLoad: {loop_}{batches}, {connections} to each node");
    let weights: f64 = plan.mix.templates.iter().map(|template| template.weight).sum();
    for template in &plan.mix.templates {
        let _ = writeln!(text, "  {:>5.1} %  {}", 100.0 * template.weight / weights, template.text);
    }
    let distribution = match options.distribution {
        Distribution::Uniform => "uniform".to_owned(),
        Distribution::Zipf => format!("zipf {}", options.zipf_exponent),
        Distribution::Sequential => "one after the other".to_owned(),
    };
    let size = match options.value_size {
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    let keys = grouped(options.keys);
    let _ = write!(text, "{keys} keys, {distribution}; values of {size} bytes; seed {}", plan.seed);
    text
}

/// What came of it.
pub(crate) fn text(options: &Options, shared: &Shared, outcome: &Outcome) -> String {
    let total = &outcome.total;
    let seconds = outcome.wall.as_secs_f64();
    let mut text = String::new();
    let templates = &shared.plan.mix.templates;
    let width = templates.iter().map(|it| it.text.chars().count()).max().unwrap_or(0).clamp(7, 36);
    let _ = writeln!(
        text,
        "\n{:<width$}  per second    mean     p50     p95     p99   p99.9      max ms    failed",
        "command"
    );
    let mut row = |name: &str, latencies: &Latencies, failed: u64| {
        let name: String = name.chars().take(width).collect();
        let rate = grouped((latencies.len() as f64 / seconds).round() as u64);
        let _ = write!(text, "{name:<width$}  {rate:>10}");
        let _ = write!(text, " {:>7}", milliseconds(latencies.mean() as u64));
        for quantile in QUANTILES {
            let _ = write!(text, " {:>7}", milliseconds(latencies.value_at_quantile(quantile)));
        }
        let _ = writeln!(text, " {:>11} {:>9}", milliseconds(latencies.max()), grouped(failed));
    };
    for (at, template) in templates.iter().enumerate().filter(|_| templates.len() > 1) {
        row(&template.text, &total.commands[at], total.failed[at]);
    }
    row("all", &total.all(), total.failures());

    for (kind, (count, first)) in &total.errors {
        let _ = writeln!(text, "failed: {} {kind}, the first with: {first}", grouped(*count));
    }
    if options.rate.is_some() {
        let late = &total.late;
        let _ = writeln!(
            text,
            "sent late by: p50 {}, p99 {}, max {} ms (part of the latencies)",
            milliseconds(late.value_at_quantile(0.5)),
            milliseconds(late.value_at_quantile(0.99)),
            milliseconds(late.max())
        );
    }
    if outcome.unsent > 0 {
        let _ = writeln!(
            text,
            "{} commands were due and never sent: the rate is more than servers or this machine \
             can do",
            grouped(outcome.unsent)
        );
    }

    let commands = total.count() + total.failures();
    let _ = writeln!(text, "\nbesides the commands                    number    per command");
    for (_, name, count) in outcome.besides.rows() {
        let each = count as f64 / commands.max(1) as f64;
        let _ = writeln!(text, "{name:<36} {:>9}       {each:.6}", grouped(count));
    }
    let _ = writeln!(
        text,
        "(before the measurement: {} topology requests)",
        grouped(outcome.boot_requests)
    );

    if let Some(topology) = shared.shards() {
        let _ = writeln!(text, "\nshard                       per second   share");
        let all = total.shards.iter().sum::<u64>().max(1) as f64;
        for (shard, count) in topology.shards().iter().zip(&total.shards) {
            let addr = topology.nodes()[shard.primary].addr.to_string();
            let (rate, share) = (*count as f64 / seconds, 100.0 * *count as f64 / all);
            let _ = writeln!(text, "{addr:<26} {:>11}  {share:>4.1} %", grouped(rate as u64));
        }
    }
    if options.histogram {
        let _ = writeln!(text, "\npercentile         ms     commands");
        let all = total.all();
        for step in all.iter_quantiles(1).filter(|step| step.count_since_last_iteration() > 0) {
            let _ = writeln!(
                text,
                "{:>10.6} {:>10} {:>12}",
                step.quantile_iterated_to() * 100.0,
                milliseconds(step.value_iterated_to()),
                grouped(all.count_between(0, step.value_iterated_to()))
            );
        }
    }
    let cpu = outcome.cpu.as_secs_f64();
    let _ = write!(
        text,
        "\n{} commands in {seconds:.2} s; this process used {cpu:.2} s of CPU time, {} commands a \
         CPU second",
        grouped(commands),
        grouped((commands as f64 / cpu.max(1e-9)) as u64)
    );
    text
}

/// ns as ms, with three digits behind the point or fewer where they say nothing.
pub(crate) fn milliseconds(nanos: u64) -> String {
    let ms = nanos as f64 / 1e6;
    match ms {
        ..100.0 => format!("{ms:.3}"),
        ..10_000.0 => format!("{ms:.1}"),
        _ => format!("{ms:.0}"),
    }
}

/// With a comma at each thousand.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        let ms = [1_234, 99_999_000, 123_456_789, 12_345_678_901].map(milliseconds);
        assert_eq!(ms, ["0.001", "99.999", "123.5", "12346"]);
    }
}
