//! Transactions as clients see them.

use crate::support::Server;

/// The flag that a watched key raises used to outlive RESET, and spoilt the next transaction.
#[test]
fn a_reset_connection_watches_nothing_any_more() {
    let server = Server::start(&[]);
    let (mut client, mut other) = (server.client(), server.client());
    client.call(&["WATCH", "old"]);
    assert_eq!(client.call(&["RESET"]).to_string(), "+RESET");
    client.call(&["WATCH", "new"]);
    other.call(&["SET", "old", "1"]);
    client.call(&["MULTI"]);
    client.call(&["PING"]);
    assert_eq!(client.call(&["EXEC"]).to_string(), "[+PONG]");
    client.call(&["WATCH", "new"]);
    other.call(&["SET", "new", "1"]);
    client.call(&["MULTI"]);
    assert_eq!(client.call(&["EXEC"]).to_string(), "*-1");
    client.call(&["WATCH", "old"]);
    client.call(&["RESET"]);
    assert!(!client.call(&["CLIENT", "INFO"]).to_string().contains("watch=1"));
}
