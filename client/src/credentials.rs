//! Who we say we are, also when that changes while connections are open.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::{Error, Result};
use crate::request::Body;
use crate::table::known;

/// A user and a password. Never shown by `Debug`.
///
/// ```
/// let ada = tsubame_client::Credentials::new("ada", "secret");
/// assert!(!format!("{ada:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    username: Arc<str>,
    password: Arc<str>,
}

impl Credentials {
    /// A user of the server's access control list.
    ///
    /// ```
    /// let ada = tsubame_client::Credentials::new("ada", "secret");
    /// ```
    pub fn new(username: &str, password: &str) -> Self {
        Self { username: username.into(), password: password.into() }
    }

    /// The default user's password.
    ///
    /// ```
    /// use tsubame_client::Credentials;
    /// assert_eq!(Credentials::password("secret"), Credentials::new("default", "secret"));
    /// ```
    pub fn password(password: &str) -> Self {
        Self::new("default", password)
    }

    pub(crate) fn push_to(&self, body: &mut Body) {
        body.push(self.username.as_bytes());
        body.push(self.password.as_bytes());
    }

    pub(crate) fn auth(&self) -> Body {
        let mut body = Body::new(&known::AUTH);
        self.push_to(&mut body);
        body
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What a [`CredentialsProvider`] gives.
///
/// ```
/// use tsubame_client::{Credentials, Issued};
/// let valid_for = Some(std::time::Duration::from_secs(900));
/// let issued = Issued { credentials: Credentials::new("ada", "token"), valid_for };
/// ```
#[derive(Debug, Clone)]
pub struct Issued {
    /// The credentials.
    pub credentials: Credentials,
    /// How long they hold; new ones are fetched when four fifths of it are over. `None`: for ever.
    pub valid_for: Option<Duration>,
}

/// The future of a provider or source.
pub type Fetching<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// Where credentials come from that expire: a vault, a cloud's token service, a file.
///
/// The client fetches once before it connects and again before what it has expires. Open
/// connections are authenticated anew without being closed, and commands under way don't notice.
///
/// ```
/// use std::time::Duration;
/// use tsubame_client::{Credentials, CredentialsProvider, Fetching, Issued};
///
/// struct Vault;
///
/// impl CredentialsProvider for Vault {
///     fn fetch(&self) -> Fetching<'_, Issued> {
///         Box::pin(async {
///             let credentials = Credentials::new("app", "a token of the vault");
///             Ok(Issued { credentials, valid_for: Some(Duration::from_secs(900)) })
///         })
///     }
/// }
/// ```
pub trait CredentialsProvider: Send + Sync + 'static {
    /// Fetches credentials that hold now.
    fn fetch(&self) -> Fetching<'_, Issued>;
}

/// Pause after a fetch that failed while old credentials still hold.
const RETRY: Duration = Duration::from_secs(1);

/// Where the settings say that credentials come from.
#[derive(Clone, Default)]
pub(crate) enum CredentialsConfig {
    #[default]
    None,
    Fixed(Credentials),
    Provided(Arc<dyn CredentialsProvider>),
}

impl fmt::Debug for CredentialsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed",
            Self::Provided(_) => "Provided",
        })
    }
}

/// The credentials of new connections; they change under a clone too.
pub(crate) type Current = watch::Receiver<Option<Credentials>>;

/// Fetches the first credentials and keeps them fresh as long as somebody looks at them.
pub(crate) async fn start(config: &CredentialsConfig) -> Result<Current> {
    let provider = match config {
        CredentialsConfig::None => return Ok(watch::channel(None).1),
        CredentialsConfig::Fixed(fixed) => return Ok(watch::channel(Some(fixed.clone())).1),
        CredentialsConfig::Provided(provider) => provider.clone(),
    };
    let first = provider
        .fetch()
        .await
        .map_err(|why| Error::Config(format!("no credentials could be had: {why}")))?;
    let (tx, rx) = watch::channel(Some(first.credentials));
    tokio::spawn(renew(provider, tx, first.valid_for));
    Ok(rx)
}

async fn renew(
    provider: Arc<dyn CredentialsProvider>,
    tx: watch::Sender<Option<Credentials>>,
    mut valid_for: Option<Duration>,
) {
    while let Some(valid) = valid_for {
        tokio::select! {
            () = tx.closed() => return,
            () = sleep(valid.mul_f64(0.8).max(Duration::from_millis(10))) => {}
        }
        match provider.fetch().await {
            Ok(issued) => {
                valid_for = issued.valid_for;
                tx.send_if_modified(|current| {
                    let new = Some(issued.credentials);
                    let changed = *current != new;
                    *current = new;
                    changed
                });
            }
            Err(why) => {
                crate::observe::log::credentials_failed(&why);
                valid_for = Some(RETRY);
            }
        }
    }
    tx.closed().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invariant I23: a password is in no text that a log could take.
    #[test]
    fn passwords_are_never_shown() {
        let secret = Credentials::new("ada", "hunter2");
        let issued = Issued { credentials: secret.clone(), valid_for: None };
        let shown = format!("{secret:?} {issued:?} {:?}", CredentialsConfig::Fixed(secret.clone()));
        assert!(shown.contains("ada") && !shown.contains("hunter2"), "{shown}");
    }

    struct Counting(std::sync::atomic::AtomicU32);

    impl CredentialsProvider for Counting {
        fn fetch(&self) -> Fetching<'_, Issued> {
            let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Box::pin(async move {
                if n == 2 {
                    return Err("out of order".to_owned());
                }
                let credentials = Credentials::password(&n.to_string());
                Ok(Issued { credentials, valid_for: Some(Duration::from_secs(100)) })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_are_renewed_before_they_expire_and_a_failure_is_tried_again() {
        let provider: Arc<dyn CredentialsProvider> = Arc::new(Counting(Default::default()));
        let current = start(&CredentialsConfig::Provided(provider)).await.unwrap();
        let now = || current.borrow().clone();
        let is = |n: u32| Some(Credentials::password(&n.to_string()));
        assert_eq!(now(), is(0));
        sleep(Duration::from_secs(79)).await;
        assert_eq!(now(), is(0));
        sleep(Duration::from_secs(2)).await;
        assert_eq!(now(), is(1));
        // The third fetch fails after another 80 s; the fourth follows soon.
        sleep(Duration::from_secs(82)).await;
        assert_eq!(now(), is(3));
    }
}
