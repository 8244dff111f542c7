//! The primitives that loom replaces when it model-checks this module.

#[cfg(loom)]
pub(super) use loom::{
    hint::spin_loop,
    sync::Mutex,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence},
};

#[cfg(not(loom))]
pub(super) use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence},
};

#[cfg(not(loom))]
pub(super) use parking_lot::Mutex;

/// Runs `f` with the mutex held, whichever of the two mutexes this build has.
pub(super) fn with_lock<T, R>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> R) -> R {
    #[cfg(loom)]
    {
        f(&mut mutex.lock().expect("no panic under the lock"))
    }
    #[cfg(not(loom))]
    {
        f(&mut mutex.lock())
    }
}
