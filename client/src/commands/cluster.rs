//! Clusters: their nodes and slots. All of it means some primary unless [`on`](crate::Command::on) says which node.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::commands;
use crate::Value;

commands! {
    /// `CLUSTER INFO`: the state of the cluster, as a node sees it.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_info().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_INFO cluster_info() -> String;
    /// `CLUSTER NODES`: the nodes, as a node sees them.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_nodes().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_NODES cluster_nodes() -> String;
    /// `CLUSTER SLOTS`: who serves which slots. The client learns it by itself: see [`Client::topology`](crate::Client::topology).
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_slots().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SLOTS cluster_slots() -> Vec<Value>;
    /// `CLUSTER SHARDS`: the shards with their nodes.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_shards().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SHARDS cluster_shards() -> Vec<Value>;
    /// `CLUSTER MYID`: the id of a node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_myid().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_MYID cluster_myid() -> String;
    /// `CLUSTER MYSHARDID`: the id of a node's shard.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_myshardid().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_MYSHARDID cluster_myshardid() -> String;
    /// `CLUSTER LINKS`: the connections between nodes.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_links().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_LINKS cluster_links() -> Vec<Value>;
    /// `CLUSTER KEYSLOT`: the slot of a key; [`Slot::of`](crate::Slot::of) knows it too.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_keyslot("k").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_KEYSLOT cluster_keyslot(key: arg) -> u16;
    /// `CLUSTER COUNTKEYSINSLOT`: how many keys a node has in a slot.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_countkeysinslot(5).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_COUNTKEYSINSLOT cluster_countkeysinslot(slot: arg) -> u64;
    /// `CLUSTER GETKEYSINSLOT`: keys that a node has in a slot.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_getkeysinslot(5, 10).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_GETKEYSINSLOT cluster_getkeysinslot(slot: arg, count: arg) -> Vec<Bytes>;
    /// `CLUSTER COUNT-FAILURE-REPORTS`: how many nodes say that a node has failed.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_count_failure_reports("07c37df").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_COUNT_FAILURE_REPORTS cluster_count_failure_reports(id: arg) -> u64;
    /// `CLUSTER SLOT-STATS`: counters of slots.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_slot_stats(["SLOTSRANGE", "0", "100"]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SLOT_STATS cluster_slot_stats(query: args) -> Vec<Value>;
    /// `CLUSTER REPLICAS`: the replicas of a primary.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_replicas("07c37df").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_REPLICAS cluster_replicas(id: arg) -> Vec<String>;
    /// `CLUSTER SLAVES`: the old name of CLUSTER REPLICAS.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_slaves("07c37df").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SLAVES cluster_slaves(id: arg) -> Vec<String>;
    /// `CLUSTER MEET`: makes a node join.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_meet("10.0.0.4", 6379).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_MEET cluster_meet(host: arg, port: arg) -> ();
    /// `CLUSTER FORGET`: makes a node forget another.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_forget("07c37df").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_FORGET cluster_forget(id: arg) -> ();
    /// `CLUSTER REPLICATE`: makes a node the replica of another.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_replicate("07c37df").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_REPLICATE cluster_replicate(id: arg) -> ();
    /// `CLUSTER RESET`: makes a node leave, `SOFT` or `HARD`.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_reset("SOFT").await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_RESET cluster_reset(how: arg) -> ();
    /// `CLUSTER FAILOVER`: lets a replica take over; `FORCE`, `TAKEOVER`.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_failover(["FORCE"]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_FAILOVER cluster_failover(how: args) -> ();
    /// `CLUSTER ADDSLOTS`: gives slots to a node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_addslots([1, 2]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_ADDSLOTS cluster_addslots(slots: args) -> ();
    /// `CLUSTER ADDSLOTSRANGE`: gives ranges of slots to a node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_addslotsrange([(0, 100)]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_ADDSLOTSRANGE cluster_addslotsrange(ranges: pairs) -> ();
    /// `CLUSTER DELSLOTS`: takes slots from a node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_delslots([1, 2]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_DELSLOTS cluster_delslots(slots: args) -> ();
    /// `CLUSTER DELSLOTSRANGE`: takes ranges of slots from a node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_delslotsrange([(0, 100)]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_DELSLOTSRANGE cluster_delslotsrange(ranges: pairs) -> ();
    /// `CLUSTER FLUSHSLOTS`: takes all slots from a node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_flushslots().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_FLUSHSLOTS cluster_flushslots() -> ();
    /// `CLUSTER FLUSHSLOT`: deletes the keys of a slot (Valkey).
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_flushslot(5).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_FLUSHSLOT cluster_flushslot(slot: arg) -> ();
    /// `CLUSTER SETSLOT`: marks a slot as moving or moved: `MIGRATING id`, `IMPORTING id`, `NODE id`, `STABLE`.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_setslot(5, ["NODE", "07c37df"]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SETSLOT cluster_setslot(slot: arg, state: args) -> ();
    /// `CLUSTER MIGRATESLOTS`: moves slots to another node as a whole (Valkey).
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_migrateslots(["SLOTSRANGE", "0", "10", "NODE", "07c37df"]).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_MIGRATESLOTS cluster_migrateslots(what: args) -> ();
    /// `CLUSTER GETSLOTMIGRATIONS`: the migrations of slots that a node takes part in (Valkey).
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_getslotmigrations().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_GETSLOTMIGRATIONS cluster_getslotmigrations() -> Vec<Value>;
    /// `CLUSTER CANCELSLOTMIGRATIONS`: ends the migrations that a node has begun (Valkey).
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_cancelslotmigrations().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_CANCELSLOTMIGRATIONS cluster_cancelslotmigrations() -> ();
    /// `CLUSTER SAVECONFIG`: writes a node's file.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_saveconfig().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SAVECONFIG cluster_saveconfig() -> ();
    /// `CLUSTER BUMPEPOCH`: raises a node's epoch.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_bumpepoch().await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_BUMPEPOCH cluster_bumpepoch() -> String;
    /// `CLUSTER SET-CONFIG-EPOCH`: sets the epoch of a fresh node.
    ///
    /// ```no_run
    /// # async fn f(client: tsubame_client::Client) -> tsubame_client::Result<()> {
    /// client.cluster_set_config_epoch(5).await?;
    /// # Ok(()) }
    /// ```
    CLUSTER_SET_CONFIG_EPOCH cluster_set_config_epoch(epoch: arg) -> ();
}
