//! Doubles as text, digit for digit as Valkey writes them, and the text it accepts for a score.
//!
//! Valkey prints a double with Grisu2 (F. Loitsch, "Printing floating-point numbers quickly and accurately
//! with integers", 2010). It is fast and its digits always read back as the same double, but about one in a
//! thousand is not the shortest or the closest (`525.082065` comes out as `525.0820649999999`). Clients see
//! these digits in ZSCORE, and a replica in what is propagated, so this is Grisu2 too, with the
//! same powers of ten, and not a better algorithm.
//!
//! The 80-bit numbers of INCRBYFLOAT are in [`super::long_double`].

/// Sign, 17 digits and 7 zeros are 25; the rest is slack.
const TEXT_MAX: usize = 32;

/// A buffer on the stack for one double as text.
#[derive(Clone)]
pub struct DoubleText {
    bytes: [u8; TEXT_MAX],
    len: usize,
}

impl DoubleText {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("digits, signs and letters")
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn push_zeros(&mut self, count: usize) {
        self.bytes[self.len..self.len + count].fill(b'0');
        self.len += count;
    }
}

impl AsRef<[u8]> for DoubleText {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// The integer that `value` is, if it is one below 2^62 in magnitude; -0 counts as 0.
pub fn as_integer(value: f64) -> Option<i64> {
    const LIMIT: f64 = (i64::MAX / 2) as f64;
    let int = value as i64;
    ((-LIMIT..=LIMIT).contains(&value) && int as f64 == value).then_some(int)
}

/// The text of ZSCORE and of a RESP3 double: `3`, `0.1`, `1e+20`, `inf`, `-inf`, `nan`, `-0`.
pub fn format_double(value: f64) -> DoubleText {
    let mut text = DoubleText { bytes: [0; TEXT_MAX], len: 0 };
    if value.is_nan() {
        text.push(b"nan");
    } else if value.is_infinite() {
        text.push(if value > 0.0 { b"inf" } else { b"-inf" });
    } else if value == 0.0 {
        text.push(if value.is_sign_negative() { b"-0" } else { b"0" });
    } else if let Some(int) = as_integer(value) {
        text.push(itoa::Buffer::new().format(int).as_bytes());
    } else {
        if value.is_sign_negative() {
            text.push(b"-");
        }
        let (digits, exponent) = grisu2(value.abs());
        layout(digits.as_slice(), exponent, &mut text);
    }
    text
}

/// Lays out `digits` × 10^`exponent`: plain near the point, scientific elsewhere.
fn layout(digits: &[u8], exponent: i32, text: &mut DoubleText) {
    let count = digits.len() as i32;
    let scientific = exponent + count - 1;
    if exponent >= 0 && scientific < count + 7 {
        text.push(digits);
        text.push_zeros(exponent as usize);
        return;
    }
    if exponent < 0 && (exponent > -7 || scientific.abs() < 4) {
        let point = exponent + count;
        if point <= 0 {
            text.push(b"0.");
            text.push_zeros(point.unsigned_abs() as usize);
            text.push(digits);
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            text.push(whole);
            text.push(b".");
            text.push(fraction);
        }
        return;
    }
    text.push(&digits[..1]);
    if count > 1 {
        text.push(b".");
        text.push(&digits[1..]);
    }
    text.push(if scientific < 0 { b"e-" } else { b"e+" });
    text.push(itoa::Buffer::new().format(scientific.unsigned_abs()).as_bytes());
}

/// What C prints with `%.17g`: 17 significant digits without zeros at the end. Valkey shows the scores of
/// large sorted sets this way in ZSCAN, and nowhere else.
pub fn format_general(value: f64) -> DoubleText {
    const PRECISION: usize = 17;
    if !value.is_finite() || value == 0.0 {
        return format_double(value);
    }
    let mut text = DoubleText { bytes: [0; TEXT_MAX], len: 0 };
    // `d.dddddddddddddddde±x`, correctly rounded.
    let scientific = format!("{:.*e}", PRECISION - 1, value.abs());
    let (digits, exponent) = scientific.split_once('e').expect("the form of LowerExp");
    let exponent: i32 = exponent.parse().expect("the form of LowerExp");
    let digits = digits.replace('.', "");
    let digits = digits.trim_end_matches('0').as_bytes();
    if value.is_sign_negative() {
        text.push(b"-");
    }
    if (-4..PRECISION as i32).contains(&exponent) {
        let point = exponent + 1;
        if point <= 0 {
            text.push(b"0.");
            text.push_zeros(point.unsigned_abs() as usize);
            text.push(digits);
        } else {
            let (whole, fraction) = digits.split_at(digits.len().min(point as usize));
            text.push(whole);
            text.push_zeros(point as usize - whole.len());
            if !fraction.is_empty() {
                text.push(b".");
                text.push(fraction);
            }
        }
        return text;
    }
    text.push(&digits[..1]);
    if digits.len() > 1 {
        text.push(b".");
        text.push(&digits[1..]);
    }
    text.push(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        text.push(b"0");
    }
    text.push(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
    text
}

// --- Grisu2 -------------------------------------------------------------------------------------

/// `fraction` × 2^`exponent`.
#[derive(Clone, Copy)]
struct Scaled {
    fraction: u64,
    exponent: i32,
}

const FRACTION_BITS: i32 = 52;
const HIDDEN_BIT: u64 = 1 << FRACTION_BITS;
const EXPONENT_BIAS: i32 = 1023 + FRACTION_BITS;

impl Scaled {
    fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let fraction = bits & (HIDDEN_BIT - 1);
        match (bits >> FRACTION_BITS) as i32 & 0x7FF {
            0 => Self { fraction, exponent: 1 - EXPONENT_BIAS },
            exponent => {
                Self { fraction: fraction | HIDDEN_BIT, exponent: exponent - EXPONENT_BIAS }
            }
        }
    }

    /// The same number with the top bit of the fraction set.
    fn normalized(self) -> Self {
        let shift = self.fraction.leading_zeros();
        Self { fraction: self.fraction << shift, exponent: self.exponent - shift as i32 }
    }

    /// The upper 64 bits of the product, rounded.
    fn times(self, other: Self) -> Self {
        let product = u128::from(self.fraction) * u128::from(other.fraction) + (1 << 63);
        Self { fraction: (product >> 64) as u64, exponent: self.exponent + other.exponent + 64 }
    }

    /// The bounds of what reads back as this double, both with the exponent of the upper one.
    fn bounds(self) -> (Self, Self) {
        let upper =
            Self { fraction: (self.fraction << 1) + 1, exponent: self.exponent - 1 }.normalized();
        // Below a power of two the doubles lie twice as close.
        let shift = if self.fraction == HIDDEN_BIT { 2 } else { 1 };
        let exponent = self.exponent - shift;
        let fraction = ((self.fraction << shift) - 1) << (exponent - upper.exponent);
        (Self { fraction, exponent: upper.exponent }, upper)
    }
}

struct Digits {
    bytes: [u8; 18],
    len: usize,
}

impl Digits {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, digit: u64) {
        if digit != 0 || self.len != 0 {
            self.bytes[self.len] = b'0' + digit as u8;
            self.len += 1;
        }
    }

    /// Lowers the last digit while that brings it closer to the value. `rest` is the distance to the upper
    /// bound, `unit` the worth of the digit, `wanted` the distance of the value from the upper bound.
    fn round(&mut self, delta: u64, mut rest: u64, unit: u64, wanted: u64) {
        while rest < wanted
            && delta - rest >= unit
            && (rest + unit < wanted || wanted - rest > rest + unit - wanted)
        {
            self.bytes[self.len - 1] -= 1;
            rest += unit;
        }
    }
}

/// Digits of a positive finite value, and the power of ten that the last of them stands for.
fn grisu2(value: f64) -> (Digits, i32) {
    let exact = Scaled::of(value);
    let (lower, upper) = exact.bounds();
    let (power, decimal_exponent) = power_for(upper.exponent);
    let middle = exact.normalized().times(power);
    let mut lower = lower.times(power);
    let mut upper = upper.times(power);
    // The products may be off by one unit, so the safe interval is narrower.
    lower.fraction += 1;
    upper.fraction -= 1;
    let (digits, zeros) = digits_within(middle, upper, lower);
    (digits, zeros - decimal_exponent)
}

fn digits_within(middle: Scaled, upper: Scaled, lower: Scaled) -> (Digits, i32) {
    let mut digits = Digits { bytes: [0; 18], len: 0 };
    let wanted = upper.fraction - middle.fraction;
    let mut delta = upper.fraction - lower.fraction;
    let point = upper.exponent.unsigned_abs();
    let mask = (1u64 << point) - 1;
    let mut whole = upper.fraction >> point;
    let mut fraction = upper.fraction & mask;

    let mut unit = 1_000_000_000u64;
    for zeros in (0..10).rev() {
        digits.push(whole / unit);
        whole %= unit;
        let rest = (whole << point) + fraction;
        if rest <= delta {
            digits.round(delta, rest, unit << point, wanted);
            return (digits, zeros);
        }
        unit /= 10;
    }
    let mut scale = 1u64;
    let mut zeros = 0;
    loop {
        fraction *= 10;
        delta *= 10;
        scale = scale.wrapping_mul(10);
        zeros -= 1;
        digits.push(fraction >> point);
        fraction &= mask;
        if fraction < delta {
            digits.round(delta, fraction, 1 << point, wanted.wrapping_mul(scale));
            return (digits, zeros);
        }
    }
}

const FIRST_POWER: i32 = -348;
const POWER_STEP: i32 = 8;

/// The power of ten that brings a number with this binary exponent to one between -60 and -32, and its
/// decimal exponent. Two may qualify; the estimate decides, and with it the digits of some doubles.
fn power_for(exponent: i32) -> (Scaled, i32) {
    const LOG10_OF_2: f64 = 0.301_029_995_663_981_14;
    let estimate = (-f64::from(exponent + POWERS.len() as i32) * LOG10_OF_2) as i32;
    let mut index = (estimate - FIRST_POWER) / POWER_STEP;
    loop {
        let decimal = FIRST_POWER + index * POWER_STEP;
        let power = Scaled { fraction: POWERS[index as usize], exponent: power_exponent(decimal) };
        let scaled = exponent + power.exponent + 64;
        if scaled < -60 {
            index += 1;
        } else if scaled > -32 {
            index -= 1;
        } else {
            return (power, decimal);
        }
    }
}

/// Exponent of 10^`decimal` with a fraction of 64 bits: floor(decimal × log2(10)) - 63.
const fn power_exponent(decimal: i32) -> i32 {
    ((decimal * 217_706) >> 16) - 63
}

/// The upper 64 bits, rounded, of 10^-348, 10^-340 … 10^340.
#[rustfmt::skip]
static POWERS: [u64; 87] = [
    0xFA8F_D5A0_081C_0288, 0xBAAE_E17F_A23E_BF76, 0x8B16_FB20_3055_AC76, 0xCF42_894A_5DCE_35EA,
    0x9A6B_B0AA_5565_3B2D, 0xE61A_CF03_3D1A_45DF, 0xAB70_FE17_C79A_C6CA, 0xFF77_B1FC_BEBC_DC4F,
    0xBE56_91EF_416B_D60C, 0x8DD0_1FAD_907F_FC3C, 0xD351_5C28_3155_9A83, 0x9D71_AC8F_ADA6_C9B5,
    0xEA9C_2277_23EE_8BCB, 0xAECC_4991_4078_536D, 0x823C_1279_5DB6_CE57, 0xC210_9436_4DFB_5637,
    0x9096_EA6F_3848_984F, 0xD774_85CB_2582_3AC7, 0xA086_CFCD_97BF_97F4, 0xEF34_0A98_172A_ACE5,
    0xB238_67FB_2A35_B28E, 0x84C8_D4DF_D2C6_3F3B, 0xC5DD_4427_1AD3_CDBA, 0x936B_9FCE_BB25_C996,
    0xDBAC_6C24_7D62_A584, 0xA3AB_6658_0D5F_DAF6, 0xF3E2_F893_DEC3_F126, 0xB5B5_ADA8_AAFF_80B8,
    0x8762_5F05_6C7C_4A8B, 0xC9BC_FF60_34C1_3053, 0x964E_858C_91BA_2655, 0xDFF9_7724_7029_7EBD,
    0xA6DF_BD9F_B8E5_B88F, 0xF8A9_5FCF_8874_7D94, 0xB944_7093_8FA8_9BCF, 0x8A08_F0F8_BF0F_156B,
    0xCDB0_2555_6531_31B6, 0x993F_E2C6_D07B_7FAC, 0xE45C_10C4_2A2B_3B06, 0xAA24_2499_6973_92D3,
    0xFD87_B5F2_8300_CA0E, 0xBCE5_0864_9211_1AEB, 0x8CBC_CC09_6F50_88CC, 0xD1B7_1758_E219_652C,
    0x9C40_0000_0000_0000, 0xE8D4_A510_0000_0000, 0xAD78_EBC5_AC62_0000, 0x813F_3978_F894_0984,
    0xC097_CE7B_C907_15B3, 0x8F7E_32CE_7BEA_5C70, 0xD5D2_38A4_ABE9_8068, 0x9F4F_2726_179A_2245,
    0xED63_A231_D4C4_FB27, 0xB0DE_6538_8CC8_ADA8, 0x83C7_088E_1AAB_65DB, 0xC45D_1DF9_4271_1D9A,
    0x924D_692C_A61B_E758, 0xDA01_EE64_1A70_8DEA, 0xA26D_A399_9AEF_774A, 0xF209_787B_B47D_6B85,
    0xB454_E4A1_79DD_1877, 0x865B_8692_5B9B_C5C2, 0xC835_53C5_C896_5D3D, 0x952A_B45C_FA97_A0B3,
    0xDE46_9FBD_99A0_5FE3, 0xA59B_C234_DB39_8C25, 0xF6C6_9A72_A398_9F5C, 0xB7DC_BF53_54E9_BECE,
    0x88FC_F317_F222_41E2, 0xCC20_CE9B_D35C_78A5, 0x9816_5AF3_7B21_53DF, 0xE2A0_B5DC_971F_303A,
    0xA8D9_D153_5CE3_B396, 0xFB9B_7CD9_A4A7_443C, 0xBB76_4C4C_A7A4_4410, 0x8BAB_8EEF_B640_9C1A,
    0xD01F_EF10_A657_842C, 0x9B10_A4E5_E991_3129, 0xE710_9BFB_A19C_0C9D, 0xAC28_20D9_623B_F429,
    0x8044_4B5E_7AA7_CF85, 0xBF21_E440_03AC_DD2D, 0x8E67_9C2F_5E44_FF8F, 0xD433_179D_9C8C_B841,
    0x9E19_DB92_B4E3_1BA9, 0xEB96_BF6E_BADF_77D9, 0xAF87_023B_9BF0_EE6B,
];

// --- parsing ------------------------------------------------------------------------------------

/// Parses a score, an increment or a weight: decimal or scientific, `inf` and `infinity` in any case, no
/// spaces, no hexadecimal, no NaN. What overflows, or underflows to zero, is refused as well.
pub fn parse_double(text: &[u8]) -> Option<f64> {
    let value = parse_unchecked(text)?;
    let letter = |byte: &u8| byte.eq_ignore_ascii_case(&b'i');
    let digits_before_exponent =
        || text.iter().take_while(|byte| !byte.eq_ignore_ascii_case(&b'e'));
    if value.is_infinite() && !text.iter().any(letter) {
        return None;
    }
    if value == 0.0 && digits_before_exponent().any(|byte| (b'1'..=b'9').contains(byte)) {
        return None;
    }
    Some(value)
}

/// Parses the bound of a score range (after its `(`). Valkey is laxer here than with a score: nothing at all
/// is zero, the text ends at a NUL, and a number out of range is infinite or zero.
pub fn parse_bound(text: &[u8]) -> Option<f64> {
    let end = memchr::memchr(0, text).unwrap_or(text.len());
    if end == 0 { Some(0.0) } else { parse_unchecked(&text[..end]) }
}

fn parse_unchecked(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_the_rounded_powers_of_ten() {
        // Multiplying by 10^8 in 128 bits must give the next entry, up to the rounding of both.
        for (index, pair) in POWERS.windows(2).enumerate() {
            let decimal = FIRST_POWER + index as i32 * POWER_STEP;
            let shift = power_exponent(decimal + POWER_STEP) - power_exponent(decimal);
            let next = (u128::from(pair[0]) * 100_000_000) >> shift;
            assert!(next.abs_diff(u128::from(pair[1])) <= 2, "10^{decimal}");
        }
        let ten_to_the_4 = POWERS[44];
        assert_eq!(ten_to_the_4, 10_000 << 50);
    }

    /// Replies of Valkey 9.1 to ZSCORE.
    #[test]
    fn digits_are_those_of_valkey() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.1, "0.1"),
            (1e20, "1e+20"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (0.0001, "0.0001"),
            (0.000001, "0.000001"),
            (1e-7, "1e-7"),
            (4611686018427387904.0, "4611686018427387904"),
            (9223372036854775808.0, "9223372036854776000"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (3.0408668028697948e-30, "3.0408668028697947e-30"),
            (525.082065, "525.0820649999999"),
            (611188.172851026, "6.111881728510261e+5"),
            (-58097.70216781821, "-5.8097702167818206e+4"),
            (965265242900182.8, "965265242900182.7"),
            (0.03346932340447362, "0.033469323404473617"),
            (-3.986378509970294e+25, "-3.9863785099702936e+25"),
            (1694733253204783.2, "1694733253204783.3"),
            (763393445200766.2, "763393445200766.3"),
            (3276797418603.2188, "3276797418603.2187"),
            (-1180839176878961.8, "-1180839176878961.7"),
            (4.221942712124404e-09, "4.2219427121244044e-9"),
            (236770321132929.62, "236770321132929.63"),
            (2.5163614471599207e-16, "2.5163614471599206e-16"),
            (113584871882169.38, "113584871882169.37"),
            (314847.52828839933, "3.1484752828839934e+5"),
            (-407708.21526448335, "-4.0770821526448336e+5"),
            (-105.560454, "-105.56045399999999"),
            (-3.7656134117683623e127, "-3.7656134117683622e+127"),
            (320611.48894183734, "3.2061148894183733e+5"),
            (-220617759624132.88, "-220617759624132.87"),
            (7.870522999071939e244, "7.870522999071938e+244"),
            (-60.61185340633509, "-60.611853406335094"),
            (945410563377070.2, "945410563377070.3"),
            (0.4107803495927074, "0.41078034959270737"),
            (0.821356734654692, "0.8213567346546919"),
            (-567360925914646.2, "-567360925914646.3"),
            (1.0958468014279983e-221, "1.0958468014279982e-221"),
            (-1.2446908502548048e-301, "-1.2446908502548047e-301"),
            (94883218401979.62, "94883218401979.63"),
            (8.38413196285661e-14, "8.384131962856611e-14"),
            (-921500330982647.8, "-921500330982647.7"),
            (18541122793941.312, "18541122793941.313"),
            (267650.7765000574, "2.6765077650005743e+5"),
            (-2006207004043523.2, "-2006207004043523.3"),
            (-1554.722785426624, "-1554.7227854266239"),
            (10131064818159.062, "10131064818159.063"),
            (4816.01093404443, "4816.01093404443"),
            (-348187.7118749273, "-3.481877118749273e+5"),
            (-519.01297, "-519.01297"),
            (0.9396621071924458, "0.9396621071924458"),
            (47623.677516761054, "4.7623677516761054e+4"),
            (-2.111998059545673e-171, "-2.111998059545673e-171"),
            (-524378.9531965337, "-5.243789531965337e+5"),
            (111.78167, "111.78167"),
            (0.5006197765650313, "0.5006197765650313"),
            (0.2835124608446127, "0.2835124608446127"),
            (-4.3780221764044247e52, "-4.3780221764044247e+52"),
            (626710.5220441627, "6.267105220441627e+5"),
            (14.629796, "14.629796"),
            (0.38855321096535045, "0.38855321096535045"),
            (3.214822718300542e-26, "3.214822718300542e-26"),
            (-5.4290070012649326e35, "-5.4290070012649326e+35"),
            (-479291.92283796886, "-4.7929192283796886e+5"),
            (-60.7, "-60.7"),
            (0.19168793463619915, "0.19168793463619915"),
            (-84539336860278.22, "-84539336860278.22"),
        ] {
            assert_eq!(format_double(value).as_str(), text);
        }
    }

    #[test]
    fn general_texts_are_those_of_c() {
        for (value, text) in [
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.10000000000000001"),
            (546.3496221009768, "546.34962210097683"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (-1.5e300, "-1.5000000000000001e+300"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (0.0, "0"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(format_general(value).as_str(), text);
        }
    }

    #[test]
    fn every_text_reads_back_as_the_same_double() {
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let value = f64::from_bits(state);
            if !value.is_nan() {
                let text = format_double(value);
                assert_eq!(text.as_str().parse(), Ok(value), "{state:#x}");
            }
        }
    }

    #[test]
    fn scores_are_parsed_as_valkey_does() {
        for (text, value) in [
            ("1", Some(1.0)),
            ("+1", Some(1.0)),
            ("1e5", Some(1e5)),
            ("1E+5", Some(1e5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-.5e1", Some(-5.0)),
            ("inf", Some(f64::INFINITY)),
            ("+Infinity", Some(f64::INFINITY)),
            ("-INF", Some(f64::NEG_INFINITY)),
            ("3e-324", Some(5e-324)),
            ("0e99999999999999999999", Some(0.0)),
            ("2e-324", None),
            ("1e-400", None),
            ("1e400", None),
            ("", None),
            (" 1", None),
            ("1 ", None),
            ("1\0", None),
            (".", None),
            ("1e", None),
            ("0x10", None),
            ("nan", None),
            ("-nan", None),
            ("infx", None),
        ] {
            assert_eq!(parse_double(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn bounds_are_parsed_more_loosely() {
        for (text, value) in [
            (&b""[..], Some(0.0)),
            (b"1\0junk", Some(1.0)),
            (b"1e400", Some(f64::INFINITY)),
            (b"1e-400", Some(0.0)),
            (b"-inf", Some(f64::NEG_INFINITY)),
            (b" 1", None),
            (b"0x10", None),
            (b"nan", None),
        ] {
            assert_eq!(parse_bound(text), value, "{text:?}");
        }
    }
}
