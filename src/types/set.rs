//! Set: the representation of a SET value.
//!
//! Integers only: a sorted array ([`Intset`]). A few short strings: a listpack. Otherwise a bucket
//! table of [`Member`] blobs. A set moves on to the next representation when it outgrows one and
//! never goes back, as in Valkey, whose names for them [`Set::encoding`] tells.
//! Knows nothing of keys, clients or RESP.
//!
//! # Invariants
//! - No member is there twice. In an intset are exactly the strings that are canonical integers.
//! - Limits apply to what is added: a set that is beyond new, lower limits stays as it is.

use std::collections::HashSet;

use rand::seq::{IndexedRandom, index};
use rand::{Rng, RngCore};

use super::blob::Member;
use super::intset::Intset;
use super::listpack::{self, Listpack, Value, canonical_int};
use super::table::{self, Table, hash_bytes};

/// Up to what size a set keeps its compact representations: `set-max-*` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetLimits {
    pub intset_entries: usize,
    pub listpack_entries: usize,
    /// Bytes of a member in a listpack.
    pub listpack_value: usize,
}

impl Default for SetLimits {
    fn default() -> Self {
        Self { intset_entries: 512, listpack_entries: 128, listpack_value: 64 }
    }
}

#[derive(Debug, Clone)]
pub enum Set {
    Intset(Intset),
    Listpack(Listpack),
    Table(Box<Table<Member>>),
}

const _: () = assert!(size_of::<Set>() <= 16);

impl Default for Set {
    fn default() -> Self {
        Self::Intset(Intset::new())
    }
}

impl Set {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Intset(ints) => ints.len(),
            Self::Listpack(pack) => pack.len(),
            Self::Table(table) => table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fetches what lies `depth` pointers behind the set into the cache.
    #[inline]
    pub fn prefetch(&self, depth: u32) {
        match self {
            Self::Intset(ints) if depth == 0 => ints.prefetch(),
            Self::Listpack(pack) if depth == 0 => pack.prefetch(),
            Self::Table(table) if depth == 0 => table::prefetch_line((&raw const **table).cast()),
            _ => {}
        }
    }

    /// As OBJECT ENCODING calls the representation.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Intset(_) => "intset",
            Self::Listpack(_) => "listpack",
            Self::Table(_) => "hashtable",
        }
    }

    /// Bytes taken from the allocator; of a big set estimated by `samples` members (0: all).
    pub fn heap_bytes(&self, samples: usize) -> usize {
        match self {
            Self::Intset(ints) => ints.heap_bytes(),
            Self::Listpack(pack) => pack.heap_bytes(),
            Self::Table(table) => {
                let count = if samples == 0 { table.len() } else { samples.min(table.len()) };
                let sum: usize =
                    table.iter().take(count).map(|m| super::size_class(m.heap_bytes())).sum();
                let members = (sum * table.len()).checked_div(count).unwrap_or(0);
                size_of::<Table<Member>>() + table.allocated_bytes() + members
            }
        }
    }

    /// How many separate allocations freeing it takes, roughly.
    pub fn free_effort(&self) -> usize {
        if let Self::Table(table) = self { table.len() } else { 1 }
    }

    /// Chooses a representation in which `count` members, of which `first` is one, are to be added.
    /// Only a hint, but one that shows: Valkey does so for all members of one SADD.
    pub fn prepare(&mut self, first: &[u8], count: usize, limits: &SetLimits) {
        if self.is_empty() {
            *self = match canonical_int(first) {
                Some(_) if count <= limits.intset_entries => Self::default(),
                _ if count <= limits.listpack_entries => Self::Listpack(Listpack::new()),
                _ => Self::Table(Box::default()),
            };
        }
        let limit = match self {
            Self::Intset(_) => limits.intset_entries,
            Self::Listpack(_) => limits.listpack_entries,
            Self::Table(_) => return,
        };
        if count > limit {
            self.make_table();
        }
    }

    /// Adds a member; false if it was there.
    pub fn add(&mut self, member: &[u8], limits: &SetLimits) -> bool {
        match self {
            Self::Intset(_) => match canonical_int(member) {
                Some(int) => self.add_int(int, limits),
                None => {
                    self.leave_intset(member, limits);
                    self.add(member, limits)
                }
            },
            Self::Listpack(pack) => {
                if pack.find(member, 0).is_some() {
                    return false;
                }
                if fits(pack.len(), pack.bytes(), member.len(), limits) {
                    pack.push_back(member);
                } else {
                    self.make_table().insert_unique(hash_bytes(member), Member::new(member));
                }
                true
            }
            Self::Table(table) => {
                let hash = hash_bytes(member);
                let absent = !table.contains(hash, member);
                if absent {
                    table.insert_unique(hash, Member::new(member));
                }
                absent
            }
        }
    }

    /// Adds a member of another set; false if it was there.
    pub fn add_value(&mut self, member: Value<'_>, limits: &SetLimits) -> bool {
        match member {
            Value::Int(int) if matches!(self, Self::Intset(_)) => self.add_int(int, limits),
            _ => self.add(member.bytes(&mut itoa::Buffer::new()), limits),
        }
    }

    fn add_int(&mut self, int: i64, limits: &SetLimits) -> bool {
        let Self::Intset(ints) = self else {
            return self.add(itoa::Buffer::new().format(int).as_bytes(), limits);
        };
        let added = ints.insert(int);
        if added && ints.len() > limits.intset_entries {
            self.make_table();
        }
        added
    }

    /// Makes room for a member that is no integer.
    fn leave_intset(&mut self, member: &[u8], limits: &SetLimits) {
        let Self::Intset(ints) = self else { return };
        let digits = |int: Option<i64>| int.map_or(0, |int| Value::Int(int).len());
        let longest = digits(ints.min()).max(digits(ints.max())).max(member.len());
        if fits(ints.len(), 0, longest, limits) {
            let mut pack = listpack::Builder::new();
            ints.iter().for_each(|int| pack.push_int(int));
            *self = Self::Listpack(pack.finish());
        } else {
            self.make_table();
        }
    }

    /// Goes back to the integers' representation if it fits. Valkey does this, alone of all
    /// commands, to what SINTERSTORE leaves.
    pub fn settle(&mut self, limits: &SetLimits) {
        if matches!(self, Self::Intset(_)) || self.len() > limits.intset_entries {
            return;
        }
        let int = |member: Value<'_>| match member {
            Value::Int(int) => Some(int),
            Value::Str(bytes) => canonical_int(bytes),
        };
        if let Some(ints) = self.iter().map(int).collect::<Option<Intset>>() {
            *self = Self::Intset(ints);
        }
    }

    fn make_table(&mut self) -> &mut Table<Member> {
        if !matches!(self, Self::Table(_)) {
            let mut table = Box::<Table<Member>>::default();
            let mut digits = itoa::Buffer::new();
            for member in self.iter() {
                let bytes = member.bytes(&mut digits);
                table.insert_unique(hash_bytes(bytes), Member::new(bytes));
            }
            *self = Self::Table(table);
        }
        match self {
            Self::Table(table) => table,
            _ => unreachable!("just made one"),
        }
    }

    /// Takes a member out; false if it was not there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            Self::Intset(ints) => canonical_int(member).is_some_and(|int| ints.remove(int)),
            Self::Listpack(pack) => match pack.find(member, 0) {
                Some(at) => {
                    pack.remove(at);
                    true
                }
                None => false,
            },
            Self::Table(table) => table.remove(hash_bytes(member), member).is_some(),
        }
    }

    pub fn contains(&self, member: &[u8]) -> bool {
        match self {
            Self::Intset(ints) => canonical_int(member).is_some_and(|int| ints.contains(int)),
            Self::Listpack(pack) => pack.find(member, 0).is_some(),
            Self::Table(table) => table.contains(hash_bytes(member), member),
        }
    }

    /// Whether a member of another set is in this one.
    pub fn contains_value(&self, member: Value<'_>) -> bool {
        match (self, member) {
            (Self::Intset(ints), Value::Int(int)) => ints.contains(int),
            _ => self.contains(member.bytes(&mut itoa::Buffer::new())),
        }
    }

    pub fn iter(&self) -> Iter<'_> {
        match self {
            Self::Intset(ints) => Iter::Intset(ints, 0),
            Self::Listpack(pack) => Iter::Listpack(pack.iter()),
            Self::Table(table) => Iter::Table(table.iter()),
        }
    }

    /// Calls `visit` with about `count` members and returns where to go on; starts with cursor 0
    /// and ends by returning 0. A member that is there throughout is visited at least once.
    pub fn scan(&self, mut cursor: u64, count: usize, mut visit: impl FnMut(Value<'_>)) -> u64 {
        let Self::Table(table) = self else {
            // Compact sets are visited at once, so that no change can come between.
            self.iter().for_each(visit);
            return 0;
        };
        let mut seen = 0;
        // Most buckets have members; the bound is for a table of which hardly any are left.
        for _ in 0..count.saturating_mul(10) {
            cursor = table.scan(cursor, |member| {
                seen += 1;
                visit(Value::Str(member.bytes()));
            });
            if cursor == 0 || seen >= count {
                break;
            }
        }
        cursor
    }

    /// A member, each with the same probability.
    pub fn random<R: RngCore + ?Sized>(&self, rng: &mut R) -> Option<Value<'_>> {
        if self.is_empty() {
            return None;
        }
        match self {
            Self::Intset(ints) => ints.get(rng.random_range(0..ints.len())).map(Value::Int),
            Self::Listpack(pack) => pack.get(rng.random_range(0..pack.len()) as isize),
            Self::Table(table) => table.random(rng).map(|member| Value::Str(member.key())),
        }
    }

    /// Takes out a member, each with the same probability.
    pub fn pop<R: RngCore + ?Sized>(&mut self, rng: &mut R) -> Option<Vec<u8>> {
        let member = self.random(rng)?.to_vec();
        self.remove(&member);
        Some(member)
    }

    /// `count` different members, or all if there are fewer; each selection is equally probable.
    pub fn sample<R: RngCore + ?Sized>(&self, count: usize, rng: &mut R) -> Vec<Value<'_>> {
        let len = self.len();
        if count >= len {
            return self.iter().collect();
        }
        match self {
            Self::Intset(ints) => index::sample(rng, len, count)
                .iter()
                .filter_map(|i| ints.get(i).map(Value::Int))
                .collect(),
            // A few of many: throw until there are enough. Otherwise choose from a list of all.
            Self::Table(table) if count * 3 <= len => {
                let mut chosen = HashSet::with_capacity(count);
                let mut members = Vec::with_capacity(count);
                while members.len() < count {
                    let Some(member) = table.random(rng) else { break };
                    if chosen.insert(member.raw()) {
                        members.push(Value::Str(member.key()));
                    }
                }
                members
            }
            Self::Listpack(_) | Self::Table(_) => {
                let all: Vec<_> = self.iter().collect();
                all.choose_multiple(rng, count).copied().collect()
            }
        }
    }
}

/// Whether a listpack of `len` entries and `bytes` bytes may get another one.
fn fits(len: usize, bytes: usize, member_len: usize, limits: &SetLimits) -> bool {
    len < limits.listpack_entries
        && member_len <= limits.listpack_value
        && bytes.saturating_add(member_len) < listpack::BYTES_MAX
}

impl<V: AsRef<[u8]>> FromIterator<V> for Set {
    /// With the default limits.
    fn from_iter<I: IntoIterator<Item = V>>(members: I) -> Self {
        let mut set = Self::new();
        for member in members {
            set.add(member.as_ref(), &SetLimits::default());
        }
        set
    }
}

impl<'a> IntoIterator for &'a Set {
    type Item = Value<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over the members of a set; integers come as such from the compact representations.
pub enum Iter<'a> {
    Intset(&'a Intset, usize),
    Listpack(listpack::Iter<'a>),
    Table(table::Iter<'a, Member>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            Self::Intset(ints, at) => {
                *at += 1;
                ints.get(*at - 1).map(Value::Int)
            }
            Self::Listpack(entries) => entries.next(),
            Self::Table(members) => members.next().map(|member| Value::Str(member.key())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn members(set: &Set) -> BTreeSet<Vec<u8>> {
        set.iter().map(Value::to_vec).collect()
    }

    fn numbers(range: std::ops::Range<i64>) -> Vec<String> {
        range.map(|n| n.to_string()).collect()
    }

    /// One SADD: all `added` at once to what `before` made.
    fn check_encoding(before: &[String], added: &[String], expected: &str) {
        let (mut set, limits) = (Set::new(), SetLimits::default());
        for group in [before, added] {
            if let Some(first) = group.first() {
                set.prepare(first.as_bytes(), group.len(), &limits);
            }
            group.iter().for_each(|m| assert!(set.add(m.as_bytes(), &limits)));
        }
        let lens = (before.len(), added.len());
        assert_eq!(set.encoding(), expected, "{lens:?} members, {:?} first", added.first());
        let all: BTreeSet<_> = before.iter().chain(added).map(|m| m.clone().into_bytes()).collect();
        assert_eq!(members(&set), all);
    }

    #[test]
    fn encodings_change_where_those_of_valkey_do() {
        let text = |s: &str| vec![s.to_owned()];
        check_encoding(&[], &numbers(0..512), "intset");
        check_encoding(&[], &numbers(0..513), "hashtable");
        check_encoding(&numbers(0..512), &numbers(512..513), "hashtable");
        check_encoding(&numbers(0..127), &text("a"), "listpack");
        check_encoding(&numbers(0..128), &text("a"), "hashtable");
        check_encoding(&text("a"), &numbers(0..127), "listpack");
        check_encoding(&text("a"), &numbers(0..128), "hashtable");
        check_encoding(&numbers(0..2), &[format!("{:064}", 0)], "listpack");
        check_encoding(&numbers(0..2), &[format!("{:065}", 0)], "hashtable");
        check_encoding(&text("a"), &[format!("{:065}", 0)], "hashtable");
        check_encoding(&[], &text("01"), "listpack");
        check_encoding(&[], &text("-9223372036854775808"), "intset");
        check_encoding(&[], &text("9223372036854775808"), "listpack");
    }

    #[test]
    fn only_settling_goes_back_to_integers() {
        let limits = SetLimits::default();
        for (mut members, expected) in [(numbers(0..512), "intset"), (numbers(0..513), "hashtable")]
        {
            members.push("a".to_owned());
            let mut set: Set = members.iter().collect();
            assert!(set.remove(b"a"));
            assert_eq!(set.encoding(), "hashtable");
            set.settle(&limits);
            assert_eq!((set.encoding(), set.len()), (expected, members.len() - 1));
        }
    }

    #[test]
    fn every_encoding_samples_and_pops_fairly() {
        let seed = rand::random();
        let mut rng = StdRng::seed_from_u64(seed);
        let words = |n| numbers(0..n).into_iter().map(|n| format!("w{n}")).collect::<Set>();
        for set in [numbers(0..50).into_iter().collect::<Set>(), words(50), words(400)] {
            let len = set.len();
            for count in [0, 1, 10, len - 1, len, len + 5] {
                let sample = set.sample(count, &mut rng);
                let different: BTreeSet<_> = sample.iter().map(|v| v.to_vec()).collect();
                assert_eq!((sample.len(), different.len()), (count.min(len), count.min(len)));
                assert!(different.iter().all(|member| set.contains(member)));
            }
            let mut drawn = std::collections::HashMap::new();
            for _ in 0..len * 50 {
                *drawn.entry(set.random(&mut rng).unwrap().to_vec()).or_insert(0) += 1;
                for member in set.sample(len / 10, &mut rng) {
                    *drawn.entry(member.to_vec()).or_insert(0) += 1;
                }
            }
            let expected = 50.0 * (1.0 + (len / 10) as f64);
            let spread = 6.0 * expected.sqrt();
            for (member, times) in &drawn {
                let off = (f64::from(*times) - expected).abs();
                assert!(off < spread, "seed {seed}, {}: {member:?} {times}", set.encoding());
            }
            let (mut left, mut popped) = (set.clone(), BTreeSet::new());
            while let Some(member) = left.pop(&mut rng) {
                assert!(popped.insert(member));
            }
            assert_eq!(popped, members(&set));
        }
    }

    #[test]
    fn a_scan_goes_by_pieces_through_a_big_set() {
        let big: Set = numbers(0..10_000).into_iter().collect();
        let (mut cursor, mut seen, mut calls) = (0, BTreeSet::new(), 0);
        loop {
            let mut visited = 0;
            cursor = big.scan(cursor, 10, |member| {
                seen.insert(member.to_vec());
                visited += 1;
            });
            assert!(visited < 100);
            calls += 1;
            if cursor == 0 {
                break;
            }
        }
        assert!(calls > 100);
        assert_eq!(seen.len(), 10_000);
    }

    #[test]
    fn a_big_set_costs_little_over_its_bytes() {
        let set: Set = (0..100_000).map(|n| format!("member:{n:09}")).collect();
        let each = set.heap_bytes(0) as f64 / 100_000.0;
        assert!(each < 44.0, "{each} bytes for 16");
        let estimate = set.heap_bytes(5) as f64 / 100_000.0;
        assert!((each - estimate).abs() < 1.0);
    }

    proptest! {
        /// Whatever the limits, a set holds what a plain set would hold.
        #[test]
        fn agrees_with_a_set(
            ops in vec((any::<bool>(), prop_oneof!["[a-c]{0,3}", "-?[0-9]{1,3}", "x{60,70}"]), 0..200),
            intset_entries in 0usize..40,
            listpack_entries in 0usize..40,
        ) {
            let limits = SetLimits { intset_entries, listpack_entries, listpack_value: 64 };
            let (mut set, mut model) = (Set::new(), BTreeSet::new());
            for (add, member) in ops {
                let bytes = member.as_bytes();
                prop_assert_eq!(set.contains(bytes), model.contains(bytes));
                if add {
                    prop_assert_eq!(set.add(bytes, &limits), model.insert(bytes.to_vec()));
                } else {
                    prop_assert_eq!(set.remove(bytes), model.remove(bytes));
                }
                prop_assert_eq!(set.len(), model.len());
            }
            prop_assert_eq!(members(&set), model.clone());
            let mut copy = Set::new();
            set.iter().for_each(|member| assert!(copy.add_value(member, &limits)));
            prop_assert!(copy.iter().all(|member| set.contains_value(member)));
            prop_assert_eq!(members(&copy), model);
        }
    }
}
