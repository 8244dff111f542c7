//! The order of scores as the order of integers.

/// Maps a score to an integer that sorts the same; -0 and 0 are one score. Never NaN.
#[inline]
pub(super) fn order_key(score: f64) -> u64 {
    debug_assert!(!score.is_nan());
    // Adding zero turns -0 into 0 and leaves the rest as it is.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// An end of a range of scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreBound {
    pub score: f64,
    pub exclusive: bool,
}

impl ScoreBound {
    pub const fn inclusive(score: f64) -> Self {
        Self { score, exclusive: false }
    }

    pub const fn exclusive(score: f64) -> Self {
        Self { score, exclusive: true }
    }

    /// The first order key in the range of which this is the lower end.
    pub(super) fn first_key(self) -> u64 {
        order_key(self.score) + u64::from(self.exclusive)
    }

    /// The first order key behind the range of which this is the upper end.
    pub(super) fn end_key(self) -> u64 {
        order_key(self.score) + u64::from(!self.exclusive)
    }
}

/// An end of a range of members of equal score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexBound<'a> {
    /// `-`: before all members.
    Min,
    /// `+`: behind all members.
    Max,
    Inclusive(&'a [u8]),
    Exclusive(&'a [u8]),
}

impl LexBound<'_> {
    /// Whether `member` lies before the range of which this is the lower end.
    pub(super) fn excludes_below(self, member: &[u8]) -> bool {
        match self {
            Self::Min => false,
            Self::Max => true,
            Self::Inclusive(bound) => member < bound,
            Self::Exclusive(bound) => member <= bound,
        }
    }

    /// Whether `member` is not yet beyond the range of which this is the upper end.
    pub(super) fn includes_below(self, member: &[u8]) -> bool {
        match self {
            Self::Min => false,
            Self::Max => true,
            Self::Inclusive(bound) => member <= bound,
            Self::Exclusive(bound) => member < bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_scores_do() {
        let scores = [
            f64::NEG_INFINITY,
            f64::MIN,
            -1.5,
            -1.0,
            -f64::MIN_POSITIVE,
            -5e-324,
            0.0,
            5e-324,
            f64::MIN_POSITIVE,
            1.0,
            1.5,
            f64::MAX,
            f64::INFINITY,
        ];
        assert!(scores.is_sorted_by(|&a, &b| order_key(a) < order_key(b)));
        assert_eq!(order_key(-0.0), order_key(0.0));
        let above = ScoreBound::exclusive(-5e-324).first_key();
        assert!(order_key(-5e-324) < above && above <= order_key(0.0));
        assert_eq!(ScoreBound::inclusive(0.0).end_key(), order_key(5e-324));
    }
}
