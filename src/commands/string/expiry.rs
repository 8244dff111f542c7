//! The expiry options that SET, GETEX, MSETEX and their kin share.

use crate::commands::{CommandError, Cx};
use crate::protocol::{Args, parse_i64};

/// What becomes of the expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Not mentioned.
    Unsaid,
    Keep,
    Persist,
    /// Said, with a number that is looked at when all options are known to be well-formed.
    Unread {
        index: usize,
        millis: bool,
        absolute: bool,
    },
    /// Unix milliseconds.
    At(u64),
}

impl Expiry {
    /// Reads the number that `option` left unread.
    pub(super) fn read(self, cx: &Cx<'_>, args: &Args<'_>) -> Result<Self, CommandError> {
        match self {
            Self::Unread { index, millis, absolute } => {
                deadline(cx, args.at(index), millis, absolute).map(Self::At)
            }
            read => Ok(read),
        }
    }
}

/// Takes an expiry option at `index`, if there is one, and moves `index` behind it.
pub(super) fn option(
    args: &Args<'_>,
    index: &mut usize,
    expiry: &mut Expiry,
    keep_word: Option<(&str, Expiry)>,
) -> Result<bool, CommandError> {
    let word = args.at(*index);
    if let Some((keep, meaning)) = keep_word
        && word.eq_ignore_ascii_case(keep.as_bytes())
    {
        if *expiry != Expiry::Unsaid && *expiry != meaning {
            return Err(CommandError::Syntax);
        }
        *expiry = meaning;
        *index += 1;
        return Ok(true);
    }
    let (millis, absolute) = match word.to_ascii_lowercase().as_slice() {
        b"ex" => (false, false),
        b"px" => (true, false),
        b"exat" => (false, true),
        b"pxat" => (true, true),
        _ => return Ok(false),
    };
    // Said twice in the same unit, the last counts.
    let free = match *expiry {
        Expiry::Unsaid => true,
        Expiry::Unread { millis: m, absolute: a, .. } => (m, a) == (millis, absolute),
        _ => false,
    };
    if !free || *index + 1 >= args.len() {
        return Err(CommandError::Syntax);
    }
    *expiry = Expiry::Unread { index: *index + 1, millis, absolute };
    *index += 2;
    Ok(true)
}

/// An expiry argument as Unix milliseconds.
pub(super) fn deadline(
    cx: &Cx<'_>,
    text: &[u8],
    millis: bool,
    absolute: bool,
) -> Result<u64, CommandError> {
    let invalid =
        || CommandError::text(format!("invalid expire time in '{}' command", cx.spec.name));
    let value = parse_i64(text).ok_or(CommandError::NotInteger)?;
    if value <= 0 {
        return Err(invalid());
    }
    let value = if millis { Some(value) } else { value.checked_mul(1000) };
    let base = if absolute { 0 } else { cx.ks.now_ms as i64 };
    let at = value.and_then(|value| value.checked_add(base)).ok_or_else(invalid)?;
    Ok(at as u64)
}
