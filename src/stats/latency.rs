//! Events that took long: what LATENCY reports.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;

/// Samples kept of an event.
const SAMPLES_MAX: usize = 160;

/// The worst of an event within one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Unix seconds.
    pub time: u64,
    pub millis: u64,
}

/// What is known of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    pub samples: VecDeque<Sample>,
    /// The worst ever.
    pub max: u64,
    pub sum: u64,
    pub count: u64,
}

/// Events by name.
#[derive(Debug, Default)]
pub struct LatencyEvents(Mutex<BTreeMap<&'static str, Series>>);

impl LatencyEvents {
    /// Notes that `event` took `millis`; the caller has compared it with
    /// `latency-monitor-threshold`.
    pub fn add(&self, event: &'static str, millis: u64, time: u64) {
        let mut events = self.0.lock();
        let series = events.entry(event).or_default();
        series.max = series.max.max(millis);
        series.sum += millis;
        series.count += 1;
        match series.samples.back_mut() {
            Some(last) if last.time == time => last.millis = last.millis.max(millis),
            _ => {
                if series.samples.len() == SAMPLES_MAX {
                    series.samples.pop_front();
                }
                series.samples.push_back(Sample { time, millis });
            }
        }
    }

    /// All events, by name.
    pub fn list(&self) -> Vec<(&'static str, Series)> {
        self.0.lock().iter().map(|(name, series)| (*name, series.clone())).collect()
    }

    pub fn get(&self, event: &[u8]) -> Option<(&'static str, Series)> {
        let events = self.0.lock();
        let (name, series) = events.get_key_value(std::str::from_utf8(event).ok()?)?;
        Some((*name, series.clone()))
    }

    /// Forgets one event, or all, and says how many there were.
    pub fn reset(&self, event: Option<&[u8]>) -> usize {
        let mut events = self.0.lock();
        match event {
            None => std::mem::take(&mut *events).len(),
            Some(name) => {
                let name = std::str::from_utf8(name).unwrap_or_default();
                usize::from(events.remove(name).is_some())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_one_sample_and_it_is_the_worst() {
        let events = LatencyEvents::default();
        for (millis, time) in [(5, 1), (9, 1), (3, 1), (4, 2)] {
            events.add("command", millis, time);
        }
        let (_, series) = events.get(b"command").expect("it was noted");
        let samples: Vec<_> = series.samples.iter().map(|s| (s.time, s.millis)).collect();
        assert_eq!(samples, [(1, 9), (2, 4)]);
        assert_eq!((series.max, series.sum, series.count), (9, 21, 4));
        assert_eq!(events.reset(Some(b"other")), 0);
        assert_eq!(events.reset(None), 1);
    }
}
