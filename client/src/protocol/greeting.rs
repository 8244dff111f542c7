//! What a server says of itself in its reply to HELLO. As everywhere, what is not known is ignored.

use std::sync::Arc;

use crate::value::Value;

/// What a server says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerMode {
    /// It serves part of the slots.
    Cluster,
    /// It serves every key.
    Standalone,
}

/// What a server said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub(crate) mode: ServerMode,
    pub(crate) replica: bool,
    pub(crate) availability_zone: Option<Arc<str>>,
}

impl Greeting {
    /// Reads the reply to HELLO.
    pub(crate) fn read(hello: &Value) -> Self {
        let mut greeting =
            Self { mode: ServerMode::Standalone, replica: false, availability_zone: None };
        let Value::Map(pairs) = hello else { return greeting };
        for (key, value) in pairs {
            match (key.as_str(), value.as_str()) {
                (Some("mode"), Some("cluster")) => greeting.mode = ServerMode::Cluster,
                (Some("role"), Some("replica" | "slave")) => greeting.replica = true,
                (Some("availability_zone"), Some(zone)) if !zone.is_empty() => {
                    greeting.availability_zone = Some(zone.into());
                }
                _ => {}
            }
        }
        greeting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[(&'static str, &'static str)], expected: Greeting) {
        let text = |text: &'static str| Value::Bulk(text.into());
        let mut pairs: Vec<_> =
            fields.iter().map(|(key, value)| (text(key), text(value))).collect();
        assert_eq!(Greeting::read(&Value::Map(pairs.clone())), expected, "{fields:?}");
        // Invariant I6: neither is what a later server may add.
        pairs.insert(0, (Value::Array(vec![]), Value::Null));
        pairs.push((text("modules"), Value::Array(vec![Value::Int(1)])));
        assert_eq!(Greeting::read(&Value::Map(pairs)), expected, "{fields:?} and more");
    }

    #[test]
    fn a_server_says_what_it_is() {
        let alone = Greeting::read(&Value::Null);
        assert_eq!((alone.mode, alone.replica), (ServerMode::Standalone, false));
        check(&[("mode", "standalone"), ("role", "master")], alone.clone());
        check(&[("availability_zone", "")], alone.clone());
        check(&[("mode", "cluster")], Greeting { mode: ServerMode::Cluster, ..alone.clone() });
        check(&[("role", "replica")], Greeting { replica: true, ..alone.clone() });
        check(&[("role", "slave")], Greeting { replica: true, ..alone.clone() });
        let zone = Some("eu-1".into());
        check(&[("availability_zone", "eu-1")], Greeting { availability_zone: zone, ..alone });
    }
}
