//! Sorted sets. Commands over several sets need them in one slot.

use bytes::Bytes;

use super::{commands, options};
use crate::Command;

commands! {
    /// ZADD: sets the scores of members, given as pairs of score and member; returns how many
    /// members are new. Give its options first: [`zadd_with`].
    ZADD zadd(key: key, scored: pairs) -> u64;
    /// ZADD with options, each a word: `NX`, `XX`, `GT`, `LT`, `CH`.
    ZADD zadd_with(key: key, options: args, scored: pairs) -> u64;
    /// ZREM: removes members; returns how many there were.
    ZREM zrem(key: key, members: args) -> u64;
    /// ZSCORE: the score of a member.
    ZSCORE zscore(key: key, member: arg) -> Option<f64>;
    /// ZMSCORE: the scores of members, in their order.
    ZMSCORE zmscore(key: key, members: args) -> Vec<Option<f64>>;
    /// ZINCRBY: adds to a score; returns the sum.
    ZINCRBY zincrby(key: key, by: arg, member: arg) -> f64;
    /// ZCARD: the number of members.
    ZCARD zcard(key: key) -> u64;
    /// ZCOUNT: the number of members with a score in a range.
    ZCOUNT zcount(key: key, min: arg, max: arg) -> u64;
    /// ZLEXCOUNT: the number of members in a range of names.
    ZLEXCOUNT zlexcount(key: key, min: arg, max: arg) -> u64;
    /// ZRANGE: members in a range, of ranks unless the options say otherwise.
    ZRANGE zrange(key: key, start: arg, stop: arg) -> Vec<Bytes>, ZrangeKind;
    /// ZRANGESTORE: stores a range in another sorted set; returns how many.
    ZRANGESTORE zrangestore(to: key, key: key, start: arg, stop: arg) -> u64, ZrangeKind;
    /// ZRANK: the rank of a member, the lowest score first.
    ZRANK zrank(key: key, member: arg) -> Option<u64>;
    /// ZREVRANK: the rank of a member, the highest score first.
    ZREVRANK zrevrank(key: key, member: arg) -> Option<u64>;
    /// ZPOPMIN: removes and returns the member with the lowest score.
    ZPOPMIN zpopmin(key: key) -> Vec<(Bytes, f64)>;
    /// ZPOPMAX: removes and returns the member with the highest score.
    ZPOPMAX zpopmax(key: key) -> Vec<(Bytes, f64)>;
    /// ZPOPMIN with a count.
    ZPOPMIN zpopmin_count(key: key, count: arg) -> Vec<(Bytes, f64)>;
    /// ZPOPMAX with a count.
    ZPOPMAX zpopmax_count(key: key, count: arg) -> Vec<(Bytes, f64)>;
    /// ZREMRANGEBYRANK: removes a range of ranks; returns how many.
    ZREMRANGEBYRANK zremrangebyrank(key: key, start: arg, stop: arg) -> u64;
    /// ZREMRANGEBYSCORE: removes a range of scores; returns how many.
    ZREMRANGEBYSCORE zremrangebyscore(key: key, min: arg, max: arg) -> u64;
    /// ZRANDMEMBER: a random member.
    ZRANDMEMBER zrandmember(key: key) -> Option<Bytes>;
    /// ZUNION: members of any set.
    ZUNION zunion(keys: keys_n) -> Vec<Bytes>, ZcombineKind;
    /// ZINTER: members of all sets.
    ZINTER zinter(keys: keys_n) -> Vec<Bytes>, ZcombineKind;
    /// ZDIFF: members of the first set and no other.
    ZDIFF zdiff(keys: keys_n) -> Vec<Bytes>;
    /// ZUNIONSTORE: stores members of any set; returns how many.
    ZUNIONSTORE zunionstore(to: key, keys: keys_n) -> u64, ZcombineKind;
    /// ZINTERSTORE: stores members of all sets; returns how many.
    ZINTERSTORE zinterstore(to: key, keys: keys_n) -> u64, ZcombineKind;
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

impl<E> Command<Vec<Bytes>, ZrangeKind, E> {
    /// WITHSCORES: returns the scores too.
    pub fn withscores(mut self) -> Command<Vec<(Bytes, f64)>, ZrangeKind, E> {
        self.request.arg("WITHSCORES");
        self.as_()
    }
}

options! {
    /// Options of ZUNION, ZINTER and their storing forms.
    ZcombineKind;
    /// AGGREGATE: how scores are combined: `SUM`, `MIN`, `MAX`.
    aggregate(how) => "AGGREGATE";
}

impl<E> Command<Vec<Bytes>, ZcombineKind, E> {
    /// WITHSCORES: returns the scores too.
    pub fn withscores(mut self) -> Command<Vec<(Bytes, f64)>, ZcombineKind, E> {
        self.request.arg("WITHSCORES");
        self.as_()
    }
}
