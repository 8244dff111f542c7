//! ZRANDMEMBER.

use rand::Rng;

use super::{begin_members, write_entry, write_member};
use crate::commands::random::{count_arg, pair_count_arg};
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
};
use crate::protocol::Args;
use crate::types::zset::Zset;

static ZRANDMEMBER: CommandSpec = CommandSpec {
    name: "zrandmember",
    summary: "Answers random members.",
    since: "6.2.0",
    complexity: "O(N) where N is the number of members returned",
    group: Group::SortedSet,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::block(
            "options",
            &[Arg::integer("count"), Arg::word("withscores", "WITHSCORES").optional()],
        )
        .optional(),
    ],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(zrandmember),
    ..CommandSpec::DEFAULT
};

fn zrandmember(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let key = cx.ks.key(args.at(1));
    let mut rng = rand::rng();
    let Some(text) = args.get(2) else {
        match cx.ks.read::<Zset>(&key)?.and_then(|set| set.random(&mut rng)) {
            Some((member, _)) => write_member(&mut cx.reply, member),
            None => cx.reply.null(),
        }
        return Ok(());
    };
    let (count, with_scores) = count_args(args, text)?;
    let len_max = cx.reply_len_max();
    let Some(set) = cx.ks.read::<Zset>(&key)? else {
        cx.reply.array(0);
        return Ok(());
    };
    let (len, wanted) = (set.len(), count.unsigned_abs() as usize);
    if count >= 0 && wanted >= len {
        begin_members(&mut cx.reply, len, with_scores);
        for entry in set.iter(0..len) {
            write_entry(&mut cx.reply, entry, with_scores);
        }
        return Ok(());
    }
    begin_members(&mut cx.reply, wanted, with_scores);
    // `false` once the reply is too long to be sent.
    let mut write = |rank: usize| {
        if let Some(entry) = set.by_rank(rank) {
            write_entry(&mut cx.reply, entry, with_scores);
        }
        cx.reply.len() <= len_max
    };
    if count < 0 {
        // A member may come up again.
        (0..wanted).all(|_| write(rng.random_range(0..len)));
    } else {
        rand::seq::index::sample(&mut rng, len, wanted).iter().all(write);
    }
    Ok(())
}

/// `count [WITHSCORES]`.
fn count_args(args: &Args<'_>, text: &[u8]) -> Result<(i64, bool), CommandError> {
    let count = count_arg(text)?;
    match args.len() {
        3 => Ok((count, false)),
        4 if args.is(3, "withscores") => Ok((pair_count_arg(text)?, true)),
        _ => Err(CommandError::Syntax),
    }
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&ZRANDMEMBER];
