//! RENAME, RENAMENX, COPY, MOVE.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run, db_arg,
};
use crate::keyspace::{Key, NotifyClass};
use crate::protocol::Args;

static RENAME: CommandSpec = CommandSpec {
    name: "rename",
    summary: "Gives a key another name, in place of whatever had that name.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2).with(KeyFlags::OW.or(KeyFlags::UPDATE)),
    ],
    args: &[Arg::key("key"), Arg::key("newkey").key_spec(1)],
    run: Run::OnShard(rename),
    ..CommandSpec::DEFAULT
};

static RENAMENX: CommandSpec = CommandSpec {
    name: "renamenx",
    summary: "Gives a key another name if nothing has that name.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2).with(KeyFlags::OW.or(KeyFlags::INSERT)),
    ],
    args: &[Arg::key("key"), Arg::key("newkey").key_spec(1)],
    history: &[("3.2.0", "Both names may be the same.")],
    run: Run::OnShard(renamenx),
    ..CommandSpec::DEFAULT
};

static COPY: CommandSpec = CommandSpec {
    name: "copy",
    summary: "Copies the value of a key to another key.",
    since: "6.2.0",
    complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
    group: Group::Generic,
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).read_only(), KeySpec::at(2).with(KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("source"),
        Arg::key("destination").key_spec(1),
        Arg::integer("destination-db").token("DB").optional(),
        Arg::word("replace", "REPLACE").optional(),
    ],
    run: Run::OnShard(copy),
    ..CommandSpec::DEFAULT
};

static MOVE: CommandSpec = CommandSpec {
    name: "move",
    summary: "Moves a key to another database.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))],
    args: &[Arg::key("key"), Arg::integer("db")],
    run: Run::OnShard(move_key),
    ..CommandSpec::DEFAULT
};

fn rename(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if change_name(cx, args, true)? {
        cx.reply.ok();
    }
    Ok(())
}

fn renamenx(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let done = change_name(cx, args, false)?;
    cx.reply.int(i64::from(done));
    Ok(())
}

fn change_name(cx: &mut Cx<'_>, args: &Args<'_>, replace: bool) -> Result<bool, CommandError> {
    let (from, to) = (cx.ks.key(args.at(1)), cx.ks.key(args.at(2)));
    if !cx.ks.exists(&from) {
        return Err(CommandError::NoSuchKey);
    }
    if from.bytes == to.bytes {
        return Ok(replace);
    }
    if cx.ks.exists(&to) && !replace {
        return Ok(false);
    }
    let Some(entry) = cx.ks.take(&from) else { return Err(CommandError::NoSuchKey) };
    cx.ks.delete(&to);
    cx.ks.insert_entry(&to, entry.renamed(to.bytes));
    cx.ks.modified(&from);
    cx.ks.modified(&to);
    cx.ks.notify(NotifyClass::GENERIC, "rename_from", &from);
    cx.ks.notify(NotifyClass::GENERIC, "rename_to", &to);
    cx.ks.dirty += 1;
    Ok(true)
}

fn copy(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (mut db, mut replace) = (cx.ks.db, false);
    let mut index = 3;
    while index < args.len() {
        if args.is(index, "replace") {
            replace = true;
        } else if args.is(index, "db") && index + 1 < args.len() {
            index += 1;
            db = database(cx, db_arg(args, index)?)?;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 1;
    }
    let (from, to) = (cx.ks.key(args.at(1)), cx.ks.key(args.at(2)));
    if from.bytes == to.bytes && db == cx.ks.db {
        return Err(same());
    }
    // The source is merely read, which leaves an expired key where such keys are kept.
    cx.ks.keep_expired = cx.ks.is_importing;
    let copied = cx.ks.read_entry(&from).map(|found| found.duplicate(to.bytes, found.deadline()));
    cx.ks.keep_expired = false;
    let Some(entry) = copied else {
        cx.reply.int(0);
        return Ok(());
    };
    let mut target = cx.ks.nested(db);
    if target.exists(&to) {
        if !replace {
            cx.reply.int(0);
            return Ok(());
        }
        target.delete(&to);
    }
    target.insert_entry(&to, entry);
    target.modified(&to);
    target.notify(NotifyClass::GENERIC, "copy_to", &to);
    cx.ks.dirty += 1;
    cx.reply.int(1);
    Ok(())
}

fn move_key(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let db = database(cx, db_arg(args, 2)?)?;
    if db == cx.ks.db {
        return Err(same());
    }
    let key = cx.ks.key(args.at(1));
    let moved = cx.ks.exists(&key) && !cx.ks.nested(db).exists(&key);
    if moved {
        transfer(cx, &key, db);
    }
    cx.reply.int(i64::from(moved));
    Ok(())
}

fn transfer(cx: &mut Cx<'_>, key: &Key<'_>, db: u16) {
    let Some(entry) = cx.ks.take(key) else { return };
    cx.ks.modified(key);
    {
        let mut target = cx.ks.nested(db);
        target.insert_entry(key, entry);
        target.modified(key);
    }
    cx.ks.notify(NotifyClass::GENERIC, "move_from", key);
    cx.ks.nested(db).notify(NotifyClass::GENERIC, "move_to", key);
    cx.ks.dirty += 1;
}

fn database(cx: &Cx<'_>, number: i64) -> Result<u16, CommandError> {
    cx.server.store.choose(number).ok_or(CommandError::err("DB index is out of range"))
}

fn same() -> CommandError {
    CommandError::err("source and destination objects are the same")
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&COPY, &MOVE, &RENAME, &RENAMENX];
