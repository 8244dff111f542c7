//! The cluster's gate: whether this node serves a command's slot, and what the client is told if
//! not.

use super::core::Core;
use crate::cluster::slot_map::{Access, Redirect, RedirectError, Route, SlotMap};
use crate::commands::{Command, CommandError, Flags, cluster_viewer};
use crate::keyspace::Key;
use crate::protocol::{Args, parse_i64};
use crate::session::{Client, ClientFlags};

/// What a command wants of the cluster.
struct Wanted {
    /// `None` if it has no keys.
    slot: Option<u16>,
    access: Access,
}

/// Refuses a command that another node serves. `held` tells that the shards of its keys are held;
/// only then can an open slot be decided, which depends on the keys that are here. Commands that
/// are being queued by MULTI are decided at EXEC. Answers the slot of the command's keys.
pub(super) fn check(
    core: &Core,
    client: &Client,
    command: &Command,
    args: &Args<'_>,
    held: bool,
) -> Result<Option<u16>, CommandError> {
    let Some(cluster) = &core.server.cluster else {
        return Ok(None);
    };
    let wanted = match &client.multi {
        Some(multi) if command.spec.name == "exec" && command.parent.is_none() => {
            let queue = multi.queue.iter().map(|queued| (queued.command, queued.args.view()));
            wanted_by(client, queue)?
        }
        _ => wanted_of(core, client, command)?,
    };
    let Some(slot) = wanted.slot else {
        return Ok(None);
    };
    let map = cluster.map();
    let route = map.route(slot, wanted.access);
    let open = matches!(route, Route::Migrating(_) | Route::Importing);
    if open && !held {
        return Ok(Some(slot));
    }
    let keys = if open && !wanted.access.shard_pubsub {
        Keys::of(core, client, command, args)?
    } else {
        Keys::default()
    };
    route
        .with_keys(keys.present, keys.missing, keys.one)
        .map(|()| Some(slot))
        .map_err(|redirect| refusal(&map, slot, redirect, client))
}

/// Whether a command's slot is being moved, so that it needs [`check`] with its shards held even
/// if it is a flow that takes its locks itself.
pub(super) fn is_open(core: &Core, client: &Client, command: &Command) -> bool {
    let Some(cluster) = &core.server.cluster else {
        return false;
    };
    if !cluster.map().has_open_slots() {
        return false;
    }
    let wanted = match &client.multi {
        Some(multi) => {
            let queue = multi.queue.iter().map(|queued| (queued.command, queued.args.view()));
            wanted_by(client, queue)
        }
        None => wanted_of(core, client, command),
    };
    wanted.is_ok_and(|wanted| wanted.slot.is_some_and(|slot| cluster.map().is_open(slot)))
}

/// Why a waiting client must not wait any longer.
pub fn ends_wait(core: &Core, client: &Client) -> Option<CommandError> {
    let (cluster, blocked) = (core.server.cluster.as_ref()?, client.blocked.as_ref()?);
    let slot = Key::new(blocked.keys.first()?).slot;
    let access = access_of(client, blocked.command);
    let map = cluster.map();
    let redirect = map.ends_wait(slot, access)?;
    Some(refusal(&map, slot, redirect, client))
}

/// The slot of a command's first key.
pub(super) fn slot_of(command: &Command, args: &Args<'_>) -> Option<u16> {
    let keys = command.routing_keys(args)?;
    keys.first().map(|key| Key::new(args.at(key.index)).slot)
}

fn access_of(client: &Client, command: &Command) -> Access {
    Access {
        write: command.flags.has(Flags::WRITE),
        shard_pubsub: command.flags.has(Flags::PUBSUB),
        asking: client.flags.has(ClientFlags::ASKING) || command.flags.has(Flags::ASKING),
        readonly: client.flags.has(ClientFlags::READONLY),
    }
}

/// What the command whose keys are noted wants.
fn wanted_of(core: &Core, client: &Client, command: &Command) -> Result<Wanted, CommandError> {
    let slot = core.keys.first().map(|key| key.slot);
    if core.keys.iter().any(|key| Some(key.slot) != slot) {
        return Err(CommandError::CrossSlot);
    }
    Ok(Wanted { slot, access: access_of(client, command) })
}

/// What the commands of a transaction want together.
fn wanted_by<'a>(
    client: &Client,
    calls: impl Iterator<Item = (&'a Command, Args<'a>)>,
) -> Result<Wanted, CommandError> {
    let mut wanted = Wanted { slot: None, access: Access::default() };
    for (command, args) in calls {
        let access = access_of(client, command);
        wanted.access.write |= access.write;
        wanted.access.shard_pubsub |= access.shard_pubsub;
        wanted.access.asking |= access.asking;
        wanted.access.readonly |= access.readonly;
        for key in command.routing_keys(&args).unwrap_or_default() {
            let slot = Key::new(args.at(key.index)).slot;
            if *wanted.slot.get_or_insert(slot) != slot {
                return Err(CommandError::CrossSlot);
            }
        }
    }
    Ok(wanted)
}

fn refusal(map: &SlotMap, slot: u16, redirect: Redirect<'_>, client: &Client) -> CommandError {
    match map.error(slot, redirect, cluster_viewer(client)) {
        RedirectError::Moved { slot, endpoint } => CommandError::Moved { slot, endpoint },
        RedirectError::Ask { slot, endpoint } => CommandError::Ask { slot, endpoint },
        RedirectError::TryAgain => CommandError::TryAgain,
        RedirectError::Down(reason) => CommandError::ClusterDown(reason.text()),
    }
}

/// Which of a command's keys are here.
#[derive(Default)]
struct Keys {
    present: usize,
    missing: usize,
    one: bool,
}

impl Keys {
    /// The shards of the keys are held.
    fn of(
        core: &Core,
        client: &Client,
        command: &Command,
        args: &Args<'_>,
    ) -> Result<Keys, CommandError> {
        let mut keys = Keys { present: 0, missing: 0, one: true };
        let mut first: Option<Vec<u8>> = None;
        let mut db = client.db;
        match &client.multi {
            Some(multi) => {
                for queued in &multi.queue {
                    let args = queued.args.view();
                    let selected = args.get(1).and_then(parse_i64);
                    if queued.command.spec.name == "select"
                        && let Some(other) = selected.and_then(|db| u16::try_from(db).ok())
                    {
                        db = other.min(core.server.store.databases() - 1);
                    }
                    keys.count(core, db, queued.command, &args, &mut first)?;
                }
            }
            None => keys.count(core, db, command, args, &mut first)?,
        }
        Ok(keys)
    }

    fn count(
        &mut self,
        core: &Core,
        db: u16,
        command: &Command,
        args: &Args<'_>,
        first: &mut Option<Vec<u8>>,
    ) -> Result<(), CommandError> {
        let shards = &core.server.store.shards;
        for key in command.keys(args).unwrap_or_default() {
            let key = Key::new(args.at(key.index));
            if first.get_or_insert_with(|| key.bytes.to_vec()) != key.bytes {
                self.one = false;
            }
            // Whether their other key was moved cannot be told by the keys.
            let elsewhere = command.spec.name == "copy"
                && args.is(3, "db")
                && args.get(4).and_then(parse_i64) != Some(db.into());
            if command.spec.name == "move" || elsewhere {
                return Err(CommandError::TryAgain);
            }
            let data = shards.data(&core.held, shards.of_slot(key.slot));
            let found = data.db(db).find(&key);
            let alive =
                found.is_some_and(|entry| entry.deadline().is_none_or(|at| at > core.now_ms));
            if alive {
                self.present += 1;
            } else {
                self.missing += 1;
            }
        }
        Ok(())
    }
}
