//! Memory as the allocator and the kernel see it.

use crate::sys::allocator;

/// A reading of the allocator's statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Bytes handed out to the program.
    pub allocated: u64,
    /// Bytes in pages with allocations.
    pub active: u64,
    /// Bytes in pages that are mapped and in memory, the allocator's own included.
    pub resident: u64,
    /// Bytes in pages that are kept for reuse and may be given back.
    pub retained: u64,
    /// Bytes in pages that the system may take back when it needs them.
    pub muzzy: u64,
    /// Bytes of the process in memory.
    pub rss: u64,
}

impl MemoryUse {
    /// Reads the statistics now. What cannot be read is zero.
    pub fn read() -> Self {
        let [allocated, active, resident, retained] = allocator::usage();
        Self { allocated, active, resident, retained, muzzy: 0, rss: rss() }
    }
}

fn rss() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// Bytes as people read them: `1.45M`.
pub fn human(bytes: u64) -> String {
    let value = bytes as f64;
    let units = [(1u64 << 50, 'P'), (1 << 40, 'T'), (1 << 30, 'G'), (1 << 20, 'M'), (1 << 10, 'K')];
    match units.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.2}{unit}", value / *size as f64),
        None => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_with_two_decimals() {
        assert_eq!(human(320), "320B");
        assert_eq!(human(1_518_744), "1.45M");
        assert_eq!(human(33 * 1024), "33.00K");
    }

    #[test]
    fn a_running_process_takes_memory() {
        assert!(MemoryUse::read().rss > 0);
    }
}
