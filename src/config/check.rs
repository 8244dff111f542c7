//! Conditions on values that their type does not express, with Valkey's words for a refusal.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::enums::ShutdownFlags;

/// Why a value is refused.
pub(super) type Refusal = &'static str;
/// A condition on a value.
pub(super) type Check<T> = fn(T) -> Result<(), Refusal>;
/// A condition on a text.
pub(super) type TextCheck = fn(&[u8]) -> Result<(), Refusal>;

pub(super) fn active_defrag(on: bool) -> Result<(), Refusal> {
    if on {
        return Err(
            "Active defragmentation cannot be enabled: it requires a server compiled with \
                    a modified Jemalloc like the one shipped by default with the source \
                    distribution",
        );
    }
    Ok(())
}

pub(super) fn shutdown_flags(bits: u32) -> Result<(), Refusal> {
    if ShutdownFlags(bits).has(ShutdownFlags::SAVE | ShutdownFlags::NOSAVE) {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously");
    }
    Ok(())
}

pub(super) fn ipv4(value: &[u8]) -> Result<(), Refusal> {
    match parse::<Ipv4Addr>(value) {
        true => Ok(()),
        false => Err("Invalid IPv4 address"),
    }
}

pub(super) fn ipv6(value: &[u8]) -> Result<(), Refusal> {
    match parse::<Ipv6Addr>(value) {
        true => Ok(()),
        false => Err("Invalid IPv6 address"),
    }
}

fn parse<T: std::str::FromStr>(value: &[u8]) -> bool {
    value.is_empty() || std::str::from_utf8(value).is_ok_and(|text| text.parse::<T>().is_ok())
}

/// nodes.conf separates its fields with spaces, commas and the like; a name must hold none.
fn is_node_text(value: &[u8]) -> bool {
    !value.iter().any(|b| b.is_ascii_control() || b"!#$%&()*+'\",;<>?@[\\]^{|}~= ".contains(b))
}

pub(super) fn nodename(value: &[u8]) -> Result<(), Refusal> {
    match is_node_text(value) {
        true => Ok(()),
        false => Err("Announced human node name contained invalid character"),
    }
}

pub(super) fn announce_ip(value: &[u8]) -> Result<(), Refusal> {
    if value.len() > 45 {
        return Err("cluster-announce-ip is too long");
    }
    match is_node_text(value) {
        true => Ok(()),
        false => Err("cluster-announce-ip contains invalid character"),
    }
}

pub(super) fn hostname(value: &[u8]) -> Result<(), Refusal> {
    if value.len() >= 256 {
        return Err("Hostnames must be less than 256 characters");
    }
    if !value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots");
    }
    Ok(())
}

pub(super) fn cluster_config_file(value: &[u8]) -> Result<(), Refusal> {
    match value {
        b"" => Err("cluster-config-file can't be empty"),
        _ => Ok(()),
    }
}

pub(super) fn dbfilename(value: &[u8]) -> Result<(), Refusal> {
    base_name(value, "dbfilename can't be empty", "dbfilename can't be a path, just a filename")
}

pub(super) fn appendfilename(value: &[u8]) -> Result<(), Refusal> {
    base_name(
        value,
        "appendfilename can't be empty",
        "appendfilename can't be a path, just a filename",
    )
}

pub(super) fn appenddirname(value: &[u8]) -> Result<(), Refusal> {
    base_name(
        value,
        "appenddirname can't be empty",
        "appenddirname can't be a path, just a dirname",
    )
}

fn base_name(value: &[u8], empty: Refusal, path: Refusal) -> Result<(), Refusal> {
    match value {
        b"" => Err(empty),
        _ if value.iter().any(|b| matches!(b, b'/' | b'\\')) => Err(path),
        _ => Ok(()),
    }
}

pub(super) fn hash_seed(value: &[u8]) -> Result<(), Refusal> {
    match value.len() {
        0..=256 => Ok(()),
        _ => Err("hash-seed must be less than or equal to 256 characters"),
    }
}

/// The C locale is the only one the server sorts by.
pub(super) fn locale(value: &[u8]) -> Result<(), Refusal> {
    match value {
        b"" | b"C" | b"POSIX" | b"C.UTF-8" | b"C.utf8" => Ok(()),
        _ => Err("Invalid locale name"),
    }
}

/// Braces must pair, and only these names may stand between them.
pub(super) fn proc_title_template(value: &[u8]) -> Result<(), Refusal> {
    const REFUSAL: Refusal = "template format is invalid or contains unknown variables";
    const NAMES: [&[u8]; 7] = [
        b"title",
        b"listen-addr",
        b"server-mode",
        b"port",
        b"tls-port",
        b"unixsocket",
        b"config-file",
    ];
    if value.is_empty() {
        return Err(REFUSAL);
    }
    let mut rest = value;
    while let Some(open) = memchr::memchr(b'{', rest) {
        let name = &rest[open + 1..];
        let close = memchr::memchr(b'}', name).ok_or(REFUSAL)?;
        if !NAMES.contains(&&name[..close]) {
            return Err(REFUSAL);
        }
        rest = &name[close + 1..];
    }
    Ok(())
}
