//! What the log shows of the server before it runs.

use std::io::IsTerminal;

use crate::config::{Config, TSUBAME_VERSION, VALKEY_VERSION};
use crate::logging;

/// Says what is about to run: the swallow where somebody watches or `always-show-logo` asks for it,
/// a line otherwise.
pub(super) fn show(config: &Config, is_cluster: bool) {
    let mode = if is_cluster { "cluster" } else { "standalone" };
    let port = config.port.get();
    let is_watched = config.logfile.is_empty()
        && !config.syslog_enabled.get()
        && std::io::stdout().is_terminal();
    if is_watched || config.always_show_logo.get() {
        logging::write_raw(config, &logo(mode, port, std::process::id()));
    } else {
        tracing::info!("Running mode={mode}, port={port}.");
    }
}

/// Tools find the process by the line `PID: `, which they know from the peers.
fn logo(mode: &str, port: i64, pid: u32) -> String {
    format!(
        r#"
    `-.._
       `-._`-..__                      Tsubame {TSUBAME_VERSION} (Valkey {VALKEY_VERSION}) {bits} bit
           `-._  `--.._       _
               `.      `-..-'` `>      Running in {mode} mode
       __..--''`       ,._  .-'        Port: {port}
   _.-'__..--'' _.-'''`   `'           PID: {pid}
   `''      _.-' _.-'
          .'_.-''
          `'

"#,
        bits = usize::BITS,
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_logo_tells_port_and_process() {
        let logo = super::logo("standalone", 6379, 4711);
        for part in ["Running in standalone mode\n", "Port: 6379\n", " PID: 4711\n"] {
            assert!(logo.contains(part), "{logo}");
        }
    }
}
