//! The cluster as the rest of the process holds it.
//!
//! The state machine is behind a mutex that is held for the length of a call and never across
//! input or output, by the bus as by commands, so neither makes the other wait for long. What a
//! command causes is queued here; the bus wakes and does it. Routing takes no lock at all.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::nodes_conf::NodesFile;
use super::settings::Millis;
use super::slot_map::SlotMap;
use super::state::{Cluster, Output};

/// See the module.
pub struct ClusterHandle {
    shared: Mutex<Shared>,
    map: ArcSwap<SlotMap>,
    /// Taken before `shared` where both are.
    file: Mutex<NodesFile>,
    wake: Notify,
    stopping: AtomicBool,
    clock: fn() -> Millis,
}

struct Shared {
    cluster: Cluster,
    /// Not yet done by the bus.
    outputs: VecDeque<Output>,
}

impl ClusterHandle {
    /// `clock` tells Unix milliseconds.
    pub fn new(cluster: Cluster, file: NodesFile, clock: fn() -> Millis) -> ClusterHandle {
        ClusterHandle {
            map: ArcSwap::from_pointee(SlotMap::of(&cluster)),
            shared: Mutex::new(Shared { cluster, outputs: VecDeque::new() }),
            file: Mutex::new(file),
            wake: Notify::new(),
            stopping: AtomicBool::new(false),
            clock,
        }
    }

    /// Who serves what, as of now.
    pub fn map(&self) -> Guard<Arc<SlotMap>> {
        self.map.load()
    }

    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// Looks at the state, or gives it an order; `now` is passed on. What an order changes is
    /// published for routing before this returns, and the bus is told to do the rest.
    pub fn with<R>(&self, call: impl FnOnce(&mut Cluster, Millis) -> R) -> R {
        let (result, wake) = self.call(call);
        if wake {
            self.wake.notify_one();
        }
        result
    }

    /// As [`Self::with`], for the bus itself: what is to be done comes back.
    pub(super) fn with_outputs(&self, call: impl FnOnce(&mut Cluster, Millis)) -> VecDeque<Output> {
        self.call(call);
        std::mem::take(&mut self.shared.lock().outputs)
    }

    fn call<R>(&self, call: impl FnOnce(&mut Cluster, Millis) -> R) -> (R, bool) {
        let now = self.now();
        let mut shared = self.shared.lock();
        let Shared { cluster, outputs } = &mut *shared;
        let result = call(cluster, now);
        outputs.extend(cluster.flush(now));
        if self.map.load().version != cluster.version() {
            self.map.store(Arc::new(SlotMap::of(cluster)));
        }
        (result, !outputs.is_empty())
    }

    /// Writes `nodes.conf` as the state is now.
    pub fn save(&self, fsync: bool) -> io::Result<()> {
        // In this order the text that is written last is the newest.
        let mut file = self.file.lock();
        let text = self.shared.lock().cluster.nodes_conf().to_text();
        file.save(&text, fsync)
    }

    /// Asks the bus to end.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
}
