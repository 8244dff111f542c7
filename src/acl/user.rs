//! One user, and the rules that describe it.

use sha2::{Digest, Sha256};

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
}

/// What a user has all of. Parts are not kept: who has a part is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rights {
    commands: bool,
    keys: bool,
    channels: bool,
    databases: bool,
}

impl Rights {
    const ALL: Self = Self { commands: true, keys: true, channels: true, databases: true };

    /// Those of a user that no rule speaks of yet.
    fn fresh(all_channels: bool) -> Self {
        Self { commands: false, keys: false, channels: all_channels, databases: true }
    }
}

/// Who may log in with which passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: Vec<u8>,
    is_on: bool,
    needs_no_password: bool,
    hashes: Vec<Hash>,
    rights: Rights,
}

impl User {
    /// The user that every connection is at first: on, without a password, and with all rights.
    pub(super) fn default_user(name: &str) -> Self {
        let name = name.as_bytes().to_vec();
        Self { name, is_on: true, needs_no_password: true, hashes: Vec::new(), rights: Rights::ALL }
    }

    /// The user that rules describe. An error comes with the place of its rule.
    pub fn parse(name: &[u8], rules: &[&[u8]]) -> Result<Self, (usize, RuleError)> {
        let mut user = Self {
            name: name.to_vec(),
            is_on: false,
            needs_no_password: false,
            hashes: Vec::new(),
            rights: Rights::fresh(false),
        };
        for (at, rule) in rules.iter().enumerate() {
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
            b"reset" => *self = Self::parse(&self.name, &[]).map_err(|(_, error)| error)?,
            b"allkeys" | b"~*" => self.rights.keys = true,
            b"resetkeys" => self.rights.keys = false,
            b"allchannels" | b"&*" => self.rights.channels = true,
            b"resetchannels" => self.rights.channels = false,
            b"allcommands" | b"+@all" => self.rights.commands = true,
            b"nocommands" | b"-@all" => self.rights.commands = false,
            b"alldbs" => self.rights.databases = true,
            b"resetdbs" => self.rights.databases = false,
            // A selector adds rights: whoever has all gets none by it, and others stay limited.
            b"clearselectors" | b"sanitize-payload" | b"skip-sanitize-payload" => {}
            _ => return self.apply_prefixed(rule),
        }
        Ok(())
    }

    fn apply_prefixed(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        let (&prefix, text) = rule.split_first().ok_or(RuleError::Syntax)?;
        match prefix {
            b'>' => self.add(Sha256::digest(text).into()),
            b'#' => self.add(parse_hash(text)?),
            b'<' => self.remove(Sha256::digest(text).into())?,
            b'!' => self.remove(parse_hash(text)?)?,
            b'~' | b'%' if self.rights.keys => return Err(RuleError::KeysAfterAll),
            b'~' => {}
            b'%' if is_key_permission(text) => {}
            b'&' if self.rights.channels => return Err(RuleError::ChannelsAfterAll),
            b'&' => {}
            b'+' if !text.is_empty() => {}
            b'-' if !text.is_empty() => self.rights.commands = false,
            b'(' if text.ends_with(b")") => {}
            _ if rule.to_ascii_lowercase().starts_with(b"db=") => self.rights.databases = false,
            _ => return Err(RuleError::Syntax),
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

    /// Whether it can log in, and may do less than everything. `all_channels` is what
    /// `acl-pubsub-default` gives to everybody.
    pub(super) fn is_limited(&self, all_channels: bool) -> bool {
        let can_log_in = self.is_on && (self.needs_no_password || !self.hashes.is_empty());
        let rights = Rights { channels: self.rights.channels || all_channels, ..self.rights };
        can_log_in && rights != Rights::ALL
    }

    /// Whether this is a password of a user who may log in.
    pub(super) fn accepts(&self, password: &[u8]) -> bool {
        let hash: Hash = Sha256::digest(password).into();
        // Hashes are compared as a whole, whatever the first difference: it tells nothing of a password.
        let is_known = self.hashes.iter().fold(false, |known, have| known | same(have, &hash));
        self.is_on && (self.needs_no_password || is_known)
    }
}

/// `R~pattern`, `W~pattern` or `RW~pattern`, after the `%`.
fn is_key_permission(text: &[u8]) -> bool {
    let letters = text.split(|byte| *byte == b'~').next().unwrap_or_default();
    letters.len() < text.len()
        && !letters.is_empty()
        && letters.iter().all(|letter| matches!(letter.to_ascii_lowercase(), b'r' | b'w'))
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
            // Selectors with blanks arrive as one rule; here they would be split.
            let rules = rules.replace("(+get ~a)", "(+get~a)");
            assert_eq!(parse(&rules).expect("right").is_limited(false), limited, "{rules}");
        }
        assert!(!parse("on >x ~* +@all").expect("right").is_limited(true));
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
        ] {
            assert_eq!(parse(rules), Err((at, error)), "{rules}");
        }
    }
}
