//! CLIENT PAUSE: holding commands back for a while.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// What is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseKind {
    Write,
    All,
}

/// The pause of the process.
#[derive(Debug, Default)]
pub struct Pause {
    /// Unix milliseconds until which anything is held back; 0 for no pause.
    until_ms: AtomicU64,
    kind: Mutex<Option<PauseKind>>,
}

impl Pause {
    /// Begins a pause, or prolongs one; `All` stays `All`.
    pub fn begin(&self, kind: PauseKind, until_ms: u64, now_ms: u64) {
        let mut current = self.kind.lock();
        let active = self.until_ms.load(Ordering::Relaxed) > now_ms;
        let keeps_all = active && *current == Some(PauseKind::All);
        *current = Some(if keeps_all { PauseKind::All } else { kind });
        let until =
            if active { until_ms.max(self.until_ms.load(Ordering::Relaxed)) } else { until_ms };
        self.until_ms.store(until, Ordering::Relaxed);
    }

    pub fn end(&self) {
        *self.kind.lock() = None;
        self.until_ms.store(0, Ordering::Relaxed);
    }

    /// Until when, if commands are held back now; in that millisecond they still are, so that
    /// nobody waits for less than was asked.
    #[inline]
    pub fn until(&self, now_ms: u64) -> Option<u64> {
        let until = self.until_ms.load(Ordering::Relaxed);
        (until >= now_ms && until != 0).then_some(until)
    }

    /// What is held back now.
    pub fn kind(&self, now_ms: u64) -> Option<PauseKind> {
        self.until(now_ms)?;
        *self.kind.lock()
    }
}
