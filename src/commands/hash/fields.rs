//! The arguments that the newer hash commands share: `FIELDS n name ..`, and times.

use crate::commands::{CommandError, Cx};
use crate::protocol::{Args, parse_i64};

/// What most of these commands say when the number does not fit.
pub(super) fn mismatch() -> CommandError {
    CommandError::err("numfields should be greater than 0 and match the provided number of fields")
}

/// The names behind `FIELDS n` where that must stand at `index`; `mismatch` if there are not `n`.
pub(super) fn at<'a>(
    args: &Args<'a>,
    index: usize,
    mismatch: CommandError,
) -> Result<Args<'a>, CommandError> {
    if !args.is(index, "fields") {
        return Err(CommandError::Syntax);
    }
    counted(args, index, 1, mismatch)
}

/// Where `FIELDS` stands from `start` on, if a number can follow it.
pub(super) fn find(args: &Args<'_>, start: usize) -> Result<usize, CommandError> {
    (start..args.len() - 1).find(|&index| args.is(index, "fields")).ok_or_else(mismatch)
}

/// What follows `FIELDS n` at `index`: `n` times `width` arguments.
pub(super) fn counted<'a>(
    args: &Args<'a>,
    index: usize,
    width: usize,
    mismatch: CommandError,
) -> Result<Args<'a>, CommandError> {
    let count = parse_i64(args.at(index + 1)).ok_or(CommandError::NotInteger)?;
    let rest = args.from(index + 2);
    let expected = usize::try_from(count).ok().and_then(|count| count.checked_mul(width));
    if count < 1 || expected != Some(rest.len()) {
        return Err(mismatch);
    }
    Ok(rest)
}

/// How a time is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeFormat {
    pub(super) millis: bool,
    pub(super) absolute: bool,
}

impl TimeFormat {
    /// Of the options EX, PX, EXAT, PXAT.
    pub(super) fn of_option(word: &[u8]) -> Option<Self> {
        let (millis, absolute) = match word.to_ascii_lowercase().as_slice() {
            b"ex" => (false, false),
            b"px" => (true, false),
            b"exat" => (false, true),
            b"pxat" => (true, true),
            _ => return None,
        };
        Some(Self { millis, absolute })
    }

    /// Reads a time as unix ms. It may have passed, but is not negative.
    pub(super) fn deadline(self, cx: &Cx<'_>, text: &[u8]) -> Result<u64, CommandError> {
        let value = parse_i64(text).ok_or(CommandError::NotInteger)?;
        let millis = if self.millis { Some(value) } else { value.checked_mul(1000) };
        let base = if self.absolute { 0 } else { cx.ks.now_ms as i64 };
        millis
            .filter(|millis| *millis >= 0)
            .and_then(|millis| millis.checked_add(base))
            // The first millisecond is as long past as none, and can be told from it.
            .map(|at| at.max(1) as u64)
            .ok_or_else(|| {
                let name = cx.spec.name;
                CommandError::text(format!("invalid expire time in '{name}' command"))
            })
    }
}
