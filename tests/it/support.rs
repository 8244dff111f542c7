//! What the integration tests share: a server on a free port, and a client that shows replies as the
//! wire had them.
//!
//! The server under test is the binary of this build; `TSUBAME_TEST_SERVER` names another one, so that
//! every expectation in these tests can be proved against a real Valkey first.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_secs(20);
const REPLY_WITHIN: Duration = Duration::from_secs(20);

/// A server process in a folder of its own, ended by its pid when dropped.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// Starts the server under test.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_binary(&Self::binary(), options)
    }

    pub(crate) fn start_binary(binary: &Path, options: &[&str]) -> Self {
        // Another process may take the port between the probe and the server's bind.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(binary, None, options) {
                return server;
            }
        }
        panic!("{} did not answer PING", binary.display());
    }

    /// Starts the server under test with a configuration file, which is then `test.conf` in its folder.
    pub(crate) fn start_with_file(lines: &str) -> Self {
        let server = (0..5).find_map(|_| Self::try_start(&Self::binary(), Some(lines), &[]));
        server.expect("the server answers PING")
    }

    /// What a server says that refuses to start with these options.
    pub(crate) fn refused(options: &[&str]) -> String {
        let port = free_port().to_string();
        let output = Command::new(Self::binary()).args(["--port", &port]).args(options).output();
        let output = output.expect("the server under test runs");
        assert!(!output.status.success(), "it started");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn binary() -> PathBuf {
        std::env::var_os("TSUBAME_TEST_SERVER")
            .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_tsubame")), PathBuf::from)
    }

    fn try_start(binary: &Path, file: Option<&str>, options: &[&str]) -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("tsubame-it-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        let port = free_port();
        let log = std::fs::File::create(folder.join("server.log")).expect("the folder was made");
        let path = folder.join("test.conf");
        if let Some(lines) = file {
            std::fs::write(&path, lines).expect("the folder was made");
        }
        let child = Command::new(binary)
            .args(file.map(|_| path))
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--daemonize", "no", "--dir"])
            .arg(&folder)
            .args(options)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file handle can be cloned"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        let mut server = Server { child, folder, port };
        server.is_ready().then_some(server)
    }

    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline && !self.has_ended() {
            if let Ok(mut client) = Client::connect(self.port) {
                // With requirepass the answer is an error, and an answer is all that counts.
                if client.send(&[b"PING"]).is_ok() && client.read().is_ok() {
                    return true;
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("the server's log:\n{}", self.log());
        false
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.port).expect("a running server accepts connections")
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it runs and keeps its files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn log(&self) -> String {
        let log = std::fs::read(self.folder.join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(4000)..]).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port whose cluster bus port is free as well.
pub(crate) fn free_port() -> u16 {
    loop {
        let number = rand::random_range(20_000..45_000);
        if [number, number + 10_000]
            .iter()
            .all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        {
            return number;
        }
    }
}

/// A reply with its RESP type; numbers that the wire carries as text stay text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reply {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Int(i64),
    Bulk(Vec<u8>),
    NullBulk,
    NullArray,
    Null,
    Array(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Set(Vec<Reply>),
    Push(Vec<Reply>),
    Double(Vec<u8>),
    Bool(bool),
    BigNumber(Vec<u8>),
    BulkError(Vec<u8>),
    Verbatim(Vec<u8>),
}

impl fmt::Display for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |out: &mut fmt::Formatter<'_>, open: &str, items: &[Reply], close: &str| {
            out.write_str(open)?;
            for (index, item) in items.iter().enumerate() {
                write!(out, "{}{item}", if index > 0 { ", " } else { "" })?;
            }
            out.write_str(close)
        };
        match self {
            Reply::Simple(text) => write!(out, "+{}", text.escape_ascii()),
            Reply::Error(text) => write!(out, "-{}", text.escape_ascii()),
            Reply::Int(number) => write!(out, ":{number}"),
            Reply::Bulk(text) => write!(out, "\"{}\"", text.escape_ascii()),
            Reply::NullBulk => out.write_str("$-1"),
            Reply::NullArray => out.write_str("*-1"),
            Reply::Null => out.write_str("_"),
            Reply::Array(items) => list(out, "[", items, "]"),
            Reply::Set(items) => list(out, "~[", items, "]"),
            Reply::Push(items) => list(out, ">[", items, "]"),
            Reply::Map(pairs) => {
                out.write_str("%{")?;
                for (index, (key, value)) in pairs.iter().enumerate() {
                    write!(out, "{}{key}: {value}", if index > 0 { ", " } else { "" })?;
                }
                out.write_str("}")
            }
            Reply::Double(text) => write!(out, ",{}", text.escape_ascii()),
            Reply::Bool(value) => write!(out, "#{value}"),
            Reply::BigNumber(text) => write!(out, "({}", text.escape_ascii()),
            Reply::BulkError(text) => write!(out, "!{}", text.escape_ascii()),
            Reply::Verbatim(text) => write!(out, "={}", text.escape_ascii()),
        }
    }
}

/// A blocking connection. Errors are `io::Error`s: a closed connection is `UnexpectedEof`.
pub(crate) struct Client {
    stream: TcpStream,
    input: Vec<u8>,
    consumed: usize,
}

impl Client {
    pub(crate) fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(REPLY_WITHIN))?;
        stream.set_write_timeout(Some(REPLY_WITHIN))?;
        Ok(Client { stream, input: Vec::new(), consumed: 0 })
    }

    /// Sends one command and waits for its reply.
    pub(crate) fn call<A: AsRef<[u8]>>(&mut self, words: &[A]) -> Reply {
        self.send(words).expect("the server takes the request");
        self.read().expect("the server replies")
    }

    pub(crate) fn send<A: AsRef<[u8]>>(&mut self, words: &[A]) -> io::Result<()> {
        let mut request = Vec::new();
        encode(&mut request, words);
        self.send_raw(&request)
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more is going to be sent.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(std::net::Shutdown::Write)
    }

    pub(crate) fn read(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, rest) = line.split_first().ok_or_else(|| malformed("an empty line"))?;
        Ok(match kind {
            b'+' => Reply::Simple(rest.to_vec()),
            b'-' => Reply::Error(rest.to_vec()),
            b':' => Reply::Int(number(rest)?),
            b',' => Reply::Double(rest.to_vec()),
            b'(' => Reply::BigNumber(rest.to_vec()),
            b'#' => Reply::Bool(rest == b"t"),
            b'_' => Reply::Null,
            b'$' | b'=' | b'!' => {
                let length = number(rest)?;
                if length < 0 {
                    return Ok(Reply::NullBulk);
                }
                let text = self.exactly(length as usize)?;
                match kind {
                    b'$' => Reply::Bulk(text),
                    b'!' => Reply::BulkError(text),
                    _ => Reply::Verbatim(text),
                }
            }
            b'*' | b'~' | b'>' => {
                let length = number(rest)?;
                if length < 0 {
                    return Ok(Reply::NullArray);
                }
                let items = (0..length).map(|_| self.read()).collect::<io::Result<Vec<_>>>()?;
                match kind {
                    b'*' => Reply::Array(items),
                    b'~' => Reply::Set(items),
                    _ => Reply::Push(items),
                }
            }
            b'%' => {
                let pairs = (0..number(rest)?).map(|_| Ok((self.read()?, self.read()?)));
                Reply::Map(pairs.collect::<io::Result<Vec<_>>>()?)
            }
            _ => return Err(malformed(&line.escape_ascii().to_string())),
        })
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let pending = &self.input[self.consumed..];
            if let Some(end) = pending.windows(2).position(|pair| pair == b"\r\n") {
                let line = pending[..end].to_vec();
                self.consumed += end + 2;
                return Ok(line);
            }
            self.fill()?;
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.input.len() - self.consumed < length + 2 {
            self.fill()?;
        }
        let text = self.input[self.consumed..self.consumed + length].to_vec();
        self.consumed += length + 2;
        Ok(text)
    }

    fn fill(&mut self) -> io::Result<()> {
        self.input.drain(..self.consumed);
        self.consumed = 0;
        let mut chunk = [0; 16 * 1024];
        let length = self.stream.read(&mut chunk)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.input.extend_from_slice(&chunk[..length]);
        Ok(())
    }
}

/// Appends one request as RESP.
pub(crate) fn encode<A: AsRef<[u8]>>(request: &mut Vec<u8>, words: &[A]) {
    request.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        let word = word.as_ref();
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
}

fn number(text: &[u8]) -> io::Result<i64> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| malformed(&text.escape_ascii().to_string()))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a reply: {what}"))
}

/// Waits until something is so, ten seconds at the most.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
