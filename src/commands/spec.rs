//! What a command declares about itself. Everything else about it is derived from here.

use super::cx::{CommandResult, Cx};
use crate::dispatch::Flow;
use crate::protocol::Args;

/// The group of COMMAND DOCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Bitmap,
    Cluster,
    Connection,
    Generic,
    Geo,
    Hash,
    Hyperloglog,
    List,
    Pubsub,
    Scripting,
    Sentinel,
    Server,
    Set,
    SortedSet,
    Stream,
    String,
    Transactions,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bitmap => "bitmap",
            Self::Cluster => "cluster",
            Self::Connection => "connection",
            Self::Generic => "generic",
            Self::Geo => "geo",
            Self::Hash => "hash",
            Self::Hyperloglog => "hyperloglog",
            Self::List => "list",
            Self::Pubsub => "pubsub",
            Self::Scripting => "scripting",
            Self::Sentinel => "sentinel",
            Self::Server => "server",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Stream => "stream",
            Self::String => "string",
            Self::Transactions => "transactions",
        }
    }
}

/// How many arguments a command takes, its name (and its container's) counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

impl Arity {
    pub fn accepts(self, len: usize) -> bool {
        match self {
            Self::Exactly(n) => len == n,
            Self::AtLeast(n) => len >= n,
        }
    }

    /// As COMMAND INFO tells it: negative for "at least".
    pub fn number(self) -> i64 {
        match self {
            Self::Exactly(n) => n as i64,
            Self::AtLeast(n) => -(n as i64),
        }
    }
}

macro_rules! bit_set {
    ($(#[$doc:meta])* $name:ident($int:ty) { $($(#[$bit_doc:meta])* $bit:ident = $value:expr, $text:expr;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name(pub $int);

        impl $name {
            pub const NONE: Self = Self(0);
            $($(#[$bit_doc])* pub const $bit: Self = Self(1 << $value);)*

            /// Every bit with its name on the wire, in the order in which replies list them.
            pub const NAMES: &'static [(Self, &'static str)] = &[$((Self::$bit, $text)),*];

            pub const fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// The names of the bits that are set.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                let shown = move |(bit, name): &&(Self, &str)| self.has(*bit) && !name.is_empty();
                Self::NAMES.iter().filter(shown).map(|(_, name)| *name)
            }
        }
    };
}

bit_set! {
    /// Command flags, as COMMAND INFO names them.
    Flags(u32) {
        WRITE = 0, "write";
        READONLY = 1, "readonly";
        DENYOOM = 2, "denyoom";
        MODULE = 3, "module";
        ADMIN = 4, "admin";
        PUBSUB = 5, "pubsub";
        NOSCRIPT = 6, "noscript";
        BLOCKING = 7, "blocking";
        LOADING = 8, "loading";
        STALE = 9, "stale";
        SKIP_MONITOR = 10, "skip_monitor";
        SKIP_COMMANDLOG = 11, "skip_commandlog";
        ASKING = 12, "asking";
        FAST = 13, "fast";
        NO_AUTH = 14, "no_auth";
        /// Not a write, but replicas are told all the same. COMMAND does not show it.
        MAY_REPLICATE = 15, "";
        NO_MANDATORY_KEYS = 16, "no_mandatory_keys";
        NO_ASYNC_LOADING = 17, "no_async_loading";
        NO_MULTI = 18, "no_multi";
        /// Derived: the keys cannot be told by first, last and step.
        MOVABLE_KEYS = 19, "movablekeys";
        ALLOW_BUSY = 20, "allow_busy";
        ALL_DBS = 21, "all_dbs";
    }
}

bit_set! {
    /// ACL categories. `@read`, `@write`, `@admin`, `@dangerous`, `@pubsub`, `@fast`, `@slow` and
    /// `@blocking` also follow from the flags, see [`CommandSpec::acl_categories`].
    Acl(u32) {
        KEYSPACE = 0, "keyspace";
        READ = 1, "read";
        WRITE = 2, "write";
        SET = 3, "set";
        SORTEDSET = 4, "sortedset";
        LIST = 5, "list";
        HASH = 6, "hash";
        STRING = 7, "string";
        BITMAP = 8, "bitmap";
        HYPERLOGLOG = 9, "hyperloglog";
        GEO = 10, "geo";
        STREAM = 11, "stream";
        PUBSUB = 12, "pubsub";
        ADMIN = 13, "admin";
        FAST = 14, "fast";
        SLOW = 15, "slow";
        BLOCKING = 16, "blocking";
        DANGEROUS = 17, "dangerous";
        CONNECTION = 18, "connection";
        TRANSACTION = 19, "transaction";
        SCRIPTING = 20, "scripting";
    }
}

bit_set! {
    /// What is done to a key.
    KeyFlags(u32) {
        RO = 0, "RO";
        RW = 1, "RW";
        OW = 2, "OW";
        RM = 3, "RM";
        ACCESS = 4, "access";
        UPDATE = 5, "update";
        INSERT = 6, "insert";
        DELETE = 7, "delete";
        NOT_KEY = 8, "not_key";
        INCOMPLETE = 9, "incomplete";
        VARIABLE_FLAGS = 10, "variable_flags";
    }
}

/// Where the search for keys begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    Index(usize),
    /// Behind this word; looked for from `start` on (negative: from the end, backwards).
    Keyword {
        word: &'static str,
        start: i32,
    },
    Unknown,
}

/// Which arguments from there are keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Find {
    /// Up to `last` (relative to the beginning; negative: from the end), every `step`-th. With
    /// `last` -1 and `limit` > 1 only the first 1/`limit` of them.
    Range {
        last: i32,
        step: usize,
        limit: usize,
    },
    /// An argument at `count_at` tells how many keys start at `first`, both relative.
    KeyNum {
        count_at: usize,
        first: usize,
        step: usize,
    },
    Unknown,
}

/// One group of a command's keys.
#[derive(Debug, Clone, Copy)]
pub struct KeySpec {
    pub begin: Begin,
    pub find: Find,
    pub flags: KeyFlags,
    pub notes: Option<&'static str>,
}

impl KeySpec {
    /// One key at an index.
    pub const fn at(index: usize) -> Self {
        Self::range(index, 0, 1)
    }

    /// Keys from `first` on; `last` relative to it, negative from the end.
    pub const fn range(first: usize, last: i32, step: usize) -> Self {
        Self {
            begin: Begin::Index(first),
            find: Find::Range { last, step, limit: 0 },
            flags: KeyFlags::NONE,
            notes: None,
        }
    }

    /// A count at `count_at`, and as many keys right behind it.
    pub const fn counted(count_at: usize) -> Self {
        Self {
            begin: Begin::Index(count_at),
            find: Find::KeyNum { count_at: 0, first: 1, step: 1 },
            flags: KeyFlags::NONE,
            notes: None,
        }
    }

    /// Keys behind a word.
    pub const fn behind(word: &'static str, start: i32, find: Find) -> Self {
        Self { begin: Begin::Keyword { word, start }, find, flags: KeyFlags::NONE, notes: None }
    }

    pub const fn with(mut self, flags: KeyFlags) -> Self {
        self.flags = self.flags.or(flags);
        self
    }

    pub const fn note(mut self, notes: &'static str) -> Self {
        self.notes = Some(notes);
        self
    }

    /// Only looked at, and answered: `RO access`.
    pub const fn read_only(self) -> Self {
        self.with(KeyFlags::RO.or(KeyFlags::ACCESS))
    }
}

/// The kind of an argument in COMMAND DOCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

impl ArgKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }
}

/// One argument, for COMMAND DOCS.
#[derive(Debug, Clone, Copy)]
pub struct Arg {
    pub name: &'static str,
    pub kind: ArgKind,
    /// What is shown instead of the name, if not the name.
    pub display: Option<&'static str>,
    pub token: Option<&'static str>,
    /// Which of the command's key specs a key belongs to; Valkey also tells it of some counts.
    pub key_spec: Option<usize>,
    pub optional: bool,
    pub multiple: bool,
    pub multiple_token: bool,
    pub since: Option<&'static str>,
    pub deprecated_since: Option<&'static str>,
    pub summary: Option<&'static str>,
    pub args: &'static [Arg],
}

impl Arg {
    const fn new(name: &'static str, kind: ArgKind) -> Self {
        Self {
            name,
            kind,
            display: None,
            token: None,
            key_spec: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            since: None,
            deprecated_since: None,
            summary: None,
            args: &[],
        }
    }

    pub const fn key(name: &'static str) -> Self {
        Self::new(name, ArgKind::Key).key_spec(0)
    }

    pub const fn string(name: &'static str) -> Self {
        Self::new(name, ArgKind::String)
    }

    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, ArgKind::Integer)
    }

    pub const fn double(name: &'static str) -> Self {
        Self::new(name, ArgKind::Double)
    }

    pub const fn pattern(name: &'static str) -> Self {
        Self::new(name, ArgKind::Pattern)
    }

    pub const fn unix_time(name: &'static str) -> Self {
        Self::new(name, ArgKind::UnixTime)
    }

    /// A word that is an argument by itself.
    pub const fn word(name: &'static str, token: &'static str) -> Self {
        Self::new(name, ArgKind::PureToken).token(token)
    }

    pub const fn one_of(name: &'static str, args: &'static [Arg]) -> Self {
        Self { args, ..Self::new(name, ArgKind::OneOf) }
    }

    pub const fn block(name: &'static str, args: &'static [Arg]) -> Self {
        Self { args, ..Self::new(name, ArgKind::Block) }
    }

    pub const fn token(mut self, token: &'static str) -> Self {
        self.token = Some(token);
        self
    }

    pub const fn display(mut self, display: &'static str) -> Self {
        self.display = Some(display);
        self
    }

    pub const fn key_spec(mut self, index: usize) -> Self {
        self.key_spec = Some(index);
        self
    }

    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub const fn multiple(mut self) -> Self {
        self.multiple = true;
        self
    }

    pub const fn multiple_token(mut self) -> Self {
        self.multiple_token = true;
        self
    }

    pub const fn since(mut self, version: &'static str) -> Self {
        self.since = Some(version);
        self
    }

    pub const fn deprecated_since(mut self, version: &'static str) -> Self {
        self.deprecated_since = Some(version);
        self
    }

    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = Some(summary);
        self
    }
}

/// A command's code.
pub type RunFn = fn(&mut Cx<'_>, &Args<'_>) -> CommandResult;

/// How a command is run, which says what is locked meanwhile.
#[derive(Clone, Copy)]
pub enum Run {
    /// The shards of its keys are held.
    OnShard(RunFn),
    /// It touches no key: nothing is held.
    Local(RunFn),
    /// The gate is closed: every shard is held.
    Gated(RunFn),
    /// It decides itself what to hold: EXEC, EVAL, SCAN.
    Flow(fn(&mut Flow<'_>, &Args<'_>) -> CommandResult),
    /// It only has subcommands.
    Container,
}

/// Finds the keys of a command whose key specs do not tell all.
pub type FindKeysFn = fn(&Args<'_>) -> Option<Vec<usize>>;

/// The declaration of a command or subcommand.
pub struct CommandSpec {
    /// In lower case; of a subcommand without its container's.
    pub name: &'static str,
    pub summary: &'static str,
    pub since: &'static str,
    pub complexity: &'static str,
    pub group: Group,
    pub arity: Arity,
    pub flags: Flags,
    pub acl: Acl,
    pub keys: &'static [KeySpec],
    /// For the few commands whose keys the specs cannot tell.
    pub find_keys: Option<FindKeysFn>,
    /// What is done to the keys of a call, where that depends on its options.
    pub key_flags: Option<fn(&Args<'_>) -> KeyFlags>,
    pub args: &'static [Arg],
    pub tips: &'static [&'static str],
    /// What changed in which version.
    pub history: &'static [(&'static str, &'static str)],
    pub deprecated_since: Option<&'static str>,
    pub replaced_by: Option<&'static str>,
    /// `syscmd` in COMMAND DOCS.
    pub is_system: bool,
    pub subcommands: &'static [&'static CommandSpec],
    /// Runs at once between MULTI and EXEC instead of being queued.
    pub runs_in_multi: bool,
    /// A RESP2 client that is subscribed may call it.
    pub runs_subscribed: bool,
    /// Its replies are messages, which CLIENT REPLY does not silence.
    pub is_pushed: bool,
    pub run: Run,
}

impl CommandSpec {
    /// What most commands leave out.
    pub const DEFAULT: Self = Self {
        name: "",
        summary: "",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::AtLeast(1),
        flags: Flags::NONE,
        acl: Acl::NONE,
        keys: &[],
        find_keys: None,
        key_flags: None,
        args: &[],
        tips: &[],
        history: &[],
        deprecated_since: None,
        replaced_by: None,
        is_system: false,
        subcommands: &[],
        runs_in_multi: false,
        runs_subscribed: false,
        is_pushed: false,
        run: Run::Container,
    };

    /// The declared categories and those that follow from the flags.
    pub fn acl_categories(&self) -> Acl {
        let mut all = self.acl;
        for (flag, category) in [
            (Flags::WRITE, Acl::WRITE),
            (Flags::READONLY, Acl::READ),
            (Flags::ADMIN, Acl::ADMIN.or(Acl::DANGEROUS)),
            (Flags::PUBSUB, Acl::PUBSUB),
            (Flags::BLOCKING, Acl::BLOCKING),
        ] {
            if self.flags.has(flag) {
                all = all.or(category);
            }
        }
        // Commands for scripts only read what they are given.
        if all.has(Acl::READ) && self.acl.has(Acl::SCRIPTING) {
            all = Acl(all.0 & !Acl::READ.0 | self.acl.0);
        }
        all.or(if self.flags.has(Flags::FAST) { Acl::FAST } else { Acl::SLOW })
    }

    /// The flags with those that follow from the key specs.
    pub fn all_flags(&self) -> Flags {
        let simple = |spec: &KeySpec| {
            matches!(spec.begin, Begin::Index(_))
                && matches!(spec.find, Find::Range { limit: 0 | 1, .. })
        };
        let movable =
            self.keys.iter().any(|spec| !simple(spec) || spec.flags.has(KeyFlags::INCOMPLETE))
                || self.find_keys.is_some();
        if movable { self.flags.or(Flags::MOVABLE_KEYS) } else { self.flags }
    }

    /// First key, last key and step of the old form of COMMAND, zeros if there is none.
    pub fn key_range(&self) -> (i64, i64, i64) {
        let (mut first, mut last, mut step) = (0i64, 0i64, 0i64);
        for spec in self.keys {
            let (Begin::Index(begin), Find::Range { last: to, step: by, limit: 0 | 1 }) =
                (spec.begin, spec.find)
            else {
                continue;
            };
            let begin = begin as i64;
            let end = if to >= 0 { begin + i64::from(to) } else { i64::from(to) };
            if first == 0 {
                (first, last, step) = (begin, end, by as i64);
            } else if begin == last + step {
                // Adjoining ranges are told as one.
                last = end;
            } else {
                break;
            }
        }
        (first, last, step)
    }

    /// Whether it may change data.
    pub fn is_write(&self) -> bool {
        self.flags.has(Flags::WRITE)
    }
}
