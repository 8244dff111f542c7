//! Redis Cluster: membership, failure detection, slot ownership and routing.
//!
//! The node talks Redis Cluster's own binary bus protocol (header version 1), so it can sit in one
//! cluster with Valkey and Redis nodes. Three layers, each knowing only those above it in this list:
//!
//! - [`message`] turns bytes of the bus into values and back; it knows no cluster state.
//! - [`state`] is the cluster as this node sees it, a state machine without sockets, clocks or files:
//!   `(input, now) → outputs`. Everything the protocol decides is decided there.
//! - [`bus`] is the service thread: sockets, timers and `nodes.conf` around the state machine.
//!
//! Commands read the published [`slot_map::SlotMap`] without a lock, or ask the machine through
//! [`handle::ClusterHandle`]; [`describe`] puts what they show into Valkey's form. Nothing here
//! knows keys, values, clients or RESP.

pub mod bus;
pub mod describe;
pub mod handle;
pub mod message;
pub mod node;
pub mod node_id;
pub mod nodes_conf;
pub mod settings;
pub mod slot_map;
pub mod slot_set;
pub mod slot_stats;
pub mod state;

pub use handle::ClusterHandle;
pub use node_id::NodeId;
pub use slot_set::{SLOTS, SlotSet};
