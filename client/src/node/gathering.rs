//! When a connection writes: at once, or after it has given way to tasks that are about to add to it.
//!
//! A write costs several microseconds whatever it carries, most of them the kernel's; to give way costs less than
//! one. But where replies come one by one, as over a network, nothing is added meanwhile, so giving
//! way in vain is paid from a credit that requests earn which came because of it.

/// How often a write gives way.
const WAYS_MAX: u32 = 8;
const CREDIT_MAX: u32 = 64;
/// What a request earns that came after a way in vain: it shares a write that would have cost more.
const EARNED: u32 = 2;
/// One way in vain is free after so many writes, so that better times are noticed.
const WRITES_PER_CREDIT: u32 = 16;

/// The gathering of requests for the next write of a connection.
#[derive(Debug)]
pub(super) struct Gathering {
    ways: u32,
    /// How many requests were queued when it last gave way.
    queued: usize,
    /// One of its ways brought nothing.
    was_in_vain: bool,
    credit: u32,
    writes: u32,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { ways: 0, queued: 0, was_in_vain: false, credit: WAYS_MAX, writes: 0 }
    }
}

impl Gathering {
    /// Whether the `queued` requests give way to others, that all may leave in one write.
    ///
    /// They do only while replies are awaited anyway, so that others are about to send too: a lone
    /// request is never delayed. They do once; and again until as many wait as are with the server, which
    /// is to have something to do, if that brings more or has done so lately.
    pub(super) fn goes_on(&mut self, queued: usize, awaited: usize) -> bool {
        let goes_on = match self.ways {
            0 => awaited > 0,
            WAYS_MAX.. => false,
            _ => queued < awaited && (self.brought(queued) || self.pays_for_a_way()),
        };
        if goes_on {
            self.ways += 1;
            self.queued = queued;
        }
        goes_on
    }

    fn brought(&mut self, queued: usize) -> bool {
        let more = queued.saturating_sub(self.queued) as u32;
        if self.was_in_vain {
            self.credit = self.credit.saturating_add(more.saturating_mul(EARNED)).min(CREDIT_MAX);
        }
        more > 0
    }

    fn pays_for_a_way(&mut self) -> bool {
        let Some(left) = self.credit.checked_sub(1) else { return false };
        (self.credit, self.was_in_vain) = (left, true);
        true
    }

    /// The requests are written, or there are none.
    pub(super) fn end(&mut self) {
        (self.ways, self.was_in_vain) = (0, false);
        self.writes += 1;
        if self.writes >= WRITES_PER_CREDIT {
            self.writes = 0;
            self.credit = self.credit.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a write gives way whose queue is as long as told at each look.
    fn ways(gathering: &mut Gathering, awaited: usize, queued: impl Fn(usize) -> usize) -> usize {
        let ways = (0..).take_while(|look| gathering.goes_on(queued(*look), awaited)).count();
        gathering.end();
        ways
    }

    #[test]
    fn a_lone_request_leaves_at_once() {
        let mut gathering = Gathering::default();
        assert_eq!(ways(&mut gathering, 0, |_| 1), 0);
    }

    #[test]
    fn it_gives_way_while_that_brings_more_and_the_server_has_more() {
        let mut gathering = Gathering::default();
        assert_eq!(ways(&mut gathering, 100, |look| look + 1), WAYS_MAX as usize);
        assert_eq!(ways(&mut gathering, 5, |look| 2 * look + 1), 2, "five wait, five are awaited");
    }

    #[test]
    fn ways_in_vain_are_given_up_and_tried_again_now_and_then() {
        let mut gathering = Gathering::default();
        let first: usize = (0..8).map(|_| ways(&mut gathering, 9, |_| 1)).sum();
        assert_eq!(first, 8 + WAYS_MAX as usize);
        let later: usize = (0..1600).map(|_| ways(&mut gathering, 9, |_| 1)).sum();
        assert_eq!(later, 1600 + 100);
    }

    #[test]
    fn ways_in_vain_go_on_if_requests_come_after_them() {
        let mut gathering = Gathering::default();
        // Nothing, and then five at once.
        let late = |look: usize| if look < 3 { 1 } else { 6 };
        for _ in 0..100 {
            assert!(ways(&mut gathering, 20, late) >= 4);
        }
        assert!(gathering.credit > 0);
    }

    #[test]
    fn better_times_are_noticed() {
        let mut gathering = Gathering::default();
        let spent: usize = (0..100).map(|_| ways(&mut gathering, 9, |_| 1)).sum();
        assert!(spent < 120, "{spent}");
        let late = |look: usize| if look < 2 { 1 } else { 6 };
        let all: usize = (0..100).map(|_| ways(&mut gathering, 20, late)).sum();
        assert!(all > 250, "{all}");
    }
}
