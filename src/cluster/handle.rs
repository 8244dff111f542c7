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
    file: Mutex<Saved>,
    wake: Notify,
    stopping: AtomicBool,
    clock: fn() -> Millis,
}

struct Shared {
    cluster: Cluster,
    /// Not yet done by the bus.
    outputs: VecDeque<Output>,
    /// Counts the states that were to be saved.
    save_serial: u64,
}

/// The file, and which states are in it.
struct Saved {
    file: NodesFile,
    written: u64,
    synced: u64,
}

impl Saved {
    fn holds(&self, serial: u64, fsync: bool) -> bool {
        serial <= if fsync { self.synced } else { self.written }
    }
}

impl ClusterHandle {
    /// `clock` tells Unix milliseconds.
    pub fn new(cluster: Cluster, file: NodesFile, clock: fn() -> Millis) -> ClusterHandle {
        ClusterHandle {
            map: ArcSwap::from_pointee(SlotMap::of(&cluster)),
            shared: Mutex::new(Shared { cluster, outputs: VecDeque::new(), save_serial: 0 }),
            file: Mutex::new(Saved { file, written: 0, synced: 0 }),
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
    /// published for routing and saved before this returns, and the bus is told to do the rest.
    pub fn with<R>(&self, call: impl FnOnce(&mut Cluster, Millis) -> R) -> R {
        let (result, save) = self.call(call);
        // An error is met again, and dealt with, by the bus, whose turn it then still is.
        if let Some(fsync) = save
            && self.save_pending(fsync).is_ok()
        {
            self.strike_out_saves();
        }
        if !self.shared.lock().outputs.is_empty() {
            self.wake.notify_one();
        }
        result
    }

    /// The bus is not woken to save what is saved. Until here it would have been, before it sent
    /// anything that the state promised.
    fn strike_out_saves(&self) {
        let saved = self.file.lock();
        let mut shared = self.shared.lock();
        let serial = shared.save_serial;
        shared.outputs.retain(|output| match output {
            Output::Save { fsync } => !saved.holds(serial, *fsync),
            _ => true,
        });
    }

    /// As [`Self::with`], for the bus itself: what is to be done comes back.
    pub(super) fn with_outputs(&self, call: impl FnOnce(&mut Cluster, Millis)) -> VecDeque<Output> {
        self.call(call);
        std::mem::take(&mut self.shared.lock().outputs)
    }

    /// With the result comes whether `nodes.conf` is to be written, and synced or not.
    fn call<R>(&self, call: impl FnOnce(&mut Cluster, Millis) -> R) -> (R, Option<bool>) {
        let now = self.now();
        let mut shared = self.shared.lock();
        let Shared { cluster, outputs, save_serial } = &mut *shared;
        let result = call(cluster, now);
        let fresh = cluster.flush(now);
        let save = fresh.iter().find_map(|output| match output {
            Output::Save { fsync } => Some(*fsync),
            _ => None,
        });
        *save_serial += u64::from(save.is_some());
        outputs.extend(fresh);
        if self.map.load().version != cluster.version() {
            self.map.store(Arc::new(SlotMap::of(cluster)));
        }
        (result, save)
    }

    /// Writes `nodes.conf` as the state is now.
    pub fn save(&self, fsync: bool) -> io::Result<()> {
        self.save_unless(fsync, |_, _| false)
    }

    /// The same, unless it holds everything that was to be saved.
    pub(super) fn save_pending(&self, fsync: bool) -> io::Result<()> {
        self.save_unless(fsync, |saved, serial| saved.holds(serial, fsync))
    }

    fn save_unless(
        &self,
        fsync: bool,
        is_saved: impl FnOnce(&Saved, u64) -> bool,
    ) -> io::Result<()> {
        // In this order the text that is written last is the newest.
        let mut saved = self.file.lock();
        let (text, serial) = {
            let shared = self.shared.lock();
            if is_saved(&saved, shared.save_serial) {
                return Ok(());
            }
            (shared.cluster.nodes_conf().to_text(), shared.save_serial)
        };
        saved.file.save(&text, fsync)?;
        saved.written = serial;
        if fsync {
            saved.synced = serial;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::super::settings::ClusterSettings;
    use super::super::state::SetSlot;
    use super::*;

    fn handle_in(folder: &std::path::Path) -> ClusterHandle {
        std::fs::create_dir_all(folder).unwrap();
        let (file, conf) = NodesFile::open(&folder.join("nodes.conf")).unwrap();
        assert_eq!(conf, None);
        let settings = Arc::new(ClusterSettings::default());
        ClusterHandle::new(Cluster::new(settings, 7, 1), file, || 1)
    }

    /// What is left for the bus of an order that changes `nodes.conf` and nothing that others see.
    fn left_of_an_order(handle: &ClusterHandle) -> Vec<Output> {
        handle.with(|cluster, _| cluster.take_slots([5])).unwrap();
        handle.with_outputs(|_, _| {});
        handle.with(|cluster, _| cluster.set_slot(5, SetSlot::Stable, 0)).unwrap();
        handle.shared.lock().outputs.drain(..).collect()
    }

    #[test]
    fn the_bus_is_not_woken_for_what_an_order_has_saved() {
        let folder = std::env::temp_dir().join(format!("handle-saved-{}", std::process::id()));
        let handle = handle_in(&folder);
        let left = left_of_an_order(&handle);
        assert!(left.is_empty(), "{left:?}");
        let text = std::fs::read_to_string(folder.join("nodes.conf")).unwrap();
        assert_eq!(text, handle.shared.lock().cluster.nodes_conf().to_text());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_an_order_could_not_save_is_left_to_the_bus() {
        let folder = std::env::temp_dir().join(format!("handle-unsaved-{}", std::process::id()));
        let handle = handle_in(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let left = left_of_an_order(&handle);
        assert!(matches!(left[..], [Output::Save { .. }]), "{left:?}");
        assert!(handle.save_pending(false).is_err());
    }
}
