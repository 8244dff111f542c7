//! HSCAN: a hash by pieces.

use crate::commands::scan_args::{self, ScanArgs, Words};
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
};
use crate::protocol::Args;
use crate::types::hash::Hash;

static HSCAN: CommandSpec = CommandSpec {
    name: "hscan",
    summary: "Walks through the fields of a hash with a cursor.",
    since: "2.8.0",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    group: Group::Hash,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::word("novalues", "NOVALUES").optional(),
    ],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(hscan),
    ..CommandSpec::DEFAULT
};

fn hscan(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cursor = scan_args::cursor(args.at(2))?;
    let (key, horizon_ms) = (cx.ks.key(args.at(1)), cx.ks.horizon_ms);
    let Some(hash) = cx.ks.read::<Hash>(&key)? else {
        scan_args::empty_reply(&mut cx.reply);
        return Ok(());
    };
    let options = ScanArgs::parse(&args.from(3), Words::NOVALUES)?;
    let mut items = scan_args::Items::default();
    let mut digits = itoa::Buffer::new();
    let next = hash.scan(cursor, options.count, horizon_ms, |name, value| {
        let name = name.bytes(&mut digits);
        if !options.matches(name) {
            return;
        }
        items.push(name);
        if !options.novalues {
            items.push(value.bytes(&mut digits));
        }
    });
    items.reply(&mut cx.reply, next);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&HSCAN];
