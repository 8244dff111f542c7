//! A key on its way through a command: its bytes, hash and slot, computed once.

use crate::shard::SLOTS;
use crate::types::table::hash_bytes;

const CRC16: crc::Crc<u16, crc::Table<16>> =
    crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_XMODEM);

/// A key with what is needed to find it.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    pub bytes: &'a [u8],
    /// Keyed hash of the bytes: where it lies in a table.
    pub hash: u64,
    /// CRC16 of the hash tag: which shard, and in a cluster which node, it lies on.
    pub slot: u16,
}

impl<'a> Key<'a> {
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, hash: hash_bytes(bytes), slot: key_slot(bytes) }
    }
}

/// What was found out about the key of a command before the command runs, so that it is found out
/// once: [`super::Keyspace::key`] recognises the bytes by where they lie.
#[derive(Debug, Clone, Copy)]
pub struct KeyHint {
    address: usize,
    len: usize,
    pub hash: u64,
    pub slot: u16,
}

impl KeyHint {
    #[inline]
    pub fn of(key: &Key<'_>) -> Self {
        Self {
            address: key.bytes.as_ptr().addr(),
            len: key.bytes.len(),
            hash: key.hash,
            slot: key.slot,
        }
    }

    /// The key, if `bytes` are those that the hint is about.
    #[inline]
    pub fn fits<'a>(&self, bytes: &'a [u8]) -> Option<Key<'a>> {
        let is_same = bytes.as_ptr().addr() == self.address && bytes.len() == self.len;
        is_same.then_some(Key { bytes, hash: self.hash, slot: self.slot })
    }
}

/// The hash slot of a key: of what stands between the first `{` and the next `}`, if anything
/// does, else of the whole key.
#[inline]
pub fn key_slot(key: &[u8]) -> u16 {
    let tagged = memchr::memchr(b'{', key).and_then(|open| {
        let rest = &key[open + 1..];
        memchr::memchr(b'}', rest).filter(|len| *len > 0).map(|len| &rest[..len])
    });
    CRC16.checksum(tagged.unwrap_or(key)) & (SLOTS as u16 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis_cluster() {
        // As CLUSTER KEYSLOT answers.
        for (key, slot) in [
            ("foo", 12182),
            ("bar", 5061),
            ("", 0),
            ("{user1000}.following", 3443),
            ("{user1000}.followers", 3443),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("foo{bar}{zap}", 5061),
            ("123456789", 12739),
        ] {
            assert_eq!(key_slot(key.as_bytes()), slot, "{key}");
        }
    }
}
