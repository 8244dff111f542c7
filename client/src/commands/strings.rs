//! Strings.

use bytes::Bytes;

use super::{commands, options};
use crate::Command;

commands! {
    /// GET: the value of a key.
    GET get(key: key) -> Option<Bytes>;
    /// SET: gives a key a value. The reply is null if NX, XX or an IFEQ prevented it; with
    /// [`get`](Command::get), it is the old value.
    SET set(key: key, value: arg) -> Option<Bytes>, SetKind;
    /// GETSET: gives a key a value and returns the old one.
    GETSET getset(key: key, value: arg) -> Option<Bytes>;
    /// GETDEL: returns the value of a key and deletes it.
    GETDEL getdel(key: key) -> Option<Bytes>;
    /// GETEX: returns the value of a key and may change its expiry.
    GETEX getex(key: key) -> Option<Bytes>, GetExKind;
    /// MGET: the values of keys, in their order. In a cluster it is split by slot.
    MGET mget(keys: keys) -> Vec<Option<Bytes>>;
    /// MSET: gives keys their values. Keys of different slots need
    /// [`non_atomic`](Command::non_atomic), because they can't be set at once.
    MSET mset(pairs: keyed) -> (), MsetKind;
    /// MSETNX: gives keys their values if none of them exists. All must be in one slot.
    MSETNX msetnx(pairs: keyed) -> bool;
    /// SETNX: gives a key a value if it does not exist.
    SETNX setnx(key: key, value: arg) -> bool;
    /// SETEX: gives a key a value for some seconds.
    SETEX setex(key: key, seconds: arg, value: arg) -> ();
    /// PSETEX: gives a key a value for some milliseconds.
    PSETEX psetex(key: key, milliseconds: arg, value: arg) -> ();
    /// INCR: adds one; returns the sum.
    INCR incr(key: key) -> i64;
    /// DECR: subtracts one; returns the difference.
    DECR decr(key: key) -> i64;
    /// INCRBY: adds; returns the sum.
    INCRBY incrby(key: key, by: arg) -> i64;
    /// DECRBY: subtracts; returns the difference.
    DECRBY decrby(key: key, by: arg) -> i64;
    /// INCRBYFLOAT: adds a number with a fraction; returns the sum.
    INCRBYFLOAT incrbyfloat(key: key, by: arg) -> f64;
    /// APPEND: appends to a value; returns its new length.
    APPEND append(key: key, value: arg) -> u64;
    /// STRLEN: the length of a value.
    STRLEN strlen(key: key) -> u64;
    /// GETRANGE: a part of a value; both ends are included, and negative ones count from the end.
    GETRANGE getrange(key: key, start: arg, end: arg) -> Bytes;
    /// SETRANGE: overwrites a part of a value; returns its new length.
    SETRANGE setrange(key: key, offset: arg, value: arg) -> u64;
    /// SETBIT: sets or clears a bit; returns the old one.
    SETBIT setbit(key: key, offset: arg, bit: arg) -> bool;
    /// GETBIT: a bit.
    GETBIT getbit(key: key, offset: arg) -> bool;
    /// BITCOUNT: the number of bits that are set.
    BITCOUNT bitcount(key: key) -> u64;
}

options! {
    /// Options of SET.
    SetKind;
    /// EX: expires after seconds.
    ex(seconds) => "EX";
    /// PX: expires after milliseconds.
    px(milliseconds) => "PX";
    /// EXAT: expires at a time in seconds since 1970.
    exat(seconds) => "EXAT";
    /// PXAT: expires at a time in milliseconds since 1970.
    pxat(milliseconds) => "PXAT";
    /// KEEPTTL: keeps the expiry that the key has.
    keepttl() => "KEEPTTL";
    /// NX: only if the key does not exist.
    nx() => "NX";
    /// XX: only if the key exists.
    xx() => "XX";
    /// IFEQ (Valkey): only if the key has this value.
    ifeq(value) => "IFEQ";
    /// GET: returns the old value.
    get() => "GET";
}

options! {
    /// Options of GETEX.
    GetExKind;
    /// EX: expires after seconds.
    ex(seconds) => "EX";
    /// PX: expires after milliseconds.
    px(milliseconds) => "PX";
    /// EXAT: expires at a time in seconds since 1970.
    exat(seconds) => "EXAT";
    /// PXAT: expires at a time in milliseconds since 1970.
    pxat(milliseconds) => "PXAT";
    /// PERSIST: expires no more.
    persist() => "PERSIST";
}

/// Options of MSET.
#[derive(Debug)]
pub enum MsetKind {}

impl<T, E> Command<T, MsetKind, E> {
    /// Allows keys of different slots. Each slot's keys are set at once, the slots one by one; if
    /// some fail, the others are set all the same.
    pub fn non_atomic(mut self) -> Self {
        self.request.non_atomic = true;
        self
    }
}
