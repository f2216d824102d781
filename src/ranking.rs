//! The ranking of what was scored, of a round of grants or a contest: in whole numbers, and held against a budget.
//!
//! * A score is a mean, or a sum of means, each with its weight; scores are compared crosswise multiplied, so nothing is
//!   rounded. Those that are alike share a rank.
//! * From the first rank down, a rank is within the budget when what all up to it ask for is. The rank after is the
//!   margin: the budget ends in it, and the rule does not choose among those that are alike. Nobody is overtaken.

use std::cmp::Ordering;

use async_graphql::Enum;

use crate::money::{Fen, Fraction};

/// One mean of a score: what some sheets give together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How much it counts, in percent of the score.
    pub percent: i64,
    /// All points of all its sheets.
    pub points: i64,
    /// How many sheets; above zero where it counts.
    pub sheets: i64,
}

/// An exact score: what is divided, and what it is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    numerator: i128,
    denominator: i128,
}

impl Score {
    /// Points for each of so many sheets; `None` where there is no sheet.
    pub fn mean(points: i64, sheets: i64) -> Option<Self> {
        (sheets > 0).then(|| Self { numerator: points.into(), denominator: sheets.into() })
    }

    /// The weighted sum of the means; `None` where a part that counts has no sheet. A part of no percent does not count.
    pub fn of(parts: &[Part]) -> Option<Self> {
        let mut score = Self { numerator: 0, denominator: 1 };
        for part in parts.iter().filter(|part| part.percent > 0) {
            if part.sheets <= 0 {
                return None;
            }
            let (points, sheets) = (i128::from(part.points) * i128::from(part.percent), i128::from(part.sheets));
            score.numerator = score.numerator * sheets + points * score.denominator;
            score.denominator *= sheets;
        }
        score.denominator *= 100;
        Some(score)
    }

    /// The score, to be shown.
    pub fn fraction(self) -> Option<Fraction> {
        let (mut a, mut b) = (self.numerator, self.denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Fraction::new(i64::try_from(self.numerator / a).ok()?, i64::try_from(self.denominator / a).ok()?)
    }

    fn better(a: Self, b: Self) -> Ordering {
        (b.numerator * a.denominator).cmp(&(a.numerator * b.denominator))
    }
}

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<K> {
    /// Which one it is; among those that are alike the smaller stands first.
    pub key: K,
    /// What it asks for.
    pub asked: Fen,
    /// What it is ranked by.
    pub score: Score,
}

/// Where an application or a proposal stands against the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "RankPlace")]
pub enum Place {
    /// The budget holds what it and all before it ask for: it wins.
    Within,
    /// The budget ends here: it, and all of the same rank, do not win by their score alone. In a round of grants the
    /// committee chooses among them, or gives less.
    Margin,
    /// The budget ends before it.
    Beyond,
}

/// One in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked<K> {
    /// Who.
    pub candidate: Candidate<K>,
    /// 1 for the best; those that are alike share it.
    pub rank: i64,
    /// How many share the rank.
    pub alike: i64,
    /// Where it stands against the budget.
    pub place: Place,
}

/// The ranking, best first.
pub fn rank<K: Copy + Ord>(candidates: &[Candidate<K>], budget: Fen) -> Vec<Ranked<K>> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by(|a, b| Score::better(a.score, b.score).then(a.key.cmp(&b.key)));
    let mut ranked = vec![];
    let (mut left, mut place) = (budget, Place::Within);
    for same in sorted.chunk_by(|a, b| Score::better(a.score, b.score) == Ordering::Equal) {
        let asked: Fen = same.iter().map(|one| one.asked).sum();
        place = match place {
            Place::Within if asked <= left => Place::Within,
            Place::Within => Place::Margin,
            Place::Margin | Place::Beyond => Place::Beyond,
        };
        if place == Place::Within {
            left -= asked;
        }
        let number = |count: usize| i64::try_from(count).expect("a list in memory is shorter");
        let (rank, alike) = (number(ranked.len() + 1), number(same.len()));
        ranked.extend(same.iter().map(|one| Ranked { candidate: *one, rank, alike, place }));
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::{Place::*, *};

    fn part(percent: i64, points: i64, sheets: i64) -> Part {
        Part { percent, points, sheets }
    }

    fn one(key: i64, asked: i64, parts: &[Part]) -> Candidate<i64> {
        Candidate { key, asked: Fen(asked), score: Score::of(parts).unwrap() }
    }

    #[test]
    fn a_score_is_exact_and_lacks_no_sheet_that_counts() {
        let shown =
            |parts: &[Part]| Score::of(parts).and_then(Score::fraction).map(|one| (one.numerator, one.denominator));
        assert_eq!(shown(&[part(100, 250, 3)]), Some((250, 3)));
        // 0.6 × 80 + 0.4 × 70⅓ = 76.1333…
        assert_eq!(shown(&[part(60, 240, 3), part(40, 211, 3)]), Some((1142, 15)));
        assert_eq!(shown(&[part(100, 0, 1), part(0, 5, 0)]), Some((0, 1)), "what counts nothing may be missing");
        assert_eq!(shown(&[part(60, 240, 3), part(40, 0, 0)]), None);
    }

    #[test]
    fn a_ranking_shares_ranks_and_ends_with_the_budget() {
        let judged = |key, points, sheets, asked| one(key, asked, &[part(100, points, sheets)]);
        // Candidates, the budget, and what is expected as key, rank, alike, place.
        type Row = (Vec<Candidate<i64>>, i64, Vec<(i64, i64, i64, Place)>);
        let rows: [Row; 6] = [
            (vec![], 10, vec![]),
            // 200 ÷ 3 is more than 133 ÷ 2, by a sixth.
            (vec![judged(1, 133, 2, 5), judged(2, 200, 3, 5)], 10, vec![(2, 1, 1, Within), (1, 2, 1, Within)]),
            // 2 ÷ 4 is 1 ÷ 2.
            (
                vec![judged(2, 2, 4, 5), judged(1, 1, 2, 5), judged(3, 0, 1, 1)],
                10,
                vec![(1, 1, 2, Within), (2, 1, 2, Within), (3, 3, 1, Margin)],
            ),
            // Alike at the margin: none of them, and nobody below overtakes them.
            (
                vec![judged(1, 9, 1, 6), judged(2, 5, 1, 4), judged(3, 5, 1, 4), judged(4, 1, 1, 1)],
                10,
                vec![(1, 1, 1, Within), (2, 2, 2, Margin), (3, 2, 2, Margin), (4, 4, 1, Beyond)],
            ),
            // To the fen.
            (vec![judged(1, 9, 1, 6), judged(2, 5, 1, 4)], 10, vec![(1, 1, 1, Within), (2, 2, 1, Within)]),
            (vec![judged(1, 9, 1, 6), judged(2, 5, 1, 4)], 9, vec![(1, 1, 1, Within), (2, 2, 1, Margin)]),
        ];
        for (candidates, budget, expected) in rows {
            let found: Vec<_> = rank(&candidates, Fen(budget))
                .iter()
                .map(|one| (one.candidate.key, one.rank, one.alike, one.place))
                .collect();
            assert_eq!(found, expected, "{candidates:?}");
        }
    }

    #[test]
    fn a_mean_is_of_sheets_and_the_largest_does_not_overflow() {
        assert_eq!(Score::mean(5, 0), None);
        let most = [(1, 1), (2, i64::MAX)].map(|(key, sheets)| {
            let score = Score::mean(i64::MAX, sheets).unwrap();
            Candidate { key, asked: Fen(1), score }
        });
        assert_eq!(rank(&most, Fen(2)).iter().map(|one| one.candidate.key).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn the_largest_scores_do_not_overflow() {
        // 20 criteria of weight 1000 and 100 points, of 99 judges and a million residents.
        let most = 20 * 1_000 * 100;
        let best = [part(50, most * 99, 99), part(50, most * 1_000_000, 1_000_000)];
        let good = [part(50, most * 99 - 1, 99), part(50, most * 1_000_000, 1_000_000)];
        let found = rank(&[one(1, 1, &good), one(2, 1, &best)], Fen(1));
        assert_eq!(
            found.iter().map(|one| (one.candidate.key, one.place)).collect::<Vec<_>>(),
            [(2, Within), (1, Margin)]
        );
        let shown = found[0].candidate.score.fraction().unwrap();
        assert_eq!((shown.numerator, shown.denominator), (most, 1));
    }
}
