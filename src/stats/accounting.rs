//! How much memory the program holds, exactly and at the cost of a few loads.
//!
//! The allocator counts for each thread what it has ever handed out and taken back. Threads that
//! matter publish the difference now and then; the sum, with an offset for what the others hold, is
//! the memory in use. One thread's number may be negative: it frees what another allocated.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::memory::MemoryUse;
use crate::sys::allocator::thread_balance;

/// A sum that is further than this from the allocator's own is put right. The allocator's own
/// counts blocks that threads keep for reuse, so that it is no better for small differences.
const DRIFT_MAX: i64 = 1 << 20;

/// One thread's share, written by it alone.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Share(AtomicI64);

impl Share {
    /// Publishes what the calling thread holds now.
    #[inline]
    pub fn publish(&self) {
        self.0.store(thread_balance(), Ordering::Relaxed);
    }
}

/// See the module documentation.
#[derive(Debug)]
pub struct Accounting {
    shares: Box<[Share]>,
    offset: AtomicI64,
}

impl Accounting {
    /// For so many threads that publish; the calling one has the first share.
    pub fn new(threads: usize) -> Self {
        let this = Self {
            shares: (0..threads).map(|_| Share::default()).collect(),
            offset: AtomicI64::new(0),
        };
        this.share(0).publish();
        this.offset.store(MemoryUse::read().allocated as i64 - this.sum(), Ordering::Relaxed);
        this
    }

    /// The share of a thread.
    #[inline]
    pub fn share(&self, thread: usize) -> &Share {
        &self.shares[thread]
    }

    fn sum(&self) -> i64 {
        self.shares.iter().map(|share| share.0.load(Ordering::Relaxed)).sum()
    }

    /// Bytes in use.
    #[inline]
    pub fn used(&self) -> u64 {
        (self.sum() + self.offset.load(Ordering::Relaxed)).max(0) as u64
    }

    /// Puts the sum right if it is far from what the allocator says: threads that do not publish
    /// have taken or given memory.
    pub fn correct(&self, allocated: u64) {
        let drift = allocated as i64 - self.used() as i64;
        if drift.abs() > DRIFT_MAX {
            self.offset.fetch_add(drift, Ordering::Relaxed);
        }
    }
}

/// For how long more memory was in use than `maxmemory` allows.
#[derive(Debug, Default)]
pub struct Overrun {
    /// Unix milliseconds; 0 while it is not.
    since_ms: AtomicU64,
    total_ms: AtomicU64,
}

impl Overrun {
    /// Notes whether too much is in use now.
    pub fn note(&self, is_over: bool, now_ms: u64) {
        let since = self.since_ms.load(Ordering::Relaxed);
        if is_over && since == 0 {
            self.since_ms.store(now_ms, Ordering::Relaxed);
        } else if !is_over && since != 0 {
            // Of the cores that notice, one counts.
            let since = self.since_ms.swap(0, Ordering::Relaxed);
            if since != 0 {
                self.total_ms.fetch_add(now_ms.saturating_sub(since), Ordering::Relaxed);
            }
        }
    }

    /// CONFIG RESETSTAT: what still is so counts from when it is noticed next.
    pub fn reset(&self) {
        self.since_ms.store(0, Ordering::Relaxed);
        self.total_ms.store(0, Ordering::Relaxed);
    }

    /// For how long it is so now.
    pub fn current_ms(&self, now_ms: u64) -> u64 {
        match self.since_ms.load(Ordering::Relaxed) {
            0 => 0,
            since => now_ms.saturating_sub(since),
        }
    }

    /// For how long it was so since the start, or the last reset.
    pub fn total_ms(&self, now_ms: u64) -> u64 {
        self.total_ms.load(Ordering::Relaxed) + self.current_ms(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_above_the_ceiling_is_counted_once() {
        let overrun = Overrun::default();
        overrun.note(true, 1000);
        overrun.note(true, 1500);
        assert_eq!((overrun.current_ms(2000), overrun.total_ms(2000)), (1000, 1000));
        overrun.note(false, 2500);
        overrun.note(false, 3000);
        assert_eq!((overrun.current_ms(9000), overrun.total_ms(9000)), (0, 1500));
        overrun.note(true, 9000);
        overrun.reset();
        assert_eq!((overrun.current_ms(9500), overrun.total_ms(9500)), (0, 0));
        overrun.note(true, 9600);
        assert_eq!((overrun.current_ms(9700), overrun.total_ms(9700)), (100, 100));
    }

    #[test]
    fn a_thread_that_never_published_is_made_up_for() {
        let accounting = Accounting::new(2);
        accounting.correct(100 << 20);
        assert_eq!(accounting.used(), 100 << 20);
        // Within what the allocator's own number is uncertain by.
        accounting.correct((100 << 20) + 1000);
        assert_eq!(accounting.used(), 100 << 20);
    }
}
