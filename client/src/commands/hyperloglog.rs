//! Counting distinct things in little memory.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use super::commands;

commands! {
    /// `PFADD`: adds elements; whether the count may have changed.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.pfadd("p", ["a", "b"]).await?);
    /// # Ok(()) });
    /// ```
    PFADD pfadd(key: key, elements: args) -> bool;
    /// `PFCOUNT`: about how many distinct elements were added, to keys of one slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.pfadd("p", ["a", "b"]).await?;
    /// assert_eq!(client.pfcount(["p"]).await?, 2);
    /// # Ok(()) });
    /// ```
    PFCOUNT pfcount(keys: keys) -> u64;
    /// `PFMERGE`: joins counters.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.pfmerge("{p}3", ["{p}1", "{p}2"]).await?;
    /// # Ok(()) });
    /// ```
    PFMERGE pfmerge(to: key, keys: keys) -> ();
}
