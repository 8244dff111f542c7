//! Which key a command takes.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution as _, Zipf};

use crate::options::Distribution;

/// Draws numbers of keys below `count`.
#[derive(Debug)]
pub(crate) struct Keys {
    prefix: String,
    count: u64,
    pick: Pick,
}

#[derive(Debug)]
enum Pick {
    Uniform,
    /// The lower the number, the more often.
    Zipf(Zipf<f64>),
    /// One counter for all tasks, so that together they touch each key as often as any other.
    Sequential(AtomicU64),
}

impl Keys {
    pub(crate) fn new(prefix: &str, count: u64, distribution: Distribution, exponent: f64) -> Self {
        let pick = match distribution {
            Distribution::Uniform => Pick::Uniform,
            Distribution::Zipf => {
                let zipf = Zipf::new(count as f64, exponent);
                Pick::Zipf(zipf.expect("the count is above and the exponent not below 0"))
            }
            Distribution::Sequential => Pick::Sequential(AtomicU64::new(0)),
        };
        Self { prefix: prefix.to_owned(), count, pick }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn draw(&self, rng: &mut SmallRng) -> u64 {
        match &self.pick {
            Pick::Uniform => rng.random_range(0..self.count),
            // Ranks begin with 1.
            Pick::Zipf(zipf) => (zipf.sample(rng) as u64).clamp(1, self.count) - 1,
            Pick::Sequential(next) => next.fetch_add(1, Ordering::Relaxed) % self.count,
        }
    }

    /// Writes the name of a key: twelve digits, as redis-benchmark does, so that both tools meet in
    /// the same keys.
    pub(crate) fn write(&self, number: u64, out: &mut Vec<u8>) {
        use std::io::Write;
        out.extend_from_slice(self.prefix.as_bytes());
        let _ = write!(out, "{number:012}"); // a Vec takes everything
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const SEED: u64 = 20_260;

    fn draws(distribution: Distribution, exponent: f64, count: u64, draws: usize) -> Vec<u64> {
        let keys = Keys::new("k:", count, distribution, exponent);
        let mut rng = SmallRng::seed_from_u64(SEED);
        let mut seen = vec![0; count as usize];
        (0..draws).for_each(|_| seen[keys.draw(&mut rng) as usize] += 1);
        seen
    }

    /// By Zipf's law the key of rank r is drawn with probability r^-s / (1^-s + … + n^-s).
    #[test]
    fn zipf_has_the_shape_of_its_law() {
        for exponent in [0.5, 0.99, 1.3] {
            let total = 1_000_000;
            let seen = draws(Distribution::Zipf, exponent, 1_000, total);
            let harmonic: f64 = (1..=1_000).map(|rank| f64::from(rank).powf(-exponent)).sum();
            for rank in [1usize, 2, 3, 10, 100] {
                let expected = total as f64 * (rank as f64).powf(-exponent) / harmonic;
                let off = (seen[rank - 1] as f64 - expected).abs();
                // Five standard deviations of a binomial count.
                assert!(
                    off < 5.0 * expected.sqrt(),
                    "s {exponent}, rank {rank}: {off} off, seed {SEED}"
                );
            }
            let tail: u64 = seen[500..].iter().sum();
            let expected: f64 =
                (501..=1_000).map(|rank| f64::from(rank).powf(-exponent)).sum::<f64>() / harmonic;
            let share = tail as f64 / total as f64;
            assert!((share - expected).abs() < 0.005, "{share} of {expected}, seed {SEED}");
        }
    }

    #[test]
    fn uniform_favours_no_key() {
        let seen = draws(Distribution::Uniform, 0.0, 100, 100_000);
        let off = seen.iter().map(|n| n.abs_diff(1_000)).max();
        assert!(off < Some(5 * 32), "{seen:?}, seed {SEED}"); // five standard deviations
    }

    #[test]
    fn sequential_takes_every_key_in_turn() {
        assert!(draws(Distribution::Sequential, 0.0, 10, 30).iter().all(|n| *n == 3));
    }

    #[test]
    fn a_seed_repeats_its_keys() {
        let once = draws(Distribution::Zipf, 0.99, 50, 1_000);
        assert_eq!(once, draws(Distribution::Zipf, 0.99, 50, 1_000));
    }

    #[test]
    fn names_are_those_of_redis_benchmark() {
        let mut name = Vec::new();
        Keys::new("key:", 10, Distribution::Uniform, 0.0).write(7, &mut name);
        assert_eq!(name, b"key:000000000007");
    }
}
