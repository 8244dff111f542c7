//! TLS by rustls: whom to trust, and who we are.

use std::fmt;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};
use crate::protocol::text;

/// How connections are encrypted; for [`ClientBuilder::tls`](crate::ClientBuilder::tls).
///
/// Every connection to every node is made with it, those for the topology too.
///
/// ```
/// use tsubame_client::{Client, Tls};
/// let builder = Client::builder().seed("10.0.0.1:6380")?.tls(Tls::system()?.server_name("db.example"));
/// # Ok::<(), tsubame_client::Error>(())
/// ```
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: Option<Arc<str>>,
}

impl fmt::Debug for Tls {
    /// Says nothing of keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Tls {
    /// Trusts what the operating system trusts. `rediss://` URLs mean this.
    ///
    /// ```
    /// let tls = tsubame_client::Tls::system()?;
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn system() -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            return Err(Error::Config("the system has no trusted certificates".to_owned()));
        }
        Self::new(roots, None)
    }

    /// Trusts these authorities, given as PEM, and no other.
    ///
    /// ```
    /// # let ca = std::env::temp_dir().join(format!("ca-{}.crt", std::process::id()));
    /// # let made = rcgen::generate_simple_self_signed(["ca.example".to_owned()])?;
    /// # std::fs::write(&ca, made.cert.pem())?;
    /// use tsubame_client::{Client, Tls};
    /// let tls = Tls::trusting(&std::fs::read(&ca)?)?;
    /// let builder = Client::builder().seed("10.0.0.1:6379")?.tls(tls);
    /// assert!(Tls::trusting(b"no certificate").is_err());
    /// # std::fs::remove_file(ca)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trusting(authorities_pem: &[u8]) -> Result<Self> {
        Self::new(roots(authorities_pem)?, None)
    }

    /// Like [`Tls::trusting`], and shows the server a certificate of ours: its chain and its key,
    /// both as PEM. Servers with `tls-auth-clients yes` want one.
    pub fn mutual(authorities_pem: &[u8], chain_pem: &[u8], key_pem: &[u8]) -> Result<Self> {
        let chain = certificates(chain_pem)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(bad)?;
        Self::new(roots(authorities_pem)?, Some((chain, key)))
    }

    /// Uses rustls with settings of your own.
    pub fn rustls(config: Arc<ClientConfig>) -> Self {
        Self { config, name: None }
    }

    /// Expects this name in the certificates of all nodes, instead of the host that was dialled:
    /// clusters name their nodes by address, certificates seldom do.
    ///
    /// ```
    /// let tls = tsubame_client::Tls::system()?.server_name("db.example");
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn server_name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    fn new(
        roots: RootCertStore,
        identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    ) -> Result<Self> {
        // Named, because a process may have several providers and no default.
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(bad)?
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(bad)?,
        };
        Ok(Self::rustls(Arc::new(config)))
    }

    pub(crate) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Arc<str>> {
        let name = self.name.as_deref().unwrap_or(host).to_owned();
        let name = ServerName::try_from(name).map_err(text)?;
        TlsConnector::from(self.config.clone()).connect(name, stream).await.map_err(text)
    }
}

fn roots(pem: &[u8]) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(bad)?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(bad)?;
    if found.is_empty() {
        return Err(Error::Config("the PEM has no certificate".to_owned()));
    }
    Ok(found)
}

fn bad(error: impl fmt::Display) -> Error {
    Error::Config(format!("TLS: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_at_once() {
        for pem in
            ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            assert!(matches!(Tls::trusting(pem.as_bytes()), Err(Error::Config(_))), "{pem:?}");
        }
    }
}
