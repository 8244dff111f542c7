//! A core's mailbox: any thread posts, the core takes all at once; only a sleeper is woken.

use super::sync::{AtomicBool, Mutex, Ordering, fence, with_lock};

/// How a sleeping core is woken; `mio::Waker` in the server.
pub trait Wake {
    fn wake(&self);
}

#[cfg(not(loom))]
impl Wake for mio::Waker {
    fn wake(&self) {
        // The only failure is a full eventfd counter, which means that a wake-up is pending.
        let _ = mio::Waker::wake(self);
    }
}

/// Messages for one core.
#[derive(Debug)]
pub struct Mailbox<M, W> {
    queue: Mutex<Vec<M>>,
    /// The core waits for events, or has looked into the queue and is about to.
    asleep: AtomicBool,
    /// The queue may have something in it; spares the owner the lock when it has not.
    full: AtomicBool,
    waker: W,
}

impl<M, W: Wake> Mailbox<M, W> {
    pub fn new(waker: W) -> Self {
        Self {
            queue: Mutex::new(Vec::new()),
            asleep: AtomicBool::new(false),
            full: AtomicBool::new(false),
            waker,
        }
    }

    /// Leaves a message. Costs a system call only if the core sleeps and nobody woke it yet.
    pub fn post(&self, message: M) {
        with_lock(&self.queue, |queue| queue.push(message));
        self.full.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }

    /// Wakes the core without a message.
    pub fn nudge(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }

    /// The owner announces that it will wait for events. `false`: there is mail, do not wait.
    pub fn fall_asleep(&self) -> bool {
        self.asleep.store(true, Ordering::Relaxed);
        // Either we see the message, or its sender sees that we sleep.
        fence(Ordering::SeqCst);
        if self.full.load(Ordering::Relaxed) {
            self.asleep.store(false, Ordering::Relaxed);
            return false;
        }
        true
    }

    /// The owner is awake: nobody needs to wake it. Who does not see it yet wakes it once too often.
    pub fn wake_up(&self) {
        self.asleep.store(false, Ordering::Relaxed);
    }

    /// Moves all messages, oldest first, to the end of `into`.
    #[inline]
    pub fn take(&self, into: &mut Vec<M>) {
        if !self.full.load(Ordering::Relaxed) {
            return;
        }
        self.full.store(false, Ordering::SeqCst);
        with_lock(&self.queue, |queue| into.append(queue));
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use super::super::sync::AtomicUsize;
    use super::*;

    struct Count(AtomicUsize);
    impl Wake for Arc<Count> {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A message that the owner did not see before it fell asleep has woken it.
    #[test]
    fn no_message_is_slept_over() {
        loom::model(|| {
            let count = Arc::new(Count(AtomicUsize::new(0)));
            let mailbox = Arc::new(Mailbox::new(count.clone()));
            let sender = {
                let mailbox = mailbox.clone();
                loom::thread::spawn(move || mailbox.post(1))
            };
            let mut got = Vec::new();
            mailbox.take(&mut got);
            let sleeps = mailbox.fall_asleep();
            sender.join().expect("no panic");
            if got.is_empty() && sleeps {
                assert_eq!(count.0.load(Ordering::SeqCst), 1);
            }
            mailbox.wake_up();
            mailbox.take(&mut got);
            assert_eq!(got, [1]);
        });
    }
}
