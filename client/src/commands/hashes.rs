//! Hashes, and fields that expire.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use std::collections::HashMap;

use bytes::Bytes;

use super::{commands, options};

commands! {
    /// `HSET`: sets fields; returns how many are new.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hset("h", [("a", 1), ("b", 2)]).await?, 2);
    /// # Ok(()) });
    /// ```
    HSET hset(key: key, fields: pairs) -> u64;
    /// `HMSET`: the old form of HSET.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.hmset("h", [("a", 1)]).await?;
    /// # Ok(()) });
    /// ```
    HMSET hmset(key: key, fields: pairs) -> ();
    /// `HSETNX`: sets a field if it does not exist.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.hsetnx("h", "a", 1).await?);
    /// # Ok(()) });
    /// ```
    HSETNX hsetnx(key: key, field: arg, value: arg) -> bool;
    /// `HGET`: the value of a field.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.hset("h", [("a", 1)]).await?;
    /// assert_eq!(client.hget("h", "a").as_::<i64>().await?, 1);
    /// # Ok(()) });
    /// ```
    HGET hget(key: key, field: arg) -> Option<Bytes>;
    /// `HMGET`: the values of fields, in their order.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hmget("h", ["a", "b"]).await?, [None, None]);
    /// # Ok(()) });
    /// ```
    HMGET hmget(key: key, fields: args) -> Vec<Option<Bytes>>;
    /// `HGETALL`: all fields and values.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.hset("h", [("a", 1)]).await?;
    /// assert_eq!(client.hgetall("h").await?.len(), 1);
    /// # Ok(()) });
    /// ```
    HGETALL hgetall(key: key) -> HashMap<Bytes, Bytes>;
    /// `HDEL`: deletes fields; returns how many there were.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hdel("h", ["a"]).await?, 0);
    /// # Ok(()) });
    /// ```
    HDEL hdel(key: key, fields: args) -> u64;
    /// `HEXISTS`: whether a field exists.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.hexists("h", "a").await?);
    /// # Ok(()) });
    /// ```
    HEXISTS hexists(key: key, field: arg) -> bool;
    /// `HLEN`: the number of fields.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hlen("h").await?, 0);
    /// # Ok(()) });
    /// ```
    HLEN hlen(key: key) -> u64;
    /// `HSTRLEN`: the length of a field's value.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hstrlen("h", "a").await?, 0);
    /// # Ok(()) });
    /// ```
    HSTRLEN hstrlen(key: key, field: arg) -> u64;
    /// `HKEYS`: all fields.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.hkeys("h").await?.is_empty());
    /// # Ok(()) });
    /// ```
    HKEYS hkeys(key: key) -> Vec<Bytes>;
    /// `HVALS`: all values.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.hvals("h").await?.is_empty());
    /// # Ok(()) });
    /// ```
    HVALS hvals(key: key) -> Vec<Bytes>;
    /// `HINCRBY`: adds to a field; returns the sum.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hincrby("h", "a", 2).await?, 2);
    /// # Ok(()) });
    /// ```
    HINCRBY hincrby(key: key, field: arg, by: arg) -> i64;
    /// `HINCRBYFLOAT`: adds a number with a fraction to a field; returns the sum.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hincrbyfloat("h", "a", 0.5).await?, 0.5);
    /// # Ok(()) });
    /// ```
    HINCRBYFLOAT hincrbyfloat(key: key, field: arg, by: arg) -> f64;
    /// `HRANDFIELD`: a random field.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.hrandfield("h").await?.is_none());
    /// # Ok(()) });
    /// ```
    HRANDFIELD hrandfield(key: key) -> Option<Bytes>;
    /// `HRANDFIELD`: random fields, distinct ones if the count is positive.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.hrandfield_count("h", 2).await?.is_empty());
    /// # Ok(()) });
    /// ```
    HRANDFIELD hrandfield_count(key: key, count: arg) -> Vec<Bytes>;
    /// `HSCAN`: a page of fields and values, and the cursor of the next; it is 0 at the end.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.hset("h", [("a", 1)]).await?;
    /// let (next, page) = client.hscan("h", 0).matching("a*").await?;
    /// assert_eq!((next, page.len()), (0, 1));
    /// # Ok(()) });
    /// ```
    HSCAN hscan(key: key, cursor: arg) -> (u64, Vec<(Bytes, Bytes)>), ScanKind;
    /// `HEXPIRE`: lets fields expire after seconds; for each 1, or why not.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.hset("h", [("a", 1)]).await?;
    /// assert_eq!(client.hexpire("h", 60, ["a"]).await?, [1]);
    /// # Ok(()) });
    /// ```
    HEXPIRE hexpire(key: key, seconds: arg, fields: fields) -> Vec<i64>;
    /// `HPEXPIRE`: lets fields expire after milliseconds.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hpexpire("h", 60_000, ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HPEXPIRE hpexpire(key: key, milliseconds: arg, fields: fields) -> Vec<i64>;
    /// `HEXPIREAT`: lets fields expire at a time in seconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hexpireat("h", 4_000_000_000u64, ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HEXPIREAT hexpireat(key: key, seconds: arg, fields: fields) -> Vec<i64>;
    /// `HPEXPIREAT`: lets fields expire at a time in milliseconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hpexpireat("h", 4_000_000_000_000u64, ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HPEXPIREAT hpexpireat(key: key, milliseconds: arg, fields: fields) -> Vec<i64>;
    /// `HPERSIST`: lets fields expire no more.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hpersist("h", ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HPERSIST hpersist(key: key, fields: fields) -> Vec<i64>;
    /// `HTTL`: seconds until fields expire; -1 if one does not, -2 if there is none.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.httl("h", ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HTTL httl(key: key, fields: fields) -> Vec<i64>;
    /// `HPTTL`: milliseconds until fields expire.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hpttl("h", ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HPTTL hpttl(key: key, fields: fields) -> Vec<i64>;
    /// `HEXPIRETIME`: when fields expire, in seconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hexpiretime("h", ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HEXPIRETIME hexpiretime(key: key, fields: fields) -> Vec<i64>;
    /// `HPEXPIRETIME`: when fields expire, in milliseconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hpexpiretime("h", ["a"]).await?, [-2]);
    /// # Ok(()) });
    /// ```
    HPEXPIRETIME hpexpiretime(key: key, fields: fields) -> Vec<i64>;
    /// `HGETDEL`: the values of fields, which it deletes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.hgetdel("h", ["a"]).await?, [None]);
    /// # Ok(()) });
    /// ```
    HGETDEL hgetdel(key: key, fields: fields) -> Vec<Option<Bytes>>;
    /// `HGETEX`: the values of fields, whose expiry it may change as the words say.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.hset("h", [("a", 1)]).await?;
    /// assert!(client.hgetex("h", ["EX", "60"], ["a"]).await?[0].is_some());
    /// # Ok(()) });
    /// ```
    HGETEX hgetex(key: key, options: args, fields: fields) -> Vec<Option<Bytes>>;
    /// `HSETEX`: sets fields and their expiry as the words say.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.hsetex("h", ["EX", "60"], [("a", 1)]).await?);
    /// # Ok(()) });
    /// ```
    HSETEX hsetex(key: key, options: args, fields: fields_pairs) -> bool;
}

options! {
    /// Options of HSCAN, SSCAN and ZSCAN.
    ScanKind;
    /// MATCH: only what matches a pattern.
    matching(pattern) => "MATCH";
    /// COUNT: about how many are looked at in a step.
    count(count) => "COUNT";
}
