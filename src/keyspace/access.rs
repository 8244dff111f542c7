//! The 24 access bits of an entry: an LRU clock in seconds, or an LFU counter.
//!
//! LFU: 16 bits of minutes at which the counter was last lowered, 8 bits of counter. The counter
//! grows by chance, the less likely the larger it is, and is lowered by one for every
//! `lfu-decay-time` minutes without use.

use rand::Rng;

use crate::config::Config;

const CLOCK_MASK: u32 = 0x00ff_ffff;
/// New keys start here, so that they are not evicted before they had a chance.
const LFU_START: u32 = 5;

/// How accesses are marked at a given time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    now_s: u64,
    lfu: Option<Lfu>,
}

#[derive(Debug, Clone, Copy)]
struct Lfu {
    log_factor: i64,
    decay_minutes: i64,
}

impl Access {
    #[inline]
    pub(super) fn at(now_ms: u64, config: &Config) -> Self {
        let lfu = config.maxmemory_policy.get().is_lfu().then(|| Lfu {
            log_factor: config.lfu_log_factor.get(),
            decay_minutes: config.lfu_decay_time.get(),
        });
        Self { now_s: now_ms / 1000, lfu }
    }

    /// The bits of a new entry.
    pub(super) fn initial(self) -> u32 {
        match self.lfu {
            None => self.now_s as u32 & CLOCK_MASK,
            Some(_) => self.minutes() << 8 | LFU_START,
        }
    }

    /// The bits after one more use.
    #[inline]
    pub(super) fn used(self, old: u32) -> u32 {
        let Some(lfu) = self.lfu else { return self.now_s as u32 & CLOCK_MASK };
        let mut counter = self.decayed(old, lfu);
        let base = counter.saturating_sub(LFU_START) as f64;
        let chance = 1.0 / (base * lfu.log_factor as f64 + 1.0);
        if counter < 255 && rand::rng().random::<f64>() < chance {
            counter += 1;
        }
        self.minutes() << 8 | counter
    }

    /// Seconds since the last use; 0 where uses are counted instead.
    pub(super) fn idle_s(self, bits: u32) -> u32 {
        match self.lfu {
            None => (self.now_s as u32).wrapping_sub(bits) & CLOCK_MASK,
            Some(_) => 0,
        }
    }

    /// The counter as it is now.
    pub(super) fn frequency(self, bits: u32) -> u32 {
        self.lfu.map_or(0, |lfu| self.decayed(bits, lfu))
    }

    fn minutes(self) -> u32 {
        (self.now_s / 60) as u32 & 0xffff
    }

    fn decayed(self, bits: u32, lfu: Lfu) -> u32 {
        let elapsed = self.minutes().wrapping_sub(bits >> 8) & 0xffff;
        let periods = u32::try_from(lfu.decay_minutes).ok().and_then(|n| elapsed.checked_div(n));
        (bits & 0xff).saturating_sub(periods.unwrap_or(0))
    }
}
