//! Starts a server for an example of the documentation and runs the example against it.
//!
//! The server is `TSUBAME_TEST_SERVER`, else the workspace's own binary, which is built if there is
//! none. An example of a command that the server does not have says so and passes.
//!
//! [`allocations`] counts what a program allocates.
//!
//! A crate of its own, so that the hundreds of examples share its compiled code.

pub mod allocations;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tsubame_client::{Client, Result};

type Running = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Runs `example` with a client of a fresh server, and panics if it fails.
pub fn with_server(example: impl AsyncFnOnce(Client) -> Result<()> + 'static) {
    run(Box::new(move |url| {
        Box::pin(async move {
            let client = Client::connect(&url).await?;
            example(client).await
        })
    }));
}

/// Runs `example` with the URL of a fresh server, and panics if it fails.
pub fn with_url(example: impl AsyncFnOnce(String) -> Result<()> + 'static) {
    run(Box::new(move |url| Box::pin(example(url))));
}

/// Runs `example`, which must not be in a runtime, with the URL of a fresh server, and panics if it
/// fails.
pub fn with_url_blocking(example: impl FnOnce(String) -> Result<()> + Send + 'static) {
    run(Box::new(move |url| {
        Box::pin(async move {
            std::thread::spawn(move || example(url)).join().expect("the example does not panic")
        })
    }));
}

fn run(example: Box<dyn FnOnce(String) -> Running>) {
    let Some(binary) = server() else {
        return eprintln!("skipped: no server; set TSUBAME_TEST_SERVER");
    };
    let socket = std::env::temp_dir().join(format!("tsubame-doc-{}.sock", std::process::id()));
    let url = format!("unix://{}", socket.display());
    let mut server = Command::new(binary)
        .args(["--port", "0", "--save", "", "--daemonize", "no", "--unixsocket"])
        .arg(&socket)
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    // The client would wait for it too, but with growing pauses.
    let until = Instant::now() + Duration::from_secs(10);
    while std::os::unix::net::UnixStream::connect(&socket).is_err() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.expect("a runtime").block_on(example(url));
    let _ = server.kill();
    let _ = server.wait();
    let _ = std::fs::remove_file(&socket);
    match result {
        Err(error) if is_missing(&error.to_string()) => {
            eprintln!("skipped: the server does not know the command: {error}");
        }
        result => result.expect("the example succeeds"),
    }
}

fn is_missing(error: &str) -> bool {
    error.contains("unknown command") || error.contains("unknown subcommand")
}

fn server() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TSUBAME_TEST_SERVER") {
        return Some(path.into());
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    if !workspace.join("src/main.rs").is_file() {
        return None;
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), PathBuf::from);
    let find = || {
        let of = |profile| target.join(profile).join("tsubame");
        ["debug", "release"].map(of).into_iter().find(|path| path.is_file())
    };
    find().or_else(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--bin", "tsubame"]).current_dir(workspace);
        assert!(build.status().is_ok_and(|status| status.success()), "the server can't be built");
        find()
    })
}
