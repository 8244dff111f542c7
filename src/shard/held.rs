//! Which shards a thread holds, and access to their data by that proof.
#![expect(unsafe_code, reason = "data behind the shard locks lives in UnsafeCells")]

use std::cell::UnsafeCell;

use super::SHARDS_MAX;
use super::lock::ShardLock;

const WORDS: usize = SHARDS_MAX / 64;

/// A set of shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShardSet {
    words: [u64; WORDS],
}

impl ShardSet {
    pub const EMPTY: Self = Self { words: [0; WORDS] };

    pub fn insert(&mut self, shard: usize) {
        self.words[shard / 64] |= 1 << (shard % 64);
    }

    pub fn insert_all(&mut self, other: &ShardSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub fn remove(&mut self, shard: usize) {
        self.words[shard / 64] &= !(1 << (shard % 64));
    }

    #[inline]
    pub fn contains(&self, shard: usize) -> bool {
        self.words[shard / 64] >> (shard % 64) & 1 != 0
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn is_subset_of(&self, other: &ShardSet) -> bool {
        self.words.iter().zip(&other.words).all(|(mine, theirs)| mine & !theirs == 0)
    }

    /// The shards in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

/// The proof that a thread holds certain shards. There is one per batch of a thread.
#[derive(Debug, Default)]
pub struct Held {
    set: ShardSet,
    /// The gate is closed by this thread, or there is only one: every shard is held.
    all: bool,
}

impl Held {
    #[inline]
    pub fn contains(&self, shard: usize) -> bool {
        self.all || self.set.contains(shard)
    }

    pub fn holds_all(&self) -> bool {
        self.all
    }

    /// The shards that are held by their own locks.
    pub fn locked(&self) -> ShardSet {
        self.set
    }
}

/// Cores (bits modulo 64) that asked to be told of what was just released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use = "cores that wait for a shard must be told"]
pub struct Release(pub u64);

impl Release {
    /// Every core.
    pub const ALL: Self = Self(u64::MAX);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[repr(align(128))]
struct Shard<T> {
    lock: ShardLock,
    data: UnsafeCell<T>,
}

/// All shards of the process.
pub struct Shards<T> {
    shards: Box<[Shard<T>]>,
    /// One thread only: nothing is locked.
    single: bool,
}

// SAFETY: the data of a shard is only reached through `Held`, which only the methods below fill,
// after taking the shard's lock or (unsafe to call) all of them by the gate.
unsafe impl<T: Send> Sync for Shards<T> {}

impl<T> Shards<T> {
    /// `single` promises that only one thread will ever use these shards.
    pub fn new(count: usize, single: bool, mut make: impl FnMut(usize) -> T) -> Self {
        assert!(count.is_power_of_two() && count <= SHARDS_MAX);
        let shard = |index| Shard { lock: ShardLock::new(), data: UnsafeCell::new(make(index)) };
        Self { shards: (0..count).map(shard).collect(), single }
    }

    pub fn count(&self) -> usize {
        self.shards.len()
    }

    pub fn is_single(&self) -> bool {
        self.single
    }

    /// The shard of a slot: neighbours lie apart, so that a node's range of slots uses them all.
    #[inline]
    pub fn of_slot(&self, slot: u16) -> usize {
        usize::from(slot) & (self.shards.len() - 1)
    }

    /// The proof of a thread that has locked nothing yet.
    pub fn nothing_held(&self) -> Held {
        Held { set: ShardSet::EMPTY, all: self.single }
    }

    /// Takes one more shard without waiting.
    #[inline]
    pub fn try_lock(&self, held: &mut Held, shard: usize) -> bool {
        if held.contains(shard) {
            return true;
        }
        let taken = self.shards[shard].lock.try_lock();
        if taken {
            held.set.insert(shard);
        }
        taken
    }

    /// Takes a shard, spinning for about a microsecond.
    pub fn spin_lock(&self, held: &mut Held, shard: usize) -> bool {
        if held.contains(shard) {
            return true;
        }
        let taken = self.shards[shard].lock.spin_lock();
        if taken {
            held.set.insert(shard);
        }
        taken
    }

    /// Takes a shard or asks for `core` to be told when it is released.
    pub fn lock_or_ask(&self, held: &mut Held, shard: usize, core: usize) -> bool {
        if held.contains(shard) {
            return true;
        }
        let taken = self.shards[shard].lock.lock_or_ask(core);
        if taken {
            held.set.insert(shard);
        }
        taken
    }

    /// Takes all of `set` or nothing, ascending. `Err` names the shard that was not to be had;
    /// what was taken in the attempt is released again.
    pub fn try_lock_all(&self, held: &mut Held, set: &ShardSet) -> Result<(), (usize, Release)> {
        let mut taken = ShardSet::EMPTY;
        for shard in set.iter() {
            if held.contains(shard) {
                continue;
            }
            if !self.spin_lock(held, shard) {
                return Err((shard, self.unlock_set(held, &taken)));
            }
            taken.insert(shard);
        }
        Ok(())
    }

    /// Releases everything that is held by locks.
    #[inline]
    pub fn unlock_all(&self, held: &mut Held) -> Release {
        if self.single {
            return Release(0);
        }
        held.all = false;
        let mut told = 0;
        for (index, word) in held.set.words.iter_mut().enumerate() {
            while *word != 0 {
                let shard = index * 64 + word.trailing_zeros() as usize;
                *word &= *word - 1;
                told |= self.shards[shard].lock.unlock();
            }
        }
        Release(told)
    }

    /// Notes that all shards are held if each of them is, by its own lock.
    pub fn note_if_all(&self, held: &mut Held) {
        held.all |= (0..self.count()).all(|shard| held.set.contains(shard));
    }

    fn unlock_set(&self, held: &mut Held, set: &ShardSet) -> Release {
        let mut told = 0;
        for shard in set.iter() {
            held.set.remove(shard);
            told |= self.shards[shard].lock.unlock();
        }
        Release(told)
    }

    /// Marks every shard as held by this thread.
    ///
    /// # Safety
    /// The caller has closed the gate, and calls [`Shards::leave_exclusive`] before it opens it.
    pub unsafe fn enter_exclusive(&self, held: &mut Held) {
        debug_assert!(held.set.is_empty(), "the gate is closed with no lock held");
        held.all = true;
    }

    pub fn leave_exclusive(&self, held: &mut Held) {
        held.all = self.single;
    }

    /// The data of a shard that is held.
    #[inline]
    pub fn data<'h>(&'h self, held: &'h Held, shard: usize) -> &'h T {
        assert!(held.contains(shard), "shard {shard} is not held");
        // SAFETY: `held` proves that no other thread reaches this shard, and is borrowed shared,
        // so that no `data_mut` of this thread is alive.
        unsafe { &*self.shards[shard].data.get() }
    }

    /// The data of a shard that is held, to be changed.
    #[inline]
    pub fn data_mut<'h>(&'h self, held: &'h mut Held, shard: usize) -> &'h mut T {
        assert!(held.contains(shard), "shard {shard} is not held");
        // SAFETY: `held` proves that no other thread reaches this shard, and is borrowed mutably,
        // so that no other reference of this thread is alive.
        unsafe { &mut *self.shards[shard].data.get() }
    }

    /// The address of a shard's data, for prefetching without the lock.
    pub fn data_ptr(&self, shard: usize) -> *const T {
        self.shards[shard].data.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_its_shards_in_order() {
        let mut set = ShardSet::default();
        for shard in [1000, 3, 64, 63] {
            set.insert(shard);
        }
        set.remove(64);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 63, 1000]);
        assert!(set.contains(63) && !set.contains(64));
    }

    #[test]
    fn all_or_nothing() {
        let shards = Shards::new(16, false, |_| 0u32);
        let (mut mine, mut theirs) = (shards.nothing_held(), shards.nothing_held());
        assert!(shards.try_lock(&mut theirs, 5));
        let mut set = ShardSet::default();
        for shard in [2, 5, 7] {
            set.insert(shard);
        }
        assert_eq!(shards.try_lock_all(&mut mine, &set), Err((5, Release(0))));
        assert!(!mine.contains(2), "what was taken is released");
        assert!(!shards.lock_or_ask(&mut mine, 5, 1));
        assert_eq!(shards.unlock_all(&mut theirs), Release(1 << 1));
        assert_eq!(shards.try_lock_all(&mut mine, &set), Ok(()));
        *shards.data_mut(&mut mine, 7) += 1;
        assert_eq!(*shards.data(&mine, 7), 1);
        assert_eq!(shards.unlock_all(&mut mine), Release(0));
    }

    #[test]
    #[should_panic(expected = "not held")]
    fn a_shard_that_is_not_held_is_out_of_reach() {
        let shards = Shards::new(16, false, |_| 0u32);
        let held = shards.nothing_held();
        shards.data(&held, 3);
    }
}
