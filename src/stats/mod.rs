//! Counters: each core writes its own, whoever asks adds them up.

mod counter;

pub use counter::{CommandStats, CoreStats, Counter};
