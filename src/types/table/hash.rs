//! The process-wide keyed hash of the tables.
//!
//! Keyed, because clients choose the keys: without a secret they could choose keys that collide.

use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use ahash::RandomState;

static STATE: OnceLock<RandomState> = OnceLock::new();

fn state_from(seed: u64) -> RandomState {
    // Any four words will do; these come from the seed by the steps of splitmix64.
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    RandomState::with_seeds(next(), next(), next(), next())
}

/// Fixes the key of the hash, so that runs can be repeated (`hash-seed`). Only the first use
/// counts: returns false when a seed was set, or a hash computed, before.
pub fn set_hash_seed(seed: u64) -> bool {
    STATE.set(state_from(seed)).is_ok()
}

/// The hash by which tables place `bytes`; random per process unless [`set_hash_seed`] came first.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = STATE.get_or_init(|| state_from(rand::random())).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
