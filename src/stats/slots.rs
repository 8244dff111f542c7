//! What the commands on each slot cost, counted while `cluster-slot-stats-enabled` is set.

use std::sync::OnceLock;

use super::counter::Counter;
use crate::shard::SLOTS;

/// What one core has spent on a slot.
#[derive(Debug, Default)]
pub struct SlotCounter {
    /// Ticks of the core's clock.
    pub ticks: Counter,
    pub bytes_in: Counter,
    pub bytes_out: Counter,
}

impl SlotCounter {
    fn reset(&self) {
        self.ticks.reset();
        self.bytes_in.reset();
        self.bytes_out.reset();
    }
}

/// The counters of all slots, on one core. They take 384 KiB, and exist from the first command
/// that is counted.
#[derive(Debug, Default)]
pub struct SlotCounters(OnceLock<Box<[SlotCounter]>>);

impl SlotCounters {
    /// Only called by the core that they belong to.
    pub fn add(&self, slot: u16, ticks: u64, bytes_in: u64, bytes_out: u64) {
        let fresh = || (0..SLOTS).map(|_| SlotCounter::default()).collect();
        let counter = &self.0.get_or_init(fresh)[usize::from(slot)];
        counter.ticks.add(ticks);
        counter.bytes_in.add(bytes_in);
        counter.bytes_out.add(bytes_out);
    }

    pub fn get(&self, slot: u16) -> Option<&SlotCounter> {
        self.0.get().map(|counters| &counters[usize::from(slot)])
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        self.0.get().into_iter().flatten().for_each(SlotCounter::reset);
    }

    /// The slot came or went.
    pub fn reset_slot(&self, slot: u16) {
        if let Some(counter) = self.get(slot) {
            counter.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_reset_alone_or_with_all_others() {
        let counters = SlotCounters::default();
        counters.reset();
        counters.reset_slot(7);
        assert!(counters.get(7).is_none(), "nothing is allocated for a reset");
        counters.add(7, 1, 2, 3);
        counters.add(7, 10, 20, 30);
        counters.add(16383, 4, 5, 6);
        let read = |slot| {
            let counter = counters.get(slot).expect("they exist now");
            (counter.ticks.get(), counter.bytes_in.get(), counter.bytes_out.get())
        };
        assert_eq!((read(7), read(8), read(16383)), ((11, 22, 33), (0, 0, 0), (4, 5, 6)));
        counters.reset_slot(7);
        assert_eq!((read(7), read(16383)), ((0, 0, 0), (4, 5, 6)));
        counters.reset();
        assert_eq!(read(16383), (0, 0, 0));
    }
}
