//! The ranking of a round: computed from its sheets in whole numbers, and held against its budget.
//!
//! * Applications are compared by the mean of their sheets: points ÷ sheets, crosswise multiplied, so that nothing is
//!   rounded. Those with the same mean share a rank.
//! * From the first rank down, a rank is within the budget when the sums asked by all up to it are. What is left goes
//!   to the rank after, which is the margin: the committee chooses there, or gives less. Nobody is overtaken.

use std::cmp::Ordering;

use async_graphql::Enum;

use super::store;
use crate::{
    id::{GrantApplicationId, GrantRoundId},
    money::{Fen, Fraction},
};

/// What a ranking is computed from: one application that passed, and its sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Scored {
    /// The round.
    pub round_id: GrantRoundId,
    /// The application.
    pub application_id: GrantApplicationId,
    /// What it asks for.
    pub asked: Fen,
    /// How many sheets count.
    pub sheets: i64,
    /// The scores of those sheets, each times the weight of its criterion, added up.
    pub points: i64,
    /// 1 when an objection against it was upheld: it is out.
    pub struck: i64,
}

/// Where an application stands against the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "GrantPlace")]
pub enum Place {
    /// The budget holds what it and all before it ask for.
    Within,
    /// The budget ends here: what is left may go to it, or to another of the same rank.
    Margin,
    /// The budget ends before it.
    Beyond,
}

/// An application in the ranking of its round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// What it is ranked by.
    pub scored: Scored,
    /// 1 for the best; those that are alike share it.
    pub rank: i64,
    /// How many share the rank.
    pub alike: i64,
    /// Where it stands against the budget.
    pub place: Place,
}

impl Ranked {
    /// The mean of its sheets.
    pub fn mean(&self) -> Option<Fraction> {
        Fraction::new(self.scored.points, self.scored.sheets)
    }
}

/// The better mean first.
fn better(a: &Scored, b: &Scored) -> Ordering {
    let cross = |points: i64, sheets: i64| i128::from(points) * i128::from(sheets);
    cross(b.points, a.sheets).cmp(&cross(a.points, b.sheets))
}

/// The ranking, best first; those that are out or have no sheet are not in it.
pub fn rank(scored: &[Scored], budget: Fen) -> Vec<Ranked> {
    let mut sorted: Vec<Scored> = scored.iter().filter(|one| one.struck == 0 && one.sheets > 0).copied().collect();
    sorted.sort_by(|a, b| better(a, b).then(a.application_id.cmp(&b.application_id)));
    let mut ranked = vec![];
    let (mut left, mut place) = (budget, Place::Within);
    for same in sorted.chunk_by(|a, b| better(a, b) == Ordering::Equal) {
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
        ranked.extend(same.iter().map(|one| Ranked { scored: *one, rank, alike, place }));
    }
    ranked
}

/// The ranking of a round as it stands.
pub(super) async fn of_round(tx: &mut crate::db::Tx, round: &super::Round) -> crate::error::Result<Vec<Ranked>> {
    Ok(rank(&store::scored_of(&mut *tx, &[round.id]).await?, round.budget))
}

#[cfg(test)]
mod tests {
    use super::{Place::*, *};

    fn one(id: i64, points: i64, sheets: i64, asked: i64) -> Scored {
        let (round_id, application_id) = (GrantRoundId(1), GrantApplicationId(id));
        Scored { round_id, application_id, asked: Fen(asked), sheets, points, struck: 0 }
    }

    #[test]
    fn a_ranking_is_exact_shares_ranks_and_ends_with_the_budget() {
        // Applications as id, points, sheets, asked; the budget; expected as id, rank, alike, place.
        type Row = (Vec<(i64, i64, i64, i64)>, i64, Vec<(i64, i64, i64, Place)>);
        let rows: [Row; 6] = [
            (vec![], 10, vec![]),
            // 200 ÷ 3 is more than 133 ÷ 2, by a sixth of a point.
            (vec![(1, 133, 2, 5), (2, 200, 3, 5)], 10, vec![(2, 1, 1, Within), (1, 2, 1, Within)]),
            // 2 ÷ 4 is 1 ÷ 2: they share the first rank, and both are within.
            (
                vec![(1, 1, 2, 5), (2, 2, 4, 5), (3, 0, 1, 1)],
                10,
                vec![(1, 1, 2, Within), (2, 1, 2, Within), (3, 3, 1, Margin)],
            ),
            // Alike at the margin: the committee chooses, and nobody below overtakes them.
            (
                vec![(1, 9, 1, 6), (2, 5, 1, 4), (3, 5, 1, 4), (4, 1, 1, 1)],
                10,
                vec![(1, 1, 1, Within), (2, 2, 2, Margin), (3, 2, 2, Margin), (4, 4, 1, Beyond)],
            ),
            // To the fen.
            (vec![(1, 9, 1, 6), (2, 5, 1, 4)], 10, vec![(1, 1, 1, Within), (2, 2, 1, Within)]),
            // Without a sheet it is not ranked.
            (vec![(1, 0, 0, 6), (2, 5, 1, 11)], 10, vec![(2, 1, 1, Margin)]),
        ];
        for (applications, budget, expected) in rows {
            let scored: Vec<_> = applications.into_iter().map(|(id, p, s, asked)| one(id, p, s, asked)).collect();
            let found: Vec<_> = rank(&scored, Fen(budget))
                .iter()
                .map(|one| (one.scored.application_id.0, one.rank, one.alike, one.place))
                .collect();
            assert_eq!(found, expected, "{scored:?}");
        }
        let struck = [Scored { struck: 1, ..one(1, 9, 1, 6) }, one(2, 5, 1, 10)];
        assert_eq!(rank(&struck, Fen(10)).iter().map(|one| (one.rank, one.place)).collect::<Vec<_>>(), [(1, Within)]);
    }

    #[test]
    fn the_largest_scores_do_not_overflow() {
        let most = [one(1, i64::MAX, 1, 1), one(2, i64::MAX, i64::MAX, 1)];
        let found: Vec<_> = rank(&most, Fen(2)).iter().map(|one| one.scored.application_id.0).collect();
        assert_eq!(found, [1, 2]);
    }
}
