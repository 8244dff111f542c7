//! When commands of an open loop are due. No reply has an influence on it.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Exp};

use crate::options::Arrivals;

/// Times of one of several lanes that share a rate, counted from the start.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// Seconds between two of this lane.
    gap: f64,
    /// Seconds before the first.
    offset: f64,
    count: u64,
    random: Option<(Exp<f64>, SmallRng, f64)>,
}

impl Schedule {
    /// Lane `lane` of `lanes` that together make `rate` a second.
    pub(crate) fn new(rate: f64, arrivals: Arrivals, lane: usize, lanes: usize, seed: u64) -> Self {
        let gap = lanes as f64 / rate;
        let random = (arrivals == Arrivals::Poisson).then(|| {
            let exp = Exp::new(1.0 / gap).expect("a rate is above 0");
            (exp, SmallRng::seed_from_u64(seed ^ (lane as u64) << 32), 0.0)
        });
        Self { gap, offset: lane as f64 / rate, count: 0, random }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let seconds = match &mut self.random {
            Some((exp, rng, at)) => {
                *at += exp.sample(rng);
                *at
            }
            // Multiplied, not added up: a sum of roundings would drift.
            None => self.offset + self.count as f64 * self.gap,
        };
        self.count += 1;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(rate: f64, arrivals: Arrivals, lanes: usize, seconds: u64) -> Vec<Duration> {
        let mut times: Vec<_> = (0..lanes)
            .flat_map(|lane| {
                Schedule::new(rate, arrivals, lane, lanes, 9)
                    .take_while(|at| *at < Duration::from_secs(seconds))
            })
            .collect();
        times.sort();
        times
    }

    #[test]
    fn lanes_together_are_even() {
        let times = times(1_000.0, Arrivals::Even, 3, 2);
        assert_eq!(times.len(), 2_000);
        for (n, at) in times.iter().enumerate() {
            let off = (at.as_secs_f64() - n as f64 / 1_000.0).abs();
            assert!(off < 1e-8, "the {n}th is {off} s off");
        }
    }

    #[test]
    fn it_does_not_drift() {
        let at = Schedule::new(333.3, Arrivals::Even, 0, 1, 0).nth(3_333_000).unwrap();
        assert!((at.as_secs_f64() - 10_000.0).abs() < 1e-6, "{at:?}");
    }

    /// The number in a second of a Poisson process has its mean as its variance.
    #[test]
    fn poisson_arrivals_have_the_rate_and_its_variance() {
        let times = times(1_000.0, Arrivals::Poisson, 2, 400);
        let mut counts = vec![0f64; 400];
        times.iter().for_each(|at| counts[at.as_secs() as usize] += 1.0);
        let mean = counts.iter().sum::<f64>() / 400.0;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 399.0;
        assert!((mean - 1_000.0).abs() < 10.0, "mean {mean}");
        assert!((600.0..1_500.0).contains(&variance), "variance {variance}");
    }
}
