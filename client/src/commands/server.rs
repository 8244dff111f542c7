//! Servers: what they are, what they do, and their settings. Where no key says which node is meant, some primary is; say which with [`on`](crate::Command::on).
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use std::collections::HashMap;

use bytes::Bytes;

use super::commands;
use crate::Value;

commands! {
    /// `DBSIZE`: the number of keys, of all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.dbsize().await?, 0);
    /// # Ok(()) });
    /// ```
    DBSIZE dbsize() -> u64;
    /// `FLUSHALL`: deletes all keys of all databases, on all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.flushall().await?;
    /// # Ok(()) });
    /// ```
    FLUSHALL flushall() -> ();
    /// `FLUSHDB`: deletes all keys of the database, on all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.flushdb().await?;
    /// # Ok(()) });
    /// ```
    FLUSHDB flushdb() -> ();
    /// `SWAPDB`: exchanges two databases.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.swapdb(0, 1).await?;
    /// # Ok(()) });
    /// ```
    SWAPDB swapdb(first: arg, second: arg) -> ();
    /// `INFO`: facts and counters of some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let info = client.info(["server"]).on(tsubame_client::Route::AnyPrimary).await?;
    /// assert!(info.contains("redis_version"));
    /// # Ok(()) });
    /// ```
    INFO info(sections: args) -> String;
    /// `ROLE`: whether a node is a primary or a replica, and its replication.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.role().await?;
    /// # Ok(()) });
    /// ```
    ROLE role() -> Value;
    /// `LASTSAVE`: when the data was saved last, in seconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.lastsave().await?;
    /// # Ok(()) });
    /// ```
    LASTSAVE lastsave() -> u64;
    /// `SAVE`: saves the data and answers nobody meanwhile.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.save().await?;
    /// # Ok(()) });
    /// ```
    SAVE save() -> ();
    /// `BGSAVE`: saves the data in the background.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.bgsave().await?.contains("started"));
    /// # Ok(()) });
    /// ```
    BGSAVE bgsave() -> String;
    /// `BGREWRITEAOF`: writes the append-only file anew in the background.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.bgrewriteaof().await?.contains("rewriting"));
    /// # Ok(()) });
    /// ```
    BGREWRITEAOF bgrewriteaof() -> String;
    /// `SHUTDOWN`: stops some primary, as its words say. A server that stops does not answer: the error says that the connection was lost.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let ended = client.shutdown(["NOSAVE"]).no_retry().await;
    /// assert!(ended.is_err()); // nobody is left to answer
    /// # Ok(()) });
    /// ```
    SHUTDOWN shutdown(options: args) -> ();
    /// `REPLICAOF`: makes a server a replica; `NO`, `ONE` makes it a primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_servers(async |client, other| {
    /// client.replicaof("127.0.0.1", other.port).await?;
    /// client.replicaof("NO", "ONE").await?;
    /// # Ok(()) });
    /// ```
    REPLICAOF replicaof(host: arg, port: arg) -> ();
    /// `SLAVEOF`: the old name of REPLICAOF.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_servers(async |client, other| {
    /// client.slaveof("127.0.0.1", other.port).await?;
    /// client.slaveof("NO", "ONE").await?;
    /// # Ok(()) });
    /// ```
    SLAVEOF slaveof(host: arg, port: arg) -> ();
    /// `FAILOVER`: lets a replica take over, as its words say.
    ///
    /// ```
    /// # tsubame_client_testing::with_replica(async |client, replica| {
    /// client.failover(["TO", "127.0.0.1", &replica.port.to_string()]).await?;
    /// # Ok(()) });
    /// ```
    FAILOVER failover(options: args) -> ();
    /// `LOLWUT`: a picture.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.lolwut().await?;
    /// # Ok(()) });
    /// ```
    LOLWUT lolwut() -> String;
    /// `CONFIG GET`: settings of some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.config_get(["maxmemory*"]).await?.contains_key("maxmemory"));
    /// # Ok(()) });
    /// ```
    CONFIG_GET config_get(patterns: args) -> HashMap<String, String>;
    /// `CONFIG SET`: changes settings, on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.config_set([("slowlog-max-len", 64)]).await?;
    /// # Ok(()) });
    /// ```
    CONFIG_SET config_set(settings: pairs) -> ();
    /// `CONFIG RESETSTAT`: sets counters to zero, on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.config_resetstat().await?;
    /// # Ok(()) });
    /// ```
    CONFIG_RESETSTAT config_resetstat() -> ();
    /// `CONFIG REWRITE`: writes the settings to the configuration files, on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.config_set([("maxmemory-samples", 10)]).await?;
    /// client.config_rewrite().await?;
    /// # Ok(()) });
    /// ```
    CONFIG_REWRITE config_rewrite() -> ();
    /// `ACL WHOAMI`: the user that the shared connections are authenticated as.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.acl_whoami().await?, "default");
    /// # Ok(()) });
    /// ```
    ACL_WHOAMI acl_whoami() -> String;
    /// `ACL CAT`: the categories of commands, or the commands of a category.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.acl_cat(["string"]).await?.contains(&"get".to_owned()));
    /// # Ok(()) });
    /// ```
    ACL_CAT acl_cat(category: args) -> Vec<String>;
    /// `ACL SETUSER`: creates or changes a user, on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.acl_setuser("ada", ["on", ">secret", "~*", "+@read"]).await?;
    /// # Ok(()) });
    /// ```
    ACL_SETUSER acl_setuser(user: arg, rules: args) -> ();
    /// `ACL DELUSER`: deletes users, on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.acl_deluser(["ada"]).await?;
    /// # Ok(()) });
    /// ```
    ACL_DELUSER acl_deluser(users: args) -> u64;
    /// `ACL GETUSER`: the rules of a user.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.acl_getuser("default").await?.is_some());
    /// # Ok(()) });
    /// ```
    ACL_GETUSER acl_getuser(user: arg) -> Option<HashMap<String, Value>>;
    /// `ACL LIST`: the rules of all users.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.acl_list().await?.is_empty());
    /// # Ok(()) });
    /// ```
    ACL_LIST acl_list() -> Vec<String>;
    /// `ACL USERS`: the names of all users.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.acl_users().await?, ["default"]);
    /// # Ok(()) });
    /// ```
    ACL_USERS acl_users() -> Vec<String>;
    /// `ACL GENPASS`: a random password.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.acl_genpass().await?.len(), 64);
    /// # Ok(()) });
    /// ```
    ACL_GENPASS acl_genpass() -> String;
    /// `ACL DRYRUN`: whether a user may execute a command: `OK`, or why not.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.acl_dryrun("default", ["GET", "k"]).await?, "OK");
    /// # Ok(()) });
    /// ```
    ACL_DRYRUN acl_dryrun(user: arg, command: args) -> String;
    /// `ACL LOG`: what was refused lately.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.acl_log(10).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ACL_LOG acl_log(count: arg) -> Vec<Value>;
    /// `ACL LOAD`: reads the users from the file of some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.acl_load().await?;
    /// # Ok(()) });
    /// ```
    ACL_LOAD acl_load() -> ();
    /// `ACL SAVE`: writes the users to their file, on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.acl_setuser("ada", ["on", ">secret", "~*", "+@read"]).await?;
    /// client.acl_save().await?;
    /// # Ok(()) });
    /// ```
    ACL_SAVE acl_save() -> ();
    /// `COMMAND COUNT`: how many commands a server knows. The client itself never asks for commands.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.command_count().await? > 100);
    /// # Ok(()) });
    /// ```
    COMMAND_COUNT command_count() -> u64;
    /// `COMMAND DOCS`: what commands do.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.command_docs(["get"]).await?;
    /// # Ok(()) });
    /// ```
    COMMAND_DOCS command_docs(names: args) -> Value;
    /// `COMMAND GETKEYS`: which arguments are keys.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.command_getkeys(["GET", "k"]).await?, ["k"]);
    /// # Ok(()) });
    /// ```
    COMMAND_GETKEYS command_getkeys(command: args) -> Vec<Bytes>;
    /// `COMMAND GETKEYSANDFLAGS`: which arguments are keys and what is done with them.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.command_getkeysandflags(["GET", "k"]).await?.len(), 1);
    /// # Ok(()) });
    /// ```
    COMMAND_GETKEYSANDFLAGS command_getkeysandflags(command: args) -> Vec<Value>;
    /// `COMMAND INFO`: properties of commands.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.command_info(["get"]).await?.len(), 1);
    /// # Ok(()) });
    /// ```
    COMMAND_INFO command_info(names: args) -> Vec<Value>;
    /// `COMMAND LIST`: the names of all commands.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.command_list().await?.contains(&"get".to_owned()));
    /// # Ok(()) });
    /// ```
    COMMAND_LIST command_list() -> Vec<String>;
    /// `SLOWLOG GET`: commands that took long, of all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.slowlog_get(10).on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    SLOWLOG_GET slowlog_get(count: arg) -> Vec<Value>;
    /// `SLOWLOG LEN`: how many commands the logs of all nodes have.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.slowlog_len().await?;
    /// # Ok(()) });
    /// ```
    SLOWLOG_LEN slowlog_len() -> u64;
    /// `SLOWLOG RESET`: empties the logs of all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.slowlog_reset().await?;
    /// # Ok(()) });
    /// ```
    SLOWLOG_RESET slowlog_reset() -> ();
    /// `COMMANDLOG GET`: the log of a kind (Valkey): `slow`, `large-request`, `large-reply`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.commandlog_get(10, "slow").on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    COMMANDLOG_GET commandlog_get(count: arg, kind: arg) -> Vec<Value>;
    /// `COMMANDLOG LEN`: how much the log of a kind has.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.commandlog_len("slow").await?;
    /// # Ok(()) });
    /// ```
    COMMANDLOG_LEN commandlog_len(kind: arg) -> u64;
    /// `COMMANDLOG RESET`: empties the log of a kind.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.commandlog_reset("slow").await?;
    /// # Ok(()) });
    /// ```
    COMMANDLOG_RESET commandlog_reset(kind: arg) -> ();
    /// `LATENCY DOCTOR`: advice about latency.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.latency_doctor().on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    LATENCY_DOCTOR latency_doctor() -> String;
    /// `LATENCY GRAPH`: the latencies of an event as a picture.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// // A script that takes a millisecond at least.
    /// client.config_set([("latency-monitor-threshold", 1)]).await?;
    /// client.eval("for i = 1, 5000000 do end", ["k"], [""; 0]).await?;
    /// let graph = client.latency_graph("command").on(tsubame_client::Route::AnyPrimary).await?;
    /// assert!(graph.contains("high"));
    /// # Ok(()) });
    /// ```
    LATENCY_GRAPH latency_graph(event: arg) -> String;
    /// `LATENCY HISTOGRAM`: how long commands took.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.latency_histogram(["get"]).on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    LATENCY_HISTOGRAM latency_histogram(commands: args) -> Value;
    /// `LATENCY HISTORY`: the latencies of an event: time and milliseconds.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.latency_history("command").on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    LATENCY_HISTORY latency_history(event: arg) -> Vec<(u64, u64)>;
    /// `LATENCY LATEST`: the latest latency of each event.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.latency_latest().on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    LATENCY_LATEST latency_latest() -> Vec<Value>;
    /// `LATENCY RESET`: forgets the latencies.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.latency_reset().await?;
    /// # Ok(()) });
    /// ```
    LATENCY_RESET latency_reset() -> u64;
    /// `MEMORY USAGE`: how many bytes a key takes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.memory_usage("k").await?, None);
    /// # Ok(()) });
    /// ```
    MEMORY_USAGE memory_usage(key: key) -> Option<u64>;
    /// `MEMORY STATS`: what memory is used for.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.memory_stats().on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    MEMORY_STATS memory_stats() -> HashMap<String, Value>;
    /// `MEMORY DOCTOR`: advice about memory.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.memory_doctor().on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    MEMORY_DOCTOR memory_doctor() -> String;
    /// `MEMORY MALLOC-STATS`: what the allocator says.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.memory_malloc_stats().on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    MEMORY_MALLOC_STATS memory_malloc_stats() -> String;
    /// `MEMORY PURGE`: gives unused memory back, on all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.memory_purge().await?;
    /// # Ok(()) });
    /// ```
    MEMORY_PURGE memory_purge() -> ();
    /// `MODULE LIST`: the modules that are loaded.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.module_list().await?;
    /// # Ok(()) });
    /// ```
    MODULE_LIST module_list() -> Vec<Value>;
    /// `MODULE LOAD`: loads a module.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// // Servers refuse it unless `enable-module-command` lets them.
    /// assert!(client.module_load("/opt/module.so").await.is_err());
    /// # Ok(()) });
    /// ```
    MODULE_LOAD module_load(path: arg) -> ();
    /// `MODULE LOADEX`: loads a module with settings.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// // Servers refuse it unless `enable-module-command` lets them.
    /// let loading = client.module_loadex("/opt/module.so", ["CONFIG", "module.size", "5"]);
    /// assert!(loading.await.is_err());
    /// # Ok(()) });
    /// ```
    MODULE_LOADEX module_loadex(path: arg, options: args) -> ();
    /// `MODULE UNLOAD`: unloads a module.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.module_unload("search").await.is_err(), "there is no such module");
    /// # Ok(()) });
    /// ```
    MODULE_UNLOAD module_unload(name: arg) -> ();
}
