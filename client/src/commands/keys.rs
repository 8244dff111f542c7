//! Keys of any type.

use bytes::Bytes;

use super::{commands, options};

commands! {
    /// DEL: deletes keys; returns how many there were. In a cluster it is split by slot.
    DEL del(keys: keys) -> u64;
    /// UNLINK: deletes keys, and frees their memory in the background.
    UNLINK unlink(keys: keys) -> u64;
    /// EXISTS: how many of the keys exist; a key that is named twice counts twice.
    EXISTS exists(keys: keys) -> u64;
    /// TOUCH: marks keys as used; returns how many exist.
    TOUCH touch(keys: keys) -> u64;
    /// TYPE: the type of a key's value, `none` if there is none.
    TYPE type_of(key: key) -> String;
    /// EXPIRE: lets a key expire after seconds. False if there is no such key.
    EXPIRE expire(key: key, seconds: arg) -> bool, ExpireKind;
    /// PEXPIRE: lets a key expire after milliseconds.
    PEXPIRE pexpire(key: key, milliseconds: arg) -> bool, ExpireKind;
    /// EXPIREAT: lets a key expire at a time in seconds since 1970.
    EXPIREAT expireat(key: key, seconds: arg) -> bool, ExpireKind;
    /// PEXPIREAT: lets a key expire at a time in milliseconds since 1970.
    PEXPIREAT pexpireat(key: key, milliseconds: arg) -> bool, ExpireKind;
    /// PERSIST: lets a key expire no more.
    PERSIST persist(key: key) -> bool;
    /// TTL: seconds until a key expires; -1 if it does not, -2 if there is none.
    TTL ttl(key: key) -> i64;
    /// PTTL: milliseconds until a key expires; -1 if it does not, -2 if there is none.
    PTTL pttl(key: key) -> i64;
    /// EXPIRETIME: when a key expires, in seconds since 1970.
    EXPIRETIME expiretime(key: key) -> i64;
    /// RENAME: renames a key. Both names must be in one slot.
    RENAME rename(key: key, to: key) -> ();
    /// RENAMENX: renames a key if the new name is free.
    RENAMENX renamenx(key: key, to: key) -> bool;
    /// COPY: copies a value to another key of the same slot.
    COPY copy(key: key, to: key) -> bool, CopyKind;
    /// DUMP: a value in serialized form.
    DUMP dump(key: key) -> Option<Bytes>;
    /// RESTORE: creates a key from its serialized form, to expire after milliseconds or never (0).
    RESTORE restore(key: key, milliseconds: arg, dump: arg) -> ();
    /// OBJECT ENCODING: how a value is kept in memory.
    OBJECT_ENCODING object_encoding(key: key) -> Option<String>;
    /// KEYS: all keys that match a pattern, of all primaries. It stops each server while it runs.
    KEYS keys(pattern: arg) -> Vec<Bytes>;
    /// DBSIZE: the number of keys, of all primaries.
    DBSIZE dbsize() -> u64;
    /// FLUSHALL: deletes all keys of all databases, on all primaries.
    FLUSHALL flushall() -> ();
    /// FLUSHDB: deletes all keys of the database, on all primaries.
    FLUSHDB flushdb() -> ();
}

options! {
    /// Options of EXPIRE and its relatives.
    ExpireKind;
    /// NX: only if it does not expire yet.
    nx() => "NX";
    /// XX: only if it expires already.
    xx() => "XX";
    /// GT: only to a later time.
    gt() => "GT";
    /// LT: only to an earlier time.
    lt() => "LT";
}

options! {
    /// Options of COPY.
    CopyKind;
    /// REPLACE: overwrites the other key.
    replace() => "REPLACE";
}
