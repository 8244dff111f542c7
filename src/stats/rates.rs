//! How fast things go: averages over the last samples.

use parking_lot::Mutex;

const SAMPLES: usize = 16;

/// A quantity that only grows, sampled now and then.
#[derive(Debug, Default)]
struct Meter {
    last: Option<(u64, u64)>,
    /// Growth per second between samples.
    samples: [u64; SAMPLES],
    next: usize,
}

impl Meter {
    fn sample(&mut self, now_us: u64, value: u64) {
        if let Some((at, before)) = self.last {
            let elapsed = now_us.saturating_sub(at).max(1);
            let rate = value.saturating_sub(before).saturating_mul(1_000_000) / elapsed;
            self.samples[self.next] = rate;
            self.next = (self.next + 1) % SAMPLES;
        }
        self.last = Some((now_us, value));
    }

    fn rate(&self) -> u64 {
        self.samples.iter().sum::<u64>() / SAMPLES as u64
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Commands,
    InputBytes,
    OutputBytes,
    Rounds,
    /// Microseconds of work.
    Work,
}

/// The meters of `instantaneous_*`.
#[derive(Debug, Default)]
pub struct Rates(Mutex<[Meter; 5]>);

impl Rates {
    /// Takes a sample of everything; called about ten times a second.
    pub fn sample(&self, now_us: u64, value_of: impl Fn(Measure) -> u64) {
        let mut meters = self.0.lock();
        for measure in [
            Measure::Commands,
            Measure::InputBytes,
            Measure::OutputBytes,
            Measure::Rounds,
            Measure::Work,
        ] {
            meters[measure as usize].sample(now_us, value_of(measure));
        }
    }

    /// CONFIG RESETSTAT: what is measured begins anew.
    pub fn reset(&self) {
        *self.0.lock() = Default::default();
    }

    /// The average growth per second over the last samples.
    pub fn per_second(&self, measure: Measure) -> u64 {
        self.0.lock()[measure as usize].rate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate() {
        let rates = Rates::default();
        for n in 0..=SAMPLES as u64 {
            rates.sample(n * 100_000, |measure| n * (measure as u64 + 1));
        }
        assert_eq!(rates.per_second(Measure::Commands), 10);
        assert_eq!(rates.per_second(Measure::OutputBytes), 30);
    }
}
