//! Making a listpack of many entries.

use super::encoding::Encoded;
use super::value::Value;
use super::{COUNT_UNKNOWN, END, HEADER, Listpack};
use crate::types::thin::Thin;

/// Builds a listpack of many entries with one final allocation.
pub struct Builder {
    pub(super) bytes: Vec<u8>,
    pub(super) count: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    pub fn new() -> Self {
        Self { bytes: vec![0; HEADER], count: 0 }
    }

    pub fn push(&mut self, value: &[u8]) {
        self.push_encoded(&Encoded::new(value));
    }

    pub fn push_int(&mut self, value: i64) {
        self.push_encoded(&Encoded::int(value));
    }

    pub fn push_value(&mut self, value: Value<'_>) {
        match value {
            Value::Str(bytes) => self.push(bytes),
            Value::Int(int) => self.push_int(int),
        }
    }

    /// Length of the listpack that [`Builder::finish`] would give.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + 1
    }

    pub fn finish(mut self) -> Listpack {
        self.bytes.push(END);
        let total = u32::try_from(self.bytes.len()).expect("a listpack ends at 4 GiB");
        let count = u16::try_from(self.count).unwrap_or(COUNT_UNKNOWN);
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
        self.bytes[4..6].copy_from_slice(&count.to_le_bytes());
        Listpack { bytes: Thin::new(&self.bytes) }
    }

    fn push_encoded(&mut self, entry: &Encoded<'_>) {
        entry.parts().iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.count += 1;
    }
}
