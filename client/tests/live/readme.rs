//! The program of README.md, against real clusters.

use std::path::Path;

use tsubame_client::{Client, commands};

use crate::on_both_servers;
use crate::support::Cluster;

on_both_servers! {
    the_program_of_the_readme_runs,
}

#[allow(clippy::print_stdout, reason = "so does the program")]
async fn program(url: &str) -> tsubame_client::Result<()> {
    let client = Client::connect(url).await?;
    client.set("user:1", "Ada").ex(3600).await?;
    let name: Option<String> = client.get("user:1").as_().await?;

    let mut batch = client.batch(); // keys of all slots
    batch.push(commands::incr("visits:1"));
    batch.push(commands::incr("visits:2"));
    let visits: Vec<i64> = batch.run().await.all()?;
    println!("{name:?} {visits:?}");
    Ok(())
}

async fn the_program_of_the_readme_runs(binary: &Path) {
    let cluster = Cluster::start(binary, 2);
    let addrs: Vec<String> = cluster.servers.iter().map(|server| server.addr()).collect();
    program(&format!("redis://{}", addrs.join(","))).await.unwrap();
    assert_eq!(cluster.client().await.get("visits:2").as_::<i64>().await.unwrap(), 1);
}

/// What is run above is what README.md says, but for the addresses.
#[test]
fn the_readme_says_what_is_run() {
    fn body<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
        let after = text.lines().skip_while(|line| !line.starts_with(function)).skip(1);
        after.take_while(|line| *line != "}").collect()
    }
    let readme =
        include_str!("../../README.md").replace("\"redis://127.0.0.1:7000,127.0.0.1:7001\"", "url");
    let here = body(include_str!("readme.rs"), "async fn program");
    assert!(here.len() > 5);
    assert_eq!(body(&readme, "async fn main"), here);
}
