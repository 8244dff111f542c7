//! Who may log in: users and their passwords, from the `user` lines of a configuration file and from
//! `requirepass`.
//!
//! What a user may do is not told apart yet: whoever has logged in may do everything. So a `user`
//! line that limits somebody who can log in is refused at the start, rather than taken for more than
//! it says. Knows no connections and no commands.

mod rights;
mod user;
mod users;

pub use user::{RuleError, User};
pub use users::{DEFAULT_USER, Limited, Users};
