//! The `tsubame` binary.

use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use tsubame::{cli, commands, local_cluster, server, sys};

#[global_allocator]
static ALLOCATOR: tsubame::sys::Allocator = tsubame::sys::Allocator;

fn main() -> ExitCode {
    sys::title::prepare();
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    if args.first().is_some_and(|word| word == b"local-cluster") {
        let words = args[1..].iter().map(|word| String::from_utf8_lossy(word).into_owned());
        return local_cluster::main(&words.collect::<Vec<_>>());
    }
    let started = match cli::start(&args, &commands::is_declared) {
        Ok(started) => started,
        Err(code) => return code,
    };
    commands::set_renames(started.declarations.renames);
    let result = server::run(started.config, &started.declarations.users);
    drop(started.pid_file);
    match result {
        Ok(()) => {
            // Test suites wait for this line.
            tracing::warn!("Tsubame is now ready to exit, bye bye...");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::warn!("{error}");
            ExitCode::FAILURE
        }
    }
}
