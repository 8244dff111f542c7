//! The context of a command that decides itself what to lock: EXEC, EVAL, SCAN.

use super::core::{Busy, Core};
use crate::commands::{Command, CommandError};
use crate::protocol::Reply;
use crate::session::Client;
use crate::shard::ShardSet;

/// A command that runs without locks until it asks for some.
pub struct Flow<'a> {
    pub core: &'a mut Core,
    pub client: &'a mut Client,
    pub out: &'a mut Vec<u8>,
    pub command: &'static Command,
    /// Not inside MULTI or a script: the client may be made to wait.
    pub can_block: bool,
    /// Locks were not to be had: what was written is dropped, and the command runs again later.
    pub(super) is_busy: bool,
}

impl Flow<'_> {
    pub fn reply(&mut self) -> Reply<'_> {
        Reply::new(self.out, self.client.resp)
    }

    /// Runs `f` with the shards of `set` held. On `Err` the command returns at once: it is run
    /// again, from its start, when the locks may be free.
    pub fn with_shards<R>(
        &mut self,
        set: &ShardSet,
        f: impl FnOnce(&mut Core, &mut Client, &mut Vec<u8>) -> R,
    ) -> Result<R, CommandError> {
        let (client, out) = (&mut *self.client, &mut *self.out);
        let result = self.core.with_shards(set, |core| f(core, client, out));
        self.noted(result)
    }

    /// As [`Flow::with_shards`], with every shard held.
    pub fn with_gate<R>(
        &mut self,
        f: impl FnOnce(&mut Core, &mut Client, &mut Vec<u8>) -> R,
    ) -> Result<R, CommandError> {
        let (client, out) = (&mut *self.client, &mut *self.out);
        let result = self.core.with_gate(|core| f(core, client, out));
        self.noted(result)
    }

    fn noted<R>(&mut self, result: Result<R, Busy>) -> Result<R, CommandError> {
        result.map_err(|Busy| {
            self.is_busy = true;
            CommandError::Replied
        })
    }
}
