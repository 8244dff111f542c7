//! What the server asks of jemalloc beside memory.
#![expect(unsafe_code, reason = "jemalloc's control interface has no types")]

use tikv_jemalloc_ctl::{arenas, epoch, raw, stats};

/// As INFO and `--version` call it.
pub const NAME: &str = "jemalloc";

/// Bytes handed out, in pages with allocations, in memory, and kept for reuse. What cannot be read
/// is zero.
pub fn usage() -> [u64; 4] {
    // The statistics are a snapshot that this renews.
    let _ = epoch::advance();
    let read = |value: Result<usize, _>| value.unwrap_or(0) as u64;
    [
        read(stats::allocated::read()),
        read(stats::active::read()),
        read(stats::resident::read()),
        read(stats::retained::read()),
    ]
}

/// Gives unused pages back to the system now instead of some time later.
///
/// Setting an arena's decay time to zero drops its dirty pages at once; the old time is then set
/// again.
pub fn purge() {
    let count = arenas::narenas::read().unwrap_or(0);
    for arena in 0..count {
        for kind in ["dirty", "muzzy"] {
            let name = format!("arena.{arena}.{kind}_decay_ms\0");
            // SAFETY: the name ends with a NUL and these settings are of the type ssize_t.
            let old = unsafe { raw::read::<isize>(name.as_bytes()) };
            // An arena that was never used cannot be asked.
            let Ok(old) = old else { continue };
            for value in [0, old] {
                // SAFETY: as above.
                if let Err(error) = unsafe { raw::write::<isize>(name.as_bytes(), value) } {
                    tracing::debug!("{name} cannot be set to {value}: {error}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn purging_leaves_the_decay_times_as_they_were() {
        // SAFETY: the setting is of the type ssize_t.
        let read = || unsafe {
            tikv_jemalloc_ctl::raw::read::<isize>(b"arenas.dirty_decay_ms\0").unwrap_or(-2)
        };
        let before = read();
        super::purge();
        assert_eq!(read(), before);
    }
}
