//! The table of directives: name, type, default, bounds and properties of each, alphabetically.
//!
//! Names, defaults, bounds and properties are those of Valkey 9.1.2 (a test asks a live one, where
//! there is one). The field is the name with `_` for `-`. An alias is a second name that CONFIG
//! GET, CONFIG SET and files accept.

use super::cell::{Bool, Enum, Flags, Int, Size, Text};
use super::check;
use super::directive::{
    Bound, Cell, Declaration, Directive, choice, flags, int, memory, memory_or_none,
    memory_or_percent, octal, size, special, text, text_or, yes_no,
};
use super::enums::*;
use super::set::Runtime;
use super::special::{
    Bind, Dir, KeyspaceEventClasses, OomScoreAdjValues, OutputBufferLimits, Percentiles, RdmaBind,
    ReplicaOf, SavePoints,
};

const KB: i64 = 1 << 10;
const MB: i64 = 1 << 20;
const INT_MIN: i64 = i32::MIN as i64;
const INT_MAX: i64 = i32::MAX as i64;
const UINT_MAX: i64 = u32::MAX as i64;

macro_rules! directives {
    ($($field:ident: $cell:ty = $declaration:expr),+ $(,)?) => {
        /// Every directive's value, and what CONFIG SET and CONFIG REWRITE need beside them.
        pub struct Config {
            $(#[doc = concat!("`", stringify!($field), "`, with `-` for `_`")] pub $field: $cell,)+
            pub(super) runtime: Runtime,
        }

        impl std::fmt::Debug for Config {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Config").finish_non_exhaustive()
            }
        }

        impl Default for Config {
            /// What holds where no file and no option says otherwise.
            fn default() -> Self {
                $(let $field: Declaration<$cell> = $declaration;)+
                let config = Self {
                    $($field: <$cell as Cell>::new(&$field.spec),)+
                    runtime: Runtime::default(),
                };
                config.on_change(&["rdma-bind", "rdma-port"], |_| {
                    Err("No RDMA building support.".to_owned())
                });
                config
            }
        }

        /// Every directive, alphabetically.
        pub(super) static DIRECTIVES: &[&dyn Directive] = &[
            $(&Bound::<$cell> { declaration: $declaration, cell: |config| &config.$field },)+
        ];
    };
}

directives! {
    acl_pubsub_default: Enum<AclPubsubDefault> =
        choice("acl-pubsub-default", AclPubsubDefault::ResetChannels),
    aclfile: Text = text_or("aclfile", "").immutable(),
    acllog_max_len: Int = int("acllog-max-len", 128, 0, i64::MAX),
    active_defrag_cycle_max: Int = int("active-defrag-cycle-max", 25, 1, 99),
    active_defrag_cycle_min: Int = int("active-defrag-cycle-min", 1, 1, 99),
    active_defrag_cycle_us: Int = int("active-defrag-cycle-us", 500, 0, 100000),
    active_defrag_ignore_bytes: Int = memory("active-defrag-ignore-bytes", 100 * MB, 1, i64::MAX),
    active_defrag_max_scan_fields: Int = int("active-defrag-max-scan-fields", 1000, 1, i64::MAX),
    active_defrag_threshold_lower: Int = int("active-defrag-threshold-lower", 10, 0, 1000),
    active_defrag_threshold_upper: Int = int("active-defrag-threshold-upper", 100, 0, 1000),
    active_expire_effort: Int = int("active-expire-effort", 1, 1, 10),
    activedefrag: Bool = yes_no("activedefrag", false).check(check::active_defrag),
    activerehashing: Bool = yes_no("activerehashing", true),
    always_show_logo: Bool = yes_no("always-show-logo", false).immutable(),
    aof_disable_auto_gc: Bool = yes_no("aof-disable-auto-gc", false).hidden(),
    aof_load_truncated: Bool = yes_no("aof-load-truncated", true),
    aof_rewrite_cpulist: Text =
        text("aof-rewrite-cpulist").alias("aof_rewrite_cpulist").immutable(),
    aof_rewrite_incremental_fsync: Bool = yes_no("aof-rewrite-incremental-fsync", true),
    aof_timestamp_enabled: Bool = yes_no("aof-timestamp-enabled", false),
    aof_use_rdb_preamble: Bool = yes_no("aof-use-rdb-preamble", true),
    appenddirname: Text =
        text_or("appenddirname", "appendonlydir").immutable().check(check::appenddirname),
    appendfilename: Text =
        text_or("appendfilename", "appendonly.aof").immutable().check(check::appendfilename),
    appendfsync: Enum<AppendFsync> = choice("appendfsync", AppendFsync::EverySec),
    appendonly: Bool = yes_no("appendonly", false).deny_loading(),
    auto_aof_rewrite_min_size: Int = memory("auto-aof-rewrite-min-size", 64 * MB, 0, i64::MAX),
    auto_aof_rewrite_percentage: Int = int("auto-aof-rewrite-percentage", 100, 0, INT_MAX),
    availability_zone: Text = text_or("availability-zone", ""),
    bgsave_cpulist: Text = text("bgsave-cpulist").alias("bgsave_cpulist").immutable(),
    bind: Bind = special("bind").multi(),
    bind_source_addr: Text = text("bind-source-addr"),
    bio_cpulist: Text = text("bio-cpulist").alias("bio_cpulist").immutable(),
    busy_reply_threshold: Int =
        int("busy-reply-threshold", 5000, 0, i64::MAX).alias("lua-time-limit"),
    client_output_buffer_limit: OutputBufferLimits = special("client-output-buffer-limit").multi(),
    client_query_buffer_limit: Int = memory("client-query-buffer-limit", 1024 * MB, MB, i64::MAX),
    cluster_allow_pubsubshard_when_down: Bool = yes_no("cluster-allow-pubsubshard-when-down", true),
    cluster_allow_reads_when_down: Bool = yes_no("cluster-allow-reads-when-down", false),
    cluster_allow_replica_migration: Bool = yes_no("cluster-allow-replica-migration", true),
    cluster_announce_bus_port: Int = int("cluster-announce-bus-port", 0, 0, 65535),
    cluster_announce_client_ipv4: Text = text("cluster-announce-client-ipv4").check(check::ipv4),
    cluster_announce_client_ipv6: Text = text("cluster-announce-client-ipv6").check(check::ipv6),
    cluster_announce_client_port: Int = int("cluster-announce-client-port", 0, 0, 65535),
    cluster_announce_client_tls_port: Int = int("cluster-announce-client-tls-port", 0, 0, 65535),
    cluster_announce_hostname: Text = text("cluster-announce-hostname").check(check::hostname),
    cluster_announce_human_nodename: Text =
        text("cluster-announce-human-nodename").check(check::nodename),
    cluster_announce_ip: Text = text("cluster-announce-ip").check(check::announce_ip),
    cluster_announce_port: Int = int("cluster-announce-port", 0, 0, 65535),
    cluster_announce_tls_port: Int = int("cluster-announce-tls-port", 0, 0, 65535),
    cluster_blacklist_ttl: Int = int("cluster-blacklist-ttl", 60, i64::MIN, i64::MAX),
    cluster_config_file: Text =
        text_or("cluster-config-file", "nodes.conf").immutable().check(check::cluster_config_file),
    cluster_config_save_behavior: Enum<ConfigSaveBehavior> =
        choice("cluster-config-save-behavior", ConfigSaveBehavior::Sync),
    cluster_databases: Int = int("cluster-databases", 1, 1, INT_MAX).immutable(),
    cluster_enabled: Bool = yes_no("cluster-enabled", false).immutable(),
    cluster_link_sendbuf_limit: Size = size("cluster-link-sendbuf-limit", 0),
    cluster_manual_failover_timeout: Int = int("cluster-manual-failover-timeout", 5000, 1, INT_MAX),
    cluster_message_gossip_perc: Int = int("cluster-message-gossip-perc", 10, 1, 100).hidden(),
    cluster_migration_barrier: Int = int("cluster-migration-barrier", 1, 0, INT_MAX),
    cluster_node_timeout: Int = int("cluster-node-timeout", 15000, 0, i64::MAX),
    cluster_ping_interval: Int = int("cluster-ping-interval", 0, 0, i64::MAX).hidden(),
    cluster_port: Int = int("cluster-port", 0, 0, 65535).immutable(),
    cluster_preferred_endpoint_type: Enum<EndpointType> =
        choice("cluster-preferred-endpoint-type", EndpointType::Ip),
    cluster_replica_no_failover: Bool =
        yes_no("cluster-replica-no-failover", false).alias("cluster-slave-no-failover"),
    cluster_replica_validity_factor: Int =
        int("cluster-replica-validity-factor", 10, 0, INT_MAX)
            .alias("cluster-slave-validity-factor"),
    cluster_require_full_coverage: Bool = yes_no("cluster-require-full-coverage", true),
    cluster_slot_migration_log_max_len: Int =
        int("cluster-slot-migration-log-max-len", 1000, 0, i64::MAX),
    cluster_slot_stats_enabled: Bool = yes_no("cluster-slot-stats-enabled", false),
    commandlog_execution_slower_than: Int =
        int("commandlog-execution-slower-than", 10000, -1, i64::MAX)
            .alias("slowlog-log-slower-than"),
    commandlog_large_reply_max_len: Int = int("commandlog-large-reply-max-len", 128, 0, i64::MAX),
    commandlog_large_request_max_len: Int =
        int("commandlog-large-request-max-len", 128, 0, i64::MAX),
    commandlog_reply_larger_than: Int = int("commandlog-reply-larger-than", MB, -1, i64::MAX),
    commandlog_request_larger_than: Int = int("commandlog-request-larger-than", MB, -1, i64::MAX),
    commandlog_slow_execution_max_len: Int =
        int("commandlog-slow-execution-max-len", 128, 0, i64::MAX).alias("slowlog-max-len"),
    crash_log_enabled: Bool = yes_no("crash-log-enabled", true),
    crash_memcheck_enabled: Bool = yes_no("crash-memcheck-enabled", true),
    daemonize: Bool = yes_no("daemonize", false).immutable(),
    databases: Int = int("databases", 16, 1, INT_MAX).immutable(),
    dbfilename: Text = text_or("dbfilename", "dump.rdb").protected().check(check::dbfilename),
    debug_context: Text = text_or("debug-context", "").hidden(),
    dir: Dir = special("dir").protected().deny_loading(),
    disable_thp: Bool = yes_no("disable-thp", true).immutable(),
    dual_channel_replication_enabled: Bool = yes_no("dual-channel-replication-enabled", false),
    enable_debug_assert: Bool = yes_no("enable-debug-assert", false).immutable().hidden(),
    enable_debug_command: Enum<ProtectedAction> =
        choice("enable-debug-command", ProtectedAction::No).immutable(),
    enable_module_command: Enum<ProtectedAction> =
        choice("enable-module-command", ProtectedAction::No).immutable(),
    enable_protected_configs: Enum<ProtectedAction> =
        choice("enable-protected-configs", ProtectedAction::No).immutable(),
    extended_redis_compatibility: Bool = yes_no("extended-redis-compatibility", false),
    hash_max_listpack_entries: Int =
        int("hash-max-listpack-entries", 512, 0, i64::MAX).alias("hash-max-ziplist-entries"),
    hash_max_listpack_value: Int =
        memory("hash-max-listpack-value", 64, 0, i64::MAX).alias("hash-max-ziplist-value"),
    hash_seed: Text = text("hash-seed").immutable().check(check::hash_seed),
    hide_user_data_from_log: Bool = yes_no("hide-user-data-from-log", true),
    hll_sparse_max_bytes: Int = memory("hll-sparse-max-bytes", 3000, 0, i64::MAX),
    // Ours: memory from the kernel in pages of 2 MB where it offers them to who asks. Valkey's
    // `disable-thp` is about its forks, and there are none here.
    huge_pages: Bool = yes_no("huge-pages", true).immutable(),
    hz: Int = int("hz", 10, 0, INT_MAX),
    ignore_warnings: Text = text_or("ignore-warnings", ""),
    import_mode: Bool = yes_no("import-mode", false),
    io_threads: Int = int("io-threads", 1, 1, 256),
    io_threads_always_active: Bool = yes_no("io-threads-always-active", false).hidden(),
    jemalloc_bg_thread: Bool = yes_no("jemalloc-bg-thread", true),
    key_load_delay: Int = int("key-load-delay", 0, INT_MIN, INT_MAX).hidden(),
    latency_monitor_threshold: Int = int("latency-monitor-threshold", 0, 0, i64::MAX),
    latency_tracking: Bool = yes_no("latency-tracking", true),
    latency_tracking_info_percentiles: Percentiles =
        special("latency-tracking-info-percentiles").multi(),
    lazyfree_lazy_eviction: Bool = yes_no("lazyfree-lazy-eviction", true),
    lazyfree_lazy_expire: Bool = yes_no("lazyfree-lazy-expire", true),
    lazyfree_lazy_server_del: Bool = yes_no("lazyfree-lazy-server-del", true),
    lazyfree_lazy_user_del: Bool = yes_no("lazyfree-lazy-user-del", true),
    lazyfree_lazy_user_flush: Bool = yes_no("lazyfree-lazy-user-flush", true),
    lfu_decay_time: Int = int("lfu-decay-time", 1, 0, INT_MAX),
    lfu_log_factor: Int = int("lfu-log-factor", 10, 0, INT_MAX),
    list_compress_depth: Int = int("list-compress-depth", 0, 0, INT_MAX),
    list_max_listpack_size: Int =
        int("list-max-listpack-size", -2, INT_MIN, INT_MAX).alias("list-max-ziplist-size"),
    loading_process_events_interval_bytes: Int =
        int("loading-process-events-interval-bytes", 2 * MB, 1024, INT_MAX).hidden(),
    locale_collate: Text = text_or("locale-collate", "").check(check::locale),
    log_format: Enum<LogFormat> = choice("log-format", LogFormat::Legacy),
    log_timestamp_format: Enum<LogTimestampFormat> =
        choice("log-timestamp-format", LogTimestampFormat::Legacy),
    logfile: Text = text_or("logfile", "").immutable(),
    loglevel: Enum<LogLevel> = choice("loglevel", LogLevel::Notice),
    lua_enable_insecure_api: Bool =
        yes_no("lua-enable-insecure-api", false)
            .alias("lua-enable-deprecated-api")
            .hidden()
            .protected(),
    max_new_connections_per_cycle: Int = int("max-new-connections-per-cycle", 10, 1, 1000),
    max_new_tls_connections_per_cycle: Int = int("max-new-tls-connections-per-cycle", 1, 1, 1000),
    maxclients: Int = int("maxclients", 10000, 1, UINT_MAX),
    maxmemory: Size = size("maxmemory", 0),
    maxmemory_clients: Int = memory_or_percent("maxmemory-clients", 0, -100, i64::MAX),
    maxmemory_eviction_tenacity: Int = int("maxmemory-eviction-tenacity", 10, 0, 100),
    maxmemory_policy: Enum<MaxmemoryPolicy> =
        choice("maxmemory-policy", MaxmemoryPolicy::NoEviction),
    maxmemory_samples: Int = int("maxmemory-samples", 5, 1, 64),
    min_io_threads_avoid_copy_reply: Int =
        int("min-io-threads-avoid-copy-reply", 7, 0, INT_MAX).hidden(),
    min_replicas_max_lag: Int =
        int("min-replicas-max-lag", 10, 0, INT_MAX).alias("min-slaves-max-lag"),
    min_replicas_to_write: Int =
        int("min-replicas-to-write", 0, 0, INT_MAX).alias("min-slaves-to-write"),
    min_string_size_avoid_copy_reply: Int =
        int("min-string-size-avoid-copy-reply", 16 * KB, 0, INT_MAX).hidden(),
    min_string_size_avoid_copy_reply_threaded: Int =
        int("min-string-size-avoid-copy-reply-threaded", 64 * KB, 0, INT_MAX).hidden(),
    mptcp: Bool = yes_no("mptcp", false).immutable(),
    no_appendfsync_on_rewrite: Bool = yes_no("no-appendfsync-on-rewrite", false),
    notify_keyspace_events: KeyspaceEventClasses = special("notify-keyspace-events"),
    oom_score_adj: Enum<OomScoreAdj> = choice("oom-score-adj", OomScoreAdj::No),
    oom_score_adj_values: OomScoreAdjValues = special("oom-score-adj-values").multi(),
    pidfile: Text = text("pidfile").immutable(),
    port: Int = int("port", 6379, 0, 65535),
    prefetch_batch_max_size: Int = int("prefetch-batch-max-size", 16, 0, 128),
    primaryauth: Text = text("primaryauth").alias("masterauth").sensitive(),
    primaryuser: Text = text("primaryuser").alias("masteruser").sensitive(),
    proc_title_template: Text =
        text_or("proc-title-template", "{title} {listen-addr} {server-mode}")
            .check(check::proc_title_template),
    propagation_error_behavior: Enum<PropagationErrorBehavior> =
        choice("propagation-error-behavior", PropagationErrorBehavior::Ignore),
    protected_mode: Bool = yes_no("protected-mode", true),
    proto_max_bulk_len: Int = memory("proto-max-bulk-len", 512 * MB, MB, i64::MAX),
    rdb_del_sync_files: Bool = yes_no("rdb-del-sync-files", false),
    rdb_key_save_delay: Int = int("rdb-key-save-delay", 0, INT_MIN, INT_MAX).hidden(),
    rdb_save_incremental_fsync: Bool = yes_no("rdb-save-incremental-fsync", true),
    rdb_version_check: Enum<RdbVersionCheck> = choice("rdb-version-check", RdbVersionCheck::Strict),
    rdbchecksum: Bool = yes_no("rdbchecksum", true).immutable(),
    rdbcompression: Bool = yes_no("rdbcompression", true),
    rdma_bind: RdmaBind = special("rdma-bind").multi(),
    rdma_completion_vector: Int = int("rdma-completion-vector", -1, -1, 1024).immutable(),
    rdma_port: Int = int("rdma-port", 0, 0, 65535),
    rdma_rx_size: Int = int("rdma-rx-size", MB, 64 * KB, 16 * MB).immutable(),
    repl_backlog_size: Int = memory("repl-backlog-size", 10 * MB, 1, i64::MAX),
    repl_backlog_ttl: Int = int("repl-backlog-ttl", 3600, 0, i64::MAX),
    repl_disable_tcp_nodelay: Bool = yes_no("repl-disable-tcp-nodelay", false),
    repl_diskless_load: Enum<DisklessLoad> =
        choice("repl-diskless-load", DisklessLoad::Disabled).deny_loading(),
    repl_diskless_sync: Bool = yes_no("repl-diskless-sync", true),
    repl_diskless_sync_delay: Int = int("repl-diskless-sync-delay", 5, 0, INT_MAX),
    repl_diskless_sync_max_replicas: Int = int("repl-diskless-sync-max-replicas", 0, 0, INT_MAX),
    repl_mptcp: Bool = yes_no("repl-mptcp", false).immutable(),
    repl_ping_replica_period: Int =
        int("repl-ping-replica-period", 10, 1, INT_MAX).alias("repl-ping-slave-period"),
    repl_timeout: Int = int("repl-timeout", 60, 1, INT_MAX),
    replica_announce_ip: Text = text("replica-announce-ip").alias("slave-announce-ip"),
    replica_announce_port: Int =
        int("replica-announce-port", 0, 0, 65535).alias("slave-announce-port"),
    replica_announced: Bool = yes_no("replica-announced", true),
    replica_ignore_disk_write_errors: Bool = yes_no("replica-ignore-disk-write-errors", false),
    replica_ignore_maxmemory: Bool =
        yes_no("replica-ignore-maxmemory", true).alias("slave-ignore-maxmemory"),
    replica_lazy_flush: Bool = yes_no("replica-lazy-flush", true).alias("slave-lazy-flush"),
    replica_priority: Int = int("replica-priority", 100, 0, INT_MAX).alias("slave-priority"),
    replica_read_only: Bool = yes_no("replica-read-only", true).alias("slave-read-only"),
    replica_serve_stale_data: Bool =
        yes_no("replica-serve-stale-data", true).alias("slave-serve-stale-data"),
    replicaof: ReplicaOf = special("replicaof").alias("slaveof").multi().immutable(),
    requirepass: Text = text("requirepass").sensitive(),
    save: SavePoints = special("save").multi(),
    server_cpulist: Text = text("server-cpulist").alias("server_cpulist").immutable(),
    set_max_intset_entries: Int = int("set-max-intset-entries", 512, 0, i64::MAX),
    set_max_listpack_entries: Int = int("set-max-listpack-entries", 128, 0, i64::MAX),
    set_max_listpack_value: Int = int("set-max-listpack-value", 64, 0, i64::MAX),
    set_proc_title: Bool = yes_no("set-proc-title", true).immutable(),
    shutdown_on_sigint: Flags<ShutdownFlags> = flags("shutdown-on-sigint", check::shutdown_flags),
    shutdown_on_sigterm: Flags<ShutdownFlags> = flags("shutdown-on-sigterm", check::shutdown_flags),
    shutdown_timeout: Int = int("shutdown-timeout", 10, 0, INT_MAX),
    slot_migration_max_failover_repl_bytes: Int =
        memory_or_none("slot-migration-max-failover-repl-bytes", 0, -1, i64::MAX),
    socket_mark_id: Int = int("socket-mark-id", 0, 0, UINT_MAX).immutable(),
    stop_writes_on_bgsave_error: Bool = yes_no("stop-writes-on-bgsave-error", true),
    stream_node_max_bytes: Int = memory("stream-node-max-bytes", 4 * KB, 0, i64::MAX),
    stream_node_max_entries: Int = int("stream-node-max-entries", 100, 0, i64::MAX),
    supervised: Enum<Supervised> = choice("supervised", Supervised::No).immutable(),
    syslog_enabled: Bool = yes_no("syslog-enabled", false).immutable(),
    syslog_facility: Enum<SyslogFacility> =
        choice("syslog-facility", SyslogFacility::Local0).immutable(),
    syslog_ident: Text = text_or("syslog-ident", "valkey").immutable(),
    tcp_backlog: Int = int("tcp-backlog", 511, 0, INT_MAX).immutable(),
    tcp_keepalive: Int = int("tcp-keepalive", 300, 0, INT_MAX),
    // Ours: event loops, one thread each; 0 means the CPUs that the process may use.
    threads: Int = int("threads", 0, 0, 1024).immutable(),
    timeout: Int = int("timeout", 0, 0, INT_MAX),
    tls_auth_clients: Enum<TlsAuthClients> = choice("tls-auth-clients", TlsAuthClients::Yes),
    tls_auth_clients_user: Enum<TlsAuthClientsUser> =
        choice("tls-auth-clients-user", TlsAuthClientsUser::Off),
    tls_auto_reload_interval: Int = int("tls-auto-reload-interval", 0, 0, INT_MAX),
    tls_ca_cert_dir: Text = text("tls-ca-cert-dir").volatile(),
    tls_ca_cert_file: Text = text("tls-ca-cert-file").volatile(),
    tls_cert_file: Text = text("tls-cert-file").volatile(),
    tls_ciphers: Text = text("tls-ciphers"),
    tls_ciphersuites: Text = text("tls-ciphersuites"),
    tls_client_cert_file: Text = text("tls-client-cert-file").volatile(),
    tls_client_key_file: Text = text("tls-client-key-file").volatile(),
    tls_client_key_file_pass: Text = text("tls-client-key-file-pass").sensitive(),
    tls_cluster: Bool = yes_no("tls-cluster", false),
    tls_dh_params_file: Text = text("tls-dh-params-file").volatile(),
    tls_key_file: Text = text("tls-key-file").volatile(),
    tls_key_file_pass: Text = text("tls-key-file-pass").sensitive(),
    tls_port: Int = int("tls-port", 0, 0, 65535),
    tls_prefer_server_ciphers: Bool = yes_no("tls-prefer-server-ciphers", false),
    tls_protocols: Text = text("tls-protocols"),
    tls_replication: Bool = yes_no("tls-replication", false),
    tls_session_cache_size: Int = int("tls-session-cache-size", 20 * KB, 0, INT_MAX),
    tls_session_cache_timeout: Int = int("tls-session-cache-timeout", 300, 0, INT_MAX),
    tls_session_caching: Bool = yes_no("tls-session-caching", true),
    tracking_table_max_keys: Int = int("tracking-table-max-keys", 1000000, 0, i64::MAX),
    unixsocket: Text = text("unixsocket").immutable(),
    unixsocketgroup: Text = text("unixsocketgroup").immutable(),
    unixsocketperm: Int = octal("unixsocketperm", 0, 0, 0o777).immutable(),
    use_exit_on_panic: Bool = yes_no("use-exit-on-panic", false).hidden(),
    watchdog_period: Int = int("watchdog-period", 0, 0, INT_MAX).hidden(),
    zset_max_listpack_entries: Int =
        int("zset-max-listpack-entries", 128, 0, i64::MAX).alias("zset-max-ziplist-entries"),
    zset_max_listpack_value: Int =
        memory("zset-max-listpack-value", 64, 0, i64::MAX).alias("zset-max-ziplist-value"),
}
