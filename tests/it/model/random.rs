//! Randomness that a seed repeats: xorshift64*, enough to mix operations and nothing more.

/// A source of numbers that look random, the same for the same seed on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The source of `seed`; zero, which xorshift cannot leave, is moved away.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A number from 0 to below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// A number from `least` to `most`, both included; `least` where that is the larger.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = u64::try_from((most - least).max(0)).unwrap() + 1;
        least + i64::try_from(self.next() % span).unwrap()
    }

    /// Whether something that happens in `percent` of the cases happens now.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, where there are any.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        (!items.is_empty()).then(|| items[self.below(items.len())])
    }
}
