//! All nodes of a client by address: the topology's, and those that redirections named.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{NodeHandle, NodeShared};
use crate::addr::NodeAddr;

/// Most nodes that are known from redirections only.
const STRANGERS_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Registry {
    shared: Arc<NodeShared>,
    nodes: Mutex<HashMap<NodeAddr, Arc<NodeHandle>>>,
}

impl Registry {
    pub(crate) fn new(shared: Arc<NodeShared>) -> Self {
        Self { shared, nodes: Mutex::new(HashMap::new()) }
    }

    /// The handle of `addr`, made if it is new. It does not connect yet.
    pub(crate) fn get(&self, addr: &NodeAddr) -> Arc<NodeHandle> {
        let make = || Arc::new(NodeHandle::new(addr.clone(), &self.shared));
        self.nodes.lock().entry(addr.clone()).or_insert_with(make).clone()
    }

    /// Like [`Registry::get`], for an address that a server's redirection named: bounded, because
    /// a server that lies must not make us open connections without end.
    pub(crate) fn get_stranger(&self, addr: &NodeAddr, known: usize) -> Option<Arc<NodeHandle>> {
        let full = {
            let nodes = self.nodes.lock();
            !nodes.contains_key(addr) && nodes.len() >= known + STRANGERS_MAX
        };
        (!full).then(|| self.get(addr))
    }

    /// Every node that is known.
    pub(crate) fn all(&self) -> Vec<Arc<NodeHandle>> {
        self.nodes.lock().values().cloned().collect()
    }

    /// Forgets all nodes but `keep`. Requests under way keep their node until they are done.
    pub(crate) fn retain(&self, keep: &HashSet<NodeAddr>) {
        self.nodes.lock().retain(|addr, _| keep.contains(addr));
    }
}
