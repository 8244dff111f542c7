//! Asking one node for the topology, on a connection of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use super::{Candidate, parse_slots};
use crate::addr::NodeAddr;
use crate::builder::{Config, Mode};
use crate::net::{Connection, Purpose, dial};
use crate::protocol::{ServerMode, next_reply, text};
use crate::request::Body;
use crate::table::known;
use crate::value::Value;

pub(crate) type Answer = Result<Candidate, Arc<str>>;
pub(crate) type Asking = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Where topologies come from; tests have their own.
pub(crate) trait Source: Send + Sync + 'static {
    /// Asks `addr` once. The caller bounds the time.
    fn ask(&self, addr: NodeAddr) -> Asking;
}

/// CLUSTER SLOTS of real servers.
pub(crate) struct SlotsSource {
    pub(crate) config: Arc<Config>,
}

impl Source for SlotsSource {
    fn ask(&self, addr: NodeAddr) -> Asking {
        let config = self.config.clone();
        Box::pin(async move {
            let Connection { mut stream, mut reader, greeting, open: _open } =
                dial(&addr, &config, Purpose::default()).await?;
            match (config.mode, greeting.mode) {
                (Mode::Standalone, _) | (Mode::Auto, ServerMode::Standalone) => {
                    // Sentinels may still name a server that has become a replica.
                    if greeting.replica && config.seeds.source.is_some() {
                        return Err("it is a replica".into());
                    }
                    return Ok(Candidate::standalone(addr));
                }
                (Mode::Cluster, _) | (Mode::Auto, ServerMode::Cluster) => {}
            }
            let mut out = bytes::BytesMut::new();
            Body::new(&known::CLUSTER_SLOTS).write_frame(&mut out);
            stream.write_all(&out).await.map_err(text)?;
            stream.flush().await.map_err(text)?;
            match next_reply(&mut stream, &mut reader).await? {
                Value::Error(error) => Err(error.without_arguments().into()),
                reply => parse_slots(&reply, &addr).map_err(Arc::from),
            }
        })
    }
}
