//! The log: `tracing` events as lines in Valkey's formats.
//!
//! `trace!` is Valkey's level debug, `debug!` verbose, `info!` notice, `warn!` and `error!`
//! warning. The directives `loglevel`, `log-format`, `log-timestamp-format` and `logfile` are read
//! for every line, so that CONFIG SET works at once; the file is opened for every line, so that it
//! can be rotated by renaming it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use chrono::{DateTime, Local, Utc};
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::config::{Choice, Config, LogFormat, LogLevel, LogTimestampFormat};

/// What this process is to others, as every log line shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// It has no primary.
    Primary,
    /// It follows a primary.
    Replica,
}

static ROLE: AtomicU8 = AtomicU8::new(Role::Primary as u8);

/// Sets the role that log lines show from now on.
pub fn set_role(role: Role) {
    ROLE.store(role as u8, Relaxed);
}

/// Whether this process follows a primary.
pub fn is_replica() -> bool {
    ROLE.load(Relaxed) == Role::Replica as u8
}

/// Makes the log of this process follow `config`. Only the first call has an effect, and it says
/// whether it was this one.
pub fn start(config: &Arc<Config>) -> bool {
    config.on_change(&["loglevel"], |_| {
        // Callsites remember whether anybody listens.
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    });
    let log = Log { config: config.clone(), syslog: Syslog::connect(config) };
    let subscriber = tracing_subscriber::registry().with(log);
    tracing::subscriber::set_global_default(subscriber).is_ok()
}

struct Log {
    config: Arc<Config>,
    syslog: Option<Syslog>,
}

impl Log {
    fn is_on(&self, level: &Level) -> bool {
        loglevel(level) >= self.config.loglevel.get()
    }
}

fn loglevel(level: &Level) -> LogLevel {
    match *level {
        Level::TRACE => LogLevel::Debug,
        Level::DEBUG => LogLevel::Verbose,
        Level::INFO => LogLevel::Notice,
        _ => LogLevel::Warning,
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_on(metadata.level()) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.is_on(metadata.level())
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let message = text.finish();
        let level = loglevel(event.metadata().level());
        let line = Line {
            pid: std::process::id(),
            role: if is_replica() { Role::Replica } else { Role::Primary },
            time: Utc::now(),
            level,
            message: &message,
        };
        let format = self.config.log_format.get();
        write_raw(&self.config, &line.format(format, self.config.log_timestamp_format.get()));
        if let Some(syslog) = &self.syslog {
            syslog.send(level, &message);
        }
    }
}

/// Writes to where the log goes, as it is. What cannot be written is lost: there is nobody to tell.
pub fn write_raw(config: &Config, text: &str) {
    if config.logfile.is_empty() {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    if let Ok(mut file) = options.append(true).create(true).open(config.logfile.path()) {
        let _ = file.write_all(text.as_bytes());
    }
}

/// The message of an event, its other fields behind it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn finish(mut self) -> String {
        self.message.push_str(&self.fields);
        self.message
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

struct Line<'a> {
    pid: u32,
    role: Role,
    time: DateTime<Utc>,
    level: LogLevel,
    message: &'a str,
}

impl Line<'_> {
    fn format(&self, format: LogFormat, timestamp: LogTimestampFormat) -> String {
        let (pid, time) = (self.pid, self.timestamp(timestamp));
        let role = match self.role {
            Role::Primary => "primary",
            Role::Replica => "replica",
        };
        // In the structured formats, verbose is called info.
        let level = match self.level {
            LogLevel::Verbose => "info",
            level => level.word(),
        };
        match format {
            LogFormat::Legacy => {
                let role = if self.role == Role::Primary { 'M' } else { 'S' };
                let mark = match self.level {
                    LogLevel::Debug => '.',
                    LogLevel::Verbose => '-',
                    LogLevel::Notice => '*',
                    LogLevel::Warning | LogLevel::Nothing => '#',
                };
                format!("{pid}:{role} {time} {mark} {}\n", self.message)
            }
            LogFormat::Logfmt => {
                let message = self.message.replace('"', "'").replace(['\n', '\r'], " ");
                format!(
                    "pid={pid} role={role} timestamp=\"{time}\" level={level} \
                     message=\"{message}\"\n"
                )
            }
            LogFormat::Json => {
                let message = json_string(self.message);
                format!(
                    "{{\"pid\":{pid},\"role\":\"{role}\",\"timestamp\":\"{time}\",\
                     \"level\":\"{level}\",\"message\":{message}}}\n"
                )
            }
        }
    }

    fn timestamp(&self, format: LogTimestampFormat) -> String {
        let local = self.time.with_timezone(&Local);
        match format {
            LogTimestampFormat::Legacy => local.format("%d %b %Y %H:%M:%S%.3f").to_string(),
            LogTimestampFormat::Iso8601 => local.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
            LogTimestampFormat::Milliseconds => self.time.timestamp_millis().to_string(),
        }
    }
}

fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The system's log daemon, where `syslog-enabled` asks for it (RFC 3164 over its socket).
struct Syslog {
    socket: UnixDatagram,
    facility: u8,
    ident: String,
}

impl Syslog {
    fn connect(config: &Config) -> Option<Self> {
        if !config.syslog_enabled.get() {
            return None;
        }
        let socket = UnixDatagram::unbound().ok()?;
        socket.connect("/dev/log").ok()?;
        socket.set_nonblocking(true).ok()?;
        // user is facility 1, local0 to local7 are 16 to 23.
        let facility = match config.syslog_facility.get().index() {
            0 => 1,
            local => 15 + local,
        };
        Some(Self { socket, facility, ident: config.syslog_ident.string() })
    }

    fn send(&self, level: LogLevel, message: &str) {
        let severity = match level {
            LogLevel::Debug => 7,
            LogLevel::Verbose => 6,
            LogLevel::Notice => 5,
            LogLevel::Warning | LogLevel::Nothing => 4,
        };
        let priority = self.facility * 8 + severity;
        let (ident, pid) = (&self.ident, std::process::id());
        let time = Local::now().format("%b %e %H:%M:%S");
        let line = format!("<{priority}>{time} {ident}[{pid}]: {message}");
        // A full or vanished daemon must not stop the server.
        let _ = self.socket.send(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str) -> Line<'_> {
        Line {
            pid: 42,
            role: Role::Primary,
            time: DateTime::from_timestamp_millis(1_795_311_484_033).expect("a valid time"),
            level: LogLevel::Notice,
            message,
        }
    }

    #[test]
    fn lines_look_as_valkey_writes_them() {
        let check = |format, message: &str, expected: &str| {
            let text = line(message).format(format, LogTimestampFormat::Milliseconds);
            assert_eq!(text, expected);
        };
        check(LogFormat::Legacy, "hi \"x\"", "42:M 1795311484033 * hi \"x\"\n");
        check(
            LogFormat::Logfmt,
            "hi \"x\"\ny",
            "pid=42 role=primary timestamp=\"1795311484033\" level=notice message=\"hi 'x' y\"\n",
        );
        check(
            LogFormat::Json,
            "hi \"x\"\u{1}",
            "{\"pid\":42,\"role\":\"primary\",\"timestamp\":\"1795311484033\",\
             \"level\":\"notice\",\"message\":\"hi \\\"x\\\"\\u0001\"}\n",
        );
    }

    #[test]
    fn timestamps_have_milliseconds() {
        let legacy = line("").timestamp(LogTimestampFormat::Legacy);
        assert!(legacy.ends_with(".033") && legacy.contains(" Nov 2026 "), "{legacy}");
        let iso = line("").timestamp(LogTimestampFormat::Iso8601);
        assert!(iso.starts_with("2026-11-2") && iso.contains(".033"), "{iso}");
    }

    #[test]
    fn a_line_goes_to_the_file_named_at_that_moment() {
        let config = Arc::new(Config::default());
        let folder = std::env::temp_dir().join(format!("tsubame-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        config.logfile.store(folder.join("a.log").into_os_string().into_encoded_bytes());
        let log = Log { config: config.clone(), syslog: None };
        let subscriber = tracing_subscriber::registry().with(log);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(port = 7, "first");
            std::fs::rename(folder.join("a.log"), folder.join("b.log")).expect("it was written");
            tracing::warn!("second");
        });
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a log file");
        assert!(read("b.log").ends_with("* first port=7\n"), "{}", read("b.log"));
        assert!(read("a.log").ends_with("# second\n"), "{}", read("a.log"));
        std::fs::remove_dir_all(&folder).expect("nobody else uses the folder");
    }
}
