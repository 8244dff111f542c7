//! Checking bytes from outside.

use super::encoding::{backlen_of_size, backlen_size, decode, entry_len, u32_at};
use super::{Builder, COUNT_UNKNOWN, END, HEADER, Listpack};

/// Why bytes from outside are not a listpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed listpack at byte {at}")]
pub struct ListpackError {
    /// Offset of the entry that is wrong; 0 for the header.
    pub at: usize,
}

/// Checks the header, the end mark, and of every entry its encoding, bounds and backlen.
///
/// Redis gives an entry whose length just fits into its backlen a byte more (16383, 2097151 and so on;
/// Valkey did until 9.0). That is accepted: the answer then is the same list in our form.
pub(super) fn validate(bytes: &[u8]) -> Result<Option<Listpack>, ListpackError> {
    let fail = |at| Err(ListpackError { at });
    if bytes.len() < HEADER + 1 || u32_at(bytes, 0) as usize != bytes.len() {
        return fail(0);
    }
    let end = bytes.len() - 1;
    if bytes[end] != END {
        return fail(end);
    }
    let (mut pos, mut count) = (HEADER, 0usize);
    let mut rewritten: Option<Builder> = None;
    while pos < end {
        let head_len = match bytes[pos] {
            0..=0xDF => 1,
            0xE0..=0xEF => 2,
            0xF0 => 5,
            0xF1..=0xF4 => 1,
            _ => return fail(pos),
        };
        if pos + head_len > end {
            return fail(pos);
        }
        let len = entry_len(bytes, pos);
        let has_backlen = |size| {
            len + size <= end - pos
                && bytes[pos + len..pos + len + size] == backlen_of_size(len, size)[..size]
        };
        let size = backlen_size(len);
        if has_backlen(size) {
            if let Some(builder) = &mut rewritten {
                builder.push_value(decode(bytes, pos).0);
            }
            pos += len + size;
        } else if backlen_size(len + 1) > size && has_backlen(size + 1) {
            rewritten
                .get_or_insert_with(|| Builder { bytes: bytes[..pos].to_vec(), count })
                .push_value(decode(bytes, pos).0);
            pos += len + size + 1;
        } else {
            return fail(pos);
        }
        count += 1;
    }
    let stored = u16::from_le_bytes([bytes[4], bytes[5]]);
    if stored != COUNT_UNKNOWN && usize::from(stored) != count {
        return fail(0);
    }
    Ok(rewritten.map(Builder::finish))
}
