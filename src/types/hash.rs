//! Hash: the representation of a HASH value.
//!
//! A few short fields: a listpack of names and values by turns. Otherwise, and as soon as a field
//! gets a deadline, a bucket table of [`Field`] blobs, as in Valkey 9 (whose listpacks know no
//! deadlines either). A hash never goes back. Knows nothing of keys, clients or RESP.
//!
//! A field whose deadline has passed is invisible to all that take `now_ms`, but still there, and
//! counted by [`Hash::len`], until a sweep or a write to it: that is what Valkey shows, too.
//!
//! # Invariants
//! - No name is there twice.
//! - `volatile` of [`Fields`] is the number of fields with a deadline.

use std::collections::HashSet;

use rand::seq::{IndexedRandom, index};
use rand::{Rng, RngCore};

use super::blob::Field;
use super::listpack::{self, Listpack, Value};
use super::table::{self, Ref, Sweep, Table, hash_bytes};

/// Up to what size a hash stays a listpack: `hash-max-listpack-*` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashLimits {
    pub listpack_entries: usize,
    /// Bytes of a name or value in a listpack.
    pub listpack_value: usize,
}

impl Default for HashLimits {
    fn default() -> Self {
        Self { listpack_entries: 512, listpack_value: 64 }
    }
}

/// What becomes of a field's deadline when its value is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    Clear,
    Keep,
    At(u64),
}

/// What setting a field came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    New,
    /// New in place of a field that had expired.
    OverExpired,
    Updated,
}

impl Stored {
    pub fn is_new(self) -> bool {
        self != Self::Updated
    }
}

#[derive(Debug, Clone)]
pub enum Hash {
    Listpack(Listpack),
    Table(Box<Fields>),
}

const _: () = assert!(size_of::<Hash>() <= 16);

/// The fields of a big hash.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    table: Table<Field>,
    volatile: usize,
}

impl Fields {
    pub fn table(&self) -> &Table<Field> {
        &self.table
    }

    fn insert(&mut self, hash: u64, field: Field) {
        self.volatile += usize::from(field.deadline().is_some());
        self.table.insert_unique(hash, field);
    }

    /// The entry of a name, expired or not.
    fn find(&self, name: &[u8]) -> Option<Ref<'_, Field>> {
        self.table.find(hash_bytes(name), name)
    }

    fn remove(&mut self, name: &[u8]) -> Option<Field> {
        let field = self.table.remove(hash_bytes(name), name)?;
        self.volatile -= usize::from(field.deadline().is_some());
        Some(field)
    }

    /// Sets value and deadline as `ttl` says; a missing field is made.
    fn set(&mut self, name: &[u8], value: &[u8], ttl: Ttl, now_ms: u64) -> Stored {
        let hash = hash_bytes(name);
        let Some(mut field) = self.table.find_mut(hash, name) else {
            let deadline = if let Ttl::At(at) = ttl { Some(at) } else { None };
            self.insert(hash, Field::new(name, value, deadline));
            return Stored::New;
        };
        let old = field.deadline();
        let expired = old.is_some_and(|at| at <= now_ms);
        let deadline = match ttl {
            Ttl::At(at) => Some(at),
            Ttl::Keep if !expired => old,
            Ttl::Keep | Ttl::Clear => None,
        };
        field.set(value, deadline);
        drop(field);
        self.note_change(hash, old, deadline);
        if expired { Stored::OverExpired } else { Stored::Updated }
    }

    fn note_change(&mut self, hash: u64, old: Option<u64>, new: Option<u64>) {
        self.volatile += usize::from(new.is_some());
        self.volatile -= usize::from(old.is_some());
        if let Some(at) = new {
            self.table.note_deadline(hash, at);
        }
    }
}

fn is_live(deadline: Option<u64>, now_ms: u64) -> bool {
    deadline.is_none_or(|at| at > now_ms)
}

impl Default for Hash {
    fn default() -> Self {
        Self::Listpack(Listpack::new())
    }
}

impl Hash {
    /// Fetches what lies `depth` pointers behind the hash into the cache.
    #[inline]
    pub fn prefetch(&self, depth: u32) {
        match self {
            Self::Listpack(pack) if depth == 0 => pack.prefetch(),
            Self::Table(fields) if depth == 0 => table::prefetch_line((&raw const **fields).cast()),
            _ => {}
        }
    }

    /// An empty hash.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of fields, those included that have expired but are still there.
    pub fn len(&self) -> usize {
        match self {
            Self::Listpack(pack) => pack.len() / 2,
            Self::Table(fields) => fields.table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As OBJECT ENCODING calls the representation.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Listpack(_) => "listpack",
            Self::Table(_) => "hashtable",
        }
    }

    /// The number of fields with a deadline, passed or not.
    pub fn volatile_len(&self) -> usize {
        if let Self::Table(fields) = self { fields.volatile } else { 0 }
    }

    /// A time before which no field expires (it may be early), or `None` when none ever does.
    pub fn min_deadline(&self) -> Option<u64> {
        match self {
            Self::Table(fields) if fields.volatile > 0 => fields.table.min_deadline(),
            _ => None,
        }
    }

    /// Bytes taken from the allocator; of a big hash estimated by `samples` fields (0: all).
    pub fn heap_bytes(&self, samples: usize) -> usize {
        match self {
            Self::Listpack(pack) => pack.heap_bytes(),
            Self::Table(fields) => {
                let table = &fields.table;
                let count = if samples == 0 { table.len() } else { samples.min(table.len()) };
                let sum: usize =
                    table.iter().take(count).map(|f| super::size_class(f.heap_bytes())).sum();
                let blobs = (sum * table.len()).checked_div(count).unwrap_or(0);
                size_of::<Fields>() + table.allocated_bytes() + blobs
            }
        }
    }

    /// How many separate allocations freeing it takes, roughly.
    pub fn free_effort(&self) -> usize {
        if let Self::Table(fields) = self { fields.table.len() } else { 1 }
    }

    /// Chooses the representation before `count` fields are set whose longest name or value has
    /// `longest` bytes. Only a hint, but one that shows: Valkey does so for all of one HSET.
    pub fn prepare(&mut self, count: usize, longest: usize, limits: &HashLimits) {
        if count > limits.listpack_entries || longest > limits.listpack_value {
            self.make_table();
        }
    }

    fn make_table(&mut self) -> &mut Fields {
        if let Self::Listpack(pack) = self {
            let mut fields = Box::<Fields>::default();
            let (mut name_digits, mut value_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
            for (name, value) in pack.pairs() {
                let name = name.bytes(&mut name_digits);
                let field = Field::new(name, value.bytes(&mut value_digits), None);
                fields.insert(hash_bytes(name), field);
            }
            *self = Self::Table(fields);
        }
        match self {
            Self::Table(fields) => fields,
            Self::Listpack(_) => unreachable!("just replaced"),
        }
    }

    pub fn get(&self, name: &[u8], now_ms: u64) -> Option<Value<'_>> {
        self.get_with_deadline(name, now_ms).map(|(value, _)| value)
    }

    pub fn get_with_deadline(&self, name: &[u8], now_ms: u64) -> Option<(Value<'_>, Option<u64>)> {
        match self {
            Self::Listpack(pack) => {
                let at = pack.next(pack.find(name, 1)?)?;
                Some((pack.at(at), None))
            }
            Self::Table(fields) => {
                let field = fields.find(name)?;
                let deadline = field.deadline();
                is_live(deadline, now_ms).then(|| (Value::Str(field.pair().1), deadline))
            }
        }
    }

    pub fn contains(&self, name: &[u8], now_ms: u64) -> bool {
        match self {
            Self::Listpack(pack) => pack.find(name, 1).is_some(),
            Self::Table(fields) => {
                fields.find(name).is_some_and(|field| is_live(field.deadline(), now_ms))
            }
        }
    }

    /// Sets a field, making it if it is not there.
    pub fn set(
        &mut self,
        name: &[u8],
        value: &[u8],
        ttl: Ttl,
        limits: &HashLimits,
        now_ms: u64,
    ) -> Stored {
        let Self::Listpack(pack) = self else {
            return self.make_table().set(name, value, ttl, now_ms);
        };
        let grown = pack.bytes().saturating_add(name.len()).saturating_add(value.len());
        if matches!(ttl, Ttl::At(_))
            || name.len().max(value.len()) > limits.listpack_value
            || grown >= listpack::BYTES_MAX
        {
            return self.make_table().set(name, value, ttl, now_ms);
        }
        match pack.find(name, 1) {
            Some(at) => {
                let at = pack.next(at).expect("a value follows each name");
                pack.replace(at, value);
                Stored::Updated
            }
            None => {
                pack.push_back(name);
                pack.push_back(value);
                if pack.len() / 2 > limits.listpack_entries {
                    self.make_table();
                }
                Stored::New
            }
        }
    }

    /// Takes a field out; false if it was not there (an expired one is left to the sweep).
    pub fn remove(&mut self, name: &[u8], now_ms: u64) -> bool {
        match self {
            Self::Listpack(pack) => match pack.find(name, 1) {
                Some(at) => pack.remove_at(at, 2) == 2,
                None => false,
            },
            Self::Table(fields) => {
                let live = fields.find(name).is_some_and(|f| is_live(f.deadline(), now_ms));
                live && fields.remove(name).is_some()
            }
        }
    }

    /// Sets or clears the deadline of a field; `None` if it is not there, else what it was before.
    pub fn set_deadline(
        &mut self,
        name: &[u8],
        deadline: Option<u64>,
        now_ms: u64,
    ) -> Option<Option<u64>> {
        if matches!(self, Self::Listpack(_)) {
            if !self.contains(name, now_ms) || deadline.is_none() {
                return self.contains(name, now_ms).then_some(None);
            }
            self.make_table();
        }
        let Self::Table(fields) = self else { return None };
        let hash = hash_bytes(name);
        let mut field = fields.table.find_mut(hash, name)?;
        let old = field.deadline();
        if !is_live(old, now_ms) {
            return None;
        }
        field.set_deadline(deadline);
        drop(field);
        fields.note_change(hash, old, deadline);
        Some(old)
    }

    /// Names and values of the live fields.
    pub fn iter(&self, now_ms: u64) -> impl Iterator<Item = (Value<'_>, Value<'_>)> {
        self.iter_all()
            .filter(move |(_, _, deadline)| is_live(*deadline, now_ms))
            .map(|(name, value, _)| (name, value))
    }

    /// Names, values and deadlines of all fields, expired ones included.
    pub fn iter_all(&self) -> Iter<'_> {
        match self {
            Self::Listpack(pack) => Iter::Listpack(pack.pairs()),
            Self::Table(fields) => Iter::Table(fields.table.iter()),
        }
    }

    /// Calls `visit` with about `count` live fields and returns where to go on; starts with cursor
    /// 0 and ends by returning 0. A field that is there throughout is visited at least once.
    pub fn scan(
        &self,
        mut cursor: u64,
        count: usize,
        now_ms: u64,
        mut visit: impl FnMut(Value<'_>, Value<'_>),
    ) -> u64 {
        let Self::Table(fields) = self else {
            // Compact hashes are visited at once, so that no change can come between.
            self.iter(now_ms).for_each(|(name, value)| visit(name, value));
            return 0;
        };
        let mut seen = 0;
        // Most buckets have fields; the bound is for a table of which hardly any are left.
        for _ in 0..count.saturating_mul(10) {
            cursor = fields.table.scan(cursor, |field| {
                if is_live(field.deadline(), now_ms) {
                    seen += 1;
                    visit(Value::Str(field.name()), Value::Str(field.value()));
                }
            });
            if cursor == 0 || seen >= count {
                break;
            }
        }
        cursor
    }

    /// A live field, each with the same probability.
    pub fn random<R: RngCore + ?Sized>(
        &self,
        now_ms: u64,
        rng: &mut R,
    ) -> Option<(Value<'_>, Value<'_>)> {
        match self {
            Self::Listpack(pack) if pack.is_empty() => None,
            Self::Listpack(pack) => {
                let at = pack.seek(2 * rng.random_range(0..pack.len() / 2) as isize)?;
                Some((pack.at(at), pack.at(pack.next(at)?)))
            }
            Self::Table(fields) => {
                // Throw again if it has expired; a few misses mean that many have, so look at all.
                for _ in 0..32 {
                    let field = fields.table.random(rng)?;
                    if is_live(field.deadline(), now_ms) {
                        return Some(values_of(&field));
                    }
                }
                let live: Vec<_> = self.iter(now_ms).collect();
                live.choose(rng).copied()
            }
        }
    }

    /// `count` different live fields, or all if there are fewer; each selection is equally probable.
    pub fn sample<R: RngCore + ?Sized>(
        &self,
        count: usize,
        now_ms: u64,
        rng: &mut R,
    ) -> Vec<(Value<'_>, Value<'_>)> {
        // A few of many: throw until there are enough. Otherwise choose from a list of all.
        if let Self::Table(fields) = self
            && count <= (fields.table.len() - fields.volatile) / 3
        {
            let mut chosen = HashSet::with_capacity(count);
            let mut pairs = Vec::with_capacity(count);
            while pairs.len() < count {
                let Some(field) = fields.table.random(rng) else { break };
                if is_live(field.deadline(), now_ms) && chosen.insert(field.raw()) {
                    pairs.push(values_of(&field));
                }
            }
            return pairs;
        }
        let all: Vec<_> = self.iter(now_ms).collect();
        if count >= all.len() {
            return all;
        }
        index::sample(rng, all.len(), count).iter().map(|at| all[at]).collect()
    }

    /// Takes out the fields that have expired at `now_ms`, as [`Table::sweep_expired`] does.
    pub fn sweep_expired(
        &mut self,
        now_ms: u64,
        budget: usize,
        cursor: u64,
        expired: impl FnMut(Field),
    ) -> Sweep {
        let Self::Table(fields) = self else { return Sweep::default() };
        if fields.volatile == 0 {
            return Sweep::default();
        }
        let sweep = fields.table.sweep_expired(now_ms, budget, cursor, expired);
        fields.volatile -= sweep.removed;
        sweep
    }
}

fn values_of<'t>(field: &Ref<'t, Field>) -> (Value<'t>, Value<'t>) {
    let (name, value) = field.pair();
    (Value::Str(name), Value::Str(value))
}

/// Iterator over the fields of a hash, expired ones included, with their deadlines.
pub enum Iter<'a> {
    Listpack(listpack::Pairs<'a>),
    Table(table::Iter<'a, Field>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Value<'a>, Value<'a>, Option<u64>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Listpack(pairs) => pairs.next().map(|(name, value)| (name, value, None)),
            Self::Table(fields) => fields.next().map(|field| {
                let (name, value) = values_of(&field);
                (name, value, field.deadline())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const NOW: u64 = 1000;

    fn filled(count: usize) -> Hash {
        let mut hash = Hash::new();
        for n in 0..count {
            let (name, value) = (format!("field:{n}"), n.to_string());
            hash.set(name.as_bytes(), value.as_bytes(), Ttl::Clear, &HashLimits::default(), NOW);
        }
        hash
    }

    #[test]
    fn encodings_change_where_those_of_valkey_do() {
        assert_eq!(filled(512).encoding(), "listpack");
        assert_eq!(filled(513).encoding(), "hashtable");
        let limits = HashLimits::default();
        for (len, expected) in [(64, "listpack"), (65, "hashtable")] {
            let mut hash = filled(2);
            hash.set(b"a", &vec![b'x'; len], Ttl::Clear, &limits, NOW);
            assert_eq!(hash.encoding(), expected);
            let mut hash = filled(2);
            hash.set(&vec![b'x'; len], b"a", Ttl::Clear, &limits, NOW);
            assert_eq!(hash.encoding(), expected);
        }
        let mut hash = filled(2);
        assert_eq!(hash.set_deadline(b"field:1", None, NOW), Some(None));
        assert_eq!(hash.set_deadline(b"none", Some(2000), NOW), None);
        assert_eq!(hash.encoding(), "listpack");
        assert_eq!(hash.set_deadline(b"field:1", Some(2000), NOW), Some(None));
        assert_eq!(hash.encoding(), "hashtable");
        assert_eq!(hash.set_deadline(b"field:1", None, NOW), Some(Some(2000)));
        assert_eq!(hash.encoding(), "hashtable");
    }

    #[test]
    fn an_expired_field_is_invisible_until_it_is_swept() {
        let (mut hash, limits) = (filled(10), HashLimits::default());
        for n in 0..8 {
            hash.set_deadline(format!("field:{n}").as_bytes(), Some(NOW + 10 + n), NOW);
        }
        assert_eq!((hash.volatile_len(), hash.min_deadline()), (8, Some(NOW + 10)));
        let later = NOW + 13;
        assert!(!hash.contains(b"field:3", later));
        assert_eq!(hash.get(b"field:0", later), None);
        assert_eq!(hash.get(b"field:4", later), Some(Value::Str(b"4")));
        assert_eq!((hash.len(), hash.iter(later).count()), (10, 6));
        assert!(!hash.remove(b"field:0", later));
        assert_eq!(hash.set_deadline(b"field:0", None, later), None);
        assert_eq!(hash.set(b"field:1", b"x", Ttl::Keep, &limits, later), Stored::OverExpired);
        assert_eq!(hash.get_with_deadline(b"field:1", later), Some((Value::Str(b"x"), None)));
        assert_eq!(hash.set(b"field:5", b"x", Ttl::Keep, &limits, later), Stored::Updated);
        let kept = Some((Value::Str(b"x".as_slice()), Some(NOW + 15)));
        assert_eq!(hash.get_with_deadline(b"field:5", later), kept);
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..100 {
            let (name, _) = hash.random(later, &mut rng).unwrap();
            assert!(hash.contains(&name.to_vec(), later));
            assert_eq!(hash.sample(20, later, &mut rng).len(), 7);
        }
        let mut gone = Vec::new();
        let sweep = hash.sweep_expired(later, 100, 0, |field| gone.push(field.name().to_vec()));
        gone.sort();
        assert_eq!(gone, [b"field:0", b"field:2", b"field:3"]);
        assert_eq!((sweep.cursor, sweep.removed), (0, 3));
        assert_eq!((hash.len(), hash.volatile_len()), (7, 4));
        assert_eq!(hash.min_deadline(), Some(NOW + 14));
        assert_eq!(hash.random(u64::MAX, &mut rng).map(|_| ()), Some(()));
    }

    #[test]
    fn samples_are_different_fields_and_fair() {
        let seed = rand::random();
        let mut rng = StdRng::seed_from_u64(seed);
        for len in [20, 1000] {
            let hash = filled(len);
            let mut drawn = BTreeMap::new();
            for _ in 0..len * 20 {
                let (name, value) = hash.random(NOW, &mut rng).unwrap();
                assert!(name.to_vec().ends_with(&value.to_vec()));
                *drawn.entry(name.to_vec()).or_insert(0) += 1;
            }
            assert!(drawn.len() == len && drawn.values().all(|n| (2..60).contains(n)), "{seed}");
            for count in [0, 1, len / 4, len - 1, len, len * 2] {
                let sample = hash.sample(count, NOW, &mut rng);
                let names: BTreeSet<_> = sample.iter().map(|(name, _)| name.to_vec()).collect();
                assert_eq!((sample.len(), names.len()), (count.min(len), count.min(len)));
            }
        }
        assert!(Hash::new().random(NOW, &mut rng).is_none());
        assert!(Hash::new().sample(5, NOW, &mut rng).is_empty());
    }

    #[test]
    fn a_big_hash_costs_little_over_its_bytes() {
        let (mut hash, limits) = (Hash::new(), HashLimits::default());
        for n in 0..100_000 {
            let (name, value) = (format!("field:{n:09}"), format!("{n:08}"));
            hash.set(name.as_bytes(), value.as_bytes(), Ttl::Clear, &limits, NOW);
        }
        let each = hash.heap_bytes(0) as f64 / 100_000.0;
        assert!(each < 44.0, "{each} bytes for 23");
    }

    #[derive(Debug, Clone)]
    enum Op {
        Set(String, String, Option<u64>),
        Keep(String, String),
        Remove(String),
        Deadline(String, Option<u64>),
        Sweep,
    }

    fn op() -> impl Strategy<Value = Op> {
        let name = || prop_oneof!["[a-d]{1,2}", "[0-9]{1,2}"];
        let value = || prop_oneof!["[a-z]{0,5}", "-?[0-9]{1,5}", "x{60,70}"];
        let at = || proptest::option::of(1u64..100);
        prop_oneof![
            4 => (name(), value(), at()).prop_map(|(n, v, at)| Op::Set(n, v, at)),
            2 => (name(), value()).prop_map(|(n, v)| Op::Keep(n, v)),
            2 => name().prop_map(Op::Remove),
            2 => (name(), at()).prop_map(|(n, at)| Op::Deadline(n, at)),
            1 => Just(Op::Sweep),
        ]
    }

    proptest! {
        /// Time goes on by one at each step. The model forgets fields as they expire.
        #[test]
        fn agrees_with_a_map(ops in vec(op(), 0..120), listpack_entries in 0usize..20) {
            let limits = HashLimits { listpack_entries, listpack_value: 64 };
            let mut hash = Hash::new();
            let mut model: BTreeMap<String, (String, Option<u64>)> = BTreeMap::new();
            for (op, now) in ops.into_iter().zip(NOW..) {
                model.retain(|_, (_, at)| at.is_none_or(|at| at > now));
                match op {
                    Op::Set(name, value, after) => {
                        let at = after.map(|after| now + after);
                        let ttl = at.map_or(Ttl::Clear, Ttl::At);
                        let stored =
                            hash.set(name.as_bytes(), value.as_bytes(), ttl, &limits, now);
                        prop_assert_eq!(stored.is_new(), model.insert(name, (value, at)).is_none());
                    }
                    Op::Keep(name, value) => {
                        let at = model.get(&name).and_then(|(_, at)| *at);
                        let stored =
                            hash.set(name.as_bytes(), value.as_bytes(), Ttl::Keep, &limits, now);
                        prop_assert_eq!(stored.is_new(), model.insert(name, (value, at)).is_none());
                    }
                    Op::Remove(name) => {
                        let removed = hash.remove(name.as_bytes(), now);
                        prop_assert_eq!(removed, model.remove(&name).is_some());
                    }
                    Op::Deadline(name, after) => {
                        let at = after.map(|after| now + after);
                        let old = model.get_mut(&name).map(|e| std::mem::replace(&mut e.1, at));
                        prop_assert_eq!(hash.set_deadline(name.as_bytes(), at, now), old);
                    }
                    Op::Sweep => {
                        hash.sweep_expired(now, usize::MAX, 0, drop);
                        prop_assert_eq!(hash.len(), model.len());
                    }
                }
                let volatile = hash.iter_all().filter(|(_, _, at)| at.is_some()).count();
                prop_assert_eq!(hash.volatile_len(), volatile);
                let live: BTreeMap<_, _> =
                    hash.iter(now).map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
                prop_assert_eq!(live.len(), model.len());
                for (name, (value, at)) in &model {
                    let got = hash.get_with_deadline(name.as_bytes(), now);
                    let got = got.map(|(value, at)| (value.to_vec(), at));
                    prop_assert_eq!(got, Some((value.clone().into_bytes(), *at)));
                }
                let (mut scanned, mut cursor) = (BTreeMap::new(), 0);
                loop {
                    cursor = hash.scan(cursor, 3, now, |name, value| {
                        scanned.insert(name.to_vec(), value.to_vec());
                    });
                    if cursor == 0 {
                        break;
                    }
                }
                prop_assert_eq!(scanned, live);
            }
        }
    }
}
