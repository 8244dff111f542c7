//! Zset: the value of a sorted set.
//!
//! Members are ordered by score, then by their bytes. While small it is one listpack (`listpack` to OBJECT
//! ENCODING); beyond `zset-max-listpack-entries` or `-value` a table of members beside a B+tree with counts,
//! which OBJECT ENCODING calls `skiplist` as the peers do. Score by member is one lookup; rank, range
//! and removal of a range are O(log n) plus what they return. A member of 16 bytes takes about 54
//! bytes: 32 for itself and its score, 10 in the table, 12 in the tree.
//!
//! Everything positional works with *ranks*: a range of scores or of bytes is turned into a `Range` of
//! ranks ([`Zset::score_range`], [`Zset::lex_range`]), which can be counted, cut, read in both
//! directions and removed. Knows nothing of keys, clients or RESP.
//!
//! # Invariants
//! - Scores are not NaN.
//! - A large set's tree names exactly the members of its table, and a member is not changed while it does.
#![expect(unsafe_code, reason = "lets the tree name the members that the table owns")]

mod leaf;
mod member;
mod packed;
mod score;
mod tree;

use std::ops::Range;

use rand::RngCore;

use self::leaf::Bound;
use self::member::{Member, MemberRef};
use self::score::order_key;
pub use self::score::{LexBound, ScoreBound};
use self::tree::{Cursor, Tree};
use super::listpack::{self, Listpack, Value};
use super::table::{Table, hash_bytes, prefetch_line};

/// `zset-max-listpack-entries` and `zset-max-listpack-value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub entries: usize,
    pub value_bytes: usize,
}

/// Conditions and mode of an addition, as ZADD has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AddFlags {
    /// Only add.
    pub nx: bool,
    /// Only update.
    pub xx: bool,
    /// Update only to a greater score.
    pub gt: bool,
    /// Update only to a lesser score.
    pub lt: bool,
    /// The score is an increment.
    pub incr: bool,
}

/// What an addition did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    Added(f64),
    Updated(f64),
    /// The member had that score.
    Unchanged(f64),
    /// The flags forbade it.
    Refused,
}

impl Outcome {
    /// The score after the operation, unless it was refused.
    pub fn score(self) -> Option<f64> {
        match self {
            Self::Added(score) | Self::Updated(score) | Self::Unchanged(score) => Some(score),
            Self::Refused => None,
        }
    }
}

/// An increment would have made the score NaN (infinities of different signs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("resulting score is not a number (NaN)")]
pub struct ScoreIsNan;

enum Repr {
    Packed(Listpack),
    Tree(Box<Large>),
}

struct Large {
    members: Table<Member>,
    tree: Tree,
    /// Sum of the members' allocations.
    member_bytes: usize,
}

/// See the module documentation. An empty one means that the key is to be deleted.
pub struct Zset {
    repr: Repr,
}

impl Default for Zset {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Zset {
    fn clone(&self) -> Self {
        match &self.repr {
            Repr::Packed(pack) => Self { repr: Repr::Packed(pack.clone()) },
            Repr::Tree(large) => {
                let mut copy = Large::new();
                for (member, score) in self.iter(0..large.tree.len()) {
                    copy.insert(score, member.bytes(&mut itoa::Buffer::new()));
                }
                Self { repr: Repr::Tree(Box::new(copy)) }
            }
        }
    }
}

impl std::fmt::Debug for Zset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter(0..self.len())).finish()
    }
}

impl Large {
    fn new() -> Self {
        Self { members: Table::new(), tree: Tree::new(), member_bytes: 0 }
    }

    fn score(&self, member: &[u8]) -> Option<f64> {
        self.members.find(hash_bytes(member), member).map(|member| member.score())
    }

    /// Adds a member that is not there.
    fn insert(&mut self, score: f64, bytes: &[u8]) {
        let member = Member::new(score, bytes);
        self.member_bytes += member.heap_bytes();
        // SAFETY: the table owns the member from here on, and `take` removes it from the tree first.
        let shared = unsafe { member.share() };
        self.members.insert_unique(hash_bytes(bytes), member);
        self.tree.insert(shared);
    }

    /// Changes the score of a member that is there with `old`.
    fn update(&mut self, old: f64, new: f64, bytes: &[u8]) {
        let rank = self.tree.rank(Bound::Entry(order_key(old), bytes));
        self.tree.remove_ranks(rank, 1, &mut Vec::with_capacity(1));
        if let Some(mut member) = self.members.find_mut(hash_bytes(bytes), bytes) {
            member.set_score(new);
            // SAFETY: as in `insert`. The exclusive borrow ends before the tree reads the member.
            let shared = unsafe { member.share() };
            drop(member);
            self.tree.insert(shared);
        }
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let score = self.score(member)?;
        let rank = self.tree.rank(Bound::Entry(order_key(score), member));
        self.remove_ranks(rank..rank + 1);
        Some(score)
    }

    fn remove_ranks(&mut self, ranks: Range<usize>) {
        let mut removed: Vec<MemberRef> = Vec::with_capacity(ranks.len());
        self.tree.remove_ranks(ranks.start, ranks.len(), &mut removed);
        for shared in removed {
            let bytes: &[u8] = shared.bytes();
            if let Some(member) = self.members.remove(hash_bytes(bytes), bytes) {
                self.member_bytes -= member.heap_bytes();
            }
        }
    }
}

impl Zset {
    /// Fetches what lies `depth` pointers behind the sorted set into the cache.
    #[inline]
    pub fn prefetch(&self, depth: u32) {
        match &self.repr {
            Repr::Packed(pack) if depth == 0 => pack.prefetch(),
            Repr::Tree(large) if depth == 0 => prefetch_line((&raw const **large).cast()),
            _ => {}
        }
    }

    pub fn new() -> Self {
        Self { repr: Repr::Packed(Listpack::new()) }
    }

    /// A set that is about to get `entries` members of at most `value_bytes`: large at once if they would
    /// not fit a listpack.
    pub fn with_expected(entries: usize, value_bytes: usize, limits: Limits) -> Self {
        let mut set = Self::new();
        set.expect_growth(entries, value_bytes, limits);
        set
    }

    /// Takes over a listpack of members and scores, in order, as RDB has it.
    pub fn from_listpack(pack: Listpack) -> Self {
        Self { repr: Repr::Packed(pack) }
    }

    /// The listpack, while there is one: what RDB writes.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.repr {
            Repr::Packed(pack) => Some(pack),
            Repr::Tree(_) => None,
        }
    }

    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.len() / 2,
            Repr::Tree(large) => large.tree.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Packed(_) => "listpack",
            Repr::Tree(_) => "skiplist",
        }
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.heap_bytes(),
            Repr::Tree(large) => {
                size_of::<Large>()
                    + large.members.allocated_bytes()
                    + large.tree.heap_bytes()
                    + large.member_bytes
            }
        }
    }

    // --- representation -------------------------------------------------------------------------

    /// Leaves the listpack now if this many members, or one so long, are about to be added.
    pub fn expect_growth(&mut self, entries: usize, value_bytes: usize, limits: Limits) {
        if entries > limits.entries || value_bytes > limits.value_bytes {
            self.unpack();
        }
    }

    /// Becomes a listpack again if the members fit; for a set just built.
    pub fn pack_if_small(&mut self, limits: Limits) {
        let Repr::Tree(large) = &self.repr else { return };
        let len = large.tree.len();
        let too_long = |(member, _): (Value<'_>, f64)| member.len() > limits.value_bytes;
        if len > limits.entries || self.iter(0..len).any(too_long) {
            return;
        }
        let mut pack = listpack::Builder::new();
        for (member, score) in self.iter(0..len) {
            pack.push_value(member);
            match super::double::as_integer(score) {
                Some(int) => pack.push_int(int),
                None => pack.push(super::double::format_double(score).as_bytes()),
            }
        }
        self.repr = Repr::Packed(pack.finish());
    }

    fn unpack(&mut self) {
        if let Repr::Packed(pack) = &self.repr {
            let mut large = Large::new();
            for (member, score) in pack.pairs() {
                let mut digits = itoa::Buffer::new();
                large.insert(packed::score_of(score), member.bytes(&mut digits));
            }
            self.repr = Repr::Tree(Box::new(large));
        }
    }

    // --- by member ------------------------------------------------------------------------------

    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.repr {
            Repr::Packed(pack) => packed::find(pack, member).map(|(_, score)| score),
            Repr::Tree(large) => large.score(member),
        }
    }

    /// Rank from the lowest score on, and the score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match &self.repr {
            Repr::Packed(pack) => {
                packed::find(pack, member).map(|(pos, score)| (packed::rank_of(pack, pos), score))
            }
            Repr::Tree(large) => {
                let score = large.score(member)?;
                Some((large.tree.rank(Bound::Entry(order_key(score), member)), score))
            }
        }
    }

    /// Adds a member or changes its score. `score` is not NaN.
    pub fn add(
        &mut self,
        score: f64,
        member: &[u8],
        flags: AddFlags,
        limits: Limits,
    ) -> Result<Outcome, ScoreIsNan> {
        if let Repr::Packed(pack) = &mut self.repr {
            match packed::find(pack, member) {
                Some((pos, old)) => {
                    let outcome = decide(old, score, flags)?;
                    if let Outcome::Updated(new) = outcome {
                        packed::remove(pack, pos);
                        packed::insert(pack, new, member);
                    }
                    return Ok(outcome);
                }
                None if flags.xx => return Ok(Outcome::Refused),
                None => {
                    let grows_too_long = pack.len() / 2 + 1 > limits.entries
                        || member.len() > limits.value_bytes
                        || pack.bytes() + member.len() > listpack::BYTES_MAX;
                    if !grows_too_long {
                        packed::insert(pack, score, member);
                        return Ok(Outcome::Added(score));
                    }
                    self.unpack();
                }
            }
        }
        let Repr::Tree(large) = &mut self.repr else {
            unreachable!("a listpack was handled or unpacked above")
        };
        match large.score(member) {
            Some(old) => {
                let outcome = decide(old, score, flags)?;
                if let Outcome::Updated(new) = outcome {
                    large.update(old, new, member);
                }
                Ok(outcome)
            }
            None if flags.xx => Ok(Outcome::Refused),
            None => {
                large.insert(score, member);
                Ok(Outcome::Added(score))
            }
        }
    }

    /// Sets a member's score without conditions.
    pub fn insert(&mut self, score: f64, member: &[u8], limits: Limits) -> Outcome {
        debug_assert!(!score.is_nan());
        self.add(score, member, AddFlags::default(), limits).unwrap_or(Outcome::Refused)
    }

    /// Removes a member and returns its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.repr {
            Repr::Packed(pack) => {
                let (pos, score) = packed::find(pack, member)?;
                packed::remove(pack, pos);
                Some(score)
            }
            Repr::Tree(large) => large.remove(member),
        }
    }

    // --- by rank --------------------------------------------------------------------------------

    /// Ranks of the members with scores from `min` to `max`.
    pub fn score_range(&self, min: ScoreBound, max: ScoreBound) -> Range<usize> {
        let (first, end) = (min.first_key(), max.end_key());
        let rank = |bound| match &self.repr {
            Repr::Packed(pack) => packed::rank_by(pack, |score, _| order_key(score) < bound),
            Repr::Tree(large) => large.tree.rank(Bound::Key(bound)),
        };
        let start = rank(first);
        start..if end > first { rank(end) } else { start }
    }

    /// Ranks of the members from `min` to `max` by bytes. Means something if all scores are equal; if
    /// not, there are none where the last member lies before the range or the first after it, as with
    /// Valkey.
    pub fn lex_range(&self, min: LexBound<'_>, max: LexBound<'_>) -> Range<usize> {
        let member_is = |rank, what: &dyn Fn(&[u8]) -> bool| {
            self.by_rank(rank)
                .is_some_and(|(member, _)| what(member.bytes(&mut itoa::Buffer::new())))
        };
        let is_below = member_is(self.len().wrapping_sub(1), &|last| min.excludes_below(last));
        if is_below || !member_is(0, &|first| max.includes_below(first)) {
            return 0..0;
        }
        let rank = |before: &dyn Fn(&[u8]) -> bool| match &self.repr {
            Repr::Packed(pack) => {
                packed::rank_by(pack, |_, member| before(member.bytes(&mut itoa::Buffer::new())))
            }
            Repr::Tree(large) => large.tree.rank_by(|member| before(member.bytes())),
        };
        let start = rank(&|member| min.excludes_below(member));
        let end = rank(&|member| max.includes_below(member));
        start..end.max(start)
    }

    /// Member and score of a rank.
    pub fn by_rank(&self, rank: usize) -> Option<(Value<'_>, f64)> {
        (rank < self.len()).then(|| self.iter(rank..rank + 1).next()).flatten()
    }

    /// Members and scores of these ranks in ascending order; ranks beyond the end are left out.
    pub fn iter(&self, ranks: Range<usize>) -> Iter<'_> {
        let ranks = self.clip(ranks);
        let source = match &self.repr {
            Repr::Packed(pack) => {
                let entries = match pack.seek(2 * ranks.start as isize) {
                    Some(pos) => pack.iter_from(pos),
                    None => pack.iter_until(0),
                };
                Source::Packed(entries)
            }
            Repr::Tree(large) => Source::Tree(large.tree.cursor(ranks.start)),
        };
        Iter { source, left: ranks.len(), forward: true }
    }

    /// As [`Zset::iter`], from the highest of the ranks down.
    pub fn iter_rev(&self, ranks: Range<usize>) -> Iter<'_> {
        let ranks = self.clip(ranks);
        let source = match &self.repr {
            Repr::Packed(pack) => {
                let entries = match pack.seek(2 * ranks.end as isize) {
                    Some(pos) => pack.iter_until(pos),
                    None => pack.iter(),
                };
                Source::Packed(entries)
            }
            Repr::Tree(large) => Source::Tree(large.tree.cursor(ranks.end)),
        };
        Iter { source, left: ranks.len(), forward: false }
    }

    fn clip(&self, ranks: Range<usize>) -> Range<usize> {
        let len = self.len();
        let end = ranks.end.min(len);
        ranks.start.min(end)..end
    }

    /// Removes the members of these ranks; returns how many.
    pub fn remove_ranks(&mut self, ranks: Range<usize>) -> usize {
        let ranks = self.clip(ranks);
        let count = ranks.len();
        if count > 0 {
            match &mut self.repr {
                Repr::Packed(pack) => packed::remove_ranks(pack, ranks),
                Repr::Tree(large) => large.remove_ranks(ranks),
            }
        }
        count
    }

    /// A member, each with the same probability.
    pub fn random<R: RngCore + ?Sized>(&self, rng: &mut R) -> Option<(Value<'_>, f64)> {
        use rand::Rng;
        match self.len() {
            0 => None,
            len => self.by_rank(rng.random_range(0..len)),
        }
    }

    /// Calls `visit` with about `count` members and returns where to go on; starts with cursor 0 and ends by
    /// returning 0. A member that is there throughout is visited at least once.
    pub fn scan(&self, mut cursor: u64, count: usize, mut visit: impl FnMut(&[u8], f64)) -> u64 {
        let large = match &self.repr {
            // A small set is visited at once, so that no change can come between.
            Repr::Packed(pack) => {
                for (member, score) in pack.pairs() {
                    let mut digits = itoa::Buffer::new();
                    visit(member.bytes(&mut digits), packed::score_of(score));
                }
                return 0;
            }
            Repr::Tree(large) => large,
        };
        let mut seen = 0;
        // Most buckets have members; the bound is for a table of which hardly any are left.
        for _ in 0..count.saturating_mul(10) {
            cursor = large.members.scan(cursor, |member| {
                seen += 1;
                visit(member.bytes(), member.score());
            });
            if cursor == 0 || seen >= count {
                break;
            }
        }
        cursor
    }

    #[cfg(test)]
    fn check_invariants(&self) {
        if let Repr::Tree(large) = &self.repr {
            large.tree.check_invariants();
            assert_eq!(large.members.len(), large.tree.len());
            let bytes: usize = large.members.iter().map(|member| member.heap_bytes()).sum();
            assert_eq!(bytes, large.member_bytes);
        }
    }
}

/// What an addition to a member with the score `old` means.
fn decide(old: f64, score: f64, flags: AddFlags) -> Result<Outcome, ScoreIsNan> {
    if flags.nx {
        return Ok(Outcome::Refused);
    }
    let new = if flags.incr { old + score } else { score };
    if new.is_nan() {
        return Err(ScoreIsNan);
    }
    if (flags.lt && new >= old) || (flags.gt && new <= old) {
        return Ok(Outcome::Refused);
    }
    Ok(if new == old { Outcome::Unchanged(new) } else { Outcome::Updated(new) })
}

#[derive(Clone)]
enum Source<'a> {
    Packed(listpack::Iter<'a>),
    Tree(Cursor<'a>),
}

/// Members and scores in one direction.
#[derive(Clone)]
pub struct Iter<'a> {
    source: Source<'a>,
    left: usize,
    forward: bool,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Value<'a>, f64);

    fn next(&mut self) -> Option<(Value<'a>, f64)> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.source {
            Source::Packed(entries) => {
                let (member, score) = if self.forward {
                    let member = entries.next()?;
                    (member, entries.next()?)
                } else {
                    let score = entries.next_back()?;
                    (entries.next_back()?, score)
                };
                Some((member, packed::score_of(score)))
            }
            Source::Tree(cursor) => {
                let member = if self.forward { cursor.next() } else { cursor.prev() }?;
                Some((Value::Str(member.bytes()), member.score()))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl std::iter::FusedIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
