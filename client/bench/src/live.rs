//! The line that moves while the load runs, on the standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::load::Bound;
use crate::options::Options;
use crate::record::{Point, Tally};
use crate::report::{grouped, milliseconds};

pub(crate) struct Live {
    bar: ProgressBar,
}

impl Live {
    pub(crate) fn new(options: &Options) -> Self {
        let target = if options.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr() // draws nothing where that is no terminal
        };
        let length = match options.requests {
            Some(count) => count,
            None => u64::try_from(options.duration.as_millis()).unwrap_or(u64::MAX),
        };
        Self { bar: bar(length, target) }
    }

    pub(crate) fn filling(keys: u64, quiet: bool) -> ProgressBar {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = bar(keys, target);
        bar.set_message("filling");
        bar
    }

    pub(crate) fn warming_up(&mut self, time: Duration) {
        self.bar.set_message(format!("warming up for {time:?}"));
    }

    pub(crate) fn show(&mut self, point: &Point, total: &Tally, bound: Bound) {
        self.bar.set_position(match bound {
            Bound::Count(_) => total.count() + total.failures(),
            Bound::Time(_) => u64::try_from(point.at.as_millis()).unwrap_or(u64::MAX),
        });
        let mut message = format!(
            "{}/s  p50 {}  p99 {}  max {} ms",
            grouped((point.count as f64 / point.length.as_secs_f64()) as u64),
            milliseconds(point.latencies.value_at_quantile(0.5)),
            milliseconds(point.latencies.value_at_quantile(0.99)),
            milliseconds(point.latencies.max())
        );
        if total.failures() > 0 {
            message += &format!("  failed {}", grouped(total.failures()));
        }
        for (_, name, count) in point.besides.rows().into_iter().filter(|row| row.2 > 0) {
            message += &format!("  {name} {}", grouped(count));
        }
        self.bar.set_message(message);
    }

    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}

fn bar(length: u64, target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3} %  {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
