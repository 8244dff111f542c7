//! The cells that hold values: what the rest of the server reads, lock-free.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwap;

use super::check::{Check, Refusal, TextCheck};
use super::directive::{Cell, Rewrite, Source};
use super::enums::{BitWords, Choice};
use super::memory::{format_memory, parse_memory};
use super::words::quote;

/// `yes` or `no`.
#[derive(Debug)]
pub struct Bool(AtomicBool);

impl Bool {
    /// The value now.
    #[inline]
    pub fn get(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Stores a value that the server itself decided, such as the outcome of a detection.
    pub fn store(&self, value: bool) {
        self.0.store(value, Relaxed);
    }
}

#[derive(Clone, Copy)]
pub(super) struct BoolSpec {
    pub(super) default: bool,
    pub(super) check: Option<Check<bool>>,
}

impl Cell for Bool {
    type Spec = BoolSpec;

    fn new(spec: &BoolSpec) -> Self {
        Self(AtomicBool::new(spec.default))
    }

    fn set(&self, spec: &BoolSpec, words: &[&[u8]], _: Source) -> Result<bool, String> {
        let value = match words {
            [word] if word.eq_ignore_ascii_case(b"yes") => true,
            [word] if word.eq_ignore_ascii_case(b"no") => false,
            _ => return Err("argument must be 'yes' or 'no'".to_owned()),
        };
        if let Some(check) = spec.check {
            check(value)?;
        }
        Ok(self.0.swap(value, Relaxed) != value)
    }

    fn show(&self, _: &BoolSpec) -> Vec<u8> {
        yes_no_word(self.get()).as_bytes().to_vec()
    }

    fn rewrite(&self, spec: &BoolSpec) -> Rewrite {
        Rewrite::line(yes_no_word(self.get()), self.get() != spec.default)
    }
}

fn yes_no_word(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// A signed number; also sizes that fit 63 bits.
#[derive(Debug)]
pub struct Int(AtomicI64);

impl Int {
    /// The value now. A percentage (only `maxmemory-clients`) is negative.
    #[inline]
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    /// The value as a count; a negative value counts as zero.
    #[inline]
    pub fn get_usize(&self) -> usize {
        usize::try_from(self.get()).unwrap_or(0)
    }

    /// Stores a value that the server itself decided, such as a limit lowered at start.
    pub fn store(&self, value: i64) {
        self.0.store(value, Relaxed);
    }
}

/// How a number is spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Plain,
    Memory,
    MemoryOrPercent,
    /// A size, or -1 for none.
    MemoryOrNone,
    Octal,
}

#[derive(Clone, Copy)]
pub(super) struct IntSpec {
    pub(super) default: i64,
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) unit: Unit,
}

impl IntSpec {
    fn parse(&self, word: &[u8]) -> Result<i64, Refusal> {
        let (value, refusal) = match self.unit {
            Unit::Plain => (parse_i64(word), "argument couldn't be parsed into an integer"),
            Unit::Octal => (parse_octal(word), "argument couldn't be parsed as an octal number"),
            Unit::Memory => {
                (parse_memory(word).map(|n| n as i64), "argument must be a memory value")
            }
            Unit::MemoryOrNone => (
                parse_memory(word).map(|n| n as i64).or_else(|| parse_i64(word)),
                "argument must be a memory value",
            ),
            Unit::MemoryOrPercent => (
                parse_memory(word).map(|n| n as i64).or_else(|| parse_percent(word)),
                "argument must be a memory or percent value",
            ),
        };
        value.ok_or(refusal)
    }

    fn check_bounds(&self, value: i64) -> Result<(), String> {
        if self.unit == Unit::MemoryOrPercent && value < 0 {
            return match value < self.min {
                true => Err(format!("percentage argument must be less or equal to {}", -self.min)),
                false => Ok(()),
            };
        }
        if (self.min..=self.max).contains(&value) {
            return Ok(());
        }
        Err(match self.unit {
            Unit::Octal => {
                format!("argument must be between {:o} and {:o} inclusive", self.min, self.max)
            }
            _ => format!("argument must be between {} and {} inclusive", self.min, self.max),
        })
    }
}

impl Cell for Int {
    type Spec = IntSpec;

    fn new(spec: &IntSpec) -> Self {
        Self(AtomicI64::new(spec.default))
    }

    fn set(&self, spec: &IntSpec, words: &[&[u8]], _: Source) -> Result<bool, String> {
        let value = spec.parse(words.first().copied().unwrap_or_default())?;
        spec.check_bounds(value)?;
        Ok(self.0.swap(value, Relaxed) != value)
    }

    fn show(&self, spec: &IntSpec) -> Vec<u8> {
        let value = self.get();
        match spec.unit {
            Unit::MemoryOrPercent if value < 0 => format!("{}%", -value),
            Unit::Memory | Unit::MemoryOrPercent => (value as u64).to_string(),
            Unit::Octal => format!("{value:o}"),
            Unit::Plain | Unit::MemoryOrNone => value.to_string(),
        }
        .into_bytes()
    }

    fn rewrite(&self, spec: &IntSpec) -> Rewrite {
        let value = self.get();
        let text = match spec.unit {
            Unit::MemoryOrPercent if value < 0 => format!("{}%", -value),
            Unit::MemoryOrNone if value < 0 => value.to_string(),
            Unit::Memory | Unit::MemoryOrPercent | Unit::MemoryOrNone => {
                format_memory(value as u64)
            }
            Unit::Octal => format!("{value:o}"),
            Unit::Plain => value.to_string(),
        };
        Rewrite::line(text, value != spec.default)
    }
}

/// A canonical decimal: no plus sign, no leading zero, no space.
fn parse_i64(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?;
    let value: i64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

fn parse_octal(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?.trim_start();
    match text {
        "" => Some(0),
        _ => i64::from_str_radix(text, 8).ok(),
    }
}

fn parse_percent(word: &[u8]) -> Option<i64> {
    let value = parse_i64(word.strip_suffix(b"%")?)?;
    (value >= 0).then_some(-value)
}

/// A size in bytes that may use all 64 bits.
#[derive(Debug)]
pub struct Size(AtomicU64);

impl Size {
    /// The value now.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Cell for Size {
    type Spec = u64;

    fn new(default: &u64) -> Self {
        Self(AtomicU64::new(*default))
    }

    fn set(&self, _: &u64, words: &[&[u8]], _: Source) -> Result<bool, String> {
        let word = words.first().copied().unwrap_or_default();
        let value = parse_memory(word).ok_or("argument must be a memory value")?;
        Ok(self.0.swap(value, Relaxed) != value)
    }

    fn show(&self, _: &u64) -> Vec<u8> {
        self.get().to_string().into_bytes()
    }

    fn rewrite(&self, default: &u64) -> Rewrite {
        Rewrite::line(format_memory(self.get()), self.get() != *default)
    }
}

/// Bytes of any kind: a path, a password, a name.
#[derive(Debug)]
pub struct Text(ArcSwap<Vec<u8>>);

impl Text {
    /// The value now.
    pub fn get(&self) -> Arc<Vec<u8>> {
        self.0.load_full()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.load().is_empty()
    }

    /// The value as text, with bytes that are not UTF-8 replaced.
    pub fn string(&self) -> String {
        String::from_utf8_lossy(&self.0.load()).into_owned()
    }

    /// The value as a path.
    pub fn path(&self) -> std::path::PathBuf {
        use std::os::unix::ffi::OsStringExt;
        std::ffi::OsString::from_vec(self.0.load().to_vec()).into()
    }

    /// Stores a value that the server itself decided.
    pub fn store(&self, value: impl Into<Vec<u8>>) {
        self.0.store(Arc::new(value.into()));
    }
}

#[derive(Clone, Copy)]
pub(super) struct TextSpec {
    /// `None` where an empty value means "not set" and is never written to a file.
    pub(super) default: Option<&'static str>,
    pub(super) check: Option<TextCheck>,
}

impl Cell for Text {
    type Spec = TextSpec;

    fn new(spec: &TextSpec) -> Self {
        Self(ArcSwap::from_pointee(spec.default.unwrap_or("").as_bytes().to_vec()))
    }

    fn set(&self, spec: &TextSpec, words: &[&[u8]], _: Source) -> Result<bool, String> {
        let value = words.first().copied().unwrap_or_default();
        if let Some(check) = spec.check {
            check(value)?;
        }
        let changed = self.0.load().as_slice() != value;
        if changed {
            self.0.store(Arc::new(value.to_vec()));
        }
        Ok(changed)
    }

    fn show(&self, _: &TextSpec) -> Vec<u8> {
        self.0.load().to_vec()
    }

    fn rewrite(&self, spec: &TextSpec) -> Rewrite {
        let value = self.0.load();
        match spec.default {
            None if value.is_empty() => Rewrite::Absent,
            default => {
                let is_default = default.is_some_and(|d| d.as_bytes() == value.as_slice());
                Rewrite::line(quote(&value), !is_default)
            }
        }
    }
}

/// One of a closed set of words.
#[derive(Debug)]
pub struct Enum<E: Choice>(AtomicU8, PhantomData<E>);

impl<E: Choice> Enum<E> {
    /// The value now.
    #[inline]
    pub fn get(&self) -> E {
        E::at(self.0.load(Relaxed))
    }

    /// Stores a value that the server itself decided.
    pub fn store(&self, value: E) {
        self.0.store(value.index(), Relaxed);
    }
}

impl<E: Choice> Cell for Enum<E> {
    type Spec = E;

    fn new(default: &E) -> Self {
        Self(AtomicU8::new(default.index()), PhantomData)
    }

    fn set(&self, _: &E, words: &[&[u8]], _: Source) -> Result<bool, String> {
        let value = match words {
            [word] => E::WORDS.iter().find(|(w, _)| word.eq_ignore_ascii_case(w.as_bytes())),
            _ => None,
        };
        let (_, value) = value.ok_or_else(|| one_of(E::WORDS.iter().map(|(word, _)| *word)))?;
        Ok(self.0.swap(value.index(), Relaxed) != value.index())
    }

    fn show(&self, _: &E) -> Vec<u8> {
        self.get().word().as_bytes().to_vec()
    }

    fn rewrite(&self, default: &E) -> Rewrite {
        Rewrite::line(self.get().word(), self.get() != *default)
    }
}

/// Valkey cuts this message off at 255 bytes.
fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    let mut text = format!("argument(s) must be one of the following: {}", words.join(", "));
    text.truncate(255);
    text
}

/// Several words of a set of bits.
#[derive(Debug)]
pub struct Flags<B: BitWords>(AtomicU32, PhantomData<B>);

impl<B: BitWords> Flags<B> {
    /// The value now.
    pub fn get(&self) -> B {
        B::from_bits(self.0.load(Relaxed))
    }

    fn words(&self) -> String {
        let bits = self.0.load(Relaxed);
        if let Some((word, _)) = B::WORDS.iter().find(|(_, b)| *b == bits) {
            return (*word).to_owned();
        }
        let set = B::WORDS.iter().filter(|(_, b)| *b != 0 && bits & b == *b);
        set.map(|(word, _)| *word).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Clone, Copy)]
pub(super) struct FlagsSpec {
    pub(super) check: Check<u32>,
}

impl<B: BitWords> Cell for Flags<B> {
    type Spec = FlagsSpec;

    fn new(_: &FlagsSpec) -> Self {
        Self(AtomicU32::new(0), PhantomData)
    }

    fn set(&self, spec: &FlagsSpec, words: &[&[u8]], _: Source) -> Result<bool, String> {
        let refuse = || one_of(B::WORDS.iter().map(|(word, _)| *word));
        if words.is_empty() {
            return Err(refuse());
        }
        let mut bits = 0;
        for word in words {
            let found = B::WORDS.iter().find(|(w, _)| word.eq_ignore_ascii_case(w.as_bytes()));
            bits |= found.ok_or_else(refuse)?.1;
        }
        (spec.check)(bits)?;
        Ok(self.0.swap(bits, Relaxed) != bits)
    }

    fn show(&self, _: &FlagsSpec) -> Vec<u8> {
        self.words().into_bytes()
    }

    fn rewrite(&self, _: &FlagsSpec) -> Rewrite {
        Rewrite::line(self.words(), self.0.load(Relaxed) != 0)
    }
}
