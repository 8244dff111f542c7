//! Replies that are complete and wait while somebody else's scripts run.
//!
//! To send them before each script would wake their clients one by one, which costs more than a short
//! script takes. So they wait for those, a little: the running script's host has them sent when it
//! sees that it takes long (see [`super::script`]).

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::session::ClientInfo;

/// How long replies wait for scripts.
const PATIENCE_US: u64 = 200;

/// The replies of one connection.
#[derive(Debug)]
struct WithheldReplies {
    client: Arc<ClientInfo>,
    /// Where they lie among the bytes of all.
    range: Range<usize>,
    /// Nothing else of the client is in hand.
    is_settled: bool,
    /// What the socket has taken of them already.
    sent: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Withheld {
    bytes: Vec<u8>,
    clients: Vec<WithheldReplies>,
    /// The tick at which the first came.
    since: u64,
    was_sent: bool,
}

impl Withheld {
    /// How many connections' replies wait.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a connection's replies, which may be none.
    pub fn push(&mut self, client: &Arc<ClientInfo>, replies: &[u8], is_settled: bool, now: u64) {
        if self.clients.is_empty() {
            (self.since, self.was_sent) = (now, false);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(replies);
        let range = start..self.bytes.len();
        self.clients.push(WithheldReplies { client: client.clone(), range, is_settled, sent: 0 });
    }

    /// Whether they have waited long enough, and nobody has tried to send them.
    #[inline]
    pub fn are_due(&self, now: u64, micros: impl FnOnce(u64) -> u64) -> bool {
        !self.clients.is_empty()
            && !self.was_sent
            && micros(now.wrapping_sub(self.since)) >= PATIENCE_US
    }

    /// Hands each connection's replies to `send`, which tells how many bytes the socket took.
    pub fn send_all(&mut self, mut send: impl FnMut(&ClientInfo, &[u8]) -> usize) {
        self.was_sent = true;
        for replies in &mut self.clients {
            let bytes = &self.bytes[replies.range.clone()];
            replies.sent = if bytes.is_empty() { 0 } else { send(&replies.client, bytes) };
            if replies.is_settled && replies.sent == bytes.len() {
                replies.client.in_hand.store(false, Ordering::Relaxed);
            }
        }
    }

    /// The rest of the replies at `index`, and how much of them was sent.
    pub fn rest(&self, index: usize) -> Option<(&[u8], usize)> {
        let replies = self.clients.get(index)?;
        Some((&self.bytes[replies.range.clone()][replies.sent..], replies.sent))
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.clients.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::ConnId;

    #[test]
    fn what_a_socket_did_not_take_is_the_rest() {
        let client = |id| {
            let conn = ConnId { core: 0, slot: 0, client: id };
            let client = Arc::new(ClientInfo::new(conn, String::new(), String::new(), 0, 0));
            client.in_hand.store(true, Ordering::Relaxed);
            client
        };
        let (one, two, three) = (client(1), client(2), client(3));
        let mut withheld = Withheld::default();
        withheld.push(&one, b"+OK\r\n", true, 1000);
        withheld.push(&two, b"$2\r\nab\r\n", true, 2000);
        withheld.push(&three, b"", false, 3000);
        assert!(!withheld.are_due(1000 + PATIENCE_US - 1, |ticks| ticks));
        assert!(withheld.are_due(1000 + PATIENCE_US, |ticks| ticks));
        withheld.send_all(|client, bytes| if client.id == 1 { bytes.len() } else { 3 });
        assert!(!withheld.are_due(u64::MAX, |ticks| ticks), "once is enough");
        assert_eq!(withheld.rest(0), Some((&b""[..], 5)));
        assert_eq!(withheld.rest(1), Some((&b"\nab\r\n"[..], 3)));
        assert_eq!(withheld.rest(2), Some((&b""[..], 0)));
        assert_eq!(withheld.rest(3), None);
        let in_hand = [&one, &two, &three].map(|client| client.in_hand.load(Ordering::Relaxed));
        assert_eq!(in_hand, [false, true, true]);
    }
}
