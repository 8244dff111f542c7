//! CLUSTER SLOT-STATS: what each slot of this shard costs.

/// The counters of a slot. The engine keeps them per core and adds them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlotUsage {
    pub key_count: u64,
    pub cpu_usec: u64,
    pub network_bytes_in: u64,
    pub network_bytes_out: u64,
}

/// What ORDERBY may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    KeyCount,
    CpuUsec,
    NetworkBytesIn,
    NetworkBytesOut,
}

impl Metric {
    /// Only the key count is known unless `cluster-slot-stats-enabled` is set.
    pub fn parse(name: &[u8], enabled: bool) -> Option<Metric> {
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        match () {
            () if is("key-count") => Some(Metric::KeyCount),
            () if is("cpu-usec") && enabled => Some(Metric::CpuUsec),
            () if is("network-bytes-in") && enabled => Some(Metric::NetworkBytesIn),
            () if is("network-bytes-out") && enabled => Some(Metric::NetworkBytesOut),
            () => None,
        }
    }

    fn of(self, usage: &SlotUsage) -> u64 {
        match self {
            Metric::KeyCount => usage.key_count,
            Metric::CpuUsec => usage.cpu_usec,
            Metric::NetworkBytesIn => usage.network_bytes_in,
            Metric::NetworkBytesOut => usage.network_bytes_out,
        }
    }
}

/// Sorts slots by a metric; equal ones stay in the order of their slots.
pub fn rank(slots: &mut [(u16, SlotUsage)], by: Metric, descending: bool) {
    slots.sort_by(|(slot, usage), (other_slot, other)| {
        let order = by.of(usage).cmp(&by.of(other));
        let order = if descending { order.reverse() } else { order };
        order.then(slot.cmp(other_slot))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_slots_stay_in_their_order_in_both_directions() {
        let usage = |key_count| SlotUsage { key_count, ..SlotUsage::default() };
        let mut slots = vec![(5, usage(1)), (1, usage(2)), (3, usage(1)), (2, usage(2))];
        let order = |slots: &[(u16, SlotUsage)]| slots.iter().map(|s| s.0).collect::<Vec<_>>();
        rank(&mut slots, Metric::KeyCount, true);
        assert_eq!(order(&slots), [1, 2, 3, 5]);
        rank(&mut slots, Metric::KeyCount, false);
        assert_eq!(order(&slots), [3, 5, 1, 2]);
    }

    #[test]
    fn costly_metrics_exist_only_where_they_are_counted() {
        assert_eq!(Metric::parse(b"CPU-usec", true), Some(Metric::CpuUsec));
        assert_eq!(Metric::parse(b"cpu-usec", false), None);
        assert_eq!(Metric::parse(b"key-count", false), Some(Metric::KeyCount));
    }
}
