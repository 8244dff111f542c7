use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits { entries: 8, value_bytes: 12 };
const ALWAYS_LARGE: Limits = Limits { entries: 0, value_bytes: 64 };
const ALWAYS_PACKED: Limits = Limits { entries: 1 << 20, value_bytes: 1 << 20 };

/// Score by member, and the order: what a sorted set means.
#[derive(Default)]
struct Model {
    scores: BTreeMap<Vec<u8>, f64>,
    order: BTreeSet<(u64, Vec<u8>)>,
}

impl Model {
    fn set(&mut self, score: f64, member: &[u8]) {
        self.remove(member);
        self.scores.insert(member.to_vec(), score);
        self.order.insert((order_key(score), member.to_vec()));
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let score = self.scores.remove(member)?;
        self.order.remove(&(order_key(score), member.to_vec()));
        Some(score)
    }

    fn entries(&self) -> Vec<(Vec<u8>, f64)> {
        self.order.iter().map(|(_, member)| (member.clone(), self.scores[member])).collect()
    }
}

fn owned((member, score): (Value<'_>, f64)) -> (Vec<u8>, f64) {
    (member.to_vec(), score)
}

fn check(set: &Zset, model: &Model) {
    set.check_invariants();
    let entries = model.entries();
    assert_eq!(set.len(), entries.len());
    assert_eq!(set.iter(0..usize::MAX).map(owned).collect::<Vec<_>>(), entries);
}

fn filled(limits: Limits, entries: &[(f64, &str)]) -> Zset {
    let mut set = Zset::new();
    for &(score, member) in entries {
        set.insert(score, member.as_bytes(), limits);
    }
    set
}

#[test]
fn a_sorted_set_is_two_words() {
    assert_eq!(size_of::<Zset>(), 16);
}

#[test]
fn the_encoding_changes_beyond_entries_or_length_and_not_back() {
    let mut set = filled(SMALL, &[(1.0, "a"), (2.0, "twelve bytes")]);
    assert_eq!(set.encoding(), "listpack");
    set.insert(3.0, b"thirteen byte", SMALL);
    assert_eq!(set.encoding(), "skiplist");
    set.remove(b"thirteen byte");
    assert_eq!(set.encoding(), "skiplist");
    set.pack_if_small(SMALL);
    assert_eq!(set.encoding(), "listpack");
    for i in 0..7 {
        let before = set.encoding();
        set.insert(f64::from(i), format!("m{i}").as_bytes(), SMALL);
        assert_eq!((before, set.encoding() == "skiplist"), ("listpack", i == 6));
    }
    assert_eq!(Zset::with_expected(9, 0, SMALL).encoding(), "skiplist");
    assert_eq!(Zset::with_expected(8, 13, SMALL).encoding(), "skiplist");
    assert_eq!(Zset::with_expected(8, 12, SMALL).encoding(), "listpack");
}

/// What Valkey 9.1 dumps for ZADD z 1 a 2.5 b -0 7.
#[test]
fn the_listpack_has_the_bytes_of_valkey() {
    let set = filled(ALWAYS_PACKED, &[(1.0, "a"), (2.5, "b"), (-0.0, "7")]);
    assert_eq!(
        set.as_listpack().map(Listpack::as_bytes),
        Some(&b"\x18\0\0\0\x06\0\x07\x01\0\x01\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff"[..])
    );
}

#[test]
fn additions_obey_their_flags() {
    for limits in [ALWAYS_PACKED, ALWAYS_LARGE] {
        let none = AddFlags::default();
        let mut set = Zset::new();
        let mut add = |score, flags| set.add(score, b"m", flags, limits);
        assert_eq!(add(1.0, AddFlags { xx: true, ..none }), Ok(Outcome::Refused));
        assert_eq!(add(1.0, AddFlags { gt: true, ..none }), Ok(Outcome::Added(1.0)));
        assert_eq!(add(2.0, AddFlags { nx: true, ..none }), Ok(Outcome::Refused));
        assert_eq!(add(1.0, none), Ok(Outcome::Unchanged(1.0)));
        assert_eq!(add(0.5, AddFlags { gt: true, ..none }), Ok(Outcome::Refused));
        assert_eq!(add(1.0, AddFlags { lt: true, ..none }), Ok(Outcome::Refused));
        assert_eq!(add(0.5, AddFlags { lt: true, ..none }), Ok(Outcome::Updated(0.5)));
        assert_eq!(add(2.0, AddFlags { incr: true, ..none }), Ok(Outcome::Updated(2.5)));
        let incr_gt = AddFlags { incr: true, gt: true, ..none };
        assert_eq!(add(-1.0, incr_gt), Ok(Outcome::Refused));
        assert_eq!(add(f64::INFINITY, incr_gt), Ok(Outcome::Updated(f64::INFINITY)));
        assert_eq!(add(f64::NEG_INFINITY, AddFlags { incr: true, ..none }), Err(ScoreIsNan));
        assert_eq!(set.score(b"m"), Some(f64::INFINITY));
    }
}

#[test]
fn ranges_include_what_their_bounds_say() {
    for limits in [ALWAYS_PACKED, ALWAYS_LARGE] {
        let set = filled(limits, &[(1.0, "a"), (2.0, "b"), (2.0, "c"), (3.0, "d")]);
        let (inc, exc) = (ScoreBound::inclusive, ScoreBound::exclusive);
        assert_eq!(set.score_range(inc(2.0), inc(3.0)), 1..4);
        assert_eq!(set.score_range(exc(2.0), inc(3.0)), 3..4);
        assert_eq!(set.score_range(exc(1.0), exc(3.0)), 1..3);
        assert_eq!(set.score_range(inc(f64::NEG_INFINITY), inc(f64::INFINITY)), 0..4);
        assert_eq!(set.score_range(exc(f64::NEG_INFINITY), exc(f64::INFINITY)), 0..4);
        assert!(set.score_range(inc(3.0), inc(2.0)).is_empty());
        assert!(set.score_range(exc(2.0), exc(2.0)).is_empty());
        let lex = |min, max| set.lex_range(min, max);
        assert_eq!(lex(LexBound::Min, LexBound::Max), 0..4);
        assert_eq!(lex(LexBound::Inclusive(b"b"), LexBound::Inclusive(b"c")), 1..3);
        assert_eq!(lex(LexBound::Exclusive(b"b"), LexBound::Max), 2..4);
        assert_eq!(lex(LexBound::Min, LexBound::Exclusive(b"b")), 0..1);
        assert!(lex(LexBound::Max, LexBound::Min).is_empty());
        assert!(lex(LexBound::Inclusive(b"c"), LexBound::Inclusive(b"b")).is_empty());
    }
}

#[test]
fn with_several_scores_the_ends_decide_whether_bytes_are_looked_for() {
    for limits in [ALWAYS_PACKED, ALWAYS_LARGE] {
        let set = filled(limits, &[(1.0, "x"), (2.0, "m"), (3.0, "c")]);
        assert!(set.lex_range(LexBound::Inclusive(b"d"), LexBound::Max).is_empty());
        assert!(set.lex_range(LexBound::Min, LexBound::Inclusive(b"m")).is_empty());
        assert_eq!(set.lex_range(LexBound::Min, LexBound::Max), 0..3);
    }
}

#[test]
fn minus_zero_keeps_its_sign_only_in_a_large_set() {
    let small = filled(ALWAYS_PACKED, &[(-0.0, "m")]);
    assert!(small.score(b"m").is_some_and(f64::is_sign_positive));
    let large = filled(ALWAYS_LARGE, &[(-0.0, "m")]);
    assert!(large.score(b"m").is_some_and(f64::is_sign_negative));
    assert_eq!(large.score_range(ScoreBound::inclusive(0.0), ScoreBound::inclusive(0.0)), 0..1);
}

#[test]
fn every_member_is_scanned_and_can_be_drawn() {
    for limits in [ALWAYS_PACKED, ALWAYS_LARGE] {
        let mut set = Zset::new();
        for i in 0..300 {
            set.insert(f64::from(i), format!("m{i}").as_bytes(), limits);
        }
        let (mut seen, mut cursor) = (BTreeMap::new(), 0);
        loop {
            cursor = set.scan(cursor, 7, |member, score| {
                seen.insert(member.to_vec(), score);
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen.len(), 300);
        assert!(seen.iter().all(|(member, &score)| member == format!("m{score}").as_bytes()));
        let mut rng = rand::rng();
        let drawn: BTreeSet<_> =
            (0..6000).filter_map(|_| set.random(&mut rng)).map(|(m, _)| m.to_vec()).collect();
        assert_eq!(drawn.len(), 300, "a miss has a chance of one in a million");
    }
    assert!(Zset::new().random(&mut rand::rng()).is_none());
}

/// Grows three levels by every pattern of insertion, then takes it apart in pieces.
#[test]
fn large_sets_keep_order_however_they_grow_and_shrink() {
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    };
    for pattern in 0..5 {
        let (mut set, mut model) = (Zset::new(), Model::default());
        for i in 0..6000u64 {
            let score = match pattern {
                0 => i as f64,
                1 => -(i as f64),
                2 => random() as f64 / 1e6,
                3 => f64::from_bits(random() << 31 | random()) * 1e-3,
                _ => (random() % 3) as f64,
            };
            let score = if score.is_nan() { 0.5 } else { score };
            let member = format!("{:x}", random());
            assert_eq!(
                matches!(set.insert(score, member.as_bytes(), ALWAYS_LARGE), Outcome::Added(_)),
                !model.scores.contains_key(member.as_bytes())
            );
            model.set(score, member.as_bytes());
        }
        check(&set, &model);
        for (rank, (member, score)) in model.entries().iter().enumerate().step_by(97) {
            assert_eq!(set.rank(member), Some((rank, *score)));
            assert_eq!(set.by_rank(rank).map(owned), Some((member.clone(), *score)));
        }
        while !set.is_empty() {
            let start = random() as usize % set.len();
            let count = if random() % 8 == 0 { random() as usize % 900 } else { 1 };
            let entries = model.entries();
            let end = (start + count).min(entries.len());
            assert_eq!(set.remove_ranks(start..start + count), end - start);
            for (member, _) in &entries[start..end] {
                model.remove(member);
            }
            check(&set, &model);
            // Removing one by one takes too long for all of them.
            let rest = set.len() / 2;
            if random() % 16 == 0 {
                for (member, _) in &model.entries()[..rest] {
                    assert_eq!(set.remove(member), model.remove(member));
                }
                check(&set, &model);
            }
        }
    }
}

#[test]
fn a_member_costs_less_than_at_the_peers() {
    let mut set = Zset::new();
    let mut state = 1u64;
    let count = 200_000;
    for i in 0..count {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        set.insert((state >> 40) as f64, format!("{i:016}").as_bytes(), ALWAYS_LARGE);
    }
    let each = set.heap_bytes() as f64 / count as f64;
    assert!(each < 55.0, "{each} bytes a member");
}

#[derive(Debug, Clone)]
enum Op {
    Add(f64, Vec<u8>, AddFlags),
    Remove(Vec<u8>),
    RemoveRanks(usize, usize),
    Pack,
    Clone,
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-4i32..4).prop_map(f64::from),
        3 => (-400i32..400).prop_map(|n| f64::from(n) / 8.0),
        2 => any::<f64>().prop_filter("a score", |score| !score.is_nan()),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0), Just(1e300)],
    ]
}

fn member() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0u16..400).prop_map(|n| n.to_string().into_bytes()),
        4 => (0u16..400).prop_map(|n| format!("m{n:04}").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

fn flags() -> impl Strategy<Value = AddFlags> {
    (any::<[bool; 5]>(), 0u8..3).prop_map(|([nx, xx, gt, lt, incr], plain)| {
        if plain > 0 { AddFlags::default() } else { AddFlags { nx, xx, gt, lt, incr } }
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        20 => (score(), member(), flags()).prop_map(|(s, m, f)| Op::Add(s, m, f)),
        6 => member().prop_map(Op::Remove),
        1 => (0usize..400, 0usize..40).prop_map(|(start, count)| Op::RemoveRanks(start, count)),
        1 => Just(Op::Pack),
        1 => Just(Op::Clone),
    ]
}

fn apply(op: Op, set: &mut Zset, model: &mut Model, limits: Limits) {
    match op {
        Op::Add(score, member, flags) => {
            let expected = match model.scores.get(&member) {
                Some(&old) => decide(old, score, flags),
                None if flags.xx => Ok(Outcome::Refused),
                None => Ok(Outcome::Added(score)),
            };
            assert_eq!(set.add(score, &member, flags, limits), expected);
            if let Ok(Outcome::Added(new) | Outcome::Updated(new)) = expected {
                model.set(new, &member);
            }
            assert_eq!(set.score(&member), model.scores.get(&member).copied());
        }
        Op::Remove(member) => assert_eq!(set.remove(&member), model.remove(&member)),
        Op::RemoveRanks(start, count) => {
            let gone: Vec<_> = model.entries().into_iter().skip(start).take(count).collect();
            assert_eq!(set.remove_ranks(start..start + count), gone.len());
            gone.iter().for_each(|(member, _)| {
                model.remove(member);
            });
        }
        Op::Pack => set.pack_if_small(limits),
        Op::Clone => *set = set.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// In every representation a sorted set answers as the model does.
    #[test]
    fn agrees_with_the_model(
        limits in prop_oneof![Just(SMALL), Just(ALWAYS_LARGE), Just(ALWAYS_PACKED)],
        ops in proptest::collection::vec(op(), 0..500),
        bounds in any::<[bool; 2]>(),
        ends in (score(), score()),
        lex in (member(), member()),
        ranks in (0usize..300, 0usize..300),
    ) {
        let (mut set, mut model) = (Zset::new(), Model::default());
        for op in ops {
            apply(op, &mut set, &mut model, limits);
        }
        check(&set, &model);
        let entries = model.entries();
        let reversed: Vec<_> = set.iter_rev(ranks.0..ranks.1).map(owned).collect();
        let mut slice: Vec<_> =
            entries.iter().take(ranks.1).skip(ranks.0).cloned().collect();
        prop_assert_eq!(&set.iter(ranks.0..ranks.1).map(owned).collect::<Vec<_>>(), &slice);
        slice.reverse();
        prop_assert_eq!(reversed, slice);
        for (rank, (member, score)) in entries.iter().enumerate() {
            prop_assert_eq!(set.rank(member), Some((rank, *score)));
        }
        let (min, max) = (
            ScoreBound { score: ends.0, exclusive: bounds[0] },
            ScoreBound { score: ends.1, exclusive: bounds[1] },
        );
        let within = |score: f64| {
            (if bounds[0] { score > ends.0 } else { score >= ends.0 })
                && (if bounds[1] { score < ends.1 } else { score <= ends.1 })
        };
        let expected: Vec<_> = entries.iter().filter(|(_, score)| within(*score)).cloned().collect();
        let range = set.score_range(min, max);
        prop_assert_eq!(set.iter(range).map(owned).collect::<Vec<_>>(), expected);

        // With equal scores the order is that of the bytes.
        let mut flat = Zset::new();
        for (member, _) in &entries {
            flat.insert(1.0, member, limits);
        }
        let (low, high) = (&lex.0[..], &lex.1[..]);
        let min = if bounds[0] { LexBound::Exclusive(low) } else { LexBound::Inclusive(low) };
        let max = if bounds[1] { LexBound::Exclusive(high) } else { LexBound::Inclusive(high) };
        let within = |member: &[u8]| {
            (if bounds[0] { member > low } else { member >= low })
                && (if bounds[1] { member < high } else { member <= high })
        };
        let expected: Vec<_> =
            model.scores.keys().filter(|member| within(member)).cloned().collect();
        let range = flat.lex_range(min, max);
        prop_assert_eq!(flat.iter(range).map(|(m, _)| m.to_vec()).collect::<Vec<_>>(), expected);
    }
}
