//! All users, and what their logins come to.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;

use super::user::User;

/// Who every connection is at first.
pub const DEFAULT_USER: &str = "default";

/// A user of the configuration file may do less than everything, and that is not supported yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Error loading ACL rules for the user named '{0}': users who may do less than everything are \
     not supported yet. Give the user '~* &* +@all', or turn it 'off'"
)]
pub struct Limited(pub String);

/// The users of the server.
#[derive(Debug)]
pub struct Users {
    /// The default user is the first.
    users: RwLock<Vec<User>>,
    /// Whether a new connection is logged in by coming: asked once for each.
    is_open: AtomicBool,
    denied: AtomicU64,
}

impl Users {
    /// The users of a configuration: what its lines say of the default user outweighs `requirepass`.
    pub fn new(declared: &[User], requirepass: &[u8], all_channels: bool) -> Result<Self, Limited> {
        let mut default_user = User::default_user(DEFAULT_USER);
        default_user.set_password(requirepass);
        let mut users = vec![default_user];
        for user in declared {
            let mut user = user.clone();
            if all_channels {
                user.give_channels();
            }
            if user.is_limited() {
                return Err(Limited(String::from_utf8_lossy(&user.name).into_owned()));
            }
            if user.name == DEFAULT_USER.as_bytes() {
                users[0] = user;
            } else {
                users.push(user);
            }
        }
        let is_open = AtomicBool::new(is_open(&users));
        Ok(Self { users: RwLock::new(users), is_open, denied: AtomicU64::new(0) })
    }

    /// Whether connections need not log in: the default user is on and has no password.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Whether the default user is logged in with any password, so that asking for one is a mistake.
    pub fn default_needs_no_password(&self) -> bool {
        self.users.read()[0].needs_no_password()
    }

    /// CONFIG SET requirepass.
    pub fn set_default_password(&self, password: &[u8]) {
        let mut users = self.users.write();
        users[0].set_password(password);
        self.is_open.store(is_open(&users), Ordering::Relaxed);
    }

    pub fn exists(&self, name: &[u8]) -> bool {
        self.users.read().iter().any(|user| user.name == name)
    }

    /// Whether a user is logged in with this password. Those who are not are counted.
    pub fn log_in(&self, name: &[u8], password: &[u8]) -> bool {
        let users = self.users.read();
        let accepted = users.iter().any(|user| user.name == name && user.accepts(password));
        if !accepted {
            self.denied.fetch_add(1, Ordering::Relaxed);
        }
        accepted
    }

    /// What follows the word `user` in a configuration file, by name.
    pub fn describe(&self) -> Vec<Vec<u8>> {
        let mut users = self.users.read().clone();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        users.iter().map(User::describe).collect()
    }

    /// How often a login failed.
    pub fn denied(&self) -> u64 {
        self.denied.load(Ordering::Relaxed)
    }
}

fn is_open(users: &[User]) -> bool {
    users[0].is_on() && users[0].needs_no_password()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(lines: &[(&str, &str)], requirepass: &str) -> Result<Users, Limited> {
        let parse = |&(name, rules): &(&str, &str)| {
            let rules: Vec<&[u8]> = rules.split_ascii_whitespace().map(str::as_bytes).collect();
            User::parse(name.as_bytes(), &rules).expect("the rules are right")
        };
        let declared: Vec<User> = lines.iter().map(parse).collect();
        Users::new(&declared, requirepass.as_bytes(), false)
    }

    #[test]
    fn the_line_of_the_default_user_outweighs_requirepass() {
        let all = "~* &* +@all";
        let open = users(&[], "").expect("no lines");
        assert!(
            open.is_open() && open.default_needs_no_password() && open.log_in(b"default", b"x")
        );
        let closed = users(&[], "pw").expect("no lines");
        assert!(!closed.is_open() && closed.log_in(b"default", b"pw"));
        let opened = users(&[("default", &format!("on nopass {all}"))], "pw").expect("not limited");
        assert!(opened.is_open());
        let other = users(&[("default", &format!("on >a {all}"))], "pw").expect("not limited");
        assert!(!other.is_open() && other.log_in(b"default", b"a"));
        assert!(!other.log_in(b"default", b"pw") && other.denied() == 1);
        let off = users(&[("default", "off")], "").expect("not limited");
        assert!(!off.is_open() && !off.default_needs_no_password() && !off.log_in(b"default", b""));
    }

    #[test]
    fn a_changed_requirepass_replaces_all_passwords_of_the_default_user() {
        let users = users(&[("default", "on >a >b ~* &* +@all")], "").expect("not limited");
        users.set_default_password(b"c");
        assert!(!users.log_in(b"default", b"a") && users.log_in(b"default", b"c"));
        users.set_default_password(b"");
        assert!(users.is_open());
    }

    #[test]
    fn named_users_log_in_and_limited_ones_are_refused_at_once() {
        let some = users(&[("bob", "on >x ~* &* +@all"), ("eve", "off nopass")], "").expect("fine");
        assert!(some.exists(b"bob") && some.exists(b"eve") && !some.exists(b"mallory"));
        assert!(some.log_in(b"bob", b"x") && !some.log_in(b"bob", b"y"));
        assert!(!some.log_in(b"eve", b"") && !some.log_in(b"mallory", b"x"));
        assert_eq!(users(&[("bob", "on >x ~a +get")], "").map(drop), Err(Limited("bob".into())));
    }
}
