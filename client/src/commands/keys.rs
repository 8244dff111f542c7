//! Keys of any type.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::{blocking_commands, commands, options};

commands! {
    /// `DEL`: deletes keys; returns how many there were. In a cluster it is split by slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("a", 1).await?;
    /// assert_eq!(client.del(["a", "b"]).await?, 1);
    /// # Ok(()) });
    /// ```
    DEL del(keys: keys) -> u64;
    /// `UNLINK`: deletes keys, and frees their memory in the background.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.unlink(["a", "b"]).await?, 0);
    /// # Ok(()) });
    /// ```
    UNLINK unlink(keys: keys) -> u64;
    /// `EXISTS`: how many of the keys exist; a key that is named twice counts twice.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("a", 1).await?;
    /// assert_eq!(client.exists(["a", "a", "b"]).await?, 2);
    /// # Ok(()) });
    /// ```
    EXISTS exists(keys: keys) -> u64;
    /// `TOUCH`: marks keys as used; returns how many exist.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.touch(["a"]).await?, 0);
    /// # Ok(()) });
    /// ```
    TOUCH touch(keys: keys) -> u64;
    /// `TYPE`: the type of a key's value, `none` if there is none.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.type_of("k").await?, "none");
    /// # Ok(()) });
    /// ```
    TYPE type_of(key: key) -> String;
    /// `EXPIRE`: lets a key expire after seconds. False if there is no such key.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", 1).await?;
    /// assert!(client.expire("k", 60).nx().await?);
    /// # Ok(()) });
    /// ```
    EXPIRE expire(key: key, seconds: arg) -> bool, ExpireKind;
    /// `PEXPIRE`: lets a key expire after milliseconds.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.pexpire("k", 60_000).await?);
    /// # Ok(()) });
    /// ```
    PEXPIRE pexpire(key: key, milliseconds: arg) -> bool, ExpireKind;
    /// `EXPIREAT`: lets a key expire at a time in seconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.expireat("k", 4_000_000_000u64).await?);
    /// # Ok(()) });
    /// ```
    EXPIREAT expireat(key: key, seconds: arg) -> bool, ExpireKind;
    /// `PEXPIREAT`: lets a key expire at a time in milliseconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.pexpireat("k", 4_000_000_000_000u64).await?);
    /// # Ok(()) });
    /// ```
    PEXPIREAT pexpireat(key: key, milliseconds: arg) -> bool, ExpireKind;
    /// `PERSIST`: lets a key expire no more.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.persist("k").await?);
    /// # Ok(()) });
    /// ```
    PERSIST persist(key: key) -> bool;
    /// `TTL`: seconds until a key expires; -1 if it does not, -2 if there is none.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.ttl("k").await?, -2);
    /// # Ok(()) });
    /// ```
    TTL ttl(key: key) -> i64;
    /// `PTTL`: milliseconds until a key expires; -1 if it does not, -2 if there is none.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.pttl("k").await?, -2);
    /// # Ok(()) });
    /// ```
    PTTL pttl(key: key) -> i64;
    /// `EXPIRETIME`: when a key expires, in seconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.expiretime("k").await?, -2);
    /// # Ok(()) });
    /// ```
    EXPIRETIME expiretime(key: key) -> i64;
    /// `PEXPIRETIME`: when a key expires, in milliseconds since 1970.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.pexpiretime("k").await?, -2);
    /// # Ok(()) });
    /// ```
    PEXPIRETIME pexpiretime(key: key) -> i64;
    /// `RENAME`: renames a key. Both names must be in one slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("{k}a", 1).await?;
    /// client.rename("{k}a", "{k}b").await?;
    /// # Ok(()) });
    /// ```
    RENAME rename(key: key, to: key) -> ();
    /// `RENAMENX`: renames a key if the new name is free.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("{k}a", 1).await?;
    /// assert!(client.renamenx("{k}a", "{k}b").await?);
    /// # Ok(()) });
    /// ```
    RENAMENX renamenx(key: key, to: key) -> bool;
    /// `COPY`: copies a value to another key of the same slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("{k}a", 1).await?;
    /// assert!(client.copy("{k}a", "{k}b").replace().await?);
    /// # Ok(()) });
    /// ```
    COPY copy(key: key, to: key) -> bool, CopyKind;
    /// `MOVE`: moves a key to another database.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(!client.move_to("k", 1).await?);
    /// # Ok(()) });
    /// ```
    MOVE move_to(key: key, database: arg) -> bool;
    /// `DUMP`: a value in serialized form.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.dump("k").await?.is_none());
    /// # Ok(()) });
    /// ```
    DUMP dump(key: key) -> Option<Bytes>;
    /// `RESTORE`: creates a key from its serialized form, to expire after milliseconds or never (0).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", 1).await?;
    /// let dump = client.dump("k").await?.unwrap_or_default();
    /// client.restore("copy", 0, dump).replace().await?;
    /// # Ok(()) });
    /// ```
    RESTORE restore(key: key, milliseconds: arg, dump: arg) -> (), RestoreKind;
    /// `MIGRATE`: moves a key to another server. It goes to some primary: say to which with `on`.
    ///
    /// ```
    /// # tsubame_client_testing::with_two_servers(async |client, other| {
    /// client.set("k", "v").await?;
    /// client.migrate("127.0.0.1", other.port, "k", 0, 1000).await?;
    /// assert_eq!(other.client.get("k").await?.as_deref(), Some(&b"v"[..]));
    /// # Ok(()) });
    /// ```
    MIGRATE migrate(host: arg, port: arg, key: arg, database: arg, milliseconds: arg) -> String, MigrateKind;
    /// `OBJECT ENCODING`: how a value is kept in memory.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", 1).await?;
    /// assert_eq!(client.object_encoding("k").await?.as_deref(), Some("int"));
    /// # Ok(()) });
    /// ```
    OBJECT_ENCODING object_encoding(key: key) -> Option<String>;
    /// `OBJECT FREQ`: how often a key is used, on a logarithmic scale, under an LFU policy.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.config_set([("maxmemory-policy", "allkeys-lfu")]).await?;
    /// client.set("k", "v").await?;
    /// assert!(client.object_freq("k").await?.is_some());
    /// # Ok(()) });
    /// ```
    OBJECT_FREQ object_freq(key: key) -> Option<u64>;
    /// `OBJECT IDLETIME`: seconds since a key was used.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", 1).await?;
    /// assert!(client.object_idletime("k").await?.is_some());
    /// # Ok(()) });
    /// ```
    OBJECT_IDLETIME object_idletime(key: key) -> Option<u64>;
    /// `OBJECT REFCOUNT`: how many references a value has.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", "text").await?;
    /// assert_eq!(client.object_refcount("k").await?, Some(1));
    /// # Ok(()) });
    /// ```
    OBJECT_REFCOUNT object_refcount(key: key) -> Option<u64>;
    /// `KEYS`: all keys that match a pattern, of all primaries. It stops each server while it runs; see [`Client::scan`](crate::Client::scan).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.set("k", 1).await?;
    /// assert_eq!(client.keys("*").await?.len(), 1);
    /// # Ok(()) });
    /// ```
    KEYS keys(pattern: arg) -> Vec<Bytes>;
    /// `RANDOMKEY`: a random key of some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.randomkey().await?.is_none());
    /// # Ok(()) });
    /// ```
    RANDOMKEY randomkey() -> Option<Bytes>;
    /// `SORT`: the elements of a list, set or sorted set, in order.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", [3, 1, 2]).await?;
    /// assert_eq!(client.sort("l").desc().as_::<Vec<i64>>().await?, [3, 2, 1]);
    /// # Ok(()) });
    /// ```
    SORT sort(key: key) -> Vec<Option<Bytes>>, SortKind;
    /// `SORT_RO`: SORT without STORE, which a replica may answer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.sort_ro("l").alpha().await?.is_empty());
    /// # Ok(()) });
    /// ```
    SORT_RO sort_ro(key: key) -> Vec<Option<Bytes>>, SortKind;
}

blocking_commands! {
    /// `WAIT`: waits until so many replicas have what was written on its own connection before; returns how many have.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.blocking().wait(0, 10).await?, 0);
    /// # Ok(()) });
    /// ```
    WAIT wait(replicas: arg, milliseconds: arg) -> u64;
    /// `WAITAOF`: waits until what was written is on disk, here and on so many replicas.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.blocking().waitaof(0, 0, 10).await?;
    /// # Ok(()) });
    /// ```
    WAITAOF waitaof(local: arg, replicas: arg, milliseconds: arg) -> (u64, u64);
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
    /// DB: copies to another database.
    db(number) => "DB";
    /// REPLACE: overwrites the other key.
    replace() => "REPLACE";
}

options! {
    /// Options of RESTORE.
    RestoreKind;
    /// REPLACE: overwrites the key.
    replace() => "REPLACE";
    /// ABSTTL: the time is a time since 1970.
    absttl() => "ABSTTL";
    /// IDLETIME: seconds since it was used.
    idletime(seconds) => "IDLETIME";
    /// FREQ: how often it was used, on a logarithmic scale.
    freq(frequency) => "FREQ";
}

options! {
    /// Options of MIGRATE.
    MigrateKind;
    /// COPY: keeps the key.
    copy() => "COPY";
    /// REPLACE: overwrites it at the other server.
    replace() => "REPLACE";
    /// AUTH: the other server's password.
    auth(password) => "AUTH";
}

options! {
    /// Options of SORT.
    SortKind;
    /// BY: by the value of the key that the pattern gives for an element.
    by(pattern) => "BY";
    /// LIMIT: skips some and returns at most a number.
    limit(offset, count) => "LIMIT";
    /// GET: returns the value of the key that the pattern gives for an element; `#`: itself.
    get(pattern) => "GET";
    /// ASC: the least first.
    asc() => "ASC";
    /// DESC: the greatest first.
    desc() => "DESC";
    /// ALPHA: by text and not by number.
    alpha() => "ALPHA";
}
