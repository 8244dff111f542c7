//! ZSCAN.

use crate::commands::scan_args::{self, ScanArgs, Words};
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
};
use crate::protocol::Args;
use crate::types::double::{format_double, format_general};
use crate::types::zset::Zset;

static ZSCAN: CommandSpec = CommandSpec {
    name: "zscan",
    summary: "Walks through members and scores in steps.",
    since: "2.8.0",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    group: Group::SortedSet,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::word("noscores", "NOSCORES").optional(),
    ],
    tips: &["nondeterministic_output"],
    history: &[("8.0.0", "Added noscores option.")],
    run: Run::OnShard(zscan),
    ..CommandSpec::DEFAULT
};

fn zscan(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cursor = scan_args::cursor(args.at(2))?;
    let key = cx.ks.key(args.at(1));
    let Some(set) = cx.ks.read::<Zset>(&key)? else {
        scan_args::empty_reply(&mut cx.reply);
        return Ok(());
    };
    let options = ScanArgs::parse(&args.from(3), Words::NOSCORES)?;
    let is_small = set.as_listpack().is_some();
    let mut items = scan_args::Items::default();
    let next = set.scan(cursor, options.count, |member, score| {
        if !options.matches(member) {
            return;
        }
        items.push(member);
        // The peers show the listpack's own text, but print the scores of large sets in another way.
        match options.noscores {
            true => {}
            false if is_small => items.push(format_double(score).as_bytes()),
            false => items.push(format_general(score).as_bytes()),
        }
    });
    items.reply(&mut cx.reply, next);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&ZSCAN];
