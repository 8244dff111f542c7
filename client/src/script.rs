//! Scripts by their hash, with the source sent only to servers that don't have it.

use sha1::{Digest, Sha1};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::observe::Seen;
use crate::request::{Request, send_and_follow};
use crate::table::known;
use crate::value::{FromReply, ToArg, Value};
use crate::view::Routed;

/// A Lua script and its SHA1.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::Script;
/// let add = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
/// assert_eq!(add.call(&client).key("n").arg(5).run::<i64>().await?, 5);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Script {
    source: String,
    sha1: String,
}

impl Script {
    /// A script from its source.
    ///
    /// ```
    /// let script = tsubame_client::Script::new("return 1");
    /// assert_eq!(script.sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    /// ```
    pub fn new(source: &str) -> Self {
        let sha1 = Sha1::digest(source).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { source: source.to_owned(), sha1 }
    }

    /// Hash of the source in hexadecimal, as EVALSHA wants it.
    ///
    /// ```
    /// assert_eq!(tsubame_client::Script::new("return 1").sha1().len(), 40);
    /// ```
    pub fn sha1(&self) -> &str {
        &self.sha1
    }

    /// The source.
    ///
    /// ```
    /// assert_eq!(tsubame_client::Script::new("return 1").source(), "return 1");
    /// ```
    pub fn source(&self) -> &str {
        &self.source
    }

    /// A call of the script: add keys and arguments, then run it.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let script = tsubame_client::Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    /// let n: i64 = script.call(&client).key("counter").arg(5).run().await?;
    /// # Ok(()) });
    /// ```
    pub fn call<'a>(&'a self, client: &'a Client) -> ScriptCall<'a> {
        ScriptCall { script: self, client, keys: Vec::new(), args: Vec::new(), readonly: false }
    }
}

/// A call of a [`Script`] that is being put together.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// let script = tsubame_client::Script::new("return ARGV[1]");
/// let call = script.call(&client).key("k").arg("hi");
/// assert_eq!(call.run::<String>().await?, "hi");
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "a call does nothing until it is run"]
pub struct ScriptCall<'a> {
    script: &'a Script,
    client: &'a Client,
    keys: Vec<Vec<u8>>,
    args: Vec<Vec<u8>>,
    readonly: bool,
}

fn bytes(arg: impl ToArg) -> Vec<u8> {
    let mut body = crate::request::Body::default();
    arg.write_arg(crate::value::ArgWriter::new(&mut body));
    body.args().next().unwrap_or_default().to_vec()
}

impl ScriptCall<'_> {
    /// Appends a key. All keys must be in one slot.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let script = tsubame_client::Script::new("return KEYS[1]");
    /// assert_eq!(script.call(&client).key("k").run::<String>().await?, "k");
    /// # Ok(()) });
    /// ```
    pub fn key(mut self, key: impl ToArg) -> Self {
        self.keys.push(bytes(key));
        self
    }

    /// Appends an argument.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let script = tsubame_client::Script::new("return ARGV[1] + ARGV[2]");
    /// assert_eq!(script.call(&client).key("k").arg(1).arg(2).run::<i64>().await?, 3);
    /// # Ok(()) });
    /// ```
    pub fn arg(mut self, arg: impl ToArg) -> Self {
        self.args.push(bytes(arg));
        self
    }

    /// Says that the script only reads: EVALSHA_RO, and it may be sent again when a reply is lost.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let script = tsubame_client::Script::new("return redis.call('GET', KEYS[1])");
    /// assert_eq!(script.call(&client).key("k").read_only().run::<Option<String>>().await?, None);
    /// # Ok(()) });
    /// ```
    pub fn read_only(mut self) -> Self {
        self.readonly = true;
        self
    }

    /// Runs it: EVALSHA, and if the node does not have the script, EVAL on that node.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let script = tsubame_client::Script::new("return 1");
    /// assert_eq!(script.call(&client).key("k").run::<i64>().await?, 1);
    /// # Ok(()) });
    /// ```
    pub async fn run<T: FromReply>(self) -> Result<T> {
        let name = if self.readonly { "EVALSHA_RO" } else { "EVALSHA" };
        let seen = Seen::begin(self.client.core(), || name.into(), 1);
        let result = self.call(&seen).await.and_then(T::from_reply);
        seen.end(result.as_ref().err());
        result
    }

    async fn call(&self, seen: &Seen) -> Result<Value> {
        let core = self.client.core();
        let deadline = Instant::now() + core.config.timeout;
        let (by_hash, by_source) = match self.readonly {
            false => (&known::EVALSHA, &known::EVAL),
            true => (&known::EVALSHA_RO, &known::EVAL_RO),
        };
        let mut request = self.request(Request::new(by_hash), &self.script.sha1);
        request.seen = seen.clone();
        let mut place = match core.route(&request.query())? {
            Routed::Node(place) => place,
            Routed::FanOut | Routed::Split => return Err(Error::CrossSlot),
        };
        match send_and_follow(core, &request, place.clone(), deadline).await {
            Err(error) if error.code() == Some("NOSCRIPT") => {}
            result => return result,
        }
        let mut request = self.request(Request::new(by_source), &self.script.source);
        request.seen = seen.clone();
        if let Routed::Node(now) = core.route(&request.query())?
            && request.slot().is_some()
        {
            place = now;
        }
        send_and_follow(core, &request, place, deadline).await
    }

    fn request(&self, mut request: Request, script: &str) -> Request {
        request.arg(script);
        request.arg(self.keys.len());
        self.keys.iter().for_each(|key| request.key(key));
        self.args.iter().for_each(|arg| request.arg(arg));
        request
    }
}
