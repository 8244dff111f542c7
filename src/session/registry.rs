//! All clients of the process, by id.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::info::ClientInfo;

/// Clients in the order of their ids, which is the order in which they came.
#[derive(Debug, Default)]
pub struct Registry {
    clients: Mutex<BTreeMap<u64, Arc<ClientInfo>>>,
    next_id: AtomicU64,
    count: AtomicUsize,
    /// What all clients take together.
    memory: AtomicI64,
}

impl Registry {
    /// An id that no client had before; the first is 1.
    pub fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn add(&self, info: Arc<ClientInfo>) {
        self.clients.lock().insert(info.id, info);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a client out, and what it takes off the account. `false`: it was out already.
    pub fn remove(&self, info: &ClientInfo) -> bool {
        self.note_memory(info, 0);
        let was_there = self.clients.lock().remove(&info.id).is_some();
        if was_there {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        was_there
    }

    /// Notes what a client takes now.
    pub fn note_memory(&self, info: &ClientInfo, bytes: u64) {
        let before = info.memory.swap(bytes, Ordering::Relaxed);
        self.memory.fetch_add(bytes as i64 - before as i64, Ordering::Relaxed);
    }

    /// Bytes that all clients take together.
    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed).max(0) as u64
    }

    /// The client that takes most, of those that satisfy `may`.
    pub fn largest(&self, may: impl Fn(&ClientInfo) -> bool) -> Option<Arc<ClientInfo>> {
        let clients = self.clients.lock();
        let largest = clients
            .values()
            .filter(|info| may(info))
            .max_by_key(|info| info.memory.load(Ordering::Relaxed));
        largest.cloned()
    }

    pub fn get(&self, id: u64) -> Option<Arc<ClientInfo>> {
        self.clients.lock().get(&id).cloned()
    }

    /// All clients as they are now.
    pub fn list(&self) -> Vec<Arc<ClientInfo>> {
        self.clients.lock().values().cloned().collect()
    }

    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
