//! The directives' closed sets of words.

/// A set of words that a directive accepts, in the order in which the error message lists them.
pub trait Choice: Copy + Eq + Send + Sync + 'static {
    /// Every word with its meaning. Two words may mean the same; the first is shown.
    const WORDS: &'static [(&'static str, Self)];
    /// A small number for storage.
    fn index(self) -> u8;
    /// The value that `index` gave.
    fn at(index: u8) -> Self;

    /// The word that CONFIG GET shows.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("unknown", |(word, _)| word)
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $first:literal $(| $other:literal)*),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $(#[doc = concat!("`", $first, "`")] $variant),+ }

        impl Choice for $name {
            const WORDS: &'static [(&'static str, Self)] =
                &[$(($first, Self::$variant), $(($other, Self::$variant),)*)+];
            fn index(self) -> u8 {
                self as u8
            }
            fn at(index: u8) -> Self {
                const ALL: &[$name] = &[$($name::$variant),+];
                ALL[index as usize]
            }
        }
    )+};
}

choices! {
    /// Which keys are evicted when memory is over `maxmemory`.
    MaxmemoryPolicy {
        VolatileLru = "volatile-lru", VolatileLfu = "volatile-lfu",
        VolatileRandom = "volatile-random", VolatileTtl = "volatile-ttl",
        AllkeysLru = "allkeys-lru", AllkeysLfu = "allkeys-lfu",
        AllkeysRandom = "allkeys-random", NoEviction = "noeviction",
    }
    /// The facility of lines sent to syslog.
    SyslogFacility {
        User = "user", Local0 = "local0", Local1 = "local1", Local2 = "local2", Local3 = "local3",
        Local4 = "local4", Local5 = "local5", Local6 = "local6", Local7 = "local7",
    }
    /// The least important line that is logged.
    LogLevel {
        Debug = "debug", Verbose = "verbose", Notice = "notice", Warning = "warning",
        Nothing = "nothing",
    }
    /// Which service manager is told that the server is ready.
    Supervised { Upstart = "upstart", Systemd = "systemd", Auto = "auto", No = "no" }
    /// When the append only file is synced.
    AppendFsync { EverySec = "everysec", Always = "always", No = "no" }
    /// How a replica loads a snapshot that comes over the socket.
    DisklessLoad {
        Disabled = "disabled", OnEmptyDb = "on-empty-db", Swapdb = "swapdb",
        FlushBeforeLoad = "flush-before-load",
    }
    /// Whether TLS clients must show a certificate.
    TlsAuthClients { No = "no", Yes = "yes", Optional = "optional" }
    /// Which field of a client's certificate names its user.
    TlsAuthClientsUser { Cn = "CN", Uri = "URI", Off = "off" }
    /// Whether the process changes its score for the out-of-memory killer.
    OomScoreAdj { No = "no", Relative = "yes" | "relative", Absolute = "absolute" }
    /// The channels of a user that is created without any.
    AclPubsubDefault { AllChannels = "allchannels", ResetChannels = "resetchannels" }
    /// Who may use a dangerous command or change a protected directive.
    ProtectedAction { No = "no", Yes = "yes", Local = "local" }
    /// What a redirection names a node by.
    EndpointType { Ip = "ip", Hostname = "hostname", UnknownEndpoint = "unknown-endpoint" }
    /// What happens when a replicated command fails.
    PropagationErrorBehavior {
        Ignore = "ignore", Panic = "panic", PanicOnReplicas = "panic-on-replicas",
    }
    /// How a log line looks.
    LogFormat { Legacy = "legacy", Logfmt = "logfmt", Json = "json" }
    /// How a log line's time looks.
    LogTimestampFormat { Legacy = "legacy", Iso8601 = "iso8601", Milliseconds = "milliseconds" }
    /// Whether a snapshot of a version from the future may be loaded.
    RdbVersionCheck { Strict = "strict", Relaxed = "relaxed" }
    /// What happens when nodes.conf cannot be saved.
    ConfigSaveBehavior { Sync = "sync", BestEffort = "best-effort" }
}

impl ProtectedAction {
    /// Whether a client may do it, given that it is on this machine or not.
    pub fn allows(self, client_is_local: bool) -> bool {
        match self {
            Self::No => false,
            Self::Yes => true,
            Self::Local => client_is_local,
        }
    }
}

/// A set of bits spelled as several words.
pub trait BitWords: Copy + Eq + Send + Sync + 'static {
    /// Every word with its bits; a word of no bits stands for the empty set.
    const WORDS: &'static [(&'static str, u32)];
    /// The set of these bits.
    fn from_bits(bits: u32) -> Self;
}

/// What `shutdown-on-sigint` and `shutdown-on-sigterm` ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShutdownFlags(pub u32);

impl ShutdownFlags {
    /// Save even without save points.
    pub const SAVE: u32 = 1;
    /// Do not save.
    pub const NOSAVE: u32 = 1 << 1;
    /// Do not wait for replicas.
    pub const NOW: u32 = 1 << 2;
    /// Let no error prevent the shutdown.
    pub const FORCE: u32 = 1 << 3;
    /// Refuse where data or slots would be lost.
    pub const SAFE: u32 = 1 << 4;
    /// Hand over to a replica first.
    pub const FAILOVER: u32 = 1 << 5;

    /// Whether all these bits are set.
    pub fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

impl BitWords for ShutdownFlags {
    const WORDS: &'static [(&'static str, u32)] = &[
        ("default", 0),
        ("save", Self::SAVE),
        ("nosave", Self::NOSAVE),
        ("now", Self::NOW),
        ("force", Self::FORCE),
        ("safe", Self::SAFE),
        ("failover", Self::FAILOVER),
    ];

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

impl MaxmemoryPolicy {
    /// Whether keys are evicted by how often they were used, not by how long ago.
    pub fn is_lfu(self) -> bool {
        matches!(self, Self::AllkeysLfu | Self::VolatileLfu)
    }
}
