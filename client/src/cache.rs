//! Values kept in this process, which the servers tell us to forget when they change.
//!
//! Servers remember what they were asked for on a connection after `CLIENT CACHING YES` and send an
//! `invalidate` message on that connection when a key of it changes. So a value is good as long as
//! its connection is, its slot stays with the node, no such message came, and its time is not over.
//!
//! # Invariants (I20)
//! - A value enters only while its *token* is there. The token is taken before the request is sent,
//!   and whatever would forget the value forgets the token too, so a message that overtakes the
//!   reader is never missed.
//! - When a connection ends, everything that was read on it goes; when a slot's owner changes,
//!   everything of that slot.
//! - A token belongs to the routing that its request was sent by: between the two no slot changed
//!   hands, which the *epoch* tells.
//! - Errors are never kept.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::client::Client;
use crate::error::Result;
use crate::node::Sending;
use crate::request::{Body, Command, Detached, Request, follow_place};
use crate::slot::Slot;
use crate::stats::Counters;
use crate::table::{CommandInfo, Flags, known};
use crate::value::{FromReply, ToArg, Value};
use crate::view::Routed;

/// What an entry costs besides its bytes, roughly.
const ENTRY_BYTES: usize = 200;

#[derive(Debug)]
struct Entry {
    value: Value,
    keys: Vec<Bytes>,
    slot: Slot,
    mux: u64,
    until: Instant,
    bytes: usize,
    used: u64,
}

#[derive(Debug)]
struct Token {
    keys: Vec<Bytes>,
    slot: Slot,
    mux: u64,
}

#[derive(Debug, Default)]
struct Inner {
    /// By the whole command as it is sent.
    entries: HashMap<Bytes, Entry>,
    /// The commands that read a key.
    by_key: HashMap<Bytes, Vec<Bytes>>,
    /// The commands by when they were used last.
    by_use: BTreeMap<u64, Bytes>,
    tokens: HashMap<u64, Token>,
    clock: u64,
    bytes: usize,
    /// How often slots changed hands.
    epoch: u64,
}

/// The cache of a client.
#[derive(Debug)]
pub(crate) struct Cache {
    inner: Mutex<Inner>,
    bytes_max: usize,
    counters: std::sync::Arc<Counters>,
}

impl Inner {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn remove(&mut self, frame: &Bytes) -> bool {
        let Some(entry) = self.entries.remove(frame) else { return false };
        self.bytes -= entry.bytes;
        self.by_use.remove(&entry.used);
        for key in &entry.keys {
            if let Some(frames) = self.by_key.get_mut(key) {
                frames.retain(|other| other != frame);
                if frames.is_empty() {
                    self.by_key.remove(key);
                }
            }
        }
        true
    }

    fn remove_where(&mut self, gone: impl Fn(Slot, u64) -> bool) -> u64 {
        self.tokens.retain(|_, token| !gone(token.slot, token.mux));
        let frames: Vec<Bytes> = (self.entries.iter())
            .filter(|(_, entry)| gone(entry.slot, entry.mux))
            .map(|(frame, _)| frame.clone())
            .collect();
        frames.iter().filter(|frame| self.remove(frame)).count() as u64
    }
}

impl Cache {
    pub(crate) fn new(bytes_max: usize, counters: std::sync::Arc<Counters>) -> Self {
        Self { inner: Mutex::default(), bytes_max, counters }
    }

    /// The value of `frame` that was read on `mux`, if it still holds.
    fn get(&self, frame: &Bytes, mux: u64, now: Instant) -> Option<Value> {
        let inner = &mut *self.inner.lock();
        let holds = |entry: &Entry| entry.mux == mux && entry.until > now;
        if !inner.entries.get(frame).is_some_and(holds) {
            inner.remove(frame);
            return None;
        }
        let used = inner.tick();
        let entry = inner.entries.get_mut(frame)?;
        inner.by_use.remove(&entry.used);
        entry.used = used;
        inner.by_use.insert(used, frame.clone());
        Some(entry.value.clone())
    }

    /// To be asked for before a request is routed.
    fn epoch(&self) -> u64 {
        self.inner.lock().epoch
    }

    /// To be called before the value is asked for, and after the request was routed in `epoch`.
    fn begin(&self, keys: Vec<Bytes>, slot: Slot, mux: u64, epoch: u64) -> u64 {
        let inner = &mut *self.inner.lock();
        let token = inner.tick();
        // Otherwise it may go to a node that is not the owner any more: such a value is used, not
        // kept.
        if inner.epoch == epoch {
            inner.tokens.insert(token, Token { keys, slot, mux });
        }
        token
    }

    /// Keeps `value`, if nothing happened since `token` was taken.
    fn finish(&self, token: u64, frame: Bytes, value: &Value, until: Instant) {
        let inner = &mut *self.inner.lock();
        let Some(Token { keys, slot, mux }) = inner.tokens.remove(&token) else { return };
        let bytes = ENTRY_BYTES + 2 * frame.len() + size(value);
        if bytes > self.bytes_max {
            return;
        }
        inner.remove(&frame);
        while inner.bytes + bytes > self.bytes_max {
            let Some((_, oldest)) = inner.by_use.pop_first() else { break };
            inner.remove(&oldest);
        }
        let used = inner.tick();
        keys.iter()
            .for_each(|key| inner.by_key.entry(key.clone()).or_default().push(frame.clone()));
        inner.by_use.insert(used, frame.clone());
        inner.bytes += bytes;
        let entry = Entry { value: value.clone(), keys, slot, mux, until, bytes, used };
        inner.entries.insert(frame, entry);
    }

    /// A message that no request asked for came on `mux`.
    pub(crate) fn pushed(&self, mux: u64, items: &[Value]) {
        let [kind, keys, ..] = items else { return };
        if kind.as_str() != Some("invalidate") {
            return;
        }
        let inner = &mut *self.inner.lock();
        let gone = match keys.as_slice() {
            // Null: the server forgot everything, or was flushed.
            None => inner.remove_where(|_, of| of == mux),
            Some(keys) => {
                let mut gone = 0;
                for key in keys.iter().filter_map(Value::as_bytes) {
                    inner.tokens.retain(|_, token| !token.keys.contains(key));
                    let frames = inner.by_key.get(key).cloned().unwrap_or_default();
                    gone += frames.iter().filter(|frame| inner.remove(frame)).count() as u64;
                }
                gone
            }
        };
        self.counters.cache_invalidations.add(gone);
    }

    /// No message comes any more for what was read on `mux`.
    pub(crate) fn connection_lost(&self, mux: u64) {
        self.inner.lock().remove_where(|_, of| of == mux);
    }

    /// Some slots have other owners now.
    pub(crate) fn slots_moved(&self, moved: impl Fn(Slot) -> bool) {
        let inner = &mut *self.inner.lock();
        inner.epoch += 1;
        inner.remove_where(|slot, _| moved(slot));
    }
}

/// A token that is given back when its request ends in whatever way.
struct Pledge<'a> {
    cache: &'a Cache,
    token: u64,
}

impl Drop for Pledge<'_> {
    fn drop(&mut self) {
        self.cache.inner.lock().tokens.remove(&self.token);
    }
}

fn size(value: &Value) -> usize {
    let all = |items: &[Value]| items.iter().map(size).sum::<usize>();
    std::mem::size_of::<Value>()
        + match value {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => all(items),
            Value::Map(pairs) => pairs.iter().map(|(key, value)| size(key) + size(value)).sum(),
            other => other.as_bytes().map_or(0, Bytes::len),
        }
}

/// Reads through the client-side cache; made by [`Client::cached`].
///
/// ```
/// # tsubame_client_testing::with_url(async |url| {
/// use std::time::Duration;
/// let builder = tsubame_client::Client::builder().url(&url)?.client_side_cache(1 << 20);
/// let client = builder.connect().await?;
/// client.set("name", "Ada").await?;
/// let cached = client.cached(Duration::from_secs(60));
/// assert_eq!(cached.get("name").await?.unwrap(), "Ada");
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Cached<'c> {
    client: &'c Client,
    ttl: Duration,
}

impl Client {
    /// Reads whose values are kept in this process for at most `ttl`, and forgotten sooner when
    /// they change. The client has to be built with
    /// [`client_side_cache`](crate::ClientBuilder::client_side_cache); without that, everything is
    /// read from the servers.
    ///
    /// ```
    /// # tsubame_client_testing::with_url(async |url| {
    /// # use std::time::Duration;
    /// # use tsubame_client::{Client, commands};
    /// let builder = Client::builder().url(&url)?;
    /// let client = builder.client_side_cache(16 << 20).connect().await?;
    /// let cached = client.cached(Duration::from_secs(60));
    /// let name = cached.get("user:1:name").await?;
    /// let fields = cached.run(commands::hgetall("user:1")).await?;
    /// # Ok(()) });
    /// ```
    pub fn cached(&self, ttl: Duration) -> Cached<'_> {
        Cached { client: self, ttl }
    }
}

impl Cached<'_> {
    /// GET.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let cached = client.cached(std::time::Duration::from_secs(60));
    /// assert_eq!(cached.get("missing").await?, None);
    /// # Ok(()) });
    /// ```
    pub async fn get(&self, key: impl ToArg) -> Result<Option<Bytes>> {
        self.run(crate::commands::get(key)).await
    }

    /// Any command that only reads and names keys of one slot. Others are passed on, and so are those
    /// whose answer changes without a write, such as TTL and SRANDMEMBER, and those that say
    /// [where they go](Command::on).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// client.hset("user:1", [("name", "Ada")]).await?;
    /// let cached = client.cached(std::time::Duration::from_secs(60));
    /// assert_eq!(cached.run(commands::hget("user:1", "name")).await?.unwrap(), "Ada");
    /// # Ok(()) });
    /// ```
    pub async fn run<T: FromReply, K>(&self, command: Command<T, K, Detached>) -> Result<T> {
        self.value(command.detach()).await.and_then(T::from_reply)
    }

    async fn value(&self, mut request: Request) -> Result<Value> {
        let core = self.client.core();
        let query = request.query();
        let lasts = |info: &CommandInfo| {
            info.flags.has(Flags::READONLY) && !info.flags.has(Flags::CHANGING)
        };
        let reads = request.route.is_none() && query.info.is_some_and(lasts);
        let deadline = Instant::now() + request.timeout.unwrap_or(core.config.timeout);
        let epoch = core.cache.as_ref().map_or(0, |cache| cache.epoch());
        let place = match core.route(&query)? {
            Routed::Node(place) if !place.replica => place,
            _ => return core.run(request, deadline).await,
        };
        let (Some(cache), Some(slot), true) = (&core.cache, request.slot(), reads) else {
            return core.run(request, deadline).await;
        };
        let mux = place.mux(Some(slot)).clone();
        let frame = Bytes::copy_from_slice(request.body.bytes());
        if let Some(value) = cache.get(&frame, mux.id(), Instant::now()) {
            core.counters.cache_hits.add(1);
            return Ok(value);
        }
        core.counters.cache_misses.add(1);
        request.observe(core);
        request.seen.at(place.node.addr());
        let pledge = Pledge { cache, token: cache.begin(request.keys(), slot, mux.id(), epoch) };
        let mut opt_in = Body::new(&known::CLIENT_CACHING);
        opt_in.push(b"YES");
        // One piece: the server takes the opt-in for the command directly behind it.
        let bodies = [&opt_in, &request.body].into_iter();
        let outcome = match mux.submit_many(bodies, Sending::now(deadline)).replies().await {
            (mut values, None) if values.len() == 2 => Ok(values.swap_remove(1)),
            (_, Some(lost)) => Err(lost),
            _ => Err(crate::node::Lost { sent: true, why: crate::node::Why::Closed }),
        };
        let result = match outcome {
            Ok(value) if !matches!(value, Value::Error(_)) => {
                cache.finish(pledge.token, frame, &value, Instant::now() + self.ttl);
                Ok(value)
            }
            outcome => {
                drop(pledge);
                follow_place(core, &request, place, outcome, deadline).await
            }
        };
        request.seen.end(result.as_ref().err());
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(bytes_max: usize) -> Cache {
        Cache::new(bytes_max, std::sync::Arc::default())
    }

    fn b(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn fill(cache: &Cache, key: &str, mux: u64) {
        let token = cache.begin(vec![b(key)], Slot::of(key.as_bytes()), mux, cache.epoch());
        let until = Instant::now() + Duration::from_secs(10);
        cache.finish(token, b(key), &Value::Bulk(b(key)), until);
    }

    fn has(cache: &Cache, key: &str, mux: u64) -> bool {
        cache.get(&b(key), mux, Instant::now()).is_some()
    }

    fn invalidate(keys: Value) -> [Value; 2] {
        [Value::Bulk(b("invalidate")), keys]
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_goes_with_its_message_connection_slot_or_time() {
        let cache = cache(1 << 20);
        let reset = || ["a", "b"].iter().for_each(|key| fill(&cache, key, 1));
        let held = || (has(&cache, "a", 1), has(&cache, "b", 1));
        reset();
        assert_eq!(held(), (true, true));
        assert!(!has(&cache, "a", 2), "another connection");
        reset();
        cache.pushed(1, &invalidate(Value::Array(vec![Value::Bulk(b("a"))])));
        assert_eq!(held(), (false, true));
        reset();
        cache.pushed(1, &invalidate(Value::Null));
        assert_eq!(held(), (false, false));
        reset();
        cache.connection_lost(2);
        assert_eq!(held(), (true, true));
        cache.connection_lost(1);
        assert_eq!(held(), (false, false));
        reset();
        cache.slots_moved(|slot| slot == Slot::of(b"b"));
        assert_eq!(held(), (true, false));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(held(), (false, false));
        assert_eq!(cache.inner.lock().bytes, 0, "what is gone takes no room");
        assert!(cache.inner.lock().by_key.is_empty());
    }

    /// Invariant I20: a message between the request and the arrival of its reply at the reader.
    #[tokio::test]
    async fn a_message_that_overtakes_the_reader_is_not_missed() {
        let cache = cache(1 << 20);
        let events: [&dyn Fn(); 3] = [
            &|| cache.pushed(1, &invalidate(Value::Array(vec![Value::Bulk(b("a"))]))),
            &|| cache.connection_lost(1),
            &|| cache.slots_moved(|_| true),
        ];
        for event in events {
            let token = cache.begin(vec![b("a")], Slot::of(b"a"), 1, cache.epoch());
            event();
            let until = Instant::now() + Duration::from_secs(10);
            cache.finish(token, b("a"), &Value::Int(1), until);
            assert!(!has(&cache, "a", 1));
        }
        // Slots that change hands between the routing of a request and its token.
        let epoch = cache.epoch();
        cache.slots_moved(|slot| slot == Slot::of(b"a"));
        let token = cache.begin(vec![b("a")], Slot::of(b"a"), 1, epoch);
        let until = Instant::now() + Duration::from_secs(10);
        cache.finish(token, b("a"), &Value::Int(1), until);
        assert!(!has(&cache, "a", 1));
    }

    #[tokio::test]
    async fn the_bound_holds_and_the_least_used_goes_first() {
        let cache = cache(10 * (ENTRY_BYTES + 100));
        for n in 0..1000 {
            fill(&cache, &format!("key{n}"), 1);
            assert!(has(&cache, "key0", 1), "used all the time, after {n}");
            assert!(cache.inner.lock().bytes <= cache.bytes_max);
        }
        assert!(!has(&cache, "key500", 1) && has(&cache, "key999", 1));
    }
}
