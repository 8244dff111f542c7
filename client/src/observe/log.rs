//! Everything that the client logs. It stands in one place so that one look tells that no secret and
//! no argument of a command is among it.

use std::fmt::{Debug, Display};

use crate::addr::NodeAddr;

macro_rules! lines {
    ($($(#[$doc:meta])* $level:ident $name:ident($($field:ident: $type:ty),*) $text:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name($($field: $type),*) {
                #[cfg(feature = "tracing")]
                tracing::$level!($(%$field,)* $text);
                #[cfg(not(feature = "tracing"))]
                let _ = ($($field,)*);
            }
        )*
    };
}

lines! {
    /// A server did not take the new credentials. Its words name the user at most.
    warn authentication_refused(node: &NodeAddr, error: &dyn Display)
        "authenticating anew was refused";
    warn credentials_failed(why: &dyn Display) "credentials could not be renewed";
    warn topology_refused(node: &NodeAddr, why: &str) "topology refused";
    debug topology_failed(node: &NodeAddr, why: &str) "topology request failed";
    warn topology_unconfirmed() "a drastic change of the topology was not confirmed";
    debug topology_adopted(version: u64) "new topology";
    debug connection_lost_because(node: &NodeAddr, why: &str) "connection lost";
}

pub(crate) fn connection_lost(node: &NodeAddr, why: &dyn Debug) {
    #[cfg(feature = "tracing")]
    connection_lost_because(node, &format!("{why:?}"));
    #[cfg(not(feature = "tracing"))]
    let _ = (node, why, connection_lost_because);
}
