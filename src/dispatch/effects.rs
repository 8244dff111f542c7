//! What a command leaves to be done once its locks are released.

use super::core::Core;
use crate::keyspace::{Event, Flushed, NotifyClass, Obj};

/// Objects of more allocations than this are freed by the lazy-free thread.
const FREE_EFFORT_MAX: usize = 64;

/// Publishes keyspace events and frees what was taken out.
pub(super) fn after_release(core: &mut Core) {
    if core.effects.is_empty() {
        return;
    }
    core.tell_of_delays();
    for event in std::mem::take(&mut core.effects.events) {
        publish(core, &event);
    }
    for entry in core.effects.garbage.drain(..) {
        if entry.obj().is_some_and(|obj| Obj::free_effort(obj) > FREE_EFFORT_MAX) {
            core.server.lazy_free.free(entry, 1, true);
        }
    }
    for Flushed { tables, is_told } in core.effects.flushed.drain(..) {
        let keys = tables.iter().map(|table| table.len()).sum();
        core.server.lazy_free.free(tables, keys, is_told);
    }
}

fn publish(core: &Core, event: &Event) {
    let server = &core.server;
    let wanted = server.config.notify_keyspace_events.get();
    let send = |channel: Vec<u8>, payload: &[u8]| {
        server.pubsub.publish(false, &channel, payload, |to, message| server.post(to, message));
    };
    if wanted & NotifyClass::KEYSPACE.0 != 0 {
        let mut channel = format!("__keyspace@{}__:", event.db).into_bytes();
        channel.extend_from_slice(&event.key);
        send(channel, event.name.as_bytes());
    }
    if wanted & NotifyClass::KEYEVENT.0 != 0 {
        send(format!("__keyevent@{}__:{}", event.db, event.name).into_bytes(), &event.key);
    }
}
