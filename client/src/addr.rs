//! The address of a node, as users and servers write it.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::Error;

/// Host (name or IP address) and port of a node, or the path of a unix socket. Cheap to clone.
///
/// ```
/// use tsubame_client::NodeAddr;
/// let addr: NodeAddr = "db.example:7000".parse()?;
/// assert_eq!((addr.host(), addr.port()), ("db.example", 7000));
/// # Ok::<(), tsubame_client::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeAddr {
    host: Arc<str>,
    port: u16,
}

impl NodeAddr {
    /// An address from its parts; an IPv6 host is given without brackets.
    ///
    /// ```
    /// assert_eq!(tsubame_client::NodeAddr::new("::1", 7000).to_string(), "[::1]:7000");
    /// ```
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// The address of a unix socket.
    ///
    /// ```
    /// assert_eq!(tsubame_client::NodeAddr::unix("/run/db.sock").to_string(), "unix:/run/db.sock");
    /// ```
    pub fn unix(path: &str) -> Self {
        Self { host: path.into(), port: 0 }
    }

    /// The path, if it is a unix socket.
    ///
    /// ```
    /// use tsubame_client::NodeAddr;
    /// assert_eq!(NodeAddr::unix("/run/db.sock").unix_path(), Some("/run/db.sock"));
    /// assert_eq!(NodeAddr::new("db", 7000).unix_path(), None);
    /// ```
    pub fn unix_path(&self) -> Option<&str> {
        (self.port == 0).then_some(&*self.host)
    }

    /// Host name or IP address, IPv6 without brackets; the path of a unix socket.
    ///
    /// ```
    /// assert_eq!("[::1]:7000".parse::<tsubame_client::NodeAddr>()?.host(), "::1");
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn host(&self) -> &str {
        &self.host
    }

    /// TCP port; 0 for a unix socket.
    ///
    /// ```
    /// assert_eq!("db.example".parse::<tsubame_client::NodeAddr>()?.port(), 6379);
    /// # Ok::<(), tsubame_client::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Reads `host:port` as servers write it in redirections: IPv6 without brackets, and an empty
    /// host meaning "the host that you asked". Bus port and host name after `@` or `,` are ignored.
    pub(crate) fn from_redirect(text: &str, asked: &NodeAddr) -> Option<Self> {
        let text = text.split(['@', ',']).next()?;
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        match host.trim_start_matches('[').trim_end_matches(']') {
            "" => Some(Self { host: asked.host.clone(), port }),
            "?" => None,
            host => Some(Self::new(host, port)),
        }
    }
}

impl FromStr for NodeAddr {
    type Err = Error;

    /// `host`, `host:port`, `[v6]`, `[v6]:port`; the port defaults to 6379. An absolute path, also
    /// behind `unix:`, is a unix socket.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Config(format!("not a node address: {text:?}"));
        let path = text.strip_prefix("unix:").unwrap_or(text);
        if path.starts_with('/') {
            return Ok(Self::unix(path));
        }
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(bad)?;
            (
                host,
                if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or_else(bad)?) },
            )
        } else {
            match text.split_once(':') {
                Some((_, rest)) if rest.contains(':') => (text, None), // bare IPv6
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        let names_a_host = match host.contains(':') || text.starts_with('[') {
            true => is_ipv6(host),
            false => {
                !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control())
            }
        };
        if !names_a_host {
            return Err(bad());
        }
        match port.map_or(Ok(6379), str::parse) {
            Ok(port) if port != 0 => Ok(Self::new(host, port)),
            _ => Err(bad()),
        }
    }
}

/// Whether `host` is an IPv6 address, perhaps with a zone as in `fe80::1%eth0`.
fn is_ipv6(host: &str) -> bool {
    let (addr, zone) = host.split_once('%').unwrap_or((host, "-"));
    let is_zone = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    addr.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.bytes().all(is_zone)
}

impl fmt::Display for NodeAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.port == 0 {
            write!(f, "unix:{}", self.host)
        } else if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_forms() {
        for (text, host, port) in [
            ("db", "db", 6379),
            ("db:7000", "db", 7000),
            ("[::1]:7000", "::1", 7000),
            ("[::1]", "::1", 6379),
            // Found by fuzzing: it was written as `unix:7000`, and read as the path of a socket.
            ("unix:7000", "unix", 7000),
            ("fe80::1", "fe80::1", 6379),
            ("[fe80::1%eth0]:7000", "fe80::1%eth0", 7000),
        ] {
            assert_eq!(text.parse::<NodeAddr>().unwrap(), NodeAddr::new(host, port), "{text}");
        }
        for text in ["/run/db.sock", "unix:/run/db.sock"] {
            let addr: NodeAddr = text.parse().unwrap();
            assert_eq!(
                (addr.unix_path(), addr.to_string().as_str()),
                (Some("/run/db.sock"), "unix:/run/db.sock")
            );
        }
        for text in ["", ":7000", "db:x", "[::1", "[::1]7", "db:0", "unix:", "unix:s"] {
            assert!(text.parse::<NodeAddr>().is_err(), "{text}");
        }
        // Found by fuzzing: whatever had two colons was an IPv6 address.
        for text in ["db:7000:7001", "db\r\n+[::1]:7000", "[db]:7000", "[]", "::1%", "a b", "b\n:1"]
        {
            assert!(text.parse::<NodeAddr>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn redirect_forms() {
        let asked = NodeAddr::new("10.0.0.1", 6379);
        let read = |text| NodeAddr::from_redirect(text, &asked);
        assert_eq!(read("10.0.0.2:7000"), Some(NodeAddr::new("10.0.0.2", 7000)));
        assert_eq!(read(":7000"), Some(NodeAddr::new("10.0.0.1", 7000)));
        assert_eq!(read("2001:db8::2:7000"), Some(NodeAddr::new("2001:db8::2", 7000)));
        assert_eq!(read("10.0.0.2:7000@17000"), Some(NodeAddr::new("10.0.0.2", 7000)));
        assert_eq!((read("?:7000"), read("x"), read("h:0")), (None, None, None));
    }
}
