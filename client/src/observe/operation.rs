//! One operation of the application, from its start to its end.

use std::borrow::Cow;

use super::command_name;
use crate::addr::NodeAddr;
use crate::error::Error;
use crate::request::Request;
use crate::view::Core;

#[cfg(any(feature = "tracing", feature = "metrics"))]
pub(crate) use on::Seen;

#[cfg(not(any(feature = "tracing", feature = "metrics")))]
mod off {
    use super::*;

    /// An operation that nobody can observe.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Seen {}

    impl Seen {
        pub(crate) fn begin(_: &Core, _: impl FnOnce() -> Cow<'static, str>, _: usize) -> Self {
            Self {}
        }

        pub(crate) fn at(&self, _: &NodeAddr) {}

        pub(crate) fn at_several(&self) {}

        pub(crate) fn end(&self, _: Option<&Error>) {}
    }
}

#[cfg(not(any(feature = "tracing", feature = "metrics")))]
pub(crate) use off::Seen;

#[cfg(any(feature = "tracing", feature = "metrics"))]
mod on {
    use std::sync::Arc;
    #[cfg(feature = "metrics")]
    use tokio::time::Instant;

    use parking_lot::Mutex;

    use super::*;

    /// An operation that somebody may observe; `None`: nobody does.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Seen(Option<Arc<Ongoing>>);

    /// Where the operation was executed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    enum At {
        Nowhere,
        Node(NodeAddr),
        Several,
    }

    #[derive(Debug)]
    struct Ongoing {
        #[cfg(feature = "tracing")]
        span: tracing::Span,
        #[cfg(feature = "metrics")]
        measured: Measured,
        at: Mutex<At>,
        /// Its end was told.
        ended: Mutex<bool>,
    }

    #[cfg(feature = "metrics")]
    #[derive(Debug)]
    struct Measured {
        sink: super::super::Sink,
        name: Cow<'static, str>,
        namespace: u32,
        batch_size: usize,
        started: Instant,
    }

    impl Seen {
        /// An operation of `size` commands begins.
        pub(crate) fn begin(
            core: &Core,
            name: impl FnOnce() -> Cow<'static, str>,
            size: usize,
        ) -> Self {
            #[cfg(feature = "metrics")]
            let is_measured = core.config.sink.metrics.is_some();
            #[cfg(not(feature = "metrics"))]
            let is_measured = false;
            #[cfg(feature = "tracing")]
            let is_traced = tracing::span_enabled!(target: "tsubame_client", tracing::Level::INFO);
            #[cfg(not(feature = "tracing"))]
            let is_traced = false;
            if !is_measured && !is_traced {
                return Self(None);
            }
            let name = name();
            Self(Some(Arc::new(Ongoing {
                #[cfg(feature = "tracing")]
                span: span(&name, core.config.database, size),
                #[cfg(feature = "metrics")]
                measured: Measured {
                    sink: core.config.sink.clone(),
                    name,
                    namespace: core.config.database,
                    batch_size: size,
                    started: Instant::now(),
                },
                at: Mutex::new(At::Nowhere),
                ended: Mutex::new(false),
            })))
        }

        /// It is sent to `node`; the last one counts.
        pub(crate) fn at(&self, node: &NodeAddr) {
            if let Some(ongoing) = &self.0 {
                let mut at = ongoing.at.lock();
                if *at != At::Several {
                    *at = At::Node(node.clone());
                }
            }
        }

        /// It is sent to several nodes.
        pub(crate) fn at_several(&self) {
            if let Some(ongoing) = &self.0 {
                *ongoing.at.lock() = At::Several;
            }
        }

        /// It is over. Only the first time counts.
        pub(crate) fn end(&self, error: Option<&Error>) {
            if let Some(ongoing) = &self.0 {
                ongoing.end(error.map(Error::kind), error.and_then(Error::status_code));
            }
        }
    }

    #[cfg(feature = "tracing")]
    fn span(name: &str, database: u32, size: usize) -> tracing::Span {
        use tracing::field::Empty;
        let span = tracing::info_span!(
            target: "tsubame_client",
            "redis",
            otel.name = name,
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = "redis",
            db.operation.name = name,
            db.namespace = Empty,
            db.operation.batch.size = Empty,
            db.response.status_code = Empty,
            error.type = Empty,
            server.address = Empty,
            server.port = Empty,
        );
        span.record("db.namespace", tracing::field::display(database));
        if size > 1 {
            span.record("db.operation.batch.size", size);
        }
        span
    }

    impl Ongoing {
        fn end(&self, error_type: Option<&str>, status_code: Option<&str>) {
            if std::mem::replace(&mut *self.ended.lock(), true) {
                return;
            }
            let at = self.at.lock().clone();
            let node = match &at {
                At::Node(node) => Some(node),
                At::Nowhere | At::Several => None,
            };
            #[cfg(feature = "tracing")]
            {
                if let Some(node) = node {
                    self.span.record("server.address", node.host());
                    if node.unix_path().is_none() {
                        self.span.record("server.port", node.port());
                    }
                }
                if let Some(kind) = error_type {
                    self.span.record("error.type", kind);
                    self.span.record("otel.status_code", "ERROR");
                }
                if let Some(code) = status_code {
                    self.span.record("db.response.status_code", code);
                }
            }
            #[cfg(feature = "metrics")]
            self.measured.end(node, error_type, status_code);
            let _ = (node, error_type, status_code);
        }
    }

    #[cfg(feature = "metrics")]
    impl Measured {
        fn end(&self, node: Option<&NodeAddr>, error_type: Option<&str>, status: Option<&str>) {
            if let Some(metrics) = &self.sink.metrics {
                metrics.operation(&super::super::metrics::Operation {
                    name: &self.name,
                    namespace: self.namespace,
                    batch_size: self.batch_size,
                    node,
                    duration: self.started.elapsed(),
                    error_type,
                    status_code: status,
                });
            }
        }
    }

    impl Drop for Ongoing {
        /// Its future was dropped before it was over.
        fn drop(&mut self) {
            self.end(Some("cancelled"), None);
        }
    }
}

impl Request {
    /// It begins as an operation of its own.
    pub(crate) fn observe(&mut self, core: &Core) {
        // The name of a raw command is looked up by the router anyway.
        self.resolve();
        self.seen = Seen::begin(core, || command_name(self), 1);
    }
}
