//! What SRANDMEMBER, HRANDFIELD and ZRANDMEMBER have in common.

use crate::commands::CommandError;
use crate::protocol::parse_i64;

/// A count of elements to draw: negative to draw each from all. Its absolute value is in range.
pub fn count_arg(text: &[u8]) -> Result<i64, CommandError> {
    let count = parse_i64(text).ok_or(CommandError::NotInteger)?;
    if count == i64::MIN {
        return Err(CommandError::text(format!(
            "value is out of range, value must between {} and {}",
            -i64::MAX,
            i64::MAX
        )));
    }
    Ok(count)
}

/// As [`count_arg`] where each element takes two places in the reply.
pub fn pair_count_arg(text: &[u8]) -> Result<i64, CommandError> {
    let count = count_arg(text)?;
    if count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(CommandError::OutOfRange);
    }
    Ok(count)
}
