//! `tsubame-bench` loads a cluster or a single server and says what it took.
//!
//! `options` is the command line; `template` and `keys` make commands, `schedule` says when they are
//! due; `load` sends them and `record` keeps what came of them; `live`, `report` and `export` show it.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod export;
mod keys;
mod live;
mod load;
mod options;
mod record;
mod report;
mod schedule;
mod template;
mod timer;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::load::{Plan, Shared};
use crate::options::Options;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    let mut runtime = match options.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        n => {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.worker_threads(n);
            runtime
        }
    };
    let result = runtime
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(options)));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tsubame-bench: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether every command succeeded.
async fn run(options: Options) -> Result<bool, Failure> {
    let plan = Plan::new(&options)?;
    let client = options.client()?.connect().await?;
    if options.fill {
        load::fill(&client, &plan, options.quiet).await?;
    }
    let about = report::about(&options, &plan, &client);
    if !options.writes_to_stdout() {
        println!("{about}");
    }
    let shared = Arc::new(Shared::new(client, plan));
    let outcome = load::run(&shared, live::Live::new(&options)).await?;
    if !options.writes_to_stdout() {
        println!("{}", report::text(&options, &shared, &outcome));
    }
    export::write(&options, &shared, &outcome)?;
    Ok(outcome.total.errors.is_empty())
}
