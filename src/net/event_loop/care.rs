//! What is done at every tick: timers, idle and greedy clients, expiry, eviction.

use std::sync::atomic::Ordering;

use super::EventLoop;
use crate::dispatch::{drop_flushed_interpreter, ticks_per_second};
use crate::session::{ClientFlags, ClientInfo, Message};

/// Clients that are looked after at every tick, if there are as many.
const TENDED_MIN: usize = 5;

impl EventLoop {
    pub(super) fn tick(&mut self) {
        let now = self.core.now_ms;
        let hz = ticks_per_second(&self.core.server.config);
        self.next_tick_ms = now + 1000 / hz;
        if self.core.server.testing.cron_paused.load(Ordering::Relaxed) {
            return;
        }
        if self.core.server.pause.until(now).is_none() {
            self.resume_paused();
        }
        let a_second_passed = now >= self.next_second_ms;
        if a_second_passed {
            self.next_second_ms = now + 1000;
            self.close_idle();
        }
        self.tend_clients(hz as usize);
        if self.core.id == 0 {
            if a_second_passed || self.core.server.config.maxmemory.get() != 0 {
                self.core.server.correct_accounting();
            }
            self.core.server.sample_rates();
            self.core.server.obey_signals();
        }
        self.core.expire_some();
        drop_flushed_interpreter(&self.core);
        self.make_room();
        self.core.drop_lost_slots();
        self.redirect_waiters();
    }

    /// Evicts keys if there is too little memory, also when no client says anything.
    pub(super) fn make_room(&mut self) {
        if self.core.server.config.maxmemory.get() != 0 && self.core.enter() {
            self.core.make_room();
            self.core.leave();
        }
    }

    /// Looks after a share of the clients, so that each has its turn at least once a second.
    pub(super) fn tend_clients(&mut self, ticks_per_second: usize) {
        let places = self.conns.iter().next_back().map_or(0, |(last, _)| last + 1);
        let mut left = (self.conns.len() / ticks_per_second).max(TENDED_MIN);
        for _ in 0..places {
            let slot = self.tend_next % places;
            self.tend_next = slot + 1;
            let Some(conn) = self.conns.get_mut(slot) else { continue };
            conn.tend(&self.core);
            conn.note_memory(&self.core.server.clients);
            if conn.pending_bytes() > 0 && conn.is_over_limits(&self.core) {
                self.close(slot);
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
        self.evict_clients();
    }

    /// `timeout`: closes clients that said nothing for long.
    pub(super) fn close_idle(&mut self) {
        let timeout_ms = self.core.server.config.timeout.get() as u64 * 1000;
        if timeout_ms == 0 {
            return;
        }
        let now = self.core.now_ms;
        let exempt =
            ClientFlags(ClientFlags::BLOCKED.0 | ClientFlags::PUBSUB.0 | ClientFlags::MONITOR.0);
        let idle: Vec<usize> = self
            .conns
            .iter()
            .filter(|(_, conn)| {
                let since = conn.client.info.last_active_ms.load(Ordering::Relaxed);
                !conn.client.flags.has(exempt) && now.saturating_sub(since) > timeout_ms
            })
            .map(|(slot, _)| slot)
            .collect();
        for slot in idle {
            self.close(slot);
        }
    }

    /// Closes the clients that take most, until all together take no more than `maxmemory-clients`.
    pub(super) fn evict_clients(&mut self) {
        let server = self.core.server.clone();
        let limit = server.client_memory_max();
        if limit == 0 {
            return;
        }
        let may_go = |info: &ClientInfo| {
            !info.flags().has(ClientFlags::NO_EVICT) && !info.killed.load(Ordering::Relaxed)
        };
        while server.clients.memory() > limit {
            let Some(info) = server.clients.largest(may_go) else { return };
            tracing::info!(
                "Evicting client: id={} addr={} tot-mem={}",
                info.id,
                info.addr,
                info.memory.load(Ordering::Relaxed)
            );
            info.killed.store(true, Ordering::Relaxed);
            // Another core may have had the same idea.
            if !server.clients.remove(&info) {
                continue;
            }
            self.core.stats.evicted_clients.add(1);
            if usize::from(info.conn.core) == self.core.id {
                self.close(info.conn.slot as usize);
            } else {
                server.post(
                    usize::from(info.conn.core),
                    Message::Kill { conn: info.conn, gently: false },
                );
            }
        }
    }
}
