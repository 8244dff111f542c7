//! The timeout of commands that wait.

use super::{CommandError, Cx};
use crate::types::long_double::LongDouble;

/// A timeout in seconds as the deadline in Unix milliseconds; `None`, for 0, waits for ever.
pub(super) fn deadline_arg(cx: &Cx<'_>, text: &[u8]) -> Result<Option<u64>, CommandError> {
    let seconds = LongDouble::parse(text)
        .ok_or(CommandError::err("timeout is not a float or out of range"))?
        .to_f64();
    const OUT_OF_RANGE: CommandError = CommandError::err("timeout is out of range");
    // A part of a millisecond is a whole one: 0.0001 must not come to mean "for ever".
    let millis = (seconds * 1000.0).ceil();
    if millis >= i64::MAX as f64 {
        return Err(OUT_OF_RANGE);
    }
    if millis < 0.0 {
        return Err(CommandError::err("timeout is negative"));
    }
    match millis as i64 {
        0 => Ok(None),
        millis => match (cx.ks.now_ms as i64).checked_add(millis) {
            Some(at) => Ok(Some(at as u64)),
            None => Err(OUT_OF_RANGE),
        },
    }
}
