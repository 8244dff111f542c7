//! What a running command is given.

use super::error::CommandError;
use super::spec::CommandSpec;
use crate::config::ClientClass;
use crate::keyspace::{BlockedKind, Keyspace, StrRef};
use crate::protocol::{Args, Reply, parse_i64};
use crate::server::Server;
use crate::session::{Client, ClientFlags, REPLY_ROOM_MAX};

/// What running a command comes to. On `Err` the error is the reply, and nothing was changed.
pub type CommandResult = Result<(), CommandError>;

/// What a blocked client is told when its time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeoutReply {
    Null,
    NullArray,
    /// WAIT: no replica acknowledged.
    Zero,
    /// WAITAOF: neither a local file nor a replica has it.
    TwoZeros,
}

/// A wish to wait for keys.
#[derive(Debug, Clone)]
pub struct BlockRequest {
    pub keys: Vec<Box<[u8]>>,
    pub kind: BlockedKind,
    /// Unix milliseconds; `None` waits for ever.
    pub deadline_ms: Option<u64>,
    pub on_timeout: TimeoutReply,
}

/// The context of one command. The fields are apart so that they can be borrowed apart.
pub struct Cx<'a> {
    pub ks: Keyspace<'a>,
    pub reply: Reply<'a>,
    pub client: &'a mut Client,
    pub server: &'a Server,
    pub spec: &'static CommandSpec,
    /// The core that runs the command.
    pub core: usize,
    /// Not inside MULTI or a script: the client may be made to wait.
    pub can_block: bool,
    /// Set by [`Cx::block`]; dispatch does the rest.
    pub blocked: Option<BlockRequest>,
}

impl Cx<'_> {
    /// Makes the client wait for one of `keys`: the command is run again when one of them gets a
    /// value of `kind`. Where nobody may wait it answers as if the time was up.
    pub fn block<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k [u8]>,
        kind: BlockedKind,
        deadline_ms: Option<u64>,
        on_timeout: TimeoutReply,
    ) {
        if !self.can_block {
            write_timeout(&mut self.reply, on_timeout);
            return;
        }
        let keys = keys.into_iter().map(Box::from).collect();
        self.blocked = Some(BlockRequest { keys, kind, deadline_ms, on_timeout });
    }

    /// The length of the output from which on the client will be closed instead of answered, so that
    /// writing more is in vain. Scripts read their replies themselves.
    pub fn reply_len_max(&self) -> usize {
        if self.client.flags.has(ClientFlags::PROXY) {
            return usize::MAX;
        }
        match self.server.config.client_output_buffer_limit.get(ClientClass::Normal).hard {
            0 => usize::MAX,
            hard => self.reply.len() + hard as usize + 2 * REPLY_ROOM_MAX as usize,
        }
    }

    /// The value of a string key, as a bulk string.
    pub fn bulk_str_ref(reply: &mut Reply<'_>, value: StrRef<'_>) {
        match value {
            StrRef::Bytes(bytes) => reply.bulk(bytes),
            StrRef::Int(int) => reply.bulk_int(int),
        }
    }
}

/// Writes what a client whose time is up is told.
pub fn write_timeout(reply: &mut Reply<'_>, kind: TimeoutReply) {
    match kind {
        TimeoutReply::Null => reply.null(),
        TimeoutReply::NullArray => reply.null_array(),
        TimeoutReply::Zero => reply.int(0),
        TimeoutReply::TwoZeros => {
            reply.array(2);
            reply.int(0);
            reply.int(0);
        }
    }
}

/// The number of a database, which Valkey holds in 32 bits; whether it exists is another question.
pub fn db_arg(args: &Args<'_>, index: usize) -> Result<i64, CommandError> {
    let number = int_arg(args, index)?;
    if i32::try_from(number).is_err() {
        return Err(CommandError::err(
            "value is out of range, value must between -2147483648 and 2147483647",
        ));
    }
    Ok(number)
}

/// An integer argument, or "value is not an integer or out of range".
pub fn int_arg(args: &Args<'_>, index: usize) -> Result<i64, CommandError> {
    parse_i64(args.at(index)).ok_or(CommandError::NotInteger)
}
