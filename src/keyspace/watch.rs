//! WATCH: who wants to know that a key changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised when a watched key changes; EXEC of its owner answers null then.
pub type WatchFlag = Arc<AtomicBool>;

/// Who watches a key.
#[derive(Debug)]
struct Watcher {
    flag: WatchFlag,
    /// The key had expired already when it was watched: that it goes is no change.
    is_stale: bool,
}

/// What a key is, after its database was emptied or exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Absent,
    Expired,
    Live,
}

/// The watched keys of one shard.
#[derive(Debug, Default)]
pub struct Watchers {
    keys: HashMap<(u16, Box<[u8]>), Vec<Watcher>>,
}

impl Watchers {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Registers a flag; `is_stale` says that the key has expired and was not removed yet. `false`: it
    /// is there already.
    pub fn add(&mut self, db: u16, key: &[u8], flag: WatchFlag, is_stale: bool) -> bool {
        let watchers = self.keys.entry((db, key.into())).or_default();
        let is_new = !watchers.iter().any(|other| Arc::ptr_eq(&other.flag, &flag));
        if is_new {
            watchers.push(Watcher { flag, is_stale });
        }
        is_new
    }

    /// Whether the owner of the flag knows the key as expired.
    pub fn is_stale(&self, db: u16, key: &[u8], flag: &WatchFlag) -> bool {
        let watchers = self.keys.get(&(db, Box::from(key))).map_or(&[][..], Vec::as_slice);
        watchers.iter().any(|watcher| watcher.is_stale && Arc::ptr_eq(&watcher.flag, flag))
    }

    pub fn remove(&mut self, db: u16, key: &[u8], flag: &WatchFlag) {
        let id = (db, key.into());
        if let Some(watchers) = self.keys.get_mut(&id) {
            watchers.retain(|other| !Arc::ptr_eq(&other.flag, flag));
            if watchers.is_empty() {
                self.keys.remove(&id);
            }
        }
    }

    /// Tells everybody who watches the key, which is there now or is not.
    pub fn touch(&mut self, db: u16, key: &[u8], is_there: bool) {
        // The map is empty on nearly every call; the key is only copied when it is not.
        for watcher in self.keys.get_mut(&(db, Box::from(key))).into_iter().flatten() {
            if watcher.is_stale && !is_there {
                watcher.is_stale = false;
            } else {
                raise(watcher);
            }
        }
    }

    /// Tells everybody whose watched key in `db` changes with its database. `exchange` answers
    /// whether the key was there, and what it is now.
    pub fn touch_all(&mut self, db: u16, mut exchange: impl FnMut(&[u8]) -> (bool, Presence)) {
        for ((_, key), watchers) in self.keys.iter_mut().filter(|((of, _), _)| *of == db) {
            let (was_there, now) = exchange(key);
            if !was_there && now == Presence::Absent {
                continue;
            }
            for watcher in watchers {
                match (watcher.is_stale, now) {
                    (true, Presence::Absent) => watcher.is_stale = false,
                    (true, Presence::Expired) => {}
                    (false, Presence::Expired) if !was_there => watcher.is_stale = true,
                    _ => raise(watcher),
                }
            }
        }
    }

    /// The number of watched keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

fn raise(watcher: &Watcher) {
    watcher.flag.store(true, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(is_stale: bool) -> (Watchers, WatchFlag) {
        let (mut watchers, flag) = (Watchers::default(), WatchFlag::default());
        watchers.add(0, b"k", flag.clone(), is_stale);
        (watchers, flag)
    }

    #[test]
    fn the_removal_of_a_key_that_had_expired_is_no_change_but_what_comes_after_is() {
        let (mut watchers, flag) = watched(true);
        watchers.touch(0, b"k", false);
        assert!(!flag.load(Ordering::Relaxed));
        watchers.touch(0, b"k", false);
        assert!(flag.load(Ordering::Relaxed));
        let (mut watchers, flag) = watched(true);
        watchers.touch(0, b"k", true);
        assert!(flag.load(Ordering::Relaxed));
    }

    #[test]
    fn an_exchange_of_databases_changes_what_is_seen_only() {
        use Presence::{Absent, Expired, Live};
        let check = |is_stale, was_there, now, is_raised, stale_after| {
            let (mut watchers, flag) = watched(is_stale);
            watchers.touch_all(0, |_| (was_there, now));
            let case = format!("stale {is_stale}, was there {was_there}, now {now:?}");
            assert_eq!(flag.load(Ordering::Relaxed), is_raised, "{case}");
            assert_eq!(watchers.is_stale(0, b"k", &flag), stale_after, "{case}");
        };
        check(false, false, Absent, false, false);
        check(false, true, Absent, true, false);
        check(false, false, Live, true, false);
        check(false, true, Live, true, false);
        check(false, false, Expired, false, true);
        check(false, true, Expired, true, false);
        check(true, true, Absent, false, false);
        check(true, true, Expired, false, true);
        check(true, true, Live, true, true);
    }
}
