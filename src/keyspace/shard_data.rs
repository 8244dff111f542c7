//! What one shard's lock guards.

use super::blocked::Waiters;
use super::db::{Db, Layout};
use super::watch::Watchers;

/// The data of one shard: its part of each database, and who waits for or watches its keys.
pub struct ShardData {
    /// Those up to the last that was ever written to; most servers use one of sixteen.
    dbs: Vec<Db>,
    /// What the others are like.
    unused: Db,
    layout: Layout,
    pub waiters: Waiters,
    pub watchers: Watchers,
    /// Where active expiry goes on: database, table, cursor.
    pub(super) sweep: (usize, usize, u64),
}

impl ShardData {
    pub fn new(layout: Layout) -> Self {
        Self {
            dbs: Vec::new(),
            unused: Db::new(layout),
            layout,
            waiters: Waiters::default(),
            watchers: Watchers::default(),
            sweep: (0, 0, 0),
        }
    }

    #[inline]
    pub fn db(&self, index: u16) -> &Db {
        self.dbs.get(usize::from(index)).unwrap_or(&self.unused)
    }

    #[inline]
    pub fn db_mut(&mut self, index: u16) -> &mut Db {
        let index = usize::from(index);
        if index >= self.dbs.len() {
            return self.make_database(index);
        }
        &mut self.dbs[index]
    }

    /// Makes a database and those before it.
    #[cold]
    fn make_database(&mut self, index: usize) -> &mut Db {
        self.dbs.reserve_exact(index + 1 - self.dbs.len());
        self.dbs.resize_with(index + 1, || Db::new(self.layout));
        &mut self.dbs[index]
    }

    /// A database beside those who watch its keys.
    pub(super) fn db_and_watchers(&mut self, index: u16) -> (&Db, &mut Watchers) {
        let db = self.dbs.get(usize::from(index)).unwrap_or(&self.unused);
        (db, &mut self.watchers)
    }

    /// Two databases beside those who watch keys.
    pub(super) fn dbs_and_watchers(&mut self, a: u16, b: u16) -> (&Db, &Db, &mut Watchers) {
        let db = |index| self.dbs.get(usize::from(index)).unwrap_or(&self.unused);
        (db(a), db(b), &mut self.watchers)
    }

    /// The databases that were ever written to; those after them are empty.
    pub fn dbs(&self) -> &[Db] {
        &self.dbs
    }

    /// Exchanges two databases, for SWAPDB.
    pub fn swap(&mut self, a: u16, b: u16) {
        let (a, b) = (usize::from(a), usize::from(b));
        if a.min(b) < self.dbs.len() {
            self.db_mut(a.max(b) as u16);
            self.dbs.swap(a, b);
        }
    }

    /// A time before which nothing expires here, `None` if nothing ever does.
    pub(super) fn min_deadline(&self) -> Option<u64> {
        self.dbs.iter().filter_map(Db::min_deadline).min()
    }
}
