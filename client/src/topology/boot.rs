//! Learning the first topology from the seeds.

use std::sync::Arc;
use std::time::Duration;

use rand::seq::SliceRandom;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::source::{Answer, Source};
use super::{Snapshot, Verdict, validate};
use crate::addr::NodeAddr;
use crate::error::Error;
use crate::seeds::Seeds;
use crate::stats::Counters;

/// Seeds asked at the same time.
const PARALLEL: usize = 3;
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// Asks the seeds, each at most once per step and at most three at a time, until one gives a
/// topology that makes sense. Between steps it backs off with jitter. Fails at `deadline`, with
/// what each seed said last.
pub(crate) async fn boot(
    seeds: &Seeds,
    source: &dyn Source,
    counters: &Counters,
    ask_timeout: Duration,
    deadline: Instant,
) -> Result<Snapshot, Error> {
    let mut backoff = BACKOFF_MIN;
    loop {
        let listing = timeout_at(deadline.min(Instant::now() + ask_timeout), seeds.list());
        let (list, source_failed) = listing
            .await
            .unwrap_or_else(|_| (seeds.fixed.clone(), Some("no answer in time".to_owned())));
        let mut said: Vec<(NodeAddr, Arc<str>)> =
            list.into_iter().map(|seed| (seed, "not asked yet".into())).collect();
        said.shuffle(&mut rand::rng());
        for group in said.chunks_mut(PARALLEL) {
            let until = deadline.min(Instant::now() + ask_timeout);
            counters.topology_requests.add(group.len() as u64);
            counters.topology_in_flight_max.raise_to(group.len() as u64);
            let asking = group.iter().map(|(seed, _)| {
                let asking = source.ask(seed.clone());
                tokio::spawn(async move { timeout_at(until, asking).await })
            });
            let asking: Vec<_> = asking.collect();
            let mut first = None;
            for (task, (_, cause)) in asking.into_iter().zip(group.iter_mut()) {
                let answer: Answer = match task.await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) => Err("no answer in time".into()),
                    Err(_) => Err("the request was aborted".into()),
                };
                match answer.map(|candidate| validate(&candidate, None, 1)) {
                    Ok(Verdict::Accept(snapshot, _)) => {
                        // Of the answers of one step the one that covers most: a node that was
                        // reset or just joined knows little.
                        if first.as_deref().is_none_or(|best: &Snapshot| {
                            snapshot.slots_covered() > best.slots_covered()
                        }) {
                            first = Some(snapshot);
                        }
                    }
                    Ok(Verdict::Reject(why)) => *cause = why.into(),
                    Err(why) => *cause = why,
                }
            }
            if let Some(snapshot) = first {
                counters.topology_published.add(1);
                return Ok(*snapshot);
            }
        }
        let next = Instant::now() + backoff.mul_f64(rand::random());
        if next >= deadline {
            let of_source = source_failed.map(|why| format!("the source of seeds: {why}"));
            let causes = said.iter().map(|(seed, why)| format!("{seed}: {why}"));
            let causes: Vec<_> = causes.chain(of_source).collect();
            return Err(Error::Topology(causes.join("; ").into()));
        }
        sleep_until(next).await;
        backoff = (backoff * 2).min(BACKOFF_MAX);
    }
}
