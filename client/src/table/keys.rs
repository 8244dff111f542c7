//! Finding the keys among the arguments of a command.

/// Where a command's keys are. Positions count all arguments, the name being 0.
///
/// ```
/// use tsubame_client::{KeySpec, lookup};
/// let get = lookup(b"GET", None).unwrap();
/// assert_eq!(get.keys, KeySpec::Range { first: 1, last: 1, step: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySpec {
    /// It has none.
    None,
    /// From `first` to `last` (negative: from the end), every `step`-th.
    Range {
        /// Position of the first key.
        first: u8,
        /// Position of the last key; -1 is the last argument.
        last: i8,
        /// Distance of two keys.
        step: u8,
    },
    /// A number of keys at `count`, and the keys behind it; `fixed` may be one more key before it.
    Counted {
        /// Position of the number.
        count: u8,
        /// Distance of two keys.
        step: u8,
        /// Position of a key that is not counted, 0 if there is none.
        fixed: u8,
    },
    /// After the word `STREAMS`, the first half of the rest.
    Streams,
}

impl KeySpec {
    /// Calls `each` with the position of every key among `argc` arguments, of which `arg` gives
    /// one by position. Stops quietly at nonsense, which the server will refuse.
    pub(crate) fn each<'a>(
        self,
        argc: usize,
        arg: impl Fn(usize) -> Option<&'a [u8]>,
        mut each: impl FnMut(usize),
    ) {
        match self {
            KeySpec::None => {}
            KeySpec::Range { first, last, step } => {
                let last = if last < 0 {
                    argc.saturating_sub(usize::from(last.unsigned_abs()))
                } else {
                    last as usize
                };
                (usize::from(first)..=last.min(argc.saturating_sub(1)))
                    .step_by(usize::from(step.max(1)))
                    .for_each(each);
            }
            KeySpec::Counted { count, step, fixed } => {
                if fixed != 0 {
                    each(usize::from(fixed));
                }
                let count = usize::from(count);
                let number = arg(count)
                    .and_then(|n| std::str::from_utf8(n).ok())
                    .and_then(|n| n.parse::<usize>().ok())
                    .unwrap_or(0);
                (count + 1..argc).step_by(usize::from(step.max(1))).take(number).for_each(each);
            }
            KeySpec::Streams => {
                let streams = (1..argc)
                    .find(|at| arg(*at).is_some_and(|arg| arg.eq_ignore_ascii_case(b"streams")));
                if let Some(at) = streams {
                    (at + 1..at + 1 + (argc - at - 1) / 2).for_each(each);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lookup;

    fn check(command: &str, keys: &[&str]) {
        let args: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let info = lookup(args[0], args.get(1).copied()).expect(command);
        let mut found = Vec::new();
        info.keys.each(args.len(), |at| args.get(at).copied(), |at| found.push(args[at]));
        let found: Vec<&str> = found.iter().map(|key| std::str::from_utf8(key).unwrap()).collect();
        assert_eq!(found, keys, "{command}");
    }

    #[test]
    fn keys_are_found() {
        check("GET k", &["k"]);
        check("MSET a 1 b 2", &["a", "b"]);
        check("DEL a b c", &["a", "b", "c"]);
        check("BLPOP a b 0", &["a", "b"]);
        check("EVAL s 2 a b c", &["a", "b"]);
        check("EVAL s 0 a", &[]);
        check("EVAL s 9 a", &["a"]);
        check("EVAL s nonsense a", &[]);
        check("ZUNIONSTORE d 2 a b WEIGHTS 1 2", &["d", "a", "b"]);
        check("ZINTER 2 a b WITHSCORES", &["a", "b"]);
        check("BLMPOP 1.5 2 a b LEFT", &["a", "b"]);
        check("XREAD COUNT 1 STREAMS a b 0 0", &["a", "b"]);
        check("XREADGROUP GROUP g c streams a 0", &["a"]);
        check("OBJECT ENCODING k", &["k"]);
        check("PING", &[]);
        check("SORT k BY x STORE d", &["k"]);
        check("SPUBLISH ch m", &["ch"]);
        check("MSETEX 2 a 1 b 2 EX 5", &["a", "b"]);
    }
}
