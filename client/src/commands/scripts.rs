//! Scripts and functions; see [`Script`](crate::Script) for calls by hash that load the script where it is missing.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::commands;
use crate::Value;

commands! {
    /// `EVAL`: runs a script.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let sum = client.eval("return ARGV[1] + ARGV[2]", ["k"], [1, 2]).as_::<i64>().await?;
    /// assert_eq!(sum, 3);
    /// # Ok(()) });
    /// ```
    EVAL eval(script: arg, keys: keys_n, args: args) -> Value;
    /// `EVAL_RO`: runs a script that only reads.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.eval_ro("return redis.call('GET', KEYS[1])", ["k"], [""; 0]).await?;
    /// # Ok(()) });
    /// ```
    EVAL_RO eval_ro(script: arg, keys: keys_n, args: args) -> Value;
    /// `EVALSHA`: runs a script by its hash.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let sha1 = client.script_load("return 7").await?;
    /// assert_eq!(client.evalsha(sha1, ["k"], [""; 0]).as_::<i64>().await?, 7);
    /// # Ok(()) });
    /// ```
    EVALSHA evalsha(sha1: arg, keys: keys_n, args: args) -> Value;
    /// `EVALSHA_RO`: runs a script that only reads by its hash.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let sha1 = client.script_load("return 7").await?;
    /// client.evalsha_ro(sha1, ["k"], [""; 0]).await?;
    /// # Ok(()) });
    /// ```
    EVALSHA_RO evalsha_ro(sha1: arg, keys: keys_n, args: args) -> Value;
    /// `SCRIPT LOAD`: loads a script on all nodes; returns its hash.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.script_load("return 1").await?.len(), 40);
    /// # Ok(()) });
    /// ```
    SCRIPT_LOAD script_load(script: arg) -> String;
    /// `SCRIPT EXISTS`: for each hash whether all primaries have the script.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.script_exists(["0"]).await?, [false]);
    /// # Ok(()) });
    /// ```
    SCRIPT_EXISTS script_exists(sha1s: args) -> Vec<bool>;
    /// `SCRIPT FLUSH`: forgets all scripts on all nodes.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.script_flush().await?;
    /// # Ok(()) });
    /// ```
    SCRIPT_FLUSH script_flush() -> ();
    /// `SCRIPT KILL`: stops the script that runs, on all primaries. The connection of the script waits for its end, so this has to come from another client.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// // Nothing runs, and that is an error.
    /// assert_eq!(client.script_kill().await.unwrap_err().code(), Some("NOTBUSY"));
    /// # Ok(()) });
    /// ```
    SCRIPT_KILL script_kill() -> ();
    /// `SCRIPT SHOW`: the source of a script (Valkey).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let sha1 = client.script_load("return 7").await?;
    /// assert_eq!(client.script_show(sha1).await?, "return 7");
    /// # Ok(()) });
    /// ```
    SCRIPT_SHOW script_show(sha1: arg) -> Bytes;
    /// `FCALL`: calls a function.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let library = "#!lua name=l\nserver.register_function{function_name='f', callback=function(keys, args) return args[1] + 1 end}";
    /// client.function_load(library).await?;
    /// assert_eq!(client.fcall("f", ["k"], [5]).as_::<i64>().await?, 6);
    /// # Ok(()) });
    /// ```
    FCALL fcall(function: arg, keys: keys_n, args: args) -> Value;
    /// `FCALL_RO`: calls a function that only reads.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let library = "#!lua name=l\nserver.register_function{function_name='f', callback=function(keys, args) return server.call('STRLEN', keys[1]) end, flags={'no-writes'}}";
    /// client.function_load(library).await?;
    /// assert_eq!(client.fcall_ro("f", ["k"], [""; 0]).as_::<i64>().await?, 0);
    /// # Ok(()) });
    /// ```
    FCALL_RO fcall_ro(function: arg, keys: keys_n, args: args) -> Value;
    /// `FUNCTION LOAD`: loads a library on all primaries; returns its name.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.function_load("#!lua name=l\nserver.register_function('f', function() return 1 end)").await?;
    /// assert_eq!(client.fcall("f", ["k"], [""; 0]).as_::<i64>().await?, 1);
    /// # Ok(()) });
    /// ```
    FUNCTION_LOAD function_load(code: arg) -> String;
    /// `FUNCTION LOAD`: loads a library in the place of the one of its name, with the word `REPLACE`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.function_load_replace("REPLACE", "#!lua name=l\nserver.register_function('f', function() return 1 end)").await?;
    /// # Ok(()) });
    /// ```
    FUNCTION_LOAD function_load_replace(mode: arg, code: arg) -> String;
    /// `FUNCTION DELETE`: deletes a library on all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.function_load("#!lua name=l\nserver.register_function('f', function() return 1 end)").await?;
    /// client.function_delete("l").await?;
    /// assert!(client.function_list().await?.is_empty());
    /// # Ok(()) });
    /// ```
    FUNCTION_DELETE function_delete(library: arg) -> ();
    /// `FUNCTION DUMP`: all libraries of some primary in serialized form.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.function_dump().await?;
    /// # Ok(()) });
    /// ```
    FUNCTION_DUMP function_dump() -> Bytes;
    /// `FUNCTION RESTORE`: loads libraries from their serialized form, on all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let dump = client.function_dump().await?;
    /// client.function_restore(dump).await?;
    /// # Ok(()) });
    /// ```
    FUNCTION_RESTORE function_restore(dump: arg) -> ();
    /// `FUNCTION FLUSH`: deletes all libraries on all primaries.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.function_flush().await?;
    /// # Ok(()) });
    /// ```
    FUNCTION_FLUSH function_flush() -> ();
    /// `FUNCTION KILL`: stops the function that runs, on all primaries. The connection of the function waits for its end, so this has to come from another client.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// match client.function_kill().await {
    ///     Err(error) if error.code() == Some("NOTBUSY") => {} // nothing runs
    ///     other => other?,
    /// }
    /// # Ok(()) });
    /// ```
    FUNCTION_KILL function_kill() -> ();
    /// `FUNCTION LIST`: the libraries of some primary.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.function_list().await?.is_empty());
    /// # Ok(()) });
    /// ```
    FUNCTION_LIST function_list() -> Vec<Value>;
    /// `FUNCTION STATS`: what runs, and what engines there are; say of which node with `on`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.function_stats().on(tsubame_client::Route::AnyPrimary).await?;
    /// # Ok(()) });
    /// ```
    FUNCTION_STATS function_stats() -> Value;
}
