//! The 40-character names of nodes and shards.

use std::fmt;

use rand::Rng;

/// A node id or a shard id: 40 characters, each a lowercase letter or a digit.
///
/// Nodes make up their own from random hexadecimal digits, but what a peer or an operator may name
/// is the wider set, as in Valkey. A value of this type always holds 40 such characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId([u8; NodeId::LEN]);

impl NodeId {
    pub const LEN: usize = 40;

    /// Reads an id; `None` if it is not 40 lowercase letters and digits.
    pub fn parse(text: &[u8]) -> Option<NodeId> {
        let bytes: [u8; Self::LEN] = text.try_into().ok()?;
        let valid = bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        valid.then_some(NodeId(bytes))
    }

    /// A new random id of hexadecimal digits.
    pub fn random(rng: &mut impl Rng) -> NodeId {
        NodeId(std::array::from_fn(|_| b"0123456789abcdef"[rng.random_range(0..16)]))
    }

    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII is ever stored")
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn only_forty_lowercase_letters_and_digits_are_an_id() {
        assert!(NodeId::parse(&[b'z'; 40]).is_some());
        assert!(NodeId::parse(&[b'Z'; 40]).is_none());
        assert!(NodeId::parse(&[0; 40]).is_none());
        assert!(NodeId::parse(&[b'a'; 39]).is_none());
        assert!(NodeId::parse(&[b'a'; 41]).is_none());
    }

    #[test]
    fn a_random_id_reads_back() {
        let id = NodeId::random(&mut StdRng::seed_from_u64(7));
        assert_eq!(NodeId::parse(id.as_str().as_bytes()), Some(id));
    }
}
