//! The sections of INFO about commands and errors.

use super::Page;
use crate::config::Percentiles;
use crate::stats::{CommandStats, Distribution};

pub(super) fn commandstats(page: &mut Page<'_>) {
    page.title("Commandstats");
    let server = page.server;
    for command in server.commands.all() {
        let sum = |of: fn(&CommandStats) -> u64| {
            server.stats.iter().map(|core| of(&core.commands[command.id])).sum::<u64>()
        };
        let calls = sum(|stats| stats.calls.get());
        let rejected = sum(|stats| stats.rejected.get());
        let failed = sum(|stats| stats.failed.get());
        if calls + rejected + failed == 0 {
            continue;
        }
        let ticks = sum(|stats| stats.ticks.get());
        let micros = server.clock.delta_as_nanos(0, ticks) / 1000;
        let per_call = if calls == 0 { 0.0 } else { micros as f64 / calls as f64 };
        page.line(
            format!("cmdstat_{}", command.full_name),
            format!(
                "calls={calls},usec={micros},usec_per_call={per_call:.2},\
                 rejected_calls={rejected},failed_calls={failed}"
            ),
        );
    }
}

pub(super) fn errorstats(page: &mut Page<'_>) {
    page.title("Errorstats");
    for (code, count) in page.server.journal.errors.list() {
        // Scripts make codes of what they like.
        let code = code.replace(['#', ':', '\r', '\n'], "_");
        page.line(format!("errorstat_{code}"), format!("count={count}"));
    }
}

pub(super) fn latencystats(page: &mut Page<'_>) {
    page.title("Latencystats");
    let server = page.server;
    let percentiles = server.config.latency_tracking_info_percentiles.get();
    for command in server.commands.all() {
        let cores = server.stats.iter().map(|core| &core.commands[command.id].latency);
        let distribution = Distribution::sum(cores);
        if distribution.total() == 0 || percentiles.is_empty() {
            continue;
        }
        let parts: Vec<String> = percentiles
            .iter()
            .map(|percent| {
                let micros = distribution.percentile(*percent) as f64 / 1000.0;
                format!("p{}={micros:.3}", Percentiles::format(*percent))
            })
            .collect();
        page.line(format!("latency_percentiles_usec_{}", command.full_name), parts.join(","));
    }
}
