//! From the command line to a configured process: what happens before there is a server.
//!
//! [`start`] reads the configuration, starts the log, goes to the background if asked to, and
//! adjusts the limits of the process. What it returns is all that a server needs.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crate::config::{
    Config, ConfigSource, Declarations, Invocation, LoadError, TSUBAME_VERSION, VALKEY_VERSION,
};
use crate::sys::{limits, process};
use crate::{crash, logging};

const HELP: &str = "\
Usage: tsubame [/path/to/tsubame.conf] [options] [-]
       tsubame - (read config from stdin)
       tsubame local-cluster [options]
       tsubame -v or --version
       tsubame -h or --help

Examples:
       tsubame (run the server with default conf)
       echo 'maxmemory 128mb' | tsubame -
       tsubame /etc/tsubame/6379.conf
       tsubame --port 7777
       tsubame --port 7777 --threads 4
       tsubame --port 7000 --cluster-enabled yes --cluster-config-file nodes-7000.conf
       tsubame /etc/tsubame/6379.conf --loglevel verbose -

Every directive of Valkey's configuration file is accepted as an option.
";

/// What a server starts from.
#[derive(Debug)]
pub struct Started {
    /// The configuration, with its file remembered for CONFIG REWRITE.
    pub config: Arc<Config>,
    /// Renamed commands and declared users.
    pub declarations: Declarations,
    /// Kept until the process ends.
    pub pid_file: Option<process::PidFile>,
}

/// Does what the arguments (without the program's name) ask for: a server that may now start, or
/// the exit code of a process that is done. `is_command` says whether a command of that name
/// exists.
pub fn start(args: &[Vec<u8>], is_command: &dyn Fn(&[u8]) -> bool) -> Result<Started, ExitCode> {
    match Invocation::parse(args) {
        Invocation::Version => {
            // Who starts servers reads behind `v=` what the server can do, in the peers' numbers.
            print(&format!(
                "Tsubame server v={VALKEY_VERSION} tsubame={TSUBAME_VERSION} malloc={} bits={}\n",
                crate::sys::allocator::NAME,
                usize::BITS
            ));
            Err(ExitCode::SUCCESS)
        }
        Invocation::Help => {
            print(HELP);
            Err(ExitCode::SUCCESS)
        }
        Invocation::Serve(source) => configure(source, args.is_empty(), is_command),
    }
}

fn configure(
    mut source: ConfigSource,
    without_arguments: bool,
    is_command: &dyn Fn(&[u8]) -> bool,
) -> Result<Started, ExitCode> {
    let started_in = std::env::current_dir().unwrap_or_default();
    let config = Arc::new(Config::default());
    logging::start(&config);
    crash::report_panics(&config);
    if source.from_stdin {
        tracing::info!("Reading config from stdin");
        if let Err(error) = std::io::stdin().lock().read_to_end(&mut source.stdin) {
            tracing::warn!("Cannot read standard input: {error}");
            return Err(ExitCode::FAILURE);
        }
    }
    if let Some(file) = &source.file {
        config.set_file(file.clone());
    }
    let declarations = config.load(&source, is_command).map_err(|error| {
        match &error {
            LoadError::Logged(text) => tracing::warn!("{text}"),
            LoadError::Fatal { .. } => {
                // Where standard error is closed, the exit code must do.
                let _ = writeln!(std::io::stderr(), "{error}");
            }
        }
        ExitCode::FAILURE
    })?;
    // The level may be another one now.
    tracing::callsite::rebuild_interest_cache();
    match process::daemonize(&config, &started_in, &source.stdin) {
        Ok(true) => return Err(ExitCode::SUCCESS),
        Ok(false) => {}
        Err(error) => {
            tracing::warn!("Cannot go to the background: {error}");
            return Err(ExitCode::FAILURE);
        }
    }
    greet(without_arguments);
    if let Err(text) = limits::adjust_open_files(&config) {
        tracing::warn!("{text}");
        return Err(ExitCode::FAILURE);
    }
    limits::follow_maxclients(&config);
    let pid_file = process::PidFile::create(&config);
    Ok(Started { config, declarations, pid_file })
}

fn greet(without_arguments: bool) {
    let pid = std::process::id();
    tracing::info!("oO0OoO0OoO0Oo Tsubame is starting oO0OoO0OoO0Oo");
    tracing::info!(
        "Tsubame version={TSUBAME_VERSION}, Valkey version={VALKEY_VERSION}, bits={}, pid={pid}, \
         just started",
        usize::BITS
    );
    if without_arguments {
        tracing::warn!(
            "Warning: no config file specified, using the default config. In order to specify a \
             config file use tsubame /path/to/tsubame.conf"
        );
    } else {
        tracing::info!("Configuration loaded");
    }
}

fn print(text: &str) {
    // A reader that went away wants no more.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
