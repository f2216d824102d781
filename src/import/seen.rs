//! Which contents stand more than once in a file, in memory that does not grow with the file.
//!
//! A first pass marks each content in a filter of fixed size and keeps those that were marked before; the few of them
//! that only share their marks with others cost a little memory and nothing else. What is kept is counted exactly.

use std::collections::{HashMap, HashSet};

/// The digest of a content.
pub type Digest = [u8; 32];

/// Bits of the filter: 4 MiB, in which a million contents have a false hit in a hundred thousand.
const BITS: u64 = 1 << 25;

/// Marks of one content.
const MARKS: u64 = 7;

/// A set that may hold a little more than was put into it, and never less.
pub struct Filter(Vec<u64>);

impl Default for Filter {
    fn default() -> Self {
        Self(vec![0; usize::try_from(BITS / 64).expect("a small number")])
    }
}

impl Filter {
    /// Puts a content in, and says whether it may have been there before.
    pub fn insert(&mut self, content: &Digest) -> bool {
        let [one, step] = [word(content, 0), word(content, 8) | 1];
        let mut was_there = true;
        for mark in 0..MARKS {
            let bit = one.wrapping_add(step.wrapping_mul(mark)) % BITS;
            let (at, mask) = (usize::try_from(bit / 64).expect("below the filter's size"), 1 << (bit % 64));
            was_there &= self.0[at] & mask != 0;
            self.0[at] |= mask;
        }
        was_there
    }
}

fn word(content: &Digest, at: usize) -> u64 {
    u64::from_be_bytes(content[at..at + 8].try_into().expect("eight bytes"))
}

/// The contents of a file, met for the first time.
#[derive(Default)]
pub struct Contents {
    filter: Filter,
    repeated: HashSet<u128>,
}

impl Contents {
    /// Takes a row's content in, and says whether it repeats another.
    pub fn meet(&mut self, content: &Digest) {
        if self.filter.insert(content) {
            self.repeated.insert(key(content));
        }
    }

    /// Those that stand more than once.
    pub fn repeated(self) -> HashSet<u128> {
        self.repeated
    }
}

/// How often contents have stood so far, of those that stand more than once.
#[derive(Default)]
pub struct Occurrences {
    repeated: HashSet<u128>,
    counts: HashMap<u128, (u32, i64)>,
    /// What this batch has counted.
    counted: Vec<u128>,
}

impl Occurrences {
    /// Of a file in which these stand more than once.
    pub fn of(repeated: HashSet<u128>) -> Self {
        Self { repeated, ..Self::default() }
    }

    /// Whether a content stands more than once.
    pub fn is_repeated(&self, content: &Digest) -> bool {
        self.repeated.contains(&key(content))
    }

    /// How often `counted` has stood so far, where `content`, which is a part of it, stands more than once; 0 else.
    pub fn so_far(&self, counted: &Digest) -> u32 {
        self.counts.get(&key(counted)).map_or(0, |(count, _)| *count)
    }

    /// Counts one more in `row`, and gives how many there are and the row of the first.
    pub fn count(&mut self, content: &Digest, counted: &Digest, row: i64) -> (u32, i64) {
        if !self.is_repeated(content) {
            return (1, row);
        }
        self.counted.push(key(counted));
        let entry = self.counts.entry(key(counted)).or_insert((0, row));
        entry.0 += 1;
        *entry
    }

    /// Begins a batch: what was counted before lasts.
    pub fn begin(&mut self) {
        self.counted.clear();
    }

    /// Forgets what the batch has counted.
    pub fn take_back(&mut self) {
        for content in self.counted.drain(..) {
            if let Some(entry) = self.counts.get_mut(&content) {
                entry.0 -= 1;
                if entry.0 == 0 {
                    self.counts.remove(&content);
                }
            }
        }
    }
}

fn key(content: &Digest) -> u128 {
    u128::from_be_bytes(content[..16].try_into().expect("sixteen bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    fn content(of: u32) -> Digest {
        Sha256::digest(of.to_be_bytes()).into()
    }

    #[test]
    fn what_stands_twice_is_known_and_hardly_anything_else() {
        let mut contents = Contents::default();
        for of in 0..100_000 {
            contents.meet(&content(of));
        }
        for of in 0..50 {
            contents.meet(&content(of));
        }
        let repeated = contents.repeated();
        assert!((50..60).contains(&repeated.len()), "{}", repeated.len());
        let mut occurrences = Occurrences::of(repeated);
        assert_eq!(occurrences.count(&content(7), &content(7), 3), (1, 3));
        assert_eq!(occurrences.count(&content(7), &content(7), 9), (2, 3));
        assert_eq!(occurrences.count(&content(99_999), &content(99_999), 9), (1, 9));
        assert_eq!(occurrences.count(&content(99_999), &content(99_999), 10), (1, 10));
    }
}
