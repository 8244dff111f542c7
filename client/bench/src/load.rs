//! Sends commands in a closed or an open loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tsubame_client::{Client, Snapshot, commands};

use crate::Failure;
use crate::keys::Keys;
use crate::live::Live;
use crate::options::{Arrivals, Options};
use crate::record::{Besides, Point, Tally};
use crate::schedule::Schedule;
use crate::template::{Filled, Filling, Mix, Template};
use crate::timer::Timer;

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) mix: Mix,
    pub(crate) seed: u64,
    batch: usize,
    pace: Pace,
    bound: Bound,
    warmup: Duration,
    interval: Duration,
    threads: usize,
    by_shard: bool,
}

#[derive(Debug, Clone, Copy)]
enum Pace {
    Closed { tasks: usize },
    Open { rate: f64, arrivals: Arrivals, in_flight_max: usize },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    Time(Duration),
    Count(u64),
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) total: Tally,
    pub(crate) series: Vec<Point>,
    pub(crate) besides: Besides,
    /// Topology requests before the measurement.
    pub(crate) boot_requests: u64,
    pub(crate) wall: Duration,
    /// CPU time of this process.
    pub(crate) cpu: Duration,
    /// Commands of the schedule that were due and never sent.
    pub(crate) unsent: u64,
}

impl Plan {
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let seed = options.seed.unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
        let templates = if options.command.is_empty() {
            let shares = [(100.0 - options.sets, "GET {key}"), (options.sets, "SET {key} {value}")];
            let used = shares.into_iter().filter(|(share, _)| *share > 0.0);
            used.map(|(share, text)| Template::parse(&format!("{share}*{text}"))).collect()
        } else {
            options.command.iter().map(|line| Template::parse(line)).collect::<Result<Vec<_>, _>>()
        }?;
        // Twice as long as the longest value, so that values differ.
        let mut noise = vec![0; options.value_size.1 * 2];
        SmallRng::seed_from_u64(seed).fill_bytes(&mut noise);
        noise.iter_mut().for_each(|byte| *byte = b'a' + *byte % 26);
        let keys = Keys::new(
            &options.key_prefix,
            options.keys,
            options.distribution,
            options.zipf_exponent,
        );
        let filling = Filling { keys, value_size: options.value_size, noise, counter: 0.into() };
        Ok(Self {
            mix: Mix::new(templates, filling),
            seed,
            batch: options.batch,
            pace: match options.rate {
                Some(rate) => Pace::Open {
                    rate,
                    arrivals: options.arrivals,
                    in_flight_max: options.in_flight_max,
                },
                None => Pace::Closed { tasks: options.tasks },
            },
            bound: match options.requests {
                Some(count) => Bound::Count(count),
                None => Bound::Time(options.duration),
            },
            warmup: if options.requests.is_some() { Duration::ZERO } else { options.warmup },
            interval: options.interval,
            threads: options.threads,
            by_shard: options.by_shard,
        })
    }
}

/// What all tasks see.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) plan: Plan,
    /// The slots at the start, if commands are counted by shard.
    shards: Option<Arc<Snapshot>>,
    /// One for each thread or so, to keep them from each other's locks.
    tallies: Vec<Mutex<Tally>>,
    /// Commands that may still be sent, if they are counted.
    left: AtomicI64,
    stop: AtomicBool,
}

/// The commands of one task.
struct Source {
    rng: SmallRng,
    batch: Vec<Filled>,
}

impl Shared {
    pub(crate) fn new(client: Client, plan: Plan) -> Self {
        let shards = plan.by_shard.then(|| client.topology());
        let tally = Tally::new(
            plan.mix.templates.len(),
            shards.as_ref().map_or(0, |topology| topology.shards().len()),
        );
        let left = match plan.bound {
            Bound::Count(count) => i64::try_from(count).unwrap_or(i64::MAX),
            Bound::Time(_) => i64::MAX,
        };
        Self {
            tallies: (0..plan.threads).map(|_| Mutex::new(tally.clone())).collect(),
            client,
            plan,
            shards,
            left: AtomicI64::new(left),
            stop: AtomicBool::new(false),
        }
    }

    fn tally(&self) -> Tally {
        Tally::new(self.plan.mix.templates.len(), self.shards().map_or(0, |it| it.shards().len()))
    }

    pub(crate) fn shards(&self) -> Option<&Snapshot> {
        self.shards.as_deref()
    }

    /// How many commands the next batch has; 0 at the end.
    fn take(&self) -> usize {
        let batch = self.plan.batch;
        match self.plan.bound {
            Bound::Time(_) if self.stop.load(Ordering::Relaxed) => 0,
            Bound::Time(_) => batch,
            Bound::Count(_) => {
                let left = self.left.fetch_sub(batch as i64, Ordering::Relaxed);
                batch.min(usize::try_from(left).unwrap_or(0))
            }
        }
    }

    fn source(&self, task: usize) -> Source {
        let rng = SmallRng::seed_from_u64(self.plan.seed.wrapping_add(1 + task as u64));
        Source { rng, batch: Vec::new() }
    }

    /// Fills in the next `count` commands.
    fn draw(&self, source: &mut Source, count: usize) {
        source.batch.resize_with(count, Filled::default);
        for filled in &mut source.batch {
            self.plan.mix.draw(&mut source.rng, filled);
        }
    }

    /// Sends what was drawn and notes what comes of it.
    async fn send(&self, task: usize, batch: &[Filled], due: Instant) {
        let (client, mix) = (&self.client, &self.plan.mix);
        let results = match batch {
            [one] => Results::One(mix.command(one, client).await),
            _ => {
                let mut together = client.batch();
                for filled in batch {
                    together.push(mix.command(filled, client));
                }
                Results::Many(together.run().await.into_results())
            }
        };
        let latency = due.elapsed();
        let mut tally = self.tallies[task % self.tallies.len()].lock();
        let mut note = |filled: &Filled, result: &tsubame_client::Result<_>| {
            match result {
                Ok(_) => tally.succeeded(filled.which, latency),
                Err(error) => tally.failed(filled.which, error),
            }
            let shard = self.shards().and_then(|topology| {
                let shard = topology.shard_of(filled.slot()?)?;
                Some(topology.nodes()[shard.primary].shard)
            });
            if let Some(shard) = shard.filter(|_| result.is_ok()) {
                tally.shards[shard] += 1;
            }
        };
        match &results {
            Results::One(result) => note(&batch[0], result),
            Results::Many(results) => batch.iter().zip(results).for_each(|(f, r)| note(f, r)),
        }
    }

    /// Moves what was noted since the last time into `step`.
    fn gather(&self, step: &mut Tally) {
        for tally in &self.tallies {
            let mut tally = tally.lock();
            step.add(&tally);
            tally.clear();
        }
    }
}

enum Results {
    One(tsubame_client::Result<tsubame_client::Value>),
    Many(Vec<tsubame_client::Result<tsubame_client::Value>>),
}

/// One task of a closed loop: the next when the last is done.
async fn closed(shared: Arc<Shared>, task: usize) {
    let mut source = shared.source(task);
    loop {
        let count = shared.take();
        if count == 0 {
            return;
        }
        shared.draw(&mut source, count);
        shared.send(task, &source.batch, Instant::now()).await;
    }
}

/// One lane of an open loop: everything when it is due. Gives how many were due and not sent.
async fn open(
    shared: Arc<Shared>,
    lane: usize,
    schedule: Schedule,
    start: Instant,
    in_flight: Arc<Semaphore>,
) -> Result<u64, Failure> {
    let mut timer = Timer::new()?;
    let mut source = shared.source(lane);
    let end = match shared.plan.bound {
        Bound::Time(time) => shared.plan.warmup + time,
        Bound::Count(_) => Duration::MAX,
    };
    let mut due = schedule.take_while(|at| *at < end);
    while let Some(at) = due.next() {
        let at = start + at;
        if at > Instant::now() {
            timer.until(at).await?;
        }
        let place = in_flight.clone().acquire_owned().await?;
        let count = shared.take();
        if count == 0 {
            return match shared.plan.bound {
                Bound::Time(_) => Ok((1 + due.count() as u64) * shared.plan.batch as u64),
                Bound::Count(_) => Ok(0),
            };
        }
        shared.tallies[lane % shared.tallies.len()].lock().late(at.elapsed());
        shared.draw(&mut source, count);
        let batch = std::mem::take(&mut source.batch);
        tokio::spawn(one_of_many(shared.clone(), lane, batch, at, place));
    }
    Ok(0)
}

async fn one_of_many(
    shared: Arc<Shared>,
    lane: usize,
    batch: Vec<Filled>,
    due: Instant,
    _place: OwnedSemaphorePermit,
) {
    shared.send(lane, &batch, due).await;
}

/// Runs the load to its end.
pub(crate) async fn run(shared: &Arc<Shared>, mut live: Live) -> Result<Outcome, Failure> {
    let plan = &shared.plan;
    let mut tasks: JoinSet<Result<u64, Failure>> = JoinSet::new();
    let mut measured = (Instant::now(), cpu_time(), shared.client.stats());
    let start = measured.0;
    let mut in_flight = None;
    match plan.pace {
        Pace::Closed { tasks: count } => {
            for task in 0..count {
                let work = closed(shared.clone(), task);
                tasks.spawn(async move {
                    work.await;
                    Ok(0)
                });
            }
        }
        Pace::Open { rate, arrivals, in_flight_max } => {
            let places = Arc::new(Semaphore::new(in_flight_max));
            let lanes = plan.threads;
            for lane in 0..lanes {
                let rate = rate / plan.batch as f64;
                let schedule = Schedule::new(rate, arrivals, lane, lanes, plan.seed);
                tasks.spawn(open(shared.clone(), lane, schedule, start, places.clone()));
            }
            in_flight = Some((places, in_flight_max));
        }
    }
    if !plan.warmup.is_zero() {
        live.warming_up(plan.warmup);
        tokio::time::sleep(plan.warmup).await;
        shared.gather(&mut shared.tally());
        measured = (Instant::now(), cpu_time(), shared.client.stats());
    }
    let (start, cpu, before) = measured;
    let boot_requests = before.topology_requests;
    let (mut total, mut step) = (shared.tally(), shared.tally());
    let (mut series, mut last, mut last_stats) = (Vec::new(), start, before);
    let mut unsent = 0;
    let mut steps = tokio::time::interval_at((start + plan.interval).into(), plan.interval);
    let end = match plan.bound {
        Bound::Time(time) => tokio::time::Instant::from_std(start + time),
        Bound::Count(_) => tokio::time::Instant::now() + Duration::from_secs(365 * 24 * 3600),
    };
    let mut over = false;
    while !over {
        tokio::select! {
            biased;
            _ = steps.tick() => {}
            () = tokio::time::sleep_until(end) => over = true,
            Some(ended) = tasks.join_next() => {
                unsent += ended??;
                over = tasks.is_empty();
                if !over {
                    continue;
                }
                if let Some((places, max)) = &in_flight {
                    // What is under way belongs to it; each has its deadline.
                    let _ = places.acquire_many(u32::try_from(*max)?).await?;
                }
            }
        }
        shared.gather(&mut step);
        let (now, stats) = (Instant::now(), shared.client.stats());
        let point = Point {
            at: now - start,
            length: now - last,
            count: step.count(),
            failures: step.failures(),
            latencies: step.all(),
            shards: step.shards.clone(),
            besides: Besides::between(&last_stats, &stats),
        };
        total.add(&step);
        live.show(&point, &total, plan.bound);
        // The rest of a step at the end is too short to be a rate, unless there is nothing else.
        if !over || series.is_empty() || point.length > plan.interval / 2 {
            series.push(point);
        }
        step.clear();
        (last, last_stats) = (now, stats);
    }
    let (wall, cpu) = (start.elapsed(), cpu_time().saturating_sub(cpu));
    shared.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        unsent += ended??;
    }
    live.end();
    let besides = Besides::between(&before, &shared.client.stats());
    Ok(Outcome { total, series, besides, boot_requests, wall, cpu, unsent })
}

/// Sets every key, a thousand at a time.
pub(crate) async fn fill(client: &Client, plan: &Plan, quiet: bool) -> Result<(), Failure> {
    let filling = &plan.mix.filling;
    let count = filling.keys.count();
    let bar = Live::filling(count, quiet);
    let (mut name, len) = (Vec::new(), filling.value_size.1);
    for first in (0..count).step_by(1_000) {
        let mut batch = client.batch();
        for number in first..count.min(first + 1_000) {
            name.clear();
            filling.keys.write(number, &mut name);
            batch.push(commands::set(&name[..], &filling.noise[..len]));
        }
        batch.run().await.all::<tsubame_client::Value>()?;
        bar.set_position(first);
    }
    bar.finish_and_clear();
    Ok(())
}

/// CPU time that this process used so far, user and system.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
