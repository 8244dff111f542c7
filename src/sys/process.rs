//! What a daemon does to its process: going to the background, the pid file, telling its
//! supervisor, and its score for the out-of-memory killer.

use std::io::{self, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use parking_lot::Mutex;

use crate::config::{Config, OomScoreAdj, Supervised};

/// Set in the environment of the process that serves in the background.
const IN_BACKGROUND: &str = "TSUBAME_IN_BACKGROUND";

const PID_FILE: &str = "/var/run/tsubame.pid";

/// Goes to the background where `daemonize` asks for it: starts this program again with the same
/// arguments in a session of its own, and says `true` in the process that must now end.
///
/// A new process instead of a fork: a fork must happen before the first thread, and is `unsafe`.
/// `folder` is the working directory that the process was started in, `stdin` what it has read
/// from standard input, which the new process reads again.
pub fn daemonize(config: &Config, folder: &Path, stdin: &[u8]) -> io::Result<bool> {
    if !config.daemonize.get() || is_supervised(config) {
        return Ok(false);
    }
    if std::env::var_os(IN_BACKGROUND).is_some() {
        rustix::process::setsid()?;
        return Ok(false);
    }
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_else(|| "tsubame".into());
    let mut child = Command::new("/proc/self/exe")
        // What the process is called by those who look at it.
        .arg0(name)
        .args(args)
        .env(IN_BACKGROUND, "1")
        .current_dir(folder)
        .stdin(if stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(stdin)?;
    }
    Ok(true)
}

/// The file with this process's id; dropping it removes it.
#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes the file where `pidfile` names one or `daemonize` asks for the usual one.
    pub fn create(config: &Config) -> Option<Self> {
        let path = match (config.pidfile.is_empty(), config.daemonize.get()) {
            (false, _) => config.pidfile.path(),
            (true, true) => PathBuf::from(PID_FILE),
            (true, false) => return None,
        };
        match std::fs::write(&path, format!("{}\n", std::process::id())) {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                tracing::warn!("Failed to write PID file {}: {error}", path.display());
                None
            }
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to do.
        if std::fs::remove_file(&self.0).is_ok() {
            tracing::info!("Removing the pid file.");
        }
    }
}

fn supervisor(config: &Config) -> Supervised {
    match config.supervised.get() {
        Supervised::Auto if std::env::var_os("UPSTART_JOB").is_some() => Supervised::Upstart,
        Supervised::Auto if std::env::var_os("NOTIFY_SOCKET").is_some() => Supervised::Systemd,
        Supervised::Auto => Supervised::No,
        named => named,
    }
}

/// Whether a service manager started this process and waits for word from it.
fn is_supervised(config: &Config) -> bool {
    match supervisor(config) {
        Supervised::Upstart => std::env::var_os("UPSTART_JOB").is_some(),
        Supervised::Systemd => std::env::var_os("NOTIFY_SOCKET").is_some(),
        Supervised::Auto | Supervised::No => false,
    }
}

/// Tells the service manager, where `supervised` names one, that the server accepts connections.
pub fn notify_ready(config: &Config) {
    match supervisor(config) {
        Supervised::Upstart if std::env::var_os("UPSTART_JOB").is_none() => {
            tracing::warn!("upstart supervision requested, but UPSTART_JOB not found!");
        }
        Supervised::Upstart => {
            // Upstart takes the stop for the sign of readiness, and continues the process.
            let me = rustix::process::getpid();
            if let Err(error) = rustix::process::kill_process(me, rustix::process::Signal::STOP) {
                tracing::warn!("could not stop for upstart: {error}");
            }
        }
        Supervised::Systemd => {
            if let Err(error) = notify_systemd("READY=1\nSTATUS=Ready to accept connections\n") {
                tracing::warn!("systemd supervision requested, but it cannot be told: {error}");
            }
        }
        Supervised::Auto | Supervised::No => {}
    }
}

/// Tells systemd, where it supervises this process, that the server is on its way out.
pub fn notify_stopping(config: &Config) {
    if supervisor(config) == Supervised::Systemd && std::env::var_os("NOTIFY_SOCKET").is_some() {
        // Whether it hears this or not, the process ends.
        let _ = notify_systemd("STOPPING=1\n");
    }
}

fn notify_systemd(state: &str) -> io::Result<()> {
    let path = std::env::var_os("NOTIFY_SOCKET")
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "NOTIFY_SOCKET not found"))?;
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path))?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
}

/// Tells the kernel to give this process no huge pages where `huge-pages` says so. The allocator always
/// asks for them: lookups at random in many small pages miss the page tables' cache at every key.
pub fn follow_huge_pages(config: &Config) {
    #[cfg(target_os = "linux")]
    if !config.huge_pages.get()
        && let Err(error) = rustix::thread::disable_transparent_huge_pages(true)
    {
        tracing::warn!("Huge pages cannot be turned off: {error}");
    }
}

/// Gives the kernel the score that `oom-score-adj` and `oom-score-adj-values` ask for, and again
/// whenever they change. `is_replica` picks the value.
pub fn follow_oom_score_adj(
    config: &Config,
    is_replica: impl Fn() -> bool + Send + Sync + 'static,
) {
    // The score of before it was first changed; `None` while it is left alone.
    let before: Mutex<Option<i32>> = Mutex::new(None);
    let apply = move |config: &Config| {
        let value = config.oom_score_adj_values.get()[usize::from(is_replica())];
        let mut before = before.lock();
        let mode = config.oom_score_adj.get();
        if before.is_none() && mode == OomScoreAdj::No {
            return Ok(());
        }
        let base = before.or_else(read_score).unwrap_or(0);
        let score = match mode {
            OomScoreAdj::No => base,
            OomScoreAdj::Relative => base + value,
            OomScoreAdj::Absolute => value,
        };
        let score = score.clamp(-1000, 1000).to_string();
        std::fs::write("/proc/self/oom_score_adj", score).map_err(|error| {
            tracing::warn!("Unable to write oom_score_adj: {}", super::error_text(&error));
            "Failed to set current oom_score_adj. Check server logs.".to_owned()
        })?;
        *before = (mode != OomScoreAdj::No).then_some(base);
        Ok(())
    };
    if config.oom_score_adj.get() != OomScoreAdj::No {
        // The warning is written; a server without a score is still a server.
        let _ = apply(config);
    }
    config.on_change(&["oom-score-adj", "oom-score-adj-values"], apply);
}

fn read_score() -> Option<i32> {
    std::fs::read_to_string("/proc/self/oom_score_adj").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_goes_with_its_owner() {
        let path = std::env::temp_dir().join(format!("tsubame-pid-{}", std::process::id()));
        let config = Config::default();
        assert!(PidFile::create(&config).is_none());
        config.pidfile.store(path.as_os_str().as_bytes());
        let file = PidFile::create(&config).expect("the folder is writable");
        let text = std::fs::read_to_string(&path).expect("it was written");
        assert_eq!(text, format!("{}\n", std::process::id()));
        drop(file);
        assert!(!path.exists());
    }
}
