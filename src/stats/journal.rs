//! What the process remembers of its work beside counters: noteworthy commands, errors, slow
//! events, and how fast things went lately.

use std::sync::atomic::{AtomicU64, Ordering};

use super::commandlog::{CommandLog, LogEntry, LogKind, shorten};
use super::errors::ErrorStats;
use super::latency::LatencyEvents;
use super::rates::Rates;
use crate::commands::{Command, Flags};
use crate::config::Config;
use crate::protocol::Args;
use crate::session::ClientInfo;

/// One for all threads; each part has its own lock, and none is taken for an unremarkable command.
#[derive(Debug, Default)]
pub struct Journal {
    pub commands: CommandLog,
    pub errors: ErrorStats,
    pub events: LatencyEvents,
    pub rates: Rates,
    /// The most memory that was seen in use.
    memory_peak: AtomicU64,
    memory_at_start: AtomicU64,
}

/// What a command cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub micros: u64,
    pub reply_bytes: u64,
}

impl Journal {
    /// Notes the memory in use, and answers the most that was ever noted.
    pub fn note_memory(&self, used: u64) -> u64 {
        self.memory_peak.fetch_max(used, Ordering::Relaxed).max(used)
    }

    /// Notes what the server takes before it holds any data.
    pub fn note_start(&self, used: u64) {
        self.memory_at_start.store(used, Ordering::Relaxed);
        self.note_memory(used);
    }

    pub fn memory_at_start(&self) -> u64 {
        self.memory_at_start.load(Ordering::Relaxed)
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self, memory_used: u64) {
        self.errors.reset();
        self.rates.reset();
        self.memory_peak.store(memory_used, Ordering::Relaxed);
    }

    /// Tells LATENCY that `event` took `millis`, if that is worth it. Whether it is.
    #[inline]
    pub fn note_delay(
        &self,
        config: &Config,
        event: &'static str,
        millis: u64,
        now_ms: u64,
    ) -> bool {
        let threshold = config.latency_monitor_threshold.get();
        let is_long = threshold > 0 && millis as i64 >= threshold;
        if is_long {
            self.events.add(event, millis, now_ms / 1000);
        }
        is_long
    }

    /// Logs a command that ran, if it is worth it.
    #[inline]
    pub fn note_command(
        &self,
        config: &Config,
        command: &Command,
        args: &Args<'_>,
        client: &ClientInfo,
        cost: Cost,
        now_ms: u64,
    ) {
        let event = if command.flags.has(Flags::FAST) { "fast-command" } else { "command" };
        self.note_delay(config, event, cost.micros / 1000, now_ms);
        let is_over = |kind, value: u64| {
            let threshold = CommandLog::threshold(config, kind);
            threshold >= 0 && value as i64 >= threshold
        };
        let request_bytes = args.total_bytes() as u64;
        for (kind, value) in [
            (LogKind::Slow, cost.micros),
            (LogKind::LargeRequest, request_bytes),
            (LogKind::LargeReply, cost.reply_bytes),
        ] {
            if is_over(kind, value) {
                self.log(config, kind, value, command, args, client, now_ms);
            }
        }
    }

    #[cold]
    #[expect(clippy::too_many_arguments, reason = "the cold half of note_command")]
    fn log(
        &self,
        config: &Config,
        kind: LogKind,
        value: u64,
        command: &Command,
        args: &Args<'_>,
        client: &ClientInfo,
        now_ms: u64,
    ) {
        if command.flags.has(Flags::SKIP_COMMANDLOG) {
            return;
        }
        let entry = LogEntry {
            id: 0,
            time: now_ms / 1000,
            value,
            args: shorten(args, |index| is_secret(command, args, index)),
            addr: client.addr.clone(),
            name: client.names.lock().name.clone(),
        };
        self.commands.add(config, kind, entry);
    }
}

/// Whether an argument must not be shown to others.
pub(crate) fn is_secret(command: &Command, args: &Args<'_>, index: usize) -> bool {
    match command.full_name.as_str() {
        "auth" => index > 0,
        "hello" => (2..index).rev().take(2).any(|at| args.is(at, "auth")),
        "config|set" => {
            index >= 3 && !index.is_multiple_of(2) && Config::is_sensitive(args.at(index - 1))
        }
        "acl|setuser" => index > 2,
        _ => false,
    }
}
