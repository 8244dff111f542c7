//! Several state machines in one process, joined by a simulated network and clock.
//!
//! Every test runs with a seed of its own that it prints, so a failure shows it; set
//! `CLUSTER_SIM_SEED` to repeat one. There are a few seeds by default, new ones each time;
//! `CLUSTER_SIM_RUNS` makes that many times more of them.

mod failures;
mod formation;
mod world;

use world::World;

/// Runs a test with a few seeds.
fn with_seeds(runs: u64, test: impl Fn(World)) {
    let fixed = std::env::var("CLUSTER_SIM_SEED").ok().and_then(|seed| seed.parse().ok());
    let more = std::env::var("CLUSTER_SIM_RUNS").ok().and_then(|runs| runs.parse::<u64>().ok());
    let seeds = match fixed {
        Some(seed) => vec![seed],
        None => (0..more.map_or(runs.div_ceil(3), |n| n * runs)).map(|_| rand::random()).collect(),
    };
    for seed in seeds {
        #[expect(clippy::print_stdout, reason = "shown when the test fails")]
        {
            println!("CLUSTER_SIM_SEED={seed}");
        }
        test(World::new(seed));
    }
}
