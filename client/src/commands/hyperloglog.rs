//! Counting distinct things in little memory.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use super::commands;

commands! {
    /// `PFADD`: adds elements; whether the count may have changed.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doctest.rs"));
    /// # with_server(async |client| {
    /// assert!(client.pfadd("p", ["a", "b"]).await?);
    /// # Ok(()) });
    /// ```
    PFADD pfadd(key: key, elements: args) -> bool;
    /// `PFCOUNT`: about how many distinct elements were added, to keys of one slot.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doctest.rs"));
    /// # with_server(async |client| {
    /// client.pfadd("p", ["a", "b"]).await?;
    /// assert_eq!(client.pfcount(["p"]).await?, 2);
    /// # Ok(()) });
    /// ```
    PFCOUNT pfcount(keys: keys) -> u64;
    /// `PFMERGE`: joins counters.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doctest.rs"));
    /// # with_server(async |client| {
    /// client.pfmerge("{p}3", ["{p}1", "{p}2"]).await?;
    /// # Ok(()) });
    /// ```
    PFMERGE pfmerge(to: key, keys: keys) -> ();
}
