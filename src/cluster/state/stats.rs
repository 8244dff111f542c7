//! Counters of the bus, as CLUSTER INFO shows them.

use crate::cluster::message::Kind;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BusStats {
    /// Messages by [`Kind`].
    pub sent: [u64; Kind::COUNT],
    pub received: [u64; Kind::COUNT],
    pub bytes_sent: Bytes,
    pub bytes_received: Bytes,
    /// Links closed because their send buffer exceeded `cluster-link-sendbuf-limit`.
    pub links_over_limit: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    pub total: u64,
    pub pubsub: u64,
    pub module: u64,
}

impl Bytes {
    pub(super) fn add(&mut self, kind: Option<Kind>, len: usize) {
        let len = len as u64;
        self.total += len;
        match kind {
            Some(Kind::Publish | Kind::PublishShard) => self.pubsub += len,
            Some(Kind::Module) => self.module += len,
            _ => {}
        }
    }
}
