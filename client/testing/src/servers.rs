//! Server processes: where their programs are, starting and stopping them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The workspace's server: `TSUBAME_TEST_SERVER`, else the binary in the target folder, which is
/// built if there is none.
pub fn tsubame() -> Option<PathBuf> {
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

/// Valkey's server: `TSUBAME_TEST_VALKEY`, else the one that `scripts/test` installs into its cache,
/// else that of the PATH.
pub fn valkey() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TSUBAME_TEST_VALKEY") {
        return Some(path.into());
    }
    let cache = || {
        let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let user = || of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")));
        of("TSUBAME_TEST_CACHE").or_else(|| Some(user()?.join("tsubame-tests")))
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = cache().map(|cache| cache.join("peers")).into_iter();
    folders
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("valkey-server"))
        .find(|path| path.is_file())
}

/// A server process with a folder of its own; stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: PathBuf,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Server {
    /// Starts a server with a configuration file and a file of users, without data.
    pub fn start(binary: &Path, cluster: bool) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        for _ in 0..20 {
            let number = STARTED.fetch_add(1, Ordering::Relaxed);
            let name = format!("tsubame-doc-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            let port = free_port();
            let cluster = if cluster { "yes" } else { "no" };
            let config = format!(
                "port {port}\nbind 127.0.0.1\nunixsocket {socket}\ndir {dir}\naclfile {dir}/users.acl\n\
                 save \"\"\ndaemonize no\ncluster-enabled {cluster}\ncluster-node-timeout 2000\n\
                 repl-diskless-sync-delay 0\n",
                socket = folder.join("socket").display(),
                dir = folder.display(),
            );
            std::fs::create_dir_all(&folder).expect("a folder for the server");
            std::fs::write(folder.join("users.acl"), "").expect("a file of users");
            let config_file = folder.join("server.conf");
            std::fs::write(&config_file, config).expect("a configuration file");
            let child = Command::new(binary)
                .arg(&config_file)
                .current_dir(&folder)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the server starts");
            let mut server = Self { child, folder, port };
            if server.is_up() {
                return server;
            }
        }
        panic!("{} does not start", binary.display());
    }

    /// Waits until it listens; `false` if it ended instead, because its port was taken meanwhile.
    fn is_up(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(30);
        let socket = self.folder.join("socket");
        while Instant::now() < end {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                return true;
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }

    /// The URL of its unix socket.
    pub fn url(&self) -> String {
        format!("unix://{}", self.folder.join("socket").display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that is free and whose bus port, 10,000 above, is free too. Both are below those that systems
/// give to connections and to listeners that ask for any, which would take them meanwhile.
pub fn free_port() -> u16 {
    let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let port = 11_000 + rand::random_range(0..11_000);
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}
