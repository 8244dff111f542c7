// Starts a server for one example of the documentation and runs the example against it. Included by
// the hidden lines of the examples.
//
// The server is `TSUBAME_TEST_SERVER`, else the workspace's own binary, which is built if need be. An
// example of a command that the server does not have says so and passes.

fn with_server(example: impl AsyncFnOnce(tsubame_client::Client) -> tsubame_client::Result<()>) {
    let Some(binary) = server() else {
        return eprintln!("skipped: no server; set TSUBAME_TEST_SERVER");
    };
    let socket = std::env::temp_dir().join(format!("tsubame-doc-{}.sock", std::process::id()));
    let path = socket.to_str().unwrap();
    let flags = ["--port", "0", "--unixsocket", path, "--save", "", "--daemonize", "no"];
    let quiet = std::process::Stdio::null;
    let mut server = std::process::Command::new(binary)
        .args(flags)
        .current_dir(std::env::temp_dir())
        .stdout(quiet())
        .stderr(quiet())
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async {
        let client = tsubame_client::Client::connect(&format!("unix://{path}")).await?;
        example(client).await
    });
    server.kill().unwrap();
    server.wait().unwrap();
    let _ = std::fs::remove_file(&socket);
    match result {
        Err(error)
            if error.to_string().contains("unknown command")
                || error.to_string().contains("unknown subcommand") =>
        {
            eprintln!("skipped: the server does not know the command: {error}");
        }
        result => result.unwrap(),
    }
}

fn server() -> Option<std::path::PathBuf> {
    if let Some(path) = std::env::var_os("TSUBAME_TEST_SERVER") {
        return Some(path.into());
    }
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    if !workspace.join("src/main.rs").is_file() {
        return None;
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), std::path::PathBuf::from);
    let find = || {
        let of = |profile| target.join(profile).join("tsubame");
        ["debug", "release"].map(of).into_iter().find(|path| path.is_file())
    };
    find().or_else(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = std::process::Command::new(cargo);
        build.args(["build", "--quiet", "--bin", "tsubame"]).current_dir(workspace);
        assert!(build.status().unwrap().success(), "the server can't be built");
        find()
    })
}
