//! Clients that wait for a key: BLPOP and its kin.
//!
//! A waiter is registered in the shard of each of its keys. Whoever makes a key ready serves the
//! waiters in the order they came, still under the locks of the command that did it. A waiter may
//! meanwhile time out or go away on its own core; whoever wins its [`Ticket`] decides.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::obj::ObjType;
use crate::shard::ShardSet;

const WAITING: u8 = 0;
/// A writer is running the command; it may give the wait back.
const HELD: u8 = 1;
const TAKEN: u8 = 2;

/// One wait of one client. Exactly one party claims it: a writer, the timer or the connection.
#[derive(Debug, Default)]
pub struct Ticket {
    state: AtomicU8,
}

impl Ticket {
    /// Ends the wait for good. `false`: somebody else did, or is about to.
    pub fn claim(&self) -> bool {
        self.state.compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Keeps everybody else away while the command is tried.
    pub fn hold(&self) -> bool {
        self.state.compare_exchange(WAITING, HELD, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The try after [`Ticket::hold`] was in vain.
    pub fn put_back(&self) {
        self.state.store(WAITING, Ordering::Release);
    }

    /// The try after [`Ticket::hold`] served the client.
    pub fn settle(&self) {
        self.state.store(TAKEN, Ordering::Release);
    }

    pub fn is_over(&self) -> bool {
        self.state.load(Ordering::Acquire) == TAKEN
    }
}

/// What kind of value a waiter can be served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockedKind {
    List,
    Zset,
    /// Waits for no key: WAIT.
    None,
}

impl BlockedKind {
    pub fn is_served_by(self, kind: ObjType) -> bool {
        matches!((self, kind), (Self::List, ObjType::List) | (Self::Zset, ObjType::Zset))
    }
}

/// A client in a shard's queue.
#[derive(Debug, Clone)]
pub struct Waiter {
    pub ticket: Arc<Ticket>,
    pub kind: BlockedKind,
    /// What dispatch needs to run the client's command again; opaque here.
    pub call: Arc<dyn Any + Send + Sync>,
}

/// The waiters of one key, first come first served.
pub type WaitQueue = VecDeque<Waiter>;

/// The waiters of one shard, by database and key.
#[derive(Debug, Default)]
pub struct Waiters {
    keys: HashMap<(u16, Box<[u8]>), WaitQueue>,
    /// Waiters whose commands need other shards too, with all their shards.
    wide: Vec<(Arc<Ticket>, ShardSet)>,
}

impl Waiters {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Keys that somebody waits for.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a waiter; `wide` names its shards if there are several.
    pub fn add(&mut self, db: u16, key: &[u8], waiter: Waiter, wide: Option<ShardSet>) {
        if let Some(shards) = wide
            // A wait adds all its keys in one go: it is the last if it is there.
            && self.wide.last().is_none_or(|(last, _)| !Arc::ptr_eq(last, &waiter.ticket))
        {
            self.wide.push((waiter.ticket.clone(), shards));
        }
        self.keys.entry((db, key.into())).or_default().push_back(waiter);
    }

    /// The waiters of a key, oldest first; those who no longer wait are dropped on the way.
    pub fn of(&mut self, db: u16, key: &[u8]) -> Option<&mut WaitQueue> {
        let id = (db, Box::from(key));
        let queue = self.keys.get_mut(&id)?;
        queue.retain(|waiter| !waiter.ticket.is_over());
        if queue.is_empty() {
            self.keys.remove(&id);
            return None;
        }
        self.keys.get_mut(&id)
    }

    /// Forgets one client's wait on a key.
    pub fn remove(&mut self, db: u16, key: &[u8], ticket: &Arc<Ticket>) {
        self.wide.retain(|(other, _)| !other.is_over() && !Arc::ptr_eq(other, ticket));
        let id = (db, Box::from(key));
        if let Some(queue) = self.keys.get_mut(&id) {
            queue.retain(|waiter| !Arc::ptr_eq(&waiter.ticket, ticket));
            if queue.is_empty() {
                self.keys.remove(&id);
            }
        }
    }

    /// Adds the shards that serving this shard's waiters may take.
    pub fn widen(&self, set: &mut ShardSet) {
        for (ticket, shards) in &self.wide {
            if !ticket.is_over() {
                set.insert_all(shards);
            }
        }
    }

    /// All keys of `db` that somebody waits for.
    pub fn keys_of(&self, db: u16) -> Vec<Box<[u8]>> {
        self.keys.keys().filter(|(of, _)| *of == db).map(|(_, key)| key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever takes a lock goes through the sets: there is one for a wait, however many its keys.
    #[test]
    fn a_wait_for_many_keys_has_one_set_of_shards() {
        let mut waiters = Waiters::default();
        let mut shards = ShardSet::default();
        [0, 3].into_iter().for_each(|shard| shards.insert(shard));
        for wait in 1..=2 {
            let ticket = Arc::new(Ticket::default());
            for key in 0..100 {
                let call = Arc::new(());
                let waiter = Waiter { ticket: ticket.clone(), kind: BlockedKind::List, call };
                waiters.add(0, format!("{key}").as_bytes(), waiter, Some(shards));
            }
            assert_eq!((waiters.len(), waiters.wide.len()), (100, wait));
        }
        let mut set = ShardSet::default();
        waiters.widen(&mut set);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 3]);
    }
}
