//! Streams.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use std::collections::HashMap;

use bytes::Bytes;

use super::lists::CountKind;
use super::{blocking_commands, commands, options};
use crate::Value;

commands! {
    /// `XADD`: appends an entry; `*` as its id lets the server choose one. Returns the id.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let id = client.xadd("x", "*", [("temp", 21)]).await?;
    /// # Ok(()) });
    /// ```
    XADD xadd(key: key, id: arg, fields: pairs) -> Bytes;
    /// `XADD`: XADD with words before the id: `NOMKSTREAM`, `MAXLEN ~ 1000`, `MINID …`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xadd_with("x", ["MAXLEN", "1000"], "*", [("a", 1)]).await?;
    /// # Ok(()) });
    /// ```
    XADD xadd_with(key: key, options: args, id: arg, fields: pairs) -> Option<Bytes>;
    /// `XLEN`: the number of entries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.xlen("x").await?, 0);
    /// # Ok(()) });
    /// ```
    XLEN xlen(key: key) -> u64;
    /// `XDEL`: deletes entries; returns how many there were.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.xdel("x", ["1-1"]).await?, 0);
    /// # Ok(()) });
    /// ```
    XDEL xdel(key: key, ids: args) -> u64;
    /// `XRANGE`: entries between two ids; `-` and `+` are the ends.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xadd("x", "1-1", [("a", 1)]).await?;
    /// assert_eq!(client.xrange("x", "-", "+").count(10).await?.len(), 1);
    /// # Ok(()) });
    /// ```
    XRANGE xrange(key: key, start: arg, end: arg) -> Vec<(Bytes, Vec<(Bytes, Bytes)>)>, CountKind;
    /// `XREVRANGE`: entries between two ids, the last first.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.xrevrange("x", "+", "-").await?.is_empty());
    /// # Ok(()) });
    /// ```
    XREVRANGE xrevrange(key: key, end: arg, start: arg) -> Vec<(Bytes, Vec<(Bytes, Bytes)>)>, CountKind;
    /// `XTRIM`: removes the oldest entries, as its words say: `MAXLEN 1000`, `MINID 5-1`; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.xtrim("x", ["MAXLEN", "1000"]).await?, 0);
    /// # Ok(()) });
    /// ```
    XTRIM xtrim(key: key, how: args) -> u64;
    /// `XSETID`: sets the last id.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xadd("x", "1-1", [("a", 1)]).await?;
    /// client.xsetid("x", "5-0").await?;
    /// # Ok(()) });
    /// ```
    XSETID xsetid(key: key, id: arg) -> ();
    /// `XACK`: acknowledges entries that a group was given.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.xack("x", "g", ["1-1"]).await?, 0);
    /// # Ok(()) });
    /// ```
    XACK xack(key: key, group: arg, ids: args) -> u64;
    /// `XCLAIM`: gives entries that wait to another consumer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// client.xclaim("x", "g", "c", 0, ["1-1"]).await?;
    /// # Ok(()) });
    /// ```
    XCLAIM xclaim(key: key, group: arg, consumer: arg, idle_ms: arg, ids: args) -> Value;
    /// `XAUTOCLAIM`: gives entries that waited long to another consumer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// client.xautoclaim("x", "g", "c", 60_000, "0").count(10).await?;
    /// # Ok(()) });
    /// ```
    XAUTOCLAIM xautoclaim(key: key, group: arg, consumer: arg, idle_ms: arg, start: arg) -> Value, CountKind;
    /// `XPENDING`: how much a group has still to acknowledge.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// client.xpending("x", "g").await?;
    /// # Ok(()) });
    /// ```
    XPENDING xpending(key: key, group: arg) -> Value;
    /// `XPENDING`: what a group has still to acknowledge: id, consumer, idle milliseconds, number of deliveries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert!(client.xpending_range("x", "g", "-", "+", 10).await?.is_empty());
    /// # Ok(()) });
    /// ```
    XPENDING xpending_range(key: key, group: arg, start: arg, end: arg, count: arg) -> Vec<(Bytes, Bytes, u64, u64)>;
    /// `XGROUP CREATE`: creates a group that reads from behind an id.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// # Ok(()) });
    /// ```
    XGROUP_CREATE xgroup_create(key: key, group: arg, id: arg) -> (), XgroupKind;
    /// `XGROUP CREATECONSUMER`: creates a consumer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert!(client.xgroup_createconsumer("x", "g", "c").await?);
    /// # Ok(()) });
    /// ```
    XGROUP_CREATECONSUMER xgroup_createconsumer(key: key, group: arg, consumer: arg) -> bool;
    /// `XGROUP DELCONSUMER`: deletes a consumer; returns how many entries it had still to acknowledge.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert_eq!(client.xgroup_delconsumer("x", "g", "c").await?, 0);
    /// # Ok(()) });
    /// ```
    XGROUP_DELCONSUMER xgroup_delconsumer(key: key, group: arg, consumer: arg) -> u64;
    /// `XGROUP DESTROY`: deletes a group.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert!(client.xgroup_destroy("x", "g").await?);
    /// # Ok(()) });
    /// ```
    XGROUP_DESTROY xgroup_destroy(key: key, group: arg) -> bool;
    /// `XGROUP SETID`: sets the id that a group reads from.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// client.xgroup_setid("x", "g", "0").await?;
    /// # Ok(()) });
    /// ```
    XGROUP_SETID xgroup_setid(key: key, group: arg, id: arg) -> ();
    /// `XINFO STREAM`: facts of a stream.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xadd("x", "*", [("a", 1)]).await?;
    /// assert_eq!(client.xinfo_stream("x").await?["length"].as_int(), Some(1));
    /// # Ok(()) });
    /// ```
    XINFO_STREAM xinfo_stream(key: key) -> HashMap<String, Value>;
    /// `XINFO GROUPS`: facts of its groups.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert_eq!(client.xinfo_groups("x").await?.len(), 1);
    /// # Ok(()) });
    /// ```
    XINFO_GROUPS xinfo_groups(key: key) -> Vec<Value>;
    /// `XINFO CONSUMERS`: facts of a group's consumers.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert!(client.xinfo_consumers("x", "g").await?.is_empty());
    /// # Ok(()) });
    /// ```
    XINFO_CONSUMERS xinfo_consumers(key: key, group: arg) -> Vec<Value>;
    /// `XREAD`: entries behind an id of each stream, given as pairs of key and id; it does not wait.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xadd("x", "1-1", [("a", 1)]).await?;
    /// assert_eq!(client.xread([("x", "0")]).await?.len(), 1);
    /// # Ok(()) });
    /// ```
    XREAD xread(streams: streams) -> HashMap<Bytes, Vec<(Bytes, Vec<(Bytes, Bytes)>)>>;
    /// `XREADGROUP`: entries that no consumer of the group was given, with `>` as the id; it does not wait.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "0").mkstream().await?;
    /// client.xadd("x", "1-1", [("a", 1)]).await?;
    /// assert_eq!(client.xreadgroup("g", "c", [("x", ">")]).await?.len(), 1);
    /// # Ok(()) });
    /// ```
    XREADGROUP xreadgroup(group: group, consumer: arg, streams: streams) -> HashMap<Bytes, Vec<(Bytes, Vec<(Bytes, Bytes)>)>>;
}

blocking_commands! {
    /// `XREAD`: entries behind an id of each stream; waits for one up to some milliseconds, or for ever (0).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().xread_block(10, [("x", "$")]).await?.is_empty());
    /// # Ok(()) });
    /// ```
    XREAD xread_block(milliseconds: block, streams: streams) -> HashMap<Bytes, Vec<(Bytes, Vec<(Bytes, Bytes)>)>>;
    /// `XREADGROUP`: entries that no consumer of the group was given; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.xgroup_create("x", "g", "$").mkstream().await?;
    /// assert!(client.blocking().xreadgroup_block("g", "c", 10, [("x", ">")]).await?.is_empty());
    /// # Ok(()) });
    /// ```
    XREADGROUP xreadgroup_block(group: group, consumer: arg, milliseconds: block, streams: streams) -> HashMap<Bytes, Vec<(Bytes, Vec<(Bytes, Bytes)>)>>;
}

options! {
    /// Options of XGROUP CREATE.
    XgroupKind;
    /// MKSTREAM: creates the stream too.
    mkstream() => "MKSTREAM";
    /// ENTRIESREAD: how many entries the group has read.
    entriesread(count) => "ENTRIESREAD";
}
