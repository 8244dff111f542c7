//! The thread that frees what takes long to free.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

/// A handle to the lazy-free thread. What it is sent is dropped there.
#[derive(Debug, Clone)]
pub struct LazyFree {
    sender: Sender<(Box<dyn Any + Send>, usize)>,
    pending: Arc<AtomicUsize>,
}

impl LazyFree {
    /// Starts the thread; it ends when the last handle is dropped. It calls `after` whenever it has
    /// freed something.
    pub fn start(after: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = channel::<(Box<dyn Any + Send>, usize)>();
        let pending = Arc::new(AtomicUsize::new(0));
        let done = pending.clone();
        std::thread::Builder::new().name("lazy-free".into()).spawn(move || {
            for (garbage, objects) in receiver {
                drop(garbage);
                after();
                done.fetch_sub(objects, Ordering::Relaxed);
            }
        })?;
        Ok(Self { sender, pending })
    }

    /// Frees `garbage`, which consists of `objects` keys, on the thread.
    pub fn free(&self, garbage: impl Any + Send, objects: usize) {
        self.pending.fetch_add(objects, Ordering::Relaxed);
        if let Err(back) = self.sender.send((Box::new(garbage), objects)) {
            // The thread is gone only when the process ends; free it here then.
            self.pending.fetch_sub(objects, Ordering::Relaxed);
            drop(back);
        }
    }

    /// Keys that wait to be freed.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }
}
