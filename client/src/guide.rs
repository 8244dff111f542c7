//! Guides: [coming from redis-rs or fred](migration), [cluster operations](operations) as the client sees
//! them, and the [failure modes](failures).

#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = include_str!("../docs/failures.md")]
pub mod failures {}
