use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

/// A boxed entry whose hash a test may choose.
struct Item(Box<Body>);

struct Body {
    key: Vec<u8>,
    hash: u64,
    value: u64,
    deadline: Option<u64>,
    alive: Option<Rc<Cell<isize>>>,
}

// SAFETY: a box's address comes back as a box; the key is behind it.
unsafe impl Pointer for Item {
    fn into_raw(self) -> NonNull<u8> {
        let this = ManuallyDrop::new(self);
        NonNull::from(&*this.0).cast()
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        raw.as_ptr().expose_provenance();
        // SAFETY: `into_raw` took it from a box.
        Self(unsafe { Box::from_raw(raw.cast::<Body>().as_ptr()) })
    }

    fn key(&self) -> &[u8] {
        &self.0.key
    }

    fn hash(&self) -> u64 {
        self.0.hash
    }

    fn deadline(&self) -> Option<u64> {
        self.0.deadline
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(alive) = &self.alive {
            alive.set(alive.get() - 1);
        }
    }
}

fn item_hashed(key: &[u8], hash: u64, value: u64) -> Item {
    Item(Box::new(Body { key: key.to_vec(), hash, value, deadline: None, alive: None }))
}

fn item(key: &[u8], value: u64) -> Item {
    item_hashed(key, hash_bytes(key), value)
}

fn number(n: u64) -> [u8; 8] {
    n.to_le_bytes()
}

fn insert(table: &mut Table<Item>, n: u64) {
    let key = number(n);
    table.insert_unique(hash_bytes(&key), item(&key, n));
}

fn remove(table: &mut Table<Item>, n: u64) -> Option<u64> {
    table.remove(hash_bytes(&number(n)), &number(n)).map(|entry| entry.0.value)
}

fn find(table: &Table<Item>, n: u64) -> Option<u64> {
    table.find(hash_bytes(&number(n)), &number(n)).map(|entry| entry.0.value)
}

/// Checks what the module documentation calls invariants, and the book-keeping.
fn check(table: &Table<Item>) {
    let (mut entries, mut deepest) = (0, 0);
    for (hash, segment) in table.segments() {
        let place = table.place(hash).unwrap();
        let mut in_segment = 0;
        for index in 0..segment.shape().buckets() {
            // SAFETY: in bounds of a live segment.
            let bucket = unsafe { segment.bucket(index) };
            for slot in bucket.occupied() {
                // SAFETY: an occupied slot of the borrowed table.
                let entry: Ref<'_, Item> = unsafe { Ref::new(bucket.pointer(slot)) };
                let home = segment.home_of(entry.hash());
                assert_eq!(table.segment(entry.hash()), Some(segment));
                assert!(bucket.matches(tag_of(entry.hash())).has(slot));
                if index >= segment.homes() {
                    let bit = (index - segment.homes()).min(7);
                    // SAFETY: a home of a live segment.
                    assert!(unsafe { segment.bucket(home) }.overflow >> bit & 1 == 1);
                } else {
                    assert_eq!(home, index);
                }
                let mark = table.mark(place);
                assert!(entry.deadline().is_none_or(|at| at >= mark.deadline()));
                assert!(entry.deadline().is_none_or(|at| at >= table.min_deadline));
                in_segment += 1;
            }
        }
        let mark = table.mark(place).count();
        assert!(mark == in_segment || mark == 0xffff, "{mark} of {in_segment}");
        entries += in_segment;
        if let Some((_, depth)) = Directory::from_root_word(table.root.load(Ordering::Relaxed)) {
            deepest += u32::from(segment.local_depth() == depth);
            assert!(segment.local_depth() > 0);
        }
    }
    assert_eq!(entries, table.len());
    assert_eq!(deepest, table.deepest);
    assert_eq!(entries == 0, table.root.load(Ordering::Relaxed) == 0);
}

#[test]
fn is_small_and_allocates_by_the_bucket() {
    assert!(size_of::<Table<Item>>() <= 40);
    let mut table = Table::new();
    assert_eq!(table.allocated_bytes(), 0);
    insert(&mut table, 1);
    assert_eq!(table.allocated_bytes(), 64);
    assert_eq!(remove(&mut table, 1), Some(1));
    assert_eq!(table.allocated_bytes(), 0);
}

#[test]
fn holds_every_size_up_to_a_hundred_thousand_and_down_again() {
    let mut table = Table::new();
    for n in 0..100_000 {
        insert(&mut table, n);
        if n.is_power_of_two() || n % 9973 == 0 {
            check(&table);
        }
    }
    assert!((0..100_000).all(|n| find(&table, n) == Some(n)));
    assert_eq!(find(&table, 100_000), None);
    assert_eq!(table.iter().count(), 100_000);
    for n in 0..100_000 {
        assert_eq!(remove(&mut table, n), Some(n));
        if n.is_power_of_two() || n % 9973 == 0 || n > 99_990 {
            check(&table);
        }
    }
    assert!(table.is_empty());
    table.reclaim();
    assert_eq!(table.allocated_bytes(), 0);
}

#[test]
fn a_million_entries_cost_little_more_than_their_pointers() {
    let mut table = Table::new();
    let (mut sum, mut worst, mut points) = (0.0, 0.0f64, 0);
    for n in 0..1_000_000u64 {
        insert(&mut table, n);
        if n >= 100_000 && n % 50_000 == 0 {
            let bytes = table.allocated_bytes() as f64 / n as f64;
            (sum, worst, points) = (sum + bytes, worst.max(bytes), points + 1);
        }
    }
    let mean = sum / f64::from(points);
    assert!(mean < 10.5, "{mean} bytes an entry on average");
    assert!(worst < 12.0, "{worst} bytes an entry at worst");
    for n in 0..999_000 {
        remove(&mut table, n);
    }
    assert_eq!(table.len(), 1000);
    table.reclaim();
    let bytes = table.allocated_bytes();
    assert!(bytes < 64 * 1000, "{bytes} bytes for 1000 entries left of a million");
}

#[test]
fn equal_hashes_chain_spares() {
    let mut table = Table::new();
    for n in 0..3000 {
        insert(&mut table, n);
    }
    for n in 0..5000u64 {
        table.insert_unique(42, item_hashed(&number(n + 1_000_000), 42, n));
    }
    check(&table);
    for n in 0..5000u64 {
        assert_eq!(table.find(42, &number(n + 1_000_000)).map(|e| e.0.value), Some(n));
    }
    assert!(table.allocated_bytes() < 8000 * 40, "{} bytes", table.allocated_bytes());
    // All of one hash are visited by one step of a scan.
    let mut seen = 0;
    table.scan(42 >> 16, |entry| seen += usize::from(entry.hash() == 42));
    assert_eq!(seen, 5000);
    for n in 0..5000u64 {
        assert!(table.remove(42, &number(n + 1_000_000)).is_some());
    }
    check(&table);
    assert!((0..3000).all(|n| find(&table, n) == Some(n)));
}

#[test]
fn hashes_that_share_their_top_bits_do_not_explode_the_directory() {
    let mut table = Table::new();
    for n in 0..20_000u64 {
        table.insert_unique(n, item_hashed(&number(n), n, n));
    }
    check(&table);
    assert!(table.allocated_bytes() < 20_000 * 40, "{} bytes", table.allocated_bytes());
    assert!((0..20_000).all(|n| table.contains(n, &number(n))));
}

#[test]
fn the_guard_notes_where_a_grown_entry_went() {
    let mut table = Table::new();
    (0..1000).for_each(|n| insert(&mut table, n));
    let hash = hash_bytes(&number(7));
    let mut guard = table.find_mut(hash, &number(7)).unwrap();
    let moved = item(&number(7), 700);
    let old = std::mem::replace(&mut *guard, moved);
    assert_eq!(old.0.value, 7);
    drop(guard);
    assert_eq!(find(&table, 7), Some(700));
    assert_eq!(table.find_mut(hash, &number(7)).unwrap().remove().0.value, 700);
    assert_eq!(find(&table, 7), None);
    assert_eq!(table.len(), 999);
    table.for_each_mut(|entry| *entry = item(&entry.0.key, entry.0.value + 1));
    assert!((0..1000).filter(|n| *n != 7).all(|n| find(&table, n) == Some(n + 1)));
    assert_eq!(table.replace(hash_bytes(&number(8)), item(&number(8), 0)).unwrap().0.value, 9);
    check(&table);
}

#[test]
fn every_entry_is_dropped_once() {
    let alive = Rc::new(Cell::new(0));
    let counted = |n: u64| {
        alive.set(alive.get() + 1);
        let mut item = item(&number(n), n);
        item.0.alive = Some(alive.clone());
        item
    };
    let mut table = Table::new();
    for n in 0..5000 {
        table.insert_unique(hash_bytes(&number(n)), counted(n));
    }
    for n in 0..1000 {
        remove(&mut table, n);
        table.replace(hash_bytes(&number(n + 1000)), counted(n + 1000));
    }
    assert_eq!(alive.get(), 4000);
    table.retain(|entry| entry.0.value % 2 == 0);
    assert_eq!(alive.get(), 2000);
    check(&table);
    table.clear();
    assert_eq!(alive.get(), 0);
    table.insert_unique(hash_bytes(&number(1)), counted(1));
    drop(table);
    assert_eq!(alive.get(), 0);
}

#[test]
fn a_sweep_removes_what_is_due_and_skips_what_is_not() {
    let mut table = Table::new();
    for n in 0..50_000u64 {
        let mut entry = item(&number(n), n);
        entry.0.deadline = (n % 3 == 0).then_some(1000 + n);
        table.insert_unique(hash_bytes(&number(n)), entry);
    }
    check(&table);
    assert_eq!(table.min_deadline(), Some(1000));
    assert_eq!(table.sweep_expired(999, usize::MAX, 0, |_| unreachable!()), Sweep::default());
    let (mut gone, mut cursor, mut calls) = (HashSet::new(), 0, 0);
    loop {
        let sweep = table.sweep_expired(20_999, 2000, cursor, |entry| {
            assert!(gone.insert(entry.0.value));
        });
        assert!(sweep.examined < 4000);
        (cursor, calls) = (sweep.cursor, calls + 1);
        if cursor == 0 {
            break;
        }
    }
    assert!(calls > 10);
    assert_eq!(gone, (0..20_000).filter(|n| n % 3 == 0).collect());
    check(&table);
    assert_eq!(table.min_deadline(), Some(21_001));
    // A hint lowered by hand makes the segment be looked at, and is then put right.
    table.note_deadline(hash_bytes(&number(1)), 5);
    assert_eq!(table.min_deadline(), Some(5));
    let sweep = table.sweep_expired(6, usize::MAX, 0, |_| unreachable!());
    assert!(sweep.examined > 0 && sweep.examined < 600, "{sweep:?}");
    assert_eq!(table.min_deadline(), Some(21_001));
    table.sweep_expired(u64::MAX >> 20, usize::MAX, 0, drop);
    assert_eq!(table.min_deadline(), None);
    assert_eq!(table.len(), (0..50_000).filter(|n| n % 3 != 0).count());
}

/// Chi-square of the draws of each entry against equal shares; its mean is `n - 1`.
fn check_fairness(n: u64, draw: impl Fn(&Table<Item>, &mut StdRng, &mut dyn FnMut(u64))) {
    let seed = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut table = Table::new();
    (0..n).for_each(|n| insert(&mut table, n));
    let mut counts = vec![0u32; n as usize];
    let mut draws = 0;
    while draws < 40 * n {
        draw(&table, &mut rng, &mut |value| {
            counts[value as usize] += 1;
            draws += 1;
        });
    }
    let expected = draws as f64 / n as f64;
    let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
    let freedom = (n - 1) as f64;
    let limit = freedom + 6.0 * (2.0 * freedom).sqrt();
    assert!(chi <= limit, "seed {seed}: chi-square {chi} of {n} entries, limit {limit}");
}

#[test]
fn random_is_fair() {
    for n in [2, 10, 100, 3000, 20_000] {
        check_fairness(n, |table, rng, take| take(table.random(rng).unwrap().0.value));
    }
}

#[test]
fn random_is_fair_after_most_entries_were_removed() {
    let mut table = Table::new();
    (0..10_000).for_each(|n| insert(&mut table, n));
    (0..9900).for_each(|n| assert!(remove(&mut table, n).is_some()));
    let mut rng = StdRng::seed_from_u64(1);
    let mut counts = HashMap::new();
    for _ in 0..20_000 {
        *counts.entry(table.random(&mut rng).unwrap().0.value).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 100);
    assert!(counts.values().all(|c| (100..330).contains(c)), "{counts:?}");
}

#[test]
fn sampling_reaches_everything() {
    let mut table = Table::new();
    assert!(table.random(&mut rand::rng()).is_none());
    table.sample(&mut rand::rng(), 5, |_| unreachable!());
    (0..5000).for_each(|n| insert(&mut table, n));
    let mut seen = HashSet::new();
    for _ in 0..20_000 {
        let mut count = 0;
        table.sample(&mut rand::rng(), 5, |entry| {
            seen.insert(entry.0.value);
            count += 1;
        });
        assert!(count >= 5);
    }
    assert_eq!(seen.len(), 5000);
}

#[test]
fn a_prefetch_may_race_with_growth() {
    struct Shared(std::cell::UnsafeCell<Table<Item>>);
    // SAFETY: the test's other thread only calls `prefetch_racy`.
    unsafe impl Sync for Shared {}
    let shared = Shared(std::cell::UnsafeCell::new(Table::new()));
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (shared, done) = (&shared, &done);
        scope.spawn(move || {
            let mut hash = 1u64;
            while !done.load(Ordering::Relaxed) {
                hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
                // SAFETY: see `prefetch_racy`.
                unsafe { &*shared.0.get() }.prefetch_racy(hash);
            }
        });
        for _ in 0..5 {
            for n in 0..20_000 {
                // SAFETY: this thread alone changes the table.
                insert(unsafe { &mut *shared.0.get() }, n);
            }
            for n in 0..20_000 {
                // SAFETY: as above.
                remove(unsafe { &mut *shared.0.get() }, n);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[derive(Debug, Clone)]
enum Op {
    Insert(u16),
    Remove(u16),
    Find(u16),
    InsertRun(u16, u16),
    RemoveRun(u16, u16),
    Retain(u16),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => any::<u16>().prop_map(Op::Insert),
        4 => any::<u16>().prop_map(Op::Remove),
        2 => any::<u16>().prop_map(Op::Find),
        2 => (any::<u16>(), 0u16..3000).prop_map(|(from, n)| Op::InsertRun(from, n)),
        2 => (any::<u16>(), 0u16..3000).prop_map(|(from, n)| Op::RemoveRun(from, n)),
        1 => (1u16..10).prop_map(Op::Retain),
    ]
}

impl Op {
    fn apply(&self, table: &mut Table<Item>, model: &mut HashMap<u64, u64>) {
        let add = |table: &mut Table<Item>, model: &mut HashMap<u64, u64>, n: u64| {
            let new = item(&number(n), n ^ 1);
            let old = table.replace(hash_bytes(&number(n)), new);
            assert_eq!(old.map(|entry| entry.0.value), model.insert(n, n ^ 1));
        };
        match *self {
            Op::Insert(n) => add(table, model, n.into()),
            Op::InsertRun(from, count) => {
                for n in from..from.saturating_add(count) {
                    add(table, model, n.into());
                }
            }
            Op::Remove(n) => assert_eq!(remove(table, n.into()), model.remove(&n.into())),
            Op::RemoveRun(from, count) => {
                for n in from..from.saturating_add(count) {
                    assert_eq!(remove(table, n.into()), model.remove(&n.into()));
                }
            }
            Op::Find(n) => assert_eq!(find(table, n.into()), model.get(&n.into()).copied()),
            Op::Retain(n) => {
                table.retain(|entry| entry.0.value % u64::from(n) == 0);
                model.retain(|_, value| *value % u64::from(n) == 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A table holds what a map would hold.
    #[test]
    fn agrees_with_a_map(ops in vec(op(), 0..60)) {
        let (mut table, mut model) = (Table::new(), HashMap::new());
        for op in ops {
            op.apply(&mut table, &mut model);
            check(&table);
        }
        let held: HashMap<u64, u64> = table
            .iter()
            .map(|e| (u64::from_le_bytes(e.key().try_into().unwrap()), e.0.value))
            .collect();
        prop_assert_eq!(held, model);
    }

    /// A scan visits all entries that are there from its start to its end, however the table grows
    /// and shrinks meanwhile, and nothing that never was there.
    #[test]
    fn a_scan_misses_nothing(
        base in 0u64..3000,
        ops in vec((op(), 1usize..60), 1..40),
    ) {
        let (mut table, mut model) = (Table::new(), HashMap::new());
        // These keys are outside the range that the operations touch.
        let stable: HashSet<u64> = (0..base).map(|n| n + 100_000).collect();
        stable.iter().for_each(|&n| insert(&mut table, n));
        let (mut seen, mut cursor) = (HashSet::new(), 0);
        let step = |table: &Table<Item>, cursor: u64, seen: &mut HashSet<u64>| {
            let next = table.scan(cursor, |entry| {
                seen.insert(u64::from_le_bytes(entry.key().try_into().unwrap()));
            });
            assert!(next == 0 || next > cursor && next < 1 << 48);
            next
        };
        'scan: for (op, steps) in ops {
            // `retain` would take the stable keys as well.
            if !matches!(op, Op::Retain(_)) {
                op.apply(&mut table, &mut model);
            }
            for _ in 0..steps {
                cursor = step(&table, cursor, &mut seen);
                if cursor == 0 {
                    break 'scan;
                }
            }
        }
        while cursor != 0 {
            cursor = step(&table, cursor, &mut seen);
        }
        prop_assert!(stable.is_subset(&seen));
        prop_assert!(seen.iter().all(|n| stable.contains(n) || *n <= 0xffff));
    }

    /// A scan of a table that does not change visits each entry exactly once.
    #[test]
    fn an_undisturbed_scan_visits_once(count in 0u64..5000) {
        let mut table = Table::new();
        (0..count).for_each(|n| insert(&mut table, n));
        let (mut seen, mut cursor) = (Vec::new(), 0);
        loop {
            cursor = table.scan(cursor, |entry| seen.push(entry.0.value));
            if cursor == 0 {
                break;
            }
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_batch_can_be_prefetched_in_any_state() {
    let mut table = Table::new();
    let mut rng = StdRng::seed_from_u64(3);
    for n in 0..3000 {
        let hash = rng.random();
        table.prefetch_bucket(hash);
        table.prefetch_entry(hash);
        insert(&mut table, n);
    }
}
