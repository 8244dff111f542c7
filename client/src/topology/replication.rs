//! Reads what a primary says of its replicas in INFO replication. As everywhere, what is not known is
//! ignored, and a line that can't be read costs that line.

/// A primary's own offset, and its replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replication {
    pub(crate) offset: u64,
    pub(crate) replicas: Vec<ReplicaState>,
}

/// A replica as its primary sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplicaState {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// It has all of the data and gets what is written.
    pub(crate) online: bool,
    /// What it has acknowledged.
    pub(crate) offset: u64,
    /// Seconds since it acknowledged anything.
    pub(crate) silent_s: u64,
}

impl Replication {
    /// Reads the section; `None` if it is not a primary's.
    ///
    /// ```text
    /// role:master
    /// slave0:ip=127.0.0.1,port=7001,state=online,offset=1414,lag=1,type=replica
    /// master_repl_offset:1414
    /// ```
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fields = || text.lines().filter_map(|line| line.trim_end().split_once(':'));
        let value = |name: &str| fields().find(|(key, _)| *key == name).map(|(_, value)| value);
        if value("role")? != "master" {
            return None;
        }
        let offset = value("master_repl_offset")?.parse().ok()?;
        let is_replica = |key: &str| {
            let number = key.strip_prefix("slave");
            number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let replicas = fields().filter(|(key, _)| is_replica(key));
        Some(Self { offset, replicas: replicas.filter_map(|(_, of)| replica(of)).collect() })
    }

    /// How many bytes `replica` is behind.
    pub(crate) fn behind(&self, replica: &ReplicaState) -> u64 {
        self.offset.saturating_sub(replica.offset)
    }
}

fn replica(line: &str) -> Option<ReplicaState> {
    let value = |name: &str| {
        let mut fields = line.split(',').filter_map(|field| field.split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    Some(ReplicaState {
        host: value("ip")?.to_owned(),
        port: value("port")?.parse().ok()?,
        online: value("state")? == "online",
        offset: value("offset")?.parse().ok()?,
        silent_s: value("lag")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\n\
        slave0:ip=10.0.0.1,port=7001,state=online,offset=90,lag=1,type=replica\r\n\
        slave1:ip=::1,port=7002,state=wait_bgsave,offset=0,lag=0,type=replica\r\n\
        slave_priority:100\r\nmaster_repl_offset:100\r\nnew_field:1\r\n";

    #[test]
    fn a_primary_tells_how_far_its_replicas_are() {
        let told = Replication::parse(TEXT).unwrap();
        assert_eq!((told.offset, told.replicas.len()), (100, 2));
        let [first, second] = &told.replicas[..] else { panic!() };
        assert_eq!((told.behind(first), first.online, first.silent_s), (10, true, 1));
        assert_eq!((second.host.as_str(), second.port, second.online), ("::1", 7002, false));
    }

    #[test]
    fn what_is_no_primary_tells_nothing() {
        for text in ["", "role:slave\r\nmaster_repl_offset:1\r\n", "role:master\r\n"] {
            assert_eq!(Replication::parse(text), None, "{text:?}");
        }
        let bad = TEXT.replace("port=7001", "port=70010");
        assert_eq!(Replication::parse(&bad).unwrap().replicas.len(), 1, "it costs its line only");
    }

    proptest! {
        /// Invariant I6: lines that a later server adds change nothing.
        #[test]
        fn unknown_lines_change_nothing(key in "[a-z_]{1,12}x", value in "[^\r\n]{0,20}", at in 0usize..8) {
            let mut lines: Vec<String> = TEXT.lines().map(str::to_owned).collect();
            lines.insert(at.min(lines.len()), format!("{key}:{value}"));
            prop_assert_eq!(Replication::parse(&lines.join("\r\n")), Replication::parse(TEXT));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "(role:master\r\n)?(slave[0-9]:.{0,40}\r\n){0,3}.{0,100}") {
            let _ = Replication::parse(&text);
        }
    }
}
