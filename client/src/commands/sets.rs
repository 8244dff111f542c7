//! Sets. Commands over several sets need them in one slot.

use std::collections::HashSet;

use bytes::Bytes;

use super::{commands, options};

commands! {
    /// SADD: adds members; returns how many are new.
    SADD sadd(key: key, members: args) -> u64;
    /// SREM: removes members; returns how many there were.
    SREM srem(key: key, members: args) -> u64;
    /// SISMEMBER: whether it is a member.
    SISMEMBER sismember(key: key, member: arg) -> bool;
    /// SMISMEMBER: for each whether it is a member.
    SMISMEMBER smismember(key: key, members: args) -> Vec<bool>;
    /// SMEMBERS: all members.
    SMEMBERS smembers(key: key) -> HashSet<Bytes>;
    /// SCARD: the number of members.
    SCARD scard(key: key) -> u64;
    /// SPOP: removes and returns a random member.
    SPOP spop(key: key) -> Option<Bytes>;
    /// SPOP with a count: removes and returns random members.
    SPOP spop_count(key: key, count: arg) -> Vec<Bytes>;
    /// SRANDMEMBER: a random member.
    SRANDMEMBER srandmember(key: key) -> Option<Bytes>;
    /// SRANDMEMBER with a count: random members, distinct ones if the count is positive.
    SRANDMEMBER srandmember_count(key: key, count: arg) -> Vec<Bytes>;
    /// SMOVE: moves a member to another set.
    SMOVE smove(from: key, to: key, member: arg) -> bool;
    /// SINTER: what is in all sets.
    SINTER sinter(keys: keys) -> HashSet<Bytes>;
    /// SUNION: what is in any set.
    SUNION sunion(keys: keys) -> HashSet<Bytes>;
    /// SDIFF: what is in the first set and in no other.
    SDIFF sdiff(keys: keys) -> HashSet<Bytes>;
    /// SINTERSTORE: stores what is in all sets; returns how many.
    SINTERSTORE sinterstore(to: key, keys: keys) -> u64;
    /// SUNIONSTORE: stores what is in any set; returns how many.
    SUNIONSTORE sunionstore(to: key, keys: keys) -> u64;
    /// SDIFFSTORE: stores what is in the first set and in no other; returns how many.
    SDIFFSTORE sdiffstore(to: key, keys: keys) -> u64;
    /// SINTERCARD: how many are in all sets.
    SINTERCARD sintercard(keys: keys_n) -> u64, SintercardKind;
}

options! {
    /// Options of SINTERCARD.
    SintercardKind;
    /// LIMIT: counts no further.
    limit(count) => "LIMIT";
}
