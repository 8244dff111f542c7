//! Lists. What waits for an element is called through [`Client::blocking`](crate::Client::blocking).
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::{blocking_commands, commands, options};

commands! {
    /// `LPUSH`: prepends elements; returns the length.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.lpush("l", ["a", "b"]).await?, 2);
    /// # Ok(()) });
    /// ```
    LPUSH lpush(key: key, elements: args) -> u64;
    /// `RPUSH`: appends elements; returns the length.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.rpush("l", ["a", "b"]).await?, 2);
    /// # Ok(()) });
    /// ```
    RPUSH rpush(key: key, elements: args) -> u64;
    /// `LPUSHX`: prepends elements if the list exists.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.lpushx("l", ["a"]).await?, 0);
    /// # Ok(()) });
    /// ```
    LPUSHX lpushx(key: key, elements: args) -> u64;
    /// `RPUSHX`: appends elements if the list exists.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.rpushx("l", ["a"]).await?, 0);
    /// # Ok(()) });
    /// ```
    RPUSHX rpushx(key: key, elements: args) -> u64;
    /// `LPOP`: removes and returns the first element.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", ["a", "b"]).await?;
    /// assert_eq!(client.lpop("l").await?.as_deref(), Some(&b"a"[..]));
    /// # Ok(()) });
    /// ```
    LPOP lpop(key: key) -> Option<Bytes>;
    /// `RPOP`: removes and returns the last element.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.rpop("l").await?.is_none());
    /// # Ok(()) });
    /// ```
    RPOP rpop(key: key) -> Option<Bytes>;
    /// `LPOP`: removes and returns the first elements.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", ["a", "b"]).await?;
    /// assert_eq!(client.lpop_count("l", 5).await?.len(), 2);
    /// # Ok(()) });
    /// ```
    LPOP lpop_count(key: key, count: arg) -> Vec<Bytes>;
    /// `RPOP`: removes and returns the last elements.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.rpop_count("l", 5).await?.is_empty());
    /// # Ok(()) });
    /// ```
    RPOP rpop_count(key: key, count: arg) -> Vec<Bytes>;
    /// `LMPOP`: removes and returns elements from an end (`LEFT`, `RIGHT`) of the first list that has any.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", ["a", "b"]).await?;
    /// let popped = client.lmpop(["l"], "LEFT").count(2).await?;
    /// assert_eq!(popped.map(|(_, elements)| elements.len()), Some(2));
    /// # Ok(()) });
    /// ```
    LMPOP lmpop(keys: keys_n, end: arg) -> Option<(Bytes, Vec<Bytes>)>, CountKind;
    /// `LLEN`: the length.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.llen("l").await?, 0);
    /// # Ok(()) });
    /// ```
    LLEN llen(key: key) -> u64;
    /// `LRANGE`: elements; both ends are included, and negative ones count from the end.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", [1, 2, 3]).await?;
    /// assert_eq!(client.lrange("l", 0, -1).as_::<Vec<i64>>().await?, [1, 2, 3]);
    /// # Ok(()) });
    /// ```
    LRANGE lrange(key: key, start: arg, stop: arg) -> Vec<Bytes>;
    /// `LINDEX`: an element by its position.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.lindex("l", 0).await?.is_none());
    /// # Ok(()) });
    /// ```
    LINDEX lindex(key: key, index: arg) -> Option<Bytes>;
    /// `LSET`: replaces an element.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", ["a"]).await?;
    /// client.lset("l", 0, "b").await?;
    /// # Ok(()) });
    /// ```
    LSET lset(key: key, index: arg, element: arg) -> ();
    /// `LREM`: removes equal elements: from the start, from the end (negative count), or all (0).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.lrem("l", 0, "a").await?, 0);
    /// # Ok(()) });
    /// ```
    LREM lrem(key: key, count: arg, element: arg) -> u64;
    /// `LTRIM`: keeps only a range.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.ltrim("l", 0, 99).await?;
    /// # Ok(()) });
    /// ```
    LTRIM ltrim(key: key, start: arg, stop: arg) -> ();
    /// `LINSERT`: inserts `BEFORE` or `AFTER` an element; the length, or -1 if there is none such.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", ["a"]).await?;
    /// assert_eq!(client.linsert("l", "AFTER", "a", "b").await?, 2);
    /// # Ok(()) });
    /// ```
    LINSERT linsert(key: key, place: arg, pivot: arg, element: arg) -> i64;
    /// `LPOS`: the position of an element.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("l", ["a", "b"]).await?;
    /// assert_eq!(client.lpos("l", "b").await?, Some(1));
    /// # Ok(()) });
    /// ```
    LPOS lpos(key: key, element: arg) -> Option<u64>, LposKind;
    /// `LMOVE`: moves an element between ends (`LEFT`, `RIGHT`) of two lists of one slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.lmove("{l}1", "{l}2", "LEFT", "RIGHT").await?.is_none());
    /// # Ok(()) });
    /// ```
    LMOVE lmove(from: key, to: key, from_end: arg, to_end: arg) -> Option<Bytes>;
    /// `RPOPLPUSH`: moves the last element to the beginning of another list.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.rpoplpush("{l}1", "{l}2").await?.is_none());
    /// # Ok(()) });
    /// ```
    RPOPLPUSH rpoplpush(from: key, to: key) -> Option<Bytes>;
}

blocking_commands! {
    /// `BLPOP`: removes and returns the first element of the first list that has any, with its key; waits for one up to some seconds, or for ever (0).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("jobs", ["a"]).await?;
    /// let (_, job) = client.blocking().blpop(["jobs"], 1).await?.unwrap_or_default();
    /// assert_eq!(job, "a");
    /// # Ok(()) });
    /// ```
    BLPOP blpop(keys: keys, seconds: arg) -> Option<(Bytes, Bytes)>;
    /// `BRPOP`: removes and returns the last element of the first list that has any, with its key; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().brpop(["jobs"], 0.01).await?.is_none());
    /// # Ok(()) });
    /// ```
    BRPOP brpop(keys: keys, seconds: arg) -> Option<(Bytes, Bytes)>;
    /// `BLMOVE`: moves an element between ends of two lists of one slot; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().blmove("{l}1", "{l}2", "LEFT", "RIGHT", 0.01).await?.is_none());
    /// # Ok(()) });
    /// ```
    BLMOVE blmove(from: key, to: key, from_end: arg, to_end: arg, seconds: arg) -> Option<Bytes>;
    /// `BRPOPLPUSH`: moves the last element to the beginning of another list; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().brpoplpush("{l}1", "{l}2", 0.01).await?.is_none());
    /// # Ok(()) });
    /// ```
    BRPOPLPUSH brpoplpush(from: key, to: key, seconds: arg) -> Option<Bytes>;
    /// `BLMPOP`: removes and returns an element from an end of the first list that has any; waits for one.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.blocking().blmpop(0.01, ["l"], "LEFT").await?.is_none());
    /// # Ok(()) });
    /// ```
    BLMPOP blmpop(seconds: arg, keys: keys_n, end: arg) -> Option<(Bytes, Vec<Bytes>)>;
}

options! {
    /// Options of LPOS.
    LposKind;
    /// RANK: the how-manieth match; negative from the end.
    rank(rank) => "RANK";
    /// MAXLEN: looks at so many elements only.
    maxlen(count) => "MAXLEN";
}

options! {
    /// Options of commands that take several at once.
    CountKind;
    /// COUNT: at most so many.
    count(count) => "COUNT";
}
