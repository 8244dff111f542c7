//! The gate: an exclusive mode over all shards that costs nothing per command.
//!
//! A core raises its flag once per batch and looks at one shared word. Whoever wants to be alone
//! writes that word and waits until every flag is down: a core that is asleep or doing I/O is
//! always quiescent. Under the gate no shard lock is held by anybody else.

use super::sync::{AtomicU64, AtomicUsize, Ordering, fence, spin_loop};

const OPEN: usize = 0;

#[repr(align(128))]
#[derive(Debug)]
struct CoreFlag {
    executing: AtomicUsize,
}

/// One gate per process. Participants are the event loops and the service threads that lock.
#[derive(Debug)]
pub struct Gate {
    /// [`OPEN`], or one more than the participant that wants or has the exclusive mode.
    owner: AtomicUsize,
    /// Participants (modulo 64) to be told when the gate opens.
    waiting: AtomicU64,
    flags: Box<[CoreFlag]>,
}

impl Gate {
    /// A gate for `participants` threads; a single one needs no protocol.
    pub fn new(participants: usize) -> Self {
        let flag = || CoreFlag { executing: AtomicUsize::new(0) };
        Self {
            owner: AtomicUsize::new(OPEN),
            waiting: AtomicU64::new(0),
            flags: (0..participants).map(|_| flag()).collect(),
        }
    }

    fn is_single(&self) -> bool {
        self.flags.len() == 1
    }

    /// Begins a batch. `false`: somebody is, or wants to be, alone; [`Gate::ask`] to be told.
    #[inline]
    pub fn enter(&self, me: usize) -> bool {
        if self.is_single() {
            return true;
        }
        self.flags[me].executing.store(1, Ordering::Relaxed);
        // Either we see the owner's word, or he sees our flag.
        fence(Ordering::SeqCst);
        if self.owner.load(Ordering::Acquire) == OPEN {
            return true;
        }
        self.flags[me].executing.store(0, Ordering::SeqCst);
        false
    }

    /// Ends the batch. No shard lock may be held any more.
    #[inline]
    pub fn leave(&self, me: usize) {
        if !self.is_single() {
            self.flags[me].executing.store(0, Ordering::Release);
        }
    }

    /// Asks to be told when the gate opens. `true`: it is open already.
    pub fn ask(&self, me: usize) -> bool {
        self.waiting.fetch_or(1 << (me % 64), Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.owner.load(Ordering::Acquire) == OPEN
    }

    /// Whether another participant wants to be alone; a long batch ends early then.
    #[inline]
    pub fn is_wanted(&self) -> bool {
        self.owner.load(Ordering::Relaxed) != OPEN
    }

    /// Reaches the exclusive mode from inside a batch, in which no shard lock is held.
    ///
    /// `false`: somebody else was first; the caller has then left its batch and must not touch
    /// shards. Waits for the others' batches, which never wait for anything themselves.
    pub fn try_close(&self, me: usize) -> bool {
        if self.is_single() {
            return true;
        }
        self.leave(me);
        if self.owner.compare_exchange(OPEN, me + 1, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return false;
        }
        fence(Ordering::SeqCst);
        for (other, flag) in self.flags.iter().enumerate() {
            let mut rounds = 0u32;
            while other != me && flag.executing.load(Ordering::Acquire) != 0 {
                rounds += 1;
                relax(rounds);
            }
        }
        true
    }

    /// Ends the exclusive mode; the caller is inside a batch again. Answers whom to tell.
    pub fn open(&self, me: usize) -> u64 {
        if self.is_single() {
            return 0;
        }
        self.flags[me].executing.store(1, Ordering::Relaxed);
        self.owner.store(OPEN, Ordering::Release);
        fence(Ordering::SeqCst);
        self.waiting.swap(0, Ordering::SeqCst)
    }
}

fn relax(rounds: u32) {
    #[cfg(not(loom))]
    if rounds.is_multiple_of(256) {
        // The core we wait for may need this CPU.
        std::thread::yield_now();
        return;
    }
    let _ = rounds;
    spin_loop();
    #[cfg(loom)]
    loom::thread::yield_now();
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use loom::cell::UnsafeCell;

    use super::*;

    struct Shared(Gate, UnsafeCell<u32>);
    // SAFETY: the model checks exactly that the gate keeps accesses to the cell apart.
    #[expect(unsafe_code, reason = "the cell under test is shared on purpose")]
    unsafe impl Sync for Shared {}

    /// Nobody is inside a batch while somebody is alone.
    #[test]
    #[expect(unsafe_code, reason = "loom's cells are raw; it reports any overlap")]
    fn alone_means_alone() {
        loom::model(|| {
            let shared = Arc::new(Shared(Gate::new(2), UnsafeCell::new(0)));
            let worker = {
                let shared = shared.clone();
                loom::thread::spawn(move || {
                    if shared.0.enter(1) {
                        // SAFETY: inside a batch; loom reports an overlap.
                        shared.1.with_mut(|v| unsafe { *v += 1 });
                        shared.0.leave(1);
                    }
                })
            };
            assert!(shared.0.enter(0) || shared.0.ask(0));
            if shared.0.try_close(0) {
                // SAFETY: alone; loom reports an overlap.
                shared.1.with_mut(|v| unsafe { *v += 1 });
                shared.0.open(0);
                shared.0.leave(0);
            }
            worker.join().expect("no panic");
        });
    }
}
