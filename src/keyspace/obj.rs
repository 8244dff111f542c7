//! Values that live outside their entry's allocation.

use crate::types::hash::Hash;
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::zset::Zset;

/// What TYPE answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjType {
    String,
    List,
    Set,
    Zset,
    Hash,
}

impl ObjType {
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::Zset => "zset",
            Self::Hash => "hash",
        }
    }
}

/// A value too big, or too structured, to be embedded.
#[derive(Debug, Clone)]
pub enum Obj {
    /// An integer whose key is too long for the embedded form.
    Int(i64),
    /// A long string.
    Raw(Vec<u8>),
    List(List),
    Set(Set),
    Zset(Zset),
    Hash(Hash),
}

impl Obj {
    pub fn kind(&self) -> ObjType {
        match self {
            Self::Int(_) | Self::Raw(_) => ObjType::String,
            Self::List(_) => ObjType::List,
            Self::Set(_) => ObjType::Set,
            Self::Zset(_) => ObjType::Zset,
            Self::Hash(_) => ObjType::Hash,
        }
    }

    /// Fetches what lies `depth` pointers behind the object into the cache.
    #[inline]
    pub fn prefetch(&self, depth: u32) {
        match self {
            Self::Int(_) | Self::Raw(_) => {}
            Self::List(list) => list.prefetch(depth),
            Self::Set(set) => set.prefetch(depth),
            Self::Zset(zset) => zset.prefetch(depth),
            Self::Hash(hash) => hash.prefetch(depth),
        }
    }

    /// How many separate allocations freeing it takes, roughly.
    pub fn free_effort(&self) -> usize {
        match self {
            Self::Int(_) | Self::Raw(_) => 1,
            Self::List(list) => list.node_count(),
            Self::Set(set) => set.free_effort(),
            Self::Zset(zset) if zset.as_listpack().is_some() => 1,
            Self::Zset(zset) => zset.len(),
            Self::Hash(hash) => hash.free_effort(),
        }
    }
}

/// The key holds a value of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongType;

/// A type that a key can hold.
pub trait Typed: Sized {
    const TYPE: ObjType;
    fn of(obj: &Obj) -> Option<&Self>;
    fn of_mut(obj: &mut Obj) -> Option<&mut Self>;
    fn into_obj(self) -> Obj;
}

macro_rules! typed {
    ($($variant:ident),*) => {$(
        impl Typed for $variant {
            const TYPE: ObjType = ObjType::$variant;

            fn of(obj: &Obj) -> Option<&Self> {
                match obj {
                    Obj::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn of_mut(obj: &mut Obj) -> Option<&mut Self> {
                match obj {
                    Obj::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn into_obj(self) -> Obj {
                Obj::$variant(self)
            }
        }
    )*};
}

typed!(List, Set, Zset, Hash);
