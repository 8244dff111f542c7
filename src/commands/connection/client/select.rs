//! CLIENT LIST and CLIENT KILL.

use std::sync::Arc;

use super::describe;
use super::filter::Filter;
use crate::commands::{CommandError, CommandResult, Cx};
use crate::protocol::Args;
use crate::session::{ClientFlags, ClientInfo, Message};

fn parse(cx: &Cx<'_>, args: &Args<'_>) -> Result<Filter, CommandError> {
    Filter::parse(args, 2, cx.server.store.databases(), |name| cx.server.users.exists(name))
}

pub(super) fn list(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let filter = parse(cx, args)?;
    let mut text = String::new();
    for info in cx.server.clients.list() {
        let is_me = info.id == cx.client.id;
        if filter.passes(&info, cx.ks.now_ms) && !(is_me && filter.skip_me == Some(true)) {
            text.push_str(&describe::line(cx.server, &info, cx.ks.now_ms));
            text.push('\n');
        }
    }
    cx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The old form takes an address and must find it; the new one counts whom it closed.
pub(super) fn kill(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() == 3 {
        let addr = args.at(2);
        let clients = cx.server.clients.list();
        let found = clients.iter().find(|info| info.addr.as_bytes() == addr);
        let info = found.ok_or(CommandError::err("No such client"))?;
        close(cx, info);
        cx.reply.ok();
        return Ok(());
    }
    let filter = parse(cx, args)?;
    let mut closed = 0;
    for info in cx.server.clients.list() {
        let is_me = info.id == cx.client.id;
        if filter.passes(&info, cx.ks.now_ms) && !(is_me && filter.skip_me != Some(false)) {
            close(cx, &info);
            closed += 1;
        }
    }
    cx.reply.int(closed);
    Ok(())
}

/// The asking client gets its reply first.
fn close(cx: &mut Cx<'_>, info: &Arc<ClientInfo>) {
    if info.id == cx.client.id {
        cx.client.set_flag(ClientFlags::CLOSE_AFTER_REPLY, true);
    } else {
        let message = Message::Kill { conn: info.conn, gently: false };
        cx.server.post(usize::from(info.conn.core), message);
    }
}
