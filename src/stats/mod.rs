//! Counters: each core writes its own, whoever asks adds them up. And a journal of what stood out.

mod accounting;
mod commandlog;
mod counter;
mod errors;
mod histogram;
mod journal;
mod latency;
mod memory;
mod rates;
mod slots;

pub use accounting::{Accounting, Overrun};
pub use commandlog::{CommandLog, LogEntry, LogKind};
pub use counter::{CommandStats, CoreStats, Counter};
pub use errors::ErrorStats;
pub use histogram::{Distribution, Histogram};
pub(crate) use journal::is_secret;
pub use journal::{Cost, Journal};
pub use latency::{LatencyEvents, Sample, Series};
pub use memory::{MemoryUse, human};
pub use rates::{Measure, Rates};
pub use slots::{SlotCounter, SlotCounters};
