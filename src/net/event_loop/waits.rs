//! Blocked clients: served, timed out, unblocked or sent elsewhere.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;

use super::{EventLoop, Standing};
use crate::commands::write_timeout;
use crate::dispatch::{end_wait, end_watch, ends_wait, finish_wait};
use crate::protocol::Reply;
use crate::session::ClientFlags;

const UNBLOCKED: &str = "UNBLOCKED client unblocked via CLIENT UNBLOCK";

impl EventLoop {
    /// A blocked client got its reply: it goes on.
    pub(super) fn unblock(&mut self, slot: usize, reply: &[u8], served: bool) {
        let conn = &mut self.conns[slot];
        let Some(blocked) = conn.client.blocked.take() else { return };
        let waits = ClientFlags(ClientFlags::BLOCKED.0 | ClientFlags::HAS_DEADLINE.0);
        conn.client.set_flag(waits, false);
        self.core.count_ended_wait(&blocked, served.then_some(reply.len()));
        self.ended.push(*blocked);
        conn.client.commands += 1;
        conn.client.info.commands.store(conn.client.commands, Ordering::Relaxed);
        if !conn.client.flags.has(ClientFlags::REPLY_OFF) {
            self.core.stats.net_output_bytes.add(reply.len() as u64);
            conn.client.info.note_replies(reply.len());
            if conn.send(reply).is_err() {
                return self.close(slot);
            }
        }
        if conn.standing == Standing::Blocked {
            self.enqueue(slot);
        }
    }

    /// Ends a wait whose time is up, or that CLIENT UNBLOCK ends.
    pub(super) fn time_out(&mut self, slot: usize, error: bool) {
        let conn = &mut self.conns[slot];
        let Some(blocked) = &conn.client.blocked else { return };
        if !blocked.ticket.claim() {
            // Being served at this moment.
            return;
        }
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, conn.client.resp);
        if error {
            reply.error(UNBLOCKED);
        } else {
            write_timeout(&mut reply, blocked.on_timeout);
        }
        let error = error.then_some(UNBLOCKED);
        finish_wait(&self.core, &conn.client.info, blocked, out.len(), error);
        self.unblock(slot, &out, false);
    }

    /// Takes the waits that ended out of their shards.
    pub(super) fn end_waits(&mut self) {
        self.unwatched.append(&mut self.core.stale_watches);
        if self.ended.is_empty() && self.unwatched.is_empty() || !self.core.enter() {
            return;
        }
        let core = &mut self.core;
        self.ended.retain(|blocked| !end_wait(core, blocked));
        self.unwatched.retain(|(keys, flag)| !end_watch(core, keys, flag));
        self.core.leave();
    }

    /// Ends the waits for keys that another node serves now.
    pub(super) fn redirect_waiters(&mut self) {
        let Some(cluster) = &self.core.server.cluster else { return };
        let version = cluster.map().version;
        if std::mem::replace(&mut self.map_version, version) == version {
            return;
        }
        let waiting: Vec<usize> = (self.conns.iter())
            .filter(|(_, conn)| conn.client.blocked.is_some())
            .map(|(slot, _)| slot)
            .collect();
        for slot in waiting {
            let conn = &self.conns[slot];
            let Some(error) = ends_wait(&self.core, &conn.client) else { continue };
            let claimed = conn.client.blocked.as_ref().is_some_and(|b| b.ticket.claim());
            if claimed {
                let mut out = Vec::new();
                Reply::new(&mut out, conn.client.resp).error(&error.to_string());
                self.unblock(slot, &out, false);
            }
        }
    }

    /// Ends the waits whose time is up.
    pub(super) fn run_timers(&mut self) {
        let now = self.core.now_ms;
        while let Some(Reverse((at, slot, client))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            let due = self.conns.get(slot).is_some_and(|conn| {
                let deadline = conn.client.blocked.as_ref().and_then(|b| b.deadline_ms);
                conn.client.id == client && deadline.is_some_and(|deadline| deadline <= now)
            });
            if due {
                self.time_out(slot, false);
            }
        }
    }
}
