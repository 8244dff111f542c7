//! Connections as they are counted: opened, closed, or not to be had.

use crate::addr::NodeAddr;
use crate::builder::Config;

impl Open {
    /// It has ended.
    pub(crate) fn close(self) {}
}

#[cfg(not(feature = "metrics"))]
mod counted {
    use super::*;

    /// A connection that is being opened.
    pub(crate) struct Dialling;

    /// An open connection, as long as it lives.
    #[derive(Debug)]
    pub(crate) struct Open;

    impl Dialling {
        pub(crate) fn begin(_: &NodeAddr, _: &Config) -> Self {
            Self
        }

        pub(crate) fn done(self) -> Open {
            Open
        }
    }
}

#[cfg(feature = "metrics")]
mod counted {
    use tokio::time::Instant;

    use super::super::{ConnectionEvent, Sink};
    use super::*;

    /// A connection that is being opened. Dropping it means that it can't be had.
    pub(crate) struct Dialling {
        sink: Sink,
        node: NodeAddr,
        started: Instant,
    }

    /// An open connection, as long as it lives.
    #[derive(Debug)]
    pub(crate) struct Open {
        sink: Sink,
        node: NodeAddr,
        since: Instant,
    }

    impl Dialling {
        pub(crate) fn begin(node: &NodeAddr, config: &Config) -> Self {
            Self { sink: config.sink.clone(), node: node.clone(), started: Instant::now() }
        }

        pub(crate) fn done(mut self) -> Open {
            let sink = std::mem::take(&mut self.sink);
            if let Some(metrics) = &sink.metrics {
                let took = self.started.elapsed();
                metrics.connection_opened(&ConnectionEvent { node: &self.node, took });
            }
            Open { sink, node: self.node.clone(), since: Instant::now() }
        }
    }

    impl Drop for Dialling {
        fn drop(&mut self) {
            if let Some(metrics) = &self.sink.metrics {
                let took = self.started.elapsed();
                metrics.connection_failed(&ConnectionEvent { node: &self.node, took });
            }
        }
    }

    impl Drop for Open {
        fn drop(&mut self) {
            if let Some(metrics) = &self.sink.metrics {
                let took = self.since.elapsed();
                metrics.connection_closed(&ConnectionEvent { node: &self.node, took });
            }
        }
    }
}

pub(crate) use counted::{Dialling, Open};
