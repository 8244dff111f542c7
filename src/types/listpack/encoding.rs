//! The bytes of one entry.

use super::value::{Value, canonical_int};
use super::{END, HEADER};

/// Bytes that `value` will take as an entry.
pub fn encoded_size(value: &[u8]) -> usize {
    Encoded::new(value).size()
}

/// An entry about to be written: encoding byte(s) or whole integer, string payload, backlen.
pub(super) struct Encoded<'a> {
    head: [u8; 9],
    head_len: usize,
    payload: &'a [u8],
    tail: [u8; 5],
    tail_len: usize,
}

impl<'a> Encoded<'a> {
    pub(super) fn new(value: &'a [u8]) -> Self {
        if let Some(int) = canonical_int(value) {
            return Self::int(int);
        }
        let len = value.len();
        match len {
            0..64 => Self::with(&[0x80 | len as u8], value),
            64..4096 => Self::with(&[0xE0 | (len >> 8) as u8, len as u8], value),
            _ => {
                let len = u32::try_from(len).expect("a listpack ends at 4 GiB").to_le_bytes();
                Self::with(&[0xF0, len[0], len[1], len[2], len[3]], value)
            }
        }
    }

    pub(super) fn int(value: i64) -> Self {
        let b = value.to_le_bytes();
        match value {
            0..=127 => Self::with(&[b[0]], &[]),
            -4096..=4095 => Self::with(&[0xC0 | (b[1] & 0x1F), b[0]], &[]),
            -0x8000..=0x7FFF => Self::with(&[0xF1, b[0], b[1]], &[]),
            -0x80_0000..=0x7F_FFFF => Self::with(&[0xF2, b[0], b[1], b[2]], &[]),
            -0x8000_0000..=0x7FFF_FFFF => Self::with(&[0xF3, b[0], b[1], b[2], b[3]], &[]),
            _ => Self::with(&[0xF4, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]], &[]),
        }
    }

    fn with(encoding: &[u8], payload: &'a [u8]) -> Self {
        let mut head = [0; 9];
        head[..encoding.len()].copy_from_slice(encoding);
        let (tail, tail_len) = encode_backlen(encoding.len() + payload.len());
        Self { head, head_len: encoding.len(), payload, tail, tail_len }
    }

    /// The three parts that make the entry.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [&self.head[..self.head_len], self.payload, &self.tail[..self.tail_len]]
    }

    pub(super) fn size(&self) -> usize {
        self.head_len + self.payload.len() + self.tail_len
    }
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Bytes that the backlen of an entry of `len` bytes takes: as few as hold it.
pub(super) fn backlen_size(len: usize) -> usize {
    match len {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

pub(super) fn encode_backlen(len: usize) -> ([u8; 5], usize) {
    let size = backlen_size(len);
    (backlen_of_size(len, size), size)
}

pub(super) fn backlen_of_size(len: usize, size: usize) -> [u8; 5] {
    let mut out = [0; 5];
    for (i, byte) in out[..size].iter_mut().enumerate() {
        let bits = (len >> (7 * (size - 1 - i))) as u8 & 0x7F;
        *byte = if i == 0 { bits } else { bits | 0x80 };
    }
    out
}

/// Encoding byte(s) and payload length of the entry at `pos`, without its backlen.
pub(super) fn entry_len(bytes: &[u8], pos: usize) -> usize {
    match bytes[pos] {
        0..=0x7F => 1,
        head @ 0x80..=0xBF => 1 + usize::from(head & 0x3F),
        0xC0..=0xDF => 2,
        head @ 0xE0..=0xEF => 2 + (usize::from(head & 0x0F) << 8 | usize::from(bytes[pos + 1])),
        0xF0 => 5 + u32_at(bytes, pos + 1) as usize,
        0xF1 => 3,
        0xF2 => 4,
        0xF3 => 5,
        0xF4 => 9,
        _ => panic!("no listpack entry at byte {pos}"),
    }
}

pub(super) fn entry_size(bytes: &[u8], pos: usize) -> usize {
    let len = entry_len(bytes, pos);
    len + backlen_size(len)
}

/// Position of the entry that ends at `pos`.
pub(super) fn entry_before(bytes: &[u8], pos: usize) -> usize {
    let (mut len, mut shift, mut at) = (0, 0, pos - 1);
    loop {
        len |= usize::from(bytes[at] & 0x7F) << shift;
        if bytes[at] & 0x80 == 0 {
            return at - len;
        }
        shift += 7;
        at -= 1;
    }
}

/// The entry at `pos` and the position behind it.
pub(super) fn decode(bytes: &[u8], pos: usize) -> (Value<'_>, usize) {
    let len = entry_len(bytes, pos);
    let entry = &bytes[pos..pos + len];
    let head = entry[0];
    let value = match head {
        0..=0x7F => Value::Int(i64::from(head)),
        0x80..=0xBF => Value::Str(&entry[1..]),
        0xC0..=0xDF => {
            let bits = i16::from_be_bytes([head & 0x1F, entry[1]]);
            Value::Int(i64::from(bits << 3 >> 3))
        }
        0xE0..=0xEF => Value::Str(&entry[2..]),
        0xF0 => Value::Str(&entry[5..]),
        _ => {
            let payload = &entry[1..];
            let sign = if payload[payload.len() - 1] & 0x80 == 0 { 0 } else { 0xFF };
            let mut wide = [sign; 8];
            wide[..payload.len()].copy_from_slice(payload);
            Value::Int(i64::from_le_bytes(wide))
        }
    };
    (value, pos + len + backlen_size(len))
}

pub(super) fn count_entries(bytes: &[u8]) -> usize {
    let (mut pos, mut count) = (HEADER, 0);
    while bytes[pos] != END {
        pos += entry_size(bytes, pos);
        count += 1;
    }
    count
}
