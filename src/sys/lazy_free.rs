//! The thread that frees what takes long to free.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

/// What is to be freed.
struct Garbage {
    what: Box<dyn Any + Send>,
    /// Keys that it consists of.
    objects: usize,
    /// Whether statistics tell of them.
    is_told: bool,
}

/// Keys that wait to be freed, and that were freed.
#[derive(Debug, Default)]
struct Counts {
    pending: AtomicUsize,
    freed: AtomicUsize,
}

/// A handle to the lazy-free thread. What it is sent is dropped there.
#[derive(Debug, Clone)]
pub struct LazyFree {
    sender: Sender<Garbage>,
    counts: Arc<Counts>,
}

impl LazyFree {
    /// Starts the thread, on these CPUs; it ends when the last handle is dropped. It calls `after`
    /// whenever it has freed something.
    pub fn start(cpus: String, after: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = channel::<Garbage>();
        let counts = Arc::new(Counts::default());
        let done = counts.clone();
        std::thread::Builder::new().name("lazy-free".into()).spawn(move || {
            super::affinity::pin(&cpus);
            for Garbage { what, objects, is_told } in receiver {
                drop(what);
                after();
                if is_told {
                    done.freed.fetch_add(objects, Ordering::Relaxed);
                }
                done.pending.fetch_sub(objects, Ordering::Relaxed);
            }
        })?;
        Ok(Self { sender, counts })
    }

    /// Frees `what`, which consists of `objects` keys, on the thread. Statistics tell of them if whoever
    /// removed them has not asked for them to be freed at once.
    pub fn free(&self, what: impl Any + Send, objects: usize, is_told: bool) {
        self.counts.pending.fetch_add(objects, Ordering::Relaxed);
        if let Err(back) = self.sender.send(Garbage { what: Box::new(what), objects, is_told }) {
            // The thread is gone only when the process ends; free it here then.
            self.counts.pending.fetch_sub(objects, Ordering::Relaxed);
            drop(back);
        }
    }

    /// Keys that wait to be freed.
    pub fn pending(&self) -> usize {
        self.counts.pending.load(Ordering::Relaxed)
    }

    /// Keys that were freed since the statistics were reset.
    pub fn freed(&self) -> usize {
        self.counts.freed.load(Ordering::Relaxed)
    }

    pub fn reset_stats(&self) {
        self.counts.freed.store(0, Ordering::Relaxed);
    }
}
