//! Which scripts run now, for how long, and whether they may be stopped.
//!
//! A core runs one script at a time. Once it has run for longer than `busy-reply-threshold` it is
//! *busy*: other clients are told so, and SCRIPT KILL may stop it, unless it has written.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The script of one core.
#[derive(Debug, Default)]
struct Slot {
    is_busy: AtomicBool,
    has_written: AtomicBool,
    is_killed: AtomicBool,
}

/// What SCRIPT KILL came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillOutcome {
    Killed,
    NotBusy,
    /// It has written, and what it wrote cannot be taken back.
    Unkillable,
}

/// The running scripts of all cores.
#[derive(Debug)]
pub struct Running {
    slots: Box<[Slot]>,
    busy_count: AtomicUsize,
}

impl Running {
    pub fn new(cores: usize) -> Running {
        Running {
            slots: (0..cores).map(|_| Slot::default()).collect(),
            busy_count: AtomicUsize::new(0),
        }
    }

    /// Whether some script has been running for too long.
    #[inline]
    pub fn is_busy(&self) -> bool {
        self.busy_count.load(Ordering::Relaxed) > 0
    }

    /// The script of this core has written.
    pub fn note_write(&self, core: usize) {
        // Written only when it changes, since this is asked at every write of a script.
        if !self.slots[core].has_written.load(Ordering::Relaxed) {
            self.slots[core].has_written.store(true, Ordering::SeqCst);
        }
    }

    /// The script of this core has been running for too long. `true` if that is news.
    pub fn note_busy(&self, core: usize) -> bool {
        let news = !self.slots[core].is_busy.swap(true, Ordering::SeqCst);
        if news {
            self.busy_count.fetch_add(1, Ordering::SeqCst);
        }
        news
    }

    /// Whether the script of this core is to stop.
    pub fn is_killed(&self, core: usize) -> bool {
        self.slots[core].is_killed.load(Ordering::Relaxed)
    }

    /// The script of this core has ended.
    pub fn end(&self, core: usize) {
        let slot = &self.slots[core];
        if slot.is_busy.swap(false, Ordering::SeqCst) {
            self.busy_count.fetch_sub(1, Ordering::SeqCst);
        }
        slot.is_killed.store(false, Ordering::Relaxed);
        if slot.has_written.load(Ordering::Relaxed) {
            slot.has_written.store(false, Ordering::SeqCst);
        }
    }

    /// SCRIPT KILL: stops the busy scripts that have not written.
    pub fn kill(&self) -> KillOutcome {
        let mut outcome = KillOutcome::NotBusy;
        for slot in self.slots.iter().filter(|slot| slot.is_busy.load(Ordering::SeqCst)) {
            if slot.has_written.load(Ordering::SeqCst) {
                if outcome == KillOutcome::NotBusy {
                    outcome = KillOutcome::Unkillable;
                }
            } else {
                slot.is_killed.store(true, Ordering::SeqCst);
                outcome = KillOutcome::Killed;
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_busy_script_that_has_not_written_is_killed() {
        let running = Running::new(2);
        assert_eq!(running.kill(), KillOutcome::NotBusy);
        running.note_write(0);
        assert!(running.note_busy(0) && !running.note_busy(0));
        assert_eq!(running.kill(), KillOutcome::Unkillable);
        running.note_busy(1);
        assert_eq!(running.kill(), KillOutcome::Killed);
        assert!(running.is_killed(1) && !running.is_killed(0));
        running.end(0);
        running.end(1);
        assert!(!running.is_busy() && !running.is_killed(1));
    }
}
