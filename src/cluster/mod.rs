//! Redis Cluster: membership, failure detection, slot ownership and routing.
//!
//! The node talks Redis Cluster's own binary bus protocol (header version 1), so it can sit in one
//! cluster with Valkey and Redis nodes. Three layers, each knowing only the one above it in this list:
//!
//! - [`message`] turns bytes of the bus into values and back; it knows no cluster state.
//! - [`state`] is the cluster as this node sees it, a state machine without sockets, clocks or files:
//!   `(input, now) → outputs`. Everything the protocol decides is decided there.
//! - [`bus`] is the service thread: sockets, timers and `nodes.conf` around the state machine.
//!
//! Commands read the published [`slot_map::SlotMap`] without a lock, or call the machine through
//! [`handle::ClusterHandle`]. Nothing here knows keys, values, clients or RESP.

pub mod message;
pub mod node_id;
pub mod slot_set;

pub use node_id::NodeId;
pub use slot_set::{SLOTS, SlotSet};
