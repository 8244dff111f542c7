//! The part of the server's `cluster` that reads what peers and the disk hold.

#[path = "../src/cluster/message/mod.rs"]
pub mod message;
#[path = "../src/cluster/node.rs"]
pub mod node;
#[path = "../src/cluster/node_id.rs"]
mod node_id;
#[path = "../src/cluster/nodes_conf.rs"]
pub mod nodes_conf;
#[path = "../src/cluster/settings.rs"]
pub mod settings;
#[path = "../src/cluster/slot_set.rs"]
mod slot_set;

pub use node_id::NodeId;
pub use slot_set::{SLOTS, SlotSet};
