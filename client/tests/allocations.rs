//! Invariant I22, in part: a GET of a small value costs at most two allocations, the place of its
//! reply and the value.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::io::{Read, Write};

use tsubame_client::{Client, Mode};
use tsubame_client_testing::allocations::{Counting, count};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A server that answers every GET with the same 64 bytes and allocates nothing while it does.
fn serve(listener: std::net::TcpListener) {
    for stream in listener.incoming() {
        std::thread::spawn(move || {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 65536];
            let value = format!("$64\r\n{}\r\n", "v".repeat(64));
            while let Ok(n) = stream.read(&mut buffer) {
                let text = &buffer[..n];
                if n == 0 {
                    return;
                }
                if text.windows(5).any(|word| word == b"HELLO") {
                    let mode = "%1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n+OK\r\n+OK\r\n";
                    stream.write_all(mode.as_bytes()).unwrap();
                    continue;
                }
                for _ in text.windows(3).filter(|word| *word == b"GET") {
                    stream.write_all(value.as_bytes()).unwrap();
                }
            }
        });
    }
}

#[test]
fn a_get_costs_at_most_two_allocations() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || serve(listener));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let builder = Client::builder().seed(&addr).unwrap().mode(Mode::Standalone);
        let client = builder.connect().await.unwrap();
        for _ in 0..1000 {
            client.get("a key of usual length").await.unwrap();
        }
        let before = count();
        for _ in 0..10_000 {
            assert_eq!(client.get("a key of usual length").await.unwrap().unwrap().len(), 64);
        }
        let each = (count() - before) as f64 / 10_000.0;
        // What is above two is the read buffer, which is replaced now and then.
        assert!(each <= 2.01, "{each} allocations for each GET");
    });
}
