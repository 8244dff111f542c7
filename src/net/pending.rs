//! Replies that a socket has not taken yet.

use std::collections::VecDeque;
use std::io::{self, Write};

/// The least room of a chunk.
const CHUNK_BYTES_MIN: usize = 16 * 1024;

/// A queue of bytes, in chunks that are freed as they are sent: no byte is moved, and no more room is
/// held than one chunk too much.
#[derive(Debug, Default)]
pub(super) struct Pending {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk is sent.
    sent: usize,
    bytes: usize,
    capacity: usize,
}

impl Pending {
    /// Bytes that wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Bytes that the queue takes.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        let mut rest = bytes;
        if let Some(last) = self.chunks.back_mut() {
            let fitting = rest.len().min(last.capacity() - last.len());
            last.extend_from_slice(&rest[..fitting]);
            rest = &rest[fitting..];
        }
        if !rest.is_empty() {
            let mut chunk = Vec::with_capacity(rest.len().max(CHUNK_BYTES_MIN));
            chunk.extend_from_slice(rest);
            self.capacity += chunk.capacity();
            self.chunks.push_back(chunk);
        }
    }

    /// Writes until nothing is left or the writer takes no more.
    pub(super) fn send(&mut self, mut to: impl Write) -> io::Result<()> {
        while let Some(first) = self.chunks.front() {
            let taken = write_some(&mut to, &first[self.sent..])?;
            self.sent += taken;
            self.bytes -= taken;
            if self.sent < first.len() {
                return Ok(());
            }
            self.capacity -= first.capacity();
            self.chunks.pop_front();
            self.sent = 0;
        }
        self.chunks = VecDeque::new();
        Ok(())
    }
}

/// Writes until the writer takes no more; answers how much it took.
pub(super) fn write_some(to: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match to.write(&bytes[done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes so many bytes, and then no more.
    struct Narrow<'a> {
        got: &'a mut Vec<u8>,
        room: usize,
    }

    impl Write for Narrow<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let n = bytes.len().min(self.room).min(7000);
            if n == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.got.extend_from_slice(&bytes[..n]);
            self.room -= n;
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    proptest! {
        /// Whatever is pushed and however little is taken, the bytes come out in order, and the
        /// accounts are right.
        #[test]
        fn bytes_leave_as_they_came(
            steps in proptest::collection::vec((0usize..40_000, 0usize..40_000), 1..40),
        ) {
            let (mut pending, mut pushed, mut got) = (Pending::default(), Vec::new(), Vec::new());
            for (push, take) in steps {
                let bytes: Vec<u8> = (0..push).map(|n| (n * 31 + pushed.len()) as u8).collect();
                pushed.extend_from_slice(&bytes);
                pending.push(&bytes);
                pending.send(Narrow { got: &mut got, room: take }).expect("it only blocks");
                prop_assert_eq!(pending.len(), pushed.len() - got.len());
                prop_assert!(pending.capacity() >= pending.len());
                prop_assert!(!pending.is_empty() || pending.capacity() == 0);
            }
            pending.send(Narrow { got: &mut got, room: usize::MAX }).expect("it takes all");
            prop_assert_eq!(got, pushed);
        }
    }
}
