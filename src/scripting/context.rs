//! What the native functions of one interpreter share.

use std::cell::{Cell, RefCell};

use super::random::Rand48;

/// The RESP version in which a script sees replies and returns values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScriptResp {
    #[default]
    Resp2,
    Resp3,
}

/// How a server presents itself to scripts (`server.SERVER_NAME` and its like).
#[derive(Debug, Clone)]
pub struct Identity {
    /// `SERVER_NAME`.
    pub server_name: &'static str,
    /// `VALKEY_VERSION`: three numbers with points between.
    pub version: &'static str,
    /// `REDIS_VERSION`: the version of Redis that scripts may assume.
    pub redis_version: &'static str,
}

/// State of one interpreter outside of Lua's own.
#[derive(Debug)]
pub(in crate::scripting) struct Context {
    pub(in crate::scripting) identity: Identity,
    /// `math.random`. As in Valkey it runs on from script to script.
    pub(in crate::scripting) random: Cell<Rand48>,
    /// Set by `redis.setresp`; every script starts with RESP2.
    pub(in crate::scripting) resp: Cell<ScriptResp>,
    /// Registry slot of the table that maps a protected table to the table behind it.
    pub(in crate::scripting) protected: Cell<i32>,
    /// Registry slot of the table that maps a protected table to the metatable shown to scripts.
    pub(in crate::scripting) shown_metatables: Cell<i32>,
    /// Registry slot of the globals behind the protected ones: where KEYS and ARGV are set.
    pub(in crate::scripting) globals: Cell<i32>,
    /// Buffers kept between calls of `redis.call`: the reply, and numbers turned into text.
    pub(in crate::scripting) reply: RefCell<Vec<u8>>,
    pub(in crate::scripting) numbers: RefCell<Vec<u8>>,
}

impl Context {
    pub(in crate::scripting) fn new(identity: Identity) -> Context {
        Context {
            identity,
            random: Cell::new(Rand48::default()),
            resp: Cell::default(),
            protected: Cell::default(),
            shown_metatables: Cell::default(),
            globals: Cell::default(),
            reply: RefCell::default(),
            numbers: RefCell::default(),
        }
    }
}
