//! What DEBUG switches, for tests that must hold something still.

use std::sync::atomic::{AtomicBool, AtomicI64};

/// How long CLIENT LIST's `rbp` remembers the largest reply, unless DEBUG REPLYBUFFER says else.
pub const REPLY_PEAK_RESET_MS: i64 = 5000;

/// The switches, as they are at the start.
#[derive(Debug)]
pub struct Testing {
    /// DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: AtomicBool,
    /// DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may run commands that they usually may not.
    pub scripts_run_all: AtomicBool,
    /// DEBUG PAUSE-CRON: the loops do nothing by the clock.
    pub cron_paused: AtomicBool,
    /// DEBUG REPLYBUFFER RESIZING.
    pub reply_resizing: AtomicBool,
    /// DEBUG REPLYBUFFER PEAK-RESET-TIME; negative for never.
    pub reply_peak_reset_ms: AtomicI64,
}

impl Default for Testing {
    fn default() -> Self {
        Self {
            active_expire: AtomicBool::new(true),
            scripts_run_all: AtomicBool::new(false),
            cron_paused: AtomicBool::new(false),
            reply_resizing: AtomicBool::new(true),
            reply_peak_reset_ms: AtomicI64::new(REPLY_PEAK_RESET_MS),
        }
    }
}
