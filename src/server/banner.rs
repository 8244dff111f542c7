//! What the log shows of a server that starts: a picture where somebody looks, or one line.
//!
//! Test harnesses and supervisors read the mode, the port and the process id from here, in the
//! words and the order that the peers write them.

use std::os::fd::AsFd;

use crate::config::{Config, TSUBAME_VERSION, VALKEY_VERSION};
use crate::logging;

/// A swallow in flight. The facts stand to its right, from the second line on.
const SWALLOW: [&str; 9] = [
    r"   ._                             ",
    r"     `-.._                        ",
    r"         `*-._            .       ",
    r"            `*#*-._      /        ",
    r"               `*###*-._#o>       ",
    r"    ______..--==+*#######*'       ",
    r"     ``--..._    _.*###*'         ",
    r"   _..--=='`  .*##*'`             ",
    r"           .-*'`                  ",
];

/// Writes the picture if `always-show-logo` is set or the log goes to a terminal, otherwise a line.
pub(super) fn show(config: &Config) {
    let mode = if config.cluster_enabled.get() { "cluster" } else { "standalone" };
    let port = config.port.get();
    let on_a_terminal = !config.syslog_enabled.get()
        && config.logfile.is_empty()
        && rustix::termios::isatty(std::io::stdout().as_fd());
    if on_a_terminal || config.always_show_logo.get() {
        tracing::info!(target: logging::RAW, "{}", picture(mode, port, std::process::id()));
    } else {
        tracing::info!("Running mode={mode}, port={port}.");
    }
}

fn picture(mode: &str, port: i64, pid: u32) -> String {
    let facts = [
        format!("Tsubame {TSUBAME_VERSION} (Valkey {VALKEY_VERSION}) {} bit", usize::BITS),
        String::new(),
        format!("Running in {mode} mode"),
        format!("Port: {port}"),
        format!("PID: {pid}"),
    ];
    let mut text = String::from("\n");
    for (row, line) in SWALLOW.iter().enumerate() {
        let fact = row.checked_sub(2).and_then(|row| facts.get(row)).map_or("", String::as_str);
        text.push_str(format!("{line}{fact}").trim_end());
        text.push('\n');
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_says_mode_port_and_process_id() {
        let picture = picture("cluster", 7000, 42);
        for fact in ["Running in cluster mode\n", " Port: 7000\n", " PID: 42\n", VALKEY_VERSION] {
            assert!(picture.contains(fact), "{fact:?} in {picture}");
        }
        assert_eq!(picture.lines().count(), SWALLOW.len() + 2);
    }
}
