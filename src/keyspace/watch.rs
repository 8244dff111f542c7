//! WATCH: who wants to know that a key changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised when a watched key changes; EXEC of its owner answers null then.
pub type WatchFlag = Arc<AtomicBool>;

/// The watched keys of one shard.
#[derive(Debug, Default)]
pub struct Watchers {
    keys: HashMap<(u16, Box<[u8]>), Vec<WatchFlag>>,
}

impl Watchers {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn add(&mut self, db: u16, key: &[u8], flag: WatchFlag) {
        let flags = self.keys.entry((db, key.into())).or_default();
        if !flags.iter().any(|other| Arc::ptr_eq(other, &flag)) {
            flags.push(flag);
        }
    }

    pub fn remove(&mut self, db: u16, key: &[u8], flag: &WatchFlag) {
        let id = (db, key.into());
        if let Some(flags) = self.keys.get_mut(&id) {
            flags.retain(|other| !Arc::ptr_eq(other, flag));
            if flags.is_empty() {
                self.keys.remove(&id);
            }
        }
    }

    /// Tells everybody who watches the key.
    pub fn touch(&self, db: u16, key: &[u8]) {
        // The map is empty on nearly every call; the key is only copied when it is not.
        if let Some(flags) = self.keys.get(&(db, Box::from(key))) {
            raise(flags);
        }
    }

    /// Tells everybody whose watched key in `db` satisfies `changed`.
    pub fn touch_where(&self, db: u16, mut changed: impl FnMut(&[u8]) -> bool) {
        for ((of, key), flags) in &self.keys {
            if *of == db && changed(key) {
                raise(flags);
            }
        }
    }

    /// The number of watched keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

fn raise(flags: &[WatchFlag]) {
    for flag in flags {
        flag.store(true, Ordering::Relaxed);
    }
}
