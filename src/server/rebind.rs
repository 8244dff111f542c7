//! CONFIG SET port and bind: listening elsewhere while the server runs.

use std::sync::Arc;

use super::Server;
use crate::session::Message;

/// The loop that accepts connections.
const ACCEPTING_CORE: usize = 0;

/// Has the server listen on other addresses when the directives that name them change.
pub(super) fn follow(server: &Arc<Server>) {
    for (names, refusal) in [
        (["port"], "Unable to listen on this port. Check server logs."),
        (["bind"], "Failed to bind to specified addresses."),
    ] {
        // The configuration belongs to the server, and must not keep it alive.
        let server_ref = Arc::downgrade(server);
        server.config.on_change(&names, move |config| {
            let Some(server) = server_ref.upgrade() else { return Ok(()) };
            server.listening.rebind(config).map_err(|error| {
                tracing::warn!("Warning: {error}");
                refusal.to_owned()
            })?;
            server.post(ACCEPTING_CORE, Message::Rebind);
            Ok(())
        });
    }
}
