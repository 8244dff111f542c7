//! The stats section of INFO: what happened since the start.

use super::Page;
use crate::pubsub::Space;
use crate::stats::{CoreStats, Counter, Measure};

pub(super) fn stats(page: &mut Page<'_>) {
    let server = page.server;
    let total = |of: fn(&CoreStats) -> &Counter| server.total(|core| of(core).get());
    let rate = |measure| server.journal.rates.per_second(measure);
    let kbps = |measure| format!("{:.2}", rate(measure) as f64 / 1024.0);
    let micros = |ticks| server.clock.delta_as_nanos(0, ticks) / 1000;
    page.title("Stats");
    page.line("total_connections_received", total(|s| &s.connections_received));
    page.line("total_commands_processed", total(|s| &s.commands_processed));
    page.line("instantaneous_ops_per_sec", rate(Measure::Commands));
    page.line("total_net_input_bytes", total(|s| &s.net_input_bytes));
    page.line("total_net_output_bytes", total(|s| &s.net_output_bytes));
    zeros(
        page,
        &[
            "total_net_repl_input_bytes",
            "total_net_repl_output_bytes",
            "total_net_cluster_slot_import_bytes",
            "total_net_cluster_slot_export_bytes",
        ],
    );
    page.line("instantaneous_input_kbps", kbps(Measure::InputBytes));
    page.line("instantaneous_output_kbps", kbps(Measure::OutputBytes));
    page.line("instantaneous_input_repl_kbps", "0.00");
    page.line("instantaneous_output_repl_kbps", "0.00");
    page.line("rejected_connections", total(|s| &s.connections_rejected));
    zeros(page, &["sync_full", "sync_partial_ok", "sync_partial_err"]);
    page.line("expired_keys", total(|s| &s.expired_keys));
    page.line("expired_fields", total(|s| &s.expired_fields));
    let percent = |ppm: u64| format!("{:.2}", ppm as f64 / 10_000.0 / server.cores() as f64);
    page.line("expired_stale_perc", percent(total(|s| &s.stale_keys_ppm)));
    let stale_hashes = percent(total(|s| &s.stale_hashes_ppm));
    page.line("expired_keys_with_volatile_items_stale_perc", stale_hashes);
    page.line("expired_time_cap_reached_count", total(|s| &s.expire_capped));
    let expire_ms = micros(total(|s| &s.expire_ticks)) / 1000;
    page.line("expire_cycle_cpu_milliseconds", expire_ms);
    page.line("evicted_keys", total(|s| &s.evicted_keys));
    page.line("evicted_clients", total(|s| &s.evicted_clients));
    page.line("evicted_scripts", server.scripting.cache.stats().evicted_count);
    page.line("total_eviction_exceeded_time", server.overrun.total_ms(page.now_ms));
    page.line("current_eviction_exceeded_time", server.overrun.current_ms(page.now_ms));
    page.line("keyspace_hits", total(|s| &s.keyspace_hits));
    page.line("keyspace_misses", total(|s| &s.keyspace_misses));
    page.line("pubsub_channels", server.pubsub.count(Space::Channel));
    page.line("pubsub_patterns", server.pubsub.count(Space::Pattern));
    page.line("pubsubshard_channels", server.pubsub.count(Space::Shard));
    zeros(
        page,
        &[
            "latest_fork_usec",
            "total_forks",
            "migrate_cached_sockets",
            "slave_expires_tracked_keys",
            "active_defrag_hits",
            "active_defrag_misses",
            "active_defrag_key_hits",
            "active_defrag_key_misses",
            "total_active_defrag_time",
            "current_active_defrag_time",
            "tracking_total_keys",
            "tracking_total_items",
            "tracking_total_prefixes",
            "unexpected_error_replies",
        ],
    );
    page.line("total_error_replies", total(|s| &s.errors));
    page.line("dump_payload_sanitizations", 0);
    page.line("total_reads_processed", total(|s| &s.reads));
    page.line("total_writes_processed", total(|s| &s.writes));
    zeros(
        page,
        &[
            "io_threaded_reads_processed",
            "io_threaded_writes_processed",
            "io_threaded_freed_objects",
            "io_threaded_accept_processed",
            "io_threaded_poll_processed",
            "io_threaded_total_prefetch_batches",
            "io_threaded_total_prefetch_entries",
        ],
    );
    page.line(
        "client_query_buffer_limit_disconnections",
        total(|s| &s.client_query_buffer_limit_disconnections),
    );
    page.line(
        "client_output_buffer_limit_disconnections",
        total(|s| &s.client_output_buffer_limit_disconnections),
    );
    page.line("reply_buffer_shrinks", total(|s| &s.reply_room_shrinks));
    page.line("reply_buffer_expands", total(|s| &s.reply_room_expands));
    page.line("eventloop_cycles", total(|s| &s.loops));
    page.line("eventloop_duration_sum", micros(total(|s| &s.loop_ticks)));
    page.line("eventloop_duration_cmd_sum", micros(total(|s| &s.busy_ticks)));
    // Of one loop, on average: that is what the peers, who have one, are compared with.
    let rounds = rate(Measure::Rounds) / server.cores() as u64;
    page.line("instantaneous_eventloop_cycles_per_sec", rounds);
    let work = rate(Measure::Work) / server.cores() as u64;
    let per_round = work.checked_div(rounds).unwrap_or(0);
    page.line("instantaneous_eventloop_duration_usec", per_round);
    page.line("acl_access_denied_auth", server.users.denied());
    zeros(
        page,
        &[
            "acl_access_denied_cmd",
            "acl_access_denied_key",
            "acl_access_denied_channel",
            "acl_access_denied_tls_cert",
            "acl_access_denied_db",
        ],
    );
}

/// Where the event loops' time went; the largest values of any loop.
pub(super) fn debug(page: &mut Page<'_>) {
    let server = page.server;
    let micros = |ticks| server.clock.delta_as_nanos(0, ticks) / 1000;
    let most = |of: fn(&CoreStats) -> &Counter| {
        server.stats.iter().map(|core| of(core).get()).max().unwrap_or(0)
    };
    page.title("Debug");
    page.line("eventloop_duration_aof_sum", 0);
    let cron = server.total(|core| core.cron_ticks.get());
    page.line("eventloop_duration_cron_sum", micros(cron));
    page.line("eventloop_duration_max", micros(most(|s| &s.loop_ticks_max)));
    page.line("eventloop_cmd_per_cycle_max", most(|s| &s.loop_commands_max));
    zeros(page, &["io_threaded_reads_pending", "io_threaded_writes_pending"]);
}

/// What cannot happen here, or not yet: the server has no part that could count it.
fn zeros(page: &mut Page<'_>, names: &[&str]) {
    for name in names {
        page.line(name, 0);
    }
}
