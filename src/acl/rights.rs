//! What a user may do, as rules say it and as they are written back. Nothing is decided by it but
//! whether it is everything.

use std::collections::BTreeSet;

use super::user::RuleError;

/// Patterns of names: none, some, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Patterns<T> {
    /// No rule speaks of them.
    Fresh,
    Some(Vec<T>),
    All,
}

impl<T> Patterns<T> {
    fn listed(&mut self) -> Option<&mut Vec<T>> {
        if matches!(self, Self::Fresh) {
            *self = Self::Some(Vec::new());
        }
        match self {
            Self::Some(list) => Some(list),
            _ => None,
        }
    }
}

/// Keys that may be read, written, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyPattern {
    read: bool,
    write: bool,
    pattern: Vec<u8>,
}

/// What a user or a selector may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rights {
    keys: Patterns<KeyPattern>,
    channels: Patterns<Vec<u8>>,
    /// `None` stands for all.
    databases: Option<BTreeSet<u32>>,
    /// Whether the rules after it take from all commands, or give to none.
    from_all_commands: bool,
    /// In lower case, with their sign.
    commands: Vec<Vec<u8>>,
}

impl Rights {
    /// Those of whom no rule speaks yet.
    pub(super) fn fresh() -> Self {
        Self {
            keys: Patterns::Fresh,
            channels: Patterns::Fresh,
            databases: None,
            from_all_commands: false,
            commands: Vec::new(),
        }
    }

    pub(super) fn all() -> Self {
        let (keys, channels) = (Patterns::All, Patterns::All);
        Self { keys, channels, from_all_commands: true, ..Self::fresh() }
    }

    /// Gives all channels if no rule speaks of channels, as `acl-pubsub-default allchannels` does.
    pub(super) fn give_channels(&mut self) {
        if matches!(self.channels, Patterns::Fresh) {
            self.channels = Patterns::All;
        }
    }

    /// Whether these are all rights. A rule that gives what is had changes nothing.
    pub(super) fn are_all(&self) -> bool {
        matches!(self.keys, Patterns::All)
            && matches!(self.channels, Patterns::All)
            && self.databases.is_none()
            && self.from_all_commands
            && !self.commands.iter().any(|rule| rule.starts_with(b"-"))
    }

    pub(super) fn apply(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        let lower = rule.to_ascii_lowercase();
        match lower.as_slice() {
            b"allkeys" | b"~*" => self.keys = Patterns::All,
            b"resetkeys" => self.keys = Patterns::Some(Vec::new()),
            b"allchannels" | b"&*" => self.channels = Patterns::All,
            b"resetchannels" => self.channels = Patterns::Some(Vec::new()),
            b"allcommands" | b"+@all" => self.reset_commands(true),
            b"nocommands" | b"-@all" => self.reset_commands(false),
            b"alldbs" => self.databases = None,
            b"resetdbs" => self.databases = Some(BTreeSet::new()),
            _ => match rule {
                [b'~', pattern @ ..] => self.add_keys(true, true, pattern)?,
                [b'%', rest @ ..] => self.add_limited_keys(rest)?,
                [b'&', pattern @ ..] => self.add_channels(pattern)?,
                [b'+' | b'-', _, ..] => self.add_command(lower),
                _ => match lower.strip_prefix(b"db=") {
                    Some(list) => self.databases = Some(databases(list)?),
                    None => return Err(RuleError::Syntax),
                },
            },
        }
        Ok(())
    }

    fn reset_commands(&mut self, all: bool) {
        self.from_all_commands = all;
        self.commands.clear();
    }

    /// `R~pattern`, `W~pattern` or `RW~pattern`.
    fn add_limited_keys(&mut self, rest: &[u8]) -> Result<(), RuleError> {
        if matches!(self.keys, Patterns::All) {
            return Err(RuleError::KeysAfterAll);
        }
        let at = rest.iter().position(|byte| *byte == b'~').ok_or(RuleError::Syntax)?;
        let letters = rest[..at].to_ascii_lowercase();
        if letters.is_empty() || !letters.iter().all(|letter| matches!(letter, b'r' | b'w')) {
            return Err(RuleError::Syntax);
        }
        self.add_keys(letters.contains(&b'r'), letters.contains(&b'w'), &rest[at + 1..])
    }

    fn add_keys(&mut self, read: bool, write: bool, pattern: &[u8]) -> Result<(), RuleError> {
        let list = self.keys.listed().ok_or(RuleError::KeysAfterAll)?;
        check_pattern(pattern)?;
        match list.iter_mut().find(|known| known.pattern == pattern) {
            Some(known) => {
                known.read |= read;
                known.write |= write;
            }
            None => list.push(KeyPattern { read, write, pattern: pattern.to_vec() }),
        }
        Ok(())
    }

    fn add_channels(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        let list = self.channels.listed().ok_or(RuleError::ChannelsAfterAll)?;
        check_pattern(pattern)?;
        if !list.iter().any(|known| known == pattern) {
            list.push(pattern.to_vec());
        }
        Ok(())
    }

    /// A rule outweighs those before it about the same command, its subcommands included.
    fn add_command(&mut self, rule: Vec<u8>) {
        let name = &rule[1..];
        self.commands.retain(|earlier| {
            let rest = earlier[1..].strip_prefix(name);
            rest.is_none_or(|rest| !matches!(rest, [] | [b'|', ..]))
        });
        self.commands.push(rule);
    }

    /// The rules that say the same, each after a blank.
    pub(super) fn describe(&self, line: &mut Vec<u8>) {
        match &self.keys {
            Patterns::All => line.extend_from_slice(b" ~*"),
            Patterns::Fresh => {}
            Patterns::Some(list) => {
                for KeyPattern { read, write, pattern } in list {
                    let prefix: &[u8] = match (read, write) {
                        (true, false) => b" %R~",
                        (false, true) => b" %W~",
                        _ => b" ~",
                    };
                    line.extend_from_slice(prefix);
                    line.extend_from_slice(pattern);
                }
            }
        }
        match &self.channels {
            Patterns::All => line.extend_from_slice(b" &*"),
            Patterns::Fresh => line.extend_from_slice(b" resetchannels"),
            Patterns::Some(list) => {
                line.extend_from_slice(b" resetchannels");
                for pattern in list {
                    line.extend_from_slice(b" &");
                    line.extend_from_slice(pattern);
                }
            }
        }
        match &self.databases {
            None => {}
            Some(some) if some.is_empty() => line.extend_from_slice(b" resetdbs"),
            Some(some) => {
                let numbers: Vec<String> = some.iter().map(u32::to_string).collect();
                line.extend_from_slice(format!(" db={}", numbers.join(",")).as_bytes());
            }
        }
        line.extend_from_slice(if self.from_all_commands { b" +@all" } else { b" -@all" });
        for rule in &self.commands {
            line.push(b' ');
            line.extend_from_slice(rule);
        }
    }
}

/// A pattern with a blank could not be written back.
fn check_pattern(pattern: &[u8]) -> Result<(), RuleError> {
    if pattern.iter().any(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(RuleError::Syntax);
    }
    Ok(())
}

fn databases(list: &[u8]) -> Result<BTreeSet<u32>, RuleError> {
    let number = |text: &[u8]| {
        let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        Some(number)
    };
    list.split(|byte| *byte == b',')
        .map(|text| {
            let number = number(text).ok_or(RuleError::Syntax)?;
            u32::try_from(number).map_err(|_| RuleError::DatabaseOutOfRange)
        })
        .collect()
}
