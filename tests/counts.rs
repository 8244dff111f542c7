//! Counts what the server allocates and how often it calls the kernel per command in steady state:
//! no allocation for GET, SET over an old value, and INCR, and one receive and one send for all that
//! a connection has sent, at any pipeline depth.
//!
//! A binary of its own, because it replaces the allocator and the C library's `recv` and `send`. The
//! server runs in this process; the test's own thread is exempt from the counts.
#![expect(unsafe_code, reason = "an allocator and socket calls that count")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tsubame::config::Config;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static RECEIVES: AtomicU64 = AtomicU64::new(0);
static SENDS: AtomicU64 = AtomicU64::new(0);

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

unsafe extern "C" {
    fn recvfrom(
        socket: c_int,
        buffer: *mut c_void,
        len: usize,
        flags: c_int,
        address: *mut c_void,
        address_len: *mut c_void,
    ) -> isize;
    fn sendto(
        socket: c_int,
        buffer: *const c_void,
        len: usize,
        flags: c_int,
        address: *const c_void,
        address_len: u32,
    ) -> isize;
}

/// Takes the place of the C library's function, which the standard library reads sockets with.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recv(socket: c_int, buf: *mut c_void, len: usize, flags: c_int) -> isize {
    count(&RECEIVES);
    // SAFETY: as the caller promises; without an address it is the same call.
    unsafe { recvfrom(socket, buf, len, flags, ptr::null_mut(), ptr::null_mut()) }
}

/// As [`recv`], for what is sent.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn send(
    socket: c_int,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> isize {
    count(&SENDS);
    // SAFETY: as the caller promises; without an address it is the same call.
    unsafe { sendto(socket, buf, len, flags, ptr::null(), 0) }
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
    let mut stream = server();
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

#[test]
fn a_batch_costs_one_receive_and_one_send() {
    let mut stream = server();
    let set = request(&["SET", "key:000000000001", &"v".repeat(32)]);
    let get = request(&["GET", "key:000000000001"]);
    for (depth, calls_max) in [(1usize, 2.05), (16, 0.14), (64, 0.04)] {
        for (name, one, reply_bytes) in [("SET", &set, 5), ("GET", &get, 39)] {
            let batch = one.repeat(depth);
            exchange(&mut stream, &batch, reply_bytes * depth, 50);
            let rounds = 1000;
            let counts = || (RECEIVES.load(Ordering::Relaxed), SENDS.load(Ordering::Relaxed));
            let before = counts();
            exchange(&mut stream, &batch, reply_bytes * depth, rounds);
            let after = counts();
            let (receives, sends) = (after.0 - before.0, after.1 - before.1);
            // Else the calls go another way than the one that is counted.
            assert!(receives >= rounds as u64 && sends >= rounds as u64, "{name}");
            let calls = (receives + sends) as f64 / (rounds * depth) as f64;
            assert!(
                calls <= calls_max,
                "{name} at depth {depth}: {calls} calls a request ({receives} receives, {sends} sends)"
            );
        }
    }
}
