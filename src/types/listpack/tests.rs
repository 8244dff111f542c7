use proptest::prelude::*;

use super::*;

/// What Valkey 9.1 dumps for `RPUSH l` with one string or integer of every width.
const EVERY_WIDTH: &[&[u8]] = &[
    b"hello",
    b"1",
    b"127",
    b"128",
    b"-1",
    b"4095",
    b"-4096",
    b"4096",
    b"32767",
    b"-32768",
    b"32768",
    b"8388607",
    b"-8388608",
    b"8388608",
    b"2147483647",
    b"-2147483648",
    b"2147483648",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"01",
    b"-0",
    b"",
    b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
];

const EVERY_WIDTH_DUMPED: &[u8] = b"\x0c\x01\x00\x00\x19\x00\x85hello\x06\x01\x01\x7f\x01\xc0\x80\
    \x02\xdf\xff\x02\xcf\xff\x02\xd0\x00\x02\xf1\x00\x10\x03\xf1\xff\x7f\x03\xf1\x00\x80\x03\
    \xf2\x00\x80\x00\x04\xf2\xff\xff\x7f\x04\xf2\x00\x00\x80\x04\xf3\x00\x00\x80\x00\x05\
    \xf3\xff\xff\xff\x7f\x05\xf3\x00\x00\x00\x80\x05\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09\
    \xf4\xff\xff\xff\xff\xff\xff\xff\x7f\x09\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09\
    \x939223372036854775808\x14\x8201\x03\x82-0\x03\x80\x01\
    \xbfxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@\
    \xe0@yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyB\xff";

fn contents(list: &Listpack) -> Vec<Vec<u8>> {
    list.iter().map(Value::to_vec).collect()
}

/// Everything that can be read must agree with the model, and the bytes must pass validation.
fn check(list: &Listpack, model: &[Vec<u8>]) {
    assert_eq!(contents(list), model);
    let mut backward: Vec<_> = list.iter().rev().map(Value::to_vec).collect();
    backward.reverse();
    assert_eq!(backward, model);
    assert_eq!(list.len(), model.len());
    assert_eq!(list.is_empty(), model.is_empty());
    assert_eq!(Listpack::from_bytes(list.as_bytes()).as_ref(), Ok(list));
    assert_eq!(&model.iter().collect::<Listpack>(), list);
}

#[test]
fn every_encoding_has_the_bytes_of_valkey() {
    let mut list = Listpack::new();
    EVERY_WIDTH.iter().for_each(|value| list.push_back(value));
    assert_eq!(list.as_bytes(), EVERY_WIDTH_DUMPED);
    let mut from_the_front = Listpack::new();
    EVERY_WIDTH.iter().rev().for_each(|value| from_the_front.push_front(value));
    assert_eq!(from_the_front, list);
    check(&list, &EVERY_WIDTH.iter().map(|value| value.to_vec()).collect::<Vec<_>>());
}

#[test]
fn backlens_have_the_widths_of_valkey() {
    for (len, tail) in [
        (4095, &b"\x20\x81"[..]),
        (4096, b"\x20\x85"),
        (16377, b"\x7f\xfe"),
        (16378, b"\x7f\xff"),
        (16379, b"\x01\x80\x80"),
        (2097145, b"\x7f\xff\xfe"),
        (2097146, b"\x7f\xff\xff"),
        (2097147, b"\x01\x80\x80\x80"),
    ] {
        let list: Listpack = [vec![b'a'; len]].iter().collect();
        assert_eq!(
            &list.as_bytes()[list.bytes() - 1 - tail.len()..list.bytes() - 1],
            tail,
            "{len}"
        );
        check(&list, &[vec![b'a'; len]]);
    }
}

#[test]
fn the_wider_backlen_of_redis_is_accepted_and_rewritten() {
    let ours: Listpack = [&b"one"[..], &[b'a'; 16378], b"two"].iter().collect();
    let mut theirs = ours.as_bytes().to_vec();
    let at = theirs.windows(2).position(|pair| pair == b"\x7f\xff").expect("the backlen");
    theirs.splice(at..at + 2, *b"\x00\xff\xff");
    let total = (theirs.len() as u32).to_le_bytes();
    theirs[..4].copy_from_slice(&total);
    assert_eq!(Listpack::from_bytes(&theirs), Ok(ours));
}

#[test]
fn only_canonical_decimals_are_integers() {
    for (text, int) in [
        ("0", Some(0)),
        ("-1", Some(-1)),
        ("10", Some(10)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("99999999999999999999", None),
        ("", None),
        ("-", None),
        ("-0", None),
        ("00", None),
        ("+1", None),
        (" 1", None),
        ("1 ", None),
        ("1a", None),
        ("0x1", None),
    ] {
        assert_eq!(canonical_int(text.as_bytes()), int, "{text:?}");
    }
}

#[test]
fn indexes_count_from_both_ends() {
    let list: Listpack = ["a", "7", "c"].iter().collect();
    let read = |index| list.get(index).map(Value::to_vec);
    for (index, value) in [(0, "a"), (1, "7"), (2, "c"), (-1, "c"), (-2, "7"), (-3, "a")] {
        assert_eq!(read(index).as_deref(), Some(value.as_bytes()), "{index}");
    }
    for index in [3, -4, isize::MAX, isize::MIN] {
        assert_eq!(read(index), None, "{index}");
    }
    assert_eq!(Listpack::new().get(0), None);
    assert_eq!(Listpack::new().get(-1), None);
}

#[test]
fn find_looks_only_where_it_is_told() {
    let list: Listpack = ["f", "v", "v", "12", "12", "f"].iter().collect();
    let index = |pos: Option<usize>| pos.map(|pos| list.iter_until(pos).count());
    assert_eq!(index(list.find(b"v", 0)), Some(1));
    assert_eq!(index(list.find(b"v", 1)), Some(2));
    assert_eq!(index(list.find(b"12", 1)), Some(4));
    assert_eq!(index(list.find(b"012", 0)), None);
    assert_eq!(index(list.find(b"12", 9)), None);
    let second = list.seek(2).expect("there are six");
    assert_eq!(index(list.find_from(second, b"f", 0)), Some(5));
    assert_eq!(list.pairs().filter(|(field, _)| field.to_vec() == b"v").count(), 1);
}

#[test]
fn a_count_beyond_16_bits_is_found_by_walking() {
    let mut list: Listpack = (0..65_536).map(|i: u32| (i % 100).to_string()).collect();
    assert_eq!(list.as_bytes()[4..6], [0xFF, 0xFF]);
    assert_eq!(list.len(), 65_536);
    list.push_back(b"x");
    assert_eq!(list.len(), 65_537);
    assert_eq!(list.get(65_536), Some(Value::Str(b"x")));
    assert_eq!(list.get(-65_537), Some(Value::Int(0)));
    assert_eq!(list.get(65_537), None);
    list.remove_range(-10, 3);
    assert_eq!(list.len(), 65_534);
    assert_eq!(list.as_bytes()[4..6], [0xFE, 0xFF]);
}

#[test]
fn damaged_bytes_are_refused() {
    let list: Listpack = EVERY_WIDTH.iter().collect();
    let good = list.as_bytes();
    assert!(Listpack::from_bytes(b"").is_err());
    assert!(Listpack::from_bytes(&good[..good.len() - 1]).is_err());
    let mut wrong_count = good.to_vec();
    wrong_count[4] += 1;
    assert_eq!(Listpack::from_bytes(&wrong_count), Err(ListpackError { at: 0 }));
    let mut bad_encoding = good.to_vec();
    bad_encoding[6] = 0xF5;
    assert_eq!(Listpack::from_bytes(&bad_encoding), Err(ListpackError { at: 6 }));
    let mut bad_backlen = good.to_vec();
    bad_backlen[12] ^= 1;
    assert_eq!(Listpack::from_bytes(&bad_backlen), Err(ListpackError { at: 6 }));
    let too_long_a_string = b"\x0c\x00\x00\x00\x01\x00\xf0\xff\xff\xff\xff\xff";
    assert!(Listpack::from_bytes(too_long_a_string).is_err());
}

#[derive(Debug, Clone)]
enum Op {
    PushBack(Vec<u8>),
    PushFront(Vec<u8>),
    InsertBefore(usize, Vec<u8>),
    InsertAfter(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    ReplaceInt(usize, i64),
    Remove(usize),
    RemoveRange(isize, usize),
    SplitAndJoin(usize),
    Swap(usize),
}

impl Op {
    fn apply(self, list: &mut Listpack, model: &mut Vec<Vec<u8>>) {
        let len = model.len();
        match self {
            Op::PushBack(value) => {
                list.push_back(&value);
                model.push(value);
            }
            Op::PushFront(value) => {
                list.push_front(&value);
                model.insert(0, value);
            }
            Op::RemoveRange(index, count) => {
                let start = if index < 0 { len as isize + index } else { index };
                let mut expected = 0;
                if (0..len as isize).contains(&start) {
                    let start = start as usize;
                    expected = count.min(len - start);
                    model.drain(start..start + expected);
                }
                assert_eq!(list.remove_range(index, count), expected);
            }
            Op::SplitAndJoin(at) => {
                let at = at % (len + 1);
                let rest = list.split(at);
                check(list, &model[..at]);
                check(&rest, &model[at..]);
                list.concat(&rest);
            }
            Op::Swap(at) => {
                let at = at % (len + 1);
                let mut rest = list.split(at);
                rest.concat(list);
                *list = rest;
                model.rotate_left(at);
            }
            _ if len == 0 => {}
            Op::InsertBefore(at, value) => {
                let pos = list.seek((at % len) as isize).expect("in range");
                let pos = list.insert_before(pos, &value);
                assert!(list.at(pos) == *value);
                model.insert(at % len, value);
            }
            Op::InsertAfter(at, value) => {
                let pos = list.seek((at % len) as isize).expect("in range");
                let pos = list.insert_after(pos, &value);
                assert!(list.at(pos) == *value);
                model.insert(at % len + 1, value);
            }
            Op::Replace(at, value) => {
                let pos = list.seek((at % len) as isize).expect("in range");
                list.replace(pos, &value);
                model[at % len] = value;
            }
            Op::ReplaceInt(at, value) => {
                let pos = list.seek((at % len) as isize - len as isize).expect("in range");
                list.replace_int(pos, value);
                model[at % len] = value.to_string().into_bytes();
            }
            Op::Remove(at) => {
                let pos = list.seek((at % len) as isize).expect("in range");
                let next = list.remove(pos).map(|pos| list.at(pos).to_vec());
                model.remove(at % len);
                assert_eq!(next.as_ref(), model.get(at % len));
            }
        }
    }
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..80),
        4 => any::<i64>().prop_map(|int| int.to_string().into_bytes()),
        4 => (-70_000i64..70_000).prop_map(|int| int.to_string().into_bytes()),
        2 => (0i64..300).prop_map(|int| int.to_string().into_bytes()),
        1 => (120usize..140, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        1 => (4090usize..4100, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => value().prop_map(Op::PushBack),
        3 => value().prop_map(Op::PushFront),
        2 => (any::<usize>(), value()).prop_map(|(at, v)| Op::InsertBefore(at, v)),
        2 => (any::<usize>(), value()).prop_map(|(at, v)| Op::InsertAfter(at, v)),
        3 => (any::<usize>(), value()).prop_map(|(at, v)| Op::Replace(at, v)),
        1 => (any::<usize>(), any::<i64>()).prop_map(|(at, v)| Op::ReplaceInt(at, v)),
        3 => any::<usize>().prop_map(Op::Remove),
        1 => (-40isize..40, 0usize..5).prop_map(|(at, n)| Op::RemoveRange(at, n)),
        1 => any::<usize>().prop_map(Op::SplitAndJoin),
        1 => any::<usize>().prop_map(Op::Swap),
    ]
}

proptest! {
    /// Whatever is done to it, a listpack holds what a plain vector would hold.
    #[test]
    fn agrees_with_a_vector(ops in proptest::collection::vec(op(), 0..60)) {
        let (mut list, mut model) = (Listpack::new(), Vec::new());
        for op in ops {
            op.apply(&mut list, &mut model);
            check(&list, &model);
        }
        for (index, value) in model.iter().enumerate() {
            let pos = list.find(value, 0).expect("it is there");
            prop_assert!(list.at(pos) == **value);
            prop_assert!(list.iter_until(pos).count() <= index);
        }
    }

    /// Arbitrary bytes are either refused or can be read to both ends.
    #[test]
    fn no_bytes_make_a_reader_panic(mut bytes in proptest::collection::vec(any::<u8>(), 7..64)) {
        let total = (bytes.len() as u32).to_le_bytes();
        bytes[..4].copy_from_slice(&total);
        bytes[4..6].copy_from_slice(&[0xFF, 0xFF]);
        *bytes.last_mut().expect("not empty") = END;
        if let Ok(list) = Listpack::from_bytes(&bytes) {
            prop_assert_eq!(list.iter().count(), list.iter().rev().count());
            prop_assert_eq!(list.len(), list.iter().count());
        }
    }
}
