//! Sorted sets. Commands over several sets need them in one slot.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::hashes::ScanKind;
use super::lists::CountKind;
use super::sets::SintercardKind;
use super::{blocking_commands, commands, options};
use crate::Command;

commands! {
    /// `ZADD`: sets the scores of members, given as pairs of score and member; returns how many members are new.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zadd("z", [(1.5, "a"), (2.0, "b")]).await?, 2);
    /// # Ok(()) });
    /// ```
    ZADD zadd(key: key, scored: pairs) -> u64;
    /// `ZADD`: ZADD with options, each a word: `NX`, `XX`, `GT`, `LT`, `CH`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zadd_with("z", ["XX", "CH"], [(1, "a")]).await?, 0);
    /// # Ok(()) });
    /// ```
    ZADD zadd_with(key: key, options: args, scored: pairs) -> u64;
    /// `ZREM`: removes members; returns how many there were.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zrem("z", ["a"]).await?, 0);
    /// # Ok(()) });
    /// ```
    ZREM zrem(key: key, members: args) -> u64;
    /// `ZSCORE`: the score of a member.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zscore("z", "a").await?, None);
    /// # Ok(()) });
    /// ```
    ZSCORE zscore(key: key, member: arg) -> Option<f64>;
    /// `ZMSCORE`: the scores of members, in their order.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zmscore("z", ["a"]).await?, [None]);
    /// # Ok(()) });
    /// ```
    ZMSCORE zmscore(key: key, members: args) -> Vec<Option<f64>>;
    /// `ZINCRBY`: adds to a score; returns the sum.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zincrby("z", 1.5, "a").await?, 1.5);
    /// # Ok(()) });
    /// ```
    ZINCRBY zincrby(key: key, by: arg, member: arg) -> f64;
    /// `ZCARD`: the number of members.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zcard("z").await?, 0);
    /// # Ok(()) });
    /// ```
    ZCARD zcard(key: key) -> u64;
    /// `ZCOUNT`: the number of members with a score in a range.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zcount("z", "-inf", "(5").await?, 0);
    /// # Ok(()) });
    /// ```
    ZCOUNT zcount(key: key, min: arg, max: arg) -> u64;
    /// `ZLEXCOUNT`: the number of members in a range of names.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zlexcount("z", "-", "[c").await?, 0);
    /// # Ok(()) });
    /// ```
    ZLEXCOUNT zlexcount(key: key, min: arg, max: arg) -> u64;
    /// `ZRANGE`: members in a range, of ranks unless the options say otherwise.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.zadd("z", [(1, "a"), (2, "b")]).await?;
    /// let best = client.zrange("z", 0, 0).rev().withscores().await?;
    /// assert_eq!(best[0].1, 2.0);
    /// # Ok(()) });
    /// ```
    ZRANGE zrange(key: key, start: arg, stop: arg) -> Vec<Bytes>, ZrangeKind;
    /// `ZRANGESTORE`: stores a range in another sorted set; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zrangestore("{z}2", "{z}1", 0, -1).await?, 0);
    /// # Ok(()) });
    /// ```
    ZRANGESTORE zrangestore(to: key, key: key, start: arg, stop: arg) -> u64, ZrangeKind;
    /// `ZREVRANGE`: members in a range of ranks, the highest score first.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrevrange("z", 0, -1).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZREVRANGE zrevrange(key: key, start: arg, stop: arg) -> Vec<Bytes>;
    /// `ZRANGEBYSCORE`: members with a score in a range.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrangebyscore("z", 0, 10).limit(0, 5).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZRANGEBYSCORE zrangebyscore(key: key, min: arg, max: arg) -> Vec<Bytes>, LimitKind;
    /// `ZREVRANGEBYSCORE`: members with a score in a range, the highest first.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrevrangebyscore("z", 10, 0).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZREVRANGEBYSCORE zrevrangebyscore(key: key, max: arg, min: arg) -> Vec<Bytes>, LimitKind;
    /// `ZRANGEBYLEX`: members in a range of names.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrangebylex("z", "-", "+").await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZRANGEBYLEX zrangebylex(key: key, min: arg, max: arg) -> Vec<Bytes>, LimitKind;
    /// `ZREVRANGEBYLEX`: members in a range of names, the last first.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrevrangebylex("z", "+", "-").await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZREVRANGEBYLEX zrevrangebylex(key: key, max: arg, min: arg) -> Vec<Bytes>, LimitKind;
    /// `ZRANK`: the rank of a member, the lowest score first.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zrank("z", "a").await?, None);
    /// # Ok(()) });
    /// ```
    ZRANK zrank(key: key, member: arg) -> Option<u64>;
    /// `ZREVRANK`: the rank of a member, the highest score first.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zrevrank("z", "a").await?, None);
    /// # Ok(()) });
    /// ```
    ZREVRANK zrevrank(key: key, member: arg) -> Option<u64>;
    /// `ZPOPMIN`: removes and returns the member with the lowest score.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zpopmin("z").await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZPOPMIN zpopmin(key: key) -> Vec<(Bytes, f64)>;
    /// `ZPOPMAX`: removes and returns the member with the highest score.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zpopmax("z").await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZPOPMAX zpopmax(key: key) -> Vec<(Bytes, f64)>;
    /// `ZPOPMIN`: removes and returns the members with the lowest scores.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zpopmin_count("z", 3).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZPOPMIN zpopmin_count(key: key, count: arg) -> Vec<(Bytes, f64)>;
    /// `ZPOPMAX`: removes and returns the members with the highest scores.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zpopmax_count("z", 3).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZPOPMAX zpopmax_count(key: key, count: arg) -> Vec<(Bytes, f64)>;
    /// `ZMPOP`: removes and returns members (`MIN`, `MAX`) of the first set that has any.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zmpop(["z"], "MIN").count(2).await?.is_none());
    /// # Ok(()) });
    /// ```
    ZMPOP zmpop(keys: keys_n, which: arg) -> Option<(Bytes, Vec<(Bytes, f64)>)>, CountKind;
    /// `ZREMRANGEBYRANK`: removes a range of ranks; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zremrangebyrank("z", 0, -1).await?, 0);
    /// # Ok(()) });
    /// ```
    ZREMRANGEBYRANK zremrangebyrank(key: key, start: arg, stop: arg) -> u64;
    /// `ZREMRANGEBYSCORE`: removes a range of scores; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zremrangebyscore("z", 0, 1).await?, 0);
    /// # Ok(()) });
    /// ```
    ZREMRANGEBYSCORE zremrangebyscore(key: key, min: arg, max: arg) -> u64;
    /// `ZREMRANGEBYLEX`: removes a range of names; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zremrangebylex("z", "-", "+").await?, 0);
    /// # Ok(()) });
    /// ```
    ZREMRANGEBYLEX zremrangebylex(key: key, min: arg, max: arg) -> u64;
    /// `ZRANDMEMBER`: a random member.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrandmember("z").await?.is_none());
    /// # Ok(()) });
    /// ```
    ZRANDMEMBER zrandmember(key: key) -> Option<Bytes>;
    /// `ZRANDMEMBER`: random members, distinct ones if the count is positive.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zrandmember_count("z", 2).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZRANDMEMBER zrandmember_count(key: key, count: arg) -> Vec<Bytes>;
    /// `ZUNION`: members of any set.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zunion(["{z}1", "{z}2"]).withscores().await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZUNION zunion(keys: keys_n) -> Vec<Bytes>, ZcombineKind;
    /// `ZINTER`: members of all sets.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zinter(["{z}1", "{z}2"]).aggregate("MAX").await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZINTER zinter(keys: keys_n) -> Vec<Bytes>, ZcombineKind;
    /// `ZDIFF`: members of the first set and no other.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.zdiff(["{z}1", "{z}2"]).await?.is_empty());
    /// # Ok(()) });
    /// ```
    ZDIFF zdiff(keys: keys_n) -> Vec<Bytes>, ZdiffKind;
    /// `ZINTERCARD`: how many members are in all sets.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zintercard(["{z}1", "{z}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    ZINTERCARD zintercard(keys: keys_n) -> u64, SintercardKind;
    /// `ZUNIONSTORE`: stores members of any set; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zunionstore("{z}3", ["{z}1", "{z}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    ZUNIONSTORE zunionstore(to: key, keys: keys_n) -> u64, ZcombineKind;
    /// `ZINTERSTORE`: stores members of all sets; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zinterstore("{z}3", ["{z}1", "{z}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    ZINTERSTORE zinterstore(to: key, keys: keys_n) -> u64, ZcombineKind;
    /// `ZDIFFSTORE`: stores members of the first set and no other; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.zdiffstore("{z}3", ["{z}1", "{z}2"]).await?, 0);
    /// # Ok(()) });
    /// ```
    ZDIFFSTORE zdiffstore(to: key, keys: keys_n) -> u64;
    /// `ZSCAN`: a page of members and scores, and the cursor of the next; it is 0 at the end.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let (next, page) = client.zscan("z", 0).await?;
    /// assert_eq!((next, page.len()), (0, 0));
    /// # Ok(()) });
    /// ```
    ZSCAN zscan(key: key, cursor: arg) -> (u64, Vec<(Bytes, f64)>), ScanKind;
}

blocking_commands! {
    /// `BZPOPMIN`: removes and returns the member with the lowest score of the first set that has any; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.zadd("z", [(1, "a")]).await?;
    /// let popped = client.blocking().bzpopmin(["z"], 1).await?;
    /// assert_eq!(popped.map(|(_, _, score)| score), Some(1.0));
    /// # Ok(()) });
    /// ```
    BZPOPMIN bzpopmin(keys: keys, seconds: arg) -> Option<(Bytes, Bytes, f64)>;
    /// `BZPOPMAX`: removes and returns the member with the highest score of the first set that has any; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().bzpopmax(["z"], 0.01).await?.is_none());
    /// # Ok(()) });
    /// ```
    BZPOPMAX bzpopmax(keys: keys, seconds: arg) -> Option<(Bytes, Bytes, f64)>;
    /// `BZMPOP`: removes and returns a member (`MIN`, `MAX`) of the first set that has any; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().bzmpop(0.01, ["z"], "MIN").await?.is_none());
    /// # Ok(()) });
    /// ```
    BZMPOP bzmpop(seconds: arg, keys: keys_n, which: arg) -> Option<(Bytes, Vec<(Bytes, f64)>)>;
}

options! {
    /// Options of ZRANGE and ZRANGESTORE.
    ZrangeKind;
    /// BYSCORE: the range is of scores.
    byscore() => "BYSCORE";
    /// BYLEX: the range is of names.
    bylex() => "BYLEX";
    /// REV: from the highest.
    rev() => "REV";
    /// LIMIT: skips some and returns at most a number.
    limit(offset, count) => "LIMIT";
}

options! {
    /// Options of ZRANGEBYSCORE and its relatives.
    LimitKind;
    /// LIMIT: skips some and returns at most a number.
    limit(offset, count) => "LIMIT";
}

options! {
    /// Options of ZUNION, ZINTER and their storing forms.
    ZcombineKind;
    /// AGGREGATE: how scores are combined: `SUM`, `MIN`, `MAX`.
    aggregate(how) => "AGGREGATE";
}

impl<T, E> Command<T, ZcombineKind, E> {
    /// WEIGHTS: a factor for each set.
    pub fn weights(mut self, factors: impl IntoIterator<Item = impl crate::ToArg>) -> Self {
        self.request.arg("WEIGHTS");
        factors.into_iter().for_each(|factor| self.request.arg(factor));
        self
    }
}

options! {
    /// Options of ZDIFF.
    ZdiffKind;
}

/// WITHSCORES of the commands that know it.
macro_rules! withscores {
    ($($kind:ident)*) => {$(
        impl<E> Command<Vec<Bytes>, $kind, E> {
            /// WITHSCORES: returns the scores too.
            pub fn withscores(mut self) -> Command<Vec<(Bytes, f64)>, $kind, E> {
                self.request.arg("WITHSCORES");
                self.as_()
            }
        }
    )*};
}
withscores!(ZrangeKind ZcombineKind ZdiffKind LimitKind);
