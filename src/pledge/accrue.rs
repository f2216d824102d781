//! What a share comes to: by cumulative floor, so that rounding never drifts.
//!
//! After any number of reports, the dues add up to min(cap, ⌊basis in all × num ÷ den⌋). What was stated and
//! paid stays so: where a correction would ask for less than that, the next dues make it good.

use crate::money::Fen;

/// A rate: what is given for each fen or piece of a basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// How many fen are given …
    pub num: i64,
    /// … for this many fen or pieces.
    pub den: i64,
}

impl Ratio {
    /// ⌊basis × num ÷ den⌋, at most `cap`.
    pub fn share(self, basis: i64, cap: Option<Fen>) -> Fen {
        let exact = i128::from(basis) * i128::from(self.num) / i128::from(self.den);
        let most = cap.unwrap_or(Fen(i64::MAX));
        Fen(i64::try_from(exact.min(i128::from(most.0))).expect("not above the cap"))
    }

    /// The part of a fen that ⌊basis × num ÷ den⌋ leaves for later, as a numerator over `den`.
    pub fn remainder(self, basis: i64) -> i64 {
        let rest = i128::from(basis) * i128::from(self.num) % i128::from(self.den);
        i64::try_from(rest).expect("below the denominator")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_is_the_floor_of_the_whole() {
        let rows = [
            // 3 % of 123,456.78 is 3,703.7034 yuan.
            (Ratio { num: 300, den: 10_000 }, 12_345_678, None, 370_370, 3_400),
            // One fen for each two bottles.
            (Ratio { num: 1, den: 2 }, 7, None, 3, 1),
            (Ratio { num: 1, den: 1 }, 1_000_003, None, 1_000_003, 0),
            (Ratio { num: 300, den: 10_000 }, 12_345_678, Some(Fen(300_000)), 300_000, 3_400),
            (Ratio { num: 1, den: 3 }, 0, None, 0, 0),
            // The product is far above 64 bits.
            (Ratio { num: 1_000_000, den: 999_999 }, 10_000_000_000_000, None, 10_000_010_000_010, 10_000_010),
        ];
        for (rate, basis, cap, share, _) in rows {
            assert_eq!(rate.share(basis, cap), Fen(share), "{rate:?} of {basis}");
        }
        for (rate, basis, _, _, remainder) in &rows[..5] {
            assert_eq!(rate.remainder(*basis), *remainder, "{rate:?} of {basis}");
        }
    }

    proptest! {
        #[test]
        fn dues_add_up_to_the_floor_of_the_total(
            reports in prop::collection::vec(0_i64..1_000_000_000, 1..40),
            num in 1_i64..1_000_000,
            den in 1_i64..1_000_000,
        ) {
            let rate = Ratio { num, den };
            let (mut basis, mut stated) = (0, Fen::ZERO);
            for report in &reports {
                basis += report;
                let due = rate.share(basis, None) - stated;
                prop_assert!(due >= Fen::ZERO);
                stated += due;
            }
            prop_assert_eq!(stated, rate.share(reports.iter().sum(), None));
            let rest = i128::from(basis) * i128::from(num) - i128::from(stated.0) * i128::from(den);
            prop_assert_eq!(rest, i128::from(rate.remainder(basis)));
        }
    }
}
