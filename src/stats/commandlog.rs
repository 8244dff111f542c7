//! The logs of noteworthy commands: slow ones, large requests, large replies.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::config::Config;
use crate::protocol::Args;

/// Arguments kept of a command; the last then tells how many more there were.
const ARGS_MAX: usize = 32;
/// Bytes kept of an argument.
const ARG_BYTES_MAX: usize = 128;

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    /// Commands that took long; the value is in microseconds.
    Slow,
    /// Commands with many bytes of arguments.
    LargeRequest,
    /// Commands with a reply of many bytes.
    LargeReply,
}

/// A command worth remembering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub id: u64,
    /// Unix seconds at which it ran.
    pub time: u64,
    /// Microseconds or bytes, depending on the log.
    pub value: u64,
    pub args: Vec<Vec<u8>>,
    pub addr: String,
    pub name: Vec<u8>,
}

#[derive(Debug, Default)]
struct Log {
    entries: Mutex<VecDeque<LogEntry>>,
    next_id: AtomicU64,
}

/// The three logs, newest entries first.
#[derive(Debug, Default)]
pub struct CommandLog([Log; 3]);

impl CommandLog {
    /// The threshold of a log: a value at or above it is logged; negative for none.
    #[inline]
    pub fn threshold(config: &Config, kind: LogKind) -> i64 {
        match kind {
            LogKind::Slow => config.commandlog_execution_slower_than.get(),
            LogKind::LargeRequest => config.commandlog_request_larger_than.get(),
            LogKind::LargeReply => config.commandlog_reply_larger_than.get(),
        }
    }

    fn len_max(config: &Config, kind: LogKind) -> usize {
        match kind {
            LogKind::Slow => config.commandlog_slow_execution_max_len.get_usize(),
            LogKind::LargeRequest => config.commandlog_large_request_max_len.get_usize(),
            LogKind::LargeReply => config.commandlog_large_reply_max_len.get_usize(),
        }
    }

    /// Adds an entry in front, and drops what is over the log's length.
    pub fn add(&self, config: &Config, kind: LogKind, mut entry: LogEntry) {
        let len_max = Self::len_max(config, kind);
        if len_max == 0 {
            // Not even an id is used up.
            return;
        }
        let log = &self.0[kind as usize];
        let mut entries = log.entries.lock();
        entry.id = log.next_id.fetch_add(1, Ordering::Relaxed);
        entries.push_front(entry);
        entries.truncate(len_max);
    }

    /// The newest `count` entries.
    pub fn newest(&self, kind: LogKind, count: usize) -> Vec<LogEntry> {
        self.0[kind as usize].entries.lock().iter().take(count).cloned().collect()
    }

    pub fn len(&self, kind: LogKind) -> usize {
        self.0[kind as usize].entries.lock().len()
    }

    pub fn reset(&self, kind: LogKind) {
        self.0[kind as usize].entries.lock().clear();
    }
}

/// The arguments as a log keeps them: not too many, and not too long. `redacted` tells which are
/// secrets.
pub(super) fn shorten(args: &Args<'_>, redacted: impl Fn(usize) -> bool) -> Vec<Vec<u8>> {
    let kept = if args.len() > ARGS_MAX { ARGS_MAX - 1 } else { args.len() };
    let mut short: Vec<Vec<u8>> = (0..kept)
        .map(|index| match args.at(index) {
            _ if redacted(index) => b"(redacted)".to_vec(),
            arg if arg.len() > ARG_BYTES_MAX => {
                let more = format!("... ({} more bytes)", arg.len() - ARG_BYTES_MAX);
                [&arg[..ARG_BYTES_MAX], more.as_bytes()].concat()
            }
            arg => arg.to_vec(),
        })
        .collect();
    if kept < args.len() {
        short.push(format!("... ({} more arguments)", args.len() - kept).into_bytes());
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::OwnedArgs;

    fn entry(value: u64) -> LogEntry {
        LogEntry { id: 0, time: 0, value, args: vec![], addr: String::new(), name: vec![] }
    }

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let (config, log) = (Config::default(), CommandLog::default());
        config.commandlog_slow_execution_max_len.store(2);
        for value in 0..3 {
            log.add(&config, LogKind::Slow, entry(value));
        }
        let ids: Vec<u64> = log.newest(LogKind::Slow, 10).iter().map(|e| e.id).collect();
        assert_eq!(ids, [2, 1]);
        assert_eq!(log.len(LogKind::LargeReply), 0);
        log.reset(LogKind::Slow);
        log.add(&config, LogKind::Slow, entry(9));
        assert_eq!(log.newest(LogKind::Slow, 1)[0].id, 3);
    }

    #[test]
    fn a_log_without_room_uses_no_ids() {
        let (config, log) = (Config::default(), CommandLog::default());
        config.commandlog_slow_execution_max_len.store(0);
        log.add(&config, LogKind::Slow, entry(1));
        config.commandlog_slow_execution_max_len.store(2);
        log.add(&config, LogKind::Slow, entry(2));
        let ids: Vec<u64> = log.newest(LogKind::Slow, 10).iter().map(|e| e.id).collect();
        assert_eq!(ids, [0]);
    }

    #[test]
    fn long_commands_are_shortened() {
        let words: Vec<Vec<u8>> = (0..40).map(|n| vec![b'x'; 100 + n]).collect();
        let owned = OwnedArgs::of(words.iter().map(Vec::as_slice));
        let short = shorten(&owned.view(), |index| index == 1);
        assert_eq!(short.len(), 32);
        assert_eq!(short[1], b"(redacted)");
        assert!(short[30].ends_with(b"... (2 more bytes)"));
        assert_eq!(short[31], b"... (9 more arguments)");
    }
}
