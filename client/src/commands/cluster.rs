//! Clusters: their nodes and slots. All of it means some primary unless [`on`](crate::Command::on) says which node.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::commands;
use crate::Value;

commands! {
    /// `CLUSTER INFO`: the state of the cluster, as a node sees it.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert!(client.cluster_info().await?.contains("cluster_slots_assigned:16384"));
    /// # Ok(()) });
    /// ```
    CLUSTER_INFO cluster_info() -> String;
    /// `CLUSTER NODES`: the nodes, as a node sees them.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert!(client.cluster_nodes().await?.contains("myself,master"));
    /// # Ok(()) });
    /// ```
    CLUSTER_NODES cluster_nodes() -> String;
    /// `CLUSTER SLOTS`: who serves which slots. The client learns it by itself: see [`Client::topology`](crate::Client::topology).
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert_eq!(client.cluster_slots().await?.len(), 1, "one node has them all");
    /// # Ok(()) });
    /// ```
    CLUSTER_SLOTS cluster_slots() -> Vec<Value>;
    /// `CLUSTER SHARDS`: the shards with their nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert_eq!(client.cluster_shards().await?.len(), 1);
    /// # Ok(()) });
    /// ```
    CLUSTER_SHARDS cluster_shards() -> Vec<Value>;
    /// `CLUSTER MYID`: the id of a node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert_eq!(client.cluster_myid().await?.len(), 40);
    /// # Ok(()) });
    /// ```
    CLUSTER_MYID cluster_myid() -> String;
    /// `CLUSTER MYSHARDID`: the id of a node's shard.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert_eq!(client.cluster_myshardid().await?.len(), 40);
    /// # Ok(()) });
    /// ```
    CLUSTER_MYSHARDID cluster_myshardid() -> String;
    /// `CLUSTER LINKS`: the connections between nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// assert!(!client.cluster_links().await?.is_empty());
    /// # Ok(()) });
    /// ```
    CLUSTER_LINKS cluster_links() -> Vec<Value>;
    /// `CLUSTER KEYSLOT`: the slot of a key; [`Slot::of`](crate::Slot::of) knows it too.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// let slot = client.cluster_keyslot("k").await?;
    /// assert_eq!(slot, tsubame_client::Slot::of(b"k").get());
    /// # Ok(()) });
    /// ```
    CLUSTER_KEYSLOT cluster_keyslot(key: arg) -> u16;
    /// `CLUSTER COUNTKEYSINSLOT`: how many keys a node has in a slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.set("k", "v").await?;
    /// let slot = tsubame_client::Slot::of(b"k").get();
    /// assert_eq!(client.cluster_countkeysinslot(slot).await?, 1);
    /// # Ok(()) });
    /// ```
    CLUSTER_COUNTKEYSINSLOT cluster_countkeysinslot(slot: arg) -> u64;
    /// `CLUSTER GETKEYSINSLOT`: keys that a node has in a slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.set("k", "v").await?;
    /// let slot = tsubame_client::Slot::of(b"k").get();
    /// assert_eq!(client.cluster_getkeysinslot(slot, 10).await?, ["k"]);
    /// # Ok(()) });
    /// ```
    CLUSTER_GETKEYSINSLOT cluster_getkeysinslot(slot: arg, count: arg) -> Vec<Bytes>;
    /// `CLUSTER COUNT-FAILURE-REPORTS`: how many nodes say that a node has failed.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// let id = client.cluster_myid().await?;
    /// assert_eq!(client.cluster_count_failure_reports(id).await?, 0);
    /// # Ok(()) });
    /// ```
    CLUSTER_COUNT_FAILURE_REPORTS cluster_count_failure_reports(id: arg) -> u64;
    /// `CLUSTER SLOT-STATS`: counters of slots.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert_eq!(client.cluster_slot_stats(["SLOTSRANGE", "0", "100"]).await?.len(), 101);
    /// # Ok(()) });
    /// ```
    CLUSTER_SLOT_STATS cluster_slot_stats(query: args) -> Vec<Value>;
    /// `CLUSTER REPLICAS`: the replicas of a primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// let id = client.cluster_myid().await?;
    /// assert!(client.cluster_replicas(id).await?.is_empty());
    /// # Ok(()) });
    /// ```
    CLUSTER_REPLICAS cluster_replicas(id: arg) -> Vec<String>;
    /// `CLUSTER SLAVES`: the old name of CLUSTER REPLICAS.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// let id = client.cluster_myid().await?;
    /// assert!(client.cluster_slaves(id).await?.is_empty());
    /// # Ok(()) });
    /// ```
    CLUSTER_SLAVES cluster_slaves(id: arg) -> Vec<String>;
    /// `CLUSTER MEET`: makes a node join.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// client.cluster_meet("127.0.0.1", other.port).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_MEET cluster_meet(host: arg, port: arg) -> ();
    /// `CLUSTER FORGET`: makes a node forget another.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// let id = other.client.cluster_myid().await?;
    /// client.cluster_forget(&id).await?;
    /// assert!(!client.cluster_nodes().await?.contains(&id));
    /// # Ok(()) });
    /// ```
    CLUSTER_FORGET cluster_forget(id: arg) -> ();
    /// `CLUSTER REPLICATE`: makes a node the replica of another.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// let primary = client.cluster_myid().await?;
    /// other.client.cluster_replicate(primary).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_REPLICATE cluster_replicate(id: arg) -> ();
    /// `CLUSTER RESET`: makes a node leave, `SOFT` or `HARD`.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_reset("SOFT").await?;
    /// assert!(client.cluster_info().await?.contains("cluster_slots_assigned:0"));
    /// # Ok(()) });
    /// ```
    CLUSTER_RESET cluster_reset(how: arg) -> ();
    /// `CLUSTER FAILOVER`: lets a replica take over; `FORCE`, `TAKEOVER`.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// let primary = client.cluster_myid().await?;
    /// other.client.cluster_replicate(primary).await?;
    /// other.client.cluster_failover(["TAKEOVER"]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_FAILOVER cluster_failover(how: args) -> ();
    /// `CLUSTER ADDSLOTS`: gives slots to a node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_delslots([1, 2]).await?;
    /// client.cluster_addslots([1, 2]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_ADDSLOTS cluster_addslots(slots: args) -> ();
    /// `CLUSTER ADDSLOTSRANGE`: gives ranges of slots to a node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_delslotsrange([(0, 100)]).await?;
    /// client.cluster_addslotsrange([(0, 100)]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_ADDSLOTSRANGE cluster_addslotsrange(ranges: pairs) -> ();
    /// `CLUSTER DELSLOTS`: takes slots from a node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_delslots([1, 2]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_DELSLOTS cluster_delslots(slots: args) -> ();
    /// `CLUSTER DELSLOTSRANGE`: takes ranges of slots from a node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_delslotsrange([(0, 100)]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_DELSLOTSRANGE cluster_delslotsrange(ranges: pairs) -> ();
    /// `CLUSTER FLUSHSLOTS`: takes all slots from a node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_flushslots().await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_FLUSHSLOTS cluster_flushslots() -> ();
    /// `CLUSTER FLUSHSLOT`: deletes the keys of a slot (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_flushslot(5).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_FLUSHSLOT cluster_flushslot(slot: arg) -> ();
    /// `CLUSTER SETSLOT`: marks a slot as moving or moved: `MIGRATING id`, `IMPORTING id`, `NODE id`, `STABLE`.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// let to = other.client.cluster_myid().await?;
    /// client.cluster_setslot(5, ["MIGRATING", &to]).await?;
    /// client.cluster_setslot(5, ["STABLE"]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_SETSLOT cluster_setslot(slot: arg, state: args) -> ();
    /// `CLUSTER MIGRATESLOTS`: moves slots to another node as a whole (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_two_nodes(async |client, other| {
    /// let to = other.client.cluster_myid().await?;
    /// client.cluster_migrateslots(["SLOTSRANGE", "0", "10", "NODE", &to]).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_MIGRATESLOTS cluster_migrateslots(what: args) -> ();
    /// `CLUSTER GETSLOTMIGRATIONS`: the migrations of slots that a node takes part in (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert!(client.cluster_getslotmigrations().await?.is_empty());
    /// # Ok(()) });
    /// ```
    CLUSTER_GETSLOTMIGRATIONS cluster_getslotmigrations() -> Vec<Value>;
    /// `CLUSTER CANCELSLOTMIGRATIONS`: ends the migrations that a node has begun (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// // There are none, and that is an error.
    /// match client.cluster_cancelslotmigrations().await {
    ///     Err(error) if error.to_string().contains("No migrations") => {}
    ///     other => other?,
    /// }
    /// # Ok(()) });
    /// ```
    CLUSTER_CANCELSLOTMIGRATIONS cluster_cancelslotmigrations() -> ();
    /// `CLUSTER SAVECONFIG`: writes a node's file.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_saveconfig().await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_SAVECONFIG cluster_saveconfig() -> ();
    /// `CLUSTER BUMPEPOCH`: raises a node's epoch.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// assert!(client.cluster_bumpepoch().await?.starts_with("BUMPED"));
    /// # Ok(()) });
    /// ```
    CLUSTER_BUMPEPOCH cluster_bumpepoch() -> String;
    /// `CLUSTER SET-CONFIG-EPOCH`: sets the epoch of a fresh node.
    ///
    /// ```
    /// # tsubame_client_testing::with_cluster(async |client| {
    /// client.cluster_set_config_epoch(5).await?;
    /// # Ok(()) });
    /// ```
    CLUSTER_SET_CONFIG_EPOCH cluster_set_config_epoch(epoch: arg) -> ();
}
