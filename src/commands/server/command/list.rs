//! COMMAND COUNT and COMMAND LIST.

use crate::commands::{Acl, Command, CommandError, CommandResult, CommandTable, Cx};
use crate::glob;
use crate::protocol::Args;

pub(super) fn count(cx: &mut Cx<'_>, _args: &Args<'_>) -> CommandResult {
    cx.reply.len_int(CommandTable::get().commands().count());
    Ok(())
}

/// All commands and subcommands, or those that pass the filter.
pub(super) fn list(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let table = CommandTable::get();
    let found: Vec<&Command> = match args.len() {
        2 => table.callable().collect(),
        5 if args.is(2, "filterby") => {
            let filter = args.at(4);
            if args.is(3, "module") {
                Vec::new()
            } else if args.is(3, "aclcat") {
                in_category(table, filter)
            } else if args.is(3, "pattern") {
                let all = table.callable();
                all.filter(|c| glob::matches_ignore_case(filter, c.full_name.as_bytes())).collect()
            } else {
                return Err(CommandError::Syntax);
            }
        }
        _ => return Err(CommandError::Syntax),
    };
    cx.reply.array(found.len());
    for command in found {
        cx.reply.bulk_str(&command.full_name);
    }
    Ok(())
}

fn in_category<'t>(table: &'t CommandTable, name: &[u8]) -> Vec<&'t Command> {
    let category = Acl::NAMES.iter().find(|(_, n)| n.as_bytes().eq_ignore_ascii_case(name));
    let Some((category, _)) = category else { return Vec::new() };
    table.callable().filter(|c| c.spec.acl_categories().has(*category)).collect()
}
