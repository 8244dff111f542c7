//! Values with a syntax of their own: save points, buffer limits, event classes, addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwap;

use super::directive::{Cell, Rewrite, Source};
use super::memory::{format_memory, parse_memory};
use super::words::quote;

fn text_of(word: &[u8]) -> Option<&str> {
    std::str::from_utf8(word).ok()
}

/// A number as strtoll reads it: spaces before it are skipped, nothing at all is zero, and what
/// does not fit is the nearest that does.
fn lenient_int(word: &[u8]) -> Option<i64> {
    let text = text_of(word)?.trim_start();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if text.is_empty() {
        return Some(0);
    }
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

fn join<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

/// "Save if at least `changes` happened within `seconds`."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last save.
    pub seconds: u64,
    /// Changes since the last save.
    pub changes: u32,
}

/// `save`: the save points.
#[derive(Debug)]
pub struct SavePoints {
    points: ArcSwap<Vec<SavePoint>>,
    /// A file's first `save` line replaces the defaults, the following ones add to it.
    seen_in_file: AtomicBool,
}

impl SavePoints {
    /// The save points now.
    pub fn get(&self) -> Arc<Vec<SavePoint>> {
        self.points.load_full()
    }

    fn words(&self) -> String {
        join(self.points.load().iter().map(|p| format!("{} {}", p.seconds, p.changes)))
    }
}

impl Cell for SavePoints {
    type Spec = ();

    fn new((): &()) -> Self {
        let point = |seconds, changes| SavePoint { seconds, changes };
        Self {
            points: ArcSwap::from_pointee(vec![point(3600, 1), point(300, 100), point(60, 10000)]),
            seen_in_file: AtomicBool::new(false),
        }
    }

    fn set(&self, (): &(), words: &[&[u8]], source: Source) -> Result<bool, String> {
        const REFUSAL: &str = "Invalid save parameters";
        let (words, cleared) = match words {
            [b""] => (&[][..], true),
            _ => (words, false),
        };
        let parse = |pair: &[&[u8]]| match *pair {
            [seconds, changes] => {
                let seconds = lenient_int(seconds).filter(|n| *n >= 1)?;
                let changes = lenient_int(changes).filter(|n| *n >= 0)?;
                // Valkey keeps the low 32 bits.
                Some(SavePoint { seconds: seconds as u64, changes: changes as u32 })
            }
            _ => None,
        };
        let added: Option<Vec<SavePoint>> = words.chunks(2).map(parse).collect();
        let added = added.ok_or(REFUSAL)?;
        let replace = match source {
            Source::ConfigSet => true,
            Source::File => !self.seen_in_file.swap(true, Relaxed) || cleared,
        };
        let mut points = if replace { Vec::new() } else { self.points.load().to_vec() };
        points.extend(added);
        self.points.store(Arc::new(points));
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        self.words().into_bytes()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        match self.words() {
            words if words.is_empty() => Rewrite::line("\"\"", true),
            words => Rewrite::line(words, true),
        }
    }
}

/// The classes of clients that have an output buffer limit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientClass {
    /// Everybody else.
    Normal,
    /// A replica of this server.
    Replica,
    /// A client with a subscription.
    Pubsub,
}

/// The limit of one class. Zero means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferLimit {
    /// A client with more bytes waiting is closed at once.
    pub hard: u64,
    /// A client with more bytes waiting for `soft_seconds` is closed.
    pub soft: u64,
    /// How long `soft` may be exceeded.
    pub soft_seconds: u64,
}

#[derive(Debug, Default)]
struct AtomicLimit {
    hard: AtomicU64,
    soft: AtomicU64,
    soft_seconds: AtomicU64,
}

impl AtomicLimit {
    fn load(&self) -> BufferLimit {
        BufferLimit {
            hard: self.hard.load(Relaxed),
            soft: self.soft.load(Relaxed),
            soft_seconds: self.soft_seconds.load(Relaxed),
        }
    }

    fn store(&self, limit: BufferLimit) {
        self.hard.store(limit.hard, Relaxed);
        self.soft.store(limit.soft, Relaxed);
        self.soft_seconds.store(limit.soft_seconds, Relaxed);
    }
}

/// `client-output-buffer-limit`.
#[derive(Debug)]
pub struct OutputBufferLimits([AtomicLimit; 3]);

impl OutputBufferLimits {
    const DEFAULTS: [BufferLimit; 3] = [
        BufferLimit { hard: 0, soft: 0, soft_seconds: 0 },
        BufferLimit { hard: 256 << 20, soft: 64 << 20, soft_seconds: 60 },
        BufferLimit { hard: 32 << 20, soft: 8 << 20, soft_seconds: 60 },
    ];

    /// The limit of a class of clients.
    #[inline]
    pub fn get(&self, class: ClientClass) -> BufferLimit {
        self.0[class as usize].load()
    }
}

impl Cell for OutputBufferLimits {
    type Spec = ();

    fn new((): &()) -> Self {
        let limits = Self(Default::default());
        for (cell, limit) in limits.0.iter().zip(Self::DEFAULTS) {
            cell.store(limit);
        }
        limits
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        if !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".to_owned());
        }
        let mut limits = Vec::new();
        for group in words.chunks(4) {
            let class = match group[0].to_ascii_lowercase().as_slice() {
                b"normal" => ClientClass::Normal,
                b"slave" | b"replica" => ClientClass::Replica,
                b"pubsub" => ClientClass::Pubsub,
                _ => {
                    return Err(
                        "Invalid client class specified in buffer limit configuration.".to_owned()
                    );
                }
            };
            let limit = (|| {
                Some(BufferLimit {
                    hard: parse_memory(group[1])?,
                    soft: parse_memory(group[2])?,
                    soft_seconds: lenient_int(group[3]).and_then(|n| n.try_into().ok())?,
                })
            })();
            limits.push((
                class,
                limit.ok_or(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
                )?,
            ));
        }
        for (class, limit) in limits {
            self.0[class as usize].store(limit);
        }
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        let classes = ["normal", "slave", "pubsub"].iter().zip(&self.0).map(|(name, cell)| {
            let limit = cell.load();
            format!("{name} {} {} {}", limit.hard, limit.soft, limit.soft_seconds)
        });
        join(classes).into_bytes()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        let names = ["normal", "replica", "pubsub"];
        let lines = names.iter().zip(&self.0).zip(Self::DEFAULTS).map(|((name, cell), default)| {
            let limit = cell.load();
            let (hard, soft) = (format_memory(limit.hard), format_memory(limit.soft));
            let line = format!("{name} {hard} {soft} {}", limit.soft_seconds);
            (line.into_bytes(), limit != default)
        });
        Rewrite::Lines(lines.collect())
    }
}

/// `oom-score-adj-values`: for a primary, a replica and a background process.
#[derive(Debug)]
pub struct OomScoreAdjValues([AtomicI32; 3]);

impl OomScoreAdjValues {
    const DEFAULTS: [i32; 3] = [0, 200, 800];

    /// The three values.
    pub fn get(&self) -> [i32; 3] {
        [0, 1, 2].map(|i: usize| self.0[i].load(Relaxed))
    }
}

impl Cell for OomScoreAdjValues {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(Self::DEFAULTS.map(AtomicI32::new))
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        if words.len() != 3 {
            return Err("wrong number of arguments".to_owned());
        }
        let mut values = [0; 3];
        for (value, word) in values.iter_mut().zip(words) {
            *value = lenient_int(word)
                .filter(|n| (-2000..=2000).contains(n))
                .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?
                as i32;
        }
        if !values.is_sorted() {
            tracing::warn!(
                "oom-score-adj-values do not rise from primary to replica to background process: \
                 without privileges the kernel refuses to lower a score again"
            );
        }
        let changed = self.get() != values;
        for (cell, value) in self.0.iter().zip(values) {
            cell.store(value, Relaxed);
        }
        Ok(changed)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        join(self.get()).into_bytes()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        Rewrite::line(join(self.get()), self.get() != Self::DEFAULTS)
    }
}

/// `notify-keyspace-events`: which keyspace events are published, and on which channels.
#[derive(Debug)]
pub struct KeyspaceEventClasses(AtomicU32);

impl KeyspaceEventClasses {
    /// `K`: on the key's channel.
    pub const KEYSPACE: u32 = 1;
    /// `E`: on the event's channel.
    pub const KEYEVENT: u32 = 1 << 1;
    /// `g`: commands that work on any type.
    pub const GENERIC: u32 = 1 << 2;
    /// `$`
    pub const STRING: u32 = 1 << 3;
    /// `l`
    pub const LIST: u32 = 1 << 4;
    /// `s`
    pub const SET: u32 = 1 << 5;
    /// `h`
    pub const HASH: u32 = 1 << 6;
    /// `z`
    pub const ZSET: u32 = 1 << 7;
    /// `x`
    pub const EXPIRED: u32 = 1 << 8;
    /// `e`
    pub const EVICTED: u32 = 1 << 9;
    /// `t`
    pub const STREAM: u32 = 1 << 10;
    /// `m`, not part of `A`
    pub const KEY_MISS: u32 = 1 << 11;
    /// `d`
    pub const MODULE: u32 = 1 << 13;
    /// `n`: a key is created; not part of `A`
    pub const NEW: u32 = 1 << 14;
    /// `A`
    pub const ALL: u32 = Self::GENERIC
        | Self::STRING
        | Self::LIST
        | Self::SET
        | Self::HASH
        | Self::ZSET
        | Self::EXPIRED
        | Self::EVICTED
        | Self::STREAM
        | Self::MODULE;

    /// In the order in which CONFIG GET shows them. The last three stand beside `A`.
    const LETTERS: [(u8, u32); 14] = [
        (b'g', Self::GENERIC),
        (b'$', Self::STRING),
        (b'l', Self::LIST),
        (b's', Self::SET),
        (b'h', Self::HASH),
        (b'z', Self::ZSET),
        (b'x', Self::EXPIRED),
        (b'e', Self::EVICTED),
        (b't', Self::STREAM),
        (b'd', Self::MODULE),
        (b'n', Self::NEW),
        (b'K', Self::KEYSPACE),
        (b'E', Self::KEYEVENT),
        (b'm', Self::KEY_MISS),
    ];

    /// The bits of the classes that are on; zero when nothing is published.
    #[inline]
    pub fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    fn parse(letters: &[u8]) -> Option<u32> {
        letters.iter().try_fold(0, |bits, letter| match letter {
            b'A' => Some(bits | Self::ALL),
            _ => Self::LETTERS.iter().find(|(l, _)| l == letter).map(|(_, bit)| bits | bit),
        })
    }

    fn letters(bits: u32) -> Vec<u8> {
        let all = bits & Self::ALL == Self::ALL;
        let mut letters = if all { vec![b'A'] } else { Vec::new() };
        for (letter, bit) in Self::LETTERS {
            // Valkey leaves `n` out beside `A`, although `A` does not contain it.
            let covered = all && (bit & (Self::ALL | Self::NEW) != 0);
            if bits & bit != 0 && !covered {
                letters.push(letter);
            }
        }
        letters
    }
}

impl Cell for KeyspaceEventClasses {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(AtomicU32::new(0))
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        let [word] = words else { return Err("wrong number of arguments".to_owned()) };
        let bits =
            Self::parse(word).ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
        self.0.store(bits, Relaxed);
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        Self::letters(self.get())
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        Rewrite::line(quote(&Self::letters(self.get())), self.get() != 0)
    }
}

/// `bind`: the addresses to listen on. A leading `-` marks one that may be missing.
#[derive(Debug)]
pub struct Bind(ArcSwap<Vec<String>>);

impl Bind {
    const DEFAULT: [&str; 2] = ["*", "-::*"];

    /// The addresses now.
    pub fn get(&self) -> Arc<Vec<String>> {
        self.0.load_full()
    }

    /// Whether nobody changed the default.
    pub fn is_default(&self) -> bool {
        self.0.load().iter().eq(Self::DEFAULT)
    }
}

fn addresses(words: &[&[u8]]) -> Result<Vec<String>, String> {
    match words {
        [b""] => Ok(Vec::new()),
        _ if words.len() > 16 => Err("Too many bind addresses specified.".to_owned()),
        _ => Ok(words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()),
    }
}

impl Cell for Bind {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(ArcSwap::from_pointee(Self::DEFAULT.map(str::to_owned).to_vec()))
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        self.0.store(Arc::new(addresses(words)?));
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        self.0.load().join(" ").into_bytes()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        let addresses = self.0.load();
        match addresses.is_empty() {
            _ if self.is_default() => Rewrite::Absent,
            true => Rewrite::line("\"\"", true),
            false => Rewrite::line(addresses.join(" "), true),
        }
    }
}

/// `rdma-bind`: known, but there is no RDMA to bind to.
#[derive(Debug)]
pub struct RdmaBind(ArcSwap<Vec<String>>);

impl Cell for RdmaBind {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(ArcSwap::default())
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        self.0.store(Arc::new(addresses(words)?));
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        self.0.load().join(" ").into_bytes()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        let addresses = self.0.load();
        Rewrite::Lines(match addresses.is_empty() {
            true => Vec::new(),
            false => vec![(addresses.join(" ").into_bytes(), true)],
        })
    }
}

/// `replicaof`: the primary to follow from the start.
#[derive(Debug)]
pub struct ReplicaOf(ArcSwap<Option<(String, u16)>>);

impl ReplicaOf {
    /// Host and port, if there is a primary.
    pub fn get(&self) -> Option<(String, u16)> {
        self.0.load().as_ref().clone()
    }

    /// Stores what REPLICAOF decided at run time.
    pub fn store(&self, primary: Option<(String, u16)>) {
        self.0.store(Arc::new(primary));
    }
}

impl Cell for ReplicaOf {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(ArcSwap::default())
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        let [host, port] = words else { return Err("wrong number of arguments".to_owned()) };
        if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
            self.store(None);
            return Ok(true);
        }
        let port =
            lenient_int(port).and_then(|n| n.try_into().ok()).ok_or("Invalid primary port")?;
        self.store(Some((String::from_utf8_lossy(host).into_owned(), port)));
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        match self.get() {
            Some((host, port)) => format!("{host} {port}").into_bytes(),
            None => Vec::new(),
        }
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        match self.get() {
            Some((host, port)) => Rewrite::line(format!("{host} {port}"), true),
            None => Rewrite::Absent,
        }
    }
}

/// `latency-tracking-info-percentiles`: which percentiles INFO shows.
#[derive(Debug)]
pub struct Percentiles(ArcSwap<Vec<f64>>);

impl Percentiles {
    /// The percentiles now, each from 0 to 100.
    pub fn get(&self) -> Arc<Vec<f64>> {
        self.0.load_full()
    }

    /// A percentile as CONFIG and INFO write it: six decimals without the zeros at the end.
    pub fn format(percentile: f64) -> String {
        let text = format!("{percentile:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    fn words(&self) -> String {
        join(self.0.load().iter().map(|p| Self::format(*p)))
    }
}

impl Cell for Percentiles {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(ArcSwap::from_pointee(vec![50.0, 99.0, 99.9]))
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        let words = if let [b""] = words { &[] } else { words };
        let mut percentiles = Vec::new();
        for word in words {
            let value: f64 = text_of(word)
                .and_then(|text| text.parse().ok())
                .filter(|p: &f64| !p.is_nan())
                .ok_or("Invalid latency-tracking-info-percentiles parameters")?;
            if !(0.0..=100.0).contains(&value) {
                return Err("latency-tracking-info-percentiles parameters should sit between \
                            [0.0,100.0]"
                    .to_owned());
            }
            percentiles.push(value);
        }
        self.0.store(Arc::new(percentiles));
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        self.words().into_bytes()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        match self.words() {
            words if words.is_empty() => Rewrite::line("\"\"", true),
            words => Rewrite::line(words, true),
        }
    }
}

/// `dir`: the working directory of the process itself.
#[derive(Debug)]
pub struct Dir(());

impl Dir {
    /// The directory now.
    pub fn get(&self) -> std::path::PathBuf {
        std::env::current_dir().unwrap_or_default()
    }
}

impl Cell for Dir {
    type Spec = ();

    fn new((): &()) -> Self {
        Self(())
    }

    fn set(&self, (): &(), words: &[&[u8]], _: Source) -> Result<bool, String> {
        use std::os::unix::ffi::OsStrExt;
        let [word] = words else { return Err("wrong number of arguments".to_owned()) };
        if word.is_empty() {
            return Err("dir can't be empty".to_owned());
        }
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(word));
        std::env::set_current_dir(path).map_err(|error| crate::sys::error_text(&error))?;
        Ok(true)
    }

    fn show(&self, (): &()) -> Vec<u8> {
        use std::os::unix::ffi::OsStringExt;
        self.get().into_os_string().into_vec()
    }

    fn rewrite(&self, (): &()) -> Rewrite {
        match std::env::current_dir() {
            Ok(_) => Rewrite::line(quote(&self.show(&())), true),
            Err(_) => Rewrite::Absent,
        }
    }
}
