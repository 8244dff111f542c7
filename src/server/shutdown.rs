//! The end of the server: by a signal, or by SHUTDOWN.
//!
//! A signal only leaves a request, which the cron of the first core carries out. So it waits for a
//! script that runs there, and SHUTDOWN ABORT can take it back until then.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Server;
use crate::cluster::state::Cluster;
use crate::config::ShutdownFlags;
use crate::sys::process;

/// No signal has this number.
const NONE: i32 = 0;

/// What a signal has asked for.
#[derive(Debug, Default)]
pub struct Shutdown {
    signal: AtomicI32,
}

impl Shutdown {
    /// Whether a signal has asked for the end and nobody has looked at it yet.
    pub fn is_asked(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != NONE
    }

    /// Takes the request of a signal back. `false`: there is none.
    pub fn abort(&self) -> bool {
        self.signal.swap(NONE, Ordering::Relaxed) != NONE
    }
}

impl Server {
    /// Ends the server if a signal asked for it: for the cron of the first core.
    pub fn obey_signals(&self) {
        let flags = match self.shutdown.signal.swap(NONE, Ordering::Relaxed) {
            NONE => return,
            SIGINT => self.config.shutdown_on_sigint.get(),
            _ => self.config.shutdown_on_sigterm.get(),
        };
        self.shut_down(flags, "");
    }

    /// Begins the end. `by` says who wants it, if that is a client.
    ///
    /// There is nothing to save and no replica to wait for yet, so of the flags only SAFE makes a
    /// difference. `false`: it forbids the end.
    pub fn shut_down(&self, flags: ShutdownFlags, by: &str) -> bool {
        tracing::info!("User requested shutdown...{by}");
        if flags.has(ShutdownFlags::SAFE) && self.is_voting_primary() {
            let what = "This is a voting primary. Shutting down may cause the cluster to go down.";
            if !flags.has(ShutdownFlags::FORCE) {
                tracing::warn!("{what} Can't exit.");
                tracing::warn!(
                    "Errors trying to shut down the server. Check the logs for more information."
                );
                return false;
            }
            tracing::warn!("{what} Exit anyway.");
        }
        process::notify_stopping(&self.config);
        self.stop();
        true
    }

    /// Whether the cluster may go down without this node.
    fn is_voting_primary(&self) -> bool {
        let me = |cluster: &mut Cluster, _| cluster.node(cluster.my_key()).is_voting();
        self.cluster.as_ref().is_some_and(|cluster| cluster.with(me))
    }
}

/// Has SIGTERM and SIGINT end the server. A second SIGINT ends the process at once.
pub(super) fn follow_signals(server: Arc<Server>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
            let is_under_way = server.shutdown.is_asked() || server.is_stopping();
            if signal == SIGINT && is_under_way {
                tracing::warn!("You insist... exiting now.");
                std::process::exit(1);
            }
            tracing::warn!("Received {name} scheduling shutdown...");
            server.shutdown.signal.store(signal, Ordering::Relaxed);
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_request_that_is_there_can_be_taken_back() {
        let shutdown = Shutdown::default();
        assert!(!shutdown.abort());
        shutdown.signal.store(SIGTERM, Ordering::Relaxed);
        assert!(shutdown.is_asked());
        assert!(shutdown.abort());
        assert!(!shutdown.is_asked());
        assert!(!shutdown.abort());
    }
}
