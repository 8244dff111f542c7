//! How long commands take: a histogram with a resolution of about one percent.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Values below 2 × this have a bucket each; above, every power of two has this many.
const HALF: u64 = 128;
/// Longer than a second counts as a second (in nanoseconds, rounded up to the bucket).
const VALUE_MAX: u64 = 1_000_000_000;
const BUCKETS: usize = index_of(VALUE_MAX) + 1;

/// Buckets are those of an HDR histogram with two significant digits, so that percentiles come out
/// as they do with the peers. Written by one core, read by anybody; takes no memory until the
/// first value.
#[derive(Debug, Default)]
pub struct Histogram(OnceLock<Box<[AtomicU64]>>);

/// Which bucket holds a value.
const fn index_of(value: u64) -> usize {
    let shift = (64 - (value | (2 * HALF - 1)).leading_zeros()) as u64 - 8;
    (shift * HALF + (value >> shift)) as usize
}

/// The largest value that lands in the same bucket.
fn highest_of(index: usize) -> u64 {
    let index = index as u64;
    let shift = (index / HALF).saturating_sub(1);
    let base = index - shift * HALF;
    ((base + 1) << shift) - 1
}

impl Histogram {
    /// Counts one duration.
    #[inline]
    pub fn record(&self, nanos: u64) {
        let buckets = self.0.get_or_init(|| (0..BUCKETS).map(|_| AtomicU64::new(0)).collect());
        let bucket = &buckets[index_of(nanos.clamp(1, VALUE_MAX))];
        bucket.store(bucket.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Forgets everything.
    pub fn reset(&self) {
        for bucket in self.0.get().into_iter().flatten() {
            bucket.store(0, Ordering::Relaxed);
        }
    }
}

/// The histograms of all cores for one command, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    counts: Vec<u64>,
    total: u64,
}

impl Distribution {
    pub fn sum<'a>(histograms: impl Iterator<Item = &'a Histogram>) -> Self {
        let mut counts = vec![0; BUCKETS];
        for histogram in histograms {
            for (sum, bucket) in counts.iter_mut().zip(histogram.0.get().into_iter().flatten()) {
                *sum += bucket.load(Ordering::Relaxed);
            }
        }
        let total = counts.iter().sum();
        Self { counts, total }
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration in nanoseconds that `percent` of the values do not exceed.
    pub fn percentile(&self, percent: f64) -> u64 {
        let wanted = (((percent / 100.0) * self.total as f64 + 0.5) as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return highest_of(index);
            }
        }
        0
    }

    /// How many values are at or below each power of two of 1.024 microseconds, up to the first
    /// that is not below any value; pairs of microseconds and counts, without steps that add
    /// nothing.
    pub fn cumulative(&self) -> Vec<(u64, u64)> {
        let mut steps = Vec::new();
        let (mut seen, mut index) = (0, 0);
        let mut limit = 1024;
        while seen < self.total {
            let before = seen;
            while index < BUCKETS && highest_of(index) <= highest_of(index_of(limit)) {
                seen += self.counts[index];
                index += 1;
            }
            if seen > before {
                steps.push((limit / 1000, seen));
            }
            limit *= 2;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: u64, highest: u64) {
        let histogram = Histogram::default();
        histogram.record(value);
        let sum = Distribution::sum([&histogram].into_iter());
        assert_eq!(sum.percentile(50.0), highest, "{value}");
    }

    #[test]
    fn values_come_back_as_the_end_of_their_bucket() {
        check(1, 1);
        check(255, 255);
        check(256, 257);
        check(44_000, 44_031);
        check(2_000, 2_007);
        check(u64::MAX, highest_of(index_of(VALUE_MAX)));
    }

    #[test]
    fn buckets_do_not_overlap_and_leave_no_gap() {
        for index in 0..BUCKETS - 1 {
            assert_eq!(index_of(highest_of(index)), index);
            assert_eq!(index_of(highest_of(index) + 1), index + 1);
        }
    }

    #[test]
    fn percentiles_count_from_below() {
        let histogram = Histogram::default();
        (1..=100).for_each(|n| histogram.record(n));
        let sum = Distribution::sum([&histogram].into_iter());
        assert_eq!((sum.percentile(50.0), sum.percentile(99.0), sum.total()), (50, 99, 100));
        histogram.reset();
        assert_eq!(Distribution::sum([&histogram].into_iter()).total(), 0);
    }
}
