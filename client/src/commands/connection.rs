//! Connection, and publishing.

use bytes::Bytes;

use super::commands;

commands! {
    /// PING: asks all primaries for a sign of life.
    PING ping() -> String;
    /// ECHO: the message back, from some primary.
    ECHO echo(message: arg) -> Bytes;
    /// TIME: some primary's clock: seconds since 1970, and microseconds.
    TIME time() -> (u64, u64);
    /// PUBLISH: sends a message to a channel; returns how many clients of the node that took it
    /// received it.
    PUBLISH publish(channel: arg, message: arg) -> u64;
    /// SPUBLISH: sends a message to a shard channel; returns how many clients received it.
    SPUBLISH spublish(channel: key, message: arg) -> u64;
}
