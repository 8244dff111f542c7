//! Hashes.

use std::collections::HashMap;

use bytes::Bytes;

use super::commands;

commands! {
    /// HSET: sets fields; returns how many are new.
    HSET hset(key: key, fields: pairs) -> u64;
    /// HSETNX: sets a field if it does not exist.
    HSETNX hsetnx(key: key, field: arg, value: arg) -> bool;
    /// HGET: the value of a field.
    HGET hget(key: key, field: arg) -> Option<Bytes>;
    /// HMGET: the values of fields, in their order.
    HMGET hmget(key: key, fields: args) -> Vec<Option<Bytes>>;
    /// HGETALL: all fields and values.
    HGETALL hgetall(key: key) -> HashMap<Bytes, Bytes>;
    /// HDEL: deletes fields; returns how many there were.
    HDEL hdel(key: key, fields: args) -> u64;
    /// HEXISTS: whether a field exists.
    HEXISTS hexists(key: key, field: arg) -> bool;
    /// HLEN: the number of fields.
    HLEN hlen(key: key) -> u64;
    /// HSTRLEN: the length of a field's value.
    HSTRLEN hstrlen(key: key, field: arg) -> u64;
    /// HKEYS: all fields.
    HKEYS hkeys(key: key) -> Vec<Bytes>;
    /// HVALS: all values.
    HVALS hvals(key: key) -> Vec<Bytes>;
    /// HINCRBY: adds to a field; returns the sum.
    HINCRBY hincrby(key: key, field: arg, by: arg) -> i64;
    /// HINCRBYFLOAT: adds a number with a fraction to a field; returns the sum.
    HINCRBYFLOAT hincrbyfloat(key: key, field: arg, by: arg) -> f64;
    /// HRANDFIELD: a random field.
    HRANDFIELD hrandfield(key: key) -> Option<Bytes>;
    /// HRANDFIELD with a count: random fields, distinct ones if the count is positive.
    HRANDFIELD hrandfield_count(key: key, count: arg) -> Vec<Bytes>;
}
