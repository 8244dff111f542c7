//! The client beside its rivals, under the same load. Which figure is the first argument; see the README.

mod clients;
mod figures;
mod hostile;
mod servers;
mod table;
mod worker;

use tsubame_client_testing::allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "\
usage: tsubame-client-rivals FIGURE [--option value]...

  speed     GETs of 64 bytes per second of the client's CPU time
  extra     what the servers are asked besides the commands, steady and hostile
  batch     a batch of 32 over all slots beside 32 commands one after the other
  failover  throughput of the other shards while one fails over, and the time until it is back
  hung      throughput of the other nodes while one of six is stopped
  single    a cluster of three beside one server, with the same CPU
  hostile   the server of the hostile rows, by hand

options: --server PATH (valkey-server, tsubame; several with commas)  --clients NAME,NAME
  --seconds S  --rounds N  --concurrency N  --server-core N  --client-core N  --rate PER_SECOND";

/// The value of a command line option.
fn option(name: &str, default: &str) -> String {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|arg| arg == name);
    at.and_then(|at| args.get(at + 1)).map_or_else(|| default.to_owned(), Clone::clone)
}

fn number(name: &str, default: f64) -> f64 {
    let text = option(name, &default.to_string());
    text.parse().unwrap_or_else(|_| panic!("{name} {text}: not a number"))
}

fn main() {
    let figure = std::env::args().nth(1).unwrap_or_default();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match figure.as_str() {
        "worker" => runtime().block_on(worker::run()),
        "hostile" => runtime().block_on(hostile::run()),
        "speed" => figures::speed(),
        "extra" => figures::extra(),
        "batch" => figures::batch(),
        "failover" => figures::failover(),
        "hung" => figures::hung(),
        "single" => figures::single(),
        _ => eprintln!("{USAGE}"),
    }
}
