//! Opening connections: name resolution, TCP, unix sockets and TLS, and the first words.
//!
//! Everything that talks to a server opens its connection here, so that a setting holds for all of
//! them alike. Knows no routing and no requests.

mod dial;
mod resolve;
mod stream;
#[cfg(feature = "tls")]
mod tls;

pub(crate) use dial::{Connection, Purpose, dial};
pub use resolve::Resolver;
pub(crate) use resolve::Resolving;
pub(crate) use stream::Stream;
#[cfg(feature = "tls")]
pub use tls::Tls;
