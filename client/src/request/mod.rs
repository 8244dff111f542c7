//! A request: what is sent, and what may be done with it.

mod atomic;
mod batch;
mod body;
mod command;
mod fanout;
mod follow;
mod pending;

use std::time::Duration;

pub use atomic::Atomic;
#[cfg(feature = "compat-redis-rs")]
pub(crate) use atomic::execute_as_one;
pub(crate) use atomic::{Told, common_slot, read as read_exec, route as route_slot};
pub(crate) use batch::execute_all;
#[cfg(feature = "compat-redis-rs")]
pub(crate) use batch::pipeline;
pub use batch::{Batch, Replies, Ticket};
pub(crate) use body::{Body, KeySlot};
pub use command::{Command, Detached, Plain, RawKind, Route};
pub(crate) use fanout::place_of;
pub(crate) use follow::{Patience, Step, follow_place, judge, send_and_follow};
pub use pending::Pending;

use crate::observe::Seen;
use crate::replicas::ReadFrom;
use crate::router::Query;
use crate::slot::Slot;
use crate::table::{CommandInfo, Flags, KeySpec, lookup};
use crate::value::{ArgWriter, ToArg};

/// A command with its arguments and the caller's wishes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) info: Option<&'static CommandInfo>,
    pub(crate) body: Body,
    /// The caller marked the keys, so the table is not asked for them.
    keys_marked: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotent: bool,
    pub(crate) no_retry: bool,
    pub(crate) non_atomic: bool,
    pub(crate) route: Option<Route>,
    pub(crate) read_from: Option<ReadFrom>,
    /// The operation that it is a part of, as observers see it.
    pub(crate) seen: Seen,
}

impl Request {
    pub(crate) fn new(info: &'static CommandInfo) -> Self {
        // Typed commands mark their keys themselves.
        Self { info: Some(info), body: Body::new(info), keys_marked: true, ..Self::default() }
    }

    /// A command by name; words after a space are arguments.
    pub(crate) fn raw(name: &str) -> Self {
        let mut request = Self::default();
        name.split_ascii_whitespace().for_each(|word| request.body.push(word.as_bytes()));
        request
    }

    pub(crate) fn arg(&mut self, arg: impl ToArg) {
        arg.write_arg(ArgWriter::new(&mut self.body));
    }

    pub(crate) fn key(&mut self, key: impl ToArg) {
        key.write_arg(ArgWriter::of_key(&mut self.body));
        self.keys_marked = true;
    }

    /// Finds out what a raw command is. Typed ones know already.
    pub(crate) fn resolve(&mut self) {
        if self.info.is_some() {
            return;
        }
        let args: Vec<&[u8]> = self.body.args().collect();
        let Some((name, rest)) = args.split_first() else { return };
        self.info = lookup(name, rest.first().copied());
        if let Some(info) = self.info.filter(|_| !self.keys_marked) {
            let mut slot = KeySlot::None;
            let key = |at: usize| args.get(at).copied();
            info.keys.each(args.len(), key, |at| slot.add(Slot::of(key(at).unwrap_or_default())));
            self.body.slot = slot;
        }
    }

    /// What the router has to know. Resolves first where that was not done.
    pub(crate) fn query(&mut self) -> Query {
        self.resolve();
        let mut blocking = self.info.is_some_and(|info| info.flags.has(Flags::BLOCKING));
        if blocking && self.info.is_some_and(|info| info.keys == KeySpec::Streams) {
            // XREAD and XREADGROUP block only if they are told to.
            blocking = self
                .body
                .args()
                .take_while(|arg| !arg.eq_ignore_ascii_case(b"streams"))
                .any(|arg| arg.eq_ignore_ascii_case(b"block"));
        }
        Query { info: self.info, slot: self.body.slot, blocking }
    }

    pub(crate) fn slot(&self) -> Option<Slot> {
        match self.body.slot {
            KeySlot::One(slot) => Some(slot),
            _ => None,
        }
    }

    /// The keys, as far as the table knows where they are.
    pub(crate) fn keys(&self) -> Vec<bytes::Bytes> {
        let args: Vec<&[u8]> = self.body.args().collect();
        let mut keys = Vec::new();
        if let Some(info) = self.info {
            info.keys.each(
                args.len(),
                |at| args.get(at).copied(),
                |at| keys.extend(args.get(at).map(|key| bytes::Bytes::copy_from_slice(key))),
            );
        }
        keys
    }

    /// Whether it may be sent again when it may have been executed.
    pub(crate) fn repeatable(&self) -> bool {
        !self.no_retry && (self.idempotent || self.info.is_some_and(CommandInfo::repeatable))
    }
}
