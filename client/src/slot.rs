//! Hash slots: which of the 16384 slots a key belongs to.

use std::fmt;

/// Number of hash slots of a cluster.
pub const SLOT_COUNT: usize = 16384;

const CRC: crc::Crc<u16, crc::Table<16>> =
    crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_XMODEM);

/// A hash slot, 0 to 16383.
///
/// ```
/// use tsubame_client::Slot;
/// assert_eq!(Slot::of(b"foo"), Slot::new(12182).unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Slot(u16);

impl Slot {
    /// The slot of `key`: CRC16 of its hash tag if it has one, else of the whole key.
    ///
    /// ```
    /// use tsubame_client::Slot;
    /// assert_eq!(Slot::of(b"foo").get(), 12182);
    /// assert_eq!(Slot::of(b"{user1}.name"), Slot::of(b"{user1}.mail"));
    /// ```
    pub fn of(key: &[u8]) -> Self {
        Self(CRC.checksum(hash_tag(key)) % SLOT_COUNT as u16)
    }

    /// A slot by number; `None` if it is above 16383.
    ///
    /// ```
    /// use tsubame_client::Slot;
    /// assert!(Slot::new(16383).is_some() && Slot::new(16384).is_none());
    /// ```
    pub fn new(number: u16) -> Option<Self> {
        (usize::from(number) < SLOT_COUNT).then_some(Self(number))
    }

    /// The slot's number.
    ///
    /// ```
    /// assert_eq!(tsubame_client::Slot::of(b"foo").get(), 12182);
    /// ```
    pub fn get(self) -> u16 {
        self.0
    }

    /// All slots in their order.
    pub(crate) fn all() -> impl Iterator<Item = Slot> {
        (0..SLOT_COUNT as u16).map(Self)
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The part of `key` that is hashed: what stands between the first `{` and the next `}`, if that
/// is not empty.
fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = memchr::memchr(b'{', key) else { return key };
    let inner = &key[open + 1..];
    match memchr::memchr(b'}', inner) {
        Some(len) if len > 0 => &inner[..len],
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_slots() {
        for (key, slot) in [("foo", 12182), ("bar", 5061), ("", 0), ("123456789", 0x31c3)] {
            assert_eq!(Slot::of(key.as_bytes()).get(), slot, "{key}");
        }
    }

    #[test]
    fn a_hash_tag_counts_only_when_it_is_closed_and_not_empty() {
        let whole = |key: &[u8]| hash_tag(key) == key;
        assert_eq!(hash_tag(b"a{b}c"), b"b");
        assert_eq!(hash_tag(b"{a}{b}"), b"a");
        assert_eq!(hash_tag(b"{{a}}"), b"{a");
        assert!(whole(b"a{}b{c}") && whole(b"a{b") && whole(b"a}b{"));
    }
}
