//! Counts what the server allocates and how often it calls the kernel per command in steady state:
//! no allocation for GET, SET over an old value, and INCR, and one read and one write for all that
//! a connection has sent, at any pipeline depth.
//!
//! A binary of its own, because it replaces the allocator. The server runs in this process; the test's
//! own thread is exempt from the counts.
#![expect(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tsubame::config::Config;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IS_EXEMPT: Cell<bool> = const { Cell::new(false) };
}

fn count(counter: &AtomicU64) {
    if !IS_EXEMPT.try_with(Cell::get).unwrap_or(true) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(&ALLOCATIONS);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(&ALLOCATIONS);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls of recv(2) and send(2) that the server made for clients. It counts them itself, where it makes them
/// (the kernel counts only read(2) and write(2); `strace -c` says the same); this question costs one of each.
fn calls(stream: &mut TcpStream) -> (u64, u64) {
    stream.write_all(&request(&["INFO", "stats"])).expect("the server reads");
    let mut text = String::new();
    while !text.contains("acl_access_denied_auth") {
        let mut bytes = [0; 16 * 1024];
        let len = stream.read(&mut bytes).expect("the server replies");
        text.push_str(&String::from_utf8_lossy(&bytes[..len]));
    }
    let count = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|count| count.trim().parse().ok()).expect("a number")
    };
    (count("total_reads_processed:"), count("total_writes_processed:"))
}

/// The one server of this process, for one test at a time: the counts are everybody's.
fn server() -> MutexGuard<'static, TcpStream> {
    static SERVER: LazyLock<Mutex<TcpStream>> = LazyLock::new(|| Mutex::new(start_server()));
    IS_EXEMPT.set(true);
    SERVER.lock().expect("no test failed before")
}

fn start_server() -> TcpStream {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let config = Config::default();
    config.port.store(i64::from(port));
    config.threads.store(1);
    std::thread::spawn(move || tsubame::server::run(Arc::new(config), &[]));
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

/// Sends `batch` as often as `rounds` says; each time waits for `reply_bytes`. Answers in how many pieces
/// the replies came.
fn exchange(stream: &mut TcpStream, batch: &[u8], reply_bytes: usize, rounds: usize) -> usize {
    let mut reply = vec![0; reply_bytes];
    let mut pieces = 0;
    for _ in 0..rounds {
        stream.write_all(batch).expect("the server reads");
        let mut got = 0;
        while got < reply_bytes {
            let len = stream.read(&mut reply[got..]).expect("the server replies");
            assert!(len > 0, "the server hung up");
            got += len;
            pieces += 1;
        }
        assert!(reply[0] != b'-', "{}", String::from_utf8_lossy(&reply));
    }
    pieces
}

#[test]
fn the_hot_commands_allocate_nothing() {
    let mut stream = server();
    let value = "v".repeat(32);
    let set = request(&["SET", "key:000000000001", &value]);
    let get = request(&["GET", "key:000000000001"]);
    let incr = request(&["INCR", "ctr:000000000001"]);
    let set_long = request(&["SET", "long:000000000001", &"v".repeat(200)]);
    exchange(&mut stream, &set, 5, 1);
    // Wide enough that its digits, and so its reply, keep their number.
    exchange(&mut stream, &request(&["SET", "ctr:000000000001", "1000000000"]), 5, 1);
    for depth in [1usize, 16, 64] {
        for (name, one, reply_bytes) in [
            ("GET", &get, 39),
            ("SET over an old value", &set, 5),
            ("SET over a value outside of its entry", &set_long, 5),
            ("INCR", &incr, 13),
        ] {
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

#[test]
fn a_batch_costs_one_read_and_one_write() {
    let mut stream = server();
    let set = request(&["SET", "key:000000000001", &"v".repeat(32)]);
    let get = request(&["GET", "key:000000000001"]);
    for (depth, calls_max) in [(1usize, 2.05), (16, 0.14), (64, 0.04)] {
        for (name, one, reply_bytes) in [("SET", &set, 5), ("GET", &get, 39)] {
            let batch = one.repeat(depth);
            exchange(&mut stream, &batch, reply_bytes * depth, 50);
            let rounds = 1000;
            let before = calls(&mut stream);
            let pieces = exchange(&mut stream, &batch, reply_bytes * depth, rounds);
            let after = calls(&mut stream);
            let (reads, writes) = (after.0 - before.0, after.1 - before.1);
            let least = rounds as u64;
            assert!(reads >= least && writes >= least, "{name}: not all is counted");
            let calls = (reads + writes) as f64 / (rounds * depth) as f64;
            assert!(
                calls <= calls_max,
                "{name} at depth {depth}: {calls} calls a request ({reads} reads, {writes} writes)"
            );
            // What was sent at once comes at once.
            assert!(
                pieces <= rounds + rounds / 20,
                "{name} at depth {depth}: {rounds} replies came in {pieces} pieces"
            );
        }
    }
}
