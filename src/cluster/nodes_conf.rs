//! `nodes.conf`: the node's memory of the cluster, in Valkey's format.
//!
//! One line per node and one with variables; what CLUSTER NODES shows and some fields more:
//!
//! ```text
//! <id> <ip>:<port>@<bus port>,<hostname>[,<field>=<value>]… <flags> <primary|-> <ping sent>
//!     <pong received> <config epoch> <connected|disconnected> [<slot>|<first>-<last>]…
//!     [[<slot>->-<target id>]|[<slot>-<-<source id>]]…
//! vars currentEpoch <n> lastVoteEpoch <n>
//! ```
//!
//! The file is replaced as a whole: written beside it, synced, renamed, and the directory synced.
//! A lock on the file keeps two processes from being the same node.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::message::NodeFlags;
use super::node::Address;
use super::settings::{BUS_PORT_OFFSET, ClientAnnounce};
use super::{NodeId, SLOTS, SlotSet};

/// Why a node cannot start with its file. The texts are those of Valkey's log.
#[derive(Debug, thiserror::Error)]
pub enum NodesConfError {
    #[error("Can't open {path} in order to acquire a lock: {error}")]
    LockOpen { path: String, error: io::Error },
    #[error(
        "Sorry, the cluster configuration file {0} is already used by a different Cluster node. \
         Please make sure that different nodes use different cluster configuration files."
    )]
    Locked(String),
    #[error("Impossible to lock {path}: {error}")]
    Lock { path: String, error: io::Error },
    #[error("Loading the cluster node config from {path}: {error}")]
    Read { path: String, error: io::Error },
    #[error("Unrecoverable error: corrupted cluster config file \"{0}\".")]
    Corrupted(String),
}

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodesConf {
    pub nodes: Vec<SavedNode>,
    pub current_epoch: u64,
    pub last_vote_epoch: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedNode {
    pub id: NodeId,
    /// Missing in the files of versions before 7.2.
    pub shard: Option<NodeId>,
    pub address: Address,
    pub announce: ClientAnnounce,
    pub flags: NodeFlags,
    pub replica_of: Option<NodeId>,
    pub ping_sent: u64,
    pub pong_received: u64,
    pub config_epoch: u64,
    pub connected: bool,
    pub slots: SlotSet,
    /// Slots open at this node, in their order.
    pub open: Vec<OpenSlot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSlot {
    pub slot: u16,
    /// The other side: the target of a migration, or the source of an import.
    pub peer: NodeId,
    pub importing: bool,
}

/// The flags that are written, in this order.
pub const FLAG_NAMES: &[(NodeFlags, &str)] = &[
    (NodeFlags::MYSELF, "myself"),
    (NodeFlags::PRIMARY, "master"),
    (NodeFlags::REPLICA, "slave"),
    (NodeFlags::PFAIL, "fail?"),
    (NodeFlags::FAIL, "fail"),
    (NodeFlags::HANDSHAKE, "handshake"),
    (NodeFlags::NOADDR, "noaddr"),
    (NodeFlags::NOFAILOVER, "nofailover"),
];

/// `master,fail` and the like.
pub fn flag_names(flags: NodeFlags) -> String {
    let set = FLAG_NAMES.iter().filter(|(flag, _)| flags.any(*flag)).map(|(_, name)| *name);
    let names: Vec<&str> = set.collect();
    if names.is_empty() { "noflags".to_owned() } else { names.join(",") }
}

impl SavedNode {
    /// The fields behind the address that clients are not shown.
    fn fields(&self, out: &mut String) {
        let announce = &self.announce;
        let mut field = |name: &str, value: &str| {
            if !value.is_empty() {
                out.push_str(&format!(",{name}={value}"));
            }
        };
        let port = |port: u16| if port == 0 { String::new() } else { port.to_string() };
        field("availability-zone", &announce.availability_zone);
        field("client-tls-port", &port(announce.tls_port));
        field("client-tcp-port", &port(announce.port));
        field("client-ipv6", &announce.ipv6);
        field("client-ipv4", &announce.ipv4);
        field("tls-port", &self.address.tls_port.to_string());
        field("nodename", &announce.human_nodename);
        field("shard-id", self.shard.as_ref().map_or("", NodeId::as_str));
    }
}

impl NodesConf {
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for node in &self.nodes {
            let Address { ip, port, bus_port, .. } = &node.address;
            let hostname = &node.announce.hostname;
            out.push_str(&format!("{} {ip}:{port}@{bus_port},{hostname}", node.id));
            node.fields(&mut out);
            let primary = node.replica_of.as_ref().map_or("-", NodeId::as_str);
            let link = if node.connected { "connected" } else { "disconnected" };
            out.push_str(&format!(
                " {} {primary} {} {} {} {link}",
                flag_names(node.flags),
                node.ping_sent,
                node.pong_received,
                node.config_epoch
            ));
            push_slots(&mut out, &node.slots);
            for OpenSlot { slot, peer, importing } in &node.open {
                let arrow = if *importing { "-<-" } else { "->-" };
                out.push_str(&format!(" [{slot}{arrow}{peer}]"));
            }
            out.push('\n');
        }
        let NodesConf { current_epoch, last_vote_epoch, .. } = self;
        out.push_str(&format!(
            "vars currentEpoch {current_epoch} lastVoteEpoch {last_vote_epoch}\n"
        ));
        out
    }

    /// Reads the text of a file. The error shows the line that is wrong.
    pub fn parse(text: &str) -> Result<NodesConf, NodesConfError> {
        let mut conf = NodesConf::default();
        for line in text.lines() {
            if line.is_empty() {
                continue;
            }
            let corrupted = || NodesConfError::Corrupted(line.to_owned());
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match words.first() {
                Some(first) if first.eq_ignore_ascii_case("vars") => {
                    conf.read_vars(&words[1..]).ok_or_else(corrupted)?;
                }
                _ => {
                    let node = read_node(&words).ok_or_else(corrupted)?;
                    if conf.nodes.iter().any(|known| known.id == node.id) {
                        return Err(corrupted());
                    }
                    conf.nodes.push(node);
                }
            }
        }
        let myself = |node: &&SavedNode| node.flags.any(NodeFlags::MYSELF);
        if conf.nodes.iter().filter(myself).count() != 1 {
            let last = text.lines().last().unwrap_or_default();
            return Err(NodesConfError::Corrupted(last.to_owned()));
        }
        Ok(conf)
    }

    fn read_vars(&mut self, words: &[&str]) -> Option<()> {
        if !words.len().is_multiple_of(2) {
            return None;
        }
        for pair in words.chunks_exact(2) {
            if pair[0].eq_ignore_ascii_case("currentEpoch") {
                self.current_epoch = pair[1].parse().ok()?;
            } else if pair[0].eq_ignore_ascii_case("lastVoteEpoch") {
                self.last_vote_epoch = pair[1].parse().ok()?;
            } else {
                tracing::info!("Skipping unknown cluster config variable '{}'", pair[0]);
            }
        }
        Some(())
    }
}

/// ` 0-5 7`: runs of slots, each after a space.
pub fn push_slots(out: &mut String, slots: &SlotSet) {
    for (first, last) in slots.ranges() {
        if first == last {
            out.push_str(&format!(" {first}"));
        } else {
            out.push_str(&format!(" {first}-{last}"));
        }
    }
}

fn read_node(words: &[&str]) -> Option<SavedNode> {
    let [id, place, flags, primary, ping, pong, epoch, link, slots @ ..] = words else {
        return None;
    };
    let (address, announce, shard) = read_place(place)?;
    let replica_of = match primary {
        p if p.starts_with('-') => None,
        p => Some(NodeId::parse(p.as_bytes())?),
    };
    let mut node = SavedNode {
        id: NodeId::parse(id.as_bytes())?,
        shard,
        address,
        announce,
        flags: read_flags(flags)?,
        replica_of,
        ping_sent: ping.parse().ok()?,
        pong_received: pong.parse().ok()?,
        config_epoch: epoch.parse().ok()?,
        connected: *link == "connected",
        slots: SlotSet::new(),
        open: Vec::new(),
    };
    for word in slots {
        if let Some(open) = word.strip_prefix('[') {
            node.open.push(read_open_slot(open)?);
            continue;
        }
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        if first >= SLOTS || last >= SLOTS {
            return None;
        }
        for slot in first..=last {
            node.slots.insert(slot);
        }
    }
    Some(node)
}

/// `<slot>->-<id>]` or `<slot>-<-<id>]`.
fn read_open_slot(word: &str) -> Option<OpenSlot> {
    let (slot, rest) = word.strip_suffix(']')?.split_once('-')?;
    let slot = slot.parse().ok().filter(|slot| *slot < SLOTS)?;
    let (direction, peer) = rest.split_once('-')?;
    let importing = match direction {
        ">" => false,
        "<" => true,
        _ => return None,
    };
    Some(OpenSlot { slot, peer: NodeId::parse(peer.as_bytes())?, importing })
}

fn read_flags(text: &str) -> Option<NodeFlags> {
    let mut flags = NodeFlags(0);
    for name in text.split(',') {
        let flag = match name.to_ascii_lowercase().as_str() {
            "primary" => NodeFlags::PRIMARY,
            "replica" => NodeFlags::REPLICA,
            "noflags" => NodeFlags(0),
            name => FLAG_NAMES.iter().find(|(_, known)| *known == name)?.0,
        };
        flags.set(flag, true);
    }
    if flags.any(NodeFlags::NOADDR) {
        flags.set(NodeFlags::FAIL, true);
    }
    Some(flags)
}

/// `ip:port[@bus port][,hostname[,field=value]…]`
fn read_place(text: &str) -> Option<(Address, ClientAnnounce, Option<NodeId>)> {
    let mut parts = text.split(',');
    let (ip, ports) = parts.next()?.rsplit_once(':')?;
    let (port, bus_port) = match ports.split_once('@') {
        Some((port, bus)) => (port.parse().ok()?, bus.parse().ok()?),
        None => {
            let port: u16 = ports.parse().ok()?;
            (port, port.saturating_add(BUS_PORT_OFFSET))
        }
    };
    let mut address = Address { ip: ip.to_owned(), port, tls_port: 0, bus_port };
    let hostname = parts.next().unwrap_or_default().to_owned();
    let mut announce = ClientAnnounce { hostname, ..ClientAnnounce::default() };
    let mut shard = None;
    for field in parts {
        let (name, value) = field.split_once('=')?;
        match name {
            "shard-id" => shard = Some(NodeId::parse(value.as_bytes())?),
            "nodename" => announce.human_nodename = value.to_owned(),
            "tcp-port" => address.port = value.parse().ok()?,
            "tls-port" => address.tls_port = value.parse().ok()?,
            "client-ipv4" => announce.ipv4 = value.to_owned(),
            "client-ipv6" => announce.ipv6 = value.to_owned(),
            "client-tcp-port" => announce.port = value.parse().ok()?,
            "client-tls-port" => announce.tls_port = value.parse().ok()?,
            "availability-zone" => announce.availability_zone = value.to_owned(),
            _ => return None,
        }
    }
    Some((address, announce, shard))
}

/// The file itself. As long as this lives no other process can be the same node.
#[derive(Debug)]
pub struct NodesFile {
    path: PathBuf,
    lock: File,
}

impl NodesFile {
    /// Locks the file, making an empty one where there is none, and reads it. `None` is a node
    /// that starts for the first time.
    pub fn open(path: &Path) -> Result<(NodesFile, Option<NodesConf>), NodesConfError> {
        let name = path.display().to_string();
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| NodesConfError::LockOpen { path: name.clone(), error })?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(NodesConfError::Locked(name)),
            Err(error) => {
                return Err(NodesConfError::Lock { path: name, error: error.into() });
            }
        }
        let text = fs::read_to_string(path)
            .map_err(|error| NodesConfError::Read { path: name.clone(), error })?;
        let conf = if text.is_empty() { None } else { Some(NodesConf::parse(&text)?) };
        Ok((NodesFile { path: path.to_owned(), lock }, conf))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the content. After `fsync` it survives a crash of the machine.
    ///
    /// The new file is locked before it takes the name, so the name never stands for an unlocked
    /// file.
    pub fn save(&mut self, text: &str, fsync: bool) -> io::Result<()> {
        let beside = PathBuf::from(format!("{}.tmp-{}", self.path.display(), std::process::id()));
        let saved = self.write_and_rename(&beside, text, fsync);
        if saved.is_err() {
            // Nothing more can be done about a file that cannot even be removed.
            let _ = fs::remove_file(&beside);
        }
        self.lock = saved?;
        Ok(())
    }

    fn write_and_rename(&self, beside: &Path, text: &str, fsync: bool) -> io::Result<File> {
        let mut file = File::create(beside)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        file.write_all(text.as_bytes())?;
        if fsync {
            file.sync_all()?;
        }
        fs::rename(beside, &self.path)?;
        if fsync {
            let directory = self.path.parent().filter(|dir| !dir.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by Valkey 9.1.2, with everything announced that can be.
    const OF_VALKEY: &str = "\
85d9a2a4bd5327cba25cc3c2d2c8baf8c4af0ad9 127.0.0.1:27003@37003,,tls-port=0,shard-id=7fe37b9a8c6acc39f6df7e4c2ea12b59ae41b3f4 master - 0 1795310651000 1 connected 10001-16383
f387e54faba22a6d7e40b7e4282a64e4212bb705 127.0.0.1:27001@37001,one.example,availability-zone=az-1,client-tls-port=7778,client-tcp-port=7777,client-ipv6=::7,client-ipv4=10.1.2.3,tls-port=0,nodename=first,shard-id=e38e7fa14db06001ce41d5ad807be2a21bc4d9f5 myself,master - 0 0 0 connected 0-5000 [7->-85d9a2a4bd5327cba25cc3c2d2c8baf8c4af0ad9] [9000-<-85d9a2a4bd5327cba25cc3c2d2c8baf8c4af0ad9]
7eb0bac4671be482fe35ddba1b9e47fbe118fd52 127.0.0.1:27002@28002,,tls-port=0,shard-id=3d61aaf525241125e97d08e41e51eaab09a0123b master - 0 1795310651335 2 connected 5001 5003-10000
vars currentEpoch 2 lastVoteEpoch 0
";

    #[test]
    fn a_file_of_valkey_is_read_and_written_to_the_letter() {
        let conf = NodesConf::parse(OF_VALKEY).expect("what Valkey wrote");
        assert_eq!(conf.to_text(), OF_VALKEY);
        assert_eq!(conf.current_epoch, 2);
        let me = &conf.nodes[1];
        assert_eq!(me.announce.availability_zone, "az-1");
        assert_eq!((me.announce.port, me.announce.tls_port), (7777, 7778));
        assert_eq!(me.address.bus_port, 37001);
        assert_eq!(conf.nodes[2].slots.ranges(), [(5001, 5001), (5003, 10000)]);
        assert_eq!(me.open.len(), 2);
        assert!(!me.open[0].importing && me.open[1].importing);
    }

    #[test]
    fn a_file_without_bus_ports_and_shards_is_understood() {
        let text = "\n85d9a2a4bd5327cba25cc3c2d2c8baf8c4af0ad9 ::1:7000 myself,primary - 0 0 3 \
                    connected\nvars other 1 currentEpoch 9\n";
        let conf = NodesConf::parse(text).expect("an old file");
        let address = &conf.nodes[0].address;
        assert_eq!((address.ip.as_str(), address.port, address.bus_port), ("::1", 7000, 17000));
        assert_eq!((conf.nodes[0].shard, conf.current_epoch), (None, 9));
    }

    #[track_caller]
    fn check_corrupted(change: impl Fn(&str) -> String) {
        let line = OF_VALKEY.lines().nth(1).expect("the line of this node");
        let text = OF_VALKEY.replace(line, &change(line));
        let error = NodesConf::parse(&text).expect_err("a damaged file").to_string();
        assert!(
            error.starts_with("Unrecoverable error: corrupted cluster config file \""),
            "{error}"
        );
    }

    #[test]
    fn damage_is_told_and_not_guessed_at() {
        check_corrupted(|line| line.replace("f387", "F387"));
        check_corrupted(|line| line.replace("client-ipv4=", "colour="));
        check_corrupted(|line| line.replace("0-5000", "0-16384"));
        check_corrupted(|line| line.replace("0-5000", "zero"));
        check_corrupted(|line| line.replace("[7->-", "[7-?-"));
        check_corrupted(|line| line.replace("@37001", "@70000"));
        check_corrupted(|line| line.replace("myself,", "me,"));
        check_corrupted(|line| line.replace("myself,", ""));
        check_corrupted(|line| line.split(" connected").next().unwrap_or_default().to_owned());
        check_corrupted(|line| format!("{line}\n{line}"));
        check_corrupted(|line| format!("{line}\nvars currentEpoch"));
    }

    #[test]
    fn a_locked_file_is_refused_even_after_it_was_replaced() {
        let dir = std::env::temp_dir().join(format!("nodes-conf-test-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory to test in");
        let path = dir.join("nodes.conf");
        let (mut file, conf) = NodesFile::open(&path).expect("nobody else has it");
        assert_eq!(conf, None);
        let locked = |path: &Path| matches!(NodesFile::open(path), Err(NodesConfError::Locked(_)));
        assert!(locked(&path));
        file.save(OF_VALKEY, true).expect("saved");
        assert!(locked(&path));
        drop(file);
        let (_file, conf) = NodesFile::open(&path).expect("the lock is gone");
        assert_eq!(conf.expect("it was saved").to_text(), OF_VALKEY);
        assert_eq!(fs::read_dir(&dir).expect("our directory").count(), 1, "a file was left");
        fs::remove_dir_all(&dir).expect("our directory");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ -~\n]{0,300}") {
            let _ = NodesConf::parse(&text);
        }

        #[test]
        fn a_damaged_file_is_read_or_refused(
            at in any::<prop::sample::Index>(), byte in b' '..=b'~'
        ) {
            let mut text = OF_VALKEY.as_bytes().to_vec();
            let at = at.index(text.len());
            text[at] = byte;
            let _ = NodesConf::parse(std::str::from_utf8(&text).expect("still ASCII"));
        }
    }
}
