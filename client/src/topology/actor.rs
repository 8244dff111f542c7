//! The one task that asks for topologies after the first.
//!
//! It has at most one request in flight and at most one reason to send the next; everything it is
//! told meanwhile merges. Requests never wait for it.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use tokio::time::{Instant, sleep_until, timeout};

use super::gate::{Gate, Opening, REFILL};
use super::hints::Hints;
use super::source::{Answer, Asking, Source};
use super::{Change, Kind, Node, Snapshot, Verdict, validate};
use crate::addr::NodeAddr;
use crate::observe::log;
use crate::seeds::Seeds;
use crate::slot::Slot;
use crate::stats::Counters;

/// Where the actor's findings go; tests have their own.
pub(crate) trait Sink: Send + Sync + 'static {
    /// What requests are routed by now.
    fn current(&self) -> Arc<Snapshot>;
    /// Replaces it. The request that gave it began at `asked_at`.
    fn publish(&self, snapshot: Snapshot, asked_at: Instant);
    /// Adds what redirections taught.
    fn learn(&self, moved: HashMap<Slot, NodeAddr>);
    /// Whether redirections before `asked_at` taught otherwise than the current topology says.
    fn is_contradicted(&self, asked_at: Instant) -> bool;
    /// Whether `addr` is known to be unreachable.
    fn is_down(&self, addr: &NodeAddr) -> bool;
    /// Asks the next primary in turn how far its replicas are behind; `None` if there is none to be
    /// asked.
    fn look_at_replicas(&self) -> Option<Looking>;
}

/// A request for the lag of a shard's replicas, and what comes of it.
pub(crate) type Looking = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct Actor {
    pub(crate) hints: Arc<Hints>,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) seeds: Seeds,
    pub(crate) ask_timeout: Duration,
    /// Between spontaneous checks, ± 25 %; `None`: never.
    pub(crate) check_every: Option<Duration>,
    /// Whether it has to be known how far replicas are behind.
    pub(crate) watches_lag: bool,
}

/// A change that one node told and others have to confirm.
struct Confirming {
    told: Vec<(Snapshot, Instant)>,
    asked: HashSet<NodeAddr>,
}

/// Nodes asked in all before a destructive change is believed or dropped.
const WITNESSES: usize = 3;

/// From a request that failed to the next, if nobody gives a hint: the first time, and at most.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// For so long a node that gave no topology is asked only if all others gave none either.
const FAILED_FOR: Duration = Duration::from_secs(60);

struct Job {
    asking: Asking,
    addr: NodeAddr,
    began: Instant,
}

impl Actor {
    /// Works until the hints are closed.
    pub(crate) async fn run(self) {
        let origin = Instant::now();
        let mut gate = Gate::new(Duration::ZERO);
        let mut job: Option<Job> = None;
        let mut looking: Option<Looking> = None;
        let mut look_at = Instant::now();
        let mut confirming: Option<Confirming> = None;
        let mut next_check = self.next_check();
        let mut seeds = self.seeds.fixed.clone();
        let mut failed: HashMap<NodeAddr, Instant> = HashMap::new();
        // What could not be found out is asked for again, at growing distances.
        let (mut failures, mut retry_at) = (0u32, None::<Instant>);
        while !self.hints.is_closed() {
            let now = Instant::now();
            let clock = now - origin;
            let (bits, moved) = self.hints.take();
            if !moved.is_empty() {
                self.sink.learn(moved);
            }
            let check = next_check.is_some_and(|at| at <= now);
            if check {
                next_check = self.next_check();
            }
            let retry = retry_at.is_some_and(|at| at <= now);
            if retry {
                retry_at = None;
            }
            if bits != 0 || check || retry {
                let nodes = self.sink.current().nodes().len();
                gate.hint(clock, nodes, rand::rng().random());
            }
            let mut wake_at = [next_check, retry_at].into_iter().flatten().min();
            if job.is_none() {
                let may = match &confirming {
                    Some(_) => match gate.token_at(clock) {
                        at if at <= clock => Opening::Now,
                        at => Opening::At(at),
                    },
                    None => gate.opening(clock),
                };
                match may {
                    Opening::Now => {
                        if self.needs_seeds(&failed) {
                            // As rare as the requests themselves: the gate is open.
                            match timeout(self.ask_timeout, self.seeds.list()).await {
                                Ok((found, _)) if !found.is_empty() => seeds = found,
                                _ => {}
                            }
                        }
                        match self.pick(confirming.as_ref(), &seeds, &failed) {
                            Some(addr) if gate.take(clock) => job = Some(self.start(addr, now)),
                            _ => {
                                if let Some(confirming) = confirming.take() {
                                    self.decide(confirming);
                                    self.note_settled();
                                }
                            }
                        }
                    }
                    Opening::At(at) => {
                        let at = origin + at;
                        wake_at = Some(wake_at.map_or(at, |other| other.min(at)));
                    }
                    Opening::Idle => {}
                }
            }
            if self.watches_lag && looking.is_none() {
                // What is left of the budget, so that both together stay within it.
                let at = look_at.max(origin + gate.spare_at(clock));
                if at <= now {
                    looking = self.sink.look_at_replicas();
                    match looking {
                        Some(_) if gate.take_spare(clock) => self.counters.lag_requests.add(1),
                        _ => look_at = now + REFILL,
                    }
                }
                let at = at.max(look_at);
                wake_at = Some(wake_at.map_or(at, |other| other.min(at)));
            }
            let answer = tokio::select! {
                () = self.hints.wait() => continue,
                answer = answer_of(&mut job) => answer,
                () = done_with(&mut looking) => {
                    looking = None;
                    continue;
                }
                () = sleep_until_some(wake_at) => continue,
            };
            let Some(done) = job.take() else { continue };
            let is_told = answer.is_ok();
            failed.retain(|_, at| at.elapsed() < FAILED_FOR);
            if is_told {
                (failures, retry_at) = (0, None);
            } else {
                failed.insert(done.addr.clone(), Instant::now());
                let pause = RETRY_MAX.min(RETRY_MIN * 2u32.pow(failures.min(6)));
                failures += 1;
                let jitter = rand::rng().random_range(0.75..=1.25);
                retry_at = Some(Instant::now() + pause.mul_f64(jitter));
            }
            confirming = self.heard(done, answer, confirming);
            if is_told && confirming.is_none() {
                self.note_settled();
            }
        }
    }

    /// Everything that was asked so far is answered: there is one request at a time.
    fn note_settled(&self) {
        let asked = self.counters.topology_requests.get();
        self.counters.topology_settled.raise_to(asked);
    }

    fn start(&self, addr: NodeAddr, now: Instant) -> Job {
        self.counters.topology_requests.add(1);
        self.counters.topology_in_flight_max.raise_to(1);
        let asking = self.source.ask(addr.clone());
        let limit = self.ask_timeout;
        let asking: Asking = Box::pin(async move {
            match timeout(limit, asking).await {
                Ok(answer) => answer,
                Err(_) => Err("no answer in time".into()),
            }
        });
        Job { asking, addr, began: now }
    }

    /// Whom to ask next: a random node that is not known to be down and not asked yet; seeds when
    /// no known node is left.
    fn pick(
        &self,
        confirming: Option<&Confirming>,
        seeds: &[NodeAddr],
        failed: &HashMap<NodeAddr, Instant>,
    ) -> Option<NodeAddr> {
        let snapshot = self.sink.current();
        let fresh = |addr: &&NodeAddr| confirming.is_none_or(|c| !c.asked.contains(addr));
        let known: Vec<&NodeAddr> =
            snapshot.nodes().iter().map(|node| &node.addr).filter(fresh).collect();
        let up: Vec<&NodeAddr> =
            known.iter().copied().filter(|addr| !self.is_lost(addr, failed)).collect();
        let seeds: Vec<&NodeAddr> = seeds.iter().filter(fresh).collect();
        let untried: Vec<&NodeAddr> =
            seeds.iter().copied().filter(|addr| !failed.contains_key(*addr)).collect();
        let pick = |from: &[&NodeAddr]| from.choose(&mut rand::rng()).map(|addr| (*addr).clone());
        // With every node down, the seeds may have new addresses behind their names.
        if self.follows_source() {
            return pick(&seeds).or_else(|| pick(&known));
        }
        pick(&up).or_else(|| pick(&untried)).or_else(|| pick(&seeds)).or_else(|| pick(&known))
    }

    /// Whether `addr` is not to be reached, as far as anybody has tried.
    fn is_lost(&self, addr: &NodeAddr, failed: &HashMap<NodeAddr, Instant>) -> bool {
        failed.contains_key(addr) || self.sink.is_down(addr)
    }

    /// A single server that a source names: the source knows which it is, the server does not.
    fn follows_source(&self) -> bool {
        self.seeds.source.is_some() && self.sink.current().kind() == Kind::Standalone
    }

    fn needs_seeds(&self, failed: &HashMap<NodeAddr, Instant>) -> bool {
        let is_lost = |node: &Node| self.is_lost(&node.addr, failed);
        self.follows_source() || self.sink.current().nodes().iter().all(is_lost)
    }

    /// Judges an answer. Returns what has to be confirmed now, if anything.
    fn heard(
        &self,
        job: Job,
        answer: Answer,
        confirming: Option<Confirming>,
    ) -> Option<Confirming> {
        let current = self.sink.current();
        if answer.is_ok() {
            self.counters.topology_answers.add(1);
        }
        let verdict = answer.map(|told| validate(&told, Some(&current), current.version() + 1));
        let mut confirming = match (confirming, verdict) {
            // A slot may have come back from where a redirection said that it went, or the node has not
            // heard yet that it went: others know.
            (None, Ok(Verdict::Accept(_, Change::Same)))
                if !self.sink.is_contradicted(job.began) =>
            {
                return None;
            }
            (None, Ok(Verdict::Accept(snapshot, Change::Benign))) => {
                self.publish(*snapshot, job.began);
                return None;
            }
            (waiting, Ok(Verdict::Accept(snapshot, _))) => {
                let mut confirming = waiting
                    .unwrap_or_else(|| Confirming { told: Vec::new(), asked: HashSet::new() });
                confirming.told.push((*snapshot, job.began));
                confirming
            }
            (waiting, Ok(Verdict::Reject(why))) => {
                log::topology_refused(&job.addr, why);
                self.counters.topology_rejected.add(1);
                waiting?
            }
            (waiting, Err(why)) => {
                log::topology_failed(&job.addr, &why);
                waiting?
            }
        };
        confirming.asked.insert(job.addr);
        if self.agreed(&confirming).is_some() || confirming.asked.len() >= WITNESSES {
            self.decide(confirming);
            return None;
        }
        Some(confirming)
    }

    /// What two nodes told alike.
    fn agreed(&self, confirming: &Confirming) -> Option<usize> {
        let told = &confirming.told;
        (0..told.len()).find(|a| told[..*a].iter().any(|(other, _)| other.same_as(&told[*a].0)))
    }

    /// Ends a confirmation: what two nodes agree on, or what the only node says. Otherwise the old
    /// topology stays; the next hint asks again.
    fn decide(&self, mut confirming: Confirming) {
        let alone = self.sink.current().nodes().len() == 1 && confirming.told.len() == 1;
        match self.agreed(&confirming).or(alone.then_some(0)) {
            Some(at) => {
                let (snapshot, began) = confirming.told.swap_remove(at);
                if !snapshot.same_as(&self.sink.current()) || self.sink.is_contradicted(began) {
                    self.publish(snapshot, began);
                }
            }
            None => {
                log::topology_unconfirmed();
                self.counters.topology_rejected.add(1);
            }
        }
    }

    fn publish(&self, snapshot: Snapshot, asked_at: Instant) {
        log::topology_adopted(snapshot.version());
        self.counters.topology_published.add(1);
        self.sink.publish(snapshot, asked_at);
    }

    fn next_check(&self) -> Option<Instant> {
        let every = self.check_every?;
        Some(Instant::now() + every.mul_f64(rand::rng().random_range(0.75..=1.25)))
    }
}

async fn answer_of(job: &mut Option<Job>) -> Answer {
    match job {
        Some(job) => job.asking.as_mut().await,
        None => std::future::pending().await,
    }
}

async fn done_with(looking: &mut Option<Looking>) {
    match looking {
        Some(looking) => looking.as_mut().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until_some(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::super::hints::Hint;
    use super::super::{Candidate, CandidateNode, Range};
    use super::*;

    const THIRDS: &[(u16, u16, &str)] = &[(0, 5460, "a"), (5461, 10922, "b"), (10923, 16383, "c")];

    fn candidate(ranges: &[(u16, u16, &str)]) -> Candidate {
        let node = |id: &str| CandidateNode { id: id.into(), addr: NodeAddr::new(id, 1) };
        let ranges = ranges
            .iter()
            .map(|(first, last, id)| Range { first: *first, last: *last, nodes: vec![node(id)] })
            .collect();
        Candidate { kind: Kind::Cluster, ranges }
    }

    type Script = Box<dyn FnMut(&NodeAddr) -> (Duration, Answer) + Send>;

    /// Answers by a script and notes when it was asked.
    struct Scripted {
        script: Mutex<Script>,
        asked: Mutex<Vec<Instant>>,
        in_flight: Arc<AtomicUsize>,
        in_flight_max: AtomicUsize,
    }

    impl Source for Scripted {
        fn ask(&self, addr: NodeAddr) -> Asking {
            self.asked.lock().unwrap().push(Instant::now());
            let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            self.in_flight_max.fetch_max(now, Ordering::SeqCst);
            let (delay, answer) = (self.script.lock().unwrap())(&addr);
            /// Counts down also when the request is given up.
            struct Guard(Arc<AtomicUsize>);
            impl Drop for Guard {
                fn drop(&mut self) {
                    self.0.fetch_sub(1, Ordering::SeqCst);
                }
            }
            let guard = Guard(self.in_flight.clone());
            Box::pin(async move {
                let _guard = guard;
                tokio::time::sleep(delay).await;
                answer
            })
        }
    }

    struct Published {
        snapshot: Mutex<Arc<Snapshot>>,
        looked: Mutex<Vec<Instant>>,
    }

    impl Sink for Published {
        fn current(&self) -> Arc<Snapshot> {
            self.snapshot.lock().unwrap().clone()
        }
        fn publish(&self, snapshot: Snapshot, _: Instant) {
            *self.snapshot.lock().unwrap() = Arc::new(snapshot);
        }
        fn learn(&self, _: HashMap<Slot, NodeAddr>) {}
        fn is_contradicted(&self, _: Instant) -> bool {
            false
        }
        fn is_down(&self, _: &NodeAddr) -> bool {
            false
        }
        fn look_at_replicas(&self) -> Option<Looking> {
            self.looked.lock().unwrap().push(Instant::now());
            Some(Box::pin(tokio::time::sleep(Duration::from_millis(rand::random_range(0..900)))))
        }
    }

    struct Bench {
        hints: Arc<Hints>,
        source: Arc<Scripted>,
        sink: Arc<Published>,
    }

    fn bench(script: impl FnMut(&NodeAddr) -> (Duration, Answer) + Send + 'static) -> Bench {
        bench_with(false, script)
    }

    fn bench_with(
        watches_lag: bool,
        script: impl FnMut(&NodeAddr) -> (Duration, Answer) + Send + 'static,
    ) -> Bench {
        let hints = Arc::new(Hints::default());
        let source = Arc::new(Scripted {
            script: Mutex::new(Box::new(script)),
            asked: Mutex::default(),
            in_flight: Arc::default(),
            in_flight_max: AtomicUsize::new(0),
        });
        let current = Arc::new(Snapshot::new(1, &candidate(THIRDS)));
        let sink = Arc::new(Published { snapshot: Mutex::new(current), looked: Mutex::default() });
        let actor = Actor {
            hints: hints.clone(),
            source: source.clone(),
            sink: sink.clone(),
            counters: Arc::default(),
            seeds: Seeds { fixed: vec![NodeAddr::new("a", 1)], ..Seeds::default() },
            ask_timeout: Duration::from_secs(1),
            check_every: Some(Duration::from_secs(60)),
            watches_lag,
        };
        tokio::spawn(actor.run());
        Bench { hints, source, sink }
    }

    /// Invariants I1, I2 and I5 under virtual time: an hour of hints from a hundred tasks, with
    /// answers that are good, refused, destructive, senseless or never come.
    #[tokio::test(start_paused = true)]
    async fn a_storm_of_hints_asks_at_most_15_times_a_minute_and_one_at_a_time() {
        let seed: u64 = rand::random();
        eprintln!("seed {seed}");
        let mut rng = StdRng::seed_from_u64(seed);
        let bench = bench_with(true, move |_| {
            let delay = Duration::from_millis(rng.random_range(0..2000));
            let answer = match rng.random_range(0..5) {
                0 => Ok(candidate(THIRDS)),
                1 => Err("NOPERM".into()),
                2 => Ok(candidate(&[])),
                3 => Ok(candidate(&[(0, 16383, "a")])),
                _ => Ok(candidate(&[(0, 5000, "a"), (5001, 10922, "b"), (10923, 16383, "c")])),
            };
            (delay, answer)
        });
        let mut tasks = Vec::new();
        for task in 0..100u64 {
            let hints = bench.hints.clone();
            tasks.push(tokio::spawn(async move {
                let mut rng = StdRng::seed_from_u64(seed ^ task);
                let end = Instant::now() + Duration::from_secs(3600);
                while Instant::now() < end {
                    match rng.random_range(0..3) {
                        0 => hints.raise(Hint::Unreachable),
                        1 => hints.raise(Hint::User),
                        _ => hints.moved(Slot::of(&[task as u8]), NodeAddr::new("b", 1)),
                    }
                    tokio::time::sleep(Duration::from_millis(rng.random_range(1..5000))).await;
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let mut asked = bench.source.asked.lock().unwrap().clone();
        assert!(asked.len() > 300, "it does ask: {}", asked.len());
        // What it asks of replicas comes out of the same budget.
        asked.extend(bench.sink.looked.lock().unwrap().iter());
        asked.sort_unstable();
        for (index, start) in asked.iter().enumerate() {
            let end = *start + Duration::from_secs(60);
            let within = asked[index..].iter().take_while(|at| **at < end).count();
            assert!(within <= 15, "{within} within a minute");
        }
        assert_eq!(bench.source.in_flight_max.load(Ordering::SeqCst), 1);
    }

    async fn settle(bench: &Bench) {
        bench.hints.raise(Hint::User);
        // Shorter than the time to the first spontaneous check.
        tokio::time::sleep(Duration::from_secs(40)).await;
    }

    /// Invariant I7: one node's drastic word against two others is not adopted.
    #[tokio::test(start_paused = true)]
    async fn one_liar_is_outvoted() {
        let bench = bench(|addr| {
            let lie: &[_] = &[(0, 16383, "a")];
            let told = if addr.host() == "a" { lie } else { THIRDS };
            (Duration::from_millis(10), Ok(candidate(told)))
        });
        for _ in 0..20 {
            settle(&bench).await;
        }
        assert_eq!(bench.sink.current().shards().len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn two_that_agree_are_believed_and_a_benign_change_at_once() {
        let all_on_a = bench(|_| (Duration::ZERO, Ok(candidate(&[(0, 16383, "a")]))));
        settle(&all_on_a).await;
        assert_eq!(all_on_a.sink.current().shards().len(), 1);
        assert_eq!(all_on_a.source.asked.lock().unwrap().len(), 2);
        let benign: &[_] = &[(0, 5000, "a"), (5001, 10922, "b"), (10923, 16383, "c")];
        let bench = bench(move |_| (Duration::ZERO, Ok(candidate(benign))));
        bench.hints.raise(Hint::User);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(bench.sink.current().version(), 2);
        assert_eq!(bench.source.asked.lock().unwrap().len(), 1);
    }

    /// The lag of replicas is asked for with what the topology leaves: a token is always kept.
    #[tokio::test(start_paused = true)]
    async fn lag_is_looked_at_with_spare_tokens_only() {
        let bench = bench_with(true, |_| (Duration::ZERO, Ok(candidate(THIRDS))));
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(600)).await;
        let looked = bench.sink.looked.lock().unwrap().clone();
        assert!((100..=125).contains(&looked.len()), "{}", looked.len());
        bench.hints.raise(Hint::User);
        let asked = || {
            bench
                .source
                .asked
                .lock()
                .unwrap()
                .iter()
                .filter(|at| **at > start + Duration::from_secs(600))
                .count()
        };
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(asked(), 1, "a hint need not wait for what lag has used up");
    }

    /// A hint is not forgotten because nobody could answer; what nobody ever answers is asked for less
    /// and less.
    #[tokio::test(start_paused = true)]
    async fn what_failed_is_asked_for_again() {
        let bench = bench(|_| (Duration::ZERO, Err("NOPERM".into())));
        bench.hints.raise(Hint::User);
        let asked = || bench.source.asked.lock().unwrap().len();
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(asked() >= 2, "{}", asked());
        tokio::time::sleep(Duration::from_secs(596)).await;
        let early = asked();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(asked() - early <= 60 * 2 + 10, "{} in an hour", asked() - early);
    }

    /// With nobody in trouble and nobody asking, there is one request a minute.
    #[tokio::test(start_paused = true)]
    async fn silence_costs_a_check_a_minute() {
        let bench = bench(|_| (Duration::ZERO, Ok(candidate(THIRDS))));
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let asked = bench.source.asked.lock().unwrap().len();
        assert!((48..=80).contains(&asked), "{asked}");
    }
}
