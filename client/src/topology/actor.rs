//! The one task that asks for topologies after the first.
//!
//! It has at most one request in flight and at most one reason to send the next; everything it is
//! told meanwhile merges. Requests never wait for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use tokio::time::{Instant, sleep_until, timeout};

use super::gate::{Gate, Opening};
use super::hints::Hints;
use super::source::{Answer, Asking, Source};
use super::{Change, Kind, Node, Snapshot, Verdict, validate};
use crate::addr::NodeAddr;
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
    /// Whether `addr` is known to be unreachable.
    fn is_down(&self, addr: &NodeAddr) -> bool;
}

pub(crate) struct Actor {
    pub(crate) hints: Arc<Hints>,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) seeds: Seeds,
    pub(crate) ask_timeout: Duration,
    /// Between spontaneous checks, ± 25 %; `None`: never.
    pub(crate) check_every: Option<Duration>,
}

/// A change that one node told and others have to confirm.
struct Confirming {
    told: Vec<(Snapshot, Instant)>,
    asked: HashSet<NodeAddr>,
}

/// Nodes asked in all before a destructive change is believed or dropped.
const WITNESSES: usize = 3;

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
        let mut confirming: Option<Confirming> = None;
        let mut next_check = self.next_check();
        let mut seeds = self.seeds.fixed.clone();
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
            if bits != 0 || check {
                let nodes = self.sink.current().nodes().len();
                gate.hint(clock, nodes, rand::rng().random());
            }
            let mut wake_at = next_check;
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
                        if self.needs_seeds() {
                            // As rare as the requests themselves: the gate is open.
                            match timeout(self.ask_timeout, self.seeds.list()).await {
                                Ok((found, _)) if !found.is_empty() => seeds = found,
                                _ => {}
                            }
                        }
                        match self.pick(confirming.as_ref(), &seeds) {
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
            let answer = tokio::select! {
                () = self.hints.wait() => continue,
                answer = answer_of(&mut job) => answer,
                () = sleep_until_some(wake_at) => continue,
            };
            let Some(done) = job.take() else { continue };
            let is_told = answer.is_ok();
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
    fn pick(&self, confirming: Option<&Confirming>, seeds: &[NodeAddr]) -> Option<NodeAddr> {
        let snapshot = self.sink.current();
        let fresh = |addr: &&NodeAddr| confirming.is_none_or(|c| !c.asked.contains(addr));
        let known: Vec<&NodeAddr> =
            snapshot.nodes().iter().map(|node| &node.addr).filter(fresh).collect();
        let up: Vec<&NodeAddr> =
            known.iter().copied().filter(|addr| !self.sink.is_down(addr)).collect();
        let seeds: Vec<&NodeAddr> = seeds.iter().filter(fresh).collect();
        let pick = |from: &[&NodeAddr]| from.choose(&mut rand::rng()).map(|addr| (*addr).clone());
        // With every node down, the seeds may have new addresses behind their names.
        if self.follows_source() {
            return pick(&seeds).or_else(|| pick(&known));
        }
        pick(&up).or_else(|| pick(&seeds)).or_else(|| pick(&known))
    }

    /// A single server that a source names: the source knows which it is, the server does not.
    fn follows_source(&self) -> bool {
        self.seeds.source.is_some() && self.sink.current().kind() == Kind::Standalone
    }

    fn needs_seeds(&self) -> bool {
        let down = |node: &Node| self.sink.is_down(&node.addr);
        self.follows_source() || self.sink.current().nodes().iter().all(down)
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
            (None, Ok(Verdict::Accept(_, Change::Same))) => return None,
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
                tracing::warn!(node = %job.addr, why, "topology refused");
                self.counters.topology_rejected.add(1);
                waiting?
            }
            (waiting, Err(why)) => {
                tracing::debug!(node = %job.addr, %why, "topology request failed");
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
                if !snapshot.same_as(&self.sink.current()) {
                    self.publish(snapshot, began);
                }
            }
            None => {
                tracing::warn!("a drastic change of the topology was not confirmed");
                self.counters.topology_rejected.add(1);
            }
        }
    }

    fn publish(&self, snapshot: Snapshot, asked_at: Instant) {
        tracing::debug!(version = snapshot.version(), "new topology");
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

    struct Published(Mutex<Arc<Snapshot>>);

    impl Sink for Published {
        fn current(&self) -> Arc<Snapshot> {
            self.0.lock().unwrap().clone()
        }
        fn publish(&self, snapshot: Snapshot, _: Instant) {
            *self.0.lock().unwrap() = Arc::new(snapshot);
        }
        fn learn(&self, _: HashMap<Slot, NodeAddr>) {}
        fn is_down(&self, _: &NodeAddr) -> bool {
            false
        }
    }

    struct Bench {
        hints: Arc<Hints>,
        source: Arc<Scripted>,
        sink: Arc<Published>,
    }

    fn bench(script: impl FnMut(&NodeAddr) -> (Duration, Answer) + Send + 'static) -> Bench {
        let hints = Arc::new(Hints::default());
        let source = Arc::new(Scripted {
            script: Mutex::new(Box::new(script)),
            asked: Mutex::default(),
            in_flight: Arc::default(),
            in_flight_max: AtomicUsize::new(0),
        });
        let current = Arc::new(Snapshot::new(1, &candidate(THIRDS)));
        let sink = Arc::new(Published(Mutex::new(current)));
        let actor = Actor {
            hints: hints.clone(),
            source: source.clone(),
            sink: sink.clone(),
            counters: Arc::default(),
            seeds: Seeds { fixed: vec![NodeAddr::new("a", 1)], source: None },
            ask_timeout: Duration::from_secs(1),
            check_every: Some(Duration::from_secs(60)),
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
        let bench = bench(move |_| {
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
        let asked = bench.source.asked.lock().unwrap().clone();
        assert!(asked.len() > 300, "it does ask: {}", asked.len());
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

    /// With nobody in trouble and nobody asking, there is one request a minute.
    #[tokio::test(start_paused = true)]
    async fn silence_costs_a_check_a_minute() {
        let bench = bench(|_| (Duration::ZERO, Ok(candidate(THIRDS))));
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let asked = bench.source.asked.lock().unwrap().len();
        assert!((48..=80).contains(&asked), "{asked}");
    }
}
