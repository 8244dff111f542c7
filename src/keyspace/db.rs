//! One database of one shard: its tables.

use super::entry::Entry;
use super::fields::FieldDeadlines;
use super::key::Key;
use crate::types::table::{Ref, RefMut, Table, prefetch_line};

/// How the keys of a shard are laid out: one table, or one for each of its slots.
///
/// A cluster needs to list and count the keys of a slot, and to move them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Whole,
    /// Slots are dealt to shards in turn, so slot `s` is table `s >> shard_bits` of its shard.
    PerSlot {
        shard_bits: u32,
    },
}

/// How many keys expire, and when on average.
#[derive(Debug, Clone, Copy, Default)]
struct Deadlines {
    count: usize,
    /// 63 bits each, so this does not overflow.
    sum: u128,
}

impl Deadlines {
    #[inline]
    fn add(&mut self, deadline: Option<u64>) {
        if let Some(at) = deadline {
            self.count += 1;
            self.sum += u128::from(at);
        }
    }

    #[inline]
    fn remove(&mut self, deadline: Option<u64>) {
        if let Some(at) = deadline {
            self.count -= 1;
            self.sum -= u128::from(at);
        }
    }
}

/// A table of a database, counted from 0.
pub type TableId = usize;

/// One database of one shard.
pub struct Db {
    layout: Layout,
    /// Empty until the first key.
    tables: Box<[Table<Entry>]>,
    keys: usize,
    deadlines: Deadlines,
    pub(super) field_deadlines: FieldDeadlines,
}

impl Db {
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            tables: Box::default(),
            keys: 0,
            deadlines: Deadlines::default(),
            field_deadlines: FieldDeadlines::default(),
        }
    }

    /// Keys, those included that expired but were not met yet.
    pub fn len(&self) -> usize {
        self.keys
    }

    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// Keys with a deadline.
    pub fn expires(&self) -> usize {
        self.deadlines.count
    }

    /// The sum of all deadlines, in Unix milliseconds.
    pub fn deadline_sum(&self) -> u128 {
        self.deadlines.sum
    }

    /// A time before which neither a key nor a field of a hash expires.
    pub(super) fn min_deadline(&self) -> Option<u64> {
        let of_keys = match self.deadlines.count {
            0 => None,
            _ => self.tables.iter().filter_map(Table::min_deadline).min(),
        };
        of_keys.into_iter().chain(self.field_deadlines.min_deadline()).min()
    }

    pub fn table_count(&self) -> usize {
        match self.layout {
            Layout::Whole => 1,
            Layout::PerSlot { shard_bits } => crate::shard::SLOTS >> shard_bits,
        }
    }

    fn id_of(&self, slot: u16) -> TableId {
        match self.layout {
            Layout::Whole => 0,
            Layout::PerSlot { shard_bits } => usize::from(slot) >> shard_bits,
        }
    }

    #[inline]
    fn table_of(&self, slot: u16) -> Option<&Table<Entry>> {
        self.tables.get(self.id_of(slot))
    }

    #[inline]
    fn table_of_mut(&mut self, slot: u16) -> Option<&mut Table<Entry>> {
        let id = self.id_of(slot);
        self.tables.get_mut(id)
    }

    pub fn table(&self, id: TableId) -> Option<&Table<Entry>> {
        self.tables.get(id)
    }

    /// The keys of a slot, if slots have tables of their own.
    pub fn slot_table(&self, slot: u16) -> Option<&Table<Entry>> {
        match self.layout {
            Layout::Whole => None,
            Layout::PerSlot { .. } => self.table_of(slot),
        }
    }

    pub fn tables(&self) -> &[Table<Entry>] {
        &self.tables
    }

    #[inline]
    pub fn find(&self, key: &Key<'_>) -> Option<Ref<'_, Entry>> {
        self.table_of(key.slot)?.find(key.hash, key.bytes)
    }

    #[inline]
    pub fn find_mut(&mut self, key: &Key<'_>) -> Option<RefMut<'_, Entry>> {
        self.table_of_mut(key.slot)?.find_mut(key.hash, key.bytes)
    }

    /// Adds an entry whose key is not there yet. Answers when it or a part of it expires first.
    #[must_use = "active expiry must hear of it"]
    pub fn insert(&mut self, key: &Key<'_>, entry: Entry) -> Option<u64> {
        debug_assert_eq!(entry.key_bytes(), key.bytes);
        self.allocate();
        self.keys += 1;
        let deadline = entry.deadline();
        self.deadlines.add(deadline);
        let of_fields = self.field_deadlines.entered(key, &entry);
        let table = self.table_of_mut(key.slot).expect("tables were just allocated");
        table.insert_unique(key.hash, entry);
        match (deadline, of_fields) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn allocate(&mut self) {
        if self.tables.is_empty() {
            self.tables = (0..self.table_count()).map(|_| Table::new()).collect();
        }
    }

    pub fn remove(&mut self, key: &Key<'_>) -> Option<Entry> {
        let entry = self.table_of_mut(key.slot)?.remove(key.hash, key.bytes)?;
        self.keys -= 1;
        self.deadlines.remove(entry.deadline());
        self.field_deadlines.left(&entry);
        Some(entry)
    }

    /// Sets or clears the deadline of a key that is there.
    pub fn set_deadline(&mut self, key: &Key<'_>, deadline: Option<u64>) {
        let Some(table) = self.table_of_mut(key.slot) else { return };
        let Some(mut entry) = table.find_mut(key.hash, key.bytes) else { return };
        let old = entry.deadline();
        entry.set_deadline(deadline);
        drop(entry);
        if let Some(at) = deadline {
            table.note_deadline(key.hash, at);
        }
        self.deadlines.remove(old);
        self.deadlines.add(deadline);
    }

    /// Takes everything out, to be dropped elsewhere.
    pub fn take(&mut self) -> Box<[Table<Entry>]> {
        self.keys = 0;
        self.deadlines = Deadlines::default();
        self.field_deadlines.clear();
        std::mem::take(&mut self.tables)
    }

    /// Takes the keys of one slot out, to be dropped elsewhere.
    pub fn take_slot(&mut self, slot: u16) -> Option<Table<Entry>> {
        let table = std::mem::take(self.table_of_mut(slot)?);
        self.keys -= table.len();
        for entry in table.iter() {
            self.deadlines.remove(entry.deadline());
            self.field_deadlines.left(&entry);
        }
        Some(table)
    }

    /// Removes the entries of one table whose time has come, giving each to `removed`.
    ///
    /// Looks at about `budget` entries from `cursor` on and answers where to go on, 0 at the end.
    pub fn sweep_expired(
        &mut self,
        id: TableId,
        now_ms: u64,
        cursor: u64,
        budget: usize,
        mut removed: impl FnMut(Entry),
    ) -> u64 {
        let Some(table) = self.tables.get_mut(id) else { return 0 };
        let mut gone = 0;
        let next = table.sweep_expired(now_ms, budget, cursor, |entry| {
            gone += 1;
            self.deadlines.remove(entry.deadline());
            self.field_deadlines.left(&entry);
            removed(entry);
        });
        self.keys -= gone;
        next.cursor
    }

    /// Bytes of the tables themselves, without the entries.
    pub fn table_bytes(&self) -> usize {
        self.tables.iter().map(Table::allocated_bytes).sum()
    }

    /// Fetches the table of a slot into the cache: in a cluster there are as many as slots.
    #[inline]
    pub fn prefetch_table(&self, slot: u16) {
        if let Some(table) = self.table_of(slot) {
            prefetch_line(std::ptr::from_ref(table).cast());
        }
    }

    /// Fetches the bucket of a hash into the cache.
    #[inline]
    pub fn prefetch_bucket(&self, slot: u16, hash: u64) {
        if let Some(table) = self.table_of(slot) {
            table.prefetch_bucket(hash);
        }
    }

    /// Fetches the value of the key that a hash probably stands for into the cache, `depth` pointers
    /// behind its entry, which is there by now as are the pointers before.
    #[inline]
    pub fn prefetch_value(&self, slot: u16, hash: u64, depth: u32) {
        let likely = self.table_of(slot).and_then(|table| table.find_likely(hash));
        if let Some(obj) = likely.as_deref().and_then(Entry::obj) {
            obj.prefetch(depth);
        }
    }

    /// Fetches the entries that a hash may stand for into the cache; the bucket is there by now.
    #[inline]
    pub fn prefetch_entry(&self, slot: u16, hash: u64) {
        if let Some(table) = self.table_of(slot) {
            table.prefetch_entry(hash);
        }
    }
}
