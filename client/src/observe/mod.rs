//! What the application's operations look like from outside: spans (feature `tracing`) and
//! measurements (feature `metrics`), in the terms of OpenTelemetry's conventions for database clients.
//!
//! Without these features everything here is empty; with them, an operation that nobody observes
//! costs a test or two. A span or a measurement has the name of the command, never its arguments:
//! this module is not given any.

mod connection;
pub(crate) mod log;
#[cfg(feature = "metrics")]
mod metrics;
mod name;
mod operation;

pub(crate) use connection::{Dialling, Open};
#[cfg(feature = "metrics")]
pub use metrics::{ConnectionEvent, Metrics, Operation};
pub(crate) use name::{command_name, joint_name};
pub(crate) use operation::Seen;

/// Where the measurements of a client go.
#[derive(Clone, Default)]
pub(crate) struct Sink {
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Option<std::sync::Arc<dyn Metrics>>,
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sink")
    }
}
