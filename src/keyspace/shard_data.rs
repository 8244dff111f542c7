//! What one shard's lock guards.

use super::blocked::Waiters;
use super::db::{Db, Layout};
use super::watch::Watchers;

/// The data of one shard: its part of each database, and who waits for or watches its keys.
pub struct ShardData {
    dbs: Box<[Db]>,
    pub waiters: Waiters,
    pub watchers: Watchers,
    /// Where active expiry goes on: database, table, cursor.
    pub(super) sweep: (usize, usize, u64),
}

impl ShardData {
    pub fn new(databases: usize, layout: Layout) -> Self {
        Self {
            dbs: (0..databases).map(|_| Db::new(layout)).collect(),
            waiters: Waiters::default(),
            watchers: Watchers::default(),
            sweep: (0, 0, 0),
        }
    }

    #[inline]
    pub fn db(&self, index: u16) -> &Db {
        &self.dbs[usize::from(index)]
    }

    #[inline]
    pub fn db_mut(&mut self, index: u16) -> &mut Db {
        &mut self.dbs[usize::from(index)]
    }

    /// A database beside those who watch its keys.
    pub(super) fn db_and_watchers(&mut self, index: u16) -> (&Db, &mut Watchers) {
        (&self.dbs[usize::from(index)], &mut self.watchers)
    }

    /// Two databases beside those who watch keys.
    pub(super) fn dbs_and_watchers(&mut self, a: u16, b: u16) -> (&Db, &Db, &mut Watchers) {
        (&self.dbs[usize::from(a)], &self.dbs[usize::from(b)], &mut self.watchers)
    }

    pub fn dbs(&self) -> &[Db] {
        &self.dbs
    }

    /// Exchanges two databases, for SWAPDB.
    pub fn swap(&mut self, a: u16, b: u16) {
        self.dbs.swap(usize::from(a), usize::from(b));
    }
}
