//! Counts what the server allocates per command in steady state: nothing, for GET, SET over an
//! old value, and INCR, at any pipeline depth.
//!
//! A binary of its own, because it replaces the allocator. The server runs in this process; the
//! test's own thread is exempt from the count.
#![expect(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tsubame::config::Config;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IS_EXEMPT: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    if !IS_EXEMPT.try_with(Cell::get).unwrap_or(true) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn start_server() -> TcpStream {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let config = Config::default();
    config.port.store(i64::from(port));
    config.threads.store(1);
    std::thread::spawn(move || tsubame::server::run(Arc::new(config)));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "the server did not start: {error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

/// Sends `batch` as often as `rounds` says; each time waits for `reply_bytes`.
fn exchange(stream: &mut TcpStream, batch: &[u8], reply_bytes: usize, rounds: usize) {
    let mut reply = vec![0; reply_bytes];
    for _ in 0..rounds {
        stream.write_all(batch).expect("the server reads");
        stream.read_exact(&mut reply).expect("the server replies");
        assert!(reply[0] != b'-', "{}", String::from_utf8_lossy(&reply));
    }
}

#[test]
fn the_hot_commands_allocate_nothing() {
    IS_EXEMPT.set(true);
    let mut stream = start_server();
    let value = "v".repeat(32);
    let set = request(&["SET", "key:000000000001", &value]);
    let get = request(&["GET", "key:000000000001"]);
    let incr = request(&["INCR", "ctr:000000000001"]);
    exchange(&mut stream, &set, 5, 1);
    // Wide enough that its digits, and so its reply, keep their number.
    exchange(&mut stream, &request(&["SET", "ctr:000000000001", "1000000000"]), 5, 1);
    for depth in [1usize, 16, 64] {
        for (name, one, reply_bytes) in
            [("GET", &get, 39), ("SET over an old value", &set, 5), ("INCR", &incr, 13)]
        {
            let batch = one.repeat(depth);
            // Buffers reach their size in the first rounds.
            exchange(&mut stream, &batch, reply_bytes * depth, 50);
            let rounds = 2000 / depth + 100;
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            exchange(&mut stream, &batch, reply_bytes * depth, rounds);
            let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
            // The loop's tick, ten times a second, may look after things; no command does.
            assert!(
                allocations < (rounds * depth / 100) as u64,
                "{name} at depth {depth}: {allocations} allocations in {} commands",
                rounds * depth
            );
        }
    }
}
