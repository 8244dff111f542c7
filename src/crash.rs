//! The last words of a process that found a fault in itself.

use std::backtrace::Backtrace;
use std::panic::{PanicHookInfo, set_hook};
use std::sync::Arc;

use crate::config::{Config, TSUBAME_VERSION};
use crate::logging;

/// Has a panic on any thread end the process, with a report in the log.
///
/// A thread that is gone would leave its clients without an answer, and what it changed half
/// changed, for all others to see.
pub fn report_panics(config: &Arc<Config>) {
    let config = config.clone();
    set_hook(Box::new(move |info| {
        tracing::error!("{}", message(info));
        if config.crash_log_enabled.get() {
            let trace = Backtrace::force_capture();
            logging::write_raw(&config, &report(&trace.to_string()));
        }
        std::process::abort();
    }));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let why = text.unwrap_or("for an unknown reason");
    format!("Thread {thread} panicked{place}: {why}")
}

/// Tools find the report by its first line, which they know from the peers.
fn report(trace: &str) -> String {
    format!(
        "\n\n=== TSUBAME BUG REPORT START: Cut & paste starting from here ===\n\
         version: {TSUBAME_VERSION}\n\
         \n------ STACK TRACE ------\n{trace}\n------ STACK TRACE DONE ------\n\
         === TSUBAME BUG REPORT END. Please send it, with what was done before, to the project. ===\n\n"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_report_is_found_by_its_first_line() {
        let report = super::report("0: main");
        assert!(report.contains("=== TSUBAME BUG REPORT START"), "{report}");
        assert!(report.contains("0: main\n------ STACK TRACE DONE"), "{report}");
    }
}
