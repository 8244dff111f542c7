//! The process's title: what `ps` shows, by `proc-title-template`.
//!
//! The kernel shows the memory in which it put the arguments. A title is written over them, and over
//! the environment behind them, which was copied elsewhere at the start.
#![expect(unsafe_code, reason = "moves the environment out of the memory that the title takes")]

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use crate::config::Config;

/// Where the kernel looks for the title, and what the program was called as.
struct Room {
    start: u64,
    len: usize,
    program: String,
}

static ROOM: OnceLock<Room> = OnceLock::new();

/// Makes room for titles. Called once, before there is a second thread.
pub fn prepare() {
    let program = std::env::args_os().next().unwrap_or_default();
    let Some((start, len)) = arguments_and_environment() else { return };
    for (name, value) in std::env::vars_os() {
        // SAFETY: no other thread runs yet that could read or change the environment; `main` calls
        // this before anything else.
        unsafe { std::env::set_var(name, value) };
    }
    let program = String::from_utf8_lossy(program.as_bytes()).into_owned();
    // A second call has nothing new to say.
    let _ = ROOM.set(Room { start, len, program });
}

/// Shows a title by the template from now on, and another whenever the template changes.
pub fn follow(config: &Arc<Config>) {
    if !config.set_proc_title.get() {
        return;
    }
    show(config);
    config.on_change(&["proc-title-template"], |config| {
        show(config);
        Ok(())
    });
}

fn show(config: &Config) {
    let Some(room) = ROOM.get() else { return };
    let title = fill(&config.proc_title_template.string(), |name| value_of(config, room, name));
    if let Err(error) = write(room, title.trim().as_bytes()) {
        tracing::debug!("The process title cannot be set: {error}");
    }
}

fn value_of(config: &Config, room: &Room, name: &str) -> String {
    let port = config.port.get();
    match name {
        "title" => room.program.clone(),
        "listen-addr" if port != 0 => {
            let bind = config.bind.get();
            let address = bind.iter().next().map_or("*", String::as_str);
            format!("{}:{port}", address.trim_start_matches('-'))
        }
        "listen-addr" | "unixsocket" => config.unixsocket.string(),
        "server-mode" if config.cluster_enabled.get() => "[cluster]".to_owned(),
        "port" => port.to_string(),
        "tls-port" => config.tls_port.get().to_string(),
        "config-file" => {
            config.file().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The template with `{name}` replaced by values.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
        filled.push_str(before);
        filled.push_str(&value(name));
        rest = after;
    }
    filled + rest
}

/// The zeros behind the title end what the kernel shows.
fn write(room: &Room, title: &[u8]) -> io::Result<()> {
    let mut bytes = vec![0; room.len];
    let shown = title.len().min(room.len - 1);
    bytes[..shown].copy_from_slice(&title[..shown]);
    File::options().write(true).open("/proc/self/mem")?.write_all_at(&bytes, room.start)
}

/// Start and length of the arguments with the environment, if they adjoin.
fn arguments_and_environment() -> Option<(u64, usize)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold anything; behind it come fields 3 and up.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut bounds = fields.split(' ').skip(48 - 3).map_while(|field| field.trim().parse().ok());
    let (arg_start, arg_end): (u64, u64) = (bounds.next()?, bounds.next()?);
    let (env_start, env_end): (u64, u64) = (bounds.next()?, bounds.next()?);
    let len = usize::try_from(env_end.checked_sub(arg_start)?).ok()?;
    (arg_start != 0 && arg_end == env_start && len > 1).then_some((arg_start, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_replaced() {
        let value = |name: &str| format!("<{name}>");
        assert_eq!(fill("A {title} {port}{port} b", value), "A <title> <port><port> b");
        assert_eq!(fill("plain", value), "plain");
    }

    #[test]
    fn the_values_follow_the_configuration() {
        let config = Config::default();
        let room = Room { start: 0, len: 0, program: "bin/tsubame".to_owned() };
        let value = |name: &str| value_of(&config, &room, name);
        assert_eq!(value("title"), "bin/tsubame");
        assert_eq!(value("listen-addr"), "*:6379");
        assert_eq!(value("server-mode"), "");
        assert_eq!(value("tls-port"), "0");
        assert_eq!(value("config-file"), "");
    }

    #[test]
    fn the_kernel_tells_where_arguments_and_environment_lie() {
        let (_, len) = arguments_and_environment().expect("Linux tells");
        let args: usize = std::env::args_os().map(|arg| arg.len() + 1).sum();
        assert!(len >= args);
    }
}
