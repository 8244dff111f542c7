//! The filters of CLIENT LIST and CLIENT KILL.

use std::sync::atomic::Ordering::Relaxed;

use super::describe::{LETTERS, capabilities, letters};
use crate::commands::CommandError;
use crate::protocol::{Args, parse_i64, shown};
use crate::session::{ClientFlags, ClientInfo};

/// What CLIENT LIST and KILL call a type of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientType {
    Normal,
    Replica,
    Pubsub,
    Primary,
}

impl ClientType {
    fn parse(word: &[u8]) -> Result<Self, CommandError> {
        match word.to_ascii_lowercase().as_slice() {
            b"normal" => Ok(Self::Normal),
            b"slave" | b"replica" => Ok(Self::Replica),
            b"pubsub" => Ok(Self::Pubsub),
            b"master" | b"primary" => Ok(Self::Primary),
            _ => Err(CommandError::text(format!("Unknown client type '{}'", shown(word)))),
        }
    }

    fn of(info: &ClientInfo) -> Self {
        if info.flags().has(ClientFlags::PUBSUB) { Self::Pubsub } else { Self::Normal }
    }
}

/// A condition on a client.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Id(Vec<u64>),
    Type(ClientType),
    Addr(Vec<u8>),
    LocalAddr(Vec<u8>),
    Ip(Vec<u8>),
    User(Vec<u8>),
    Flags(Vec<u8>),
    Name(Vec<u8>),
    LibName(Vec<u8>),
    LibVersion(Vec<u8>),
    Db(u32),
    Capa(Vec<u8>),
    MaxAge(u64),
    Idle(u64),
}

/// Conditions that must all hold (or, negated, all not hold).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    conditions: Vec<(bool, Condition)>,
    /// Whether to leave the asking client out; `None` if nothing was said.
    pub(super) skip_me: Option<bool>,
}

impl Filter {
    /// Reads pairs of words from `index` on. A later condition of a kind replaces an earlier one, but
    /// for numbers of clients, which add up.
    pub(super) fn parse(
        args: &Args<'_>,
        mut index: usize,
        databases: u16,
        is_user: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, CommandError> {
        let mut filter = Self::default();
        while index < args.len() {
            let value = args.get(index + 1).ok_or(CommandError::Syntax)?;
            let word = args.at(index).to_ascii_lowercase();
            index += 2;
            if word == b"skipme" {
                filter.skip_me = Some(match value.to_ascii_lowercase().as_slice() {
                    b"yes" => true,
                    b"no" => false,
                    _ => return Err(CommandError::Syntax),
                });
                continue;
            }
            let (negated, name) = match word.strip_prefix(b"not-") {
                Some(name) => (true, name),
                None => (false, word.as_slice()),
            };
            let condition = if name == b"id" {
                let (ids, end) = parse_ids(args, index - 1)?;
                index = end;
                Condition::Id(ids)
            } else {
                parse_condition(name, value, negated, databases, &is_user)?
            };
            filter.add(negated, condition);
        }
        Ok(filter)
    }

    fn add(&mut self, negated: bool, condition: Condition) {
        let earlier = self.conditions.iter_mut().find(|(was, other)| {
            *was == negated && std::mem::discriminant(other) == std::mem::discriminant(&condition)
        });
        match (earlier, condition) {
            (Some((_, Condition::Id(ids))), Condition::Id(more)) => ids.extend(more),
            (Some((_, other)), condition) => *other = condition,
            (None, condition) => self.conditions.push((negated, condition)),
        }
    }

    pub(super) fn passes(&self, info: &ClientInfo, now_ms: u64) -> bool {
        self.conditions.iter().all(|(negated, condition)| condition.holds(info, now_ms) != *negated)
    }
}

/// The numbers from `start` on, and where they end.
fn parse_ids(args: &Args<'_>, start: usize) -> Result<(Vec<u64>, usize), CommandError> {
    let mut ids = Vec::new();
    let mut index = start;
    while let Some(id) = args.get(index).and_then(parse_i64) {
        if id < 1 {
            return Err(CommandError::err("client-id should be greater than 0"));
        }
        ids.push(id as u64);
        index += 1;
    }
    if ids.is_empty() { Err(CommandError::Syntax) } else { Ok((ids, index)) }
}

fn parse_condition(
    name: &[u8],
    value: &[u8],
    negated: bool,
    databases: u16,
    is_user: impl Fn(&[u8]) -> bool,
) -> Result<Condition, CommandError> {
    let text = value.to_vec();
    Ok(match name {
        b"type" => Condition::Type(ClientType::parse(value)?),
        b"addr" => Condition::Addr(text),
        b"laddr" => Condition::LocalAddr(text),
        b"ip" => Condition::Ip(text),
        b"user" if is_user(value) => Condition::User(text),
        b"user" => {
            return Err(CommandError::text(format!("No such user '{}'", shown(value))));
        }
        b"flags" => {
            let known = |b: &u8| {
                *b == b'N' || LETTERS.iter().any(|(l, _)| *l == char::from(*b))
                // States that exist elsewhere, and that no client here has.
                || b"SMRBdui".contains(b)
            };
            if !value.iter().all(known) {
                return Err(CommandError::text(format!(
                    "Unknown flags found in the provided filter: {}",
                    shown(value)
                )));
            }
            Condition::Flags(text)
        }
        b"name" => Condition::Name(text),
        b"lib-name" => Condition::LibName(text),
        b"lib-ver" => Condition::LibVersion(text),
        b"db" => {
            let db = parse_i64(value)
                .ok_or(CommandError::err("DB is not an integer or out of range"))?;
            match u32::try_from(db) {
                Ok(db) if db < u32::from(databases) => Condition::Db(db),
                _ => {
                    return Err(CommandError::text(format!(
                        "DB number should be between 0 and {}",
                        databases - 1
                    )));
                }
            }
        }
        b"capa" if value.iter().all(|b| *b == b'r') => Condition::Capa(text),
        b"capa" => {
            return Err(CommandError::text(format!(
                "Unknown capa found in the provided filter: {}",
                shown(value)
            )));
        }
        b"maxage" if !negated => Condition::MaxAge(positive(value, "maxage")?),
        b"idle" if !negated => Condition::Idle(positive(value, "idle")?),
        _ => return Err(CommandError::Syntax),
    })
}

fn positive(value: &[u8], name: &str) -> Result<u64, CommandError> {
    let number = parse_i64(value)
        .ok_or_else(|| CommandError::text(format!("{name} is not an integer or out of range")))?;
    match u64::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(CommandError::text(format!("{name} should be greater than 0"))),
    }
}

impl Condition {
    fn holds(&self, info: &ClientInfo, now_ms: u64) -> bool {
        let seconds_since = |ms: u64| now_ms.saturating_sub(ms) / 1000;
        match self {
            Self::Id(ids) => ids.contains(&info.id),
            Self::Type(kind) => ClientType::of(info) == *kind,
            Self::Addr(addr) => info.addr.as_bytes() == addr.as_slice(),
            Self::LocalAddr(addr) => info.laddr.as_bytes() == addr.as_slice(),
            Self::Ip(ip) => {
                let host = info.addr.rsplit_once(':').map_or("", |(host, _)| host);
                host.trim_matches(['[', ']']).as_bytes() == ip.as_slice()
            }
            Self::User(user) => info.names.lock().user.as_bytes() == user.as_slice(),
            Self::Flags(wanted) => {
                let letters = letters(info.flags());
                wanted.iter().all(|b| letters.contains(char::from(*b)))
            }
            Self::Name(name) => info.names.lock().name == *name,
            Self::LibName(name) => info.names.lock().lib_name == *name,
            Self::LibVersion(version) => info.names.lock().lib_version == *version,
            Self::Db(db) => info.db.load(Relaxed) == *db,
            Self::Capa(wanted) => {
                let has = capabilities(info.flags());
                wanted.iter().all(|b| has.contains(char::from(*b)))
            }
            Self::MaxAge(seconds) => seconds_since(info.created_ms) >= *seconds,
            Self::Idle(seconds) => seconds_since(info.last_active_ms.load(Relaxed)) >= *seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::OwnedArgs;
    use crate::session::ConnId;

    fn parse(words: &[&str]) -> Result<Filter, String> {
        let owned = OwnedArgs::of(words.iter().map(|word| word.as_bytes()));
        Filter::parse(&owned.view(), 0, 16, |name| name == b"default")
            .map_err(|error| error.to_string())
    }

    fn client(id: u64) -> ClientInfo {
        let conn = ConnId { core: 0, slot: 0, client: id };
        ClientInfo::new(conn, "127.0.0.1:50".into(), "127.0.0.1:6379".into(), 9, 1_000)
    }

    #[test]
    fn conditions_select() {
        let check = |words: &[&str], expected: bool| {
            let filter = parse(words).expect("the filter is good");
            assert_eq!(filter.passes(&client(7), 61_000), expected, "{words:?}");
        };
        check(&[], true);
        check(&["id", "5", "7"], true);
        check(&["not-id", "5", "7"], false);
        check(&["ID", "5", "TYPE", "normal"], false);
        check(&["id", "7", "type", "normal", "id", "5"], true);
        check(&["id", "6", "id", "5"], false);
        check(&["not-id", "7", "not-id", "5"], false);
        check(&["id", "7", "id", "5", "not-id", "6", "not-id", "7"], false);
        check(&["name", "other", "name", ""], true);
        check(&["name", "", "name", "other"], false);
        check(&["type", "pubsub"], false);
        check(&["ip", "127.0.0.1", "addr", "127.0.0.1:50"], true);
        check(&["not-ip", "127.0.0.1"], false);
        check(&["flags", "N"], true);
        check(&["maxage", "60"], true);
        check(&["maxage", "61"], false);
        check(&["db", "1"], false);
        check(&["capa", "r"], false);
        check(&["user", "default", "name", ""], true);
    }

    #[test]
    fn bad_filters_are_refused_in_valkeys_words() {
        let check = |words: &[&str], text: &str| {
            assert_eq!(parse(words).expect_err("it is bad"), format!("ERR {text}"), "{words:?}");
        };
        check(&["id"], "syntax error");
        check(&["id", "x"], "syntax error");
        check(&["id", "0"], "client-id should be greater than 0");
        check(&["type", "foo"], "Unknown client type 'foo'");
        check(&["flags", "Q"], "Unknown flags found in the provided filter: Q");
        check(&["db", "16"], "DB number should be between 0 and 15");
        check(&["maxage", "0"], "maxage should be greater than 0");
        check(&["skipme", "maybe"], "syntax error");
        check(&["user", "nobody"], "No such user 'nobody'");
    }
}
