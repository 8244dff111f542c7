//! What is known of each command without asking a server: its arity, where its keys are, and how
//! it is routed. This table is the reason why the client never sends `COMMAND`.
//!
//! `generated.rs` is written out from `data/commands.tsv` by the test `tests/table.rs`.

mod generated;
mod keys;

pub(crate) use generated::commands as known;
pub use keys::KeySpec;

/// What is known of one command or subcommand.
///
/// ```
/// let get = tsubame_client::lookup(b"get", None).unwrap();
/// assert_eq!((get.name, get.arity), ("GET", 2));
/// ```
#[derive(Debug)]
pub struct CommandInfo {
    /// Name in capitals; a subcommand's is two words, as in `SCRIPT LOAD`.
    pub name: &'static str,
    /// The words of the name as RESP bulk strings.
    pub(crate) encoded: &'static [u8],
    /// Number of words in the name.
    pub(crate) words: u8,
    /// Number of arguments, the name's words included; negative: at least so many.
    pub arity: i8,
    /// Where the keys are.
    pub keys: KeySpec,
    /// Properties that matter to a client.
    pub flags: Flags,
    /// Which nodes it concerns when it has no key, or keys of several slots.
    pub request: RequestPolicy,
    /// How the replies of several nodes become one.
    pub response: ResponsePolicy,
}

/// A set of properties of a command.
///
/// ```
/// use tsubame_client::{Flags, lookup};
/// assert!(lookup(b"GET", None).unwrap().flags.has(Flags::READONLY));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// No property.
    pub const NONE: Self = Self(0);
    /// It never changes data, so it can be sent again when its reply was lost.
    pub const READONLY: Self = Self(1);
    /// It may change data.
    pub const WRITE: Self = Self(2);
    /// It may wait on the server, which would hold up all others on a shared connection.
    pub const BLOCKING: Self = Self(4);
    /// It changes the state of its connection, so it can't be sent on a shared one.
    pub const CONNECTION: Self = Self(8);
    /// It has the same effect when it is executed twice in a row.
    pub const IDEMPOTENT: Self = Self(16);
    /// Its answer may change without a write to its keys, because it depends on the time, on chance or
    /// on how the server keeps them. It is never cached.
    pub const CHANGING: Self = Self(32);

    /// Both sets together.
    ///
    /// ```
    /// use tsubame_client::Flags;
    /// let both = Flags::WRITE.or(Flags::BLOCKING);
    /// assert!(both.has(Flags::WRITE) && both.has(Flags::BLOCKING));
    /// ```
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `self` has a property of `other`.
    ///
    /// ```
    /// use tsubame_client::{Flags, lookup};
    /// assert!(!lookup(b"GET", None).unwrap().flags.has(Flags::WRITE));
    /// ```
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Which nodes a command concerns when no single slot says it.
///
/// ```
/// use tsubame_client::{RequestPolicy, lookup};
/// assert_eq!(lookup(b"MGET", None).unwrap().request, RequestPolicy::MultiShard);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestPolicy {
    /// One node: its slot's, or any if it has no key.
    One,
    /// Every primary.
    AllShards,
    /// Every node.
    AllNodes,
    /// The nodes of its keys, each with its own keys.
    MultiShard,
    /// It needs a logic of its own, such as a cursor.
    Special,
}

/// How the replies of several nodes become one.
///
/// ```
/// use tsubame_client::{ResponsePolicy, lookup};
/// assert_eq!(lookup(b"DBSIZE", None).unwrap().response, ResponsePolicy::Sum);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponsePolicy {
    /// Arrays are concatenated; anything else: the first.
    Default,
    /// All must succeed.
    AllSucceeded,
    /// One must succeed.
    OneSucceeded,
    /// Integers are added up.
    Sum,
    /// The least integer.
    Min,
    /// Element by element, 1 if it is 1 everywhere.
    LogicalAnd,
    /// It needs a logic of its own.
    Special,
}

impl CommandInfo {
    /// Whether a command without its own `MAXLEN`-like state can be sent again after its reply was
    /// lost.
    pub(crate) fn repeatable(&self) -> bool {
        self.flags.has(Flags::READONLY.or(Flags::IDEMPOTENT))
    }
}

/// Looks up a command by its first argument and, for containers, its second. Case does not matter.
///
/// ```
/// use tsubame_client::lookup;
/// assert_eq!(lookup(b"object", Some(b"encoding")).unwrap().name, "OBJECT ENCODING");
/// assert!(lookup(b"NO.SUCH", None).is_none());
/// ```
pub fn lookup(name: &[u8], sub: Option<&[u8]>) -> Option<&'static CommandInfo> {
    let mut upper = [0u8; 40];
    let mut len = 0;
    let mut put = |word: &[u8]| -> Option<usize> {
        let part = upper.get_mut(len..len + word.len())?;
        part.copy_from_slice(word);
        part.make_ascii_uppercase();
        len += word.len();
        Some(len)
    };
    let name_len = put(name)?;
    let whole_len = sub.and_then(|sub| put(b" ").and_then(|_| put(sub)));
    let find = |len: usize| {
        let at = generated::TABLE.binary_search_by(|info| info.name.as_bytes().cmp(&upper[..len]));
        at.ok().map(|at| generated::TABLE[at])
    };
    whole_len.and_then(find).or_else(|| find(name_len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_knows_commands_subcommands_and_nothing_else() {
        let name = |name: &str, sub: Option<&str>| {
            lookup(name.as_bytes(), sub.map(str::as_bytes)).map(|info| info.name)
        };
        assert_eq!(name("get", None), Some("GET"));
        assert_eq!(name("GeT", Some("load")), Some("GET"));
        assert_eq!(name("script", Some("Load")), Some("SCRIPT LOAD"));
        assert_eq!(name("script", Some("nonsense")), Some("SCRIPT"));
        assert_eq!(name("nonsense", None), None);
        assert_eq!(name(&"x".repeat(100), None), None);
    }

    #[test]
    fn the_table_is_sorted_so_that_the_search_finds_everything() {
        for info in generated::TABLE {
            let (name, sub) = match info.name.split_once(' ') {
                Some((name, sub)) => (name, Some(sub.as_bytes())),
                None => (info.name, None),
            };
            assert_eq!(lookup(name.as_bytes(), sub).map(|i| i.name), Some(info.name));
        }
    }

    /// Invariant I17: whatever waits on the server or changes its connection is marked, because
    /// the shared connections refuse by these marks.
    #[test]
    fn what_must_not_share_a_connection_is_marked() {
        for name in ["BLPOP", "BZPOPMIN", "XREAD", "WAIT", "BLMOVE"] {
            assert!(lookup(name.as_bytes(), None).unwrap().flags.has(Flags::BLOCKING), "{name}");
        }
        for name in ["MULTI", "WATCH", "SUBSCRIBE", "SELECT", "HELLO", "ASKING", "MONITOR", "RESET"]
        {
            assert!(lookup(name.as_bytes(), None).unwrap().flags.has(Flags::CONNECTION), "{name}");
        }
    }
}
