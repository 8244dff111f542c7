//! What a running script asks of the server: the only way out of the interpreter.

use super::context::ScriptResp;

/// Whether a script may go on; asked every thousand or so instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    Continue,
    /// Stop it with this error, which the script cannot catch.
    Stop(&'static str),
}

/// How a command of a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    Replied,
    /// The script has to begin anew: it is stopped where it is, and its result means nothing.
    /// [`ScriptHost::tick`] answers `Stop` from now on.
    Abandoned,
}

/// The levels of `server.log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
}

/// Where `server.set_repl` sends the writes that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicationTargets {
    pub aof: bool,
    pub replicas: bool,
}

/// `server.acl_check_cmd` was asked about something that is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCommand;

/// The server as a script sees it.
pub trait ScriptHost {
    /// Runs one command and appends its reply, in the given version of RESP, to `reply`. A command
    /// that is refused, for whatever reason, replies with an error.
    fn call(&mut self, argv: &[&[u8]], resp: ScriptResp, reply: &mut Vec<u8>) -> CallEnd;

    /// Whether the user of the script may run this command on these keys.
    fn may_run(&mut self, argv: &[&[u8]]) -> Result<bool, UnknownCommand>;

    fn log(&mut self, level: LogLevel, message: &[u8]);

    fn set_replication(&mut self, targets: ReplicationTargets);

    fn tick(&mut self) -> Interrupt;
}
