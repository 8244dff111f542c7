//! Counting what commands cost their slots, for CLUSTER SLOT-STATS.
//!
//! Only commands of clients count, EXEC and scripts as a whole, and only those on a slot.

use super::core::Core;
use crate::keyspace::Key;
use crate::protocol::Args;
use crate::session::{Blocked, Client};

impl Core {
    /// `cluster-slot-stats-enabled`, in a cluster.
    #[inline]
    pub(super) fn counts_slots(&self) -> bool {
        self.server.config.cluster_slot_stats_enabled.get() && self.server.is_cluster
    }

    /// A client's wait has ended, served with a reply of so many bytes or in vain (`None`). Here, at
    /// the client's core, its request is counted, as it was not when the wait began.
    pub fn count_ended_wait(&self, blocked: &Blocked, reply_bytes: Option<usize>) {
        if self.counts_slots()
            && let Some(key) = blocked.keys.first()
        {
            let slot = Key::new(key).slot;
            // As in Valkey 9.1, the bytes of a wait in vain are not counted.
            let bytes = reply_bytes.map_or((0, 0), |out| (blocked.wire_bytes, out as u64));
            self.stats.slots.add(slot, blocked.spent, bytes.0, bytes.1);
        }
    }
}

/// A client's command has just been run.
#[inline]
pub(super) fn count(core: &Core, slot: u16, args: &Args<'_>, multi_bytes: u64, reply_bytes: usize) {
    let received = args.wire_bytes() + multi_bytes;
    core.stats.slots.add(slot, core.last_ticks, received, reply_bytes as u64);
}

/// MULTI has just been run: its slot is known at EXEC.
pub(super) fn note_multi(client: &mut Client, args: &Args<'_>) {
    if let Some(multi) = &mut client.multi {
        multi.wire_bytes = args.wire_bytes();
    }
}

/// A command was queued by MULTI: its bytes are counted now, its work at EXEC.
pub(super) fn count_queued(core: &Core, slot: Option<u16>, args: &Args<'_>) {
    if core.counts_slots()
        && let Some(slot) = slot
    {
        core.stats.slots.add(slot, 0, args.wire_bytes(), 0);
    }
}
