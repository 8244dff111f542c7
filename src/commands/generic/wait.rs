//! WAIT and WAITAOF.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run, int_arg,
};
use crate::commands::{TimeoutReply, write_timeout};
use crate::keyspace::BlockedKind;
use crate::protocol::{Args, parse_i64};

static WAIT: CommandSpec = CommandSpec {
    name: "wait",
    summary: "Waits until replicas have acknowledged the writes of the connection.",
    since: "3.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: Flags::BLOCKING,
    acl: Acl::CONNECTION,
    args: &[Arg::integer("numreplicas"), Arg::integer("timeout")],
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    run: Run::Local(wait),
    ..CommandSpec::DEFAULT
};

static WAITAOF: CommandSpec = CommandSpec {
    name: "waitaof",
    summary: "Waits until the writes of the connection are in the append-only files.",
    since: "7.2.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(4),
    flags: Flags::BLOCKING,
    acl: Acl::CONNECTION,
    args: &[Arg::integer("numlocal"), Arg::integer("numreplicas"), Arg::integer("timeout")],
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    run: Run::Local(waitaof),
    ..CommandSpec::DEFAULT
};

/// A timeout in milliseconds as Unix milliseconds; `None` for ever.
fn deadline(cx: &Cx<'_>, args: &Args<'_>, index: usize) -> Result<Option<u64>, CommandError> {
    let millis = parse_i64(args.at(index))
        .ok_or(CommandError::err("timeout is not an integer or out of range"))?;
    if millis < 0 {
        return Err(CommandError::err("timeout is negative"));
    }
    let at = cx.ks.now_ms.checked_add(millis as u64);
    let at = at.ok_or(CommandError::err("timeout is out of range"))?;
    Ok((millis > 0).then_some(at))
}

fn wait(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let replicas = int_arg(args, 1)?;
    let deadline_ms = deadline(cx, args, 2)?;
    if replicas <= 0 {
        cx.reply.int(0);
        return Ok(());
    }
    // There is no replica that could acknowledge before the time is up.
    cx.block([], BlockedKind::None, deadline_ms, TimeoutReply::Zero);
    Ok(())
}

fn waitaof(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let local = int_arg(args, 1)?;
    if !(0..=1).contains(&local) {
        return Err(CommandError::err("value is out of range, value must between 0 and 1"));
    }
    let replicas = int_arg(args, 2)?;
    if replicas < 0 {
        return Err(CommandError::NotPositive);
    }
    let deadline_ms = deadline(cx, args, 3)?;
    if local == 1 {
        return Err(CommandError::err(
            "WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
        ));
    }
    if replicas == 0 {
        write_timeout(&mut cx.reply, TimeoutReply::TwoZeros);
        return Ok(());
    }
    cx.block([], BlockedKind::None, deadline_ms, TimeoutReply::TwoZeros);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&WAIT, &WAITAOF];
