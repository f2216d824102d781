//! Numbers that look like chance and are the same each time: SplitMix64 (Steele, Lea and Flood, 2014).
//!
//! A library's generator may give other numbers in its next version, and the sample's chains would end elsewhere.

use crate::money::Fen;

/// A row of numbers that its seed decides.
pub struct Dice(u64);

impl Dice {
    /// The row of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn roll(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).expect("the higher bound is not below the lower");
        low + i64::try_from(self.next() % width).expect("it is below a width that fits")
    }

    /// So many yuan.
    pub fn yuan(&mut self, low: i64, high: i64) -> Fen {
        Fen(self.roll(low, high) * 100)
    }

    /// So many hundreds of yuan.
    pub fn hundreds(&mut self, low: i64, high: i64) -> Fen {
        Fen(self.roll(low, high) * 10_000)
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let at = self.next() % u64::try_from(list.len()).expect("a list in memory is shorter");
        list[usize::try_from(at).expect("it is below a length")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_is_the_published_one_and_stays_within_its_bounds() {
        // The first numbers of the reference implementation for this seed.
        let mut dice = Dice::new(1_234_567);
        let row = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([dice.next(), dice.next(), dice.next()], row);
        assert!((0..1000).all(|_| (-3..=3).contains(&dice.roll(-3, 3))));
    }
}
