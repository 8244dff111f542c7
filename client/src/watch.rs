//! Transactions that depend on what was read before: WATCH, on a connection of their own.

use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::node::Exclusive;
use crate::observe::{Seen, joint_name};
use crate::request::{
    Body, Command, Detached, KeySlot, Patience, Replies, Request, Step, Ticket, Told, common_slot,
    judge, read_exec, route_slot,
};
use crate::table::known;
use crate::value::{FromReply, ToArg, Value};
use crate::view::Place;

/// Watched keys, made by [`Client::watch`]: read them, push commands, and execute these if no key
/// has changed meanwhile.
///
/// It holds a connection that nobody else uses. Dropping it closes that connection, and with it the
/// watch.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{Error, commands};
/// loop {
///     let mut watch = client.watch(["stock"]).await?;
///     let left: u64 = watch.run(commands::get("stock").as_::<Option<u64>>()).await?.unwrap_or(0);
///     if left == 0 {
///         break;
///     }
///     watch.push(commands::decr("stock"));
///     match watch.exec().await {
///         Err(Error::Aborted) => continue, // somebody was quicker
///         result => break drop(result?),
///     }
/// }
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Watch<'c> {
    client: &'c Client,
    connection: Exclusive,
    place: Place,
    slot: KeySlot,
    requests: Vec<Request>,
    deadline: Instant,
}

impl Client {
    /// Watches keys, which must be in one slot. All that is done with the watch has to end within
    /// the client's [`timeout`](crate::ClientBuilder::timeout).
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut watch = client.watch(["stock"]).await?;
    /// watch.push(commands::incr("stock"));
    /// watch.exec().await?;
    /// # Ok(()) });
    /// ```
    pub async fn watch<K: ToArg>(&self, keys: impl IntoIterator<Item = K>) -> Result<Watch<'_>> {
        let core = self.core();
        let mut request = Request::new(&known::WATCH);
        keys.into_iter().for_each(|key| request.key(key));
        let slot = match request.body.slot {
            KeySlot::None => return Err(Error::Config("a watch needs a key".to_owned())),
            KeySlot::Several => {
                let mut both = [request.clone()];
                both[0].info = None;
                common_slot(core, &mut both)?
            }
            one => one,
        };
        let seen = Seen::begin(core, || "WATCH".into(), 1);
        let result = self.start_watch(request, slot, &seen).await;
        seen.end(result.as_ref().err());
        result
    }

    async fn start_watch(
        &self,
        mut request: Request,
        slot: KeySlot,
        seen: &Seen,
    ) -> Result<Watch<'_>> {
        let core = self.core();
        let deadline = Instant::now() + core.config.timeout;
        let mut patience = Patience::new(core, deadline);
        let mut place = route_slot(core, slot)?;
        loop {
            seen.at(place.node.addr());
            let outcome = match place.node.pool.take(Some(deadline)).await {
                Ok(mut connection) => match connection.call(&[&request.body], Some(deadline)).await
                {
                    Ok(mut values) => match values.pop() {
                        Some(Value::Error(error)) => Ok(Value::Error(error)),
                        _ => {
                            connection.keep_from_reuse();
                            let (client, requests) = (self, Vec::new());
                            return Ok(Watch {
                                client,
                                connection,
                                place,
                                slot,
                                requests,
                                deadline,
                            });
                        }
                    },
                    Err(lost) => Err(lost),
                },
                Err(lost) => Err(lost),
            };
            // Watching twice does no harm.
            request.idempotent = true;
            match judge(core, &request, &place.node, outcome) {
                Step::Done(result) => {
                    result?;
                    return Err(Error::Protocol("WATCH was not answered"));
                }
                Step::Moved(_, addr) => {
                    patience.hop(&addr).await?;
                    place = Place::of(core.stranger(&addr)?);
                }
                // A slot on its way can't be watched: the keys are in two places.
                Step::Ask(_) => {
                    let error = Error::SlotNotCovered(request.slot().unwrap_or_default());
                    patience.wait(error).await?;
                    place = route_slot(core, slot)?;
                }
                Step::Later(error) | Step::Again { error, .. } => {
                    patience.wait(error).await?;
                    place = route_slot(core, slot)?;
                }
                Step::Probe => place = route_slot(core, slot)?,
            }
        }
    }
}

impl Watch<'_> {
    fn check(&self, request: &mut Request) -> Result<()> {
        let mut one = [std::mem::take(request)];
        let slot = common_slot(self.client.core(), &mut one);
        let [back] = one;
        *request = back;
        match (slot?, self.slot) {
            (KeySlot::One(a), KeySlot::One(b)) if a != b => Err(Error::CrossSlot),
            _ => Ok(()),
        }
    }

    /// Executes a command now, on the connection that watches. Its keys must be in the slot of the
    /// watched ones.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut watch = client.watch(["stock"]).await?;
    /// assert_eq!(watch.run(commands::get("stock")).await?, None);
    /// # Ok(()) });
    /// ```
    pub async fn run<T: FromReply, K>(&mut self, command: Command<T, K, Detached>) -> Result<T> {
        let mut request = command.detach();
        request.observe(self.client.core());
        let seen = request.seen.clone();
        seen.at(self.place.node.addr());
        let result = self.call(request).await.and_then(T::from_reply);
        seen.end(result.as_ref().err());
        result
    }

    async fn call(&mut self, mut request: Request) -> Result<Value> {
        self.check(&mut request)?;
        let values = self.connection.call(&[&request.body], Some(self.deadline)).await;
        self.connection.keep_from_reuse();
        let outcome = values.map(|mut values| values.pop().unwrap_or(Value::Null));
        request.no_retry = true;
        match judge(self.client.core(), &request, &self.place.node, outcome) {
            Step::Done(result) => result,
            Step::Later(error) | Step::Again { error, .. } => Err(error),
            // The slot has gone: whatever was watched is not what counts any more.
            Step::Moved(..) | Step::Ask(_) | Step::Probe => Err(Error::Aborted),
        }
    }

    /// Appends a command to the transaction.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::commands;
    /// let mut watch = client.watch(["stock"]).await?;
    /// let left = watch.push(commands::incrby("stock", 5));
    /// assert_eq!(watch.exec().await?.take(left)?, 5);
    /// # Ok(()) });
    /// ```
    pub fn push<T, K>(&mut self, command: Command<T, K, Detached>) -> Ticket<T> {
        self.requests.push(command.detach());
        Ticket::new(self.requests.len() - 1)
    }

    /// Executes the transaction, or fails with [`Error::Aborted`] if a watched key has changed or
    /// its slot has moved: then nothing was executed.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// use tsubame_client::{Error, commands};
    /// let mut watch = client.watch(["stock"]).await?;
    /// client.incr("stock").await?; // somebody else
    /// watch.push(commands::decr("stock"));
    /// assert!(matches!(watch.exec().await, Err(Error::Aborted)));
    /// # Ok(()) });
    /// ```
    pub async fn exec(mut self) -> Result<Replies> {
        let mut requests = std::mem::take(&mut self.requests);
        let size = requests.len();
        let name = || joint_name("MULTI", &mut requests);
        let seen = Seen::begin(self.client.core(), name, size);
        seen.at(self.place.node.addr());
        let result = self.execute(requests).await;
        seen.end(result.as_ref().err());
        result
    }

    async fn execute(mut self, mut requests: Vec<Request>) -> Result<Replies> {
        for request in &mut requests {
            self.check(request)?;
        }
        let (multi, exec) = (Body::new(&known::MULTI), Body::new(&known::EXEC));
        let bodies: Vec<&Body> = std::iter::once(&multi)
            .chain(requests.iter().map(|request| &request.body))
            .chain([&exec])
            .collect();
        let core = self.client.core();
        let outcome = match self.connection.call(&bodies, Some(self.deadline)).await {
            Err(lost) => Err(lost),
            Ok(values) => match read_exec(values, requests.len()) {
                Told::Executed(results) => {
                    // EXEC ends the watch.
                    self.connection.allow_reuse();
                    return Ok(Replies::new(results));
                }
                Told::Aborted => {
                    self.connection.allow_reuse();
                    return Err(Error::Aborted);
                }
                Told::Refused(error, _) => Ok(error),
            },
        };
        self.connection.keep_from_reuse();
        let mut whole = Request::new(&known::EXEC);
        whole.no_retry = true;
        match judge(core, &whole, &self.place.node, outcome) {
            Step::Done(result) => match result {
                Ok(_) => Err(Error::Protocol("EXEC gave no array")),
                Err(error) => Err(error),
            },
            Step::Later(error) | Step::Again { error, .. } => Err(error),
            Step::Moved(..) | Step::Ask(_) | Step::Probe => Err(Error::Aborted),
        }
    }
}
