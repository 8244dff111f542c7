//! The URLs by which clients of Redis and Valkey name their servers.
//!
//! What such a URL says and this client can't do is refused: a database or a password that is
//! overlooked is worse than an error.

use crate::addr::NodeAddr;
use crate::builder::Config;
use crate::credentials::{Credentials, CredentialsConfig};
use crate::error::{Error, Result};

/// Adds to `config` what `url` says.
pub(crate) fn read(url: &str, config: &mut Config) -> Result<()> {
    if url.contains('#') {
        return Err(bad("a # in a URL means nothing here; in passwords write %23"));
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("redis", url));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    match scheme {
        "redis" | "valkey" => read_hosts(rest, config)?,
        #[cfg(feature = "tls")]
        "rediss" | "valkeys" => {
            if config.tls.is_none() {
                config.tls = Some(crate::net::Tls::system()?);
            }
            read_hosts(rest, config)?;
        }
        #[cfg(not(feature = "tls"))]
        "rediss" | "valkeys" => {
            return Err(bad(&format!("{scheme} URLs need the crate's feature `tls`")));
        }
        "unix" | "redis+unix" | "valkey+unix" if rest.is_empty() => {
            return Err(bad("the URL names no socket"));
        }
        "unix" | "redis+unix" | "valkey+unix" => config.seeds.fixed.push(NodeAddr::unix(rest)),
        _ => return Err(bad(&format!("scheme {scheme:?} is not supported"))),
    }
    read_query(query, config)
}

/// `[[user:]password@]host[:port][,host[:port]…][/database]`
fn read_hosts(text: &str, config: &mut Config) -> Result<()> {
    let (login, hosts) = match text.rsplit_once('@') {
        Some((login, hosts)) => (Some(login), hosts),
        None => (None, text),
    };
    if let Some(login) = login {
        let (user, password) = login.split_once(':').unwrap_or(("", login));
        let (user, password) = (percent_decode(user)?, percent_decode(password)?);
        log_in(&user, &password, config);
    }
    let (hosts, database) = hosts.split_once('/').unwrap_or((hosts, ""));
    if !database.is_empty() {
        config.database = read_database(database)?;
    }
    for host in hosts.split(',') {
        config.seeds.fixed.push(host.parse()?);
    }
    Ok(())
}

/// `name=value[&name=value…]`; the only way to say these of a unix socket.
fn read_query(query: &str, config: &mut Config) -> Result<()> {
    let (mut user, mut password) = (String::new(), None);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_decode(value)?;
        match name {
            "db" => config.database = read_database(&value)?,
            "user" | "username" => user = value,
            "pass" | "password" => password = Some(value),
            // RESP3 is what it speaks anyway.
            "protocol" if ["3", "resp3"].contains(&&*value) => {}
            // What is no name may be a part of a password.
            _ if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                return Err(bad(
                    "the query of the URL can't be read; in passwords write %3F for ?",
                ));
            }
            _ => return Err(bad(&format!("the URL's parameter {name} is not supported"))),
        }
    }
    match password {
        Some(password) => log_in(&user, &password, config),
        None if !user.is_empty() => return Err(bad("the URL names a user without a password")),
        None => {}
    }
    Ok(())
}

fn log_in(user: &str, password: &str, config: &mut Config) {
    let user = if user.is_empty() { "default" } else { user };
    config.credentials = CredentialsConfig::Fixed(Credentials::new(user, password));
}

fn read_database(text: &str) -> Result<u32> {
    text.parse().map_err(|_| bad(&format!("not a database number: {text:?}")))
}

fn percent_decode(text: &str) -> Result<String> {
    let broken = || bad("bad percent encoding in the URL");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || (rest.next()? as char).to_digit(16);
            let (high, low) = digit().zip(digit()).ok_or_else(broken)?;
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

fn bad(why: &str) -> Error {
    Error::Config(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> Result<Config> {
        let mut config = Config::default();
        read(url, &mut config).map(|()| config)
    }

    fn login(config: &Config) -> Credentials {
        match &config.credentials {
            CredentialsConfig::Fixed(fixed) => fixed.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hosts_login_and_database() {
        let read = config("redis://user:p%40ss@h1:1,h2,[::1]:3/5").unwrap();
        let seeds: Vec<_> = read.seeds.fixed.iter().map(NodeAddr::to_string).collect();
        assert_eq!(seeds, ["h1:1", "h2:6379", "[::1]:3"]);
        assert_eq!(login(&read), Credentials::new("user", "p@ss"));
        assert_eq!(read.database, 5);
        let read = config("valkey://secret@h?protocol=resp3").unwrap();
        assert_eq!(login(&read), Credentials::password("secret"));
        assert_eq!(config("h1:1,h2:2").unwrap().seeds.fixed.len(), 2);
    }

    #[test]
    fn sockets_say_it_in_the_query() {
        let read = config("unix:///run/db.sock").unwrap();
        assert_eq!(read.seeds.fixed[0].unix_path(), Some("/run/db.sock"));
        assert!(matches!(read.credentials, CredentialsConfig::None));
        let read = config("redis+unix:///run/db.sock?db=3&user=ada&pass=s%26t").unwrap();
        assert_eq!(read.seeds.fixed[0].unix_path(), Some("/run/db.sock"));
        assert_eq!((login(&read), read.database), (Credentials::new("ada", "s&t"), 3));
    }

    /// Refused, and without a word of what may be a password.
    #[test]
    fn nothing_is_overlooked() {
        for url in [
            "http://h",
            "redis://",
            "redis://h/x",
            "redis://a%zz@h",
            "unix://",
            "redis://h?db=x",
            "redis://h?protocol=resp2",
            "redis://h?timeout=5",
            "redis://h?user=ada",
            "redis://h#insecure",
            "redis://:se?cret@h",
            "redis://:se#cret@h",
        ] {
            let error = config(url).expect_err(url);
            assert!(!error.to_string().contains("cret"), "{error}");
        }
    }
}
