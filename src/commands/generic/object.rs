//! OBJECT: how a value is represented and used.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::keyspace::{KeyRef, Obj, ValueRef};
use crate::protocol::Args;

static OBJECT: CommandSpec = CommandSpec {
    name: "object",
    summary: "Tells about the inside of values.",
    since: "2.2.3",
    complexity: "Depends on subcommand.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    subcommands: &[
        &OBJECT_ENCODING,
        &OBJECT_FREQ,
        &OBJECT_HELP,
        &OBJECT_IDLETIME,
        &OBJECT_REFCOUNT,
    ],
    run: Run::Container,
    ..CommandSpec::DEFAULT
};

static OBJECT_ENCODING: CommandSpec = CommandSpec {
    name: "encoding",
    summary: "Answers how a value is represented.",
    since: "2.2.3",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(2).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(object_encoding),
    ..CommandSpec::DEFAULT
};

static OBJECT_FREQ: CommandSpec = CommandSpec {
    name: "freq",
    summary: "Answers how often a key was used lately, on a logarithmic scale.",
    since: "4.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(2).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(object_freq),
    ..CommandSpec::DEFAULT
};

static OBJECT_HELP: CommandSpec = CommandSpec {
    name: "help",
    summary: "Describes the subcommands.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::KEYSPACE,
    run: Run::Local(object_help),
    ..CommandSpec::DEFAULT
};

static OBJECT_IDLETIME: CommandSpec = CommandSpec {
    name: "idletime",
    summary: "Answers how many seconds ago a key was used.",
    since: "2.2.3",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(2).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(object_idletime),
    ..CommandSpec::DEFAULT
};

static OBJECT_REFCOUNT: CommandSpec = CommandSpec {
    name: "refcount",
    summary: "Answers how many references there are to a value.",
    since: "2.2.3",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(2).with(KeyFlags::RO)],
    args: &[Arg::key("key")],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(object_refcount),
    ..CommandSpec::DEFAULT
};

/// The encoding of a value, as OBJECT ENCODING and DEBUG OBJECT name it.
pub(crate) fn encoding_of(found: KeyRef<'_>) -> &'static str {
    match found.value() {
        ValueRef::Int(_) => "int",
        ValueRef::Bytes(bytes) => {
            // Where the peers embed key and value in one object of at most 128 bytes.
            let key_len = found.key_bytes().len();
            let header = if key_len < 32 { 15 } else { 17 };
            let deadline = if found.deadline().is_some() { 8 } else { 0 };
            let is_embedded = header + deadline + key_len + bytes.len() <= 128;
            if is_embedded && !found.is_touched() { "embstr" } else { "raw" }
        }
        ValueRef::Obj(obj) => match obj {
            Obj::Int(_) => "int",
            Obj::Raw(_) => "raw",
            Obj::List(list) => list.encoding(),
            Obj::Set(set) => set.encoding(),
            Obj::Zset(zset) => zset.encoding(),
            Obj::Hash(hash) => hash.encoding(),
        },
    }
}

fn object_encoding(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(2));
    match cx.ks.inspect(&key, false) {
        Some(found) => cx.reply.bulk_str(encoding_of(found)),
        None => cx.reply.null(),
    }
    Ok(())
}

fn object_refcount(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(2));
    match cx.ks.inspect(&key, false) {
        // Values are never shared between keys.
        Some(_) => cx.reply.int(1),
        None => cx.reply.null(),
    }
    Ok(())
}

fn object_idletime(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(2));
    let Some(access) = cx.ks.inspect(&key, false).map(KeyRef::access) else {
        cx.reply.null();
        return Ok(());
    };
    if cx.server.config.maxmemory_policy.get().is_lfu() {
        return Err(CommandError::err(
            "An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
             switching between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    cx.reply.int(i64::from(cx.ks.idle_s(access)));
    Ok(())
}

fn object_freq(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(2));
    let Some(access) = cx.ks.inspect(&key, false).map(KeyRef::access) else {
        cx.reply.null();
        return Ok(());
    };
    if !cx.server.config.maxmemory_policy.get().is_lfu() {
        return Err(CommandError::err(
            "An LFU maxmemory policy is not selected, access frequency not tracked. Please note \
             that when switching between policies at runtime LRU and LFU data will take some time \
             to adjust.",
        ));
    }
    cx.reply.int(i64::from(cx.ks.frequency(access)));
    Ok(())
}

fn object_help(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.help(&[
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Tell how the value of a <key> is represented inside the server.",
        "FREQ <key>",
        "    Tell how often a <key> was used lately, on a logarithmic scale.",
        "IDLETIME <key>",
        "    Tell how many seconds ago a <key> was used.",
        "REFCOUNT <key>",
        "    Count the references to the value of a <key>.",
        "HELP",
        "    Print this help.",
    ]);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&OBJECT];
