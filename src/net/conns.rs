//! The connections of a core, by their places.

use std::ops::{Index, IndexMut};

use slab::Slab;

use super::conn::Conn;

/// A connection keeps its place until it is closed; each lies by itself, so that a table that grows
/// moves none. One may be taken out for a while: its place stays its own.
#[derive(Debug, Default)]
pub(super) struct Conns {
    places: Slab<Option<Box<Conn>>>,
}

impl Conns {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Conn> {
        self.places.get(slot)?.as_deref()
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut Conn> {
        self.places.get_mut(slot)?.as_deref_mut()
    }

    /// Those that are not taken out, in the order of their places.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &Conn)> {
        self.places.iter().filter_map(|(slot, conn)| Some((slot, conn.as_deref()?)))
    }

    /// The place that the next connection gets.
    pub(super) fn vacant_slot(&self) -> usize {
        self.places.vacant_key()
    }

    pub(super) fn insert(&mut self, conn: Conn) -> usize {
        self.places.insert(Some(Box::new(conn)))
    }

    /// Forgets a connection and its place.
    pub(super) fn remove(&mut self, slot: usize) -> Option<Box<Conn>> {
        self.places.try_remove(slot).flatten()
    }

    /// Takes a connection out, to be put back.
    pub(super) fn take(&mut self, slot: usize) -> Option<Box<Conn>> {
        self.places.get_mut(slot)?.take()
    }

    pub(super) fn put_back(&mut self, slot: usize, conn: Box<Conn>) {
        self.places[slot] = Some(conn);
    }
}

impl Index<usize> for Conns {
    type Output = Conn;

    #[inline]
    fn index(&self, slot: usize) -> &Conn {
        self.places[slot].as_deref().expect("taken out only where nobody looks")
    }
}

impl IndexMut<usize> for Conns {
    #[inline]
    fn index_mut(&mut self, slot: usize) -> &mut Conn {
        self.places[slot].as_deref_mut().expect("taken out only where nobody looks")
    }
}
