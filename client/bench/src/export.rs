//! The result for machines.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::load::{Outcome, Shared};
use crate::options::Options;
use crate::record::{Besides, Latencies, Point};

/// Writes the files that were asked for.
pub(crate) fn write(options: &Options, shared: &Shared, outcome: &Outcome) -> Result<(), Failure> {
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&json_of(options, shared, outcome))?;
        put(path, &(text + "\n"))?;
    }
    if let Some(path) = &options.csv {
        put(path, &csv(shared, &outcome.series))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        return Ok(std::io::stdout().write_all(text.as_bytes())?);
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn json_of(options: &Options, shared: &Shared, outcome: &Outcome) -> Value {
    let total = &outcome.total;
    let seconds = outcome.wall.as_secs_f64();
    let commands = shared.plan.mix.templates.iter().enumerate().map(|(at, template)| {
        let mut of = latencies(&total.commands[at], seconds);
        of["command"] = json!(template.text);
        of["weight"] = json!(template.weight);
        of["failed"] = json!(total.failed[at]);
        of
    });
    let mut all = latencies(&total.all(), seconds);
    all["failed"] = json!(total.failures());
    let errors: Map<String, Value> = total
        .errors
        .iter()
        .map(|(kind, (count, first))| (kind.clone(), json!({ "count": count, "first": first })))
        .collect();
    json!({
        "seed": shared.plan.seed,
        "seconds": seconds,
        "cpu_seconds": outcome.cpu.as_secs_f64(),
        "loop": if options.rate.is_some() { "open" } else { "closed" },
        "rate": options.rate,
        "tasks": options.rate.is_none().then_some(options.tasks),
        "batch": options.batch,
        "connections_per_node": options.connections,
        "keys": options.keys,
        "commands": commands.collect::<Vec<_>>(),
        "all": all,
        "errors": errors,
        "unsent": outcome.unsent,
        "sent_late_ms": options.rate.is_some().then(|| quantiles(&total.late)),
        "besides": besides(&outcome.besides),
        "topology_requests_before": outcome.boot_requests,
        "shards": shards(shared).into_iter().zip(&total.shards)
            .map(|(addr, count)| json!({ "primary": addr, "count": count })).collect::<Vec<_>>(),
        "series": outcome.series.iter().map(point).collect::<Vec<_>>(),
    })
}

/// The primaries' addresses, if commands are counted by shard.
fn shards(shared: &Shared) -> Vec<String> {
    let Some(topology) = shared.shards() else { return Vec::new() };
    let addr = |primary: usize| topology.nodes()[primary].addr.to_string();
    topology.shards().iter().map(|shard| addr(shard.primary)).collect()
}

fn ms(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

const QUANTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

fn quantiles(of: &Latencies) -> Value {
    let mut map = Map::new();
    map.insert("mean".into(), json!(of.mean() / 1e6));
    for (name, quantile) in QUANTILES {
        map.insert(name.into(), json!(ms(of.value_at_quantile(quantile))));
    }
    map.insert("max".into(), json!(ms(of.max())));
    Value::Object(map)
}

fn latencies(of: &Latencies, seconds: f64) -> Value {
    json!({ "count": of.len(), "per_second": of.len() as f64 / seconds, "ms": quantiles(of) })
}

fn besides(of: &Besides) -> Value {
    let rows = of.rows().into_iter();
    Value::Object(rows.map(|(name, _, count)| (name.to_owned(), json!(count))).collect())
}

fn point(of: &Point) -> Value {
    json!({
        "at": of.at.as_secs_f64(),
        "seconds": of.length.as_secs_f64(),
        "count": of.count,
        "failed": of.failures,
        "ms": quantiles(&of.latencies),
        "shards": of.shards,
        "besides": besides(&of.besides),
    })
}

fn csv(shared: &Shared, series: &[Point]) -> String {
    let mut names: Vec<String> =
        ["at_s", "per_second", "failed", "mean_ms"].map(str::to_owned).into();
    names.extend(QUANTILES.map(|(name, _)| format!("{name}_ms")));
    names.push("max_ms".to_owned());
    names.extend(Besides::default().rows().into_iter().map(|(name, ..)| name.to_owned()));
    names.extend(shards(shared).into_iter().map(|addr| format!("per_second@{addr}")));
    let mut text = names.join(",") + "\n";
    for point in series {
        let seconds = point.length.as_secs_f64();
        let rate = |count: u64| format!("{:.0}", count as f64 / seconds);
        let mut row = vec![format!("{:.3}", point.at.as_secs_f64()), rate(point.count)];
        row.push(point.failures.to_string());
        row.push(format!("{:.3}", point.latencies.mean() / 1e6));
        let at = |quantile| format!("{:.3}", ms(point.latencies.value_at_quantile(quantile)));
        row.extend(QUANTILES.map(|(_, quantile)| at(quantile)));
        row.push(format!("{:.3}", ms(point.latencies.max())));
        row.extend(point.besides.rows().into_iter().map(|(.., count)| count.to_string()));
        row.extend(point.shards.iter().map(|count| rate(*count)));
        text += &(row.join(",") + "\n");
    }
    text
}
