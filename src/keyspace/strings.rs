//! String values in the keyspace.

use super::entry::{Entry, ValueRef};
use super::key::Key;
use super::obj::{ObjType, WrongType};
use super::view::Keyspace;

/// A string value: bytes, or an integer that stands for its decimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrRef<'a> {
    Bytes(&'a [u8]),
    Int(i64),
}

impl StrRef<'_> {
    /// Calls `f` with the text.
    pub fn with<R>(self, f: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Self::Bytes(bytes) => f(bytes),
            Self::Int(int) => f(itoa::Buffer::new().format(int).as_bytes()),
        }
    }

    pub fn len(self) -> usize {
        self.with(<[u8]>::len)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub fn to_vec(self) -> Vec<u8> {
        self.with(<[u8]>::to_vec)
    }
}

impl<'a> TryFrom<ValueRef<'a>> for StrRef<'a> {
    type Error = WrongType;

    fn try_from(value: ValueRef<'a>) -> Result<Self, WrongType> {
        match value {
            ValueRef::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            ValueRef::Int(int) => Ok(Self::Int(int)),
            ValueRef::Obj(_) => Err(WrongType),
        }
    }
}

impl Keyspace<'_> {
    /// A string value, to be read.
    #[inline]
    pub fn read_string(&mut self, key: &Key<'_>) -> Result<Option<StrRef<'_>>, WrongType> {
        self.read_entry(key).map(|found| StrRef::try_from(found.value())).transpose()
    }

    /// A string value, looked at on the way to changing it: neither hit nor miss.
    pub fn peek_string(&mut self, key: &Key<'_>) -> Result<Option<StrRef<'_>>, WrongType> {
        self.peek(key).map(|found| StrRef::try_from(found.value())).transpose()
    }

    /// As [`Keyspace::peek_string`], for several keys at once.
    pub fn glance_string(&self, key: &Key<'_>) -> Result<Option<StrRef<'_>>, WrongType> {
        self.glance(key).map(|found| StrRef::try_from(found.value())).transpose()
    }

    /// Sets a key to a string, whatever it held. The expiry goes unless `keep_ttl`.
    #[inline]
    pub fn set_string(&mut self, key: &Key<'_>, value: &[u8], keep_ttl: bool) {
        let is_text = self.is_script;
        let fresh = |deadline| match is_text {
            true => Entry::text(key.bytes, value, deadline),
            false => Entry::string(key.bytes, value, deadline),
        };
        let change = |entry: &mut Entry| {
            let is_string = entry.kind() == ObjType::String;
            match (is_string, is_text) {
                (true, true) => entry.set_text(value),
                (true, false) => entry.set_string(value),
                (false, _) => {}
            }
            (is_string, entry.deadline())
        };
        match self.change_entry(key, change) {
            None => self.insert_entry(key, fresh(None)),
            Some((true, Some(_))) if !keep_ttl => self.set_deadline(key, None),
            Some((true, _)) => {}
            Some((false, deadline)) => {
                let deadline = deadline.filter(|_| keep_ttl);
                self.put_entry(key, fresh(deadline));
            }
        }
    }

    /// Sets a key to an integer, keeping its expiry: INCR and its kin.
    #[inline]
    pub fn set_int(&mut self, key: &Key<'_>, value: i64) {
        if self.change_entry(key, |entry| entry.set_int(value)).is_none() {
            self.insert_entry(key, Entry::int(key.bytes, value, None));
        }
    }
}
