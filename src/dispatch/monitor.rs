//! MONITOR: a line to every monitoring client for every command.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::core::Core;
use crate::commands::{Command, Flags};
use crate::protocol::Args;
use crate::session::{Client, ClientFlags};
use crate::stats::is_secret;
use crate::sys::unix_us;

/// Tells the monitors, if there are any.
#[inline]
pub(crate) fn feed(core: &Core, client: &Client, command: &Command, args: &Args<'_>) {
    if core.server.monitors.load(Ordering::Relaxed) == 0
        || command.flags.has(Flags::SKIP_MONITOR.or(Flags::ADMIN))
    {
        return;
    }
    send(core, client, Some(command), args);
}

/// As [`feed`], for a command that `feed` leaves out: EVAL, which is told before its commands.
pub(super) fn feed_script(core: &Core, client: &Client, args: &Args<'_>) {
    if core.server.monitors.load(Ordering::Relaxed) > 0 {
        send(core, client, None, args);
    }
}

fn send(core: &Core, client: &Client, command: Option<&Command>, args: &Args<'_>) {
    let now = unix_us();
    let from = if client.flags.has(ClientFlags::PROXY) {
        "lua".to_owned()
    } else if client.flags.has(ClientFlags::UNIX_SOCKET) {
        format!("unix:{}", core.server.config.unixsocket.string())
    } else {
        client.info.addr.clone()
    };
    let mut line = format!("+{}.{:06} [{} {from}]", now / 1_000_000, now % 1_000_000, client.db);
    for (index, arg) in args.iter().enumerate() {
        let secret = command.is_some_and(|command| is_secret(command, args, index));
        let shown = if secret { b"(redacted)".as_slice() } else { arg };
        line.push(' ');
        line.push_str(&quoted(shown));
    }
    line.push_str("\r\n");
    let bytes: Arc<[u8]> = line.into_bytes().into();
    for info in core.server.clients.list() {
        if info.flags().has(ClientFlags::MONITOR) {
            core.server.push(info.conn, bytes.clone(), bytes.clone());
        }
    }
}

/// Text in double quotes with the escapes that redis-cli shows.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            7 => out.push_str("\\a"),
            8 => out.push_str("\\b"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}
