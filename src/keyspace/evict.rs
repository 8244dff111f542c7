//! Which keys go when memory is short: candidates by sampling, and their removal.

use rand::Rng;

use super::access::Access;
use super::entry::Entry;
use super::events::NotifyClass;
use super::key::Key;
use super::view::Keyspace;
use crate::config::MaxmemoryPolicy;
use crate::types::table::Table;

/// A key that may go, and how much it deserves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The larger, the sooner it goes.
    pub score: u64,
    pub db: u16,
    pub key: Box<[u8]>,
}

/// The best candidates that were seen lately, so that a good one is not forgotten because a better
/// one went first.
#[derive(Debug, Default)]
pub struct Pool(Vec<Candidate>);

impl Pool {
    /// As many as the peers keep.
    const LEN_MAX: usize = 16;

    /// Adds a candidate, if it is among the best.
    pub fn add(&mut self, candidate: Candidate) {
        let is_there = |other: &Candidate| other.db == candidate.db && other.key == candidate.key;
        if let Some(at) = self.0.iter().position(is_there) {
            self.0.remove(at);
        }
        let at = self.0.partition_point(|other| other.score <= candidate.score);
        self.0.insert(at, candidate);
        if self.0.len() > Self::LEN_MAX {
            self.0.remove(0);
        }
    }

    /// Takes the best one.
    pub fn take(&mut self) -> Option<Candidate> {
        self.0.pop()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl MaxmemoryPolicy {
    /// Whether only keys that expire may go.
    fn is_volatile(self) -> bool {
        matches!(
            self,
            Self::VolatileLru | Self::VolatileLfu | Self::VolatileRandom | Self::VolatileTtl
        )
    }
}

fn score(policy: MaxmemoryPolicy, access: Access, entry: &Entry) -> u64 {
    match policy {
        MaxmemoryPolicy::AllkeysLru | MaxmemoryPolicy::VolatileLru => {
            u64::from(access.idle_s(entry.access()))
        }
        MaxmemoryPolicy::AllkeysLfu | MaxmemoryPolicy::VolatileLfu => {
            u64::from(255 - access.frequency(entry.access()).min(255))
        }
        MaxmemoryPolicy::VolatileTtl => u64::MAX - entry.deadline().unwrap_or(u64::MAX),
        MaxmemoryPolicy::AllkeysRandom
        | MaxmemoryPolicy::VolatileRandom
        | MaxmemoryPolicy::NoEviction => rand::random(),
    }
}

impl Keyspace<'_> {
    /// Looks at about `samples` keys of each database in a shard that is held, and adds those that
    /// may go to the pool. Answers how many there were.
    pub fn sample_for_eviction(
        &self,
        shard: usize,
        samples: usize,
        policy: MaxmemoryPolicy,
        pool: &mut Pool,
    ) -> usize {
        let access = Access::at(self.now_ms, &self.store.config);
        let mut rng = rand::rng();
        let mut found = 0;
        for (index, db) in self.shard(shard).dbs().iter().enumerate() {
            let is_barren = if policy.is_volatile() { db.expires() == 0 } else { db.is_empty() };
            if is_barren {
                continue;
            }
            // Whether the key was one that may go.
            let mut add = |entry: &Entry| {
                let may_go = !policy.is_volatile() || entry.deadline().is_some();
                if may_go {
                    let score = score(policy, access, entry);
                    pool.add(Candidate { score, db: index as u16, key: entry.key_bytes().into() });
                }
                may_go
            };
            let before = found;
            if let Some(table) = pick_table(db.tables(), &mut rng) {
                // Of a small table no more than it has, or its few keys would stand for all.
                let wanted = samples.min(table.len());
                table.sample(&mut rng, wanted, |entry| found += usize::from(add(&entry)));
            }
            if found == before && policy.is_volatile() {
                // They are few among many: the tables know in which parts they are.
                for table in db.tables() {
                    table.expiring(|entry| {
                        found += usize::from(add(entry));
                        found < before + samples
                    });
                }
            }
        }
        found
    }

    /// Removes a key for lack of memory, if it is still there.
    pub fn evict(&mut self, candidate: &Candidate) -> bool {
        let key = Key::new(&candidate.key);
        let Some(entry) = self.db_of_mut(candidate.db, &key).remove(&key) else { return false };
        self.discard(entry, self.store.config.lazyfree_lazy_eviction.get(), "eviction-del");
        self.stats.evicted_keys.add(1);
        self.notify_in(candidate.db, NotifyClass::EVICTED, "evicted", &candidate.key);
        self.modified_in(candidate.db, &key);
        true
    }
}

/// A table with keys: the one, or in a cluster that of some slot.
fn pick_table<'t>(tables: &'t [Table<Entry>], rng: &mut impl Rng) -> Option<&'t Table<Entry>> {
    let start = if tables.len() > 1 { rng.random_range(0..tables.len()) } else { 0 };
    tables[start..].iter().chain(&tables[..start]).find(|table| !table.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(score: u64, key: &str) -> Candidate {
        Candidate { score, db: 0, key: key.as_bytes().into() }
    }

    #[test]
    fn the_pool_keeps_the_best_and_each_key_once() {
        let mut pool = Pool::default();
        for n in 0..40u64 {
            pool.add(candidate(n * 7 % 40, &format!("k{n}")));
        }
        pool.add(candidate(1000, "k3"));
        pool.add(candidate(2000, "k3"));
        let scores: Vec<u64> = std::iter::from_fn(|| pool.take()).map(|c| c.score).collect();
        assert_eq!(scores.len(), Pool::LEN_MAX);
        assert_eq!(scores[0], 2000);
        assert!(!scores.contains(&1000));
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        assert!(scores.iter().all(|score| *score >= 23), "{scores:?}");
    }
}
