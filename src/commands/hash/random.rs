//! HRANDFIELD: fields drawn by chance.

use super::read::bulk_or_null;
use crate::commands::random::{count_arg, pair_count_arg};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
};
use crate::protocol::{Args, Reply};
use crate::types::hash::Hash;
use crate::types::listpack::Value;

static HRANDFIELD: CommandSpec = CommandSpec {
    name: "hrandfield",
    summary: "Answers fields of a hash by chance.",
    since: "6.2.0",
    complexity: "O(N) where N is the number of fields returned",
    group: Group::Hash,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::block(
            "options",
            &[Arg::integer("count"), Arg::word("withvalues", "WITHVALUES").optional()],
        )
        .optional(),
    ],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(hrandfield),
    ..CommandSpec::DEFAULT
};

fn hrandfield(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let with_values = match args.len() {
        0..=3 => false,
        4 if args.is(3, "withvalues") => true,
        _ => {
            // The count is looked at first.
            count_arg(args.at(2))?;
            return Err(CommandError::Syntax);
        }
    };
    let count = match args.get(2) {
        Some(text) if with_values => Some(pair_count_arg(text)?),
        Some(text) => Some(count_arg(text)?),
        None => None,
    };
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let mut rng = rand::rng();
    let len_max = cx.reply_len_max();
    let hash = cx.ks.read::<Hash>(&key)?;
    // Without a live field there is nothing to draw from.
    let first = hash.and_then(|hash| hash.random(horizon_ms, &mut rng));
    let (Some(hash), Some(first)) = (hash, first) else {
        match count {
            None => cx.reply.null(),
            Some(_) => cx.reply.array(0),
        }
        return Ok(());
    };
    match count {
        None => bulk_or_null(&mut cx.reply, Some(first.0)),
        Some(count @ 0..) => {
            let fields = hash.sample(count as usize, horizon_ms, &mut rng);
            begin(&mut cx.reply, fields.len(), with_values);
            fields.iter().for_each(|field| write(&mut cx.reply, *field, with_values));
        }
        // A negative count: so many, each drawn from all.
        Some(count) => {
            let count = count.unsigned_abs();
            begin(&mut cx.reply, count as usize, with_values);
            write(&mut cx.reply, first, with_values);
            for _ in 1..count {
                if cx.reply.len() > len_max {
                    break;
                }
                let field = hash.random(horizon_ms, &mut rng).expect("there was one before");
                write(&mut cx.reply, field, with_values);
            }
        }
    }
    Ok(())
}

/// The header of the reply: pairs are arrays of their own in RESP3 only.
fn begin(reply: &mut Reply<'_>, fields: usize, with_values: bool) {
    reply.array(if with_values && !reply.is_resp3() { fields * 2 } else { fields });
}

fn write(reply: &mut Reply<'_>, (name, value): (Value<'_>, Value<'_>), with_values: bool) {
    if with_values && reply.is_resp3() {
        reply.array(2);
    }
    bulk_or_null(reply, Some(name));
    if with_values {
        bulk_or_null(reply, Some(value));
    }
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HRANDFIELD];
