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

/// Every key was looked for among all that the client watched, which took a minute for so many.
#[test]
fn very_many_keys_are_watched_and_each_once() {
    let server = Server::start(&[]);
    let (mut client, mut other) = (server.client(), server.client());
    let mut words = vec!["WATCH".to_owned(), "key:7".to_owned()];
    words.extend((0..100_000).map(|number| format!("key:{number}")));
    for _ in 0..2 {
        assert_eq!(client.call(&words).to_string(), "+OK");
        let line = client.call(&["CLIENT", "INFO"]).to_string();
        assert!(line.contains(" watch=100000 "), "{line}");
    }
    // The same name in another database is another key.
    client.call(&["SELECT", "1"]);
    assert_eq!(client.call(&["WATCH", "key:7", "key:7"]).to_string(), "+OK");
    assert!(client.call(&["CLIENT", "INFO"]).to_string().contains(" watch=100001 "));
    other.call(&["SET", "key:99999", "1"]);
    client.call(&["MULTI"]);
    assert_eq!(client.call(&["EXEC"]).to_string(), "*-1");
    assert!(client.call(&["CLIENT", "INFO"]).to_string().contains(" watch=0 "));
    client.call(&["MULTI"]);
    assert_eq!(client.call(&["EXEC"]).to_string(), "[]");
}
