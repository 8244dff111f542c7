//! The libraries that scripts find besides Lua's own, as Valkey bundles them.

pub(super) mod bit;
pub(super) mod cjson;
pub(super) mod cmsgpack;
pub(super) mod structs;
