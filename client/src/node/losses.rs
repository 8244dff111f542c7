//! Tells requests that they are lost, a few at a time.
//!
//! Thousands may wait for a node that goes away. Woken at once, their tasks would have the thread
//! for themselves for some milliseconds, and the replies of all other nodes would wait.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::mux::{Lost, SlotEntry, Why};

/// So many at once, …
const PORTION: usize = 32;
/// … or as many as it takes to have told all in so many steps.
const STEPS_MAX: usize = 64;
const PAUSE: Duration = Duration::from_millis(1);

/// Requests, and how each was lost.
pub(super) type Losses = VecDeque<(SlotEntry, Lost)>;

/// Tells all of them, in their order; whose deadline comes before is told then.
pub(super) fn tell(mut losses: Losses, runtime: &Handle) {
    let portion = PORTION.max(losses.len().div_ceil(STEPS_MAX));
    tell_some(&mut losses, portion);
    if !losses.is_empty() {
        runtime.spawn(async move {
            while !losses.is_empty() {
                sleep(PAUSE).await;
                let now = Instant::now();
                losses.retain_mut(|(slot, lost)| {
                    let late = slot.deadline <= now;
                    if late {
                        slot.lose(Lost { sent: lost.sent, why: Why::Timeout });
                    }
                    !late
                });
                tell_some(&mut losses, portion);
            }
        });
    }
}

fn tell_some(losses: &mut Losses, portion: usize) {
    for (mut slot, lost) in losses.drain(..portion.min(losses.len())) {
        slot.lose(lost);
    }
}
