//! Keyspace events: what happened to which key, for `notify-keyspace-events`.

/// The class of an event, one letter of the directive each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifyClass(pub u32);

impl NotifyClass {
    /// `K`: to `__keyspace@<db>__:<key>`.
    pub const KEYSPACE: Self = Self(1 << 0);
    /// `E`: to `__keyevent@<db>__:<event>`.
    pub const KEYEVENT: Self = Self(1 << 1);
    pub const GENERIC: Self = Self(1 << 2);
    pub const STRING: Self = Self(1 << 3);
    pub const LIST: Self = Self(1 << 4);
    pub const SET: Self = Self(1 << 5);
    pub const HASH: Self = Self(1 << 6);
    pub const ZSET: Self = Self(1 << 7);
    pub const EXPIRED: Self = Self(1 << 8);
    pub const EVICTED: Self = Self(1 << 9);
    pub const STREAM: Self = Self(1 << 10);
    pub const KEY_MISS: Self = Self(1 << 11);
    pub const MODULE: Self = Self(1 << 13);
    pub const NEW: Self = Self(1 << 14);
}

/// One event, published once the command that caused it has run.
#[derive(Debug, Clone)]
pub struct Event {
    pub class: NotifyClass,
    pub name: &'static str,
    pub db: u16,
    pub key: Box<[u8]>,
}
