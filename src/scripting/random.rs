//! `math.random` and `math.randomseed`: the generator of `lrand48`, so that a seed gives the same
//! numbers everywhere.

use super::lua::{Frame, LuaResult};

/// The 48-bit linear congruential generator of POSIX.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rand48(u64);

const MASK: u64 = (1 << 48) - 1;

impl Default for Rand48 {
    /// The state that POSIX prescribes for a generator that was never seeded.
    fn default() -> Rand48 {
        Rand48(0x1234_ABCD_330E)
    }
}

impl Rand48 {
    fn seeded(seed: i32) -> Rand48 {
        Rand48((u64::from(seed as u32) << 16) | 0x330E)
    }

    /// 31 random bits.
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(0x5_DEEC_E66D).wrapping_add(0xB) & MASK;
        (self.0 >> 17) as u32
    }
}

const RANGE: u32 = i32::MAX as u32;

pub(super) fn random(frame: &mut Frame<'_>) -> LuaResult {
    let mut generator = frame.context().random.get();
    let fraction = f64::from(generator.next() % RANGE) / f64::from(RANGE);
    frame.context().random.set(generator);
    match frame.arg_count() {
        0 => frame.push_number(fraction),
        1 => {
            let upper = frame.check_integer(1)? as i32;
            if upper < 1 {
                return Err(frame.arg_error(1, "interval is empty"));
            }
            frame.push_number((fraction * f64::from(upper)).floor() + 1.0);
        }
        2 => {
            let lower = frame.check_integer(1)? as i32;
            let upper = frame.check_integer(2)? as i32;
            if lower > upper {
                return Err(frame.arg_error(2, "interval is empty"));
            }
            let span = f64::from(upper.wrapping_sub(lower).wrapping_add(1));
            frame.push_number((fraction * span).floor() + f64::from(lower));
        }
        _ => return Err(frame.raise("wrong number of arguments")),
    }
    Ok(1)
}

pub(super) fn randomseed(frame: &mut Frame<'_>) -> LuaResult {
    let seed = frame.check_integer(1)? as i32;
    frame.context().random.set(Rand48::seeded(seed));
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_a_million(generator: &mut Rand48) -> u32 {
        let fraction = f64::from(generator.next() % RANGE) / f64::from(RANGE);
        (fraction * 1e6).floor() as u32 + 1
    }

    /// Figures taken from Valkey 9.1.
    #[test]
    fn gives_the_numbers_that_valkey_gives() {
        let mut unseeded = Rand48::default();
        assert_eq!([396_465, 840_486], [0; 2].map(|_| of_a_million(&mut unseeded)));
        let mut zero = Rand48::seeded(0);
        assert_eq!([170_829, 749_902], [0; 2].map(|_| of_a_million(&mut zero)));
        let mut minus_one = Rand48::seeded(-1);
        assert_eq!([300_026, 45_312], [0; 2].map(|_| of_a_million(&mut minus_one)));
    }
}
