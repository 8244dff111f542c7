//! What the bucket table costs: inserting a million entries, and finding them in random order one
//! by one and in batches of 16 whose cache misses overlap. The standard map stands beside it.

#![expect(unsafe_code, reason = "implements the table's pointer trait for a box")]

use std::collections::HashMap;
use std::hint::black_box;
use std::ptr::NonNull;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tsubame::types::table::{Pointer, Table, hash_bytes};

#[global_allocator]
static ALLOCATOR: tsubame::sys::Allocator = tsubame::sys::Allocator;

const ENTRIES: u64 = 1_000_000;
const LOOKUPS: usize = 1 << 20;

/// As large as the entry of a 16-byte key with a 32-byte value.
struct Body {
    key: [u8; 16],
    value: [u8; 40],
}

struct Entry(Box<Body>);

// SAFETY: a box's address comes back as a box; the key is behind it.
unsafe impl Pointer for Entry {
    fn into_raw(self) -> NonNull<u8> {
        let raw = NonNull::from(Box::leak(self.0)).cast::<u8>();
        raw.as_ptr().expose_provenance();
        raw
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        // SAFETY: `into_raw` took it from a box.
        Self(unsafe { Box::from_raw(raw.cast::<Body>().as_ptr()) })
    }

    fn key(&self) -> &[u8] {
        &self.0.key
    }
}

fn key(n: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    for (place, digit) in key[4..].iter_mut().rev().enumerate() {
        *digit = b'0' + (n / 10u64.pow(place as u32) % 10) as u8;
    }
    key
}

fn filled() -> Table<Entry> {
    let mut table = Table::new();
    for n in 0..ENTRIES {
        let key = key(n);
        let entry = Entry(Box::new(Body { key, value: [1; 40] }));
        table.insert_unique(hash_bytes(&key), entry);
    }
    table
}

fn insert(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert");
    group.sample_size(10).throughput(Throughput::Elements(ENTRIES));
    group.bench_function("table", |b| b.iter_with_large_drop(filled));
    group.bench_function("std", |b| {
        b.iter_with_large_drop(|| {
            let mut map = HashMap::new();
            for n in 0..ENTRIES {
                map.insert(Box::new(key(n)), [1u8; 40]);
            }
            map
        });
    });
    group.finish();
}

fn find(c: &mut Criterion) {
    let table = filled();
    eprintln!("{:.2} bytes an entry", table.allocated_bytes() as f64 / ENTRIES as f64);
    let mut rng = StdRng::seed_from_u64(1);
    let keys: Vec<_> = (0..LOOKUPS).map(|_| key(rng.random_range(0..ENTRIES))).collect();
    let mut group = c.benchmark_group("find");
    group.throughput(Throughput::Elements(LOOKUPS as u64));
    group.bench_function("one by one", |b| {
        b.iter(|| {
            for key in &keys {
                black_box(table.find(hash_bytes(key), key).expect("present").0.value[8]);
            }
        });
    });
    group.bench_function("prefetched by 16", |b| {
        b.iter(|| {
            for batch in keys.chunks(16) {
                let mut hashes = [0; 16];
                for (hash, key) in hashes.iter_mut().zip(batch) {
                    *hash = hash_bytes(key);
                    table.prefetch_bucket(*hash);
                }
                hashes.iter().for_each(|&hash| table.prefetch_entry(hash));
                for (hash, key) in hashes.iter().zip(batch) {
                    black_box(table.find(*hash, key).expect("present").0.value[8]);
                }
            }
        });
    });
    let absent: Vec<_> = (0..LOOKUPS as u64).map(|n| key(ENTRIES + n)).collect();
    group.bench_function("absent", |b| {
        b.iter(|| {
            for key in &absent {
                black_box(table.contains(hash_bytes(key), key));
            }
        });
    });
    group.bench_function("random entry", |b| {
        b.iter(|| {
            for _ in 0..LOOKUPS {
                black_box(table.random(&mut rng).expect("not empty").raw());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, insert, find);
criterion_main!(benches);
