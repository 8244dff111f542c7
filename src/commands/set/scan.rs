//! SSCAN: a set by pieces.

use crate::commands::scan_args::{self, ScanArgs, Words};
use crate::commands::{
    Acl, Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
};
use crate::protocol::Args;
use crate::types::set::Set;

static SSCAN: CommandSpec = CommandSpec {
    name: "sscan",
    summary: "Walks through the members of a set with a cursor.",
    since: "2.8.0",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    group: Group::Set,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1).read_only()],
    args: &[
        Arg::key("key"),
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &["nondeterministic_output"],
    run: Run::OnShard(sscan),
    ..CommandSpec::DEFAULT
};

fn sscan(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let cursor = scan_args::cursor(args.at(2))?;
    let key = cx.ks.key(args.at(1));
    let Some(set) = cx.ks.read::<Set>(&key)? else {
        scan_args::empty_reply(&mut cx.reply);
        return Ok(());
    };
    let options = ScanArgs::parse(&args.from(3), Words::NONE)?;
    let mut members = scan_args::Items::default();
    let mut digits = itoa::Buffer::new();
    let next = set.scan(cursor, options.count, |member| {
        let bytes = member.bytes(&mut digits);
        if options.matches(bytes) {
            members.push(bytes);
        }
    });
    members.reply(&mut cx.reply, next);
    Ok(())
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&SSCAN];
