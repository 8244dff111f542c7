//! Counters of what the client does besides the user's commands.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters of one client and its clones since it was built; see [`Client::stats`].
        ///
        /// [`Client::stats`]: crate::Client::stats
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Stats { $($(#[$doc])* pub $name: u64,)* }

        #[derive(Debug, Default)]
        pub(crate) struct Counters { $(pub(crate) $name: Counter,)* }

        impl Counters {
            pub(crate) fn read(&self) -> Stats {
                Stats { $($name: self.$name.0.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Requests for the topology, while booting and after.
    topology_requests,
    /// Most topology requests that were in flight at once.
    topology_in_flight_max,
    /// Topology requests after the first that were answered with a topology.
    topology_answers,
    /// The latest topology request, counted from 1, whose answer was dealt with: it was as before, or
    /// was adopted or refused once other nodes had been heard.
    topology_settled,
    /// Topologies that were adopted.
    topology_published,
    /// Topology replies that were refused: unreadable, foreign, or not confirmed.
    topology_rejected,
    /// MOVED redirections that were followed.
    moved,
    /// ASK redirections that were followed.
    ask,
    /// Waits because a server answered TRYAGAIN, LOADING, CLUSTERDOWN or MASTERDOWN.
    backoffs,
    /// Commands sent again because their connection was lost.
    retries,
    /// Attempts to open a connection for commands.
    dials,
    /// Connections that were lost or replaced.
    disconnects,
    /// Replies that nobody waited for any more.
    orphans,
    /// Commands refused because a node's queue was full.
    overloaded,
    /// Commands that ended at their deadline.
    timeouts,
    /// Commands refused because their node had not been reachable for some time.
    circuit_rejected,
    /// Requests that looked on a replica whether it had taken over.
    probes,
    /// Replicas that such a request found to be the primary.
    promotions,
    /// Connections opened for one use at a time: blocking commands and watched transactions.
    exclusive_dials,
    /// Connections that were authenticated anew because the credentials changed.
    reauthentications,
    /// Reads answered from the client-side cache.
    cache_hits,
    /// Reads that the cache had to pass on.
    cache_misses,
    /// Cached values that a server declared invalid.
    cache_invalidations,
    /// Reads that were sent to a replica.
    replica_reads,
    /// Requests to primaries for how far their replicas are behind; they share the budget of the
    /// topology requests.
    lag_requests,
    /// Reads that a replica would have answered, had it not been too far behind.
    lagging_reads,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn raise_to(&self, n: u64) {
        self.0.fetch_max(n, Ordering::Relaxed);
    }
}
