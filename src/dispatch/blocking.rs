//! Waiting for keys, and serving those who wait.
//!
//! The writer that makes a key ready runs the waiter's command for it, under its own locks, and
//! posts the reply to the waiter's core. So a waiter sees the key before anybody else does, in the
//! order in which the waiters came.

use std::sync::Arc;

use super::call::{Origin, call};
use super::core::Core;
use super::redirect;
use super::routing::shards_of;
use crate::commands::{BlockRequest, Command};
use crate::keyspace::{Key, ReadyKey, Ticket, Waiter};
use crate::protocol::{Args, OwnedArgs, RespVersion};
use crate::session::{Blocked, Client, ClientFlags, ClientInfo, Message};
use crate::shard::ShardSet;

/// A waiting client's command, to be run by whoever makes one of its keys ready.
#[derive(Debug)]
pub(super) struct BlockedCall {
    pub command: &'static Command,
    args: Arc<OwnedArgs>,
    /// Ticks that it took until it began to wait.
    spent: u64,
    info: Arc<ClientInfo>,
    db: u16,
    resp: RespVersion,
    ticket: Arc<Ticket>,
    shards: ShardSet,
}

/// Registers the client's wait in the shards of its keys, which are held. The command began at the
/// tick `start`.
pub(super) fn begin_wait(
    core: &mut Core,
    client: &mut Client,
    command: &'static Command,
    args: &Args<'_>,
    request: BlockRequest,
    (origin, start): (Origin, u64),
) {
    if matches!(origin, Origin::Waiter { .. }) {
        // Run on behalf of a waiter and not satisfied: it just goes on waiting.
        client.set_flag(ClientFlags::BLOCKED, true);
        return;
    }
    let ticket = Arc::new(Ticket::default());
    let server = core.server.clone();
    let shards = shards_of(&server.store.shards, command, args);
    let owned = Arc::new(OwnedArgs::copy(args));
    let spent = core.ticks().wrapping_sub(start);
    let call = Arc::new(BlockedCall {
        command,
        args: owned.clone(),
        spent,
        info: client.info.clone(),
        db: client.db,
        resp: client.resp,
        ticket: ticket.clone(),
        shards,
    });
    let wide = shards.iter().nth(1).is_some().then_some(shards);
    for key in &request.keys {
        let waiter = Waiter { ticket: ticket.clone(), kind: request.kind, call: call.clone() };
        let shard = server.store.shards.of_slot(Key::new(key).slot);
        let data = server.store.shards.data_mut(&mut core.held, shard);
        data.waiters.add(client.db, key, waiter, wide);
    }
    let has_deadline = request.deadline_ms.is_some();
    client.blocked = Some(Box::new(Blocked {
        ticket,
        db: client.db,
        keys: request.keys,
        deadline_ms: request.deadline_ms,
        on_timeout: request.on_timeout,
        command,
        args: owned,
        spent,
        wire_bytes: args.wire_bytes(),
    }));
    client.set_flag(ClientFlags::HAS_DEADLINE, has_deadline);
    client.set_flag(ClientFlags::BLOCKED, true);
}

/// Takes a client's wait out of the shards. Its ticket is claimed already, so that nobody serves
/// it any more; `false` if a shard was busy and the caller should come again.
pub fn end_wait(core: &mut Core, blocked: &Blocked) -> bool {
    let server = core.server.clone();
    for key in &blocked.keys {
        let shard = server.store.shards.of_slot(Key::new(key).slot);
        if !server.store.shards.spin_lock(&mut core.held, shard) {
            core.release();
            return false;
        }
        let data = server.store.shards.data_mut(&mut core.held, shard);
        data.waiters.remove(blocked.db, key, &blocked.ticket);
        core.release();
    }
    true
}

/// Serves the waiters of all keys that became ready, until none can be served any more.
///
/// A transaction or a script may have run for long at one and the same time; whoever is served after
/// it sees the keys as they are by then.
pub(super) fn serve_ready(core: &mut Core) {
    core.read_clock();
    while !core.effects.ready.is_empty() {
        for ready in std::mem::take(&mut core.effects.ready) {
            serve_key(core, &ready);
        }
    }
}

fn serve_key(core: &mut Core, ready: &ReadyKey) {
    let server = core.server.clone();
    let key = Key::new(&ready.key);
    let shard = server.store.shards.of_slot(key.slot);
    let mut passed = 0;
    loop {
        let data = server.store.shards.data_mut(&mut core.held, shard);
        let Some(kind) = data.db(ready.db).find(&key).map(|entry| entry.kind()) else { return };
        let Some(queue) = data.waiters.of(ready.db, &ready.key) else { return };
        // Those that were tried in vain, or wait for another type, keep their place.
        let next = queue.iter().skip(passed).position(|waiter| waiter.kind.is_served_by(kind));
        let Some(offset) = next else { return };
        let waiter = queue[passed + offset].clone();
        let Ok(waiting) = waiter.call.downcast::<BlockedCall>() else { return };
        if !waiting.shards.iter().all(|shard| core.held.contains(shard)) {
            // Locked too narrowly: `with_shards` widens for those who were there before it.
            passed += offset + 1;
            continue;
        }
        if !serve(core, &waiting) {
            passed += offset + 1;
        }
    }
}

/// Runs a waiter's command. `false`: it could not be satisfied, or was claimed by its own core.
fn serve(core: &mut Core, waiting: &Arc<BlockedCall>) -> bool {
    if !waiting.ticket.hold() {
        return false;
    }
    let mut client = Client::proxy(waiting.info.clone(), waiting.db, waiting.resp);
    let mut reply = Vec::new();
    let args = waiting.args.view();
    let writer_ticks = core.last_ticks;
    let origin = Origin::Waiter { spent: waiting.spent };
    let _ = call(core, &mut client, waiting.command, &args, &mut reply, origin);
    let ticks = std::mem::replace(&mut core.last_ticks, writer_ticks);
    if client.flags.has(ClientFlags::BLOCKED) {
        waiting.ticket.put_back();
        return false;
    }
    if core.counts_slots()
        && let Some(slot) = redirect::slot_of(waiting.command, &args)
    {
        // What it took before is counted at the client's core.
        core.stats.slots.add(slot, ticks.saturating_sub(waiting.spent), 0, 0);
    }
    waiting.ticket.settle();
    let conn = waiting.info.conn;
    let message = Message::Unblocked { conn, ticket: waiting.ticket.clone(), reply };
    core.server.post(usize::from(conn.core), message);
    true
}
