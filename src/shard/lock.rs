//! The lock of one shard: try, spin a little, or be told later.

use super::sync::{AtomicU32, AtomicU64, Ordering, spin_loop};

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Set beside `HELD` when a core wants to be told of the release.
const WANTED: u32 = 2;

/// Rounds of spinning, about a microsecond: the length of a few short commands.
#[cfg(not(loom))]
const SPINS: u32 = 60;
#[cfg(loom)]
const SPINS: u32 = 1;

#[derive(Debug)]
pub(super) struct ShardLock {
    state: AtomicU32,
    /// Bit `c % 64` for each core that is to be told of the release.
    waiting: AtomicU64,
}

impl ShardLock {
    pub(super) fn new() -> Self {
        Self { state: AtomicU32::new(FREE), waiting: AtomicU64::new(0) }
    }

    #[inline]
    pub(super) fn try_lock(&self) -> bool {
        self.state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// As [`ShardLock::try_lock`], but waits about as long as a short command takes.
    pub(super) fn spin_lock(&self) -> bool {
        for _ in 0..SPINS {
            if self.state.load(Ordering::Relaxed) == FREE && self.try_lock() {
                return true;
            }
            spin_loop();
        }
        self.try_lock()
    }

    /// Asks for `core` to be told of the release. `true`: the lock is free again and was taken.
    pub(super) fn lock_or_ask(&self, core: usize) -> bool {
        self.waiting.fetch_or(1 << (core % 64), Ordering::SeqCst);
        loop {
            match self.state.load(Ordering::Relaxed) {
                FREE if self.try_lock() => return true,
                FREE => {}
                held => {
                    let asked = self.state.compare_exchange(
                        held,
                        held | WANTED,
                        Ordering::SeqCst,
                        Ordering::Relaxed,
                    );
                    if asked.is_ok() {
                        return false;
                    }
                }
            }
            spin_loop();
        }
    }

    /// Releases the lock and answers the cores (modulo 64) that asked to be told.
    #[inline]
    pub(super) fn unlock(&self) -> u64 {
        if self.state.swap(FREE, Ordering::SeqCst) & WANTED == 0 {
            return 0;
        }
        self.waiting.swap(0, Ordering::SeqCst)
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use super::*;

    /// A core that was refused is always named by a later release.
    #[test]
    fn no_wake_up_is_lost() {
        loom::model(|| {
            let lock = Arc::new(ShardLock::new());
            assert!(lock.try_lock());
            let other = {
                let lock = lock.clone();
                loom::thread::spawn(move || {
                    if lock.lock_or_ask(3) {
                        lock.unlock();
                        return false;
                    }
                    true
                })
            };
            let mut told = lock.unlock();
            let refused = other.join().expect("no panic");
            // Somebody else may have taken it in between; here nobody does.
            if lock.try_lock() {
                told |= lock.unlock();
            }
            assert!(!refused || told & (1 << 3) != 0);
        });
    }
}
