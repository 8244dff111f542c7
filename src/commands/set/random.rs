//! Commands that draw members by chance: SPOP, SRANDMEMBER.

use crate::commands::random::count_arg;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeyFlags, KeySpec,
    Run,
};
use crate::keyspace::NotifyClass;
use crate::protocol::{Args, parse_i64};
use crate::types::set::Set;

static SPOP: CommandSpec = CommandSpec {
    name: "spop",
    summary: "Takes members out of a set by chance, and the key with the last of them.",
    since: "1.0.0",
    complexity: "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
    group: Group::Set,
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1).with(KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE))],
    args: &[Arg::key("key"), Arg::integer("count").optional().since("3.2.0")],
    tips: &["nondeterministic_output"],
    history: &[("3.2.0", "`count` can be given.")],
    run: Run::OnShard(spop),
    ..CommandSpec::DEFAULT
};

static SRANDMEMBER: CommandSpec = CommandSpec {
    name: "srandmember",
    summary: "Answers members of a set by chance.",
    since: "1.0.0",
    complexity: "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
    group: Group::Set,
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[Arg::key("key"), Arg::integer("count").optional().since("2.6.0")],
    tips: &["nondeterministic_output"],
    history: &[("2.6.0", "`count` can be given.")],
    run: Run::OnShard(srandmember),
    ..CommandSpec::DEFAULT
};

fn spop(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let count = match args.get(2).map(parse_i64) {
        None => None,
        Some(Some(count @ 0..)) => Some(count as usize),
        Some(_) => return Err(CommandError::NotPositive),
    };
    let (key, stats) = (cx.ks.key(args.at(1)), cx.ks.stats);
    let Some(set) = cx.ks.write::<Set>(&key)? else {
        match count {
            None => cx.reply.null(),
            Some(_) => cx.reply.set(0),
        }
        return Ok(());
    };
    let wanted = count.unwrap_or(1).min(set.len());
    if count.is_some() {
        cx.reply.set(wanted);
    }
    if wanted == 0 {
        return Ok(());
    }
    let is_empty = wanted == set.len();
    if is_empty && count.is_some() {
        stats.keyspace_hits.add(1); // Valkey reads such a set as SUNION would
    }
    if is_empty {
        // The key goes as a whole.
        let mut digits = itoa::Buffer::new();
        set.iter().for_each(|member| cx.reply.bulk(member.bytes(&mut digits)));
    } else {
        let mut rng = rand::rng();
        (0..wanted).filter_map(|_| set.pop(&mut rng)).for_each(|member| cx.reply.bulk(&member));
    }
    cx.ks.modified(&key);
    cx.ks.notify(NotifyClass::SET, "spop", &key);
    cx.ks.delete_if_empty(&key, is_empty);
    cx.ks.dirty += wanted as u64;
    Ok(())
}

fn srandmember(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let count = args.get(2).map(count_arg).transpose()?;
    let key = cx.ks.key(args.at(1));
    let len_max = cx.reply_len_max();
    let set = cx.ks.read::<Set>(&key)?.filter(|set| !set.is_empty());
    let (Some(set), mut digits) = (set, itoa::Buffer::new()) else {
        match count {
            None => cx.reply.null(),
            Some(_) => cx.reply.array(0),
        }
        return Ok(());
    };
    let mut rng = rand::rng();
    match count {
        None => {
            let member = set.random(&mut rng).expect("the set is not empty");
            cx.reply.bulk(member.bytes(&mut digits));
        }
        Some(count @ 0..) => {
            let members = set.sample(count as usize, &mut rng);
            cx.reply.array(members.len());
            members.iter().for_each(|member| cx.reply.bulk(member.bytes(&mut digits)));
        }
        // A negative count: so many, each drawn from all.
        Some(count) => {
            cx.reply.array(count.unsigned_abs() as usize);
            for _ in 0..count.unsigned_abs() {
                if cx.reply.len() > len_max {
                    break;
                }
                let member = set.random(&mut rng).expect("the set is not empty");
                cx.reply.bulk(member.bytes(&mut digits));
            }
        }
    }
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&SPOP, &SRANDMEMBER];
