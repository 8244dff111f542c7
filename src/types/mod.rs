//! Data structures: what the values of keys are made of. They know no keys, no clients and no RESP.

pub mod intset;
pub mod list;
pub mod listpack;
pub mod table;
mod quicklist;
mod thin;

pub use thin::size_class;
