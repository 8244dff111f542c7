//! LCS: the longest common subsequence of two strings.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, KeySpec, Run,
    int_arg,
};
use crate::keyspace::{Key, StrRef};
use crate::protocol::Args;

static LCS: CommandSpec = CommandSpec {
    name: "lcs",
    summary: "Finds the longest common subsequence of two strings.",
    since: "7.0.0",
    complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
    group: Group::String,
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, 1, 1).read_only()],
    args: &[
        Arg::key("key1"),
        Arg::key("key2"),
        Arg::word("len", "LEN").optional(),
        Arg::word("idx", "IDX").optional(),
        Arg::integer("min-match-len").token("MINMATCHLEN").optional(),
        Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
    ],
    run: Run::OnShard(lcs),
    ..CommandSpec::DEFAULT
};

/// A range of both strings that matches, both ends counted.
struct Match {
    a: (usize, usize),
    b: (usize, usize),
    len: usize,
}

fn lcs(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let (mut wants_len, mut wants_matches, mut with_len, mut min_len) = (false, false, false, 0);
    let strings = CommandError::err("The specified keys must contain string values");
    let texts = [args.at(1), args.at(2)].map(|name| {
        let value = cx.ks.read_string(&Key::new(name));
        value.map(|value| value.map_or_else(Vec::new, StrRef::to_vec))
    });
    let [Ok(a), Ok(b)] = texts else { return Err(strings) };
    let mut index = 3;
    while index < args.len() {
        if args.is(index, "idx") {
            wants_matches = true;
        } else if args.is(index, "len") {
            wants_len = true;
        } else if args.is(index, "withmatchlen") {
            with_len = true;
        } else if args.is(index, "minmatchlen") && index + 1 < args.len() {
            index += 1;
            min_len = int_arg(args, index)?.max(0) as usize;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 1;
    }
    if wants_matches && wants_len {
        return Err(CommandError::err(
            "If you want both the length and indexes, please just use IDX.",
        ));
    }
    let lengths = table(&a, &b, cx.server.config.proto_max_bulk_len.get())?;
    let total = lengths[a.len() * (b.len() + 1) + b.len()] as usize;
    if wants_len {
        cx.reply.len_int(total);
        return Ok(());
    }
    let (text, matches) = trace(&a, &b, &lengths);
    if !wants_matches {
        cx.reply.bulk(&text);
        return Ok(());
    }
    cx.reply.map(2);
    cx.reply.bulk(b"matches");
    let kept: Vec<&Match> = matches.iter().filter(|found| found.len >= min_len).collect();
    cx.reply.array(kept.len());
    for found in kept {
        cx.reply.array(if with_len { 3 } else { 2 });
        for (from, to) in [found.a, found.b] {
            cx.reply.array(2);
            cx.reply.len_int(from);
            cx.reply.len_int(to);
        }
        if with_len {
            cx.reply.len_int(found.len);
        }
    }
    cx.reply.bulk(b"len");
    cx.reply.len_int(total);
    Ok(())
}

/// Lengths of the common subsequences of all pairs of prefixes, in `bytes_max` at most.
fn table(a: &[u8], b: &[u8], bytes_max: i64) -> Result<Vec<u32>, CommandError> {
    let width = b.len() + 1;
    let cells = (a.len() + 1).checked_mul(width);
    let bytes = cells.and_then(|cells| i64::try_from(cells.checked_mul(size_of::<u32>())?).ok());
    let cells = cells.filter(|_| bytes.is_some_and(|bytes| bytes <= bytes_max));
    let Some(cells) = cells else {
        return Err(CommandError::err(
            "Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ));
    };
    let mut lengths = Vec::new();
    if lengths.try_reserve_exact(cells).is_err() {
        return Err(CommandError::err(
            "Insufficient memory, failed allocating transient memory for LCS",
        ));
    }
    lengths.resize(cells, 0u32);
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            lengths[(i + 1) * width + j + 1] = if x == y {
                lengths[i * width + j] + 1
            } else {
                lengths[i * width + j + 1].max(lengths[(i + 1) * width + j])
            };
        }
    }
    Ok(lengths)
}

/// Walks the table back: the subsequence, and its runs from the last to the first.
fn trace(a: &[u8], b: &[u8], lengths: &[u32]) -> (Vec<u8>, Vec<Match>) {
    let width = b.len() + 1;
    let (mut i, mut j) = (a.len(), b.len());
    let (mut text, mut matches): (Vec<u8>, Vec<Match>) = (Vec::new(), Vec::new());
    let mut is_open = false;
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            text.push(a[i - 1]);
            match matches.last_mut() {
                Some(run) if is_open && run.a.0 == i && run.b.0 == j => {
                    (run.a.0, run.b.0) = (i - 1, j - 1);
                    run.len += 1;
                }
                _ => matches.push(Match { a: (i - 1, i - 1), b: (j - 1, j - 1), len: 1 }),
            }
            is_open = true;
            (i, j) = (i - 1, j - 1);
        } else {
            is_open = false;
            if lengths[(i - 1) * width + j] > lengths[i * width + j - 1] {
                i -= 1;
            } else {
                j -= 1;
            }
        }
    }
    text.reverse();
    (text, matches)
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&LCS];
