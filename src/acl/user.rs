//! One user, and the rules that describe it.

use sha2::{Digest, Sha256};

use super::rights::Rights;

/// SHA-256 of a password, all that is kept of it.
type Hash = [u8; 32];

/// Why a rule is none; the text is Valkey 9.1's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("Syntax error")]
    Syntax,
    #[error(
        "The password hash must be exactly 64 characters and contain only lowercase hexadecimal \
         characters"
    )]
    BadHash,
    #[error("The password you are trying to remove from the user does not exist")]
    NoSuchPassword,
    #[error(
        "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not \
         have any effect. Try 'resetkeys' to start with an empty list of patterns"
    )]
    KeysAfterAll,
    #[error(
        "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does \
         not have any effect. Try 'resetchannels' to start with an empty list of channels"
    )]
    ChannelsAfterAll,
    #[error("The provided database ID is out of range")]
    DatabaseOutOfRange,
    #[error("Wrong format")]
    Unmatched,
}

/// Who may log in with which passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: Vec<u8>,
    is_on: bool,
    needs_no_password: bool,
    hashes: Vec<Hash>,
    rights: Rights,
    /// More rights, in parentheses.
    selectors: Vec<Rights>,
}

impl User {
    /// The user that every connection is at first: on, without a password, and with all rights.
    pub(super) fn default_user(name: &str) -> Self {
        let name = name.as_bytes().to_vec();
        Self {
            name,
            is_on: true,
            needs_no_password: true,
            hashes: Vec::new(),
            rights: Rights::all(),
            selectors: Vec::new(),
        }
    }

    fn fresh(name: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            is_on: false,
            needs_no_password: false,
            hashes: Vec::new(),
            rights: Rights::fresh(),
            selectors: Vec::new(),
        }
    }

    /// The user that rules describe; a rule in parentheses may be several words. An error comes
    /// with the place of its rule.
    pub fn parse(name: &[u8], rules: &[&[u8]]) -> Result<Self, (usize, RuleError)> {
        let mut user = Self::fresh(name);
        for (at, rule) in whole_rules(rules)?.iter().enumerate() {
            user.apply(rule).map_err(|error| (at, error))?;
        }
        Ok(user)
    }

    fn apply(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        match rule.to_ascii_lowercase().as_slice() {
            b"on" => self.is_on = true,
            b"off" => self.is_on = false,
            b"nopass" => {
                self.needs_no_password = true;
                self.hashes.clear();
            }
            b"resetpass" => {
                self.needs_no_password = false;
                self.hashes.clear();
            }
            b"reset" => *self = Self::fresh(&self.name),
            b"clearselectors" => self.selectors.clear(),
            b"sanitize-payload" | b"skip-sanitize-payload" => {}
            _ => match rule {
                [b'>', password @ ..] => self.add(Sha256::digest(password).into()),
                [b'#', hash @ ..] => self.add(parse_hash(hash)?),
                [b'<', password @ ..] => self.remove(Sha256::digest(password).into())?,
                [b'!', hash @ ..] => self.remove(parse_hash(hash)?)?,
                [b'(', inner @ .., b')'] => {
                    let mut selector = Rights::fresh();
                    let words = inner.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
                    for word in words {
                        selector.apply(word)?;
                    }
                    self.selectors.push(selector);
                }
                _ => self.rights.apply(rule)?,
            },
        }
        Ok(())
    }

    fn add(&mut self, hash: Hash) {
        self.needs_no_password = false;
        if !self.hashes.contains(&hash) {
            self.hashes.push(hash);
        }
    }

    fn remove(&mut self, hash: Hash) -> Result<(), RuleError> {
        let at = self.hashes.iter().position(|have| *have == hash);
        self.hashes.remove(at.ok_or(RuleError::NoSuchPassword)?);
        Ok(())
    }

    /// The only password from now on; an empty one stands for none.
    pub(super) fn set_password(&mut self, password: &[u8]) {
        self.hashes.clear();
        self.needs_no_password = password.is_empty();
        if !password.is_empty() {
            self.add(Sha256::digest(password).into());
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(super) fn needs_no_password(&self) -> bool {
        self.needs_no_password
    }

    /// Gives all channels where no rule speaks of channels.
    pub(super) fn give_channels(&mut self) {
        self.rights.give_channels();
        self.selectors.iter_mut().for_each(Rights::give_channels);
    }

    /// Whether it can log in, and may do less than everything. A selector adds rights: whoever has
    /// all gets none by it, and others count as limited.
    pub(super) fn is_limited(&self) -> bool {
        let can_log_in = self.is_on && (self.needs_no_password || !self.hashes.is_empty());
        can_log_in && !self.rights.are_all()
    }

    /// Name and rules, as Valkey 9.1 writes them into a configuration file.
    pub(super) fn describe(&self) -> Vec<u8> {
        let mut line = self.name.clone();
        line.extend_from_slice(if self.is_on { b" on" } else { b" off" });
        if self.needs_no_password {
            line.extend_from_slice(b" nopass");
        }
        for hash in &self.hashes {
            line.extend_from_slice(b" #");
            for byte in hash {
                line.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
        }
        self.rights.describe(&mut line);
        for selector in &self.selectors {
            let mut inner = Vec::new();
            selector.describe(&mut inner);
            line.extend_from_slice(b" (");
            line.extend_from_slice(inner.trim_ascii_start());
            line.push(b')');
        }
        line
    }

    /// Whether this is a password of a user who may log in.
    pub(super) fn accepts(&self, password: &[u8]) -> bool {
        let hash: Hash = Sha256::digest(password).into();
        // Hashes are compared as a whole, whatever the first difference: it tells nothing of a password.
        let is_known = self.hashes.iter().fold(false, |known, have| known | same(have, &hash));
        self.is_on && (self.needs_no_password || is_known)
    }
}

/// The rules with those in parentheses put together.
fn whole_rules(words: &[&[u8]]) -> Result<Vec<Vec<u8>>, (usize, RuleError)> {
    let mut rules: Vec<Vec<u8>> = Vec::new();
    let mut begin = None;
    for (at, word) in words.iter().enumerate() {
        match (begin, rules.last_mut()) {
            (Some(_), Some(rule)) => {
                rule.push(b' ');
                rule.extend_from_slice(word);
            }
            _ => rules.push(word.to_vec()),
        }
        if begin.is_none() && word.starts_with(b"(") {
            begin = Some(at);
        }
        if word.ends_with(b")") {
            begin = None;
        }
    }
    match begin {
        Some(at) => Err((at, RuleError::Unmatched)),
        None => Ok(rules),
    }
}

fn parse_hash(text: &[u8]) -> Result<Hash, RuleError> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(RuleError::BadHash),
    };
    let mut hash = [0; 32];
    if text.len() != 2 * hash.len() {
        return Err(RuleError::BadHash);
    }
    for (byte, pair) in hash.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(hash)
}

fn same(a: &Hash, b: &Hash) -> bool {
    a.iter().zip(b).fold(0, |differing, (x, y)| differing | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH_OF_X: &str = "#2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

    fn parse(rules: &str) -> Result<User, (usize, RuleError)> {
        User::parse(b"bob", &rules.split_ascii_whitespace().map(str::as_bytes).collect::<Vec<_>>())
    }

    #[track_caller]
    fn check(rules: &str, accepted: &[&str], refused: &[&str]) {
        let user = parse(rules).expect("the rules are right");
        for password in accepted {
            assert!(user.accepts(password.as_bytes()), "{rules}: {password}");
        }
        for password in refused {
            assert!(!user.accepts(password.as_bytes()), "{rules}: {password}");
        }
    }

    #[test]
    fn passwords_are_added_and_removed_in_the_order_of_the_rules() {
        check("on", &[], &["", "x"]);
        check("on nopass", &["", "x"], &[]);
        check("ON NoPass off", &[], &["", "x"]);
        check("on >x >y", &["x", "y"], &["", "z", "X"]);
        check("on >x >y <x", &["y"], &["x"]);
        check("on >x nopass >y", &["y"], &["x", ""]);
        check("on nopass resetpass", &[], &["", "x"]);
        check("on >x reset", &[], &["x"]);
        check("on >", &[""], &["x"]);
        check(&format!("on {HASH_OF_X}"), &["x"], &["y"]);
        check(&format!("on >x >y {}", HASH_OF_X.replace('#', "!")), &["y"], &["x"]);
    }

    #[test]
    fn a_user_is_limited_who_can_log_in_and_lacks_something() {
        for (rules, limited) in [
            ("on nopass ~* &* +@all", false),
            ("on nopass allkeys allchannels allcommands alldbs", false),
            ("on >x ~* +@all", true),
            ("on >x &* +@all", true),
            ("on >x ~a ~b* &* +@all", true),
            ("on >x ~* &* +@all -@dangerous", true),
            ("on >x ~* &* -debug +@all +get", false),
            ("on >x ~* &* +@all db=1", true),
            ("on >x (+get ~a)", true),
            ("off >x +get", false),
            ("on +get", false),
            ("on >x ~* &* +@all reset", false),
        ] {
            assert_eq!(parse(rules).expect("right").is_limited(), limited, "{rules}");
        }
        for (rules, limited) in [("on >x ~* +@all", false), ("on >x ~* +@all resetchannels", true)]
        {
            let mut user = parse(rules).expect("right");
            user.give_channels();
            assert_eq!(user.is_limited(), limited, "{rules}");
        }
    }

    #[test]
    fn rules_are_written_as_valkey_writes_them() {
        for (rules, written) in [
            ("on nopass ~* &* +@all", "on nopass ~* &* +@all"),
            ("off >x", &*format!("off {HASH_OF_X} resetchannels -@all")),
            (
                "off nopass ~a %R~b %W~c %RW~d %wr~e",
                "off nopass ~a %R~b %W~c ~d ~e resetchannels -@all",
            ),
            ("off ~b %W~a %R~a", "off ~b ~a resetchannels -@all"),
            ("off ~a ~*", "off ~* resetchannels -@all"),
            ("on &a &b* &a +get -get +get", "on resetchannels &a &b* -@all +get"),
            (
                "on +@all -@dangerous +config|get -config",
                "on resetchannels +@all -@dangerous -config",
            ),
            ("on +get -getex +GET", "on resetchannels -@all -getex +get"),
            ("on +@read -@read +get +@READ", "on resetchannels -@all +get +@read"),
            ("on +get -@all", "on resetchannels -@all"),
            ("on db=3,1 ~* &*", "on ~* &* db=1,3 -@all"),
            ("on db=3 resetdbs", "on resetchannels resetdbs -@all"),
            ("on db=3,1 alldbs", "on resetchannels -@all"),
            (
                "off (~a) (+get ~b ~c) +@all",
                "off resetchannels +@all (~a resetchannels -@all) (~b ~c resetchannels -@all +get)",
            ),
            ("on (~a) clearselectors ()", "on resetchannels -@all (resetchannels -@all)"),
        ] {
            let line = parse(rules).expect("right").describe();
            assert_eq!(String::from_utf8_lossy(&line), format!("bob {written}"), "{rules}");
        }
    }

    #[test]
    fn wrong_rules_are_told_by_place_and_reason() {
        for (rules, at, error) in [
            ("on blah", 1, RuleError::Syntax),
            ("#zz", 0, RuleError::BadHash),
            ("on <x", 1, RuleError::NoSuchPassword),
            ("~* ~a", 1, RuleError::KeysAfterAll),
            ("allkeys %R~a", 1, RuleError::KeysAfterAll),
            ("&* &a", 1, RuleError::ChannelsAfterAll),
            ("%R~a %RW~b %Z~c", 2, RuleError::Syntax),
            ("%~c", 0, RuleError::Syntax),
            ("+", 0, RuleError::Syntax),
            ("on (~a blah)", 1, RuleError::Syntax),
            ("on (on)", 1, RuleError::Syntax),
            ("on ~a (+get ~b", 2, RuleError::Unmatched),
            ("on ~a) (", 2, RuleError::Unmatched),
            ("db=1,,2", 0, RuleError::Syntax),
            ("db=-1", 0, RuleError::DatabaseOutOfRange),
        ] {
            assert_eq!(parse(rules), Err((at, error)), "{rules}");
        }
    }
}
