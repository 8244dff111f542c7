//! What came of the commands.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use tsubame_client::{Error, Stats};

/// Latencies in ns to three digits.
pub(crate) type Latencies = Histogram<u64>;

pub(crate) fn latencies() -> Latencies {
    // 100 ns is finer than any network; above an hour all are the same.
    Histogram::new_with_bounds(100, 3_600_000_000_000, 3).expect("the bounds are in order")
}

/// A sum over some time; sums add up.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    /// Of each command of the mix: latencies of those that succeeded.
    pub(crate) commands: Vec<Latencies>,
    /// How long after they were due commands of a schedule were sent.
    pub(crate) late: Latencies,
    /// Of each command of the mix: how many failed.
    pub(crate) failed: Vec<u64>,
    /// By code or kind of error: how many, and the first one's words.
    pub(crate) errors: BTreeMap<String, (u64, String)>,
    /// Commands by the shard of their first key.
    pub(crate) shards: Vec<u64>,
}

impl Tally {
    pub(crate) fn new(commands: usize, shards: usize) -> Self {
        Self {
            commands: vec![latencies(); commands],
            late: latencies(),
            failed: vec![0; commands],
            errors: BTreeMap::new(),
            shards: vec![0; shards],
        }
    }

    pub(crate) fn succeeded(&mut self, which: usize, latency: Duration) {
        self.commands[which].saturating_record(nanos(latency));
    }

    pub(crate) fn failed(&mut self, which: usize, error: &Error) {
        self.failed[which] += 1;
        let first = || (0, error.to_string());
        self.errors.entry(kind(error)).or_insert_with(first).0 += 1;
    }

    pub(crate) fn late(&mut self, lateness: Duration) {
        self.late.saturating_record(nanos(lateness));
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        for (sum, more) in self.commands.iter_mut().zip(&other.commands) {
            sum.add(more).expect("all have the same bounds");
        }
        self.late.add(&other.late).expect("all have the same bounds");
        add_all(&mut self.failed, &other.failed);
        add_all(&mut self.shards, &other.shards);
        for (kind, (count, first)) in &other.errors {
            self.errors.entry(kind.clone()).or_insert_with(|| (0, first.clone())).0 += count;
        }
    }

    /// Forgets everything but keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.commands.iter_mut().for_each(|it| it.reset());
        self.late.reset();
        self.failed.fill(0);
        self.shards.fill(0);
        self.errors.clear();
    }

    pub(crate) fn all(&self) -> Latencies {
        let mut all = latencies();
        for one in &self.commands {
            all.add(one).expect("all have the same bounds");
        }
        all
    }

    pub(crate) fn count(&self) -> u64 {
        self.commands.iter().map(|one| one.len()).sum()
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.iter().sum()
    }
}

fn add_all(sums: &mut [u64], more: &[u64]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The server's code, or the name of the client's error.
fn kind(error: &Error) -> String {
    if let Some(code) = error.code() {
        return code.to_owned();
    }
    let name = format!("{error:?}");
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    name[..end].to_owned()
}

/// One step of the series.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// End of the step, from the start of the measurement.
    pub(crate) at: Duration,
    pub(crate) length: Duration,
    pub(crate) count: u64,
    pub(crate) failures: u64,
    pub(crate) latencies: Latencies,
    pub(crate) shards: Vec<u64>,
    pub(crate) besides: Besides,
}

macro_rules! besides {
    ($($name:ident: $label:literal = $($stat:ident)|+,)*) => {
        /// What the client did besides the commands.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub(crate) struct Besides { $($name: u64,)* }

        impl Besides {
            /// What happened from `before` to `after`.
            pub(crate) fn between(before: &Stats, after: &Stats) -> Self {
                Self { $($name: 0 $(+ after.$stat.saturating_sub(before.$stat))+,)* }
            }

            /// Name for machines, name for people, number.
            pub(crate) fn rows(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $label, self.$name),)*]
            }
        }
    };
}

besides! {
    topology_requests: "topology requests" = topology_requests,
    topology_published: "topologies adopted" = topology_published,
    moved: "MOVED" = moved,
    ask: "ASK" = ask,
    backoffs: "waits (TRYAGAIN, LOADING, ...)" = backoffs,
    retries: "retries" = retries,
    probes: "probes of replicas" = probes,
    dials: "connections dialled" = dials | exclusive_dials,
    disconnects: "connections lost" = disconnects,
    refused: "refused (queue full, circuit open)" = overloaded | circuit_rejected,
    timeouts: "deadlines passed" = timeouts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_up() {
        let mut sum = Tally::new(2, 1);
        let mut one = Tally::new(2, 1);
        one.succeeded(0, Duration::from_micros(10));
        one.succeeded(1, Duration::from_millis(3));
        one.failed(1, &Error::CrossSlot);
        one.shards[0] = 3;
        sum.add(&one);
        sum.add(&one);
        assert_eq!((sum.count(), sum.failures(), sum.shards[0]), (4, 2, 6));
        assert_eq!(sum.errors["CrossSlot"].0, 2);
        let max = sum.all().max();
        assert!((2_990_000..3_010_000).contains(&max), "{max}");
        sum.clear();
        assert_eq!((sum.count(), sum.failures(), sum.errors.len()), (0, 0, 0));
    }

    #[test]
    fn errors_are_told_apart_by_name() {
        let node = "h:1".parse().unwrap();
        assert_eq!(kind(&Error::Overloaded { node }), "Overloaded");
        assert_eq!(kind(&Error::Timeout { sent: true }), "Timeout");
    }
}
