//! The 80-bit numbers of INCRBYFLOAT and HINCRBYFLOAT.
//!
//! Valkey adds these in C's `long double`, which on x86-64 is the extended format of the x87: 64 bits of
//! fraction, exponents to ±16383. The result is printed with 17 digits after the point, so the format shows
//! (5000 + 0.1 is `5000.10000000000000009`), and neither doubles nor exact decimals would give the same
//! text. This is that format in integers: correctly rounded parsing, addition and printing,
//! equal to the peers on x86-64 for every input. (Peers on machines with other long doubles differ from
//! those on x86-64 in the same way as they would differ from us.)

use std::cmp::Ordering;

use smallvec::SmallVec;

/// Texts of this length or longer are refused, as the peers' buffer would.
const TEXT_BYTES_MAX: usize = 5 * 1024;
/// Exponent of the lowest bit of the largest and of the smallest number.
const EXPONENT_MAX: i32 = 16383 - 63;
const EXPONENT_MIN: i32 = -16382 - 63;
/// Digits after the point when printed.
const DECIMALS: u32 = 17;

/// An extended-precision number that is not NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    magnitude: Magnitude,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Magnitude {
    Infinite,
    /// `fraction` × 2^`exponent`; the top bit of the fraction is set unless the exponent is the least one.
    Finite {
        fraction: u64,
        exponent: i32,
    },
}

impl LongDouble {
    /// Parses all that C's `strtold` takes except leading spaces and NaN: decimal, hexadecimal, `inf`. What
    /// overflows or underflows to zero is refused, as with the peers.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() >= TEXT_BYTES_MAX {
            return None;
        }
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if digits.eq_ignore_ascii_case(b"inf") || digits.eq_ignore_ascii_case(b"infinity") {
            return Some(Self { negative, magnitude: Magnitude::Infinite });
        }
        let exact = match digits {
            [b'0', b'x' | b'X', rest @ ..] => Exact::parse(rest, 16)?,
            _ => Exact::parse(digits, 10)?,
        };
        let magnitude = exact.round()?;
        Some(Self { negative, magnitude })
    }

    /// For values kept as integers.
    pub fn from_int(int: i64) -> Self {
        let magnitude = normalize(u128::from(int.unsigned_abs()), 0, false);
        Self { negative: int < 0, magnitude }
    }

    /// For replies that print a double this way. NaN is taken for infinity.
    pub fn from_f64(value: f64) -> Self {
        let negative = value.is_sign_negative();
        if !value.is_finite() {
            return Self { negative, magnitude: Magnitude::Infinite };
        }
        let bits = value.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (fraction, exponent) = match (bits >> 52) as i32 & 0x7FF {
            0 => (fraction, -1074),
            exponent => (fraction | 1 << 52, exponent - 1075),
        };
        Self { negative, magnitude: normalize(u128::from(fraction), exponent, false) }
    }

    /// The nearest double, or nearly so: the fraction is rounded before it is scaled.
    pub fn to_f64(self) -> f64 {
        let magnitude = match self.magnitude {
            Magnitude::Infinite => f64::INFINITY,
            Magnitude::Finite { fraction, exponent } => {
                // In two steps, as 2^exponent alone may be beyond the range of a double.
                let half = exponent / 2;
                fraction as f64 * 2f64.powi(half) * 2f64.powi(exponent - half)
            }
        };
        if self.negative { -magnitude } else { magnitude }
    }

    pub fn is_infinite(self) -> bool {
        self.magnitude == Magnitude::Infinite
    }

    /// The sum, or `None` for NaN (infinities of different signs).
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (
            Magnitude::Finite { fraction: a, exponent: a_exp },
            Magnitude::Finite { fraction: b, exponent: b_exp },
        ) = (self.magnitude, other.magnitude)
        else {
            return match (self.is_infinite(), other.is_infinite()) {
                (true, true) if self.negative != other.negative => None,
                (true, _) => Some(self),
                _ => Some(other),
            };
        };
        // The one with the larger exponent first. Both get 60 more bits below; what would be shifted out
        // even of those only says whether the result is exact.
        let ((high, high_exp, high_negative), (low, low_exp, low_negative)) = if a_exp >= b_exp {
            ((a, a_exp, self.negative), (b, b_exp, other.negative))
        } else {
            ((b, b_exp, other.negative), (a, a_exp, self.negative))
        };
        let shift = (high_exp - low_exp) as u32;
        let wide_low = u128::from(low) << 60;
        let high = u128::from(high) << 60;
        let (shifted, lost) = match shift {
            0..=127 => (wide_low >> shift, wide_low & ((1u128 << shift) - 1) != 0),
            _ => (0, wide_low != 0),
        };
        let exponent = high_exp - 60;
        let (negative, sum, inexact) = if high_negative == low_negative {
            (high_negative, high + shifted, lost)
        } else {
            match high.cmp(&shifted) {
                // Zero minus itself is +0 in the rounding mode of C.
                Ordering::Equal if !lost => (false, 0, false),
                Ordering::Less => (low_negative, shifted - high, lost),
                // The lost bits make the difference a little smaller.
                _ => (high_negative, high - shifted - u128::from(lost), lost),
            }
        };
        Some(Self { negative, magnitude: normalize(sum, exponent, inexact) })
    }

    /// The decimal form with at most 17 digits after the point and no zeros at their end.
    pub fn to_text(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let (fraction, exponent) = match self.magnitude {
            Magnitude::Infinite => return format!("{sign}inf"),
            Magnitude::Finite { fraction, exponent } => (fraction, exponent),
        };
        let text = if exponent >= 0 {
            format!("{sign}{}", Big::from(u128::from(fraction)).shifted_left(exponent as u32))
        } else {
            let scale = 10u128.pow(DECIMALS);
            let scaled = round_shift(u128::from(fraction) * scale, exponent.unsigned_abs(), false);
            let (whole, decimals) = (scaled / scale, scaled % scale);
            let text = format!("{sign}{whole}.{decimals:0width$}", width = DECIMALS as usize);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        if text == "-0" { "0".to_owned() } else { text }
    }
}

/// `value` / 2^`shift`, rounded to the nearest and to even in the middle; `inexact` says that a little more
/// than `value` is meant.
fn round_shift(value: u128, shift: u32, inexact: bool) -> u128 {
    if shift == 0 {
        return value;
    }
    if shift > 127 {
        // Callers keep the value below 2^127, so this is less than a half.
        return 0;
    }
    let (quotient, rest) = (value >> shift, value & ((1 << shift) - 1));
    let up = match rest.cmp(&(1 << (shift - 1))) {
        Ordering::Less => false,
        Ordering::Equal => inexact || quotient & 1 == 1,
        Ordering::Greater => true,
    };
    quotient + u128::from(up)
}

/// Rounds `value` × 2^`exponent` (a little more if `inexact`) to the format.
fn normalize(value: u128, exponent: i32, inexact: bool) -> Magnitude {
    if value == 0 {
        return Magnitude::Finite { fraction: 0, exponent: EXPONENT_MIN };
    }
    let bits = 128 - value.leading_zeros() as i32;
    let target = (exponent + bits - 64).max(EXPONENT_MIN);
    let mut exponent_out = target;
    let mut fraction = if target >= exponent {
        round_shift(value, (target - exponent) as u32, inexact)
    } else {
        value << (exponent - target)
    };
    if fraction >> 64 != 0 {
        fraction >>= 1;
        exponent_out += 1;
    }
    if exponent_out > EXPONENT_MAX {
        return Magnitude::Infinite;
    }
    Magnitude::Finite { fraction: fraction as u64, exponent: exponent_out }
}

/// A number as it was written: `digits` × `base`^`scale` with base 10, or × 2^`scale` with base 16.
struct Exact {
    digits: Big,
    base: u32,
    scale: i64,
    /// Number of digits without leading zeros.
    count: i64,
}

impl Exact {
    fn parse(text: &[u8], base: u32) -> Option<Self> {
        let mut digits = Big::from(0);
        let (mut count, mut after_point, mut any, mut point) = (0i64, 0i64, false, false);
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match char::from(byte).to_digit(base) {
                Some(digit) => {
                    any = true;
                    count += i64::from(count > 0 || digit != 0);
                    after_point += i64::from(point);
                    digits.multiply_add(base, digit);
                }
                None if byte == b'.' && !point => point = true,
                None => break,
            }
            at += 1;
        }
        if !any {
            return None;
        }
        let marker = if base == 16 { b'p' } else { b'e' };
        let exponent = match text.get(at) {
            None => 0,
            Some(byte) if byte.eq_ignore_ascii_case(&marker) => parse_exponent(&text[at + 1..])?,
            Some(_) => return None,
        };
        let unit = if base == 16 { 4 } else { 1 };
        Some(Self { digits, base, scale: exponent - after_point * unit, count })
    }

    /// The nearest number of the format; `None` if it is too large or so small that it becomes zero.
    fn round(self) -> Option<Magnitude> {
        if self.count == 0 {
            return Some(normalize(0, 0, false));
        }
        let (digits, exponent, inexact) = if self.base == 16 {
            (self.digits, self.scale, false)
        } else {
            // Beyond these no digits can bring it back into range, and the loops below stay short.
            let leading = self.count + self.scale;
            if !(-4960..=4940).contains(&leading) {
                return None;
            }
            self.scale_decimal()
        };
        let (top, dropped, more) = digits.top_128();
        let exponent = i32::try_from(exponent + i64::from(dropped)).ok()?;
        if !(-40_000..=40_000).contains(&exponent) {
            return None;
        }
        match normalize(top, exponent, inexact || more) {
            Magnitude::Finite { fraction: 0, .. } | Magnitude::Infinite => None,
            magnitude => Some(magnitude),
        }
    }

    /// As a big integer × 2^n with at least 66 bits, and whether a remainder was dropped.
    fn scale_decimal(self) -> (Big, i64, bool) {
        const CHUNK: u32 = 1_000_000_000;
        let mut digits = self.digits;
        if self.scale >= 0 {
            for _ in 0..self.scale / 9 {
                digits.multiply_add(CHUNK, 0);
            }
            digits.multiply_add(10u32.pow((self.scale % 9) as u32), 0);
            return (digits, 0, false);
        }
        // log2(10) < 3.33; enough bits that 66 remain after the division.
        let divisions = self.scale.unsigned_abs();
        let up = 70 + (divisions * 333).div_ceil(100) as u32;
        digits = digits.shifted_left(up);
        let mut inexact = false;
        for _ in 0..divisions / 9 {
            inexact |= digits.divide(CHUNK) != 0;
        }
        inexact |= digits.divide(10u32.pow((divisions % 9) as u32)) != 0;
        (digits, -i64::from(up), inexact)
    }
}

/// The digits after the `e`; a number too large for its type is a very large number.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits
        .iter()
        .fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1_000_000_000));
    Some(if negative { -magnitude } else { magnitude })
}

/// A natural number of any size, 32 bits at a time, lowest first, no zeros at the top.
#[derive(Debug, Clone)]
struct Big {
    limbs: SmallVec<[u32; 16]>,
}

impl From<u128> for Big {
    fn from(value: u128) -> Self {
        let mut big = Self { limbs: (0..4).map(|i| (value >> (32 * i)) as u32).collect() };
        big.trim();
        big
    }
}

impl Big {
    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
    }

    fn multiply_add(&mut self, factor: u32, term: u32) {
        let mut carry = u64::from(term);
        for limb in &mut self.limbs {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.limbs.push(carry as u32);
        }
    }

    /// Divides in place and returns the remainder.
    fn divide(&mut self, divisor: u32) -> u32 {
        let mut rest = 0u64;
        for limb in self.limbs.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = (value / u64::from(divisor)) as u32;
            rest = value % u64::from(divisor);
        }
        self.trim();
        rest as u32
    }

    fn shifted_left(&self, bits: u32) -> Self {
        let (words, bits) = ((bits / 32) as usize, bits % 32);
        let mut limbs = SmallVec::from_elem(0, words);
        let mut carry = 0u64;
        for &limb in &self.limbs {
            let value = u64::from(limb) << bits | carry;
            limbs.push(value as u32);
            carry = value >> 32;
        }
        limbs.push(carry as u32);
        let mut shifted = Self { limbs };
        shifted.trim();
        shifted
    }

    /// The upper bits, at least 97 if there are as many, at most 127; how many were dropped below them, and
    /// whether one of those was set.
    fn top_128(&self) -> (u128, u32, bool) {
        let keep = if self.limbs.last().is_some_and(|top| top >> 31 == 1) { 3 } else { 4 };
        let dropped = self.limbs.len().saturating_sub(keep);
        let (low, high) = self.limbs.split_at(dropped);
        let top = high.iter().rev().fold(0u128, |top, &limb| top << 32 | u128::from(limb));
        (top, dropped as u32 * 32, low.iter().any(|&limb| limb != 0))
    }
}

impl std::fmt::Display for Big {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.clone();
        let mut chunks: SmallVec<[u32; 16]> = SmallVec::new();
        while !rest.limbs.is_empty() {
            chunks.push(rest.divide(1_000_000_000));
        }
        match chunks.pop() {
            None => f.write_str("0"),
            Some(first) => {
                write!(f, "{first}")?;
                chunks.iter().rev().try_for_each(|chunk| write!(f, "{chunk:09}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(a: &str, b: &str) -> Option<String> {
        let (a, b) = (LongDouble::parse(a.as_bytes())?, LongDouble::parse(b.as_bytes())?);
        a.checked_add(b).map(LongDouble::to_text)
    }

    /// Replies of Valkey 9.1 on x86-64: SET k first, then INCRBYFLOAT k second.
    #[test]
    fn sums_have_the_digits_of_valkey() {
        for (first, second, text) in [
            ("10.50", "0.1", "10.6"),
            ("5.0e3", "2.0e2", "5200"),
            ("3.0", "1.000000000000000001", "4"),
            ("0", "-0", "0"),
            ("0x10", "0x.8p1", "17"),
            ("5000", "0.1", "5000.10000000000000009"),
            ("3.14", "-0.001", "3.139"),
            ("1e15", "0.3", "1000000000000000.29998779296875"),
            ("0.1", "0.2", "0.3"),
            ("1e-18", "0", "0"),
            ("5e-18", "0", "0"),
            ("1e-17", "5e-18", "0.00000000000000002"),
            ("18446744073709551615", "1", "18446744073709551616"),
            ("9007199254740993", "0.5", "9007199254740993.5"),
            ("+31081.128797", "-1.89800665963260062341078e-01", "31080.93899633403674088"),
            ("-1e-30", "+0x6116be49ee714186ebf.371a953ccap-181", "0"),
            (".5", "0x3ed91298b20411.40119b4fe5p-84", "0.5000000009145579"),
            (".5", "+0", "0.5"),
            ("-897335586671054395e-1763", "-72.7", "-72.7"),
            ("+104170003.466859970e13", "-.5", "1041700034668599699968"),
            (
                "0xcdc.3b5c7fb02dp160",
                "0.0001",
                "4811602283340579103247236060981944704256126721458176",
            ),
            ("1.061733217858128e-01", "+24847", "24847.10617332178581229"),
            ("840214.2909022", "622532719.66513030e-23", "840214.290902200000005"),
            ("-0x179.54ce255d6ep-87", "0xc9.3f2144d96fp75", "7602881641707318577987584"),
            ("+5968", "+3.77", "5971.77000000000000002"),
            ("+772228164.349536766e-8", "323.5", "331.22228164349536766"),
            ("-369966048380724023e-3861", "9626.66", "9626.66000000000000014"),
            ("+7.8041580100392e-01", "9476867982811.697", "9476867982812.47741508483886719"),
            ("+0.0001", "+256720352100681016e-3325", "0.0001"),
            ("521805", "2.1", "521807.09999999999999432"),
            ("+694936818.923473808e7", "0x518e5b3d0.a84014ba52p-184", "6949368189234738.080078125"),
            ("-179738268823297228e-273", "819889169.526488220e-34", "0"),
            (
                "0x57ed649a0a23750cf0.6cc0b31d58p96",
                "3.14",
                "128505916753735644815821602809752165226349821165568",
            ),
            (
                "0x161.2ac8098bb1p25",
                "+80116435973330.218750000000000",
                "80128286295269.310089111328125",
            ),
            (
                "+818487545.862740121e27",
                "87493476.701775529e-12",
                "818487545862740121023306058419929088",
            ),
            (
                "+1e-30",
                "+0x1d0.754bd781bep170",
                "695097756642207423537186693344966219997149693109862400",
            ),
            ("568323461002275949e-4179", "44.2", "44.2"),
            ("69549.88", "898711338781177982e-215", "69549.88000000000000256"),
            ("2.49653424025e-01", "-5582276493", "-5582276492.75034657586365938"),
            ("456599708514", "1624.758158", "456599710138.75815799832344055"),
            ("+18993.233", "+0.0001", "18993.23310000000000031"),
            (
                "+3.622575141798e-01",
                "+476764794.567919168e33",
                "476764794567919167996116961024295892418560",
            ),
            ("-5.", "1682073759", "1682073754"),
            ("+22659.491", "2.469e-01", "22659.73789999999999978"),
            ("0", "+562407642525718.1875", "562407642525718.1875"),
            ("38477268", "-4369.824096601637393", "38472898.17590339836169733"),
            ("-82.6", "+0xc19fd.3182094b8ap-2", "198188.69834761165193981"),
            ("+2641684246", "4e-01", "2641684246.39999999990686774"),
            (
                "7.3352351728642450900963e-01",
                "+112682860.77302958071",
                "112682861.50655309799913084",
            ),
            ("+590.622", "-901115484.518940316e-6", "-310.49348451894031603"),
            (
                "5640775493523296.0000000000000",
                "208510706.74380502104759",
                "5640775702034002.74365234375",
            ),
            ("-0xfca29ed4.5f433701edp-13", "-0.0001", "-517396.96352433097749213"),
            ("735174910058387234e-4508", "+80.131", "80.131"),
            ("+26817838339297.9296875000000000", "+.5", "26817838339298.4296875"),
        ] {
            assert_eq!(sum(first, second).as_deref(), Some(text), "{first} + {second}");
        }
    }

    #[test]
    fn texts_that_are_no_numbers_are_refused() {
        for text in [
            "",
            "+",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1 ",
            " 1",
            "1_0",
            "nan",
            "0x",
            "0x.",
            "0x1p",
            "1p5",
            "infx",
            "--1",
            "1.2.3",
            "1e5.5",
            "1\0",
            "1e5000",
            "-1e5000",
            "1e-5000",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "0x1p20000",
            "0x1p-20000",
        ] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(LongDouble::parse(&[b'1'; TEXT_BYTES_MAX]), None);
    }

    #[test]
    fn infinities_add_up_unless_they_differ() {
        assert_eq!(sum("inf", "1").as_deref(), Some("inf"));
        assert_eq!(sum("1", "-Infinity").as_deref(), Some("-inf"));
        assert_eq!(sum("+inf", "-inf"), None);
    }

    #[test]
    fn integers_and_doubles_convert_exactly() {
        for int in [0, 1, -1, i64::MAX, i64::MIN, 123_456_789_012_345_678] {
            assert_eq!(LongDouble::from_int(int).to_text(), int.to_string());
        }
        for (value, text) in [
            (0.5, "0.5"),
            (-0.1, "-0.10000000000000001"),
            (1e22, "10000000000000000000000"),
            (0.0, "0"),
        ] {
            assert_eq!(LongDouble::from_f64(value).to_text(), text);
        }
        assert_eq!(LongDouble::from_f64(5e-324).to_text(), "0");
    }
}
