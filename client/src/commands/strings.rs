//! Strings and bits.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::{commands, options};
use crate::Command;

commands! {
    /// `GET`: the value of a key.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "v").await?;
    /// assert_eq!(client.get("k").await?.as_deref(), Some(&b"v"[..]));
    /// # Ok(()) });
    /// ```
    GET get(key: key) -> Option<Bytes>;
    /// `SET`: gives a key a value. The reply is null if NX, XX or IFEQ prevented it; with GET, it is the old value.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "v").ex(60).await?;
    /// assert!(client.set("k", "w").nx().await?.is_none());
    /// # Ok(()) });
    /// ```
    SET set(key: key, value: arg) -> Option<Bytes>, SetKind;
    /// `GETSET`: gives a key a value and returns the old one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.getset("k", "v").await?.is_none());
    /// # Ok(()) });
    /// ```
    GETSET getset(key: key, value: arg) -> Option<Bytes>;
    /// `GETDEL`: returns the value of a key and deletes it.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", 1).await?;
    /// assert_eq!(client.getdel("k").as_::<i64>().await?, 1);
    /// # Ok(()) });
    /// ```
    GETDEL getdel(key: key) -> Option<Bytes>;
    /// `GETEX`: returns the value of a key and may change its expiry.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.getex("k").ex(10).await?;
    /// # Ok(()) });
    /// ```
    GETEX getex(key: key) -> Option<Bytes>, GetExKind;
    /// `DELIFEQ`: deletes a key if it has this value (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("lock", "mine").await?;
    /// assert!(!client.delifeq("lock", "yours").await?);
    /// # Ok(()) });
    /// ```
    DELIFEQ delifeq(key: key, value: arg) -> bool;
    /// `MGET`: the values of keys, in their order. In a cluster it is split by slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("a", 1).await?;
    /// let values: Vec<Option<i64>> = client.mget(["a", "b"]).as_().await?;
    /// assert_eq!(values, [Some(1), None]);
    /// # Ok(()) });
    /// ```
    MGET mget(keys: keys) -> Vec<Option<Bytes>>;
    /// `MSET`: gives keys their values. Keys of different slots need `non_atomic`, because they can't be set at once.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.mset([("{x}1", 1), ("{x}2", 2)]).await?;
    /// # Ok(()) });
    /// ```
    MSET mset(pairs: keyed) -> (), MsetKind;
    /// `MSETNX`: gives keys their values if none of them exists. All must be in one slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.msetnx([("{x}1", 1), ("{x}2", 2)]).await?);
    /// # Ok(()) });
    /// ```
    MSETNX msetnx(pairs: keyed) -> bool;
    /// `MSETEX`: gives keys of one slot their values and an expiry (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.msetex([("{x}1", 1), ("{x}2", 2)]).ex(60).await?);
    /// # Ok(()) });
    /// ```
    MSETEX msetex(pairs: keyed_n) -> bool, MsetExKind;
    /// `SETNX`: gives a key a value if it does not exist.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.setnx("k", "v").await?);
    /// # Ok(()) });
    /// ```
    SETNX setnx(key: key, value: arg) -> bool;
    /// `SETEX`: gives a key a value for some seconds.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.setex("k", 60, "v").await?;
    /// # Ok(()) });
    /// ```
    SETEX setex(key: key, seconds: arg, value: arg) -> ();
    /// `PSETEX`: gives a key a value for some milliseconds.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.psetex("k", 60_000, "v").await?;
    /// # Ok(()) });
    /// ```
    PSETEX psetex(key: key, milliseconds: arg, value: arg) -> ();
    /// `INCR`: adds one; returns the sum.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.incr("n").await?, 1);
    /// # Ok(()) });
    /// ```
    INCR incr(key: key) -> i64;
    /// `DECR`: subtracts one; returns the difference.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.decr("n").await?, -1);
    /// # Ok(()) });
    /// ```
    DECR decr(key: key) -> i64;
    /// `INCRBY`: adds; returns the sum.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.incrby("n", 5).await?, 5);
    /// # Ok(()) });
    /// ```
    INCRBY incrby(key: key, by: arg) -> i64;
    /// `DECRBY`: subtracts; returns the difference.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.decrby("n", 5).await?, -5);
    /// # Ok(()) });
    /// ```
    DECRBY decrby(key: key, by: arg) -> i64;
    /// `INCRBYFLOAT`: adds a number with a fraction; returns the sum.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.incrbyfloat("n", 0.5).await?, 0.5);
    /// # Ok(()) });
    /// ```
    INCRBYFLOAT incrbyfloat(key: key, by: arg) -> f64;
    /// `APPEND`: appends to a value; returns its new length.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.append("k", "abc").await?, 3);
    /// # Ok(()) });
    /// ```
    APPEND append(key: key, value: arg) -> u64;
    /// `STRLEN`: the length of a value.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.strlen("k").await?, 0);
    /// # Ok(()) });
    /// ```
    STRLEN strlen(key: key) -> u64;
    /// `GETRANGE`: a part of a value; both ends are included, and negative ones count from the end.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "hello").await?;
    /// assert_eq!(client.getrange("k", 1, -2).await?, "ell");
    /// # Ok(()) });
    /// ```
    GETRANGE getrange(key: key, start: arg, end: arg) -> Bytes;
    /// `SUBSTR`: the old name of GETRANGE.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.substr("k", 0, -1).await?, "");
    /// # Ok(()) });
    /// ```
    SUBSTR substr(key: key, start: arg, end: arg) -> Bytes;
    /// `SETRANGE`: overwrites a part of a value; returns its new length.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.setrange("k", 2, "x").await?, 3);
    /// # Ok(()) });
    /// ```
    SETRANGE setrange(key: key, offset: arg, value: arg) -> u64;
    /// `LCS`: the longest common subsequence of two values of one slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.mset([("{x}1", "ohmytext"), ("{x}2", "mynewtext")]).await?;
    /// assert_eq!(client.lcs("{x}1", "{x}2").await?, "mytext");
    /// # Ok(()) });
    /// ```
    LCS lcs(first: key, second: key) -> Bytes;
    /// `SETBIT`: sets or clears a bit; returns the old one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.setbit("k", 7, 1).await?);
    /// # Ok(()) });
    /// ```
    SETBIT setbit(key: key, offset: arg, bit: arg) -> bool;
    /// `GETBIT`: a bit.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.getbit("k", 7).await?);
    /// # Ok(()) });
    /// ```
    GETBIT getbit(key: key, offset: arg) -> bool;
    /// `BITCOUNT`: the number of bits that are set.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "a").await?;
    /// assert_eq!(client.bitcount("k").await?, 3);
    /// # Ok(()) });
    /// ```
    BITCOUNT bitcount(key: key) -> u64;
    /// `BITCOUNT`: the number of bits that are set in a range of bytes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.bitcount_range("k", 0, -1).await?, 0);
    /// # Ok(()) });
    /// ```
    BITCOUNT bitcount_range(key: key, start: arg, end: arg) -> u64;
    /// `BITPOS`: the position of the first bit that is set or clear; -1 if there is none.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.bitpos("k", 1).await?, -1);
    /// # Ok(()) });
    /// ```
    BITPOS bitpos(key: key, bit: arg) -> i64;
    /// `BITPOS`: the position of the first bit that is set or clear within a range of bytes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.bitpos_range("k", 1, 0, -1).await?, -1);
    /// # Ok(()) });
    /// ```
    BITPOS bitpos_range(key: key, bit: arg, start: arg, end: arg) -> i64;
    /// `BITOP`: combines values bit by bit (`AND`, `OR`, `XOR`, `NOT`, `DIFF`, `ONE`, …) and stores the result; returns its length.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.mset([("{x}1", "a"), ("{x}2", "b")]).await?;
    /// assert_eq!(client.bitop("AND", "{x}3", ["{x}1", "{x}2"]).await?, 1);
    /// # Ok(()) });
    /// ```
    BITOP bitop(operation: arg, to: key, keys: keys) -> u64;
    /// `BITFIELD`: reads, sets and adds to integers of any width, as its words say.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let sums = client.bitfield("k", ["INCRBY", "u8", "0", "5"]).await?;
    /// assert_eq!(sums, [Some(5)]);
    /// # Ok(()) });
    /// ```
    BITFIELD bitfield(key: key, operations: args) -> Vec<Option<i64>>;
    /// `BITFIELD_RO`: reads integers of any width.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.bitfield_ro("k", ["GET", "u8", "0"]).await?, [Some(0)]);
    /// # Ok(()) });
    /// ```
    BITFIELD_RO bitfield_ro(key: key, operations: args) -> Vec<Option<i64>>;
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

options! {
    /// Options of MSETEX.
    MsetExKind;
    /// NX: only if none of the keys exists.
    nx() => "NX";
    /// XX: only if all keys exist.
    xx() => "XX";
    /// EX: expires after seconds.
    ex(seconds) => "EX";
    /// PX: expires after milliseconds.
    px(milliseconds) => "PX";
    /// EXAT: expires at a time in seconds since 1970.
    exat(seconds) => "EXAT";
    /// PXAT: expires at a time in milliseconds since 1970.
    pxat(milliseconds) => "PXAT";
    /// KEEPTTL: keeps the expiry that the keys have.
    keepttl() => "KEEPTTL";
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
