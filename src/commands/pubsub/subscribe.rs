//! SUBSCRIBE, UNSUBSCRIBE and their pattern and shard forms.

use crate::commands::{
    Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec, Run,
};
use crate::keyspace::key_slot;
use crate::protocol::{Args, Reply};
use crate::pubsub::Space;
use crate::server::Server;
use crate::session::{Client, ClientFlags, Subscriptions};

static SUBSCRIBE: CommandSpec = CommandSpec {
    name: "subscribe",
    summary: "Listens to channels.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of channels to subscribe to.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("channel").multiple()],
    runs_subscribed: true,
    is_pushed: true,
    run: Run::Local(subscribe),
    ..CommandSpec::DEFAULT
};

static UNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "unsubscribe",
    summary: "Stops listening to channels.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of channels to unsubscribe.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(1),
    flags: Flags::PUBSUB.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::string("channel").optional().multiple()],
    runs_subscribed: true,
    is_pushed: true,
    run: Run::Local(unsubscribe),
    ..CommandSpec::DEFAULT
};

static PSUBSCRIBE: CommandSpec = CommandSpec {
    name: "psubscribe",
    summary: "Listens to the channels that match patterns.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of patterns to subscribe to.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::pattern("pattern").multiple()],
    runs_subscribed: true,
    is_pushed: true,
    run: Run::Local(psubscribe),
    ..CommandSpec::DEFAULT
};

static PUNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "punsubscribe",
    summary: "Stops listening to patterns.",
    since: "2.0.0",
    complexity: "O(N) where N is the number of patterns to unsubscribe.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(1),
    flags: Flags::PUBSUB.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    args: &[Arg::pattern("pattern").optional().multiple()],
    runs_subscribed: true,
    is_pushed: true,
    run: Run::Local(punsubscribe),
    ..CommandSpec::DEFAULT
};

static SSUBSCRIBE: CommandSpec = CommandSpec {
    name: "ssubscribe",
    summary: "Listens to shard channels.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of shard channels to subscribe to.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(2),
    flags: Flags::PUBSUB.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::NOT_KEY)],
    args: &[Arg::string("shardchannel").multiple()],
    runs_subscribed: true,
    is_pushed: true,
    run: Run::Local(ssubscribe),
    ..CommandSpec::DEFAULT
};

static SUNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "sunsubscribe",
    summary: "Stops listening to shard channels.",
    since: "7.0.0",
    complexity: "O(N) where N is the number of shard channels to unsubscribe.",
    group: Group::Pubsub,
    arity: Arity::AtLeast(1),
    flags: Flags::PUBSUB.or(Flags::NOSCRIPT).or(Flags::LOADING).or(Flags::STALE),
    keys: &[KeySpec::range(1, -1, 1).with(KeyFlags::NOT_KEY)],
    args: &[Arg::string("shardchannel").optional().multiple()],
    runs_subscribed: true,
    is_pushed: true,
    run: Run::Local(sunsubscribe),
    ..CommandSpec::DEFAULT
};

fn count(of: &Subscriptions, space: Space) -> usize {
    if space == Space::Shard { of.shard_channels.len() } else { of.count() }
}

fn subscribe(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, Space::Channel, "subscribe")
}

fn psubscribe(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, Space::Pattern, "psubscribe")
}

fn ssubscribe(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    add(cx, args, Space::Shard, "ssubscribe")
}

fn add(cx: &mut Cx<'_>, args: &Args<'_>, space: Space, word: &str) -> CommandResult {
    // Without RESP3 the replies of one EXEC or script could not be told from messages.
    let in_transaction = !cx.can_block && !cx.client.is_resp3();
    if in_transaction && cx.client.flags.has(ClientFlags::PROXY) {
        return Err(CommandError::text(format!("{word} is not allowed here")));
    }
    for name in args.from(1).iter() {
        let conn = cx.client.conn;
        let subscriptions = cx.client.subscriptions();
        if subscriptions.insert(space, name) {
            cx.server.pubsub.add(space, name, conn);
        }
        let now = count(subscriptions, space);
        cx.reply.push(3);
        cx.reply.bulk_str(word);
        cx.reply.bulk(name);
        cx.reply.len_int(now);
    }
    cx.client.note_subscriptions();
    if space == Space::Shard {
        leave_moved_slots(cx, args);
    }
    Ok(())
}

/// A slot that went to another node between the check of the command and its subscription is not
/// in what the bus saw when it told the listeners; so they are told from here.
fn leave_moved_slots(cx: &Cx<'_>, args: &Args<'_>) {
    let Some(cluster) = &cx.server.cluster else { return };
    let map = cluster.map();
    let gone = |name: &[u8]| {
        let slot = key_slot(name);
        !map.is_of_my_shard(slot) && !map.is_open(slot)
    };
    if args.from(1).iter().any(gone) {
        cx.server.end_shard_channels(gone);
    }
}

/// Ends a client's subscription to a shard channel that is another node's now; `false` if it had
/// none.
pub(crate) fn lose_shard_channel(
    server: &Server,
    client: &mut Client,
    channel: &[u8],
    reply: &mut Reply<'_>,
) -> bool {
    let Some(subscriptions) = &mut client.subscriptions else { return false };
    if !subscriptions.shard_channels.remove(channel) {
        return false;
    }
    server.pubsub.remove(Space::Shard, channel, client.conn);
    reply.push(3);
    reply.bulk_str("sunsubscribe");
    reply.bulk(channel);
    reply.len_int(subscriptions.shard_channels.len());
    client.note_subscriptions();
    true
}

fn unsubscribe(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    remove(cx, args, Space::Channel, "unsubscribe")
}

fn punsubscribe(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    remove(cx, args, Space::Pattern, "punsubscribe")
}

fn sunsubscribe(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    remove(cx, args, Space::Shard, "sunsubscribe")
}

fn remove(cx: &mut Cx<'_>, args: &Args<'_>, space: Space, word: &str) -> CommandResult {
    let conn = cx.client.conn;
    let subscriptions = cx.client.subscriptions();
    let wanted: Vec<Box<[u8]>> = if args.len() > 1 {
        args.from(1).iter().map(Box::from).collect()
    } else {
        subscriptions.of(space).iter().cloned().collect()
    };
    for name in &wanted {
        if subscriptions.remove(space, name) {
            cx.server.pubsub.remove(space, name, conn);
        }
        cx.reply.push(3);
        cx.reply.bulk_str(word);
        cx.reply.bulk(name);
        cx.reply.len_int(count(subscriptions, space));
    }
    if wanted.is_empty() {
        cx.reply.push(3);
        cx.reply.bulk_str(word);
        cx.reply.null();
        cx.reply.len_int(count(subscriptions, space));
    }
    cx.client.note_subscriptions();
    Ok(())
}

/// Ends all subscriptions of a client that goes, or starts anew.
pub(crate) fn forget(server: &Server, client: &mut Client) {
    let Some(subscriptions) = client.subscriptions.take() else { return };
    for space in [Space::Channel, Space::Pattern, Space::Shard] {
        for name in subscriptions.of(space) {
            server.pubsub.remove(space, name, client.conn);
        }
    }
    client.note_subscriptions();
}

pub(super) static COMMANDS: &[&CommandSpec] =
    &[&PSUBSCRIBE, &PUNSUBSCRIBE, &SSUBSCRIBE, &SUBSCRIBE, &SUNSUBSCRIBE, &UNSUBSCRIBE];
