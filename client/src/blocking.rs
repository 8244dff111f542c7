//! Commands that wait on the server, on connections of their own: on a shared one they would hold
//! up everybody else.

use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::request::{
    Body, Command, Detached, KeySlot, Patience, Request, Step, judge, place_of, route_slot,
};
use crate::table::known;
use crate::value::{FromReply, Value};
use crate::view::{Place, Routed};

/// Commands that wait on the server; made by [`Client::blocking`].
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// // Waits up to a tenth of a second for a job.
/// if let Some((_queue, job)) = client.blocking().blpop(["jobs"], 0.1).await? {
///     println!("{job:?}");
/// }
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
#[must_use = "it does nothing by itself"]
pub struct Blocking<'c> {
    client: &'c Client,
    timeout: Option<Duration>,
}

impl Client {
    /// Commands that may wait on the server for as long as their own timeout says. Each has a
    /// connection to itself while it waits; dropping its future closes that connection, and the
    /// server stops waiting.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.rpush("jobs", ["one"]).await?;
    /// let (_queue, job) = client.blocking().blpop(["jobs"], 5).await?.unwrap();
    /// assert_eq!(job, "one");
    /// # Ok(()) });
    /// ```
    pub fn blocking(&self) -> Blocking<'_> {
        Blocking { client: self, timeout: None }
    }
}

impl Blocking<'_> {
    /// Gives up after `timeout`, whatever the server does. Default: as long as the command itself
    /// says; a connection whose peer has vanished is noticed by the kernel within about 30 s.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use std::time::Duration;
    /// let waiting = client.blocking().timeout(Duration::from_millis(50));
    /// assert_eq!(waiting.blpop(["jobs"], 0).await.unwrap_err().kind(), "timeout");
    /// # Ok(()) });
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Executes any command of [`commands`](crate::commands) on a connection of its own.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// client.rpush("jobs", ["one"]).await?;
    /// let job = client.blocking().run(commands::blpop(["jobs"], 5)).await?;
    /// assert_eq!(job.unwrap().1, "one");
    /// # Ok(()) });
    /// ```
    pub async fn run<T: FromReply, K>(&self, command: Command<T, K, Detached>) -> Result<T> {
        self.value(command.detach()).await.and_then(T::from_reply)
    }

    async fn value(&self, mut request: Request) -> Result<Value> {
        request.observe(self.client.core());
        let seen = request.seen.clone();
        let result = self.call(request).await;
        seen.end(result.as_ref().err());
        result
    }

    async fn call(&self, mut request: Request) -> Result<Value> {
        let core = self.client.core();
        let deadline = self.timeout.or(request.timeout).map(|time| Instant::now() + time);
        // How long a node is looked for; waiting for an element does not count.
        let patience_end = deadline.unwrap_or_else(|| Instant::now() + core.config.timeout);
        let mut patience = Patience::new(core, patience_end);
        let slot = request.body.slot;
        if slot == KeySlot::Several {
            crate::request::common_slot(core, std::slice::from_mut(&mut request))?;
        }
        let route = request.route.clone();
        let find = || match &route {
            None => route_slot(core, slot),
            Some(route) => match place_of(core, route)? {
                Routed::Node(place) => Ok(place),
                _ => Err(Error::NoRoute("a command that waits goes to one node")),
            },
        };
        let mut place = find()?;
        let asking_body = Body::new(&known::ASKING);
        let mut asking = false;
        loop {
            request.seen.at(place.node.addr());
            let outcome = match place.node.pool.take(deadline).await {
                Ok(mut connection) => {
                    let bodies = [&asking_body, &request.body];
                    let values = connection.call(&bodies[usize::from(!asking)..], deadline).await;
                    values.map(|mut values| values.pop().unwrap_or(Value::Null))
                }
                Err(lost) => Err(lost),
            };
            asking = false;
            match judge(core, &request, &place.node, outcome) {
                Step::Done(result) => return result,
                Step::Moved(_, addr) => {
                    patience.hop(&addr).await?;
                    place = Place::of(core.stranger(&addr)?);
                }
                Step::Ask(addr) => {
                    patience.hop(&addr).await?;
                    place = Place::of(core.stranger(&addr)?);
                    asking = true;
                }
                Step::Later(error) | Step::Again { error, .. } => {
                    if matches!(error, Error::Closed) {
                        return Err(error);
                    }
                    patience
                        .renew(deadline.unwrap_or_else(|| Instant::now() + core.config.timeout));
                    patience.wait(error).await?;
                    place = find()?;
                }
                Step::Probe => place = find()?,
            }
        }
    }
}
