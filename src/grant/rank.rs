//! The ranking of a round, computed from its sheets: applications are compared by their mean, points ÷ sheets, as
//! [`crate::ranking`] says. What is left at the margin is the committee's to give.

use std::collections::HashMap;

use super::store;
use crate::{
    id::{GrantApplicationId, GrantRoundId},
    money::{Fen, Fraction},
    ranking::{self, Candidate, Place, Score},
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

/// The ranking, best first; those that are out or have no sheet are not in it.
pub fn rank(scored: &[Scored], budget: Fen) -> Vec<Ranked> {
    let candidate = |one: &Scored| {
        let score = Score::mean(one.points, one.sheets).filter(|_| one.struck == 0)?;
        Some(Candidate { key: one.application_id, asked: one.asked, score })
    };
    let by_id: HashMap<GrantApplicationId, &Scored> = scored.iter().map(|one| (one.application_id, one)).collect();
    let ranked = ranking::rank(&scored.iter().filter_map(candidate).collect::<Vec<_>>(), budget);
    let found = |one: ranking::Ranked<GrantApplicationId>| Ranked {
        scored: *by_id[&one.candidate.key],
        rank: one.rank,
        alike: one.alike,
        place: one.place,
    };
    ranked.into_iter().map(found).collect()
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
    fn what_is_out_or_has_no_sheet_is_not_ranked() {
        let scored = [one(1, 9, 1, 6), Scored { struck: 1, ..one(2, 10, 1, 6) }, one(3, 0, 0, 6), one(4, 17, 2, 5)];
        let found: Vec<_> = rank(&scored, Fen(10))
            .iter()
            .map(|one| (one.scored.application_id.0, one.rank, one.alike, one.place, one.mean().unwrap()))
            .collect();
        let mean = |points, sheets| Fraction::new(points, sheets).unwrap();
        assert_eq!(found, [(1, 1, 1, Within, mean(9, 1)), (4, 2, 1, Margin, mean(17, 2))]);
    }
}
