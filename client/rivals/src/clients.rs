//! The clients of this process behind one interface: one connection to each node, one GET.

use std::fmt::Display;

use fred::prelude::{Builder, ClientLike, Config, KeysInterface, ReconnectPolicy};

/// A connected client. Clones share its connections.
pub(crate) trait Rival: Clone + Send + 'static {
    /// GETs a key and tells the length of the value.
    fn get(&self, key: String) -> impl Future<Output = Result<usize, String>> + Send;

    /// GETs keys of any slots in one go.
    fn get_many(&self, keys: Vec<String>) -> impl Future<Output = Result<usize, String>> + Send;
}

fn text(error: impl Display) -> String {
    error.to_string()
}

pub(crate) async fn tsubame(seeds: &str) -> tsubame_client::Client {
    tsubame_client::Client::connect(seeds).await.unwrap()
}

impl Rival for tsubame_client::Client {
    async fn get(&self, key: String) -> Result<usize, String> {
        let value = tsubame_client::Client::get(self, key).await.map_err(text)?;
        Ok(value.map_or(0, |value| value.len()))
    }

    async fn get_many(&self, keys: Vec<String>) -> Result<usize, String> {
        let mut batch = self.batch();
        for key in keys {
            batch.push(tsubame_client::commands::get(key));
        }
        Ok(batch.run().await.all::<Vec<u8>>().map_err(text)?.len())
    }
}

pub(crate) async fn redis_rs(seeds: &str) -> redis::cluster_async::ClusterConnection {
    let nodes: Vec<String> = seeds.split(',').map(|seed| format!("redis://{seed}")).collect();
    let client = redis::cluster::ClusterClient::new(nodes).unwrap();
    client.get_async_connection().await.unwrap()
}

impl Rival for redis::cluster_async::ClusterConnection {
    async fn get(&self, key: String) -> Result<usize, String> {
        let mut connection = self.clone();
        let value: Vec<u8> =
            redis::cmd("GET").arg(key).query_async(&mut connection).await.map_err(text)?;
        Ok(value.len())
    }

    async fn get_many(&self, keys: Vec<String>) -> Result<usize, String> {
        let mut pipe = redis::pipe();
        for key in &keys {
            pipe.get(key);
        }
        let mut connection = self.clone();
        let values: Vec<Vec<u8>> = pipe.query_async(&mut connection).await.map_err(text)?;
        Ok(values.len())
    }
}

pub(crate) async fn fred(seeds: &str) -> fred::clients::Client {
    let (first, rest) = seeds.split_once(',').unwrap_or((seeds, ""));
    let nodes: Vec<String> = rest
        .split(',')
        .filter(|seed| !seed.is_empty())
        .map(|seed| format!("node={seed}"))
        .collect();
    let url = format!("redis-cluster://{first}?{}", nodes.join("&"));
    let mut builder = Builder::from_config(Config::from_url_clustered(&url).unwrap());
    // Without a policy it does not connect again: for ever, after pauses from 50 ms to 2 s, as we do.
    builder.set_policy(ReconnectPolicy::new_exponential(0, 50, 2_000, 2));
    let client = builder.build().unwrap();
    client.init().await.unwrap();
    client
}

impl Rival for fred::clients::Client {
    async fn get(&self, key: String) -> Result<usize, String> {
        let value: Vec<u8> = KeysInterface::get(self, key).await.map_err(text)?;
        Ok(value.len())
    }

    async fn get_many(&self, keys: Vec<String>) -> Result<usize, String> {
        let pipeline = self.pipeline();
        for key in keys {
            let () = pipeline.get(key).await.map_err(text)?;
        }
        let values: Vec<Vec<u8>> = pipeline.all().await.map_err(text)?;
        Ok(values.len())
    }
}
