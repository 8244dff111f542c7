//! The scripts that the server knows, by the SHA-1 of their text.
//!
//! Shared by all cores; each core compiles what it runs (see [`super::interpreter`]). Scripts that came by
//! EVAL are evicted when there are too many, the least recently used first; those that came by SCRIPT LOAD
//! stay until SCRIPT FLUSH. Clients that rely on EVALSHA after EVAL must therefore handle NOSCRIPT.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use sha1::{Digest, Sha1};

use super::shebang::{self, ScriptFlags, ShebangError};

/// How many scripts that came by EVAL are kept, as in Valkey.
const EVAL_SCRIPTS_MAX: usize = 500;

/// A script used again within so many uses of others keeps its place in the order of eviction, so
/// that a few busy scripts do not write to shared memory at every call.
const USES_APART: u64 = 16;

/// The SHA-1 of a script's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScriptDigest([u8; 20]);

impl ScriptDigest {
    pub fn of(source: &[u8]) -> ScriptDigest {
        ScriptDigest(Sha1::digest(source).into())
    }

    /// Reads 40 hexadecimal digits of either case.
    pub fn parse(text: &[u8]) -> Option<ScriptDigest> {
        if text.len() != 40 {
            return None;
        }
        let mut digest = [0; 20];
        for (byte, pair) in digest.iter_mut().zip(text.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = (high << 4 | low) as u8;
        }
        Some(ScriptDigest(digest))
    }

    /// 40 lower-case hexadecimal digits.
    pub fn to_hex(self) -> String {
        super::hex(&self.0)
    }
}

/// How a script came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Eval,
    Load,
}

/// One script.
#[derive(Debug)]
pub struct Script {
    pub digest: ScriptDigest,
    pub source: Box<[u8]>,
    pub flags: ScriptFlags,
    body_at: usize,
    /// Whether it touched keys that it was not given, so that it must have the server for itself.
    pub touches_undeclared_keys: AtomicBool,
    evictable: AtomicBool,
    last_use: AtomicU64,
    dropped: AtomicBool,
}

impl Script {
    fn new(source: &[u8], origin: Origin) -> Result<Script, ShebangError> {
        let (flags, body) = shebang::parse(source)?;
        Ok(Script {
            digest: ScriptDigest::of(source),
            source: source.into(),
            flags,
            body_at: source.len() - body.len(),
            touches_undeclared_keys: AtomicBool::new(false),
            evictable: AtomicBool::new(origin == Origin::Eval),
            last_use: AtomicU64::new(0),
            dropped: AtomicBool::new(false),
        })
    }

    /// What Lua compiles.
    pub(super) fn body(&self) -> &[u8] {
        &self.source[self.body_at..]
    }

    /// Whether the cache no longer has it.
    pub fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> usize {
        size_of::<Script>() + self.source.len()
    }
}

/// See the module documentation.
#[derive(Debug, Default)]
pub struct ScriptCache {
    scripts: Mutex<Scripts>,
    /// Counts uses of evictable scripts that were not recent.
    clock: AtomicU64,
    /// Counts flushes: an interpreter of an earlier epoch is thrown away before its next use.
    epoch: AtomicU64,
    /// Whether the interpreters of this epoch have the functions of `lua-enable-insecure-api`.
    insecure_api: AtomicBool,
    evicted_count: AtomicU64,
}

#[derive(Debug, Default)]
struct Scripts {
    by_digest: HashMap<ScriptDigest, Arc<Script>>,
    evictable_count: usize,
    bytes: usize,
}

impl Scripts {
    fn remove(&mut self, digest: ScriptDigest) {
        let Some(script) = self.by_digest.remove(&digest) else { return };
        script.dropped.store(true, Ordering::Relaxed);
        self.bytes -= script.bytes();
        if script.evictable.load(Ordering::Relaxed) {
            self.evictable_count -= 1;
        }
    }
}

/// For INFO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptCacheStats {
    pub script_count: usize,
    pub bytes: usize,
    pub evicted_count: u64,
}

impl ScriptCache {
    pub fn get(&self, digest: ScriptDigest) -> Option<Arc<Script>> {
        self.scripts.lock().by_digest.get(&digest).cloned()
    }

    /// Reads the shebang line of a script that is not known yet. It is kept by [`ScriptCache::insert`] once
    /// it compiled.
    pub fn prepare(&self, source: &[u8], origin: Origin) -> Result<Arc<Script>, ShebangError> {
        Script::new(source, origin).map(Arc::new)
    }

    /// Keeps a script; if it is known already, that one is returned.
    pub fn insert(&self, script: Arc<Script>) -> Arc<Script> {
        let mut scripts = self.scripts.lock();
        if let Some(known) = scripts.by_digest.get(&script.digest).cloned() {
            if !script.evictable.load(Ordering::Relaxed) {
                self.keep_locked(&mut scripts, &known);
            }
            return known;
        }
        if script.evictable.load(Ordering::Relaxed) {
            if scripts.evictable_count >= EVAL_SCRIPTS_MAX {
                self.evict_one(&mut scripts);
            }
            scripts.evictable_count += 1;
            script.last_use.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        }
        scripts.bytes += script.bytes();
        scripts.by_digest.insert(script.digest, Arc::clone(&script));
        script
    }

    /// SCRIPT LOAD of a known script: from now on it stays.
    pub fn keep(&self, script: &Script) {
        self.keep_locked(&mut self.scripts.lock(), script);
    }

    fn keep_locked(&self, scripts: &mut Scripts, script: &Script) {
        if script.evictable.swap(false, Ordering::Relaxed) && !script.is_dropped() {
            scripts.evictable_count -= 1;
        }
    }

    fn evict_one(&self, scripts: &mut Scripts) {
        let oldest = scripts
            .by_digest
            .values()
            .filter(|script| script.evictable.load(Ordering::Relaxed))
            .min_by_key(|script| script.last_use.load(Ordering::Relaxed))
            .map(|script| script.digest);
        if let Some(digest) = oldest {
            scripts.remove(digest);
            self.evicted_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that a script is about to run.
    pub fn touch(&self, script: &Script) {
        if !script.evictable.load(Ordering::Relaxed) {
            return;
        }
        let now = self.clock.load(Ordering::Relaxed);
        if now.saturating_sub(script.last_use.load(Ordering::Relaxed)) > USES_APART {
            let now = self.clock.fetch_add(1, Ordering::Relaxed);
            script.last_use.store(now, Ordering::Relaxed);
        }
    }

    /// SCRIPT FLUSH. Returns what was there, for whoever is to free it.
    pub fn flush(&self) -> Vec<Arc<Script>> {
        let mut scripts = self.scripts.lock();
        self.epoch.fetch_add(1, Ordering::Release);
        let flushed = std::mem::take(&mut *scripts);
        let flushed: Vec<_> = flushed.by_digest.into_values().collect();
        for script in &flushed {
            script.dropped.store(true, Ordering::Relaxed);
        }
        flushed
    }

    /// `lua-enable-insecure-api`: gives scripts `getfenv`, `setfenv` and `newproxy`, by which one can get
    /// at what others see, or takes them away. All scripts are forgotten:
    /// they are returned, for whoever is to free them.
    pub fn set_insecure_api(&self, has: bool) -> Vec<Arc<Script>> {
        self.insecure_api.store(has, Ordering::Relaxed);
        self.flush()
    }

    pub(super) fn has_insecure_api(&self) -> bool {
        self.insecure_api.load(Ordering::Relaxed)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub fn stats(&self) -> ScriptCacheStats {
        let scripts = self.scripts.lock();
        ScriptCacheStats {
            script_count: scripts.by_digest.len(),
            bytes: scripts.bytes,
            evicted_count: self.evicted_count.load(Ordering::Relaxed),
        }
    }

    /// CONFIG RESETSTAT.
    pub fn reset_stats(&self) {
        self.evicted_count.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(cache: &ScriptCache, source: &str, origin: Origin) -> Arc<Script> {
        cache.insert(cache.prepare(source.as_bytes(), origin).unwrap())
    }

    #[test]
    fn a_digest_is_read_in_either_case() {
        let digest = ScriptDigest::of(b"return 1");
        let text = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
        assert_eq!(digest.to_hex(), text);
        assert_eq!(ScriptDigest::parse(text.to_uppercase().as_bytes()), Some(digest));
        assert_eq!(ScriptDigest::parse(&text.as_bytes()[1..]), None);
        assert_eq!(ScriptDigest::parse("z".repeat(40).as_bytes()), None);
    }

    #[test]
    fn eval_scripts_beyond_the_limit_evict_the_least_recently_used() {
        let cache = ScriptCache::default();
        let loaded = add(&cache, "return 'loaded'", Origin::Load);
        let scripts: Vec<_> = (0..EVAL_SCRIPTS_MAX)
            .map(|n| add(&cache, &format!("return {n}"), Origin::Eval))
            .collect();
        cache.touch(&scripts[0]);
        assert_eq!(cache.stats().script_count, EVAL_SCRIPTS_MAX + 1);
        add(&cache, "return 'one more'", Origin::Eval);
        assert_eq!(cache.stats().evicted_count, 1);
        assert!(scripts[1].is_dropped() && cache.get(scripts[1].digest).is_none());
        assert!(!scripts[0].is_dropped() && !loaded.is_dropped());
    }

    #[test]
    fn loading_an_eval_script_keeps_it() {
        let cache = ScriptCache::default();
        let script = add(&cache, "return 1", Origin::Eval);
        add(&cache, "return 1", Origin::Load);
        for n in 0..=EVAL_SCRIPTS_MAX {
            add(&cache, &format!("return -{n}"), Origin::Eval);
        }
        assert!(!script.is_dropped());
        assert_eq!(cache.stats().evicted_count, 1);
    }

    #[test]
    fn a_flush_forgets_all_and_starts_an_epoch() {
        let cache = ScriptCache::default();
        let script = add(&cache, "return 1", Origin::Load);
        let epoch = cache.epoch();
        assert_eq!(cache.flush().len(), 1);
        assert!(script.is_dropped() && cache.get(script.digest).is_none());
        assert!(cache.epoch() > epoch);
        assert_eq!(cache.stats(), ScriptCacheStats { script_count: 0, bytes: 0, evicted_count: 0 });
    }
}
