//! What the request path may say to the topology actor: bits that merge, and MOVED facts that
//! merge. However many requests say the same, it is said once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::SlotOverlay;
use crate::addr::NodeAddr;
use crate::slot::Slot;

/// Why the topology may be out of date. This list is closed: no other event leads to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Hint {
    /// A node redirected a request for good.
    Moved = 1,
    /// A node that was routed to as a primary refused a write.
    ReadOnly = 2,
    /// A slot was asked for that nobody serves.
    Uncovered = 4,
    /// A node could not be reached at least twice in a row.
    Unreachable = 8,
    /// The user asked.
    User = 16,
}

#[derive(Debug, Default)]
pub(crate) struct Hints {
    bits: AtomicU8,
    moved: Mutex<HashMap<Slot, NodeAddr>>,
    wake: Notify,
    closed: AtomicBool,
}

impl Hints {
    /// Says `hint`. Never waits, never asks anybody.
    pub(crate) fn raise(&self, hint: Hint) {
        if self.bits.fetch_or(hint as u8, Ordering::AcqRel) & hint as u8 == 0 {
            self.wake.notify_one();
        }
    }

    /// Tells that `slot` was redirected to `addr`. A later word on the same slot replaces an earlier.
    pub(crate) fn moved(&self, slot: Slot, addr: NodeAddr) {
        {
            let mut moved = self.moved.lock();
            if moved.len() < SlotOverlay::<()>::LEN_MAX || moved.contains_key(&slot) {
                moved.insert(slot, addr);
            }
        }
        self.bits.fetch_or(Hint::Moved as u8, Ordering::AcqRel);
        self.wake.notify_one();
    }

    /// Takes everything that was said since the last time.
    pub(crate) fn take(&self) -> (u8, HashMap<Slot, NodeAddr>) {
        let bits = self.bits.swap(0, Ordering::AcqRel);
        (bits, std::mem::take(&mut *self.moved.lock()))
    }

    pub(crate) async fn wait(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}
