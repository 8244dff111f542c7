//! The sections of INFO that describe the process and its surroundings.

use std::sync::atomic::Ordering::Relaxed;

use super::Page;
use crate::config::{
    Choice, MaxmemoryPolicy, REDIS_VERSION, Supervised, TSUBAME_VERSION, VALKEY_VERSION,
};
use crate::server::PauseKind;
use crate::session::ClientFlags;
use crate::sys::unix_us;

pub(super) fn server(page: &mut Page<'_>) {
    let server = page.server;
    let config = &server.config;
    let uptime = page.now_ms.saturating_sub(server.started_ms) / 1000;
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let os = [text(uname.sysname()), text(uname.release()), text(uname.machine())].join(" ");
    page.title("Server");
    page.line("redis_version", REDIS_VERSION);
    page.line("server_name", "valkey");
    page.line("valkey_version", VALKEY_VERSION);
    page.line("valkey_release_stage", "ga");
    page.line("tsubame_version", TSUBAME_VERSION);
    page.line("redis_git_sha1", "00000000");
    page.line("redis_git_dirty", 0);
    page.line("redis_build_id", "0");
    let poses_as_redis = config.extended_redis_compatibility.get();
    let mode = if server.is_cluster { "cluster" } else { "standalone" };
    page.line(if poses_as_redis { "redis_mode" } else { "server_mode" }, mode);
    page.line("os", os);
    page.line("arch_bits", usize::BITS);
    page.line("monotonic_clock", "quanta");
    page.line("multiplexing_api", "epoll");
    // Tools expect the field; no C compiler made this.
    page.line("gcc_version", "0.0.0");
    page.line("process_id", std::process::id());
    let supervised = match config.supervised.get() {
        Supervised::Auto => Supervised::No,
        named => named,
    };
    page.line("process_supervised", supervised.word());
    page.line("run_id", &server.run_id);
    page.line("tcp_port", config.port.get());
    page.line("server_time_usec", unix_us());
    page.line("uptime_in_seconds", uptime);
    page.line("uptime_in_days", uptime / 86_400);
    for name in ["hz", "configured_hz", "clients_hz"] {
        page.line(name, config.hz.get());
    }
    // 24 bits of seconds, as entries keep them.
    page.line("lru_clock", (page.now_ms / 1000) & 0xff_ffff);
    let executable = std::env::current_exe().unwrap_or_default();
    page.line("executable", executable.display());
    page.line("config_file", config.file().unwrap_or_default().display());
    page.line("io_threads_active", 0);
    page.line("availability_zone", config.availability_zone.string());
    let mut listener = 0;
    let mut add = |page: &mut Page<'_>, line: String| {
        page.line(format!("listener{listener}"), line);
        listener += 1;
    };
    if config.port.get() != 0 {
        let bind: String = config.bind.get().iter().map(|addr| format!(",bind={addr}")).collect();
        add(page, format!("name=tcp{bind},port={}", config.port.get()));
    }
    if !config.unixsocket.is_empty() {
        add(page, format!("name=unix,bind={}", config.unixsocket.string()));
    }
}

pub(super) fn clients(page: &mut Page<'_>) {
    let server = page.server;
    let clients = server.clients.list();
    let count = |flag| clients.iter().filter(|info| info.flags().has(flag)).count();
    let watched: u32 = clients.iter().map(|info| info.watched.load(Relaxed)).sum();
    let most = |of: fn(&crate::session::ClientInfo) -> u64| {
        clients.iter().map(|info| of(info)).max().unwrap_or(0)
    };
    page.title("Clients");
    page.line("connected_clients", clients.len());
    // A link to and one from each of the others, as the peers count.
    let links = server.cluster.as_ref().map_or(0, |cluster| {
        cluster.with(|cluster, _| 2 * cluster.nodes().count().saturating_sub(1))
    });
    page.line("cluster_connections", links);
    page.line("maxclients", server.config.maxclients.get());
    let input = most(|info| info.query_bytes.load(Relaxed) + info.query_free.load(Relaxed));
    page.line("client_recent_max_input_buffer", input);
    page.line("client_recent_max_output_buffer", most(|info| info.output_bytes.load(Relaxed)));
    let waiting = ClientFlags(ClientFlags::BLOCKED.0 | ClientFlags::POSTPONED.0);
    page.line("blocked_clients", count(waiting));
    page.line("tracking_clients", count(ClientFlags::TRACKING));
    page.line("pubsub_clients", count(ClientFlags::PUBSUB));
    let watching = clients.iter().filter(|info| info.watched.load(Relaxed) > 0).count();
    page.line("watching_clients", watching);
    page.line("clients_in_timeout_table", count(ClientFlags::HAS_DEADLINE));
    page.line("total_watched_keys", watched);
    page.line("total_blocking_keys", page.blocking_keys);
    page.line("total_blocking_keys_on_nokey", 0);
    let until = server.pause.until(page.now_ms);
    let actions = match server.pause.kind(page.now_ms) {
        Some(PauseKind::All) => "all",
        Some(PauseKind::Write) => "write",
        None => "none",
    };
    page.line("paused_reason", if until.is_some() { "client_pause" } else { "none" });
    page.line("paused_actions", actions);
    let left = until.map_or(0, |until| until.saturating_sub(page.now_ms));
    page.line("paused_timeout_milliseconds", left);
}

/// There is no persistence yet: nothing was ever saved, loaded or rewritten.
pub(super) fn persistence(page: &mut Page<'_>) {
    let dirty = page.server.total(|core| core.dirty.get());
    page.title("Persistence");
    for name in ["loading", "async_loading", "current_cow_peak", "current_cow_size"] {
        page.line(name, 0);
    }
    page.line("current_cow_size_age", 0);
    page.line("current_fork_perc", "0.00");
    page.line("current_save_keys_processed", 0);
    page.line("current_save_keys_total", 0);
    page.line("rdb_changes_since_last_save", dirty);
    page.line("rdb_bgsave_in_progress", 0);
    page.line("rdb_last_save_time", page.server.started_ms / 1000);
    page.line("rdb_last_bgsave_status", "ok");
    page.line("rdb_last_bgsave_time_sec", -1);
    page.line("rdb_current_bgsave_time_sec", -1);
    page.line("rdb_saves", 0);
    page.line("rdb_last_cow_size", 0);
    page.line("rdb_last_load_keys_expired", 0);
    page.line("rdb_last_load_keys_loaded", 0);
    page.line("aof_enabled", 0);
    page.line("aof_rewrite_in_progress", 0);
    page.line("aof_rewrite_scheduled", 0);
    page.line("aof_last_rewrite_time_sec", -1);
    page.line("aof_current_rewrite_time_sec", -1);
    page.line("aof_last_bgrewrite_status", "ok");
    page.line("aof_rewrites", 0);
    page.line("aof_rewrites_consecutive_failures", 0);
    page.line("aof_last_write_status", "ok");
    page.line("aof_last_cow_size", 0);
    page.line("module_fork_in_progress", 0);
    page.line("module_fork_last_cow_size", 0);
    page.line("slot_migration_fork_in_progress", 0);
}

/// Ours: what the event loops did, one line each.
pub(super) fn threads(page: &mut Page<'_>) {
    page.title("Threads");
    page.line("threads", page.server.cores());
    for (id, core) in page.server.stats.iter().enumerate() {
        let busy = page.server.clock.delta_as_nanos(0, core.busy_ticks.get()) / 1000;
        let line = format!(
            "connections={},commands={},rounds={},busy_usec={busy},lock_windows={},\
             lock_contended={},put_aside={},gate_closed={}",
            page.server.loads[id].load(Relaxed),
            core.commands_processed.get(),
            core.loops.get(),
            core.lock_windows.get(),
            core.lock_contended.get(),
            core.put_aside.get(),
            core.gate_closed.get(),
        );
        page.line(format!("thread_{id}"), line);
    }
}

/// A primary without replicas.
pub(super) fn replication(page: &mut Page<'_>) {
    page.title("Replication");
    page.line("role", "master");
    page.line("connected_slaves", 0);
    page.line("replicas_waiting_psync", 0);
    page.line("master_failover_state", "no-failover");
    page.line("master_replid", &page.server.run_id);
    page.line("master_replid2", "0".repeat(40));
    page.line("master_repl_offset", 0);
    page.line("second_repl_offset", -1);
    page.line("repl_backlog_active", 0);
    page.line("repl_backlog_size", page.server.config.repl_backlog_size.get());
    page.line("repl_backlog_first_byte_offset", 0);
    page.line("repl_backlog_histlen", 0);
}

pub(super) fn cpu(page: &mut Page<'_>) {
    let (user, system) = cpu_seconds("/proc/self/stat");
    let (main_user, main_system) =
        cpu_seconds(&format!("/proc/self/task/{}/stat", std::process::id()));
    page.title("CPU");
    page.line("used_cpu_sys", format!("{system:.6}"));
    page.line("used_cpu_user", format!("{user:.6}"));
    page.line("used_cpu_sys_children", "0.000000");
    page.line("used_cpu_user_children", "0.000000");
    page.line("used_cpu_sys_main_thread", format!("{main_system:.6}"));
    page.line("used_cpu_user_main_thread", format!("{main_user:.6}"));
    let first = page.server.stats.first().map_or(0, |core| core.busy_ticks.get());
    let active = page.server.clock.delta_as_nanos(0, first) as f64 / 1e9;
    page.line("used_active_time_main_thread", format!("{active:.6}"));
}

/// User and system time from a `stat` file of the kernel.
fn cpu_seconds(path: &str) -> (f64, f64) {
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    // The second field is a name in parentheses, and may hold spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    let mut next = || {
        let ticks: f64 = fields.next().and_then(|n| n.parse().ok()).unwrap_or(0.0);
        ticks / per_second
    };
    (next(), next())
}

pub(super) fn modules(page: &mut Page<'_>) {
    page.title("Modules");
}

pub(super) fn cluster(page: &mut Page<'_>) {
    page.title("Cluster");
    page.line("cluster_enabled", u8::from(page.server.is_cluster));
}

/// What CLUSTER INFO answers; nothing outside of a cluster.
pub(super) fn cluster_info(page: &mut Page<'_>) {
    page.title("Cluster Info");
    if let Some(cluster) = &page.server.cluster {
        page.text.push_str(&crate::commands::cluster::info_text(cluster));
    }
}

/// Lua is the one engine, and always there.
pub(super) fn scripting_engines(page: &mut Page<'_>) {
    let bytes = page.server.scripting.vm_bytes();
    let overhead = size_of::<crate::scripting::Scripting>();
    page.title("Scripting Engines");
    page.line("engines_count", 1);
    page.line("engines_total_used_memory", bytes);
    page.line("engines_total_memory_overhead", overhead);
    let engine = format!(
        "name=LUA,module=built-in,abi_version=4,used_memory={bytes},memory_overhead={overhead}"
    );
    page.line("engine_0", engine);
}

/// No certificate is loaded: this server does not speak TLS.
pub(super) fn tls(page: &mut Page<'_>) {
    page.title("TLS");
    for of in ["server", "client", "ca"] {
        page.line(format!("tls_{of}_cert_serial"), "none");
        page.line(format!("tls_{of}_cert_expires_in_seconds"), 0);
    }
}

pub(super) fn keyspace(page: &mut Page<'_>) {
    page.title("Keyspace");
    let counts = page.keys.iter().enumerate().filter(|(_, count)| count.keys > 0);
    for (db, count) in counts {
        let line = format!(
            "keys={},expires={},avg_ttl={},keys_with_volatile_items={}",
            count.keys,
            count.expires,
            count.average_ttl_ms(page.now_ms),
            count.volatile_hashes
        );
        page.line(format!("db{db}"), line);
    }
}

/// How the policy is called, for the memory section.
pub(super) fn policy_name(policy: MaxmemoryPolicy) -> &'static str {
    policy.word()
}
