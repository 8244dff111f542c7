//! Sets. Commands over several sets need them in one slot.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use std::collections::HashSet;

use bytes::Bytes;

use super::hashes::ScanKind;
use super::{commands, options};

commands! {
    /// `SADD`: adds members; returns how many are new.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.sadd("s", ["a", "b"]).await?, 2);
    /// # Ok(()) });
    /// ```
    SADD sadd(key: key, members: args) -> u64;
    /// `SREM`: removes members; returns how many there were.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.srem("s", ["a"]).await?, 0);
    /// # Ok(()) });
    /// ```
    SREM srem(key: key, members: args) -> u64;
    /// `SISMEMBER`: whether it is a member.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.sismember("s", "a").await?);
    /// # Ok(()) });
    /// ```
    SISMEMBER sismember(key: key, member: arg) -> bool;
    /// `SMISMEMBER`: for each whether it is a member.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.smismember("s", ["a", "b"]).await?, [false, false]);
    /// # Ok(()) });
    /// ```
    SMISMEMBER smismember(key: key, members: args) -> Vec<bool>;
    /// `SMEMBERS`: all members.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.sadd("s", ["a"]).await?;
    /// assert!(client.smembers("s").await?.contains(&b"a"[..]));
    /// # Ok(()) });
    /// ```
    SMEMBERS smembers(key: key) -> HashSet<Bytes>;
    /// `SCARD`: the number of members.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.scard("s").await?, 0);
    /// # Ok(()) });
    /// ```
    SCARD scard(key: key) -> u64;
    /// `SPOP`: removes and returns a random member.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.spop("s").await?.is_none());
    /// # Ok(()) });
    /// ```
    SPOP spop(key: key) -> Option<Bytes>;
    /// `SPOP`: removes and returns random members.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.spop_count("s", 2).await?.is_empty());
    /// # Ok(()) });
    /// ```
    SPOP spop_count(key: key, count: arg) -> Vec<Bytes>;
    /// `SRANDMEMBER`: a random member.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.srandmember("s").await?.is_none());
    /// # Ok(()) });
    /// ```
    SRANDMEMBER srandmember(key: key) -> Option<Bytes>;
    /// `SRANDMEMBER`: random members, distinct ones if the count is positive.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.srandmember_count("s", 2).await?.is_empty());
    /// # Ok(()) });
    /// ```
    SRANDMEMBER srandmember_count(key: key, count: arg) -> Vec<Bytes>;
    /// `SMOVE`: moves a member to another set.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.smove("{s}1", "{s}2", "a").await?);
    /// # Ok(()) });
    /// ```
    SMOVE smove(from: key, to: key, member: arg) -> bool;
    /// `SINTER`: what is in all sets.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.sinter(["{s}1", "{s}2"]).await?.is_empty());
    /// # Ok(()) });
    /// ```
    SINTER sinter(keys: keys) -> HashSet<Bytes>;
    /// `SUNION`: what is in any set.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.sunion(["{s}1", "{s}2"]).await?.is_empty());
    /// # Ok(()) });
    /// ```
    SUNION sunion(keys: keys) -> HashSet<Bytes>;
    /// `SDIFF`: what is in the first set and in no other.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.sdiff(["{s}1", "{s}2"]).await?.is_empty());
    /// # Ok(()) });
    /// ```
    SDIFF sdiff(keys: keys) -> HashSet<Bytes>;
    /// `SINTERSTORE`: stores what is in all sets; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.sinterstore("{s}3", ["{s}1", "{s}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    SINTERSTORE sinterstore(to: key, keys: keys) -> u64;
    /// `SUNIONSTORE`: stores what is in any set; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.sunionstore("{s}3", ["{s}1", "{s}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    SUNIONSTORE sunionstore(to: key, keys: keys) -> u64;
    /// `SDIFFSTORE`: stores what is in the first set and in no other; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.sdiffstore("{s}3", ["{s}1", "{s}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    SDIFFSTORE sdiffstore(to: key, keys: keys) -> u64;
    /// `SINTERCARD`: how many are in all sets.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.sintercard(["{s}1", "{s}2"]).limit(10).await?, 0);
    /// # Ok(()) });
    /// ```
    SINTERCARD sintercard(keys: keys_n) -> u64, SintercardKind;
    /// `SSCAN`: a page of members, and the cursor of the next; it is 0 at the end.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let (next, page) = client.sscan("s", 0).count(100).await?;
    /// assert_eq!((next, page.len()), (0, 0));
    /// # Ok(()) });
    /// ```
    SSCAN sscan(key: key, cursor: arg) -> (u64, Vec<Bytes>), ScanKind;
}

options! {
    /// Options of SINTERCARD.
    SintercardKind;
    /// LIMIT: counts no further.
    limit(count) => "LIMIT";
}
