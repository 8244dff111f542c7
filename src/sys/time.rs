//! The wall clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970.
pub fn unix_us() -> u64 {
    let since = since_epoch();
    since.as_secs() * 1_000_000 + u64::from(since.subsec_micros())
}

/// Milliseconds since 1970.
pub fn unix_ms() -> u64 {
    let since = since_epoch();
    since.as_secs() * 1000 + u64::from(since.subsec_millis())
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
