//! What the server asks of jemalloc beside memory.
#![expect(unsafe_code, reason = "jemalloc's control interface has no types")]

use std::cell::OnceCell;

use tikv_jemalloc_ctl::thread::{self, ThreadLocal};
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

thread_local! {
    static COUNTERS: OnceCell<Option<(ThreadLocal<u64>, ThreadLocal<u64>)>> =
        const { OnceCell::new() };
}

/// What this thread has allocated and not freed, or freed for others.
#[inline]
pub fn thread_balance() -> i64 {
    COUNTERS.with(|counters| {
        let counters = counters
            .get_or_init(|| thread::allocatedp::read().ok().zip(thread::deallocatedp::read().ok()));
        counters.as_ref().map_or(0, |(got, gave)| got.get().wrapping_sub(gave.get()) as i64)
    })
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

/// A number of jemalloc's by its name, of whichever width it is.
pub fn number(name: &[u8]) -> Option<i64> {
    let name = [name, b"\0"].concat();
    // SAFETY: the name ends with a NUL. jemalloc refuses to read a value of another size than that
    // of the type asked for, and all bit patterns are integers.
    unsafe {
        let wide = raw::read::<usize>(&name).map(|value| value as i64);
        wide.or_else(|_| raw::read::<u32>(&name).map(i64::from))
            .or_else(|_| raw::read::<u8>(&name).map(i64::from))
            .ok()
    }
}

/// Has jemalloc do something that takes and gives nothing. `false`: it knows no such thing.
pub fn act(name: &[u8]) -> bool {
    let known: [&[u8]; 2] = [b"thread.tcache.flush", b"thread.idle"];
    let Some(name) = known.into_iter().find(|known| *known == name) else { return false };
    let name = [name, b"\0"].concat();
    // SAFETY: the name ends with a NUL, and these actions look at no value.
    unsafe { raw::write::<usize>(&name, 0).is_ok() || raw::read::<usize>(&name).is_ok() }
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
