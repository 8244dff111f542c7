//! The gate in front of every topology request: when may the next one be sent?
//!
//! The answer depends on time and on how many were sent, never on what came of them: a request
//! that fails costs the same token as one that succeeds. That is what makes a refresh storm
//! impossible, whatever the servers answer and however many callers complain. The gate is a pure
//! value over a clock that the caller reads, so it is tested under virtual time.

use std::time::Duration;

/// Most requests at once after a long silence.
pub(crate) const TOKENS_MAX: u32 = 3;
/// A token comes back after this time: 12 a minute, and with a full bucket 15 in any 60 seconds.
pub(crate) const REFILL: Duration = Duration::from_secs(5);
/// After so much silence, the next hint waits for the short jitter only.
const QUIET: Duration = Duration::from_secs(60);
const JITTER_MIN: Duration = Duration::from_millis(50);
const JITTER_MAX: Duration = Duration::from_secs(10);

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Nothing is wanted.
    Idle,
    /// Something is wanted, and not before this time.
    At(Duration),
    /// Something is wanted, and may be done: take a token and send.
    Now,
}

/// Times are durations since an origin that the caller chooses.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Credit in time; a token is worth [`REFILL`] of it. Integer, so nothing is lost by rounding.
    credit: Duration,
    credit_at: Duration,
    /// When the wanted request may start, if one is wanted.
    due: Option<Duration>,
    last_request: Option<Duration>,
}

impl Gate {
    pub(crate) fn new(now: Duration) -> Self {
        Self { credit: REFILL * TOKENS_MAX, credit_at: now, due: None, last_request: None }
    }

    /// Somebody wants a request. `random` is uniform in 0..1; `nodes` is the size of the cluster.
    /// More hints before the request change nothing.
    pub(crate) fn hint(&mut self, now: Duration, nodes: usize, random: f64) {
        if self.due.is_some() {
            return;
        }
        let quiet = self.last_request.is_none_or(|at| now.saturating_sub(at) >= QUIET);
        let window = if quiet { JITTER_MIN } else { jitter_window(nodes) };
        self.due = Some(now + window.mul_f64(random.clamp(0.0, 1.0)));
    }

    pub(crate) fn opening(&mut self, now: Duration) -> Opening {
        let Some(due) = self.due else { return Opening::Idle };
        let at = due.max(self.token_at(now));
        if at <= now { Opening::Now } else { Opening::At(at) }
    }

    /// When a token is there: now, or later.
    pub(crate) fn token_at(&mut self, now: Duration) -> Duration {
        self.refill(now);
        now + REFILL.saturating_sub(self.credit)
    }

    /// When there is a token besides the one that is kept for a topology request.
    pub(crate) fn spare_at(&mut self, now: Duration) -> Duration {
        self.refill(now);
        now + (2 * REFILL).saturating_sub(self.credit)
    }

    /// Takes a spare token, for a request that is not for the topology; it does not count as one.
    /// False, and nothing taken, if there is none.
    pub(crate) fn take_spare(&mut self, now: Duration) -> bool {
        let is_there = self.spare_at(now) <= now;
        if is_there {
            self.credit -= REFILL;
        }
        is_there
    }

    /// Takes the token of one request that is sent now. False, and nothing taken, if there is none.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        self.refill(now);
        let Some(rest) = self.credit.checked_sub(REFILL) else { return false };
        self.credit = rest;
        self.due = None;
        self.last_request = Some(now);
        true
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.credit_at);
        self.credit = (self.credit + passed).min(REFILL * TOKENS_MAX);
        self.credit_at = self.credit_at.max(now);
    }
}

/// Grows with the cluster, because large clusters have many clients that lose the same node at
/// the same time.
fn jitter_window(nodes: usize) -> Duration {
    JITTER_MIN.mul_f64((nodes as f64 / 10.0).max(1.0)).min(JITTER_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Pass(u64),
        Hint(f64),
        /// A confirmation, which needs no hint.
        Confirm,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u64..20_000).prop_map(Step::Pass),
            (0u64..300).prop_map(Step::Pass),
            (0.0..=1.0).prop_map(Step::Hint),
            Just(Step::Confirm),
        ];
        prop::collection::vec(step, 0..600)
    }

    proptest! {
        /// Invariants I2 and I5: at most 15 requests in any 60 seconds, whatever is hinted and
        /// whenever. No outcome enters the gate, so none can change this.
        #[test]
        fn at_most_15_requests_in_any_minute(steps in steps(), nodes in 1usize..2000) {
            let mut now = Duration::ZERO;
            let mut gate = Gate::new(now);
            let mut sent: Vec<Duration> = Vec::new();
            for step in steps {
                match step {
                    Step::Pass(ms) => now += Duration::from_millis(ms),
                    Step::Hint(random) => gate.hint(now, nodes, random),
                    Step::Confirm => if gate.take(now) { sent.push(now) },
                }
                if gate.opening(now) == Opening::Now {
                    prop_assert!(gate.take(now));
                    sent.push(now);
                }
            }
            for (index, start) in sent.iter().enumerate() {
                let end = *start + Duration::from_secs(60);
                let within = sent[index..].iter().take_while(|at| **at < end).count();
                prop_assert!(within <= 15, "{within} from {start:?}");
            }
        }

        /// A hint is never forgotten: after the time that the gate names, it opens.
        #[test]
        fn it_opens_when_it_said(random in 0.0..=1.0, nodes in 1usize..2000, spent in 0u32..=3) {
            let now = Duration::from_secs(100);
            let mut gate = Gate::new(Duration::ZERO);
            for _ in 0..spent { gate.take(now); }
            gate.hint(now, nodes, random);
            match gate.opening(now) {
                Opening::At(at) => {
                    prop_assert!(at <= now + JITTER_MAX + REFILL);
                    prop_assert_eq!(gate.opening(at), Opening::Now);
                }
                opening => prop_assert_eq!(opening, Opening::Now),
            }
        }
    }

    #[test]
    fn the_first_hint_after_silence_is_quick_even_in_a_large_cluster() {
        let mut gate = Gate::new(Duration::ZERO);
        gate.hint(Duration::from_secs(5), 1000, 1.0);
        let due = Duration::from_secs(5) + JITTER_MIN;
        assert_eq!(gate.opening(Duration::from_secs(5)), Opening::At(due));
        assert!(gate.take(due));
        gate.hint(due, 1000, 1.0);
        assert_eq!(gate.opening(due), Opening::At(due + Duration::from_secs(5)));
    }
}
