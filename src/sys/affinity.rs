//! On which CPUs threads run: `server-cpulist` and `bio-cpulist`.

use std::ops::RangeInclusive;

use rustix::thread::{CpuSet, sched_setaffinity};

/// Keeps the calling thread, and those that it starts from now on, to the CPUs of a list like `0,2`,
/// `0-3` or `0-7:2`. As in Valkey a list that is not understood, or names no CPU of the machine,
/// changes nothing.
pub fn pin(list: &str) {
    let Some(ranges) = parse(list) else { return };
    let mut cpus = CpuSet::new();
    for (range, step) in ranges {
        range.step_by(step).filter(|&cpu| cpu < CpuSet::MAX_CPU).for_each(|cpu| cpus.set(cpu));
    }
    if let Err(error) = sched_setaffinity(None, &cpus) {
        tracing::debug!("CPUs {list}: {error}");
    }
}

/// Ranges of CPUs, and how far apart those of a range are.
fn parse(list: &str) -> Option<Vec<(RangeInclusive<usize>, usize)>> {
    if list.is_empty() {
        return None;
    }
    list.split(',').map(parse_range).collect()
}

fn parse_range(text: &str) -> Option<(RangeInclusive<usize>, usize)> {
    let (range, step) = match text.split_once(':') {
        Some((range, step)) => (range, step.parse().ok().filter(|&step| step > 0)?),
        None => (text, 1),
    };
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
        None => (range.parse().ok()?, range.parse().ok()?),
    };
    (first <= last).then_some((first..=last, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_cpus_ranges_and_steps() {
        assert_eq!(parse("3"), Some(vec![(3..=3, 1)]));
        assert_eq!(parse("0,2-5,8-15:2"), Some(vec![(0..=0, 1), (2..=5, 1), (8..=15, 2)]));
        for list in ["", "x", "1,x", "1,", "3-1", "0-", "-1", "0-7:0", "0-7:x"] {
            assert_eq!(parse(list), None, "{list}");
        }
    }

    #[test]
    fn a_thread_keeps_to_its_cpus() {
        let cpus = || rustix::thread::sched_getaffinity(None).expect("the kernel tells");
        let all = cpus();
        let first = (0..CpuSet::MAX_CPU).find(|&cpu| all.is_set(cpu)).expect("it runs somewhere");
        let pinned = std::thread::spawn(move || {
            pin("nonsense");
            let before = cpus().count();
            pin(&first.to_string());
            (before, cpus())
        });
        let (before, after) = pinned.join().expect("no panic");
        assert_eq!(before, all.count());
        assert!(after.count() == 1 && after.is_set(first));
    }
}
