//! A client as a line of CLIENT LIST.

use std::sync::atomic::Ordering::Relaxed;

use super::super::hello::listed;
use crate::server::Server;
use crate::session::{ClientFlags, ClientInfo, REPLY_ROOM_MAX};

/// The letters that stand for a client's states, in the order in which they are shown.
pub(super) const LETTERS: [(char, ClientFlags); 12] = [
    ('O', ClientFlags::MONITOR),
    ('P', ClientFlags::PUBSUB),
    ('x', ClientFlags::MULTI),
    ('b', ClientFlags(ClientFlags::BLOCKED.0 | ClientFlags::POSTPONED.0)),
    ('t', ClientFlags::TRACKING),
    ('c', ClientFlags::CLOSE_AFTER_REPLY),
    ('A', ClientFlags::CLOSE_ASAP),
    ('U', ClientFlags::UNIX_SOCKET),
    ('r', ClientFlags::READONLY),
    ('e', ClientFlags::NO_EVICT),
    ('T', ClientFlags::NO_TOUCH),
    ('I', ClientFlags::IMPORT_SOURCE),
];

/// The letters of a client; `N` if it has none.
pub(super) fn letters(flags: ClientFlags) -> String {
    let letters: String =
        LETTERS.iter().filter(|(_, flag)| flags.has(*flag)).map(|(letter, _)| letter).collect();
    if letters.is_empty() { "N".to_owned() } else { letters }
}

pub(super) fn capabilities(flags: ClientFlags) -> &'static str {
    if flags.has(ClientFlags::CAPA_REDIRECT) { "r" } else { "" }
}

/// The line, without its end.
pub(super) fn line(server: &Server, info: &ClientInfo, now_ms: u64) -> String {
    let names = info.names.lock().clone();
    let flags = info.flags();
    let seconds_since = |ms: u64| now_ms.saturating_sub(ms) / 1000;
    let text = |bytes: &[u8]| String::from_utf8_lossy(listed(bytes)).into_owned();
    let (query, free) = (info.query_bytes.load(Relaxed), info.query_free.load(Relaxed));
    let (args, multi) = (info.args_bytes.load(Relaxed), info.multi_bytes.load(Relaxed));
    let output = info.output_bytes.load(Relaxed);
    let total = info.memory.load(Relaxed);
    let (room, peak) = (info.reply_room.load(Relaxed), info.reply_peak.load(Relaxed));
    // What fits the room that every client has is in it, the rest is in a list.
    let in_room = output.min(u64::from(REPLY_ROOM_MAX));
    let in_list = output - in_room;
    let list_len = in_list.div_ceil(u64::from(REPLY_ROOM_MAX));
    let command = match info.last_command.load(Relaxed) {
        0 => "NULL",
        id => server.commands.all()[id as usize - 1].full_name.as_str(),
    };
    format!(
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} capa={} db={} sub={} psub={} \
         ssub={} multi={} watch={} qbuf={query} qbuf-free={free} argv-mem={args} \
         multi-mem={multi} rbs={room} rbp={peak} obl={in_room} oll={list_len} omem={in_list} \
         tot-mem={total} events={} cmd={command} user={} redir=-1 resp={} lib-name={} lib-ver={} \
         tot-net-in={} tot-net-out={} tot-cmds={}",
        info.id,
        info.addr,
        info.laddr,
        info.fd,
        text(&names.name),
        seconds_since(info.created_ms),
        seconds_since(info.last_active_ms.load(Relaxed)),
        letters(flags),
        capabilities(flags),
        info.db.load(Relaxed),
        info.channels.load(Relaxed),
        info.patterns.load(Relaxed),
        info.shard_channels.load(Relaxed),
        info.multi.load(Relaxed),
        info.watched.load(Relaxed),
        if output > 0 { "rw" } else { "r" },
        names.user,
        info.resp.load(Relaxed),
        text(&names.lib_name),
        text(&names.lib_version),
        info.net_in.load(Relaxed),
        info.net_out.load(Relaxed),
        info.commands.load(Relaxed),
    )
}
