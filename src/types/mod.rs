//! Data structures: what the values of keys are made of. They know no keys, no clients and no RESP.

pub mod blob;
pub mod double;
pub mod hash;
pub mod intset;
pub mod list;
pub mod listpack;
pub mod long_double;
mod quicklist;
pub mod set;
pub mod table;
mod thin;
pub mod zset;

pub use thin::size_class;
