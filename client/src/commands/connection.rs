//! Connection, and publishing.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use std::collections::HashMap;

use bytes::Bytes;

use super::commands;
use crate::Value;

commands! {
    /// `PING`: asks all primaries for a sign of life.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.ping().await?, "PONG");
    /// # Ok(()) });
    /// ```
    PING ping() -> String;
    /// `ECHO`: the message back, from some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.echo("hi").await?, "hi");
    /// # Ok(()) });
    /// ```
    ECHO echo(message: arg) -> Bytes;
    /// `TIME`: some primary's clock: seconds since 1970, and microseconds.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.time().await?.0 > 1_700_000_000);
    /// # Ok(()) });
    /// ```
    TIME time() -> (u64, u64);
    /// `PUBLISH`: sends a message to a channel; returns how many clients of the node that took it received it.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.publish("news", "hello").await?, 0);
    /// # Ok(()) });
    /// ```
    PUBLISH publish(channel: arg, message: arg) -> u64;
    /// `SPUBLISH`: sends a message to a shard channel; returns how many clients received it.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.spublish("news", "hello").await?, 0);
    /// # Ok(()) });
    /// ```
    SPUBLISH spublish(channel: key, message: arg) -> u64;
    /// `PUBSUB CHANNELS`: the channels of some node that somebody listens to.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.pubsub_channels("*").await?.is_empty());
    /// # Ok(()) });
    /// ```
    PUBSUB_CHANNELS pubsub_channels(pattern: arg) -> Vec<Bytes>;
    /// `PUBSUB NUMPAT`: how many patterns somebody listens to, on some node.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.pubsub_numpat().await?, 0);
    /// # Ok(()) });
    /// ```
    PUBSUB_NUMPAT pubsub_numpat() -> u64;
    /// `PUBSUB NUMSUB`: how many listen to channels, on some node.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.pubsub_numsub(["news"]).await?[0].1, 0);
    /// # Ok(()) });
    /// ```
    PUBSUB_NUMSUB pubsub_numsub(channels: args) -> Vec<(Bytes, u64)>;
    /// `PUBSUB SHARDCHANNELS`: the shard channels of some node that somebody listens to.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.pubsub_shardchannels("*").await?.is_empty());
    /// # Ok(()) });
    /// ```
    PUBSUB_SHARDCHANNELS pubsub_shardchannels(pattern: arg) -> Vec<Bytes>;
    /// `PUBSUB SHARDNUMSUB`: how many listen to shard channels, on some node.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.pubsub_shardnumsub(["news"]).await?[0].1, 0);
    /// # Ok(()) });
    /// ```
    PUBSUB_SHARDNUMSUB pubsub_shardnumsub(channels: args) -> Vec<(Bytes, u64)>;
    /// `CLIENT ID`: the number of the shared connection to some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.client_id().await? > 0);
    /// # Ok(()) });
    /// ```
    CLIENT_ID client_id() -> u64;
    /// `CLIENT INFO`: the line of CLIENT LIST of the shared connection to some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.client_info().await?.contains("lib-name=tsubame-client"));
    /// # Ok(()) });
    /// ```
    CLIENT_INFO client_info() -> String;
    /// `CLIENT LIST`: the connections of some primary; say of which with `on`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.client_list().await?.is_empty());
    /// # Ok(()) });
    /// ```
    CLIENT_LIST client_list() -> String;
    /// `CLIENT GETNAME`: the name of the shared connection to some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.client_getname().await?;
    /// # Ok(()) });
    /// ```
    CLIENT_GETNAME client_getname() -> Option<String>;
    /// `CLIENT GETREDIR`: where invalidations of the shared connection go; -1: tracking is off.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.client_getredir().await?, -1);
    /// # Ok(()) });
    /// ```
    CLIENT_GETREDIR client_getredir() -> i64;
    /// `CLIENT TRACKINGINFO`: how the shared connection is tracked.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.client_trackinginfo().await?;
    /// # Ok(()) });
    /// ```
    CLIENT_TRACKINGINFO client_trackinginfo() -> HashMap<String, Value>;
    /// `CLIENT KILL`: closes connections of some primary, as its words say; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.client_kill(["ID", "999999999"]).await?, 0);
    /// # Ok(()) });
    /// ```
    CLIENT_KILL client_kill(filter: args) -> u64;
    /// `CLIENT UNBLOCK`: ends the wait of a connection of some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.client_unblock(999_999_999).await?);
    /// # Ok(()) });
    /// ```
    CLIENT_UNBLOCK client_unblock(id: arg) -> bool;
    /// `CLIENT PAUSE`: lets some primary answer nobody for a time.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.client_pause(1).await?;
    /// # Ok(()) });
    /// ```
    CLIENT_PAUSE client_pause(milliseconds: arg) -> ();
    /// `CLIENT UNPAUSE`: ends the pause.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.client_unpause().await?;
    /// # Ok(()) });
    /// ```
    CLIENT_UNPAUSE client_unpause() -> ();
}
