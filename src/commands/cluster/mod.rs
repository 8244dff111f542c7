//! Commands of the cluster: CLUSTER and its subcommands, ASKING, READONLY, READWRITE.

mod keys;
mod membership;
mod scan;
mod session;
mod slots;
mod topology;

use crate::cluster::slot_map::Viewer;
use crate::cluster::state::AdminError;
use crate::cluster::{ClusterHandle, SLOTS};
use crate::commands::{Arity, CommandError, CommandSpec, Cx, Group, Run};
use crate::dispatch::Core;
use crate::protocol::{Args, parse_i64, shown};
use crate::server::Server;
use crate::session::Client;

/// What CLUSTER INFO answers.
pub(in crate::commands) fn info_text(cluster: &ClusterHandle) -> String {
    topology::info_text(cluster)
}

static CLUSTER: CommandSpec = CommandSpec {
    name: "cluster",
    summary: "A container for commands about the cluster.",
    since: "3.0.0",
    complexity: "Depends on subcommand.",
    group: Group::Cluster,
    arity: Arity::AtLeast(2),
    subcommands: &[
        &slots::CLUSTER_ADDSLOTS,
        &slots::CLUSTER_ADDSLOTSRANGE,
        &membership::CLUSTER_BUMPEPOCH,
        &membership::CLUSTER_COUNT_FAILURE_REPORTS,
        &keys::CLUSTER_COUNTKEYSINSLOT,
        &slots::CLUSTER_DELSLOTS,
        &slots::CLUSTER_DELSLOTSRANGE,
        &membership::CLUSTER_FAILOVER,
        &keys::CLUSTER_FLUSHSLOT,
        &slots::CLUSTER_FLUSHSLOTS,
        &membership::CLUSTER_FORGET,
        &keys::CLUSTER_GETKEYSINSLOT,
        &topology::CLUSTER_HELP,
        &topology::CLUSTER_INFO,
        &keys::CLUSTER_KEYSLOT,
        &topology::CLUSTER_LINKS,
        &membership::CLUSTER_MEET,
        &topology::CLUSTER_MYID,
        &topology::CLUSTER_MYSHARDID,
        &topology::CLUSTER_NODES,
        &topology::CLUSTER_REPLICAS,
        &membership::CLUSTER_REPLICATE,
        &membership::CLUSTER_RESET,
        &membership::CLUSTER_SAVECONFIG,
        &membership::CLUSTER_SET_CONFIG_EPOCH,
        &slots::CLUSTER_SETSLOT,
        &topology::CLUSTER_SHARDS,
        &topology::CLUSTER_SLAVES,
        &keys::CLUSTER_SLOT_STATS,
        &topology::CLUSTER_SLOTS,
    ],
    run: Run::Container,
    ..CommandSpec::DEFAULT
};

static CONTAINERS: &[&CommandSpec] = &[&CLUSTER];

pub(super) static COMMANDS: &[&[&CommandSpec]] = &[CONTAINERS, scan::COMMANDS, session::COMMANDS];

impl From<AdminError> for CommandError {
    fn from(error: AdminError) -> Self {
        CommandError::Line(error.to_string())
    }
}

fn cluster(server: &Server) -> Result<&ClusterHandle, CommandError> {
    let disabled = CommandError::err("This instance has cluster support disabled");
    server.cluster.as_deref().ok_or(disabled)
}

/// In which form a client wants addresses.
pub(crate) fn viewer(client: &Client) -> Viewer {
    Viewer { tls: false, ipv6: client.info.addr.starts_with('[') }
}

/// Whether any database holds a key; the gate is closed.
fn has_keys(cx: &Cx<'_>) -> bool {
    (0..cx.server.store.databases()).any(|db| cx.ks.db_len(db) > 0)
}

/// The keys of a slot over all databases; its shard is held.
fn keys_in_slot(core: &Core, slot: u16) -> usize {
    let store = &core.server.store;
    let data = store.shards.data(&core.held, store.shards.of_slot(slot));
    let in_db = |db| data.db(db).slot_table(slot).map_or(0, |table| table.len());
    (0..store.databases()).map(in_db).sum()
}

fn slot_arg(args: &Args<'_>, index: usize) -> Result<u16, CommandError> {
    let slot = parse_i64(args.at(index)).and_then(|slot| u16::try_from(slot).ok());
    let invalid = CommandError::err("Invalid or out of range slot");
    slot.filter(|slot| *slot < SLOTS).ok_or(invalid)
}

/// Arguments that no form of the subcommand has.
fn syntax_error(args: &Args<'_>) -> CommandError {
    let given = shown(&args.at(1)[..args.at(1).len().min(128)]);
    CommandError::text(format!(
        "unknown subcommand or wrong number of arguments for '{given}'. Try CLUSTER HELP."
    ))
}
