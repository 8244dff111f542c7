//! Scripts; see [`Script`](crate::Script) for calls by hash that load the script where it is missing.

use super::commands;
use crate::Value;

commands! {
    /// EVAL: runs a script.
    EVAL eval(script: arg, keys: keys_n, args: args) -> Value;
    /// EVAL_RO: runs a script that only reads.
    EVAL_RO eval_ro(script: arg, keys: keys_n, args: args) -> Value;
    /// EVALSHA: runs a script by its hash.
    EVALSHA evalsha(sha1: arg, keys: keys_n, args: args) -> Value;
    /// EVALSHA_RO: runs a script that only reads by its hash.
    EVALSHA_RO evalsha_ro(sha1: arg, keys: keys_n, args: args) -> Value;
    /// SCRIPT LOAD: loads a script on all nodes; returns its hash.
    SCRIPT_LOAD script_load(script: arg) -> String;
    /// SCRIPT EXISTS: for each hash whether all primaries have the script.
    SCRIPT_EXISTS script_exists(sha1s: args) -> Vec<bool>;
    /// SCRIPT FLUSH: forgets all scripts on all nodes.
    SCRIPT_FLUSH script_flush() -> ();
}
