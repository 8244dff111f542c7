//! Channels, patterns and shard channels, and who listens to them.
//!
//! One registry for the process, behind reader-writer locks: publishing reads it, subscribing
//! writes it. A message is written once per protocol version and posted once per core, however
//! many of the core's connections get it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use crate::glob;
use crate::protocol::{Reply, RespVersion};
use crate::session::{ConnId, Message};

type Listeners = HashMap<Box<[u8]>, Vec<ConnId>>;

/// Who listens to what.
#[derive(Debug, Default)]
pub struct PubSub {
    channels: RwLock<Listeners>,
    patterns: RwLock<Listeners>,
    shard_channels: RwLock<Listeners>,
    /// Listeners of any kind; 0 spares publishers the locks.
    listeners: AtomicUsize,
}

/// The three spaces of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Channel,
    Pattern,
    Shard,
}

impl Space {
    /// The first element of a delivered message.
    fn kind(self) -> &'static str {
        match self {
            Self::Channel => "message",
            Self::Pattern => "pmessage",
            Self::Shard => "smessage",
        }
    }
}

impl PubSub {
    fn space(&self, space: Space) -> &RwLock<Listeners> {
        match space {
            Space::Channel => &self.channels,
            Space::Pattern => &self.patterns,
            Space::Shard => &self.shard_channels,
        }
    }

    pub fn add(&self, space: Space, name: &[u8], conn: ConnId) {
        self.space(space).write().entry(name.into()).or_default().push(conn);
        self.listeners.fetch_add(1, Ordering::Relaxed);
    }

    pub fn remove(&self, space: Space, name: &[u8], conn: ConnId) {
        let mut names = self.space(space).write();
        let Some(listeners) = names.get_mut(name) else { return };
        let before = listeners.len();
        listeners.retain(|other| *other != conn);
        self.listeners.fetch_sub(before - listeners.len(), Ordering::Relaxed);
        if listeners.is_empty() {
            names.remove(name);
        }
    }

    /// Sends a message to everybody who listens; `post` leaves mail for a core. Answers how many
    /// got it.
    pub fn publish(
        &self,
        shard: bool,
        channel: &[u8],
        payload: &[u8],
        mut post: impl FnMut(usize, Message),
    ) -> usize {
        if self.listeners.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        let mut receivers = 0;
        let direct = if shard { Space::Shard } else { Space::Channel };
        if let Some(to) = self.space(direct).read().get(channel) {
            receivers += to.len();
            send(direct, &[channel, payload], to, &mut post);
        }
        if !shard {
            for (pattern, to) in &*self.patterns.read() {
                if glob::matches(pattern, channel) {
                    receivers += to.len();
                    send(Space::Pattern, &[pattern, channel, payload], to, &mut post);
                }
            }
        }
        receivers
    }

    /// PUBSUB CHANNELS and SHARDCHANNELS: names with listeners, by pattern.
    pub fn names(&self, space: Space, pattern: Option<&[u8]>) -> Vec<Box<[u8]>> {
        let names = self.space(space).read();
        let wanted = |name: &[u8]| pattern.is_none_or(|p| glob::matches(p, name));
        names.keys().filter(|name| wanted(name)).cloned().collect()
    }

    /// PUBSUB NUMSUB and SHARDNUMSUB.
    pub fn listeners_of(&self, space: Space, name: &[u8]) -> usize {
        self.space(space).read().get(name).map_or(0, Vec::len)
    }

    /// Names with listeners.
    pub fn count(&self, space: Space) -> usize {
        self.space(space).read().len()
    }

    /// Everybody who listens to a shard channel for which `gone` holds, to be told so.
    pub fn shard_listeners(&self, gone: impl Fn(&[u8]) -> bool) -> Vec<(Box<[u8]>, Vec<ConnId>)> {
        let names = self.shard_channels.read();
        names.iter().filter(|(n, _)| gone(n)).map(|(n, to)| (n.clone(), to.clone())).collect()
    }
}

fn send(space: Space, parts: &[&[u8]], to: &[ConnId], post: &mut impl FnMut(usize, Message)) {
    let write = |version| {
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, version);
        reply.push(parts.len() + 1);
        reply.bulk_str(space.kind());
        for part in parts {
            reply.bulk(part);
        }
        Arc::<[u8]>::from(out)
    };
    let (resp2, resp3) = (write(RespVersion::Resp2), write(RespVersion::Resp3));
    let mut by_core: Vec<(usize, Vec<ConnId>)> = Vec::new();
    for conn in to {
        let core = usize::from(conn.core);
        match by_core.iter_mut().find(|(of, _)| *of == core) {
            Some((_, conns)) => conns.push(*conn),
            None => by_core.push((core, vec![*conn])),
        }
    }
    for (core, to) in by_core {
        post(core, Message::Publish { to, resp2: resp2.clone(), resp3: resp3.clone() });
    }
}
